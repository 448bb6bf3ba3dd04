//! One look at a document: what the signals read.

use std::ops::BitOr;

use crate::c4::{Cleaner, Lines, Page, Pages};
use crate::lists::Lists;
use crate::view::datatrove::DatatroveFacts;
use crate::view::spaced::Spaced;
use crate::view::uax29::Uax29;
use crate::view::{KEPT, View};

/// The views of a document that a signal reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Needs(u64);

impl Needs {
    /// Nothing but the row itself.
    pub const NONE: Self = Self(0);
    /// [`Document::chars`].
    pub const CHARS: Self = Self(1);
    /// [`Document::newlines`].
    pub const NEWLINES: Self = Self(1 << 1);
    /// [`Document::braces`].
    pub const BRACES: Self = Self(1 << 2);
    /// [`Document::symbols`].
    pub const SYMBOLS: Self = Self(1 << 3);
    /// [`Document::sentences`].
    pub const SENTENCES: Self = Self(1 << 4);
    /// [`Document::raw_words`].
    pub const RAW_WORDS: Self = Self(1 << 5);
    /// [`Document::stop_words`].
    pub const STOP_WORDS: Self = Self(1 << 6);
    /// [`Document::lines`]: where they end.
    pub const LINES: Self = Self(1 << 7);
    /// [`Document::lines`]: how they begin and end.
    pub const LINE_MARKS: Self = Self(1 << 8 | Self::LINES.0);
    /// [`Document::lines`]: characters in upper case.
    pub const LINE_UPPER: Self = Self(1 << 9 | Self::LINES.0);
    /// [`Document::lines`]: how many words they have.
    pub const LINE_WORDS: Self = Self(1 << 10 | Self::LINES.0);
    /// [`Document::words`].
    pub const WORDS: Self = Self(1 << 11);
    /// [`Document::word_counts`] and [`Document::word_chars`].
    pub const VOCABULARY: Self = Self(1 << 12 | Self::WORDS.0);
    /// [`Document::lines`]: characters, numerals and `javascript` among their words.
    pub const LINE_CONTENT: Self = Self(1 << 13 | Self::LINE_WORDS.0 | Self::VOCABULARY.0);
    /// [`Document::bad_words`].
    pub const BAD_WORDS: Self = Self(1 << 14 | Self::VOCABULARY.0);
    /// [`Document::lorem_ipsum`].
    pub const LOREM_IPSUM: Self = Self(1 << 15 | Self::VOCABULARY.0);

    /// [`Document::spaced`]: what is counted there.
    pub(crate) const SPACED: Self = Self(1 << 40);
    /// Where words between spaces are, and which.
    pub(crate) const CHUNKS: Self = Self(1 << 58 | Self::SPACED.0);
    /// [`Document::spaced`]: what single words are.
    pub(crate) const SPACED_DISTINCT: Self = Self(1 << 41 | Self::CHUNKS.0);
    /// [`Document::spaced`]: n-grams of 2 to 4 words.
    pub(crate) const SPACED_TOP_GRAMS: Self = Self(1 << 42 | Self::SPACED_DISTINCT.0);
    /// [`Document::spaced`]: n-grams of 5 to 10 words.
    pub(crate) const SPACED_REPEATED_GRAMS: Self = Self(1 << 43 | Self::SPACED_DISTINCT.0);
    /// [`Document::spaced`]: how lines begin and end.
    pub(crate) const SPACED_LINES: Self = Self(1 << 44 | Self::SPACED.0);
    /// [`Document::spaced`]: equal lines.
    pub(crate) const SPACED_REPEATED_LINES: Self = Self(1 << 45 | Self::SPACED_LINES.0);
    /// [`Document::spaced`]: paragraphs, equal ones, and equal lines with a word.
    pub(crate) const SPACED_PARAGRAPHS: Self = Self(1 << 46 | Self::SPACED_LINES.0);
    /// [`Document::spaced`]: what C4's rules look for among words.
    pub(crate) const SPACED_LISTED: Self = Self(1 << 47 | Self::SPACED_DISTINCT.0);
    /// [`Document::spaced`]: personal data.
    pub(crate) const PII: Self = Self(1 << 48 | Self::SPACED.0);
    /// [`Document::spaced`]: what RefinedWeb's rules leave.
    pub(crate) const REFINEDWEB: Self = Self(1 << 51 | Self::SPACED.0);

    /// [`Document::uax29`]: n-grams of 2 to 4 words.
    pub(crate) const UAX29_TOP_GRAMS: Self = Self(1 << 49 | Self::CHUNKS.0);
    /// [`Document::uax29`]: n-grams of 5 to 10 words too.
    pub(crate) const UAX29_DUPLICATE_GRAMS: Self = Self(1 << 50 | Self::UAX29_TOP_GRAMS.0);

    const TOP: u64 = 16;
    const DUPLICATE: u64 = 19;
    const AFTER_GRAMS: u64 = 25;
    const C4: u64 = 52;

    /// [`Document::top_gram`] of `n` words, 2 to 4.
    pub const fn top_gram(n: usize) -> Self {
        assert!(n >= 2 && n <= 4, "2 to 4 words");
        Self(1 << (Self::TOP + n as u64 - 2) | Self::VOCABULARY.0)
    }

    /// [`Document::duplicate_chars`] of `n` words, 5 to 10.
    pub const fn duplicate_grams(n: usize) -> Self {
        assert!(n >= 5 && n <= 10, "5 to 10 words");
        Self(1 << (Self::DUPLICATE + n as u64 - 5) | Self::VOCABULARY.0)
    }

    /// [`DatatroveFacts`]: `hashes` and `ellipses`.
    pub const DATATROVE_SYMBOLS: Self = Self(1 << 25);
    /// [`DatatroveFacts`]: `lines`.
    pub const DATATROVE_LINES: Self = Self(1 << 26);
    /// [`DatatroveFacts`]: `words`.
    pub const DATATROVE_WORDS: Self = Self(1 << 27 | Self::CHUNKS.0);
    /// [`DatatroveFacts`]: `sentences`.
    pub const DATATROVE_SENTENCES: Self = Self(1 << 28 | Self::CHUNKS.0);
    /// [`DatatroveFacts`]: what words consist of, and stop words.
    pub const DATATROVE_VOCABULARY: Self = Self(1 << 29 | Self::DATATROVE_WORDS.0);

    const DATATROVE_TOP: u64 = 30;
    const DATATROVE_DUPLICATE: u64 = 33;

    /// [`DatatroveFacts`]: `top` of `n` words, 2 to 4.
    pub const fn datatrove_top_gram(n: usize) -> Self {
        assert!(n >= 2 && n <= 4, "2 to 4 words");
        Self(1 << (Self::DATATROVE_TOP + n as u64 - 2) | Self::DATATROVE_VOCABULARY.0)
    }

    /// [`DatatroveFacts`]: `duplicate` of `n` words, 5 to 10.
    pub const fn datatrove_duplicate_grams(n: usize) -> Self {
        assert!(n >= 5 && n <= 10, "5 to 10 words");
        Self(1 << (Self::DATATROVE_DUPLICATE + n as u64 - 5) | Self::DATATROVE_WORDS.0)
    }

    /// Whether anything of [`DatatroveFacts`] is in this, or spaCy's sentences are needed.
    pub(crate) const fn any_datatrove(self) -> bool {
        self.0 >> 25 & ((1 << 14) - 1) != 0 || self.c4_of_spacy()
    }

    /// Whether C4's rules need spaCy's sentences.
    pub(crate) const fn c4_of_spacy(self) -> bool {
        self.contains(Self::C4_SENTENCES) || self.contains(Self::c4(Cleaner::Sentences))
    }

    /// Whether the lines of `splitlines` are needed, or what C4's rules look for.
    const fn split_lines(self) -> bool {
        self.0 >> Self::C4 & 0b1111 != 0
            || self.contains(Self::DATATROVE_LINES)
            || self.contains(Self::SPACED_LISTED)
    }

    /// Whether any of [`Needs::datatrove_top_gram`] is in this.
    pub(crate) const fn any_datatrove_top(self) -> bool {
        self.0 >> Self::DATATROVE_TOP & 0b111 != 0
    }

    /// Whether any of [`Needs::datatrove_duplicate_grams`] is in this.
    pub(crate) const fn any_datatrove_duplicates(self) -> bool {
        self.0 >> Self::DATATROVE_DUPLICATE & 0b11_1111 != 0
    }

    /// [`Document::c4_bad_words`].
    pub const C4_BAD_WORDS: Self = Self(1 << (Self::C4 + 4));

    /// The sentences in [`Document::c4`].
    pub(crate) const C4_SENTENCES: Self = Self(1 << (Self::C4 + 5) | Self::CHUNKS.0);

    /// [`Document::c4`] of a cleaner, but for the sentences.
    pub const fn c4(cleaner: Cleaner) -> Self {
        let own = 1 << (Self::C4 + cleaner as u64);
        match cleaner {
            // Its sentences are spaCy's.
            Cleaner::Sentences => Self(own | Self::CHUNKS.0),
            _ => Self(own),
        }
    }

    /// [`Document::c4`] of a cleaner.
    pub const fn c4_sentences(cleaner: Cleaner) -> Self {
        Self::c4(cleaner).union(Self::C4_SENTENCES)
    }

    /// Whether anything is in this that [`View`] answers.
    pub(crate) const fn of_view(self) -> bool {
        self.0 & ((1 << Self::AFTER_GRAMS) - 1) != 0
    }

    /// Whether any n-gram is in this.
    pub(crate) const fn any_grams(self) -> bool {
        self.0 >> Self::TOP & ((1 << (Self::AFTER_GRAMS - Self::TOP)) - 1) != 0
    }

    /// Whether n-grams of `n` words are.
    pub(crate) const fn grams(self, n: usize) -> bool {
        let bit = if n <= 4 {
            Self::TOP + n as u64 - 2
        } else {
            Self::DUPLICATE + n as u64 - 5
        };
        self.0 >> bit & 1 != 0
    }

    /// Both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in this.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Needs {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

/// What a document is measured from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row<'a> {
    /// The text itself.
    pub text: &'a str,
    /// The language code that chooses the word lists.
    pub language: Option<&'a str>,
    /// The network location of the document's URL.
    pub domain: Option<&'a str>,
    /// The URL itself.
    pub url: Option<&'a str>,
}

/// Raw words: the longest runs of word characters and of other characters that are no space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawWords {
    /// All of them.
    pub count: u64,
    /// Those with an ASCII letter.
    pub with_letter: u64,
    /// Those with capitals only: at least one, and no lowercase or titlecase letter.
    pub all_caps: u64,
}

/// The n-gram of words that occurs most often; the first of them in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopGram {
    /// How often it occurs, overlapping occurrences included; at least 2.
    pub count: u64,
    /// The characters of its words.
    pub chars: u64,
}

/// A raw line: it ends behind `\n` or at the end of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Characters of the text up to the end of this line, `\n` included.
    pub end: u32,
    /// Characters, `\n` included.
    pub chars: u32,
    /// Characters in upper case.
    pub upper: u32,
    /// Normalised words.
    pub words: u32,
    /// Characters of the normalised words.
    pub word_chars: u32,
    /// Numerals among them.
    pub numerals: u32,
    /// Words `javascript`.
    pub javascript: u32,
    /// Whether it ends with `...` or U+2026, spaces aside.
    pub ellipsis: bool,
    /// Whether it ends with `.`, `!`, `?` or U+201D, spaces aside.
    pub terminal: bool,
    /// Whether it starts with a bullet point, spaces aside.
    pub bullet: bool,
}

impl Line {
    /// Characters of the normalised line: its words, with a space between two.
    pub(crate) fn content_chars(&self) -> u64 {
        content_chars(self.word_chars.into(), self.words.into())
    }
}

fn content_chars(word_chars: u64, words: u64) -> u64 {
    word_chars + words.saturating_sub(1)
}

/// Measures documents one after the other; holds the memory that this takes. One for each thread.
///
/// Memory is used again from document to document. What a very long one took is given back with its
/// [`Document`]. Texts are expected to be shorter than 4 GiB: the numbers of a [`Line`] hold no more.
#[derive(Debug, Default)]
pub struct Analyzer {
    view: View,
    lines: Lines,
    c4: Pages,
    spaced: Spaced,
    uax29: Uax29,
}

impl Analyzer {
    /// An analyzer that holds no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at a document as closely as `needs` says.
    pub fn analyze<'a>(&'a mut self, row: Row<'a>, needs: Needs, lists: &'a Lists) -> Document<'a> {
        let language = row.language.and_then(|code| lists.language(code));
        self.lines.clear();
        if needs.split_lines() {
            self.lines.look(row.text);
        }
        self.view.look(row.text, needs, language);
        if needs.contains(Needs::SPACED) {
            self.spaced.look(row.text, needs, &self.lines);
        }
        if needs.any_datatrove() {
            let chunks = self.spaced.chunks(row.text);
            let symbols = self.view.found.counts.symbols;
            let symbols = needs.contains(Needs::SYMBOLS).then_some(symbols);
            self.view
                .datatrove
                .look(chunks, needs, &self.lines, symbols);
        }
        if needs.contains(Needs::UAX29_TOP_GRAMS) {
            self.uax29.look(self.spaced.chunks(row.text), needs);
        }
        self.c4
            .look(row, needs, &self.lines, &self.view.datatrove.sentences);
        Document {
            row,
            lists,
            view: &mut self.view,
            lines: &mut self.lines,
            c4: &mut self.c4,
            spaced: &mut self.spaced,
            uax29: &mut self.uax29,
        }
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.view.memory()
            + self.lines.memory()
            + self.c4.memory()
            + self.spaced.memory()
            + self.uax29.memory()
    }
}

/// What was seen of one document. Each accessor answers only when the [`Needs`] of that name were asked
/// for.
#[derive(Debug)]
pub struct Document<'a> {
    row: Row<'a>,
    lists: &'a Lists,
    view: &'a mut View,
    lines: &'a mut Lines,
    c4: &'a mut Pages,
    spaced: &'a mut Spaced,
    uax29: &'a mut Uax29,
}

impl Drop for Document<'_> {
    fn drop(&mut self) {
        self.view.give_back();
        if self.lines.memory() > KEPT {
            *self.lines = Lines::default();
        }
        self.c4.give_back();
        self.spaced.give_back();
        self.uax29.give_back();
    }
}

impl Document<'_> {
    /// Bytes of memory that this document took in the analyzer.
    pub fn memory(&self) -> usize {
        self.view.memory()
            + self.lines.memory()
            + self.c4.memory()
            + self.spaced.memory()
            + self.uax29.memory()
    }

    /// The row that was measured.
    pub fn row(&self) -> Row<'_> {
        self.row
    }

    /// The lists that were used.
    pub fn lists(&self) -> &Lists {
        self.lists
    }

    /// Code points of the text.
    pub fn chars(&self) -> u64 {
        self.view.found.counts.chars
    }

    /// Characters `\n`.
    pub fn newlines(&self) -> u64 {
        self.view.found.counts.newlines
    }

    /// Characters `{` and `}`.
    pub fn braces(&self) -> u64 {
        self.view.found.counts.braces
    }

    /// Occurrences of `#`, `...` and U+2026.
    pub fn symbols(&self) -> u64 {
        self.view.found.counts.symbols
    }

    /// Sentences, by the rule of the signal.
    pub fn sentences(&self) -> u64 {
        self.view.found.counts.sentences
    }

    /// Raw words.
    pub fn raw_words(&self) -> RawWords {
        self.view.found.counts.raw_words
    }

    /// Words between spaces and lines, as they stand.
    pub(crate) fn spaced(&self) -> &Spaced {
        self.spaced
    }

    /// Words by Unicode's rules that begin with a letter or numeral.
    pub(crate) fn uax29(&self) -> &Uax29 {
        self.uax29
    }

    /// Raw words that are stop words; `None` without a list for the language.
    pub fn stop_words(&self) -> Option<u64> {
        self.view.stop_words
    }

    /// Raw lines, in order.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = Line> {
        self.view.found.lines.iter()
    }

    /// Normalised words.
    pub fn words(&self) -> u64 {
        self.view.found.counts.words
    }

    /// Characters of all normalised words.
    pub fn word_chars(&self) -> u64 {
        self.view.word_chars
    }

    /// Characters of the normalised text: its words, with a space between two.
    pub(crate) fn content_chars(&self) -> u64 {
        content_chars(self.word_chars(), self.words())
    }

    /// How many raw lines there are.
    pub(crate) fn line_count(&self) -> u64 {
        let open = !self.row.text.is_empty() && !self.row.text.ends_with('\n');
        self.newlines() + u64::from(open)
    }

    /// How often each distinct word occurs, in the order of first appearance.
    pub fn word_counts(&self) -> impl ExactSizeIterator<Item = u32> {
        self.view.word_counts()
    }

    /// Calls `f` with the bytes of each normalised word, in order, and how many of them are the word's: a short word has
    /// zeros behind it. Needs [`Needs::VOCABULARY`].
    #[inline(always)]
    pub(crate) fn each_word(&self, f: impl FnMut(&[u8], usize)) {
        self.view.each_word(f);
    }

    /// N-grams of words that are bad words; `None` without a list for the language.
    pub fn bad_words(&self) -> Option<u64> {
        self.view.bad_words
    }

    /// Occurrences of "lorem ipsum" in the normalised text.
    pub fn lorem_ipsum(&self) -> u64 {
        self.view.lorem_ipsum
    }

    /// What datatrove's filters count.
    pub fn datatrove(&self) -> &DatatroveFacts {
        &self.view.datatrove.facts
    }

    /// Whether a word is among those of datatrove. Needs [`Needs::DATATROVE_VOCABULARY`].
    pub(crate) fn has_datatrove_word(&self, word: &str) -> bool {
        let vocabulary = self.spaced.vocabulary();
        self.view.datatrove.has_word(vocabulary, word)
    }

    /// The page under C4's rules.
    pub fn c4(&self, cleaner: Cleaner) -> &Page {
        self.c4.page(cleaner)
    }

    /// Bad words as C4 finds them; `None` without a list for the language.
    pub fn c4_bad_words(&self) -> Option<u64> {
        self.c4.bad_words
    }

    /// The most frequent n-gram of 2 to 4 words; `None` when none occurs twice.
    pub fn top_gram(&self, n: usize) -> Option<TopGram> {
        self.view.grams.top[n - 2]
    }

    /// Characters of the words in n-grams of 5 to 10 words that occur at least twice.
    pub fn duplicate_chars(&self, n: usize) -> u64 {
        self.view.grams.duplicate_chars[n - 5]
    }
}
