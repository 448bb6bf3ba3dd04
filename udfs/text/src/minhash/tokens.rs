//! Texts as tokens that stand side by side, so that a shingle is a piece of one string.

use std::borrow::Cow;
use std::ops::Range;

use super::scheme::Tokens;
use crate::document::{Analyzer, Needs, Row};
use crate::lists::Lists;
use crate::unicode::{Tables, class};
use crate::words::simplify::simplify;
use crate::words::spacy_en::SpacyEn;

/// The tokens of a text, joined.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) bytes: Vec<u8>,
    /// Where each token begins, and where the one behind the last would.
    starts: Vec<u32>,
    /// Bytes between two tokens; there are as many behind the last.
    separator: usize,
}

impl Joined {
    fn clear(&mut self, separator: usize) {
        self.bytes.clear();
        self.starts.clear();
        self.separator = separator;
        self.starts.push(0);
    }

    /// Ends a token, with its separator, at the end of the bytes.
    #[inline(always)]
    fn end(&mut self) {
        self.end_at(self.bytes.len());
    }

    /// Ends a token where the bytes will end. Tokens beyond 4 GiB are left out.
    #[inline(always)]
    fn end_at(&mut self, end: usize) {
        if let Ok(end) = u32::try_from(end) {
            self.starts.push(end);
        }
    }

    fn copy(&mut self, text: &[u8], part: Range<usize>) {
        self.bytes.extend_from_slice(&text[part]);
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many shingles of `n` tokens there are.
    pub(super) fn shingles(&self, n: usize) -> usize {
        (self.len() + 1).saturating_sub(n)
    }

    /// Where shingle `i` of `n` tokens stands.
    #[inline(always)]
    pub(super) fn shingle(&self, i: usize, n: usize) -> Range<usize> {
        self.starts[i] as usize..self.starts[i + n] as usize - self.separator
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + 4 * self.starts.capacity()
    }
}

/// Cuts texts into tokens; holds the memory that this takes.
#[derive(Debug, Default)]
pub(super) struct Tokenizer {
    analyzer: Analyzer,
    spacy: SpacyEn,
    simplified: String,
}

impl Tokenizer {
    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.analyzer.memory() + self.spacy.memory() + self.simplified.capacity()
    }

    /// Cuts a text into tokens.
    pub(super) fn tokenize(&mut self, tokens: Tokens, text: &str, joined: &mut Joined) {
        match tokens {
            Tokens::SimplifiedSpacyEn => {
                joined.clear(1);
                self.simplified.clear();
                simplify(text, &mut self.simplified);
                let simplified = self.simplified.as_bytes();
                // Almost all tokens are words between single spaces, so that they stand in the text as they are joined.
                let mut same = 0..0;
                self.spacy.tokens(&self.simplified, |token| {
                    if token.space {
                        return;
                    }
                    if same.end != token.start || same.is_empty() {
                        joined.copy(simplified, same.clone());
                        same = token.start..token.start;
                    }
                    same.end = token.end + 1;
                    joined.end_at(joined.bytes.len() + same.len());
                    if simplified.get(token.end) != Some(&b' ') {
                        joined.copy(simplified, same.start..token.end);
                        joined.bytes.push(b' ');
                        same = 0..0;
                    }
                });
                joined.copy(simplified, same);
            }
            Tokens::RpsWords => {
                joined.clear(1);
                let row = Row {
                    text,
                    language: None,
                    domain: None,
                    url: None,
                };
                let document = self
                    .analyzer
                    .analyze(row, Needs::VOCABULARY, Lists::builtin());
                document.each_word(|word, len| {
                    // Whole registers are written; what is too much is cut off.
                    let start = joined.bytes.len();
                    joined.bytes.extend_from_slice(word);
                    joined.bytes.truncate(start + len);
                    joined.bytes.push(b' ');
                    joined.end();
                });
            }
            Tokens::BetweenNonWords => {
                joined.clear(1);
                between(&lowercase(text), joined, |c| {
                    Tables::get().class(c as u32) & class::WORD != 0
                });
            }
            Tokens::BetweenNonAscii => {
                joined.clear(1);
                between(text, joined, |_| false);
            }
            Tokens::PlainCharacters => {
                joined.clear(0);
                characters(&lowercase(text), joined);
            }
            Tokens::PlainWords => {
                joined.clear(1);
                plain_words(&lowercase(text), joined);
            }
            Tokens::Characters => {
                joined.clear(0);
                joined.bytes.reserve(text.len());
                for c in text.chars() {
                    push(c, joined);
                    joined.end();
                }
            }
        }
    }
}

/// The text in lower case, as Python maps it: by the full mappings, sigma by its place.
fn lowercase(text: &str) -> Cow<'_, str> {
    let changes = |byte: u8| byte >= 0x80 || byte.is_ascii_uppercase();
    if text.bytes().any(changes) {
        text.to_lowercase().into()
    } else {
        text.into()
    }
}

/// Tokens are what stands between two characters that `kept` does not keep. It is asked beyond ASCII only.
fn between(text: &str, joined: &mut Joined, kept: impl Fn(char) -> bool) {
    joined.bytes.reserve(text.len() + 1);
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest.bytes().position(|byte| byte >= 0x80);
        let (now, later) = rest.split_at(ascii.unwrap_or(rest.len()));
        for byte in now.bytes() {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                joined.bytes.push(byte);
            } else {
                joined.bytes.push(b' ');
                joined.end();
            }
        }
        let mut chars = later.chars();
        while let Some(c) = chars.clone().next().filter(|c| !c.is_ascii()) {
            chars.next();
            if kept(c) {
                push(c, joined);
            } else {
                joined.bytes.push(b' ');
                joined.end();
            }
        }
        rest = chars.as_str();
    }
    joined.bytes.push(b' ');
    joined.end();
}

/// Tokens are the characters, without ASCII punctuation; spaces become single ones.
fn characters(text: &str, joined: &mut Joined) {
    joined.bytes.reserve(text.len());
    let mut space = false;
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            continue;
        }
        if Tables::get().is_space(c) {
            space = true;
            continue;
        }
        if space && !joined.bytes.is_empty() {
            joined.bytes.push(b' ');
            joined.end();
        }
        space = false;
        push(c, joined);
        joined.end();
    }
}

/// Tokens are the words between spaces, without ASCII punctuation.
fn plain_words(text: &str, joined: &mut Joined) {
    joined.bytes.reserve(text.len() + 1);
    let mut start = 0;
    for c in text.chars().chain([' ']) {
        if c.is_ascii_punctuation() {
            continue;
        }
        if !Tables::get().is_space(c) {
            push(c, joined);
        } else if joined.bytes.len() > start {
            joined.bytes.push(b' ');
            joined.end();
            start = joined.bytes.len();
        }
    }
}

fn push(c: char, joined: &mut Joined) {
    let mut utf8 = [0; 4];
    let utf8 = c.encode_utf8(&mut utf8);
    joined.bytes.extend_from_slice(utf8.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::{Joined, Tokenizer};
    use crate::minhash::scheme::Tokens;

    fn shingles(tokens: Tokens, n: usize, text: &str) -> Vec<String> {
        let mut joined = Joined::default();
        Tokenizer::default().tokenize(tokens, text, &mut joined);
        let shingle = |i| String::from_utf8_lossy(&joined.bytes[joined.shingle(i, n)]).into_owned();
        (0..joined.shingles(n)).map(shingle).collect()
    }

    #[test]
    fn normalised_words() {
        let text = "The U.S. (really): an extraordinarily-long word, \u{c9}tat.";
        let found = shingles(Tokens::RpsWords, 2, text);
        let expected = [
            "the us",
            "us really",
            "really an",
            "an extraordinarilylong",
            "extraordinarilylong word",
            "word e\u{301}tat",
        ];
        assert_eq!(found, expected);
        assert!(shingles(Tokens::RpsWords, 9, text).is_empty());
        assert!(shingles(Tokens::RpsWords, 1, "").is_empty());
    }

    #[test]
    fn simplified_text_in_english_words() {
        let found = shingles(
            Tokens::SimplifiedSpacyEn,
            1,
            "I cannot pay 1,234.5 \u{20ac}s, Zo\u{eb}!",
        );
        assert_eq!(found[..3], ["i", "can", "not"]);
        assert_eq!(found.last().map(String::as_str), Some("zoe"));
    }

    #[test]
    fn empty_tokens_are_tokens() {
        let found = shingles(
            Tokens::BetweenNonWords,
            1,
            "A, b_c\u{2014}\u{3a3}\u{391}\u{3a3}",
        );
        assert_eq!(found, ["a", "", "b_c", "\u{3c3}\u{3b1}\u{3c2}"]);
        assert_eq!(shingles(Tokens::BetweenNonWords, 1, ""), [""]);
        assert_eq!(shingles(Tokens::BetweenNonWords, 2, "a b."), ["a b", "b "]);
        let found = shingles(Tokens::BetweenNonAscii, 1, "Na\u{ef}ve x");
        assert_eq!(found, ["Na", "ve", "x"]);
    }

    #[test]
    fn characters_with_single_spaces() {
        let found = shingles(Tokens::PlainCharacters, 3, " A\u{a0}\t-\n b\u{c9}!");
        assert_eq!(found, ["a b", " b\u{e9}"]);
        assert!(shingles(Tokens::PlainCharacters, 1, " .\n").is_empty());
    }

    #[test]
    fn plain_words_and_characters_as_they_are() {
        let found = shingles(Tokens::PlainWords, 2, " A b-c,\n... \u{c9}? d");
        assert_eq!(found, ["a bc", "bc \u{e9}", "\u{e9} d"]);
        assert!(shingles(Tokens::PlainWords, 1, " .\n").is_empty());
        assert_eq!(
            shingles(Tokens::Characters, 2, "A \u{c9}"),
            ["A ", " \u{c9}"]
        );
    }
}
