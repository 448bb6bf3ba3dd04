//! One look at a document: what the signals read.

use std::collections::HashMap;
use std::ops::BitOr;

use crate::lists::{LanguageLists, Lists};
use crate::unicode::{TABLES, class};

/// The views of a document that a signal reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Needs(u32);

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

    const TOP: u32 = 16;
    const DUPLICATE: u32 = 19;

    /// [`Document::top_gram`] of `n` words, 2 to 4.
    pub const fn top_gram(n: usize) -> Self {
        assert!(n >= 2 && n <= 4, "2 to 4 words");
        Self(1 << (Self::TOP + n as u32 - 2) | Self::VOCABULARY.0)
    }

    /// [`Document::duplicate_chars`] of `n` words, 5 to 10.
    pub const fn duplicate_grams(n: usize) -> Self {
        assert!(n >= 5 && n <= 10, "5 to 10 words");
        Self(1 << (Self::DUPLICATE + n as u32 - 5) | Self::VOCABULARY.0)
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
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The text itself.
    pub text: &'a str,
    /// The language code that chooses the word lists.
    pub language: Option<&'a str>,
    /// The network location of the document's URL.
    pub domain: Option<&'a str>,
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
#[derive(Debug, Default)]
pub struct Analyzer {
    facts: Facts,
}

#[derive(Debug, Default)]
struct Facts {
    chars: u64,
    newlines: u64,
    braces: u64,
    symbols: u64,
    sentences: u64,
    raw_words: RawWords,
    stop_words: Option<u64>,
    lines: Vec<Line>,
    words: u64,
    word_chars: u64,
    word_counts: Vec<u32>,
    bad_words: Option<u64>,
    lorem_ipsum: u64,
    top_grams: [Option<TopGram>; 3],
    duplicate_chars: [u64; 6],
}

impl Analyzer {
    /// An analyzer that holds no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at a document as closely as `needs` says.
    pub fn analyze<'a>(&'a mut self, row: Row<'a>, needs: Needs, lists: &'a Lists) -> Document<'a> {
        let _ = needs;
        let language = row.language.and_then(|code| lists.language(code));
        self.facts = facts(row.text, language);
        Document {
            row,
            lists,
            facts: &self.facts,
        }
    }
}

/// What was seen of one document. Each accessor answers only when the [`Needs`] of that name were asked
/// for; otherwise it answers as for an empty text.
#[derive(Debug)]
pub struct Document<'a> {
    row: Row<'a>,
    lists: &'a Lists,
    facts: &'a Facts,
}

impl Document<'_> {
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
        self.facts.chars
    }

    /// Characters `\n`.
    pub fn newlines(&self) -> u64 {
        self.facts.newlines
    }

    /// Characters `{` and `}`.
    pub fn braces(&self) -> u64 {
        self.facts.braces
    }

    /// Occurrences of `#`, `...` and U+2026.
    pub fn symbols(&self) -> u64 {
        self.facts.symbols
    }

    /// Sentences, by the rule of the signal.
    pub fn sentences(&self) -> u64 {
        self.facts.sentences
    }

    /// Raw words.
    pub fn raw_words(&self) -> RawWords {
        self.facts.raw_words
    }

    /// Raw words that are stop words; `None` without a list for the language.
    pub fn stop_words(&self) -> Option<u64> {
        self.facts.stop_words
    }

    /// Raw lines, in order.
    pub fn lines(&self) -> &[Line] {
        &self.facts.lines
    }

    /// Normalised words.
    pub fn words(&self) -> u64 {
        self.facts.words
    }

    /// Characters of all normalised words.
    pub fn word_chars(&self) -> u64 {
        self.facts.word_chars
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
    pub fn word_counts(&self) -> &[u32] {
        &self.facts.word_counts
    }

    /// N-grams of words that are bad words; `None` without a list for the language.
    pub fn bad_words(&self) -> Option<u64> {
        self.facts.bad_words
    }

    /// Occurrences of "lorem ipsum" in the normalised text.
    pub fn lorem_ipsum(&self) -> u64 {
        self.facts.lorem_ipsum
    }

    /// The most frequent n-gram of 2 to 4 words; `None` when none occurs twice.
    pub fn top_gram(&self, n: usize) -> Option<TopGram> {
        self.facts.top_grams[n - 2]
    }

    /// Characters of the words in n-grams of 5 to 10 words that occur at least twice.
    pub fn duplicate_chars(&self, n: usize) -> u64 {
        self.facts.duplicate_chars[n - 5]
    }
}

fn facts(text: &str, language: Option<&LanguageLists>) -> Facts {
    let tables = &*TABLES;
    let is = |c: char, bits: u8| tables.class(c) & bits != 0;
    let normalise = |part: &str| -> Vec<Vec<char>> {
        let kept: Vec<char> = part.chars().filter(|c| !c.is_ascii_punctuation()).collect();
        kept.split(|&c| is(c, class::SPACE))
            .filter(|word| !word.is_empty())
            .map(|word| tables.normalise(word))
            .collect()
    };
    let mut facts = Facts {
        chars: text.chars().count() as u64,
        newlines: text.matches('\n').count() as u64,
        braces: text.matches(['{', '}']).count() as u64,
        symbols: (text.matches('#').count()
            + text.matches("...").count()
            + text.matches('\u{2026}').count()) as u64,
        ..Facts::default()
    };

    let chars: Vec<char> = text.chars().collect();
    let terminal = |c: char| matches!(c, '.' | '!' | '?');
    let mut i = 0;
    while i < chars.len() {
        let before = i > 0 && is(chars[i - 1], class::WORD);
        if terminal(chars[i]) || before == is(chars[i], class::WORD) {
            i += 1;
            continue;
        }
        facts.sentences += 1;
        while i < chars.len() && !terminal(chars[i]) {
            i += 1;
        }
        while i < chars.len() && terminal(chars[i]) {
            i += 1;
        }
    }

    let kind = |c: &char| is(*c, class::WORD);
    let mut stop_words = 0;
    for run in chars.split(|&c| is(c, class::SPACE)) {
        for word in run.chunk_by(|a, b| kind(a) == kind(b)) {
            facts.raw_words.count += 1;
            facts.raw_words.with_letter += u64::from(word.iter().any(char::is_ascii_alphabetic));
            facts.raw_words.all_caps += u64::from(
                word.iter().any(|&c| is(c, class::UPPER))
                    && !word.iter().any(|&c| is(c, class::LOWER)),
            );
            let word: String = word.iter().collect();
            stop_words += u64::from(language.is_some_and(|l| l.stop_words.contains(&*word)));
        }
    }
    facts.stop_words = language.map(|_| stop_words);

    let space = |c: char| is(c, class::SPACE);
    let mut end = 0;
    for raw in text.split_inclusive('\n') {
        let words = normalise(raw);
        let chars = raw.chars().count();
        end += chars;
        let right = raw.trim_end_matches(space);
        let left = raw.trim_start_matches(space);
        facts.lines.push(Line {
            end: end as u32,
            chars: chars as u32,
            upper: raw.chars().filter(|&c| is(c, class::UPPER)).count() as u32,
            words: words.len() as u32,
            word_chars: words.iter().map(Vec::len).sum::<usize>() as u32,
            numerals: words
                .iter()
                .flatten()
                .filter(|&&c| is(c, class::NUMERIC))
                .count() as u32,
            javascript: words
                .iter()
                .filter(|w| w.iter().copied().eq("javascript".chars()))
                .count() as u32,
            ellipsis: right.ends_with("...") || right.ends_with('\u{2026}'),
            terminal: right.ends_with(['.', '!', '?', '\u{201D}']),
            bullet: left.starts_with([
                '\u{2022}', '\u{2023}', '\u{25B6}', '\u{25C0}', '\u{25E6}', '\u{25A0}', '\u{25A1}',
                '\u{25AA}', '\u{25AB}', '\u{2013}',
            ]),
        });
    }

    let words = normalise(text);
    facts.words = words.len() as u64;
    facts.word_chars = words.iter().map(|w| w.len() as u64).sum();
    let mut ids: HashMap<&[char], usize> = HashMap::new();
    for word in &words {
        let id = *ids.entry(word).or_insert(facts.word_counts.len());
        if id == facts.word_counts.len() {
            facts.word_counts.push(0);
        }
        facts.word_counts[id] += 1;
    }
    let strings: Vec<String> = words.iter().map(|w| w.iter().collect()).collect();
    facts.bad_words = language.map(|l| {
        l.bad_sizes
            .iter()
            .flat_map(|&n| strings.windows(n))
            .filter(|gram| l.bad_words.contains(&*gram.join(" ")))
            .count() as u64
    });
    let content = strings.join(" ");
    if content.contains("lorem ipsum") {
        facts.lorem_ipsum = content
            .replace('\u{17F}', "s")
            .replace('\u{131}', "i")
            .matches("lorem ipsum")
            .count() as u64;
    }
    for n in 2..=10 {
        let mut counts: HashMap<&[Vec<char>], (u64, usize)> = HashMap::new();
        for (i, gram) in words.windows(n).enumerate() {
            counts.entry(gram).or_insert((0, i)).0 += 1;
        }
        if n <= 4 {
            facts.top_grams[n - 2] = counts
                .iter()
                .filter(|(_, (count, _))| *count > 1)
                .max_by_key(|(_, (count, at))| (*count, std::cmp::Reverse(*at)))
                .map(|(gram, &(count, _))| TopGram {
                    count,
                    chars: gram.iter().map(|w| w.len() as u64).sum(),
                });
        } else {
            let mut marked = vec![false; words.len()];
            for (i, gram) in words.windows(n).enumerate() {
                if counts[gram].0 > 1 {
                    marked[i..i + n].fill(true);
                }
            }
            facts.duplicate_chars[n - 5] = words
                .iter()
                .zip(&marked)
                .filter(|(_, marked)| **marked)
                .map(|(w, _)| w.len() as u64)
                .sum();
        }
    }
    facts
}
