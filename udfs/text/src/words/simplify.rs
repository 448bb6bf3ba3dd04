//! datatrove's `simplify_text`: the form in which texts are compared.

use std::ops::Range;

use super::classes::{Classes, MARK, NUMBER, PUNCTUATION};
use super::is_space;
use crate::unicode::{Tables, decode};

/// Appends a text as datatrove simplifies it: in lower case; every decimal number, perhaps with one separator inside,
/// as `0`; datatrove's `PUNCTUATION` as spaces; spaces collapsed and trimmed; canonically decomposed without
/// nonspacing marks.
pub fn simplify(text: &str, out: &mut String) {
    let start = out.len();
    Simplify::new(text).write(out);
    let simplified = &out[start..];
    let leading = simplified.len() - simplified.trim_start_matches(' ').len();
    out.truncate(start + simplified.trim_end_matches(' ').len());
    if leading > 0 {
        out.drain(start..(start + leading).min(out.len()));
    }
}

/// A simplified text, and what each byte of it was made from.
pub(crate) struct Traced {
    /// What [`simplify`] gives.
    pub(crate) text: String,
    from: Vec<u32>,
    to: Vec<u32>,
}

impl Traced {
    /// The bytes of the text before that a part of the simplified one was made from; a part is not empty.
    pub(crate) fn source(&self, part: Range<usize>) -> Range<usize> {
        self.from[part.start] as usize..self.to[part.end - 1] as usize
    }
}

/// Simplifies a text, character by character, and remembers where everything comes from. Slower than [`simplify`].
pub(crate) fn simplify_traced(text: &str) -> Traced {
    let walk = Simplify::new(text);
    let (mut from, mut to) = (Vec::new(), Vec::new());
    let mut out = String::new();
    let mut scratch = Vec::new();
    let mut space = None;
    let mut at = 0;
    while at < text.len() {
        let (kind, len) = walk.kind(at);
        if kind == Kind::Space {
            space = space.or(Some(at));
            at += len;
            continue;
        }
        let mut record = |range: Range<usize>, bytes: usize| {
            from.extend(std::iter::repeat_n(range.start as u32, bytes));
            to.extend(std::iter::repeat_n(range.end as u32, bytes));
        };
        if let Some(start) = space.take() {
            out.push(' ');
            record(start..at, 1);
        }
        let start = at;
        let written = out.len();
        at += len;
        match kind {
            Kind::Digit => {
                out.push('0');
                at = walk.number(at);
            }
            _ => {
                scratch.clear();
                Tables::get().normalise_part(text, start..at, &mut scratch);
                walk.without_marks(&scratch, &mut out);
            }
        }
        record(start..at, out.len() - written);
    }
    let leading = out.len() - out.trim_start_matches(' ').len();
    from.drain(..leading);
    to.drain(..leading);
    // Marks of several characters may stand in another order: where they come from is right but for that.
    out.clear();
    simplify(text, &mut out);
    from.resize(out.len(), text.len() as u32);
    to.resize(out.len(), text.len() as u32);
    Traced {
        text: out,
        from,
        to,
    }
}

/// What becomes of a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Kept,
    Space,
    Digit,
    Wide,
}

struct Simplify<'t> {
    text: &'t str,
    classes: &'static Classes,
    ascii: [Kind; 128],
}

impl<'t> Simplify<'t> {
    fn new(text: &'t str) -> Self {
        let classes = Classes::get();
        let mut ascii = [Kind::Kept; 128];
        for (byte, kind) in (0u8..).zip(&mut ascii) {
            *kind = match byte {
                b'0'..=b'9' => Kind::Digit,
                _ if classes.ascii(byte) & PUNCTUATION != 0 || is_space(byte.into()) => Kind::Space,
                _ => Kind::Kept,
            };
        }
        Self {
            text,
            classes,
            ascii,
        }
    }

    /// What becomes of the character at a byte, and its length.
    #[inline(always)]
    fn kind(&self, at: usize) -> (Kind, usize) {
        let bytes = self.text.as_bytes();
        if bytes[at] < 0x80 {
            return (self.ascii[usize::from(bytes[at])], 1);
        }
        let (code, len) = decode(bytes, at);
        let class = self.classes.of(code);
        let kind = if class & NUMBER != 0 {
            Kind::Digit
        } else if class & PUNCTUATION != 0 || char::from_u32(code).is_some_and(is_space) {
            Kind::Space
        } else {
            Kind::Wide
        };
        (kind, len)
    }

    fn write(&self, out: &mut String) {
        let bytes = self.text.as_bytes();
        let mut scratch = Vec::new();
        let mut space = false;
        let mut at = 0;
        out.reserve(bytes.len());
        while at < bytes.len() {
            let (kind, len) = self.kind(at);
            if kind == Kind::Space {
                space = true;
                at += len;
                continue;
            }
            if std::mem::take(&mut space) {
                out.push(' ');
            }
            if kind == Kind::Digit {
                out.push('0');
                at = self.number(at + len);
                continue;
            }
            // The longest run of such characters, ASCII or not.
            let start = at;
            at = self.kept(at);
            let mut wide = false;
            while at < bytes.len() && bytes[at] >= 0x80 {
                let (kind, len) = self.kind(at);
                if kind != Kind::Wide {
                    break;
                }
                wide = true;
                at = self.kept(at + len);
            }
            if wide {
                scratch.clear();
                Tables::get().normalise_part(self.text, start..at, &mut scratch);
                self.without_marks(&scratch, out);
            } else {
                let from = out.len();
                out.push_str(&self.text[start..at]);
                out[from..].make_ascii_lowercase();
            }
        }
    }

    /// Where ASCII characters that are kept end, from here on.
    #[inline(always)]
    fn kept(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        let other = |&byte: &u8| byte >= 0x80 || self.ascii[usize::from(byte)] != Kind::Kept;
        at + rest.iter().position(other).unwrap_or(rest.len())
    }

    /// Where a number ends, of which the first digit has been seen.
    fn number(&self, at: usize) -> usize {
        let end = self.digits(at);
        let rest = &self.text[end..];
        match rest.chars().next() {
            Some(c @ ('.' | ',' | '،' | '٫' | '⎖' | '⎗' | '⎘')) => {
                let fraction = end + c.len_utf8();
                let behind = self.digits(fraction);
                if behind > fraction { behind } else { end }
            }
            _ => end,
        }
    }

    fn digits(&self, mut at: usize) -> usize {
        while at < self.text.len() {
            let (kind, len) = self.kind(at);
            if kind != Kind::Digit {
                break;
            }
            at += len;
        }
        at
    }

    /// Appends what is left of a decomposed text.
    fn without_marks(&self, text: &[u8], out: &mut String) {
        let text = std::str::from_utf8(text).unwrap_or_default();
        let mut from = 0;
        for (at, c) in text.char_indices() {
            if !c.is_ascii() && self.classes.of(c as u32) & MARK != 0 {
                out.push_str(&text[from..at]);
                from = at + c.len_utf8();
            }
        }
        out.push_str(&text[from..]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{simplify, simplify_traced};

    proptest! {
        #[test]
        fn every_byte_has_a_source(text in "(?:[aZ ,.0'\n]|[ÀéΣşꙺ\u{301}\u{1D165}\u{1D16D}가﷼①٣５]){0,40}") {
            let traced = simplify_traced(&text);
            let mut simplified = String::new();
            simplify(&text, &mut simplified);
            prop_assert_eq!(&traced.text, &simplified);
            prop_assert_eq!(traced.from.len(), simplified.len());
            for (start, c) in simplified.char_indices() {
                let source = traced.source(start..start + c.len_utf8());
                let mut again = String::new();
                simplify(&text[source], &mut again);
                let moved = ['\u{1D165}', '\u{1D16D}'].contains(&c);
                prop_assert!(matches!(c, ' ' | 'σ' | 'ς') || moved || again.contains(c), "{c:?} of {again:?}");
            }
        }
    }

    fn simplified(text: &str) -> String {
        let mut out = String::from("kept ");
        simplify(text, &mut out);
        assert!(out.starts_with("kept "));
        out.split_off(5)
    }

    #[test]
    fn numbers_punctuation_and_marks() {
        assert_eq!(simplified("It cost $1,234.56!"), "it cost 0 0");
        assert_eq!(simplified("v1.2.3"), "v0 0");
        assert_eq!(simplified(" Déjà-vu… "), "deja vu");
        assert_eq!(simplified("ΟΔΟΣ.Α ΟΔΟΣ"), "οδοσ α οδος");
        assert_eq!(simplified("a \u{301} b"), "a  b");
        assert_eq!(simplified("\u{301}"), "");
        assert_eq!(simplified("\u{301} a \u{301}"), "a");
        assert_eq!(simplified("１２"), "0");
        assert_eq!(simplified("\u{37E}≮"), ";<");
    }
}
