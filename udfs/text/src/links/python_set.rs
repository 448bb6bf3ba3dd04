//! The order in which a set of CPython 3.7 and later hands out numbers that were added in some order: who stays in text-dedup's
//! clusters depends on it.
//!
//! A set is a table with open addressing. A number is its own hash; where its place is taken, nine places behind are tried,
//! then another place that follows from the bits of the hash. When three fifths are taken, the table gets four times as
//! large as the numbers in it, or twice where there are many, and they move in the order in which they stand.

/// Places of the first table.
const FIRST: usize = 8;
/// Places behind the one that is taken.
const BEHIND: usize = 9;
/// Bits of the hash that are dropped when none of these is free.
const SHIFT: u32 = 5;
/// Numbers from which a table grows by two.
const MANY: usize = 50_000;

const FREE: u32 = u32::MAX;

/// Different numbers, below the largest, as the set hands them out.
pub fn python_set_order(numbers: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let mut table = vec![FREE; FIRST];
    let mut used = 0;
    for number in numbers {
        add(&mut table, number);
        used += 1;
        if used * 5 >= (table.len() - 1) * 3 {
            let least = if used > MANY { 2 * used } else { 4 * used };
            let mut larger = vec![FREE; (least + 1).next_power_of_two().max(FIRST)];
            let standing = table.iter().filter(|number| **number != FREE);
            standing.for_each(|number| add(&mut larger, *number));
            table = larger;
        }
    }
    table.retain(|number| *number != FREE);
    table
}

fn add(table: &mut [u32], number: u32) {
    let mask = table.len() - 1;
    let mut rest = number as usize;
    let mut place = rest & mask;
    loop {
        let last = if place + BEHIND <= mask {
            place + BEHIND
        } else {
            place
        };
        if let Some(free) = (place..=last).find(|place| table[*place] == FREE) {
            table[free] = number;
            return;
        }
        rest >>= SHIFT;
        place = (place * 5 + 1 + rest) & mask;
    }
}

#[cfg(test)]
mod tests {
    use super::python_set_order;

    /// What CPython 3.11 printed.
    #[test]
    fn orders_of_cpython() {
        assert_eq!(python_set_order([3, 5, 13, 21]), [21, 13, 3, 5]);
        assert_eq!(python_set_order([0, 1, 8, 9, 16, 24]), [0, 1, 8, 9, 16, 24]);
        assert_eq!(
            python_set_order([7, 15, 23, 31, 39, 47]),
            [39, 7, 15, 47, 23, 31]
        );
        assert_eq!(
            python_set_order([100, 107, 114, 121, 128, 135]),
            [128, 100, 135, 107, 114, 121]
        );
        assert_eq!(
            python_set_order([3, 8, 11, 19, 27, 35, 40, 100, 904, 912]),
            [3, 35, 100, 8, 40, 904, 11, 912, 19, 27]
        );
        // Many, by a sum that knows their order.
        let mut many: Vec<u32> = (0..120_000_u32)
            .map(|i| i.wrapping_mul(2_654_435_761) % (1 << 22))
            .collect();
        many.sort_unstable();
        many.dedup();
        let order = python_set_order(many);
        let sum = order.iter().fold(0_u32, |sum, number| {
            sum.wrapping_mul(31).wrapping_add(*number)
        });
        assert_eq!((order.len(), sum), (120000, 1660237672));
    }
}
