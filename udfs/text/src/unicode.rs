//! Characters as Python 3.11 (Unicode 14.0.0) classifies and maps them: the published signals were
//! computed by it, so its tables are the definition. `data/unicode14.txt` holds them; the tables here
//! are made from it once, when the first text beyond ASCII is met.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// What a character is, as bits.
pub(crate) mod class {
    /// A character of `\w`: letters, numerals and `_`, not combining marks.
    pub(crate) const WORD: u8 = 1;
    /// Whitespace of `str.split`, `str.strip` and `\s`.
    pub(crate) const SPACE: u8 = 2;
    /// A character with a numeric value.
    pub(crate) const NUMERIC: u8 = 4;
    /// Property Uppercase.
    pub(crate) const UPPER: u8 = 8;
    /// Property Lowercase, or a titlecase letter: a word with one is not in capitals.
    pub(crate) const LOWER: u8 = 16;
    /// Normalising may change it: it has a mapping, or is a mark that may have to move.
    pub(crate) const MAPPED: u8 = 32;
    /// Makes a capital sigma behind it final.
    pub(crate) const CASED: u8 = 64;
    /// Skipped when looking for what makes a sigma final.
    pub(crate) const IGNORABLE: u8 = 128;
}

const SOURCE: &str = include_str!("../data/unicode14.txt");
pub(crate) const CHARS: usize = 0x11_0000;
const PAGE: usize = 128;

const SIGMA: u32 = 'Σ' as u32;
const HANGUL: std::ops::RangeInclusive<u32> = 0xAC00..=0xD7A3;

/// The tables, made once.
static TABLES: LazyLock<Tables> = LazyLock::new(Tables::new);

/// Classes, combining classes and mappings of all characters.
pub(crate) struct Tables {
    /// Classes, by pages of equal content.
    classes: Pages<u8>,
    /// Numbers of mappings; 0 where there is none.
    mappings: Pages<u16>,
    mapped: Vec<Mapping>,
    /// The UTF-8 that mappings write.
    pool: Vec<u8>,
}

/// What normalising writes for a character.
#[derive(Clone, Copy, Default)]
struct Mapping {
    start: u32,
    len: u8,
    /// The combining classes of the first and of the last character written.
    first: u8,
    last: u8,
}

/// A value for every character, in pages of which equal ones are kept once.
pub(crate) struct Pages<T> {
    page: Vec<u16>,
    values: Vec<T>,
}

impl<T: Copy + Eq + std::hash::Hash> Pages<T> {
    pub(crate) fn new(all: &[T]) -> Self {
        let mut known = HashMap::new();
        let mut values = Vec::new();
        let page = all.chunks(PAGE).map(|chunk| {
            *known.entry(chunk).or_insert_with(|| {
                values.extend_from_slice(chunk);
                (values.len() / PAGE - 1) as u16
            })
        });
        Self {
            page: page.collect(),
            values,
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self, code: u32) -> T {
        let code = code as usize;
        self.values[usize::from(self.page[code / PAGE]) * PAGE + code % PAGE]
    }
}

impl Tables {
    /// The tables of the process.
    pub(crate) fn get() -> &'static Self {
        &TABLES
    }

    fn new() -> Self {
        let mut classes = vec![0; CHARS];
        let mut combining = HashMap::new();
        let mut maps = Vec::new();
        let hex = |s: &str| u32::from_str_radix(s, 16).unwrap_or(0);
        let mut section = "";
        for line in SOURCE.lines() {
            if line.starts_with('#') {
                continue;
            }
            if line.starts_with("set ") || line == "ccc" || line == "map" {
                section = line;
                continue;
            }
            if section == "map" {
                let mut codes = line.split(' ').map(hex);
                let from = codes.next().unwrap_or(0);
                maps.push((from, codes.filter_map(char::from_u32).collect::<String>()));
                continue;
            }
            let (range, value) = line.split_once(' ').unwrap_or((line, ""));
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            for code in hex(first)..=hex(last) {
                classes[code as usize] |= match section {
                    "set word" => class::WORD,
                    "set space" => class::SPACE,
                    "set numeric" => class::NUMERIC,
                    "set upper" => class::UPPER,
                    "set lower" | "set title" => class::LOWER,
                    "set cased" => class::CASED,
                    "set ignorable" => class::IGNORABLE,
                    _ => {
                        combining.insert(code, value.parse().unwrap_or(0));
                        class::MAPPED
                    }
                };
            }
        }
        for code in HANGUL {
            classes[code as usize] |= class::MAPPED;
        }

        // Marks that map to themselves are there for their combining class.
        let marks = combining.keys().filter_map(|&code| char::from_u32(code));
        let unmapped: HashMap<u32, String> = marks.map(|c| (c as u32, c.into())).collect();
        let mut all: HashMap<u32, String> = unmapped;
        all.extend(maps);
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_unstable();

        let mut mappings = vec![0; CHARS];
        let mut mapped = vec![Mapping::default()];
        let mut pool = Vec::new();
        let class_of = |c: Option<char>| {
            c.and_then(|c| combining.get(&(c as u32)))
                .copied()
                .unwrap_or(0)
        };
        for (code, to) in &all {
            classes[*code as usize] |= class::MAPPED;
            mappings[*code as usize] = mapped.len() as u16;
            mapped.push(Mapping {
                start: pool.len() as u32,
                len: to.len() as u8,
                first: class_of(to.chars().next()),
                last: class_of(to.chars().next_back()),
            });
            pool.extend_from_slice(to.as_bytes());
        }
        Self {
            classes: Pages::new(&classes),
            mappings: Pages::new(&mappings),
            mapped,
            pool,
        }
    }

    /// The class bits of a character.
    #[inline(always)]
    pub(crate) fn class(&self, code: u32) -> u8 {
        self.classes.get(code)
    }

    /// Whether a character is whitespace.
    pub(crate) fn is_space(&self, c: char) -> bool {
        self.class(c as u32) & class::SPACE != 0
    }

    /// Appends the lowercase canonical decomposition of a word, which must hold no ASCII punctuation
    /// and no space: nothing outside of it then bears on the result.
    pub(crate) fn normalise(&self, word: &str, out: &mut Vec<u8>) {
        self.normalise_part(word, 0..word.len(), out);
    }

    /// Appends the lowercase canonical decomposition of a part of a text. What is around it tells only
    /// whether a sigma is final.
    pub(crate) fn normalise_part(&self, text: &str, part: Range<usize>, out: &mut Vec<u8>) {
        let start = out.len();
        let mut last = 0;
        let mut ordered = true;
        let bytes = text.as_bytes();
        let mut at = part.start;
        while at < part.end {
            let byte = bytes[at];
            if byte < 0x80 {
                out.push(byte.to_ascii_lowercase());
                last = 0;
                at += 1;
                continue;
            }
            let (code, len) = decode(bytes, at);
            let next = at + len;
            if HANGUL.contains(&code) {
                push_jamo(code, out);
                last = 0;
            } else {
                let mut mapping = self.mapped[usize::from(self.mappings.get(code))];
                if mapping.len == 0 {
                    out.extend_from_slice(&bytes[at..next]);
                } else if code == SIGMA && self.is_final(&text[..at], &text[next..]) {
                    out.extend_from_slice("ς".as_bytes());
                    mapping.last = 0;
                } else {
                    let from = mapping.start as usize;
                    out.extend_from_slice(&self.pool[from..from + usize::from(mapping.len)]);
                }
                ordered &= mapping.first == 0 || mapping.first >= last;
                last = mapping.last;
            }
            at = next;
        }
        if !ordered {
            self.reorder(start, out);
        }
    }

    /// Puts the marks behind each character in canonical order.
    #[cold]
    fn reorder(&self, start: usize, out: &mut Vec<u8>) {
        let mut chars = Vec::new();
        let mut at = start;
        while at < out.len() {
            let (code, len) = if out[at] < 0x80 {
                (out[at].into(), 1)
            } else {
                decode(out, at)
            };
            let class = self.mapped[usize::from(self.mappings.get(code))];
            // A character with a mapping is never written, so `first` is its own class.
            chars.push((class.first, code));
            at += len;
        }
        for run in chars.chunk_by_mut(|_, next| next.0 != 0) {
            run.sort_by_key(|&(class, _)| class);
        }
        out.truncate(start);
        let mut utf8 = [0; 4];
        for c in chars.iter().filter_map(|&(_, code)| char::from_u32(code)) {
            out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
        }
    }

    /// Whether a capital sigma is final: a cased character before it and none behind it, ignorable
    /// ones aside.
    fn is_final(&self, before: &str, after: &str) -> bool {
        let seen = |c: &u8| c & class::IGNORABLE == 0;
        let class = |c: char| self.class(c as u32);
        let cased = |c: Option<u8>| c.is_some_and(|c| c & class::CASED != 0);
        cased(before.chars().rev().map(class).find(seen))
            && !cased(after.chars().map(class).find(seen))
    }
}

/// The jamo of a Hangul syllable.
fn push_jamo(code: u32, out: &mut Vec<u8>) {
    let index = code - HANGUL.start();
    let jamo = [
        0x1100 + index / 588,
        0x1161 + index % 588 / 28,
        0x11A7 + index % 28,
    ];
    let len = if index.is_multiple_of(28) { 2 } else { 3 };
    for code in &jamo[..len] {
        // All jamo take three bytes.
        out.extend_from_slice(&[
            0xE0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3F) as u8,
            0x80 | (code & 0x3F) as u8,
        ]);
    }
}

/// The value of a decimal digit of any script (category Nd).
pub(crate) fn decimal(c: char) -> Option<u32> {
    /// The zeros beyond ASCII; the other nine follow.
    const ZEROS: [u32; 65] = [
        0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6,
        0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0,
        0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0,
        0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
        0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0,
        0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0,
        0x1E950, 0x1FBF0,
    ];
    if c.is_ascii() {
        return c.to_digit(10);
    }
    let code = c as u32;
    let above = ZEROS.partition_point(|&zero| zero <= code);
    let zero = *ZEROS.get(above.checked_sub(1)?)?;
    Some(code - zero).filter(|&value| value < 10)
}

/// A text without the spaces around it.
pub(crate) fn strip(text: &str) -> &str {
    let ascii = |b: &u8| matches!(b, 9..=13 | 28..=32);
    let start = text.bytes().take_while(ascii).count();
    let end = text.len() - text.bytes().rev().take_while(ascii).count();
    let text = text.get(start..end).unwrap_or_default();
    match text.as_bytes() {
        [0x80..=0xFF, ..] | [.., 0x80..=0xFF] => {
            let tables = Tables::get();
            text.trim_matches(|c| tables.is_space(c))
        }
        _ => text,
    }
}

/// The lines of Python's `splitlines`, as ranges without their ends.
pub(crate) fn split_lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_break = |c| {
        matches!(
            c,
            '\n'..='\r' | '\x1C'..='\x1E' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let end = rest.find(is_break).unwrap_or(rest.len());
        let mut behind = rest[end..].chars();
        let tail = match behind.next() {
            Some('\r') if behind.as_str().starts_with('\n') => 2,
            Some(c) => c.len_utf8(),
            None => 0,
        };
        let line = start..start + end;
        start = line.end + tail;
        Some(line)
    })
}

/// The character beyond ASCII that begins at a byte of valid UTF-8, and its length in bytes.
#[inline(always)]
pub(crate) fn decode(text: &[u8], at: usize) -> (u32, usize) {
    let byte = |i: usize| u32::from(text.get(at + i).copied().unwrap_or(0));
    let tail = |i: usize| byte(i) & 0x3F;
    let lead = byte(0);
    if lead < 0xE0 {
        ((lead & 0x1F) << 6 | tail(1), 2)
    } else if lead < 0xF0 {
        ((lead & 0x0F) << 12 | tail(1) << 6 | tail(2), 3)
    } else {
        let code = (lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
        (code, 4)
    }
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::{CHARS, Tables, class};

    fn chars() -> impl Iterator<Item = char> {
        (0..CHARS as u32).filter_map(char::from_u32)
    }

    #[test]
    fn classes_are_those_that_python_was_asked_for() {
        let ranges = include_str!("../tests/unicode14_ranges.json");
        let ranges: serde_json::Value = serde_json::from_str(ranges).unwrap_or_default();
        let tables = Tables::get();
        for (name, bit) in [
            ("word", class::WORD),
            ("space", class::SPACE),
            ("numeric", class::NUMERIC),
            ("upper", class::UPPER),
        ] {
            let mut expected = vec![false; CHARS];
            for range in ranges[name].as_array().into_iter().flatten() {
                let end = |i: usize| range[i].as_u64().unwrap_or(0) as usize;
                expected[end(0)..=end(1)].fill(true);
            }
            for c in chars() {
                let found = tables.class(c as u32) & bit != 0;
                assert_eq!(found, expected[c as usize], "{name} {:04X}", c as u32);
            }
        }
    }

    #[test]
    fn characters_map_as_in_newer_versions_where_they_were_known() {
        let tables = Tables::get();
        let mut newer = 0;
        for c in chars().filter(|c| !c.is_ascii()) {
            let mut mapped = Vec::new();
            tables.normalise(c.encode_utf8(&mut [0; 4]), &mut mapped);
            let now: String = c.to_lowercase().nfd().collect();
            if mapped == now.as_bytes() {
                continue;
            }
            // A character that Unicode 14 did not know stays as it is.
            assert_eq!(mapped, c.to_string().as_bytes(), "{:04X}", c as u32);
            assert_eq!(tables.class(c as u32), 0, "{:04X}", c as u32);
            newer += 1;
        }
        assert!(newer < 200, "{newer} characters");
    }

    #[test]
    fn marks_are_put_in_order() {
        let normalise = |word: &str| {
            let mut out = b"kept ".to_vec();
            Tables::get().normalise(word, &mut out);
            String::from_utf8(out).unwrap_or_default()
        };
        assert_eq!(normalise("Q\u{307}\u{323}"), "kept q\u{323}\u{307}");
        assert_eq!(normalise("\u{1E69}\u{323}"), "kept s\u{323}\u{323}\u{307}");
        assert_eq!(normalise("\u{301}\u{323}"), "kept \u{323}\u{301}");
        assert_eq!(normalise("각"), "kept \u{1100}\u{1161}\u{11A8}");
        assert_eq!(normalise("İ"), "kept i\u{307}");
    }

    #[test]
    fn a_capital_sigma_is_final_behind_a_letter() {
        for (word, lower) in [
            ("ΟΔΟΣ", "οδος"),
            ("Σ", "σ"),
            ("ΣΑ", "σα"),
            ("ΑΣ\u{AD}", "ας\u{AD}"),
            ("ΑΣ\u{AD}Α", "ασ\u{AD}α"),
            ("Α\u{301}Σ", "α\u{301}ς"),
            ("中Σ", "中σ"),
        ] {
            let mut out = Vec::new();
            Tables::get().normalise(word, &mut out);
            assert_eq!(out, lower.as_bytes(), "{word}");
            assert_eq!(lower, word.to_lowercase(), "{word}");
        }
    }
}
