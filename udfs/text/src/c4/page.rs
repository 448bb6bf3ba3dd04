//! What the rules leave of a page.

use super::bad_word_lists::{BadWords, lowercase};
use super::lines::{Has, RawLine, each_line};
use super::rules::{Line, Rules, Verdict};
use crate::document::{Needs, Row};
use crate::unicode::strip;
use crate::view::KEPT;
use crate::words::punkt_like;
use crate::words::spacy_en::SpacyEn;

/// An implementation of C4's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleaner {
    /// datatrove's, as it is by default.
    Datatrove,
    /// datatrove's without the rule on end marks, as FineWeb uses it.
    NoTerminal,
    /// datatrove's, on spaCy's sentences instead of lines.
    Sentences,
    /// That of TensorFlow Datasets, which made C4.
    Tfds,
}

impl Cleaner {
    const COUNT: usize = 4;
    /// Those that see lines.
    const OF_LINES: [Self; 3] = [Self::Datatrove, Self::NoTerminal, Self::Tfds];

    fn rules(self) -> &'static Rules {
        match self {
            Self::Datatrove | Self::Sentences => &Rules {
                end_marks: b".?!\"'",
                min_words: 3,
                words_after_citations: false,
            },
            Self::NoTerminal => &Rules {
                end_marks: b"",
                min_words: 3,
                words_after_citations: false,
            },
            Self::Tfds => &Rules {
                end_marks: b".?!\"",
                min_words: 5,
                words_after_citations: true,
            },
        }
    }

    /// What is between two lines that stay.
    fn separator(self) -> char {
        match self {
            Self::Sentences => ' ',
            _ => '\n',
        }
    }

    /// Appends what it leaves of a page: the lines that stay, with a separator between them, without spaces around
    /// the whole.
    pub(crate) fn clean(self, text: &str, out: &mut String) {
        let rules = self.rules();
        let start = out.len();
        let mut edited = String::new();
        let mut first = true;
        let mut add = |raw: RawLine<'_>| {
            let line = Line::new(raw, &mut edited);
            if line.judge(rules).kept {
                if !first {
                    out.push(self.separator());
                }
                first = false;
                out.push_str(line.text);
            }
        };
        match self {
            Self::Sentences => each_sentence(&mut SpacyEn::new(), text, &mut add),
            _ => each_line(text, &mut add),
        }
        strip_from(start, out);
    }
}

/// Hands out the sentences of a text that are not blank.
fn each_sentence(spacy: &mut SpacyEn, text: &str, line: &mut dyn FnMut(RawLine<'_>)) {
    spacy.sentences(text, |sentence| {
        let sentence = strip(sentence);
        if !sentence.is_empty() {
            let has = Has {
                bracket: sentence.contains('['),
                brace: sentence.contains('{'),
                phrase: true,
            };
            line(RawLine {
                text: sentence,
                has,
            });
        }
    });
}

fn count_by_punkt(line: &str) -> u64 {
    let mut sentences = 0;
    punkt_like::sentences(line, |_| sentences += 1);
    sentences
}

/// Takes the spaces around what begins at a position.
fn strip_from(start: usize, out: &mut String) {
    let whole = &out[start..];
    let stripped = strip(whole);
    let before = stripped.as_ptr() as usize - whole.as_ptr() as usize;
    let len = stripped.len();
    out.truncate(start + before + len);
    out.drain(start..start + before);
}

/// A page under the rules of one implementation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Lines that stay.
    pub kept_lines: u64,
    /// Sentences of these, where they were asked for.
    pub sentences: u64,
    /// Whether filler text ends the page.
    pub lorem_ipsum: bool,
    /// Whether a `{` ends the page.
    pub curly_bracket: bool,
}

impl Page {
    fn add(&mut self, verdict: Verdict) {
        self.kept_lines += u64::from(verdict.kept);
        if !self.lorem_ipsum && !self.curly_bracket {
            self.lorem_ipsum = verdict.lorem_ipsum;
            self.curly_bracket = verdict.curly_bracket && !verdict.lorem_ipsum;
        }
    }
}

/// A page under the rules of all implementations that are asked for.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    pages: [Page; Cleaner::COUNT],
    pub(crate) bad_words: Option<u64>,
    /// A line without its citations, or the text in small letters.
    edited: String,
    spacy: SpacyEn,
}

impl Pages {
    /// Looks at a page.
    pub(crate) fn look(&mut self, row: Row<'_>, needs: Needs) {
        let asked = |cleaner| needs.contains(Needs::c4(cleaner));
        if needs.contains(Needs::C4_BAD_WORDS) {
            self.bad_words = row.language.and_then(BadWords::of).map(|list| {
                lowercase(row.text, &mut self.edited);
                list.count(&self.edited)
            });
        }
        if Cleaner::OF_LINES.into_iter().any(asked) {
            self.look_at_lines(row.text, asked, needs.contains(Needs::C4_SENTENCES));
        }
        if asked(Cleaner::Sentences) {
            let mut page = Page::default();
            let edited = &mut self.edited;
            each_sentence(&mut self.spacy, row.text, &mut |raw| {
                let line = Line::new(raw, edited);
                page.add(line.judge(Cleaner::Sentences.rules()));
            });
            page.sentences = page.kept_lines;
            self.pages[Cleaner::Sentences as usize] = page;
        }
    }

    fn look_at_lines(&mut self, text: &str, asked: impl Fn(Cleaner) -> bool, count: bool) {
        let Self {
            pages,
            edited,
            spacy,
            ..
        } = self;
        let asked = Cleaner::OF_LINES.map(|cleaner| asked(cleaner).then_some(cleaner));
        for cleaner in asked.into_iter().flatten() {
            pages[cleaner as usize] = Page::default();
        }
        each_line(text, &mut |raw| {
            let line = Line::new(raw, edited);
            let mut by_spacy = None;
            for cleaner in asked.into_iter().flatten() {
                let page = &mut pages[cleaner as usize];
                let verdict = line.judge(cleaner.rules());
                page.add(verdict);
                if count && verdict.kept {
                    page.sentences += match cleaner {
                        Cleaner::Tfds => count_by_punkt(line.text),
                        _ => *by_spacy.get_or_insert_with(|| spacy.count_sentences(line.text)),
                    };
                }
            }
        });
    }

    /// The page under the rules of one implementation.
    pub(crate) fn page(&self, cleaner: Cleaner) -> &Page {
        &self.pages[cleaner as usize]
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        self.edited.capacity() + self.spacy.memory()
    }

    /// Gives back memory that only a very long text needs.
    pub(crate) fn give_back(&mut self) {
        if self.memory() > KEPT {
            *self = Self::default();
        }
    }
}
