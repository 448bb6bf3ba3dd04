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
use self::rules::Value;
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
    pub(crate) fn word(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            space: false,
        }
    }

    /// Whitespace.
    pub(crate) fn space(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            space: true,
        }
    }
}

/// Where exceptions may go beyond a run without whitespace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    /// In front: it begins with what can stand in an exception behind something else.
    pub(crate) front: bool,
    /// Behind: it ends with what can begin an exception.
    pub(crate) behind: bool,
    /// Whether an exception is inside of it that is put together from tokens.
    pub(crate) inside: bool,
}

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
                        emit(Token::space(start, end));
                    }
                    start = end;
                } else {
                    // A run that began in an earlier window is not looked at there.
                    let plain = |from: usize, to: usize| {
                        from >= base && borders.plain(from - base, to - base)
                    };
                    let mut part = |start, end, value| {
                        merge.token(rules, (start, end), value, &mut emit);
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
                emit(Token::space(start, end));
            }
        } else {
            let mut part = |start, end, value| {
                merge.token(rules, (start, end), value, &mut emit);
            };
            run(rules, buffers, bytes, (start, end), |_, _| false, &mut part);
            merge.finish(rules, &mut emit);
        }
    }

    /// What is known of a run of ASCII letters by its key, if it is one token where no exception goes beyond it.
    #[inline(always)]
    pub(crate) fn cut_letters(&self, key: Key) -> Option<Open> {
        let value = Rules::get().short(key);
        (value.exception() == 0).then(|| Open {
            front: value.continues(),
            behind: value.begins(),
            inside: false,
        })
    }

    /// The same of a run of ASCII letters and another byte at some place, if it is two tokens then: the letters and a
    /// mark.
    #[inline(always)]
    pub(crate) fn cut_mark(&self, text: &[u8], mark: usize, key: Key) -> Option<Open> {
        let rules = Rules::get();
        if !rules.is_suffix_of_letters(text, mark) {
            return None;
        }
        let value = rules.short(key.up_to(key.len() - 1));
        let mark = rules.ascii(text[mark]);
        let apart = !(value.begins() && mark.continues());
        (apart && value.exception() == 0 && rules.short(key).exception() == 0).then(|| Open {
            front: value.continues(),
            behind: mark.begins(),
            inside: false,
        })
    }

    /// Hands out the tokens of a run without whitespace where no exception goes beyond it, wherever the run stands.
    /// Where it is known that no ASCII `digits` are in it, none are looked for.
    #[inline(never)]
    pub(crate) fn cut(
        &mut self,
        text: &[u8],
        span: (usize, usize),
        digits: bool,
        mut emit: impl FnMut(Token),
    ) -> Open {
        let (rules, merge) = (Rules::get(), &mut self.merge);
        let mut front = None;
        merge.watch();
        split_run(
            rules,
            &mut self.buffers,
            text,
            span,
            digits,
            &mut |start, end, value| {
                front.get_or_insert(value.continues());
                merge.token(rules, (start, end), value, &mut emit);
            },
        );
        let behind = merge.holds();
        merge.finish(rules, &mut emit);
        Open {
            front: front == Some(true),
            behind,
            inside: merge.has_found(),
        }
    }

    /// Hands out what tokens can be told of the next run of a text.
    pub(crate) fn run(&mut self, text: &[u8], span: (usize, usize), mut emit: impl FnMut(Token)) {
        let (rules, merge) = (Rules::get(), &mut self.merge);
        split_run(
            rules,
            &mut self.buffers,
            text,
            span,
            true,
            &mut |start, end, value| merge.token(rules, (start, end), value, &mut emit),
        );
    }

    /// Takes in that nothing follows with which an exception goes on.
    pub(crate) fn finish(&mut self, mut emit: impl FnMut(Token)) {
        self.merge.finish(Rules::get(), &mut emit);
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
    split_run(rules, buffers, text, (start, end), true, emit);
}

#[inline(never)]
fn split_run(
    rules: &Rules,
    buffers: &mut Buffers,
    text: &[u8],
    span: (usize, usize),
    digits: bool,
    emit: &mut impl FnMut(usize, usize, Value),
) {
    split(rules, buffers, text, span, digits, emit);
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

    /// Adds the end of a sentence, and where the token begins that begins the next one.
    #[inline(always)]
    pub(crate) fn add(&mut self, end: usize, next: usize) {
        self.borders.push((end as u32, next as u32));
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

/// What a token is to the sentencizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Begins a sentence behind a mark.
    Word,
    /// Punctuation that ends no sentence.
    Punctuation,
    /// Ends a sentence.
    Mark,
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
        Self::of(text.as_bytes())
    }

    /// The same, of the bytes of a text.
    pub(crate) fn of(text: &'t [u8]) -> Self {
        Self {
            text,
            classes: Classes::get(),
            ended: false,
            last: 0,
        }
    }

    /// Takes the next token; the end of the sentence before it when it begins another.
    #[inline(always)]
    pub(crate) fn token(&mut self, token: Token) -> Option<usize> {
        // What a token is seldom matters inside of a sentence.
        let (class, len) = self.classes.at(self.text, token.start);
        let role = if class & SENTENCE != 0 && len == token.end - token.start {
            Role::Mark
        } else if self.ended && class & PUNCT != 0 && self.is_punctuation(token) {
            Role::Punctuation
        } else {
            Role::Word
        };
        self.step(role, token.end)
    }

    /// Takes the next token by what it is and where it ends.
    #[inline(always)]
    pub(crate) fn step(&mut self, role: Role, end: usize) -> Option<usize> {
        let last = std::mem::replace(&mut self.last, end);
        match role {
            Role::Mark => {
                self.ended = true;
                None
            }
            Role::Word if self.ended => {
                self.ended = false;
                Some(last)
            }
            Role::Word | Role::Punctuation => None,
        }
    }

    /// Whether a token that ends sentences was seen in this one.
    #[inline(always)]
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes tokens up to a place in a sentence that has not ended: they end none.
    #[inline(always)]
    pub(crate) fn pass(&mut self, end: usize) {
        self.last = end;
    }

    /// What a token is.
    pub(crate) fn role(&self, token: Token) -> Role {
        let (class, len) = self.classes.at(self.text, token.start);
        if class & (SENTENCE | PUNCT) == 0 {
            Role::Word
        } else if class & SENTENCE != 0 && len == token.end - token.start {
            Role::Mark
        } else if class & PUNCT != 0 && self.is_punctuation(token) {
            Role::Punctuation
        } else {
            Role::Word
        }
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
