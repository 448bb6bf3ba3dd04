//! Characters as Python 3.11 (Unicode 14.0.0) classifies and maps them: the published signals were
//! computed by it, so its tables are the definition. They come from `data/unicode14.txt`.

use std::collections::HashMap;
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
    /// Lowercasing or decomposing changes it, or it is a mark that decomposing may move.
    pub(crate) const MAPPED: u8 = 32;
    /// Before a capital sigma it makes that final.
    pub(crate) const CASED: u8 = 64;
    /// Skipped when looking for what makes a sigma final.
    pub(crate) const IGNORABLE: u8 = 128;
}

const SOURCE: &str = include_str!("../data/unicode14.txt");
const CHARS: usize = 0x11_0000;

/// The tables, made once.
pub(crate) static TABLES: LazyLock<Tables> = LazyLock::new(Tables::new);

/// Classes, combining classes and mappings of all characters.
pub(crate) struct Tables {
    class: Vec<u8>,
    combining: HashMap<u32, u8>,
    map: HashMap<u32, Vec<char>>,
}

impl Tables {
    fn new() -> Self {
        let mut tables = Self {
            class: vec![0; CHARS],
            combining: HashMap::new(),
            map: HashMap::new(),
        };
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
                let to = codes.filter_map(char::from_u32).collect();
                tables.class[from as usize] |= class::MAPPED;
                tables.map.insert(from, to);
                continue;
            }
            let (range, value) = line.split_once(' ').unwrap_or((line, ""));
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            for c in hex(first)..=hex(last) {
                let bit = match section {
                    "set word" => class::WORD,
                    "set space" => class::SPACE,
                    "set numeric" => class::NUMERIC,
                    "set upper" => class::UPPER,
                    "set lower" | "set title" => class::LOWER,
                    "set cased" => class::CASED,
                    "set ignorable" => class::IGNORABLE,
                    _ => {
                        tables.combining.insert(c, value.parse().unwrap_or(0));
                        class::MAPPED
                    }
                };
                tables.class[c as usize] |= bit;
            }
        }
        for c in 0xAC00..=0xD7A3 {
            tables.class[c] |= class::MAPPED;
        }
        tables
    }

    /// The class bits of a character.
    pub(crate) fn class(&self, c: char) -> u8 {
        self.class[c as usize]
    }

    fn combining(&self, c: char) -> u8 {
        self.combining.get(&(c as u32)).copied().unwrap_or(0)
    }

    /// A word without ASCII punctuation, lowercased and decomposed.
    pub(crate) fn normalise(&self, word: &[char]) -> Vec<char> {
        let mut out = Vec::new();
        for (i, &c) in word.iter().enumerate() {
            if c == 'Σ' && self.final_sigma(&word[..i], &word[i + 1..]) {
                out.push('ς');
            } else if ('\u{AC00}'..='\u{D7A3}').contains(&c) {
                let s = c as u32 - 0xAC00;
                let jamo = [0x1100 + s / 588, 0x1161 + s % 588 / 28, 0x11A7 + s % 28];
                let n = if s.is_multiple_of(28) { 2 } else { 3 };
                out.extend(jamo[..n].iter().filter_map(|&j| char::from_u32(j)));
            } else if let Some(to) = self.map.get(&(c as u32)) {
                out.extend(to);
            } else {
                out.push(c);
            }
        }
        for run in out.chunk_by_mut(|_, &b| self.combining(b) != 0) {
            run.sort_by_key(|&c| self.combining(c));
        }
        out
    }

    fn final_sigma(&self, before: &[char], after: &[char]) -> bool {
        let cased = |c: Option<&char>| c.is_some_and(|&c| self.class(c) & class::CASED != 0);
        let seen = |c: &&char| self.class(**c) & class::IGNORABLE == 0;
        cased(before.iter().rev().find(seen)) && !cased(after.iter().find(seen))
    }
}
