//! The lines of a text as Python's `str.splitlines` gives them, and where something stands that C4's rules ask for.
//!
//! Lines end at `\n`, `\r`, `\r\n`, U+000B, U+000C, U+001C to U+001E, U+0085, U+2028 and U+2029; nothing comes
//! behind a final break. 64 bytes at a time become one bit mask of breaks, and one each of `[`, of `{` and of
//! letters that are rare but in the phrases of the rules: only there a phrase is looked for, once for all rules.

use std::ops::Range;

use super::rules::{Means, PHRASES, begins_with};
#[cfg(target_arch = "x86_64")]
use crate::view::block::Avx2;
use crate::view::block::{BLOCK, Bytes, Portable};

/// What a piece of a text has that the rules ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Has {
    /// `[`
    pub(crate) bracket: bool,
    /// `{`
    pub(crate) brace: bool,
    /// "lorem ipsum"
    pub(crate) filler: bool,
    /// "javascript"
    pub(crate) script: bool,
    /// The name of a policy.
    pub(crate) policy: bool,
}

/// A place where a piece of a text has something. Of a phrase it is some letter inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hit {
    at: u32,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Bracket,
    Brace,
    Phrase(Means),
}

/// The lines of a text, and what is where. Texts are expected to be shorter than 4 GiB.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Where each line begins and ends that is not empty, without its break: a text may be nothing but breaks.
    lines: Vec<(u32, u32)>,
    /// How many lines there are, the empty ones among them.
    count: u64,
    hits: Vec<Hit>,
}

impl Lines {
    /// Looks at a text.
    pub(crate) fn look(&mut self, text: &str) {
        self.clear();
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
        {
            // SAFETY: the processor has what the function is compiled for.
            unsafe { scan_avx2(text, self) };
            return;
        }
        scan::<Portable>(text, self);
    }

    /// Forgets all lines.
    pub(crate) fn clear(&mut self) {
        self.lines.clear();
        self.count = 0;
        self.hits.clear();
    }

    /// How many lines there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The lines in order, but for those that are empty.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let lines = self.lines.iter();
        lines.map(|&(start, end)| start as usize..end as usize)
    }

    /// What the whole text has.
    pub(crate) fn says(&self) -> Has {
        self.hits().up_to(usize::MAX)
    }

    /// What pieces of the text have.
    pub(crate) fn hits(&self) -> Hits<'_> {
        Hits { left: &self.hits }
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        8 * self.lines.capacity() + size_of::<Hit>() * self.hits.capacity()
    }
}

/// Tells of one piece after the other what it has.
pub(crate) struct Hits<'l> {
    left: &'l [Hit],
}

impl Hits<'_> {
    /// What the piece has that ends at `end`. Pieces come in order.
    #[inline(always)]
    pub(crate) fn up_to(&mut self, end: usize) -> Has {
        let mut has = Has::default();
        while let [hit, rest @ ..] = self.left
            && (hit.at as usize) < end
        {
            self.left = rest;
            match hit.what {
                What::Bracket => has.bracket = true,
                What::Brace => has.brace = true,
                What::Phrase(means) => has.add(means),
            }
        }
        has
    }
}

impl Has {
    /// Adds a phrase.
    #[inline(always)]
    pub(super) fn add(&mut self, means: Means) {
        match means {
            Means::Filler => self.filler = true,
            Means::Script => self.script = true,
            Means::Policy => self.policy = true,
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn scan_avx2(text: &str, found: &mut Lines) {
    scan::<Avx2>(text, found);
}

#[inline(always)]
fn scan<B: Bytes>(text: &str, found: &mut Lines) {
    let bytes = text.as_bytes();
    let mut before = Before::default();
    let mut start = 0;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    for (i, block) in blocks.iter().chain([&last]).enumerate() {
        let masks = masks::<B>(block, &mut before);
        let mut hits = masks.brackets | masks.braces | masks.phrases;
        while hits != 0 {
            let at = i * BLOCK + hits.trailing_zeros() as usize;
            hits &= hits - 1;
            let what = match bytes[at] {
                b'[' => Some(What::Bracket),
                b'{' => Some(What::Brace),
                _ => phrase(bytes, at).map(What::Phrase),
            };
            if let Some(what) = what {
                found.hits.push(Hit {
                    at: at as u32,
                    what,
                });
            }
        }
        let mut breaks = masks.breaks;
        while breaks != 0 {
            let at = i * BLOCK + breaks.trailing_zeros() as usize;
            breaks &= breaks - 1;
            if at < start {
                // The `\n` of `\r\n`.
                continue;
            }
            let (end, next) = match bytes[at] {
                b'\r' if bytes.get(at + 1) == Some(&b'\n') => (at, at + 2),
                0x85 => (at - 1, at + 1),
                0xA8.. => (at - 2, at + 1),
                _ => (at, at + 1),
            };
            found.count += 1;
            if start < end {
                found.lines.push((start as u32, end as u32));
            }
            start = next;
        }
    }
    if start < bytes.len() {
        found.count += 1;
        found.lines.push((start as u32, bytes.len() as u32));
    }
}

/// The phrase around three rare letters of which the last one is at a place.
#[inline(never)]
fn phrase(text: &[u8], at: usize) -> Option<Means> {
    // How far before this letter each phrase begins that has the letters. Before them nothing can be longer than one
    // byte.
    let candidates: &[usize] = match text[at] | 0x20 {
        b'u' => &["lorem ips".len()],
        b'v' => &["ja".len()],
        b'o' => &["co", "uses co", "use of co", "use co"].map(str::len),
        _ => &["privacy polic".len()],
    };
    let begins = candidates
        .iter()
        .filter_map(|&before| text.get(at.checked_sub(before)?..));
    let mut found = begins.flat_map(|text| {
        let here = PHRASES
            .iter()
            .filter(|phrase| begins_with(text, phrase.words));
        here.map(|phrase| phrase.means)
    });
    found.next()
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
    use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
    use proptest::prop_oneof;
    use proptest::sample::select;

    use super::{Has, Lines, scan};
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

    /// What a piece has, looked for plainly.
    fn plain_has(piece: &str) -> Has {
        let lower = piece.to_lowercase();
        let has = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
        Has {
            bracket: piece.contains('['),
            brace: piece.contains('{'),
            filler: has(&["lorem ipsum"]),
            script: has(&["javascript"]),
            policy: has(&[
                "terms of use",
                "privacy policy",
                "cookie policy",
                "uses cookies",
                "use of cookies",
                "use cookies",
            ]),
        }
    }

    fn check(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
        let mut found = Lines::default();
        found.look(text);
        let mut portable = Lines::default();
        scan::<Portable>(text, &mut portable);
        prop_assert_eq!(&found.lines, &portable.lines);
        prop_assert_eq!(&found.hits, &portable.hits);
        let mut lines = plain(text);
        prop_assert_eq!(found.count(), lines.len() as u64);
        prop_assert_eq!(portable.count(), found.count());
        lines.retain(|line| !line.is_empty());
        let texts: Vec<_> = found.ranges().map(|line| &text[line]).collect();
        prop_assert_eq!(texts, lines);
        let mut hits = found.hits();
        for line in found.ranges() {
            let has = hits.up_to(line.end);
            prop_assert_eq!(has, plain_has(&text[line.clone()]), "{:?}", &text[line]);
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
            "uses coo\u{212a}ies",
            "Use of ",
            "Use ",
            "cookies",
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
            "use of cookies",
            "uses cookies",
            "cookie policy",
            "privacy policy",
            "terms of use",
        ] {
            for at in 40..140 {
                let text = format!("{}{phrase}{}\nb", "x".repeat(at), "y".repeat(70));
                let mut found = Lines::default();
                found.look(&text);
                let mut hits = found.hits();
                let found: Vec<_> = found.ranges().map(|line| hits.up_to(line.end)).collect();
                assert_eq!(
                    found,
                    [plain_has(phrase), Has::default()],
                    "{phrase} at {at}"
                );
            }
        }
    }
}
