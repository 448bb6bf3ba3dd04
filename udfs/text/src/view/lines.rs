//! What is known of each raw line of a document, in little memory.
//!
//! Most lines are short: 16 bytes hold what there is to say. Lines without words, one after the other, of which the
//! same is known are held once: a text may be nothing but line feeds.

use crate::document::Line;

/// Lines of fewer characters are short. In normalised form a character is never more than 16, so all numbers of such
/// a line fit 16 bits.
const SHORT: u32 = (1 << 16) / LONGEST_FORM;
const LONGEST_FORM: u32 = 16;

/// Lines in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RawLines {
    held: Vec<Held>,
    /// Those that are not short, in order.
    long: Vec<Line>,
    count: usize,
}

/// A short line, which may stand several times, or the place of a long one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    times: u16,
    chars: u16,
    upper: u16,
    words: u16,
    word_chars: u16,
    numerals: u16,
    javascript: u16,
    marks: u16,
}

/// What [`Held::marks`] says.
mod mark {
    pub(super) const ELLIPSIS: u16 = 1;
    pub(super) const TERMINAL: u16 = 1 << 1;
    pub(super) const BULLET: u16 = 1 << 2;
    pub(super) const LONG: u16 = 1 << 3;
}

/// What the words of a line are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Content {
    pub(super) word_chars: u32,
    pub(super) numerals: u32,
    pub(super) javascript: u32,
}

impl Held {
    /// A line of which the content is not known yet.
    fn of(line: &Line) -> Self {
        let flag = |said: bool, mark: u16| if said { mark } else { 0 };
        if line.chars >= SHORT {
            return Self {
                times: 1,
                marks: mark::LONG,
                ..Self::default()
            };
        }
        Self {
            times: 1,
            chars: line.chars as u16,
            upper: line.upper as u16,
            words: line.words as u16,
            marks: flag(line.ellipsis, mark::ELLIPSIS)
                | flag(line.terminal, mark::TERMINAL)
                | flag(line.bullet, mark::BULLET),
            ..Self::default()
        }
    }

    fn is_long(self) -> bool {
        self.marks & mark::LONG != 0
    }

    /// The line, if it is short.
    fn line(self) -> Line {
        let says = |mark: u16| self.marks & mark != 0;
        Line {
            end: 0,
            chars: self.chars.into(),
            upper: self.upper.into(),
            words: self.words.into(),
            word_chars: self.word_chars.into(),
            numerals: self.numerals.into(),
            javascript: self.javascript.into(),
            ellipsis: says(mark::ELLIPSIS),
            terminal: says(mark::TERMINAL),
            bullet: says(mark::BULLET),
        }
    }
}

impl RawLines {
    /// Forgets all lines.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.long.clear();
        self.count = 0;
    }

    /// Adds a line of which all is known but the content. Where it ends follows from the lines before.
    pub(super) fn push(&mut self, line: Line) {
        self.count += 1;
        let held = Held::of(&line);
        if line.words == 0
            && let Some(last) = self.held.last_mut()
            && !held.is_long()
            && last.times < u16::MAX
            && *last
                == (Held {
                    times: last.times,
                    ..held
                })
        {
            last.times += 1;
            return;
        }
        self.held.push(held);
        if held.is_long() {
            self.long.push(line);
        }
    }

    /// Adds what the words of each line are, told how many it has.
    pub(super) fn add_content(&mut self, mut content: impl FnMut(usize) -> Content) {
        let mut long = self.long.iter_mut();
        for held in &mut self.held {
            if !held.is_long() {
                let own = content(held.words.into());
                held.word_chars = own.word_chars as u16;
                held.numerals = own.numerals as u16;
                held.javascript = own.javascript as u16;
            } else if let Some(line) = long.next() {
                let own = content(line.words as usize);
                line.word_chars = own.word_chars;
                line.numerals = own.numerals;
                line.javascript = own.javascript;
            }
        }
    }

    /// All lines.
    pub(crate) fn iter(&self) -> Lines<'_> {
        Lines {
            held: &self.held,
            long: &self.long,
            times: 0,
            chars: 0,
            left: self.count,
        }
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        size_of::<Held>() * self.held.capacity() + size_of::<Line>() * self.long.capacity()
    }
}

/// One line after the other.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'v> {
    held: &'v [Held],
    long: &'v [Line],
    /// How often the first of `held` was handed out.
    times: u16,
    /// Characters of all lines that were handed out.
    chars: u64,
    left: usize,
}

impl Iterator for Lines<'_> {
    type Item = Line;

    #[inline]
    fn next(&mut self) -> Option<Line> {
        let (held, behind) = self.held.split_first()?;
        let mut line = held.line();
        if held.is_long() {
            let (long, behind) = self.long.split_first()?;
            line = *long;
            self.long = behind;
        }
        self.times += 1;
        if self.times == held.times {
            self.times = 0;
            self.held = behind;
        }
        self.left -= 1;
        self.chars += u64::from(line.chars);
        line.end = u32::try_from(self.chars).unwrap_or(u32::MAX);
        Some(line)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Lines<'_> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
    use proptest::{collection, prop_oneof};

    use super::{Content, LONGEST_FORM, RawLines, SHORT};
    use crate::document::Line;
    use crate::unicode::Tables;

    fn line() -> impl Strategy<Value = Line> {
        let chars =
            prop_oneof![8 => 1..4u32, 1 => SHORT - 2..SHORT + 2, 1 => 1_000_000..2_000_000u32];
        let all = (chars, 0..4u32, any::<u8>());
        all.prop_map(|(chars, words, bits)| Line {
            chars,
            upper: u32::from(bits >> 4 & 1),
            words: words.saturating_sub(2).min(chars),
            ellipsis: bits & 0b1111 == 1,
            terminal: bits & 0b1111 < 3,
            bullet: bits & 0b1111 == 3,
            ..Line::default()
        })
    }

    proptest! {
        #[test]
        fn lines_are_what_was_added(groups in collection::vec((line(), 1..5usize), 0..30)) {
            let mut expected = Vec::new();
            let mut lines = RawLines::default();
            for (line, times) in groups {
                for _ in 0..times {
                    lines.push(line);
                    expected.push(line);
                }
            }
            let numbers = |words: usize, before: u32| Content {
                word_chars: words as u32 * (before + 1),
                numerals: words as u32 * before,
                javascript: words as u32 * (before % 2),
            };
            let mut before = 0;
            lines.add_content(|words| {
                before += words as u32;
                numbers(words, before)
            });
            let (mut before, mut end) = (0, 0);
            for line in &mut expected {
                before += line.words;
                end += line.chars;
                let content = numbers(line.words as usize, before);
                line.word_chars = content.word_chars;
                line.numerals = content.numerals;
                line.javascript = content.javascript;
                line.end = end;
            }
            prop_assert_eq!(lines.iter().len(), expected.len());
            prop_assert_eq!(lines.iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn many_lines_without_anything_are_one() {
        let mut lines = RawLines::default();
        let empty = Line {
            chars: 1,
            ..Line::default()
        };
        for _ in 0..200_000 {
            lines.push(empty);
        }
        assert_eq!(lines.held.len(), 4);
        assert!((1..).zip(lines.iter()).all(|(end, line)| line.end == end));
        assert_eq!(lines.iter().count(), 200_000);
    }

    #[test]
    fn no_character_becomes_more_than_a_short_line_has_room_for() {
        let mut out = Vec::new();
        for c in '\0'..=char::MAX {
            out.clear();
            Tables::get().normalise(c.encode_utf8(&mut [0; 4]), &mut out);
            let chars = out.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
            assert!(chars <= LONGEST_FORM as usize, "{c:?}");
        }
    }
}
