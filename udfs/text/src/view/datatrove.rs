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
//! What is asked for is counted in one pass over the tokens and one over the lines. What is between two spaces is cut
//! into tokens where it stands first only (`spaced`); exceptions that go beyond spaces are put together each time.

mod joined;
mod lines;
mod repeats;

use std::fmt;

use memchr::{memchr_iter, memmem};

use self::joined::Joined;
pub use self::lines::LineFacts;
use self::lines::Lines;
use super::grams::{GramFacts, Grams, Ties};
use super::spaced::{Chunks, LONGEST_CHUNK};
use super::vocabulary::Vocabulary;
use super::with_bytes;
use crate::c4;
use crate::document::Needs;
use crate::words::classes::{ALPHABETIC, Classes, PUNCTUATION, TERMINAL};
use crate::words::spacy_en::{Sentences, Sentencizer, SpacyEn, Token, UNTAGGED, Value};

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
    /// The words of the document by their numbers; how often each distinct one occurs, and its characters. Not all
    /// strings with a number are words.
    words: Vec<u32>,
    counts: Vec<u32>,
    chars: Vec<u64>,
    /// What each chunk is cut into, and where that of the next one begins.
    parts: Vec<Part>,
    begins: Vec<u32>,
    grams: Grams,
    joined: Joined,
    lines: Lines,
}

/// A part of a chunk: its bytes, its number, and what spaCy's rules know of it.
struct Part {
    len: u32,
    tag: u32,
    value: Value,
}

/// Takes the tokens of a text.
struct Taker<'v, 't> {
    bytes: &'t [u8],
    vocabulary: &'v mut Vocabulary,
    /// The numbers of words, where they are asked for.
    numbers: Option<&'v mut Vec<u32>>,
    joined: Option<&'v mut Joined>,
    sentencizer: Option<Sentencizer<'t>>,
    sentences: Option<&'v mut Sentences>,
    words: u64,
    /// Ends of sentences but the last one.
    ends: u64,
}

impl Taker<'_, '_> {
    /// Takes the next token, and the number that it was given.
    #[inline(always)]
    fn token(&mut self, token: Token, tag: u32) {
        if let Some(sentencizer) = &mut self.sentencizer
            && let Some(end) = sentencizer.token(token)
        {
            self.ends += 1;
            if let Some(sentences) = &mut self.sentences {
                sentences.add(end, token);
            }
        }
        if token.space {
            return;
        }
        self.words += 1;
        if let Some(numbers) = &mut self.numbers {
            let span = (token.start, token.end);
            numbers.push(if tag == UNTAGGED {
                self.vocabulary.insert(self.bytes, span, 0)
            } else {
                tag
            });
        }
        if let Some(joined) = &mut self.joined {
            joined.push(self.bytes, token.start, token.end);
        }
    }
}

impl Default for DatatroveView {
    fn default() -> Self {
        Self {
            facts: DatatroveFacts::default(),
            sentences: Sentences::default(),
            spacy: SpacyEn::new(),
            words: Vec::new(),
            counts: Vec::new(),
            chars: Vec::new(),
            parts: Vec::new(),
            begins: Vec::new(),
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
    pub(crate) fn look(&mut self, chunks: Chunks<'_>, needs: Needs, lines: &c4::Lines) {
        let text = chunks.text;
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
            self.look_at_words(chunks, needs);
        }
    }

    fn look_at_words(&mut self, chunks: Chunks<'_>, needs: Needs) {
        let Chunks {
            text,
            words,
            spans,
            vocabulary,
        } = chunks;
        let bytes = text.as_bytes();
        let duplicates = needs.any_datatrove_duplicates();
        let numbered = needs.contains(Needs::DATATROVE_VOCABULARY);
        self.words.clear();
        self.counts.clear();
        self.sentences.clear();
        self.parts.clear();
        self.begins.clear();
        self.begins.push(0);
        self.joined.clear(if duplicates { text.len() } else { 0 });
        let Self { spacy, parts, .. } = self;
        let mut taker = Taker {
            bytes,
            vocabulary,
            numbers: numbered.then_some(&mut self.words),
            joined: duplicates.then_some(&mut self.joined),
            sentencizer: (needs.c4_of_spacy() || needs.contains(Needs::DATATROVE_SENTENCES))
                .then(|| Sentencizer::new(text)),
            sentences: needs.c4_of_spacy().then_some(&mut self.sentences),
            words: 0,
            ends: 0,
        };
        // Where whitespace begins that is a token, if any is left before the next chunk.
        let mut space = 0;
        for (&chunk, &(start, end)) in words.iter().zip(spans) {
            let (index, start, end) = (chunk as usize, start as usize, end as usize);
            if space < start {
                spacy.finish(Some((space, start)), |token, tag| taker.token(token, tag));
            }
            space = end + usize::from(bytes.get(end) == Some(&b' '));
            let long = end - start > LONGEST_CHUNK;
            if index + 1 == self.begins.len() {
                if !long {
                    spacy.parts(bytes, (start, end), |from, to, value| {
                        let tag = match () {
                            () if !numbered => 0,
                            () if to - from == end - start => chunk,
                            () => taker.vocabulary.insert(bytes, (from, to), 0),
                        };
                        let len = (to - from) as u32;
                        parts.push(Part { len, tag, value });
                    });
                }
                self.begins.push(parts.len() as u32);
            }
            if long {
                spacy.run(bytes, (start, end), |token, tag| taker.token(token, tag));
                continue;
            }
            let own = self.begins[index] as usize..self.begins[index + 1] as usize;
            let mut at = start;
            for part in &parts[own] {
                let end = at + part.len as usize;
                spacy.put_together((at, end), part.value, part.tag, |token, tag| {
                    taker.token(token, tag);
                });
                at = end;
            }
        }
        let last = (space < bytes.len()).then_some((space, bytes.len()));
        spacy.finish(last, |token, tag| taker.token(token, tag));
        self.facts.words = taker.words;
        self.facts.sentences = taker.ends + u64::from(!text.is_empty());
        if numbered {
            vocabulary.count(&self.words, &mut self.counts);
            self.measure_words(vocabulary);
            let listed = STOP_WORDS.iter();
            let found = listed.filter(|word| self.has_word(vocabulary, word));
            self.facts.stop_words = found.count() as u64;
        }
        if needs.any_datatrove_top() {
            self.find_top(needs);
        }
        if duplicates {
            let wanted = |n| needs.contains(Needs::datatrove_duplicate_grams(n));
            self.facts.duplicate = self.joined.measure(wanted);
        }
    }

    /// What is known of words by what they are, once for each distinct one.
    fn measure_words(&mut self, vocabulary: &Vocabulary) {
        let classes = Classes::get();
        let facts = &mut self.facts;
        self.chars.clear();
        for (word, &count) in vocabulary.words().iter().zip(&self.counts) {
            let count = u64::from(count);
            if word.key.is_letters() {
                let chars = word.key.len() as u64;
                facts.alpha_words += count;
                facts.non_symbol_words += count;
                facts.non_symbol_chars += count * chars;
                self.chars.push(chars);
                continue;
            }
            if count == 0 {
                self.chars.push(0);
                continue;
            }
            let (mut chars, mut any, mut symbols_only) = (0, 0, true);
            with_bytes(vocabulary, word.key, |bytes| {
                let mut at = 0;
                while at < bytes.len() {
                    let (class, len) = classes.at(bytes, at);
                    any |= class;
                    symbols_only &= class & (PUNCTUATION | TERMINAL) != 0;
                    chars += 1;
                    at += len;
                }
            });
            facts.alpha_words += count * u64::from(any & ALPHABETIC != 0);
            if !symbols_only {
                facts.non_symbol_words += count;
                facts.non_symbol_chars += count * chars;
            }
            self.chars.push(chars);
        }
    }

    /// Whether a word occurs, by the vocabulary that words were numbered in.
    pub(crate) fn has_word(&self, vocabulary: &Vocabulary, word: &str) -> bool {
        let number = vocabulary.find(word.as_bytes());
        let count = number.and_then(|number| self.counts.get(number as usize));
        count.is_some_and(|&count| count > 0)
    }

    fn find_top(&mut self, needs: Needs) {
        let wanted = |n: usize| n <= 4 && needs.contains(Needs::datatrove_top_gram(n));
        let facts = GramFacts::of(
            &mut self.grams,
            &self.words,
            |word| self.counts[word as usize] > 1,
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
            + 4 * (self.words.capacity() + self.counts.capacity() + self.begins.capacity())
            + size_of::<Part>() * self.parts.capacity()
            + 8 * self.chars.capacity()
            + self.grams.memory()
            + self.joined.memory()
            + self.lines.memory()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
    use proptest::prop_oneof;
    use proptest::sample::select;

    use super::DatatroveView;
    use crate::c4;
    use crate::document::Needs;
    use crate::view::spaced::Spaced;
    use crate::view::with_bytes;
    use crate::words::spacy_en::SpacyEn;

    fn text() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            " ",
            "  ",
            "\n",
            " \u{a0}",
            "\u{85}",
            "\0",
            "\u{301}",
            " \u{200d}",
            "\n\u{ff9e}",
            " \u{ad}can",
            "the cat",
            "can",
            "not",
            "n't ",
            "I'm ",
            "Mr. Wu",
            "e.g. ",
            "8a.m.",
            "...",
            ". ",
            "? (",
            "\"!",
            "-",
            "/",
            "https://a.example/b?c=d ",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,yes",
            "12.5km",
            "’s ",
            ":) ",
            "é",
        ]);
        let piece = prop_oneof![12 => pieces.prop_map(String::from), 1 => any::<char>().prop_map(String::from)];
        proptest::collection::vec(piece, 0..50).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn chunks_that_come_again_have_the_same_tokens(text in text()) {
            let (mut spaced, mut view) = (Spaced::default(), DatatroveView::default());
            let needs = Needs::DATATROVE_VOCABULARY
                | Needs::DATATROVE_SENTENCES
                | Needs::C4_SENTENCES
                | Needs::CHUNKS;
            spaced.look(&text, needs, &c4::Lines::default());
            view.look(spaced.chunks(&text), needs, &c4::Lines::default());
            let known = spaced.vocabulary();
            let word = |&number: &u32| {
                let key = known.words()[number as usize].key;
                with_bytes(known, key, |word| String::from_utf8_lossy(word).into_owned())
            };
            let words: Vec<_> = view.words.iter().map(word).collect();
            let mut expected = Vec::new();
            SpacyEn::new().words(&text, |word| expected.push(word.to_string()));
            prop_assert_eq!(view.facts.words, expected.len() as u64);
            prop_assert_eq!(words, expected);
            let mut sentences = Vec::new();
            SpacyEn::new().sentences(&text, |sentence| sentences.push(sentence));
            prop_assert_eq!(view.facts.sentences, sentences.len() as u64);
            let ranges = view.sentences.ranges(text.len());
            prop_assert_eq!(ranges.map(|range| &text[range]).collect::<Vec<_>>(), sentences);
        }
    }
}
