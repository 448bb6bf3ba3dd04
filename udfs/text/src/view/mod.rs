//! How a document is looked at: the kernels, and what they cost.
//!
//! One scan of the text feeds all signals. It is made only as far as the asked-for signals need, in the
//! smallest of nine compiled forms, and in two versions of these: for any processor, and for those with AVX2 and
//! BMI, which is decided when it runs.
//!
//! ```text
//! text ─▶ 64 bytes ─▶ masks ─▶ counts, lines, raw words, sentences          block.rs, scan.rs
//!                       └────▶ borders of words ─▶ keys ─▶ stop words?      word.rs, perfect.rs
//!                                                   └────▶ numbers          vocabulary.rs
//! numbers ─▶ lengths, entropy, bad words, lines' contents                   here
//!        └─▶ pairs ─▶ triples ─▶ … ─▶ 10-grams, only where both halves repeat   grams.rs
//!                                              in little memory, for long texts   large_grams.rs
//! ```
//!
//! * **Masks.** 64 bytes become one bit mask for each class of characters. What begins or ends, and which runs hold
//!   what, is arithmetic on masks: an addition carries a bit through a run (`scan::Firsts`). Sentences are such
//!   runs too. No byte is looked at by itself. Characters beyond ASCII are decoded one by one; all their bytes
//!   get their bits, and the rest of the scan knows no difference.
//! * **Words.** Normalised words are runs without spaces and ASCII punctuation. The borders of the runs are written
//!   down for 2 kB of text at a time and then walked. A word of up to 15 bytes is two registers, lowercased there;
//!   one that must be mapped, or has punctuation inside, takes a detour. A word gets its number without a branch on
//!   whether it is new. All that depends on what a word is (its length, its numerals, whether it is a bad
//!   word) is computed once for each distinct word.
//! * **n-grams** are pairs of numbers of shorter ones, and are looked for only where the shorter ones repeat.
//!   Pairs that occur once are mostly dropped by two bits each before anything is counted.
//! * **Exactness.** Words and n-grams are compared by what they are, never by a hash: a hash chooses where to look
//!   and costs time at worst. Its seeds are random, so no text can be made to collide.
//! * **Memory** is kept from document to document, up to 8 MB for each analyzer; a steady state allocates nothing.
//!   A large text takes 4 bytes for each word, 16 for each line (rows of empty ones are one) and some 40 for each distinct word; their n-grams
//!   take 8 for each place where a pair repeats and some 30 for each pair that does, and from four million words on half
//!   a byte for each word and at most 80 MB.
//!
//! Time goes like the length of the text, whatever it says (`benches/hostile.rs`). On English web text about a tenth
//! of it goes into the masks and all that is computed from them alone, half into the walk over the words, a
//! sixth into n-grams, a tenth into distinct words (`benches/signals.rs`).

pub(crate) mod block;
pub(crate) mod datatrove;
pub(crate) mod grams;
pub(crate) mod large_grams;
pub(crate) mod lines;
pub(crate) mod scan;
pub(crate) mod spaced;
pub(crate) mod uax29;
pub(crate) mod vocabulary;
pub(crate) mod word;

use std::fmt;

use self::datatrove::DatatroveView;
use self::grams::{GramFacts, Grams, Ties};
use self::lines::Content;
use self::scan::{Found, part, parts_for, scan};
use self::vocabulary::Vocabulary;
use self::word::{HIGH, Key, LOW};
use crate::document::Needs;
use crate::lists::LanguageLists;
use crate::unicode::{Tables, class, decode};

/// The lower half of two numbers in one.
const LOWER: u64 = 0xFFFF_FFFF;

/// Memory that is kept from one document to the next.
pub(crate) const KEPT: usize = 8 << 20;

/// All that was seen of a document, and the memory to see the next one.
pub(crate) struct View {
    pub(crate) found: Found,
    pub(crate) stop_words: Option<u64>,
    pub(crate) word_chars: u64,
    pub(crate) bad_words: Option<u64>,
    pub(crate) lorem_ipsum: u64,
    pub(crate) grams: GramFacts,
    pub(crate) datatrove: DatatroveView,
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
            datatrove: DatatroveView::default(),
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
        let parts = parts_for(parts(needs));
        self.vocabulary.clear(if parts & part::VOCABULARY == 0 {
            0
        } else {
            text.len()
        });
        if parts != 0 || needs.of_view() {
            scan(text, parts, language, &mut self.found, &mut self.vocabulary);
        }
        let counts = &self.found.counts;
        self.stop_words =
            language.map(|_| counts.stop_words.wrapping_sub(counts.joined_stop_words));
        if parts & part::VOCABULARY == 0 {
            return;
        }
        // What follows asks `needs`, but for the stop words: where the scan numbers words it leaves them to be
        // looked up by number.
        self.measure_words();
        if needs.contains(Needs::LINE_CONTENT) {
            self.measure_lines();
        }
        if let Some(language) = language
            && (needs.contains(Needs::BAD_WORDS) || needs.contains(Needs::STOP_WORDS))
        {
            self.count_listed(language);
        }
        if needs.contains(Needs::LOREM_IPSUM) {
            self.lorem_ipsum = self.count_lorem_ipsum();
        }
        if needs.any_grams() {
            let measures = &self.measures;
            let vocabulary = self.vocabulary.words();
            self.grams = GramFacts::of(
                &mut self.counter,
                &self.found.words,
                |word| vocabulary[word as usize].count() > 1,
                |word| measures[word as usize] & LOWER,
                |n| needs.grams(n),
                Ties::First,
            );
        }
    }

    /// How often each distinct word occurs.
    pub(crate) fn word_counts(&self) -> impl ExactSizeIterator<Item = u32> {
        self.vocabulary.words().iter().map(|word| word.count())
    }

    /// Calls `f` with the bytes of each word, in order, and how many of them are the word's.
    #[inline(always)]
    pub(crate) fn each_word(&self, mut f: impl FnMut(&[u8], usize)) {
        let distinct = self.vocabulary.words();
        for &word in &self.found.words {
            let key = distinct[word as usize].key;
            match key.long_index() {
                Some(index) => {
                    let word = self.vocabulary.long_word(index);
                    f(word, word.len());
                }
                None => {
                    let (bytes, len) = key.bytes();
                    f(&bytes, len);
                }
            }
        }
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        self.found.memory()
            + self.vocabulary.memory()
            + self.counter.memory()
            + self.datatrove.memory()
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
        self.measures.clear();
        self.measures.extend(vocabulary.words().iter().map(|word| {
            let key = word.key;
            // The mark of a longer word is not ASCII either.
            let measure = if (key.low | key.high) & HIGH == 0 {
                key.len() as u64 | digits(key) << 32
            } else {
                measure(vocabulary, key)
            };
            chars += u64::from(word.count()) * (measure & LOWER);
            measure
        }));
        self.word_chars = chars;
    }

    fn measure_lines(&mut self) {
        let javascript = Key::of(b"javascript");
        let javascript = javascript.and_then(|key| {
            let known = self.vocabulary.words();
            known.iter().position(|word| word.key.same(key))
        });
        let mut words = &self.found.words[..];
        self.found.lines.add_content(|count| {
            let (own, rest) = words.split_at(count);
            words = rest;
            let sum: u64 = own.iter().map(|&word| self.measures[word as usize]).sum();
            let scripts = |id| own.iter().filter(|&&word| word as usize == id).count() as u32;
            Content {
                word_chars: sum as u32,
                numerals: (sum >> 32) as u32,
                javascript: javascript.map_or(0, scripts),
            }
        });
    }

    /// Bad words, and the stop words that the scan left to be looked up here.
    fn count_listed(&mut self, language: &LanguageLists) {
        let (mut stop, mut bad) = (0u64, 0u64);
        let mut phrases = Vec::new();
        for (id, word) in (0..).zip(self.vocabulary.words()) {
            let value = match word.key.long_index() {
                None => language.words.short(word.key),
                Some(index) => language.words.long(self.vocabulary.long_word(index)),
            };
            stop += u64::from(word.plain()) * u64::from(value & LanguageLists::STOP);
            bad += u64::from(word.count()) * u64::from(value >> 1 & 1);
            if value >> 2 != 0 {
                // Most phrases begin with a common word and go on with a rare one.
                let phrases_here = language.phrases(value).iter();
                let known = phrases_here.filter_map(|rest| self.find_all(rest));
                phrases.extend(known.map(|rest| (id, rest)));
            }
        }
        if !phrases.is_empty() {
            bad += self.count_phrases(&phrases);
        }
        self.bad_words = Some(bad);
        if !language.stop_words_have_capitals {
            self.stop_words = self.stop_words.map(|direct| direct.wrapping_add(stop));
        }
    }

    /// The numbers of words, if all of them are there.
    fn find_all(&self, words: &[&str]) -> Option<Vec<u32>> {
        let last_first = words.iter().rev();
        let mut ids = last_first
            .map(|word| self.vocabulary.find(word.as_bytes()))
            .collect::<Option<Vec<u32>>>()?;
        ids.reverse();
        Some(ids)
    }

    /// Occurrences of phrases, each given as its first word and the others.
    #[cold]
    fn count_phrases(&self, phrases: &[(u32, Vec<u32>)]) -> u64 {
        let mut begins = vec![false; self.vocabulary.words().len()];
        for &(first, _) in phrases {
            begins[first as usize] = true;
        }
        let words = &self.found.words;
        let mut hits = 0;
        for (at, word) in words.iter().enumerate() {
            if begins[*word as usize] {
                let here = |(first, rest): &&(u32, Vec<u32>)| {
                    first == word && words[at + 1..].starts_with(rest)
                };
                hits += phrases.iter().filter(here).count() as u64;
            }
        }
        hits
    }

    /// "lorem ipsum" in the normalised text: a word that ends one way before one that begins the other way.
    /// Where it occurs, spellings with a dotless i and a long s count as well.
    fn count_lorem_ipsum(&self) -> u64 {
        const BEGIN: u64 = u64::from_le_bytes(*b"ipsum\0\0\0");
        let ipsum = |key: Key| match key.long_index() {
            Some(index) => self.vocabulary.long_word(index).starts_with(b"ipsum"),
            None => key.low & (u64::MAX >> 24) == BEGIN,
        };
        let distinct = self.vocabulary.words();
        if !distinct.iter().any(|word| ipsum(word.key)) {
            return 0;
        }
        let spellings = ["ipsum", "ıpsum", "ipſum", "ıpſum"].map(str::as_bytes);
        let (mut plain, mut all) = (0, 0);
        let mut before = false;
        for &word in &self.found.words {
            let key = distinct[word as usize].key;
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
