//! Ways that compare n-grams of words, one document after the other.

use unicode_segmentation::UnicodeSegmentation;
use xxhash_rust::xxh3::xxh3_64;

use super::Cut;
use super::bff::{self, Mode};
use super::copies::Tools;
use super::dolma::{self, Asked, paragraphs};
use super::seen::Seen;

/// A byte that no text has, behind each word of a gram.
const BEHIND: u8 = 0xFF;

/// A letter to UAX #29 from Unicode 17 on, and none to the versions of it that Dolma and `bff` were built with.
const CEDILLA: &str = "\u{B8}";

/// No letter to any version, and as long.
const NO_LETTER: &str = "\u{B6}";

/// A way that compares n-grams of words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grams {
    /// Dolma's `dedupe` with `by_ngram`.
    Dolma {
        /// Words of a gram.
        words: usize,
        /// At least so many words lie between the starts of two grams that are looked at.
        stride: usize,
        /// A paragraph goes when this share of its grams was met before.
        threshold: f32,
        /// Leaves out paragraphs of nothing but whitespace.
        skip_empty: bool,
    },
    /// DCLM's `bff`.
    Bff {
        /// What goes.
        mode: Mode,
        /// A piece of fewer words has no gram.
        min_words: usize,
        /// Words of a gram; a shorter piece is one.
        words: usize,
        /// A piece goes when more than this share of its grams was met before.
        threshold: f64,
    },
}

/// The grams of a document, as keys, paragraph by paragraph.
#[derive(Clone, Debug, Default)]
pub struct DocumentGrams {
    keys: Vec<u64>,
    /// By paragraph: where its keys end, and whether the last of them is that of the whole paragraph, which has too few
    /// grams to be judged by them.
    ends: Vec<(usize, bool)>,
}

/// What a judge says of a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The paragraphs that go, by number, and their scores.
    pub(super) removed: Vec<(u32, f64)>,
    /// Whether all of the document goes.
    pub(super) whole: bool,
}

/// Judges documents in order.
#[derive(Clone, Debug)]
pub struct Judge {
    grams: Grams,
    seen: Seen,
}

/// The words of a paragraph by UAX #29, side by side.
#[derive(Debug, Default)]
pub(super) struct Words {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Words {
    /// Takes the words of a paragraph.
    fn load(&mut self, paragraph: &str) {
        self.bytes.clear();
        self.starts.clear();
        self.starts.push(0);
        let replaced;
        let mut split = paragraph;
        if paragraph.contains(CEDILLA) {
            replaced = paragraph.replace(CEDILLA, NO_LETTER);
            split = &replaced;
        }
        for (start, word) in split.split_word_bound_indices() {
            // Whitespace as Rust has it, which these programs are written in.
            if word.chars().all(char::is_whitespace) {
                continue;
            }
            let word = &paragraph[start..start + word.len()];
            self.bytes.extend_from_slice(word.as_bytes());
            self.bytes.push(BEHIND);
            self.starts.push(self.bytes.len());
        }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The key of some words from the one of that number.
    fn key(&self, first: usize, words: usize) -> u64 {
        xxh3_64(&self.bytes[self.starts[first]..self.starts[first + words]])
    }

    /// The key of a text as if it were one word.
    fn key_of(&mut self, text: &str) -> u64 {
        self.bytes.clear();
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(BEHIND);
        xxh3_64(&self.bytes)
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.starts.capacity() * size_of::<usize>()
    }
}

impl DocumentGrams {
    /// How many keys there are: no more are added to what was seen.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.keys.capacity() * size_of::<u64>() + self.ends.capacity() * size_of::<(usize, bool)>()
    }
}

impl Grams {
    /// Reads the grams of a document.
    pub fn read(&self, tools: &mut Tools, text: &str) -> DocumentGrams {
        let mut found = DocumentGrams::default();
        let words = &mut tools.words;
        match *self {
            Self::Dolma {
                words: size,
                stride,
                skip_empty,
                ..
            } => {
                let asked = Asked {
                    skip_empty,
                    min_length: 0,
                };
                for paragraph in paragraphs(text, asked) {
                    let before = found.keys.len();
                    if !paragraph.asked {
                        found.ends.push((before, false));
                        continue;
                    }
                    words.load(paragraph.text);
                    // As long as this is 0, the next gram is looked at whatever the stride.
                    let mut last = 0;
                    for first in 0..(words.len() + 1).saturating_sub(size) {
                        if last == 0 || first - last >= stride {
                            last = first;
                            found.keys.push(words.key(first, size));
                        }
                    }
                    let short = found.keys.len() - before < 2;
                    if short {
                        found.keys.push(words.key_of(paragraph.text));
                    }
                    found.ends.push((found.keys.len(), short));
                }
            }
            Self::Bff {
                mode,
                min_words,
                words: size,
                ..
            } => {
                for piece in bff::pieces(mode, text) {
                    words.load(piece);
                    if words.len() >= size {
                        found
                            .keys
                            .extend((0..=words.len() - size).map(|first| words.key(first, size)));
                    } else if words.len() >= min_words {
                        found.keys.push(words.key(0, words.len()));
                    }
                    found.ends.push((found.keys.len(), false));
                }
            }
        }
        found
    }

    /// Cuts out what a judge says.
    pub fn cut(&self, tools: &mut Tools, text: &str, verdict: &Verdict, cut: &mut Cut) {
        cut.clear();
        match *self {
            Self::Dolma { .. } => dolma::cut(text, verdict.removed.iter().copied(), cut),
            Self::Bff { mode, .. } => bff::cut(mode, text, verdict, &mut tools.gone, cut),
        }
    }
}

impl Judge {
    /// A judge who has seen these keys.
    pub fn new(grams: Grams, seen: Seen) -> Self {
        Self { grams, seen }
    }

    /// What was seen so far.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Judges the next document.
    pub fn judge(&mut self, document: &DocumentGrams) -> Verdict {
        match self.grams {
            Grams::Dolma { threshold, .. } => self.dolma(threshold, document),
            Grams::Bff {
                mode, threshold, ..
            } => self.bff(mode, threshold, document),
        }
    }

    fn dolma(&mut self, threshold: f32, document: &DocumentGrams) -> Verdict {
        let mut verdict = Verdict::default();
        let mut start = 0;
        for (number, &(end, short)) in (0..).zip(&document.ends) {
            let keys = &document.keys[start..end];
            start = end;
            let mut again = 0;
            let mut last = false;
            for &key in keys {
                // Each is added at once: a paragraph can repeat itself.
                last = self.seen.insert(key);
                again += u32::from(last);
            }
            let score = if short {
                f32::from(u8::from(last))
            } else {
                again as f32 / keys.len() as f32
            };
            if score >= threshold {
                verdict.removed.push((number, f64::from(score)));
            }
        }
        verdict
    }

    fn bff(&mut self, mode: Mode, threshold: f64, document: &DocumentGrams) -> Verdict {
        let mut verdict = Verdict::default();
        let mut start = 0;
        let mut all_again = 0;
        for (number, &(end, _)) in (0..).zip(&document.ends) {
            let keys = &document.keys[start..end];
            start = end;
            let again = keys.iter().filter(|&&key| self.seen.contains(key)).count();
            all_again += again;
            // No gram at all is 0/0, which is no more than anything.
            let score = again as f64 / keys.len() as f64;
            if score > threshold {
                verdict.removed.push((number, score));
            } else {
                for &key in keys {
                    self.seen.insert(key);
                }
            }
        }
        verdict.whole =
            mode == Mode::OldBoth && all_again as f64 / document.keys.len() as f64 > threshold;
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn words_of_older_unicode() {
        let mut words = Words::default();
        words.load("Çì´õ¸¦ it's \u{1C}");
        let found: Vec<_> = words
            .bytes
            .split(|byte| *byte == super::BEHIND)
            .map(String::from_utf8_lossy)
            .collect();
        // The separator is no whitespace to Rust.
        assert_eq!(found, ["Çì", "´", "õ", "¸", "¦", "it's", "\u{1C}", ""]);
        assert_eq!(words.key(5, 1), words.key_of("it's"));
    }
}
