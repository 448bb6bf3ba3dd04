//! Two texts word by word: what is the same, what only one of them has.

use std::ops::Range;

use corpusql_text::words::splitters::uax29;

/// Words of a text that are compared at most.
pub const MOST_WORDS: usize = 2000;

/// A word, and whether whitespace stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// It.
    pub text: &'t str,
    /// Whether whitespace stands before it.
    pub spaced: bool,
}

/// The first words of a text, and whether there are more.
pub fn words(text: &str) -> (Vec<Word<'_>>, bool) {
    let mut end = 0;
    let mut all = uax29(text).map(|word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let spaced = start > end;
        end = start + word.len();
        Word { text: word, spaced }
    });
    let words = all.by_ref().take(MOST_WORDS).collect();
    (words, all.next().is_some())
}

/// A run of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// Both have it: its places in the first text.
    Same(Range<usize>),
    /// They differ: places in the first text and in the second, one of them perhaps empty.
    Differs(Range<usize>, Range<usize>),
}

/// The runs of two texts: as many words as possible are the same.
pub fn compare(left: &[Word<'_>], right: &[Word<'_>]) -> Vec<Run> {
    let equal = |l: usize, r: usize| left[l].text == right[r].text;
    let shorter = left.len().min(right.len());
    let prefix = (0..shorter).take_while(|&i| equal(i, i)).count();
    let suffix = (0..shorter - prefix)
        .take_while(|&i| equal(left.len() - 1 - i, right.len() - 1 - i))
        .count();
    let (l, r) = (left.len() - suffix, right.len() - suffix);
    let mut pairs: Vec<(usize, usize)> = (0..prefix).map(|i| (i, i)).collect();
    let inner = common(l - prefix, r - prefix, |i, j| equal(prefix + i, prefix + j));
    pairs.extend(inner.into_iter().map(|(i, j)| (prefix + i, prefix + j)));
    pairs.extend((0..suffix).map(|i| (l + i, r + i)));
    // Between two pairs lies what differs.
    let mut runs = Vec::new();
    let (mut l, mut r) = (0, 0);
    for (i, j) in pairs.into_iter().chain([(left.len(), right.len())]) {
        if l < i || r < j {
            runs.push(Run::Differs(l..i, r..j));
        }
        if i < left.len() {
            match runs.last_mut() {
                Some(Run::Same(same)) if same.end == i => same.end = i + 1,
                _ => runs.push(Run::Same(i..i + 1)),
            }
        }
        (l, r) = (i + 1, j + 1);
    }
    runs
}

/// The pairs of equal places, in order, as many as there can be: the longest common subsequence.
fn common(left: usize, right: usize, equal: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let width = right + 1;
    // How long the longest is of what begins at two places: at most MOST_WORDS.
    let mut longest = vec![0_u16; (left + 1) * width];
    for i in (0..left).rev() {
        for j in (0..right).rev() {
            longest[i * width + j] = match equal(i, j) {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < left && j < right {
        if equal(i, j) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_differs() {
        let runs = |left: &str, right: &str| compare(&words(left).0, &words(right).0);
        let same = "a b c";
        assert_eq!(runs(same, same), [Run::Same(0..3)]);
        assert_eq!(
            runs("a b c d", "a x c d e"),
            [
                Run::Same(0..1),
                Run::Differs(1..2, 1..2),
                Run::Same(2..4),
                Run::Differs(4..4, 4..5)
            ]
        );
        assert_eq!(runs("", "a"), [Run::Differs(0..0, 0..1)]);
        assert!(runs("", "").is_empty());
        let (words, more) = words("It's 3.5!\n\nYes");
        let texts: Vec<_> = words.iter().map(|word| (word.text, word.spaced)).collect();
        assert_eq!(
            texts,
            [("It's", false), ("3.5", true), ("!", false), ("Yes", true)]
        );
        assert!(!more);
    }

    proptest! {
        #[test]
        fn runs_make_both_texts(left in "[abc ]{0,30}", right in "[abc ]{0,30}") {
            let (left, right) = (words(&left).0, words(&right).0);
            let (mut l, mut r) = (0, 0);
            for run in compare(&left, &right) {
                match run {
                    Run::Same(same) => {
                        prop_assert!(same.start == l && !same.is_empty());
                        for i in same {
                            prop_assert_eq!(left[i].text, right[r].text);
                            (l, r) = (i + 1, r + 1);
                        }
                    }
                    Run::Differs(of_left, of_right) => {
                        prop_assert_eq!((of_left.start, of_right.start), (l, r));
                        prop_assert!(!of_left.is_empty() || !of_right.is_empty());
                        (l, r) = (of_left.end, of_right.end);
                    }
                }
            }
            prop_assert_eq!((l, r), (left.len(), right.len()));
        }
    }
}
