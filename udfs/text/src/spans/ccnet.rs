//! CCNet's paragraphs: lines, normalised and hashed by SHA-1.

use crate::minhash::sha1_prefixes;
use crate::numerals::is_decimal;
use crate::words::is_space;

/// Normalised lines that are hashed together.
const GROUP: usize = 256;

/// Whether nothing is left of a character.
fn is_dropped(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x1F'
            | '\x7F'..='\u{9F}'
            | '，' | '。' | '、' | '„' | '”' | '“' | '«' | '»' | '１' | '」' | '「' | '《' | '》' | '´' | '∶' | '：'
            | '？' | '！' | '（' | '）' | '；' | '–' | '—' | '．' | '～' | '’' | '…' | '━' | '〈' | '〉' | '【' | '】'
            | '％' | '►'
    )
}

/// Appends a line as CCNet compares it: trimmed, in lower case, every decimal digit as 0, without 34 marks of punctuation
/// beyond ASCII and without control characters.
pub fn normalise(line: &str, out: &mut String) {
    let line = line.trim_matches(is_space);
    if line.is_ascii() {
        out.extend(
            line.bytes()
                .filter(|byte| !byte.is_ascii_control())
                .map(|byte| {
                    if byte.is_ascii_digit() {
                        '0'
                    } else {
                        char::from(byte.to_ascii_lowercase())
                    }
                }),
        );
        return;
    }
    // Digits come before the marks, so the full-width one among them is a digit by then.
    out.extend(line.to_lowercase().chars().filter_map(|c| {
        if c.is_ascii_digit() || !c.is_ascii() && is_decimal(c.into()) {
            Some('0')
        } else {
            (!is_dropped(c)).then_some(c)
        }
    }));
}

/// Normalised lines, and their hashes.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    /// Where each line stands, and its number in the group.
    spans: Vec<(usize, usize)>,
    order: Vec<usize>,
    sorted: Vec<(usize, usize)>,
    hashes: Vec<u64>,
}

impl Lines {
    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.text.capacity()
    }

    /// Appends the key of each line: the first eight bytes of SHA-1, little-endian. An empty text has no line.
    pub(super) fn keys(&mut self, text: &str, keys: &mut Vec<Option<u64>>) {
        if text.is_empty() {
            return;
        }
        let mut lines = text.split('\n').peekable();
        while lines.peek().is_some() {
            self.text.clear();
            self.spans.clear();
            for line in lines.by_ref().take(GROUP) {
                let start = self.text.len();
                normalise(line, &mut self.text);
                self.spans.push((start, self.text.len()));
            }
            self.hash(keys);
        }
    }

    /// Hashes the lines. Several are hashed side by side, for as long as the longest of them takes: lines of like length
    /// are put together.
    fn hash(&mut self, keys: &mut Vec<Option<u64>>) {
        let spans = &self.spans;
        self.order.clear();
        self.order.extend(0..spans.len());
        self.order
            .sort_unstable_by_key(|&i| spans[i].1 - spans[i].0);
        self.sorted.clear();
        self.sorted.extend(self.order.iter().map(|&i| spans[i]));
        self.hashes.clear();
        sha1_prefixes(self.text.as_bytes(), &self.sorted, &mut self.hashes);
        let first = keys.len();
        keys.resize(first + spans.len(), None);
        for (&line, &hash) in self.order.iter().zip(&self.hashes) {
            keys[first + line] = Some(hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, normalise};

    fn normalised(line: &str) -> String {
        let mut out = String::new();
        normalise(line, &mut out);
        out
    }

    #[test]
    fn marks_go_and_digits_are_alike() {
        assert_eq!(
            normalised("  “Déjà” vu… 12:05, no\t1!  "),
            "déjà vu 00:00, no0!"
        );
        assert_eq!(normalised("１２ ٣"), "00 0");
        assert_eq!(normalised("ΟΔΟΣ — x"), "οδος  x");
        assert_eq!(normalised(" \u{a0}\u{3000}"), "");
    }

    #[test]
    fn the_hash_of_an_empty_line() {
        let mut keys = Vec::new();
        Lines::default().keys("\nabc", &mut keys);
        assert_eq!(keys[0], Some(957_977_401_221_134_810));
        assert_eq!(keys.len(), 2);
        keys.clear();
        Lines::default().keys("", &mut keys);
        assert!(keys.is_empty());
    }
}
