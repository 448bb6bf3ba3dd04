//! Definition levels of a column that is not nested: a bit for each row, 1 where it has a value.
//!
//! Parquet keeps them in runs. A run begins with a number: with its lowest bit set the rest counts groups of eight
//! bits that follow, without it rows that all have the level that follows.

use datafusion::arrow::array::BooleanBufferBuilder;

use crate::header::{push_varint, varint};

/// The levels of rows that are `valid` or not: one run of bits.
pub fn encode(valid: &[bool]) -> Vec<u8> {
    let groups = valid.len().div_ceil(8);
    let mut levels = Vec::with_capacity(groups + 5);
    push_varint(&mut levels, (groups as u64) << 1 | 1);
    levels.extend(valid.chunks(8).map(|group| {
        let bits = group.iter().enumerate();
        bits.fold(0, |byte, (bit, valid)| byte | u8::from(*valid) << bit)
    }));
    levels
}

/// The bits of `rows` rows; `None` where the levels are of fewer.
pub fn decode(levels: &[u8], rows: usize) -> Option<BooleanBufferBuilder> {
    let mut bits = BooleanBufferBuilder::new(rows);
    let mut at = 0;
    while bits.len() < rows {
        let head = varint(levels, &mut at)?;
        let left = rows - bits.len();
        let count = usize::try_from(head >> 1).ok()?;
        if head & 1 == 0 {
            let value = *levels.get(at)?;
            at += 1;
            bits.append_n(count.min(left), value & 1 == 1);
            continue;
        }
        let run = levels.get(at..at.checked_add(count)?)?;
        at += count;
        let here = count.saturating_mul(8).min(left);
        bits.append_packed_range(0..here, run);
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(valid in prop::collection::vec(any::<bool>(), 0..300)) {
            let levels = encode(&valid);
            let mut bits = decode(&levels, valid.len()).expect("enough levels");
            let bits = bits.finish();
            prop_assert_eq!(bits.iter().collect::<Vec<_>>(), valid.clone());
            if valid.len() > 8 {
                prop_assert!(decode(&levels[..levels.len() - 1], valid.len()).is_none());
            }
        }

        #[test]
        fn anything_is_decoded_or_refused(levels in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Some(bits) = decode(&levels, 100) {
                prop_assert_eq!(bits.len(), 100);
            }
        }
    }

    #[test]
    fn runs_of_one_level() {
        // Five rows with a value, then bits for the rest.
        let mut bits = decode(&[10, 1, 3, 0b101], 9).expect("enough levels");
        let bits: Vec<bool> = bits.finish().iter().collect();
        assert_eq!(
            bits,
            [true, true, true, true, true, true, false, true, false]
        );
        assert!(decode(&[0; 40], 9).is_none());
    }
}
