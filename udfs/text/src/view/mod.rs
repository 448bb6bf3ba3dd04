//! How a document is looked at.

pub(crate) mod block;
pub(crate) mod grams;
pub(crate) mod scan;
pub(crate) mod vocabulary;
pub(crate) mod word;

use std::fmt;

use self::grams::{GramFacts, Grams};
use self::scan::{Found, part, scan};
use self::vocabulary::Vocabulary;
use self::word::{HIGH, Key, LOW};
use crate::document::Needs;
use crate::lists::{BadWords, LanguageLists};
use crate::perfect::WordTable;
use crate::unicode::{Tables, class, decode};

/// Memory that is kept from one document to the next.
const KEPT: usize = 8 << 20;

/// All that was seen of a document, and the memory to see the next one.
pub(crate) struct View {
    pub(crate) found: Found,
    pub(crate) stop_words: Option<u64>,
    pub(crate) word_chars: u64,
    pub(crate) bad_words: Option<u64>,
    pub(crate) lorem_ipsum: u64,
    pub(crate) grams: GramFacts,
    vocabulary: Vocabulary,
    counter: Grams,
    /// Of each distinct word its characters and, in the upper half, its numerals.
    measures: Vec<u64>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            found: Found::default(),
            stop_words: None,
            word_chars: 0,
            bad_words: None,
            lorem_ipsum: 0,
            grams: GramFacts::default(),
            vocabulary: Vocabulary::new(),
            counter: Grams::new(),
            measures: Vec::new(),
        }
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

/// The parts of a scan that answer some needs.
fn parts(needs: Needs) -> u32 {
    let mut parts = 0;
    for (need, part) in [
        (Needs::LINES, part::LINES),
        (Needs::RAW_WORDS, part::RAW),
        (Needs::SENTENCES, part::RAW),
        (Needs::STOP_WORDS, part::STOP),
        (Needs::WORDS, part::WORDS),
        (Needs::LINE_WORDS, part::LINES | part::WORDS),
        (Needs::VOCABULARY, part::VOCABULARY),
    ] {
        if needs.contains(need) {
            parts |= part;
        }
    }
    parts
}

impl View {
    /// Looks at a text as closely as `needs` says.
    pub(crate) fn look(&mut self, text: &str, needs: Needs, language: Option<&LanguageLists>) {
        self.found.clear();
        self.word_chars = 0;
        self.bad_words = None;
        self.lorem_ipsum = 0;
        self.grams = GramFacts::default();
        let parts = parts(needs);
        self.vocabulary.clear(if parts & part::VOCABULARY == 0 {
            0
        } else {
            text.len()
        });
        if parts != 0 || needs != Needs::NONE {
            let stop_words = language.map(|lists| &lists.stop_words);
            scan(
                text,
                parts,
                stop_words,
                &mut self.found,
                &mut self.vocabulary,
            );
        }
        self.stop_words = language.map(|_| self.found.counts.stop_words);
        if parts & part::VOCABULARY == 0 {
            return;
        }
        self.measure_words();
        if needs.contains(Needs::LINE_CONTENT) {
            self.measure_lines();
        }
        if needs.contains(Needs::BAD_WORDS) {
            self.bad_words = language.map(|lists| self.count_bad_words(&lists.bad_words));
        }
        if needs.contains(Needs::LOREM_IPSUM) {
            self.lorem_ipsum = self.count_lorem_ipsum();
        }
        if needs.any_grams() {
            let measures = &self.measures;
            self.grams = self.counter.measure(
                &self.found.words,
                self.vocabulary.counts(),
                |word| measures[word as usize] & 0xFFFF_FFFF,
                |n| needs.grams(n),
            );
        }
    }

    /// How often each distinct word occurs.
    pub(crate) fn word_counts(&self) -> &[u32] {
        self.vocabulary.counts()
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        self.found.memory()
            + self.vocabulary.memory()
            + self.counter.memory()
            + 8 * self.measures.capacity()
    }

    /// Gives back memory that only a very long document needs.
    pub(crate) fn give_back(&mut self) {
        if self.memory() > KEPT {
            *self = Self::default();
        }
    }

    fn measure_words(&mut self) {
        let mut chars = 0;
        let vocabulary = &self.vocabulary;
        let words = vocabulary.keys().iter().zip(vocabulary.counts());
        self.measures.clear();
        self.measures.extend(words.map(|(&key, &count)| {
            // The mark of a longer word is not ASCII either.
            let measure = if (key.low | key.high) & HIGH == 0 {
                key.len() as u64 | digits(key) << 32
            } else {
                measure(vocabulary, key)
            };
            chars += u64::from(count) * (measure & 0xFFFF_FFFF);
            measure
        }));
        self.word_chars = chars;
    }

    fn measure_lines(&mut self) {
        let javascript = Key::of(b"javascript").unwrap_or_default();
        let keys = self.vocabulary.keys();
        let javascript = keys.iter().position(|&key| key == javascript);
        let mut words = &self.found.words[..];
        for line in &mut self.found.lines {
            let (own, rest) = words.split_at(line.words as usize);
            words = rest;
            let sum: u64 = own.iter().map(|&word| self.measures[word as usize]).sum();
            line.word_chars = sum as u32;
            line.numerals = (sum >> 32) as u32;
            if let Some(id) = javascript {
                line.javascript = own.iter().filter(|&&word| word as usize == id).count() as u32;
            }
        }
    }

    fn count_bad_words(&self, list: &BadWords) -> u64 {
        let table = list.first();
        let mut hits = 0;
        let counts = self.vocabulary.counts();
        for (id, (&key, &count)) in (0..).zip(self.vocabulary.keys().iter().zip(counts)) {
            let value = bad_value(&self.vocabulary, table, key);
            hits += u64::from(count) * u64::from(value & BadWords::ALONE);
            if value > BadWords::ALONE {
                let phrases = list.phrases(value).iter();
                hits += phrases.map(|rest| self.count_phrase(id, rest)).sum::<u64>();
            }
        }
        hits
    }

    /// Occurrences of a phrase: of a word and what follows it.
    fn count_phrase(&self, first: u32, rest: &[&str]) -> u64 {
        // Most phrases begin with a common word and go on with a rare one.
        let rest: Option<Vec<u32>> = rest
            .iter()
            .rev()
            .map(|word| self.vocabulary.find(word.as_bytes()))
            .collect();
        let Some(rest) = rest else {
            return 0;
        };
        let words = &self.found.words;
        let matches = |behind: usize| {
            words
                .get(behind..behind + rest.len())
                .is_some_and(|next| next.iter().eq(rest.iter().rev()))
        };
        let places = words.iter().zip(1..).filter(|(word, _)| **word == first);
        places.filter(|&(_, behind)| matches(behind)).count() as u64
    }

    /// "lorem ipsum" in the normalised text: a word that ends one way before one that begins the other way.
    /// Where it occurs, spellings with a dotless i and a long s count as well.
    fn count_lorem_ipsum(&self) -> u64 {
        const BEGIN: u64 = u64::from_le_bytes(*b"ipsum\0\0\0");
        let ipsum = |key: &Key| match key.long_index() {
            Some(index) => self.vocabulary.long_word(index).starts_with(b"ipsum"),
            None => key.low & (u64::MAX >> 24) == BEGIN,
        };
        if !self.vocabulary.keys().iter().any(ipsum) {
            return 0;
        }
        let spellings = ["ipsum", "ıpsum", "ipſum", "ıpſum"].map(str::as_bytes);
        let (mut plain, mut all) = (0, 0);
        let mut before = false;
        for &word in &self.found.words {
            let key = self.vocabulary.keys()[word as usize];
            with_bytes(&self.vocabulary, key, |word| {
                if before {
                    plain += u64::from(word.starts_with(b"ipsum"));
                    all += u64::from(spellings.iter().any(|begin| word.starts_with(begin)));
                }
                before = word.ends_with(b"lorem");
            });
        }
        if plain > 0 { all } else { 0 }
    }
}

#[inline(always)]
fn bad_value(vocabulary: &Vocabulary, table: &WordTable, key: Key) -> u32 {
    match key.long_index() {
        None => table.short(key),
        Some(index) => table.long(vocabulary.long_word(index)),
    }
}

/// Calls `f` with the bytes of a word.
fn with_bytes<T>(vocabulary: &Vocabulary, key: Key, f: impl FnOnce(&[u8]) -> T) -> T {
    match key.long_index() {
        Some(index) => f(vocabulary.long_word(index)),
        None => {
            let (bytes, len) = key.bytes();
            f(&bytes[..len])
        }
    }
}

/// Characters and, in the upper half, numerals of a word.
#[inline(never)]
fn measure(vocabulary: &Vocabulary, key: Key) -> u64 {
    with_bytes(vocabulary, key, |word| {
        let (mut chars, mut numerals) = (0, 0);
        let mut at = 0;
        while let Some(&byte) = word.get(at) {
            chars += 1;
            if byte < 0x80 {
                numerals += u64::from(byte.is_ascii_digit());
                at += 1;
                continue;
            }
            let (code, len) = decode(word, at);
            numerals += u64::from(Tables::get().class(code) & class::NUMERIC != 0);
            at += len;
        }
        chars | numerals << 32
    })
}

/// ASCII digits among the bytes of a short ASCII word.
#[inline(always)]
fn digits(key: Key) -> u64 {
    let marks = |bytes: u64| {
        let value = bytes ^ (LOW * b'0' as u64);
        let others = (value + LOW * (128 - 10)) | value;
        (!others & HIGH) >> 7
    };
    // A sum of bytes: at most two a byte.
    (marks(key.low) + marks(key.high)).wrapping_mul(LOW) >> 56
}
