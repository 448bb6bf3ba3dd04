//! Ranges of bytes: windows joined, and texts without them.

use std::ops::Range;

/// Joins windows of `length` bytes, by where they begin in ascending order; those that touch become one range.
pub fn merge(
    windows: impl IntoIterator<Item = u64>,
    length: u64,
) -> impl Iterator<Item = Range<u64>> {
    let mut windows = windows.into_iter().peekable();
    std::iter::from_fn(move || {
        let start = windows.next()?;
        let mut end = start + length;
        while let Some(next) = windows.next_if(|&next| next <= end) {
            end = next + length;
        }
        Some(start..end)
    })
}

/// Appends the text without the bytes of the ranges, which come in ascending order. A character that is partly in a range is
/// left out too.
pub fn without(text: &str, ranges: impl IntoIterator<Item = Range<usize>>, out: &mut String) {
    let mut kept = 0;
    for range in ranges {
        let start = text.floor_char_boundary(range.start);
        if start > kept {
            out.push_str(&text[kept..start]);
        }
        kept = kept.max(text.ceil_char_boundary(range.end));
    }
    out.push_str(&text[kept.min(text.len())..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{merge, without};

    #[test]
    fn touching_windows_are_one_range() {
        let ranges: Vec<_> = merge([0, 3, 13, 24, 40], 10).collect();
        assert_eq!(ranges, [0..23, 24..34, 40..50]);
    }

    proptest! {
        #[test]
        fn a_character_stays_when_all_of_it_does(text in "[aé中𝄞]{0,20}", cuts in prop::collection::vec(0_usize..60, 0..8)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let ranges: Vec<_> = cuts.chunks_exact(2).map(|cut| cut[0]..cut[1]).collect();
            let hit = |byte: usize| ranges.iter().any(|range| range.contains(&byte));
            let plain: String = text
                .char_indices()
                .filter(|(at, c)| !(*at..at + c.len_utf8()).any(hit))
                .map(|(_, c)| c)
                .collect();
            let filled: Vec<_> = ranges.iter().filter(|range| !range.is_empty()).cloned().collect();
            let mut out = String::new();
            without(&text, filled, &mut out);
            prop_assert_eq!(out, plain);
        }
    }
}
