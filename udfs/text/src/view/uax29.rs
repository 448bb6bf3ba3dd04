//! Words by the word boundaries of UAX #29, and their n-grams: how DCLM looks for repetition.
//!
//! A word is a piece between two boundaries that begins with a letter or numeral, as it stands. No such piece
//! goes on behind a character of up to U+0020, and what comes before that does not change it, so the text is cut
//! there; a run of ASCII needs no tables of Unicode.

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;

use super::KEPT;
use super::grams::{GramFacts, Grams, Ties};
use super::vocabulary::Vocabulary;
use super::with_bytes;
use super::word::{HIGH, Key, SHORT};
use crate::document::{Needs, TopGram};
use crate::unicode::{Tables, class};

/// The words of a document, and the memory to see the next one.
pub(crate) struct Uax29 {
    /// Characters of all words.
    pub(crate) chars: u64,
    grams: GramFacts,
    vocabulary: Vocabulary,
    words: Vec<u32>,
    /// Characters of each distinct word.
    lengths: Vec<u64>,
    counter: Grams,
}

impl Default for Uax29 {
    fn default() -> Self {
        Self {
            chars: 0,
            grams: GramFacts::default(),
            vocabulary: Vocabulary::new(),
            words: Vec::new(),
            lengths: Vec::new(),
            counter: Grams::new(),
        }
    }
}

impl fmt::Debug for Uax29 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uax29")
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

impl Uax29 {
    /// Looks at a text as closely as `needs` says.
    pub(crate) fn look(&mut self, text: &str, needs: Needs) {
        let longest = if needs.contains(Needs::UAX29_DUPLICATE_GRAMS) {
            10
        } else {
            4
        };
        let bytes = text.as_bytes();
        let vocabulary = &mut self.vocabulary;
        let words = &mut self.words;
        vocabulary.clear(text.len());
        words.clear();
        each_word(text, |start, end| {
            words.push(if end - start <= SHORT {
                vocabulary.insert_short(Key::read(bytes, start, end), 1)
            } else {
                vocabulary.insert_long(&bytes[start..end])
            });
        });
        self.measure_words();
        let known = self.vocabulary.words();
        self.grams = GramFacts::of(
            &mut self.counter,
            &self.words,
            |word| known[word as usize].count() > 1,
            |word| self.lengths[word as usize],
            |n| n <= longest,
            Ties::Longest,
        );
    }

    fn measure_words(&mut self) {
        let vocabulary = &self.vocabulary;
        self.chars = 0;
        self.lengths.clear();
        for word in vocabulary.words() {
            let key = word.key;
            // The mark of a longer word is not ASCII either.
            let chars = if (key.low | key.high) & HIGH == 0 {
                key.len() as u64
            } else {
                with_bytes(vocabulary, key, |word| {
                    word.iter().filter(|&&b| b & 0xC0 != 0x80).count() as u64
                })
            };
            self.chars += u64::from(word.count()) * chars;
            self.lengths.push(chars);
        }
    }

    /// The most frequent n-gram of 2 to 4 words, of equally frequent ones the longest; `None` when none occurs twice.
    pub(crate) fn top_gram(&self, n: usize) -> Option<TopGram> {
        self.grams.top[n - 2]
    }

    /// Characters of the words in n-grams of 5 to 10 words that occur at least twice.
    pub(crate) fn duplicate_chars(&self, n: usize) -> u64 {
        self.grams.duplicate_chars[n - 5]
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        self.vocabulary.memory()
            + 4 * self.words.capacity()
            + 8 * self.lengths.capacity()
            + self.counter.memory()
    }

    /// Gives back memory that only a very long document needs.
    pub(crate) fn give_back(&mut self) {
        if self.memory() > KEPT {
            *self = Self::default();
        }
    }
}

/// Where words begin and end.
fn each_word(text: &str, mut word: impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let tables = Tables::get();
    let alphanumeric = |c: char| c != '_' && tables.class(c as u32) & class::WORD != 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] <= b' ' {
            at += 1;
            continue;
        }
        let start = at;
        let mut all = 0;
        while at < bytes.len() && bytes[at] > b' ' {
            all |= bytes[at];
            at += 1;
        }
        if all < 0x80 {
            ascii_words(&bytes[start..at], |from, to| word(start + from, start + to));
            continue;
        }
        for (from, piece) in text[start..at].split_word_bound_indices() {
            if piece.starts_with(alphanumeric) {
                word(start + from, start + from + piece.len());
            }
        }
    }
}

/// The words of a run of visible ASCII characters.
#[inline(always)]
fn ascii_words(run: &[u8], mut word: impl FnMut(usize, usize)) {
    let alphanumeric = |at: usize| run.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let letter = |at: usize| run.get(at).is_some_and(u8::is_ascii_alphabetic);
    let digit = |at: usize| run.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while at < run.len() {
        let start = at;
        // What begins with a low line goes on like a word and is none.
        if !alphanumeric(at) && run[at] != b'_' {
            at += 1;
            continue;
        }
        while let Some(&byte) = run.get(at) {
            let inside = match byte {
                b'_' => true,
                b'.' | b'\'' => letter(at - 1) && letter(at + 1) || digit(at - 1) && digit(at + 1),
                b':' => letter(at - 1) && letter(at + 1),
                b',' | b';' => digit(at - 1) && digit(at + 1),
                _ => byte.is_ascii_alphanumeric(),
            };
            if !inside {
                break;
            }
            at += 1;
        }
        if alphanumeric(start) {
            word(start, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};
    use unicode_segmentation::UnicodeSegmentation;

    use super::each_word;
    use crate::unicode::{Tables, class};

    /// The definition.
    fn plain(text: &str) -> Vec<&str> {
        let word = |c: char| c != '_' && Tables::get().class(c as u32) & class::WORD != 0;
        text.split_word_bounds()
            .filter(|piece| piece.starts_with(word))
            .collect()
    }

    fn words(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        each_word(text, |start, end| words.push(&text[start..end]));
        words
    }

    #[test]
    fn words_begin_with_a_letter_or_numeral() {
        assert_eq!(
            words("Don't _pay 3.14, (a_b:c) x'1 1:2 1;2 a..b ½ «é» \u{301}e"),
            [
                "Don't", "3.14", "a_b:c", "x", "1", "1", "2", "1;2", "a", "b", "½", "é", "e"
            ]
        );
        assert!(words(" _ -- \n").is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn runs_of_ascii_are_cut_as_unicode_says(text in "[ab1_.',:;\" \n\t\r\u{0}\u{7f}-]{0,24}") {
            prop_assert_eq!(words(&text), plain(&text));
        }

        #[test]
        fn so_is_any_text(text in "([ab1_.', \n\r]|[\u{ad}\u{301}\u{200d}\u{3000}\u{1f1e6}\u{2139}\u{1f468}é٣カ中א\"]|\\PC){0,16}") {
            prop_assert_eq!(words(&text), plain(&text));
        }
    }
}
