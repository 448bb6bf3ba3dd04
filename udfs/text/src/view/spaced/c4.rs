//! What C4's rules, as Dolma has them, look for among the words: bad words and phrases, `javascript`, lorem
//! ipsum.
//!
//! Phrases are found where they stand only if the document has words that end like their first and begin like
//! their second word, which few documents have.

use std::sync::LazyLock;

use crate::lists::{LanguageLists, Lists};
use crate::view::vocabulary::Vocabulary;
use crate::view::with_bytes;
use crate::view::word::{HIGH, Key, LOW};

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// A bad word as a word in lower case, or a bad phrase anywhere in the text in lower case.
    pub(crate) bad: bool,
    /// A word `javascript` in lower case.
    pub(crate) javascript: bool,
    /// `javascript` anywhere in the text in lower case.
    pub(crate) javascript_inside: bool,
    /// `lorem ipsum` anywhere in the text in lower case.
    pub(crate) lorem_ipsum: bool,
}

const JAVASCRIPT: &[u8] = b"javascript";
const LOREM_IPSUM: &str = "lorem ipsum";

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let list = || include_str!("../../../data/bad_words/en.txt").lines();
    let phrases = list().filter(|entry| entry.contains(' '));
    let mut all = Phrases::new(phrases.chain([LOREM_IPSUM]));
    for entry in list() {
        let mut begin = [0; 4];
        let len = entry.len().min(3);
        begin[..len].copy_from_slice(&entry.as_bytes()[..len]);
        all.bad.add(u32::from_le_bytes(begin));
    }
    all
});

/// Phrases by how their first word ends and their second begins. A phrase is a bit of a set.
struct Phrases {
    whole: Vec<&'static str>,
    first: Parts,
    second: Parts,
    /// How bad words begin: three bytes, zeros behind shorter ones.
    bad: Bits,
}

type Set = u128;

/// A word of a phrase.
#[derive(Clone)]
struct Part {
    /// Two bytes at the end that is looked at.
    two: u16,
    bytes: &'static [u8],
    /// Whether a word must be no more than it.
    whole: bool,
    phrase: Set,
}

/// Words that begin or end a certain way.
#[derive(Default)]
struct Parts {
    /// Which three bytes at that end are worth a look; of parts of two bytes, which two.
    three: Bits,
    two: Bits,
    /// The parts by the first of two bytes at that end.
    parts: Vec<Vec<Part>>,
    /// Phrases whose part is a single byte: always there.
    always: Set,
}

/// A set of short strings, as the lower bytes of a number. It may have others that the same bit stands for.
#[derive(Default)]
struct Bits(Vec<u64>);

impl Bits {
    const SIZE: u32 = 1 << 15;

    #[inline(always)]
    fn bit(bytes: u32) -> usize {
        // Spreads the bits over the upper 15.
        (bytes.wrapping_mul(0x9E37_79B1) >> (32 - Self::SIZE.trailing_zeros())) as usize
    }

    fn add(&mut self, bytes: u32) {
        self.0.resize(Self::SIZE as usize / 64, 0);
        self.0[Self::bit(bytes) / 64] |= 1 << (Self::bit(bytes) % 64);
    }

    #[inline(always)]
    fn may_have(&self, bytes: u32) -> bool {
        let bit = Self::bit(bytes);
        self.0
            .get(bit / 64)
            .is_some_and(|bits| bits >> (bit % 64) & 1 != 0)
    }
}

/// The lowest three bytes.
const THREE: u32 = 0xFF_FFFF;

impl Parts {
    fn add(
        &mut self,
        part: &'static str,
        (two, three): (Option<[u8; 2]>, Option<[u8; 3]>),
        whole: bool,
        phrase: Set,
    ) {
        let Some(two) = two.map(u16::from_le_bytes) else {
            self.always |= phrase;
            return;
        };
        match three {
            Some([a, b, c]) => self.three.add(u32::from_le_bytes([a, b, c, 0])),
            None => self.two.add(two.into()),
        }
        self.parts.resize(1 << 8, Vec::new());
        self.parts[usize::from(two as u8)].push(Part {
            two,
            bytes: part.as_bytes(),
            whole,
            phrase,
        });
    }

    /// Whether a look is worth it, by three bytes at that end and by two.
    #[inline(always)]
    fn may_have(&self, three: u32, two: u16) -> bool {
        self.three.may_have(three) || self.two.may_have(two.into())
    }

    /// The phrases that a word of some length may belong to.
    fn of(&self, two: u16, len: usize, is: impl Fn(&[u8]) -> bool) -> Set {
        let near = self.parts.get(usize::from(two as u8)).into_iter().flatten();
        let like = near.filter(|part| part.two == two);
        like.filter(|part| is(part.bytes) && (!part.whole || len == part.bytes.len()))
            .fold(0, |set, part| set | part.phrase)
    }
}

impl Phrases {
    fn new(phrases: impl Iterator<Item = &'static str>) -> Self {
        let mut all = Self {
            whole: Vec::new(),
            first: Parts::default(),
            second: Parts::default(),
            bad: Bits::default(),
        };
        for phrase in phrases {
            let bit = 1 << all.whole.len();
            all.whole.push(phrase);
            let mut words = phrase.split(' ');
            let mut next = || words.next().unwrap_or_default();
            let (first, second) = (next(), next());
            let end = first.as_bytes();
            let end = (end.last_chunk().copied(), end.last_chunk().copied());
            all.first.add(first, end, false, bit);
            let begin = second.as_bytes();
            let begin = (begin.first_chunk().copied(), begin.first_chunk().copied());
            all.second.add(second, begin, words.next().is_some(), bit);
        }
        all
    }
}

impl Listed {
    /// Looks at all words.
    pub(super) fn measure(&mut self, text: &str, vocabulary: &Vocabulary) {
        let phrases = &*PHRASES;
        let bad_words = Lists::builtin().language("en").map(|list| &list.words);
        let bad = |value: u32| value & LanguageLists::BAD != 0;
        let (mut first, mut second) = (phrases.first.always, phrases.second.always);
        let javascript = Key::of(JAVASCRIPT);
        let mut lower = Vec::new();
        for word in vocabulary.words() {
            if (word.key.low | word.key.high) & HIGH != 0 {
                with_bytes(vocabulary, word.key, |word| lowercase(word, &mut lower));
                self.bad |= bad_words.is_some_and(|table| bad(table.get(&lower)));
                self.javascript_inside |= contains(&lower, JAVASCRIPT);
                self.javascript |= lower == JAVASCRIPT;
                if let Some(&two) = lower.last_chunk() {
                    let two = u16::from_le_bytes(two);
                    first |= phrases
                        .first
                        .of(two, lower.len(), |part| lower.ends_with(part));
                }
                if let Some(&two) = lower.first_chunk() {
                    let two = u16::from_le_bytes(two);
                    second |= phrases
                        .second
                        .of(two, lower.len(), |part| lower.starts_with(part));
                }
                continue;
            }
            let key = word.key.lowercase();
            let begin = key.low as u32 & THREE;
            if phrases.bad.may_have(begin) {
                self.bad |= bad_words.is_some_and(|table| bad(table.short(key)));
            }
            let len = key.len();
            if len < 2 {
                continue;
            }
            let all = u128::from(key.low) | u128::from(key.high) << 64;
            // With a word of two bytes, the space before it.
            let end = (all << 8 >> (8 * (len - 2))) as u32 & THREE;
            let end_two = (end >> 8) as u16;
            if phrases.first.may_have(end, end_two) {
                let (bytes, len) = key.bytes();
                let of = |part: &[u8]| bytes[..len].ends_with(part);
                first |= phrases.first.of(end_two, len, of);
            }
            let begin_two = begin as u16;
            if phrases.second.may_have(begin, begin_two) {
                let (bytes, len) = key.bytes();
                let of = |part: &[u8]| bytes[..len].starts_with(part);
                second |= phrases.second.of(begin_two, len, of);
            }
            if len >= JAVASCRIPT.len() && has_j(key) {
                let (bytes, len) = key.bytes();
                self.javascript |= Some(key) == javascript;
                self.javascript_inside |= contains(&bytes[..len], JAVASCRIPT);
            }
        }
        self.find(text, phrases, first & second);
    }

    /// Looks for phrases in the text.
    fn find(&mut self, text: &str, phrases: &Phrases, mut candidates: Set) {
        if candidates == 0 {
            return;
        }
        let lower = lowercase_text(text);
        while candidates != 0 {
            let phrase = phrases.whole[candidates.trailing_zeros() as usize];
            candidates &= candidates - 1;
            if lower.contains(phrase) {
                if phrase == LOREM_IPSUM {
                    self.lorem_ipsum = true;
                } else {
                    self.bad = true;
                }
            }
        }
    }
}

fn contains(word: &[u8], part: &[u8]) -> bool {
    word.windows(part.len()).any(|window| window == part)
}

/// Whether a lowercase ASCII word has a `j`.
#[inline(always)]
fn has_j(key: Key) -> bool {
    let zero = |bytes: u64| bytes.wrapping_sub(LOW) & !bytes & HIGH != 0;
    zero(key.low ^ (LOW * b'j' as u64)) || zero(key.high ^ (LOW * b'j' as u64))
}

const KELVIN: char = '\u{212A}';
const DOTTED: char = '\u{130}';

/// Lowercases as far as ASCII can come of it: besides ASCII, of the Kelvin sign and of an I with a dot. Other
/// characters stay: in lower case they are not ASCII either.
fn lowercase_text(text: &str) -> String {
    let mut lower = text.to_ascii_lowercase();
    if !lower.is_ascii() {
        for (capital, small) in [(KELVIN, "k"), (DOTTED, "i\u{307}")] {
            if lower.contains(capital) {
                lower = lower.replace(capital, small);
            }
        }
    }
    lower
}

/// The same of a word.
fn lowercase(word: &[u8], lower: &mut Vec<u8>) {
    lower.clear();
    match std::str::from_utf8(word) {
        Ok(word) if word.contains([KELVIN, DOTTED]) => {
            lower.extend_from_slice(lowercase_text(word).as_bytes());
        }
        _ => lower.extend(word.iter().map(u8::to_ascii_lowercase)),
    }
}

#[cfg(test)]
mod tests {
    use super::{PHRASES, lowercase, lowercase_text};

    #[test]
    fn phrases_fit_into_a_set() {
        assert!(PHRASES.whole.len() <= 128, "{}", PHRASES.whole.len());
        assert_eq!(PHRASES.whole.len(), 125);
    }

    #[test]
    fn lowercases_as_python_does() {
        let mut lower = Vec::new();
        lowercase("\u{212A}ILL \u{130}T Ä".as_bytes(), &mut lower);
        assert_eq!(String::from_utf8_lossy(&lower), "kill i\u{307}t Ä");
        assert_eq!(lowercase_text("\u{212A}ILL \u{130}T Ä"), "kill i\u{307}t Ä");
    }
}
