//! A plain twin of the counter for its tests: the published patterns as regular expressions, and merging by looking
//! byte strings up.

use std::cell::RefCell;
use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use regex::Regex;

use crate::vocabulary::Vocabulary;
use crate::{Counter, Cutter, Encoding};

struct Twin {
    encoding: Encoding,
    pattern: Regex,
    ranks: HashMap<Vec<u8>, u32>,
}

impl Twin {
    /// The published patterns, but `\s+(?!\S)|\s+` is `\s+`: [`Twin::ends`] looks ahead.
    fn new(encoding: Encoding) -> Self {
        let pattern = match encoding {
            Encoding::Cl100k => concat!(
                r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|",
                r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s+$|\s*[\r\n]|\s+",
            ),
            Encoding::O200k => concat!(
                r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|",
                r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|",
                r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+",
            ),
            Encoding::Gpt2 => r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+",
        };
        Self {
            encoding,
            pattern: Regex::new(pattern).expect("a pattern"),
            ranks: Vocabulary::get(encoding)
                .tokens()
                .into_iter()
                .zip(0..)
                .collect(),
        }
    }

    /// Where each token ends.
    fn ends(&self, text: &str) -> Vec<usize> {
        let splits_at_newlines = self.encoding != Encoding::Gpt2;
        let (mut start, mut ends) = (0, Vec::new());
        while let Some(piece) = self.pattern.find_at(text, start) {
            assert_eq!(piece.start(), start, "a gap in {text:?}");
            let mut piece = piece.as_str();
            let spaces = piece.chars().all(char::is_whitespace);
            let newline = splits_at_newlines && piece.ends_with(['\r', '\n']);
            if spaces && !newline && start + piece.len() < text.len() {
                let last = piece.chars().next_back().map_or(0, char::len_utf8);
                if last < piece.len() {
                    piece = &piece[..piece.len() - last];
                }
            }
            for length in self.merge(piece.as_bytes()) {
                start += length;
                ends.push(start);
            }
        }
        assert_eq!(start, text.len(), "no piece at {start} of {text:?}");
        ends
    }

    /// The lengths of the tokens of a piece.
    fn merge(&self, piece: &[u8]) -> Vec<usize> {
        let mut parts: Vec<&[u8]> = piece.chunks(1).collect();
        loop {
            let rank = |at: usize| {
                self.ranks
                    .get([parts[at], parts[at + 1]].concat().as_slice())
            };
            let pairs = (0..parts.len().saturating_sub(1)).filter_map(|at| Some((*rank(at)?, at)));
            let Some((_, at)) = pairs.min() else {
                return parts.iter().map(|part| part.len()).collect();
            };
            let start: usize = parts[..at].iter().map(|part| part.len()).sum();
            let length = parts[at].len() + parts[at + 1].len();
            parts[at] = &piece[start..start + length];
            parts.remove(at + 1);
        }
    }
}

/// What makes patterns take another turn, with words and whole scripts between.
fn texts() -> impl Strategy<Value = String> {
    let unit = prop_oneof![
        4 => "[a-z]{1,12}",
        2 => " [a-z]{1,9}",
        2 => "[A-Za-z]{1,6}",
        2 => "[ \t\r\n]{1,4}",
        2 => "'[sStTrRvVlLdDmM\u{17F}][eElL]?",
        2 => "[0-9\u{661}\u{BD}]{1,5}",
        2 => "[!-/:-@_]{1,4}",
        1 => "[\u{A0}\u{85}\u{2003}\u{3000}\u{200B}]{1,3}",
        1 => "[\u{300}\u{301}\u{93F}\u{94D}\u{E31}A a\u{2B0}\u{1C5}\u{6F22}]{1,6}",
        2 => "[\u{4E00}-\u{4FFF}\u{7684}\u{662F}\u{4E0D}]{1,20}",
        2 => "[\u{3040}-\u{30FF}]{1,14}",
        2 => "[\u{E01}-\u{E4E}]{1,14}",
        2 => "[\u{AC00}-\u{AFFF}]{1,6}",
        2 => "[\u{410}-\u{44F}]{1,16}",
        1 => "[\u{900}-\u{97F}]{1,12}",
        1 => "[\u{620}-\u{64A}]{1,12}",
        1 => "[\u{10A0}-\u{10FF}\u{B80}-\u{BFF}]{1,12}",
        1 => "[\u{1F600}-\u{1F64F}\u{1F3FB}\u{200D}\u{FE0F}]{1,4}",
        1 => "\\PC{1,8}",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(unit, 0..24).prop_map(|units| units.concat())
}

fn equals_twin(encoding: Encoding) {
    let twin = Twin::new(encoding);
    // One counter for all, so that what it remembers is tested too.
    let counter = RefCell::new(Counter::new(encoding));
    let cutter = RefCell::new(Cutter::new(encoding));
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let result = runner.run(&texts(), |text| {
        let expected = twin.ends(&text);
        let count = counter.borrow_mut().count(&text);
        prop_assert_eq!(count, expected.len() as u64, "{:?}", text);
        let mut ends = Vec::new();
        cutter.borrow_mut().cut(&text, |end| ends.push(end));
        prop_assert_eq!(ends, expected, "{:?}", text);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{encoding}: {error}");
    }
}

#[test]
fn cl100k_equals_twin() {
    equals_twin(Encoding::Cl100k);
}

#[test]
fn o200k_equals_twin() {
    equals_twin(Encoding::O200k);
}

#[test]
fn gpt2_equals_twin() {
    equals_twin(Encoding::Gpt2);
}
