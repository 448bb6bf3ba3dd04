//! Texts as units that stand side by side, so that a gram is a piece of one string; and where units lie in the text.

use std::ops::Range;

use super::Units;
use crate::words::simplify::{simplify, simplify_traced};
use crate::words::spacy_en::SpacyEn;
use crate::words::splitters::whitespace;

/// The units of a text, joined.
#[derive(Debug, Default)]
pub(super) struct Joined {
    bytes: Vec<u8>,
    /// Where each unit begins, and where the one behind the last would. A separator of one byte follows every unit.
    starts: Vec<u32>,
}

impl Joined {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.starts.clear();
    }

    /// Adds a unit. Those beyond 4 GiB are left out.
    #[inline(always)]
    fn push(&mut self, unit: &[u8]) {
        self.bytes.extend_from_slice(unit);
        self.end();
    }

    /// Ends a unit whose bytes were written.
    #[inline(always)]
    fn end(&mut self) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.bytes.push(b' ');
        if let Ok(end) = u32::try_from(self.bytes.len()) {
            self.starts.push(end);
        }
    }

    /// How many units there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// How many grams of `n` units there are.
    pub(super) fn grams(&self, n: usize) -> usize {
        (self.len() + 1).saturating_sub(n.max(1))
    }

    /// Gram `i` of `n` units.
    #[inline(always)]
    pub(super) fn gram(&self, i: usize, n: usize) -> &[u8] {
        &self.bytes[self.starts[i] as usize..self.starts[i + n] as usize - 1]
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + 4 * self.starts.capacity()
    }
}

/// Cuts texts into units; holds the memory that this takes.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    spacy: SpacyEn,
    simplified: String,
}

impl Cutter {
    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.spacy.memory() + self.simplified.capacity()
    }

    /// Appends the units of a text.
    pub(super) fn cut(&mut self, units: Units, text: &str, joined: &mut Joined) {
        match units {
            Units::SimplifiedSpacyEn => {
                self.simplified.clear();
                simplify(text, &mut self.simplified);
                self.spacy
                    .words(&self.simplified, |word| joined.push(word.as_bytes()));
            }
            Units::PlainWords => {
                for word in whitespace(text) {
                    let start = joined.bytes.len();
                    plain(word, &mut joined.bytes);
                    if joined.bytes.len() > start {
                        joined.end();
                    }
                }
            }
            Units::Paragraphs => {
                for line in text.split('\n') {
                    joined.push(line.as_bytes());
                }
            }
        }
    }

    /// Where each unit lies in the text, in bytes.
    pub(super) fn places(&mut self, units: Units, text: &str) -> Vec<Range<usize>> {
        let start_of = |piece: &str| piece.as_ptr() as usize - text.as_ptr() as usize;
        let place = |piece: &str| start_of(piece)..start_of(piece) + piece.len();
        match units {
            Units::SimplifiedSpacyEn => {
                let traced = simplify_traced(text);
                let mut places = Vec::new();
                self.spacy.tokens(&traced.text, |token| {
                    if !token.space {
                        places.push(traced.source(token.start..token.end));
                    }
                });
                places
            }
            Units::PlainWords => {
                let mut scratch = Vec::new();
                let is_word = |word: &&str| {
                    scratch.clear();
                    plain(word, &mut scratch);
                    !scratch.is_empty()
                };
                whitespace(text).filter(is_word).map(place).collect()
            }
            Units::Paragraphs => text.split('\n').map(place).collect(),
        }
    }
}

/// Appends a word in lower case without ASCII punctuation.
fn plain(word: &str, out: &mut Vec<u8>) {
    if word.is_ascii() {
        let kept = word.bytes().filter(|byte| !byte.is_ascii_punctuation());
        out.extend(kept.map(|byte| byte.to_ascii_lowercase()));
        return;
    }
    let lower = word.to_lowercase();
    out.extend(lower.bytes().filter(|byte| !byte.is_ascii_punctuation()));
}

#[cfg(test)]
mod tests {
    use super::{Cutter, Joined};
    use crate::decontaminate::Units;
    use proptest::prelude::*;

    fn units(units: Units, text: &str) -> Vec<String> {
        let mut joined = Joined::default();
        Cutter::default().cut(units, text, &mut joined);
        (0..joined.len())
            .map(|i| String::from_utf8_lossy(joined.gram(i, 1)).into_owned())
            .collect()
    }

    fn places(units: Units, text: &str) -> Vec<&str> {
        let places = Cutter::default().places(units, text);
        places.into_iter().map(|place| &text[place]).collect()
    }

    #[test]
    fn units_and_where_they_lie() {
        let text = "It’s 1,234 Déjà-vus -- don't\nPAY ÉTÉ.";
        let plain = ["it’s", "1234", "déjàvus", "dont", "pay", "été"];
        assert_eq!(units(Units::PlainWords, text), plain);
        let plain = ["It’s", "1,234", "Déjà-vus", "don't", "PAY", "ÉTÉ."];
        assert_eq!(places(Units::PlainWords, text), plain);
        let simplified = ["it", "s", "0", "deja", "vus", "don", "t", "pay", "ete"];
        assert_eq!(units(Units::SimplifiedSpacyEn, text), simplified);
        let simplified = ["It", "s", "1,234", "Déjà", "vus", "don", "t", "PAY", "ÉTÉ"];
        assert_eq!(places(Units::SimplifiedSpacyEn, text), simplified);
        assert_eq!(units(Units::Paragraphs, "a b\n\nc"), ["a b", "", "c"]);
        assert_eq!(places(Units::Paragraphs, "a b\n\nc"), ["a b", "", "c"]);
        assert!(units(Units::PlainWords, " -- ").is_empty());
    }

    proptest! {
        #[test]
        fn every_unit_has_a_place(text in "(?:[a-zA-Z ,.0-9'\n-]|[ÀéΣşꙺ\u{301}\u{1D165}\u{1D16D}가﷼①٣５]){0,60}") {
            for kind in [Units::SimplifiedSpacyEn, Units::PlainWords, Units::Paragraphs] {
                let cut = units(kind, &text);
                let places = places(kind, &text);
                prop_assert_eq!(cut.len(), places.len());
                for (unit, place) in cut.iter().zip(places) {
                    // A place holds what the unit is made of: cut again, the unit is among what comes out.
                    prop_assert!(unit.is_empty() || !place.is_empty());
                }
            }
        }
    }
}
