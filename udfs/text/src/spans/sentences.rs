//! datatrove's windows of sentences or lines.

use std::ops::Range;

use xxhash_rust::xxh64::xxh64;

use super::Cut;
use super::pieces::Gone;
use crate::unicode::split_lines;
use crate::words::is_space;
use crate::words::simplify::simplify;
use crate::words::spacy_en::{Sentencizer, SpacyEn};

/// What a window has several of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// spaCy's English sentences.
    Sentences,
    /// The lines of Python's `splitlines`.
    Lines,
}

/// The published choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Windows {
    /// What a window has several of.
    pub unit: Unit,
    /// How many of them.
    pub size: usize,
    /// A document that was cut is dropped when it has fewer words left.
    pub min_words: u64,
    /// A document that was cut is dropped when it has fewer sentences left.
    pub min_sentences: u64,
}

/// Memory for sentences and words.
#[derive(Debug, Default)]
pub(super) struct Sentences {
    spacy: SpacyEn,
    /// Where sentences or lines stand.
    units: Vec<Range<usize>>,
    joined: String,
    starts: Vec<usize>,
    gone: Gone,
    rest: String,
}

impl Sentences {
    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.spacy.memory()
            + self.joined.capacity()
            + self.rest.capacity()
            + (self.units.capacity() + self.starts.capacity()) * size_of::<Range<usize>>()
    }

    /// Finds the sentences or lines. A sentence begins where the one before ended and ends with its last token.
    fn split(&mut self, unit: Unit, text: &str) {
        self.units.clear();
        match unit {
            Unit::Lines => self.units.extend(split_lines(text)),
            Unit::Sentences => {
                let units = &mut self.units;
                let mut sentencizer = Sentencizer::new(text);
                let (mut start, mut last) = (0, 0);
                self.spacy.tokens(text, |token| {
                    if let Some(end) = sentencizer.token(token) {
                        units.push(start..end);
                        start = end;
                    }
                    last = token.end;
                });
                if last > start {
                    units.push(start..last);
                }
            }
        }
    }

    /// Appends the key of the window that begins with each sentence or line. A blank window has none.
    pub(super) fn keys(&mut self, windows: Windows, text: &str, keys: &mut Vec<Option<u64>>) {
        self.split(windows.unit, text);
        self.joined.clear();
        self.starts.clear();
        self.starts.push(0);
        for unit in &self.units {
            let sentence = &text[unit.clone()];
            // A sentence of nothing but whitespace can only be the last.
            if windows.unit == Unit::Sentences && sentence.chars().all(is_space) {
                break;
            }
            simplify(sentence, &mut self.joined);
            self.joined.push(' ');
            self.starts.push(self.joined.len());
        }
        let size = windows.size.max(1);
        keys.extend(self.starts.windows(size + 1).map(|starts| {
            let window = &self.joined[starts[0]..starts[size] - 1];
            (!window.chars().all(is_space)).then(|| xxh64(window.as_bytes(), 0))
        }));
    }

    /// Cuts out the windows that begin with sentences or lines of these numbers, in order.
    pub(super) fn cut(&mut self, windows: Windows, text: &str, removed: &[u32], cut: &mut Cut) {
        if removed.is_empty() {
            cut.dropped = text.is_empty();
            return;
        }
        self.split(windows.unit, text);
        self.find(windows, text, removed);
        self.gone.write(text, cut);
        self.rest.clear();
        match windows.unit {
            Unit::Sentences => self.gone.rest(text, &mut self.rest),
            Unit::Lines => super::without_spans(
                text,
                cut.spans.iter().copied(),
                windows.between(),
                &mut self.rest,
            ),
        }
        cut.dropped = self.rest.is_empty()
            || self.rest != text
                && (self.words() < windows.min_words
                    || windows.min_sentences > 0
                        && self.spacy.count_sentences(&self.rest) < windows.min_sentences);
    }

    fn words(&mut self) -> u64 {
        let mut words = 0;
        self.spacy.words(&self.rest, |_| words += 1);
        words
    }

    /// What goes: the windows, whitespace at the start of what is left, and what lies behind the last token or line.
    fn find(&mut self, windows: Windows, text: &str, removed: &[u32]) {
        let gone = &mut self.gone;
        gone.clear();
        let mut removed = removed.iter().map(|&number| number as usize).peekable();
        let mut drop_until = 0;
        // Where the last sentence or line that stays ends; none before anything but whitespace has stayed.
        let mut kept: Option<usize> = None;
        for (number, unit) in self.units.iter().enumerate() {
            if removed.next_if_eq(&number).is_some() {
                drop_until = number + windows.size;
            }
            if number < drop_until {
                continue;
            }
            let Some(before) = kept else {
                // The result begins with its first character that is no whitespace.
                let sentence = &text[unit.clone()];
                let trimmed = sentence.trim_start_matches(is_space);
                if !trimmed.is_empty() {
                    gone.push(0..unit.end - trimmed.len());
                    kept = Some(unit.end);
                }
                continue;
            };
            match windows.unit {
                Unit::Sentences => gone.push(before..unit.start),
                // Lines are joined by line feeds, whatever stood between them.
                Unit::Lines if &text[before..unit.start] == "\n" => {}
                Unit::Lines => gone.push_apart(before..unit.start),
            }
            kept = Some(unit.end);
        }
        let end = kept.unwrap_or(0);
        gone.push_apart(end..text.len());
    }
}

impl Windows {
    /// datatrove's defaults.
    pub const DEFAULT: Self = Self {
        unit: Unit::Sentences,
        size: 3,
        min_words: 50,
        min_sentences: 3,
    };

    /// The same, and no document is dropped as long as anything is left of it.
    pub const NO_MINIMA: Self = Self {
        min_words: 0,
        min_sentences: 0,
        ..Self::DEFAULT
    };

    /// What is put in place of a span inside a text.
    pub(super) fn between(self) -> &'static str {
        match self.unit {
            Unit::Sentences => "",
            Unit::Lines => "\n",
        }
    }
}
