//! Windows and places, parted into buckets and put in order: what is done with each of them.

use super::Repeated;

/// Appends each [record](Repeated::RECORD) to the bucket of a byte of its hash, counted from the highest: the lower half of hashes is
/// what [`Repeated`] goes by. There are 256 buckets.
pub fn part_windows(records: &[u8], byte: usize, buckets: &mut [Vec<u8>]) {
    for record in records.as_chunks::<{ Repeated::RECORD }>().0 {
        buckets[usize::from(record[size_of::<u128>() - 1 - byte])].extend_from_slice(record);
    }
}

/// Appends each [place](Repeated::PLACE) to its bucket, of which each covers `width` bytes of the sequence.
pub fn part_places(places: &[u8], width: u64, buckets: &mut [Vec<u8>]) {
    for place in places.as_chunks::<{ Repeated::PLACE }>().0 {
        buckets[(u64::from_le_bytes(*place) / width) as usize].extend_from_slice(place);
    }
}

/// Sets the bits of places, of which the first is `first`.
pub fn mark_places(places: &[u8], first: u64, marks: &mut [u64]) {
    for place in places.as_chunks::<{ Repeated::PLACE }>().0 {
        let at = u64::from_le_bytes(*place) - first;
        marks[(at / 64) as usize] |= 1 << (at % 64);
    }
}

/// Appends the places whose bits are set, the last first.
pub fn marked_places(marks: &[u64], first: u64, places: &mut Vec<u64>) {
    // No more than are needed: callers reckon with as many.
    let count: usize = marks.iter().map(|bits| bits.count_ones() as usize).sum();
    places.reserve_exact(count);
    for (word, &bits) in marks.iter().enumerate().rev() {
        let mut bits = bits;
        while bits != 0 {
            let bit = 63 - bits.leading_zeros();
            places.push(first + 64 * word as u64 + u64::from(bit));
            bits ^= 1 << bit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_parted_is_all_there_and_in_order() {
        let places: Vec<u64> = (0..5000).map(|i| i * 7919 % 9973 + 100).collect();
        let bytes: Vec<u8> = places
            .iter()
            .flat_map(|place| place.to_le_bytes())
            .collect();
        let mut buckets = vec![Vec::new(); 11];
        part_places(&bytes, 1000, &mut buckets);
        let mut found = Vec::new();
        for (number, bucket) in (0..).zip(&buckets) {
            let first = 1000 * number;
            let mut marks = vec![0; 16];
            mark_places(bucket, first, &mut marks);
            let mut here = Vec::new();
            marked_places(&marks, first, &mut here);
            found.extend(here.into_iter().rev());
        }
        let mut sorted = places;
        sorted.sort_unstable();
        assert_eq!(found, sorted);

        let records: Vec<u8> = (0..10_u8).flat_map(|i| [i; Repeated::RECORD]).collect();
        let mut buckets = vec![Vec::new(); 256];
        part_windows(&records, 3, &mut buckets);
        for (number, bucket) in (0..=255_u8).zip(&buckets) {
            let expected = if number < 10 { Repeated::RECORD } else { 0 };
            assert_eq!(*bucket, vec![number; expected]);
        }
    }
}
