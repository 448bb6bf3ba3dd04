//! What datatrove's filters count: words of spaCy, repeated lines, paragraphs and n-grams.
//!
//! ```text
//! text ─▶ tokens ─▶ numbers of distinct words ─▶ lengths, letters, stop words
//!           │                       └──────────▶ most frequent n-gram             grams.rs
//!           ├─▶ sentences
//!           └─▶ text without whitespace ───────▶ repeated n-grams, 5 to 10        joined.rs
//!      └─▶ lines, paragraphs ──────────────────▶ repeated ones, how they end      repeats.rs
//! ```
//!
//! What is asked for is counted in one pass over the tokens and one over the lines.

mod joined;
mod lines;
mod repeats;

use std::fmt;

use memchr::{memchr_iter, memmem};

use self::joined::Joined;
pub use self::lines::LineFacts;
use self::lines::Lines;
use super::grams::{GramFacts, Grams, Ties};
use super::vocabulary::Vocabulary;
use super::word::{Key, SHORT};
use crate::c4;
use crate::document::Needs;
use crate::words::classes::{ALPHABETIC, Classes, PUNCTUATION, TERMINAL};
use crate::words::spacy_en::{Sentences, Sentencizer, SpacyEn};

/// The stop words of Gopher's rule.
const STOP_WORDS: [&str; 8] = ["the", "be", "to", "of", "and", "that", "have", "with"];

/// What datatrove's filters count of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatatroveFacts {
    /// Words.
    pub words: u64,
    /// Words with a character that is in neither of datatrove's two sets of punctuation.
    pub non_symbol_words: u64,
    /// The characters of these words.
    pub non_symbol_chars: u64,
    /// Words with a letter.
    pub alpha_words: u64,
    /// How many of the eight stop words occur.
    pub stop_words: u64,
    /// Sentences.
    pub sentences: u64,
    /// Characters `#`.
    pub hashes: u64,
    /// Occurrences of `...` and U+2026.
    pub ellipses: u64,
    /// Lines and paragraphs.
    pub lines: LineFacts,
    /// The characters of the most frequent n-gram of 2 to 4 words, joined with spaces, times its count; none
    /// without an n-gram.
    pub top: [Option<u64>; 3],
    /// Characters of repeated n-grams of 5 to 10 words.
    pub duplicate: [u64; 6],
}

/// Looks at documents, and holds the memory that this takes.
pub(crate) struct DatatroveView {
    pub(crate) facts: DatatroveFacts,
    /// spaCy's sentences, where C4's rules need them.
    pub(crate) sentences: Sentences,
    spacy: SpacyEn,
    vocabulary: Vocabulary,
    /// The words of the document by their numbers, and the characters of each distinct one.
    words: Vec<u32>,
    chars: Vec<u64>,
    grams: Grams,
    joined: Joined,
    lines: Lines,
}

impl Default for DatatroveView {
    fn default() -> Self {
        Self {
            facts: DatatroveFacts::default(),
            sentences: Sentences::default(),
            spacy: SpacyEn::new(),
            vocabulary: Vocabulary::new(),
            words: Vec::new(),
            chars: Vec::new(),
            grams: Grams::new(),
            joined: Joined::new(),
            lines: Lines::new(),
        }
    }
}

impl fmt::Debug for DatatroveView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatatroveView")
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

impl DatatroveView {
    /// Looks at a text as closely as `needs` says.
    pub(crate) fn look(&mut self, text: &str, needs: Needs, lines: &c4::Lines) {
        self.facts = DatatroveFacts::default();
        if needs.contains(Needs::DATATROVE_SYMBOLS) {
            let bytes = text.as_bytes();
            self.facts.hashes = memchr_iter(b'#', bytes).count() as u64;
            let count = |what: &str| memmem::find_iter(bytes, what).count() as u64;
            self.facts.ellipses = count("...") + count("…");
        }
        if needs.contains(Needs::DATATROVE_LINES) {
            self.facts.lines = self.lines.look(text, lines);
        }
        if needs.contains(Needs::DATATROVE_SENTENCES)
            || needs.contains(Needs::DATATROVE_WORDS)
            || needs.c4_of_spacy()
        {
            self.look_at_words(text, needs);
        }
    }

    fn look_at_words(&mut self, text: &str, needs: Needs) {
        let keep_sentences = needs.c4_of_spacy();
        let sentences = keep_sentences || needs.contains(Needs::DATATROVE_SENTENCES);
        let vocabulary = needs.contains(Needs::DATATROVE_VOCABULARY);
        let top = needs.any_datatrove_top();
        let duplicates = needs.any_datatrove_duplicates();
        let bytes = text.as_bytes();
        let mut words = 0;
        let mut ends = 0;
        let mut sentencizer = Sentencizer::new(text);
        self.words.clear();
        self.sentences.clear();
        self.vocabulary
            .clear(if vocabulary { text.len() } else { 0 });
        self.joined.clear(if duplicates { text.len() } else { 0 });
        let Self {
            spacy,
            vocabulary: known,
            words: numbers,
            joined,
            sentences: known_sentences,
            ..
        } = self;
        spacy.tokens(text, |token| {
            if sentences && let Some(end) = sentencizer.token(token) {
                ends += 1;
                if keep_sentences {
                    known_sentences.add(end, token);
                }
            }
            if token.space {
                return;
            }
            words += 1;
            if vocabulary {
                let number = if token.end - token.start <= SHORT {
                    known.insert_short(Key::read(bytes, token.start, token.end), 1)
                } else {
                    known.insert_long(&bytes[token.start..token.end])
                };
                if top {
                    numbers.push(number);
                }
            }
            if duplicates {
                joined.push(bytes, token.start, token.end);
            }
        });
        self.facts.words = words;
        self.facts.sentences = ends + u64::from(!text.is_empty());
        if vocabulary {
            self.measure_words();
        }
        if top {
            self.find_top(needs);
        }
        if duplicates {
            let wanted = |n| needs.contains(Needs::datatrove_duplicate_grams(n));
            self.facts.duplicate = self.joined.measure(wanted);
        }
    }

    /// What is known of words by what they are, once for each distinct one.
    fn measure_words(&mut self) {
        let classes = Classes::get();
        let facts = &mut self.facts;
        self.chars.clear();
        for word in self.vocabulary.words() {
            if word.key.is_letters() {
                let (count, chars) = (u64::from(word.count()), word.key.len() as u64);
                facts.alpha_words += count;
                facts.non_symbol_words += count;
                facts.non_symbol_chars += count * chars;
                self.chars.push(chars);
                continue;
            }
            let (short, len);
            let bytes = match word.key.long_index() {
                Some(index) => self.vocabulary.long_word(index),
                None => {
                    (short, len) = word.key.bytes();
                    &short[..len]
                }
            };
            let (mut chars, mut any, mut symbols_only) = (0, 0, true);
            let mut at = 0;
            while at < bytes.len() {
                let (class, len) = classes.at(bytes, at);
                any |= class;
                symbols_only &= class & (PUNCTUATION | TERMINAL) != 0;
                chars += 1;
                at += len;
            }
            let count = u64::from(word.count());
            facts.alpha_words += count * u64::from(any & ALPHABETIC != 0);
            if !symbols_only {
                facts.non_symbol_words += count;
                facts.non_symbol_chars += count * chars;
            }
            self.chars.push(chars);
        }
        let found = STOP_WORDS
            .iter()
            .filter(|word| self.vocabulary.find(word.as_bytes()).is_some());
        facts.stop_words = found.count() as u64;
    }

    /// Whether a word occurs.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.vocabulary.find(word.as_bytes()).is_some()
    }

    fn find_top(&mut self, needs: Needs) {
        let wanted = |n: usize| n <= 4 && needs.contains(Needs::datatrove_top_gram(n));
        let known = self.vocabulary.words();
        let facts = GramFacts::of(
            &mut self.grams,
            &self.words,
            |word| known[word as usize].count() > 1,
            |word| self.chars[word as usize],
            wanted,
            Ties::First,
        );
        for (n, top) in (2..).zip(&mut self.facts.top) {
            let spaces = n as u64 - 1;
            *top = match facts.top[n - 2] {
                Some(gram) => Some((gram.chars + spaces) * gram.count),
                // None occurs twice: the first one counts.
                None => self.words.get(..n).map(|gram| {
                    let chars = gram.iter().map(|&word| self.chars[word as usize]);
                    chars.sum::<u64>() + spaces
                }),
            };
        }
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        self.spacy.memory()
            + self.sentences.memory()
            + self.vocabulary.memory()
            + 4 * self.words.capacity()
            + 8 * self.chars.capacity()
            + self.grams.memory()
            + self.joined.memory()
            + self.lines.memory()
    }
}
