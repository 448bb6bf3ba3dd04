//! The lines of a text as Python's `str.splitlines` gives them, and which of them need a closer look.
//!
//! Lines end at `\n`, `\r`, `\r\n`, U+000B, U+000C, U+001C to U+001E, U+0085, U+2028 and U+2029; nothing comes
//! behind a final break. 64 bytes at a time become one bit mask of breaks, and one each of `[`, of `{` and of
//! letters that are rare but in the phrases of the rules: most lines are never searched for anything.

#[cfg(target_arch = "x86_64")]
use crate::view::block::Avx2;
use crate::view::block::{BLOCK, Bytes, Portable};

/// A line without its break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawLine<'a> {
    /// Its text.
    pub(crate) text: &'a str,
    /// What it has.
    pub(crate) has: Has,
}

/// What a line has that the rules ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Has {
    /// `[`
    pub(crate) bracket: bool,
    /// `{`
    pub(crate) brace: bool,
    /// Letters of a phrase; perhaps a phrase.
    pub(crate) phrase: bool,
}

/// Hands out the lines of a text in order.
pub(crate) fn each_line<'a>(text: &'a str, line: &mut dyn FnMut(RawLine<'a>)) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
    {
        // SAFETY: the processor has what the function is compiled for.
        unsafe { each_line_avx2(text, line) };
        return;
    }
    scan::<Portable>(text, line);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn each_line_avx2<'a>(text: &'a str, line: &mut dyn FnMut(RawLine<'a>)) {
    scan::<Avx2>(text, line);
}

#[inline(always)]
fn scan<'a, B: Bytes>(text: &'a str, line: &mut dyn FnMut(RawLine<'a>)) {
    let bytes = text.as_bytes();
    let mut before = Before::default();
    let mut start = 0;
    let mut has = Has::default();
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    for (i, block) in blocks.iter().chain([&last]).enumerate() {
        let masks = masks::<B>(block, &mut before);
        let mut breaks = masks.breaks;
        // Positions of this block that belong to lines that are out.
        let mut out = 0;
        while breaks != 0 {
            let here = breaks.trailing_zeros();
            let up_to = breaks ^ (breaks - 1);
            breaks &= breaks - 1;
            let at = i * BLOCK + here as usize;
            if at < start {
                // The `\n` of `\r\n`.
                continue;
            }
            has.add(&masks, up_to & !out);
            out = up_to;
            let (end, next) = match bytes[at] {
                b'\r' if bytes.get(at + 1) == Some(&b'\n') => (at, at + 2),
                0x85 => (at - 1, at + 1),
                0xA8.. => (at - 2, at + 1),
                _ => (at, at + 1),
            };
            line(RawLine {
                text: &text[start..end],
                has,
            });
            start = next;
            has = Has::default();
        }
        has.add(&masks, !out);
    }
    if start < bytes.len() {
        line(RawLine {
            text: &text[start..],
            has,
        });
    }
}

impl Has {
    /// Adds what is at some positions of a block.
    #[inline(always)]
    fn add(&mut self, masks: &Masks, at: u64) {
        self.bracket |= masks.brackets & at != 0;
        self.brace |= masks.braces & at != 0;
        self.phrase |= masks.phrases & at != 0;
    }
}

/// Where something is in a block.
struct Masks {
    /// The last bytes of line breaks.
    breaks: u64,
    brackets: u64,
    braces: u64,
    /// The last of three letters of a phrase.
    phrases: u64,
}

/// What the last bytes of the block before were, as masks.
#[derive(Default)]
struct Before {
    c2: u64,
    e2: u64,
    e2_80: u64,
    pairs: [u64; 5],
    singles: [u64; 5],
}

/// The mask of `second` bytes that follow one of `first`.
#[inline(always)]
fn behind(first: u64, second: u64, before: &mut u64) -> u64 {
    let found = (first << 1 | *before) & second;
    *before = first >> 63;
    found
}

#[inline(always)]
fn masks<B: Bytes>(block: &[u8; BLOCK], before: &mut Before) -> Masks {
    let bytes = B::load(block);
    let mut breaks = bytes.within(0x0A, 0x0D) | bytes.within(0x1C, 0x1E);
    if bytes.high() != 0 || before.c2 | before.e2 | before.e2_80 != 0 {
        let next_line = behind(bytes.equal(0xC2), bytes.equal(0x85), &mut before.c2);
        let e2_80 = behind(bytes.equal(0xE2), bytes.equal(0x80), &mut before.e2);
        let separators = bytes.equal(0xA8) | bytes.equal(0xA9);
        breaks |= next_line | behind(e2_80, separators, &mut before.e2_80);
    }
    // Three letters of each phrase that are rare in other words; small letters here are letters of any case.
    let lower = bytes.lower();
    let letter = |letter| lower.equal(letter);
    let (c, o, s, u) = (letter(b'c'), letter(b'o'), letter(b's'), letter(b'u'));
    let triples = [
        (letter(b'p'), s, u),
        (letter(b'j'), letter(b'a'), letter(b'v')),
        (c, o, o),
        (letter(b'i'), c, letter(b'y')),
        (letter(b'f'), bytes.equal(b' '), u),
    ];
    let mut phrases = 0;
    for (i, (first, second, third)) in triples.into_iter().enumerate() {
        let pair = behind(first, second, &mut before.singles[i]);
        phrases |= behind(pair, third, &mut before.pairs[i]);
    }
    Masks {
        breaks,
        brackets: bytes.equal(b'['),
        braces: bytes.equal(b'{'),
        phrases,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
    use proptest::prop_oneof;
    use proptest::sample::select;

    use super::{RawLine, each_line, scan};
    use crate::view::block::Portable;

    /// Lines as the documentation of `str.splitlines` defines them.
    fn plain(text: &str) -> Vec<&str> {
        let mut lines = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let is_break = |c| matches!(c, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}');
            let end = rest.find(is_break).unwrap_or(rest.len());
            lines.push(&rest[..end]);
            rest = &rest[end..];
            let mut chars = rest.chars();
            let first = chars.next();
            rest = chars.as_str();
            if first == Some('\r') {
                rest = rest.strip_prefix('\n').unwrap_or(rest);
            }
        }
        lines
    }

    fn has_phrase(line: &str) -> bool {
        let phrases = [
            "lorem ipsum",
            "javascript",
            "terms of use",
            "privacy policy",
            "cookie policy",
            "uses cookies",
            "use of cookies",
            "use cookies",
        ];
        let lower = line.to_lowercase();
        phrases.iter().any(|phrase| lower.contains(phrase))
    }

    fn check(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
        let mut found = Vec::new();
        each_line(text, &mut |line| found.push(line));
        let mut portable: Vec<RawLine<'_>> = Vec::new();
        scan::<Portable>(text, &mut |line| portable.push(line));
        prop_assert_eq!(&found, &portable);
        let texts: Vec<_> = found.iter().map(|line| line.text).collect();
        prop_assert_eq!(texts, plain(text));
        for line in found {
            prop_assert_eq!(line.has.bracket, line.text.contains('['));
            prop_assert_eq!(line.has.brace, line.text.contains('{'));
            prop_assert!(line.has.phrase || !has_phrase(line.text), "{:?}", line.text);
        }
        Ok(())
    }

    fn text() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            "\n",
            "\r",
            "\r\n",
            "\n\r",
            "\u{b}",
            "\u{c}",
            "\u{1c}",
            "\u{1d}",
            "\u{1e}",
            "\u{1f}",
            "\u{85}",
            "\u{2028}",
            "\u{2029}",
            "\u{2027}",
            "\u{a9}",
            "中",
            "{",
            "[",
            "a",
            " ",
            "Lorem Ipsum",
            "JavaScript",
            "TERMS of use",
            "privacy policy",
            "coo\u{212a}ie policy",
            "a line of text that is longer than the others and has nothing in it",
        ]);
        let piece = prop_oneof![8 => pieces.prop_map(String::from), 1 => any::<char>().prop_map(String::from)];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn lines_are_those_of_python(text in text()) {
            check(&text)?;
        }
    }

    #[test]
    fn phrases_are_found_across_blocks() {
        for phrase in [
            "lorem ipsum",
            "javascript",
            "use cookies",
            "privacy policy",
            "terms of use",
        ] {
            for at in 40..140 {
                let text = format!("{}{phrase}{}\nb", "x".repeat(at), "y".repeat(70));
                let mut found = Vec::new();
                each_line(&text, &mut |line| found.push(line.has.phrase));
                assert_eq!(found, [true, false], "{phrase} at {at}");
            }
        }
    }
}
