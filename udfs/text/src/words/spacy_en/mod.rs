//! The rule-based English tokeniser of spaCy's blank pipeline (`spacy.blank("en")`, 3.8), token for token, and its
//! sentencizer.
//!
//! ```text
//! text ─▶ runs without whitespace ─▶ prefixes, suffixes ─▶ exception, URL or infixes ─▶ exceptions put together
//!         chunks.rs                  affixes.rs            url.rs                       merge.rs
//! ```
//!
//! Nothing here is a regular expression. Most runs are ASCII letters only: one look into a table of exceptions, and
//! the run is a token. Time goes like the length of the text, whatever it says. Classes of characters, units and
//! exceptions are data (`data/spacy_en.txt`).

mod affixes;
mod chunks;
mod merge;
mod rules;
mod url;

use std::fmt;
use std::ops::Range;

use self::affixes::{Buffers, split};
use self::chunks::{Borders, Scan, WINDOW};
use self::merge::Merge;
use self::rules::Rules;
pub(crate) use self::rules::Value;
use super::classes::{Classes, PUNCT, SENTENCE};
use crate::view::word::Key;

/// A token of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Whether it is whitespace: more than the one space between two words. Such a token is no word.
    pub space: bool,
}

impl Token {
    #[inline(always)]
    fn word(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            space: false,
        }
    }

    fn space(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            space: true,
        }
    }
}

/// The tag of a token that was not handed in with one: a part of an exception.
pub(crate) const UNTAGGED: u32 = u32::MAX;

/// The tokeniser, and the memory that it uses again. Texts are expected to be shorter than 4 GiB.
#[derive(Default)]
pub struct SpacyEn {
    borders: Option<Box<Borders>>,
    buffers: Buffers,
    merge: Merge,
}

impl fmt::Debug for SpacyEn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpacyEn")
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

impl SpacyEn {
    /// A tokeniser that holds no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.borders.as_ref().map_or(0, |_| size_of::<Borders>())
            + 4 * self.buffers.suffixes.capacity()
            + self.merge.memory()
    }

    /// Hands out the tokens of a text in order, whitespace tokens included.
    pub fn tokens(&mut self, text: &str, mut emit: impl FnMut(Token)) {
        let mut emit = |token, _tag| emit(token);
        let Some(first) = text.chars().next() else {
            return;
        };
        let rules = Rules::get();
        let bytes = text.as_bytes();
        let Self {
            borders,
            buffers,
            merge,
        } = self;
        let borders = borders.get_or_insert_with(|| Box::new(Borders::new()));
        let mut space = super::is_space(first);
        let mut scan = Scan::new(space);
        // The start of the run that is open. One space before a word belongs to no token.
        let mut start = 0;
        for base in (0..bytes.len()).step_by(WINDOW) {
            scan.window(bytes, base, borders);
            for &at in &borders.at[..borders.len] {
                let end = base + usize::from(at);
                if space {
                    if start < end {
                        merge.finish(rules, &mut emit);
                        emit(Token::space(start, end), UNTAGGED);
                    }
                    start = end;
                } else {
                    // A run that began in an earlier window is not looked at there.
                    let plain = |from: usize, to: usize| {
                        from >= base && borders.plain(from - base, to - base)
                    };
                    let mut part = |start, end, value| {
                        merge.token(rules, (start, end), value, UNTAGGED, &mut emit);
                    };
                    run(rules, buffers, bytes, (start, end), plain, &mut part);
                    start = end + usize::from(bytes[end] == b' ');
                }
                space = !space;
            }
        }
        let end = bytes.len();
        if space {
            merge.finish(rules, &mut emit);
            if start < end {
                emit(Token::space(start, end), UNTAGGED);
            }
        } else {
            let mut part = |start, end, value| {
                merge.token(rules, (start, end), value, UNTAGGED, &mut emit);
            };
            run(rules, buffers, bytes, (start, end), |_, _| false, &mut part);
            merge.finish(rules, &mut emit);
        }
    }

    /// Hands out what a run without whitespace is cut into: the parts of which [`SpacyEn::put_together`] makes tokens.
    /// It is the same wherever the run stands.
    #[inline(always)]
    pub(crate) fn parts(
        &mut self,
        text: &[u8],
        (start, end): (usize, usize),
        mut emit: impl FnMut(usize, usize, Value),
    ) {
        let plain = |from: usize, to: usize| Key::reads_letters(text, from, to);
        run(
            Rules::get(),
            &mut self.buffers,
            text,
            (start, end),
            plain,
            &mut emit,
        );
    }

    /// Hands out what tokens can be told of the next run of a text.
    pub(crate) fn run(
        &mut self,
        text: &[u8],
        span: (usize, usize),
        mut emit: impl FnMut(Token, u32),
    ) {
        let (rules, merge) = (Rules::get(), &mut self.merge);
        split_run(
            rules,
            &mut self.buffers,
            text,
            span,
            &mut |start, end, value| {
                merge.token(rules, (start, end), value, UNTAGGED, &mut emit);
            },
        );
    }

    /// Takes the next part of a text, and hands out what tokens can be told, each with the tag of its part.
    #[inline(always)]
    pub(crate) fn put_together(
        &mut self,
        span: (usize, usize),
        value: Value,
        tag: u32,
        mut emit: impl FnMut(Token, u32),
    ) {
        self.merge.token(Rules::get(), span, value, tag, &mut emit);
    }

    /// Takes in that whitespace follows that is a token, or that the text ends.
    #[inline(always)]
    pub(crate) fn finish(
        &mut self,
        space: Option<(usize, usize)>,
        mut emit: impl FnMut(Token, u32),
    ) {
        self.merge.finish(Rules::get(), &mut emit);
        if let Some((start, end)) = space {
            emit(Token::space(start, end), UNTAGGED);
        }
    }

    /// Hands out the words of a text in order: its tokens without whitespace.
    pub fn words<'t>(&mut self, text: &'t str, mut emit: impl FnMut(&'t str)) {
        self.tokens(text, |token| {
            if !token.space {
                emit(&text[token.start..token.end]);
            }
        });
    }

    /// Hands out the sentences of a text in order, by the sentencizer's rule and as datatrove cuts them: a
    /// sentence goes from the end of the one before to the end of its last token, the last one to the end of the
    /// text. Together they are the text; an empty one has none.
    pub fn sentences<'t>(&mut self, text: &'t str, mut emit: impl FnMut(&'t str)) {
        let mut start = 0;
        let mut sentencizer = Sentencizer::new(text);
        self.tokens(text, |token| {
            if let Some(end) = sentencizer.token(token) {
                emit(&text[start..end]);
                start = end;
            }
        });
        if !text.is_empty() {
            emit(&text[start..]);
        }
    }

    /// How many sentences a text has.
    pub fn count_sentences(&mut self, text: &str) -> u64 {
        let mut count = 0;
        self.sentences(text, |_| count += 1);
        count
    }
}

/// Hands out the tokens of a run without whitespace, before those that make up an exception are put together. `plain`
/// tells of a part of it whether it is ASCII letters only.
#[inline(always)]
fn run(
    rules: &Rules,
    buffers: &mut Buffers,
    text: &[u8],
    (start, end): (usize, usize),
    plain: impl Fn(usize, usize) -> bool,
    emit: &mut impl FnMut(usize, usize, Value),
) {
    let stem = end - 1;
    if plain(start, end) {
        let value = rules.value(text, start, end);
        if value.exception() == 0 {
            emit(start, end, value);
            return;
        }
    } else if start < stem && plain(start, stem) && rules.is_suffix_of_letters(text, stem) {
        // A word and a mark, the other shape that is common.
        let value = rules.value(text, start, stem);
        if value.exception() == 0 && rules.value(text, start, end).exception() == 0 {
            emit(start, stem, value);
            emit(stem, end, rules.ascii(text[stem]));
            return;
        }
    }
    split_run(rules, buffers, text, (start, end), emit);
}

#[inline(never)]
fn split_run(
    rules: &Rules,
    buffers: &mut Buffers,
    text: &[u8],
    (start, end): (usize, usize),
    emit: &mut impl FnMut(usize, usize, Value),
) {
    split(rules, buffers, text, start, end, emit);
}

/// The sentences of a text: where they end, and where they begin. Whitespace is between the end of one and the
/// token that the next one begins with, if it belongs to no token.
#[derive(Debug, Default)]
pub(crate) struct Sentences {
    /// Of all but the last one where it ends, and of all but the first one where its first token begins.
    borders: Vec<(u32, u32)>,
}

impl Sentences {
    /// Forgets all sentences.
    pub(crate) fn clear(&mut self) {
        self.borders.clear();
    }

    /// Adds the end of a sentence, and the token that begins the next one.
    #[inline(always)]
    pub(crate) fn add(&mut self, end: usize, next: Token) {
        self.borders.push((end as u32, next.start as u32));
    }

    /// The sentences of a text of so many bytes, as [`SpacyEn::sentences`] hands them out.
    pub(crate) fn ranges(&self, len: usize) -> impl Iterator<Item = Range<usize>> {
        let ends = self.borders.iter().map(|&(end, _)| end as usize);
        let mut start = 0;
        ends.chain((len > 0).then_some(len)).map(move |end| {
            let sentence = start..end;
            start = end;
            sentence
        })
    }

    /// Where sentences begin.
    pub(crate) fn begins(&self) -> Begins<'_> {
        Begins {
            left: &self.borders,
        }
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        8 * self.borders.capacity()
    }
}

/// Counts the sentences that begin in one piece of a text after the other.
pub(crate) struct Begins<'s> {
    left: &'s [(u32, u32)],
}

impl Begins<'_> {
    /// How many begin in a piece. Pieces come in order.
    #[inline(always)]
    pub(crate) fn within(&mut self, piece: Range<usize>) -> u64 {
        let mut count = 0;
        while let [(_, begin), rest @ ..] = self.left
            && (*begin as usize) < piece.end
        {
            self.left = rest;
            count += u64::from(*begin as usize >= piece.start);
        }
        count
    }
}

/// Finds the ends of sentences: a sentence begins with a token that is no punctuation and follows, perhaps behind
/// punctuation, a token that ends sentences.
pub(crate) struct Sentencizer<'t> {
    text: &'t [u8],
    classes: &'static Classes,
    /// Whether a token that ends sentences was seen in this one.
    ended: bool,
    /// Where the last token ended.
    last: usize,
}

impl<'t> Sentencizer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            classes: Classes::get(),
            ended: false,
            last: 0,
        }
    }

    /// Takes the next token; the end of the sentence before it when it begins another.
    #[inline(always)]
    pub(crate) fn token(&mut self, token: Token) -> Option<usize> {
        let last = std::mem::replace(&mut self.last, token.end);
        let (class, len) = self.classes.at(self.text, token.start);
        if class & SENTENCE != 0 && len == token.end - token.start {
            self.ended = true;
            return None;
        }
        if !self.ended || class & PUNCT != 0 && self.is_punctuation(token) {
            return None;
        }
        self.ended = false;
        Some(last)
    }

    fn is_punctuation(&self, token: Token) -> bool {
        let mut at = token.start;
        while at < token.end {
            let (class, len) = self.classes.at(self.text, at);
            if class & PUNCT == 0 {
                return false;
            }
            at += len;
        }
        true
    }
}
