//! The rules on one line, in the order of the released code.

use super::lines::{Has, RawLine};
use crate::unicode::{Tables, class, decimal, decode, strip};

/// The longest word a line may have, in characters.
const LONGEST_WORD: usize = 1000;

/// A phrase that a line is looked through for, in small letters.
struct Phrase {
    words: &'static [u8],
    means: Means,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Means {
    Filler,
    Script,
    Policy,
}

const PHRASES: [Phrase; 8] = [
    phrase("lorem ipsum", Means::Filler),
    phrase("javascript", Means::Script),
    phrase("terms of use", Means::Policy),
    phrase("privacy policy", Means::Policy),
    phrase("cookie policy", Means::Policy),
    phrase("uses cookies", Means::Policy),
    phrase("use of cookies", Means::Policy),
    phrase("use cookies", Means::Policy),
];

const fn phrase(words: &'static str, means: Means) -> Phrase {
    Phrase {
        words: words.as_bytes(),
        means,
    }
}

/// How the implementations differ.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Marks that a line may end with; empty where it may end with anything.
    pub(crate) end_marks: &'static [u8],
    /// The fewest words of a line that stays.
    pub(crate) min_words: usize,
    /// Whether words are counted after citations are removed.
    pub(crate) words_after_citations: bool,
}

/// What the rules say of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether the line stays, the rules on pages aside.
    pub(crate) kept: bool,
    /// Whether it got as far as the rule on filler text and fails it: that ends the page.
    pub(crate) lorem_ipsum: bool,
    /// Whether it got as far as the rule on `{` and fails it: that ends the page.
    pub(crate) curly_bracket: bool,
}

/// A line as the rules see it, made once for all of them.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// Without spaces around it and without citations.
    pub(crate) text: &'a str,
    /// Words before citations were removed; counted up to [`Self::COUNTED`].
    words_before: usize,
    /// Words after.
    words_after: usize,
    long_word: bool,
    has: Has,
}

impl<'a> Line<'a> {
    /// No rule asks for more words.
    const COUNTED: usize = 5;

    /// A line of a page; a line with citations is written to `edited`.
    pub(crate) fn new(line: RawLine<'a>, edited: &'a mut String) -> Self {
        let has = line.has;
        let line = strip(line.text);
        let words_before = count_words(line, Self::COUNTED);
        let long_word = line.len() > LONGEST_WORD && has_long_word(line);
        let mut words_after = words_before;
        let mut text = line;
        if has.bracket && !long_word && remove_citations(line, edited) {
            text = edited;
            words_after = count_words(text, Self::COUNTED);
        }
        Self {
            text,
            words_before,
            words_after,
            long_word,
            has,
        }
    }

    /// Judges it.
    pub(crate) fn judge(&self, rules: &Rules) -> Verdict {
        let dropped = Verdict::default();
        if self.long_word {
            return dropped;
        }
        if !rules.end_marks.is_empty() {
            let marked = self
                .text
                .bytes()
                .next_back()
                .is_some_and(|last| rules.end_marks.contains(&last));
            if !marked || self.text.ends_with("...") {
                return dropped;
            }
        }
        let words = if rules.words_after_citations {
            self.words_after
        } else {
            self.words_before
        };
        if words < rules.min_words {
            return dropped;
        }
        let phrases = if self.has.phrase {
            Phrases::of(self.text)
        } else {
            Phrases::default()
        };
        Verdict {
            kept: !phrases.script && !phrases.policy,
            lorem_ipsum: phrases.filler,
            curly_bracket: !phrases.script && self.has.brace,
        }
    }
}

/// The phrases that a line has.
#[derive(Clone, Copy, Default)]
struct Phrases {
    filler: bool,
    script: bool,
    policy: bool,
}

impl Phrases {
    fn of(line: &str) -> Self {
        let bytes = line.as_bytes();
        let mut found = Self::default();
        for (at, byte) in bytes.iter().enumerate() {
            if !matches!(byte | 0x20, b'l' | b'j' | b't' | b'p' | b'c' | b'u') {
                continue;
            }
            for phrase in &PHRASES {
                if begins_with(&bytes[at..], phrase.words) {
                    match phrase.means {
                        Means::Filler => found.filler = true,
                        Means::Script => found.script = true,
                        Means::Policy => found.policy = true,
                    }
                }
            }
        }
        found
    }
}

/// Whether a text begins with a phrase in any case. The Kelvin sign is the one character beyond ASCII whose
/// small letter is in a phrase.
fn begins_with(mut text: &[u8], phrase: &[u8]) -> bool {
    for &letter in phrase {
        text = match text {
            [first, rest @ ..] if first.to_ascii_lowercase() == letter => rest,
            [0xE2, 0x84, 0xAA, rest @ ..] if letter == b'k' => rest,
            _ => return false,
        };
    }
    true
}

/// The words of a line, counted up to `enough`.
fn count_words(line: &str, enough: usize) -> usize {
    let bytes = line.as_bytes();
    let (mut words, mut inside, mut at) = (0, false, 0);
    while let Some(&byte) = bytes.get(at) {
        let (space, len) = if byte < 0x80 {
            (matches!(byte, 9..=13 | 28..=32), 1)
        } else {
            let (code, len) = decode(bytes, at);
            (is_space(code), len)
        };
        if !space && !inside {
            words += 1;
            if words == enough {
                break;
            }
        }
        inside = !space;
        at += len;
    }
    words
}

fn is_space(code: u32) -> bool {
    Tables::get().class(code) & class::SPACE != 0
}

fn has_long_word(line: &str) -> bool {
    let bytes = line.as_bytes();
    let (mut chars, mut at) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        let (space, len) = if byte < 0x80 {
            (matches!(byte, 9..=13 | 28..=32), 1)
        } else {
            let (code, len) = decode(bytes, at);
            (is_space(code), len)
        };
        chars = if space { 0 } else { chars + 1 };
        if chars > LONGEST_WORD {
            return true;
        }
        at += len;
    }
    false
}

/// Writes a line without `[edit]`, `[citation needed]` and numbers in brackets; false when it has none.
fn remove_citations(line: &str, edited: &mut String) -> bool {
    edited.clear();
    let mut kept = 0;
    let mut from = 0;
    while let Some(found) = line[from..].find('[') {
        let start = from + found;
        match citation(&line[start..]) {
            Some(len) => {
                edited.push_str(&line[kept..start]);
                from = start + len;
                kept = from;
            }
            None => from = start + 1,
        }
    }
    if kept == 0 {
        return false;
    }
    edited.push_str(&line[kept..]);
    true
}

/// The length of the citation that a text begins with.
fn citation(text: &str) -> Option<usize> {
    let fixed = ["[edit]", "[citation needed]"];
    if let Some(mark) = fixed.into_iter().find(|mark| text.starts_with(mark)) {
        return Some(mark.len());
    }
    let inside = &text[1..];
    let end = inside.find(|c| decimal(c).is_none())?;
    inside[end..].starts_with(']').then_some(end + 2)
}
