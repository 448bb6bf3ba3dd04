//! What the rules leave of a page.

use super::bad_word_lists::BadWords;
use super::lines::{Has, Lines};
use super::rules::{Line, Rules, Verdict};
use crate::document::{Needs, Row};
use crate::unicode::strip;
use crate::view::KEPT;
use crate::words::punkt_like;
use crate::words::spacy_en::{Sentences, SpacyEn};

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
        let mut add = |line: &str, has: Has| {
            let line = Line::new(line, has, &mut edited);
            if line.judge(rules).kept {
                if !first {
                    out.push(self.separator());
                }
                first = false;
                out.push_str(line.text);
            }
        };
        let mut lines = Lines::default();
        lines.look(text);
        let mut hits = lines.hits();
        match self {
            Self::Sentences => {
                let mut end = 0;
                SpacyEn::new().sentences(text, |sentence| {
                    end += sentence.len();
                    add(sentence, hits.up_to(end));
                });
            }
            _ => {
                for line in lines.ranges() {
                    add(&text[line.clone()], hits.up_to(line.end));
                }
            }
        }
        strip_from(start, out);
    }
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
    /// A line without its citations.
    edited: String,
    spacy: SpacyEn,
}

impl Pages {
    /// Looks at a page, of which the lines and spaCy's sentences are known as far as they are needed.
    pub(crate) fn look(
        &mut self,
        row: Row<'_>,
        needs: Needs,
        lines: &Lines,
        sentences: &Sentences,
    ) {
        let asked = |cleaner| needs.contains(Needs::c4(cleaner));
        if needs.contains(Needs::C4_BAD_WORDS) {
            let list = row.language.and_then(BadWords::of);
            self.bad_words = list.map(|list| list.count(row.text));
        }
        if Cleaner::OF_LINES.into_iter().any(asked) {
            let sentences = needs.contains(Needs::C4_SENTENCES).then_some(sentences);
            self.look_at_lines(row.text, asked, lines, sentences);
        }
        if asked(Cleaner::Sentences) {
            let mut page = Page::default();
            let mut hits = lines.hits();
            for sentence in sentences.ranges(row.text.len()) {
                let has = hits.up_to(sentence.end);
                let line = Line::new(&row.text[sentence], has, &mut self.edited);
                page.add(line.judge(Cleaner::Sentences.rules()));
            }
            page.sentences = page.kept_lines;
            self.pages[Cleaner::Sentences as usize] = page;
        }
    }

    fn look_at_lines(
        &mut self,
        text: &str,
        asked: impl Fn(Cleaner) -> bool,
        lines: &Lines,
        sentences: Option<&Sentences>,
    ) {
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
        let mut hits = lines.hits();
        let count = sentences.is_some();
        let mut known = sentences.map(Sentences::begins);
        for range in lines.ranges() {
            let has = hits.up_to(range.end);
            let line = Line::new(&text[range.clone()], has, edited);
            // By itself it has the sentences that begin inside of it, and the one that it begins with: whatever ended
            // before, the line break is its last token.
            let begins = known
                .as_mut()
                .filter(|_| !line.changed && !line.text.is_empty())
                .map(|known| {
                    let start = line.text.as_ptr() as usize - text.as_ptr() as usize;
                    known.within(start..start + line.text.len())
                });
            let mut by_spacy = None;
            for cleaner in asked.into_iter().flatten() {
                let page = &mut pages[cleaner as usize];
                let verdict = line.judge(cleaner.rules());
                page.add(verdict);
                if count && verdict.kept {
                    page.sentences += match (cleaner, begins) {
                        (Cleaner::Tfds, _) => punkt_like::count(line.text),
                        (_, Some(begins)) => 1 + begins,
                        (_, None) => {
                            *by_spacy.get_or_insert_with(|| spacy.count_sentences(line.text))
                        }
                    };
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
    use proptest::prop_oneof;
    use proptest::sample::select;

    use super::{Cleaner, Page};
    use crate::c4::lines::Lines;
    use crate::c4::rules::Line;
    use crate::document::{Analyzer, Needs, Row};
    use crate::lists::Lists;
    use crate::words::punkt_like;
    use crate::words::spacy_en::SpacyEn;

    /// A page by each line, or sentence, for itself.
    fn plain(cleaner: Cleaner, text: &str) -> Page {
        let mut page = Page::default();
        let mut spacy = SpacyEn::new();
        let mut pieces = Vec::new();
        match cleaner {
            Cleaner::Sentences => spacy.sentences(text, |sentence| pieces.push(sentence)),
            _ => {
                let mut lines = Lines::default();
                lines.look(text);
                pieces.extend(lines.ranges().map(|line| &text[line]));
            }
        }
        for piece in pieces {
            let mut lines = Lines::default();
            lines.look(piece);
            let mut edited = String::new();
            let line = Line::new(piece, lines.hits().up_to(piece.len()), &mut edited);
            let verdict = line.judge(cleaner.rules());
            page.add(verdict);
            if verdict.kept {
                page.sentences += match cleaner {
                    Cleaner::Sentences => 1,
                    Cleaner::Tfds => {
                        let mut sentences = 0;
                        punkt_like::sentences(line.text, |_| sentences += 1);
                        sentences
                    }
                    _ => spacy.count_sentences(line.text),
                };
            }
        }
        page
    }

    fn text() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            "\n",
            "\r\n",
            "\u{2028}",
            "\u{85}",
            " ",
            "  ",
            "\u{a0}",
            ". ",
            ".",
            "! ",
            "?",
            "...",
            "\"",
            "')",
            "(",
            "[1]",
            "[edit]",
            "[",
            "{",
            "a",
            "Mr.",
            "the cat sat ",
            "on it. It slept ",
            "lorem ip[2]sum ",
            "JavaScript",
            "terms of use",
            "use coo\u{212a}ies",
            "can't ",
            "e.g. ",
            "–",
            "…",
            "。",
            "12.5",
        ]);
        let piece = prop_oneof![12 => pieces.prop_map(String::from), 1 => any::<char>().prop_map(String::from)];
        proptest::collection::vec(piece, 0..50).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn all_at_once_is_one_by_one(text in text()) {
            let cleaners =
                [Cleaner::Datatrove, Cleaner::NoTerminal, Cleaner::Sentences, Cleaner::Tfds];
            let needs = cleaners.into_iter().fold(Needs::NONE, |needs, cleaner| {
                needs | Needs::c4_sentences(cleaner)
            });
            let mut analyzer = Analyzer::new();
            let row = Row { text: &text, ..Row::default() };
            let document = analyzer.analyze(row, needs, Lists::builtin());
            for cleaner in cleaners {
                prop_assert_eq!(*document.c4(cleaner), plain(cleaner, &text), "{:?} of {:?}", cleaner, text);
            }
        }
    }

    #[test]
    fn long_words_have_more_than_a_thousand_characters() {
        let marks = |text: &str| {
            let mut edited = String::new();
            Line::new(text, Default::default(), &mut edited).judge(Cleaner::NoTerminal.rules())
        };
        for word in ["a", "é", "中", "\u{1F600}"] {
            for space in [" ", "\u{a0}", "\u{3000}", "\t "] {
                for before in [0, 1, 2, 400, 998, 1000] {
                    for len in [999, 1000, 1001, 1002, 2000] {
                        let text = format!(
                            "{}{space}{}{space}two three",
                            "x".repeat(before),
                            word.repeat(len)
                        );
                        let found = marks(&text).kept;
                        assert_eq!(found, len <= 1000, "{before} and {len} of {word}");
                    }
                }
            }
        }
    }
}
