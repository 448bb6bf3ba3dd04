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
    let list = include_str!("../../../data/bad_words/en.txt").lines();
    Phrases::new(
        list.filter(|entry| entry.contains(' '))
            .chain([LOREM_IPSUM]),
    )
});

/// Phrases by how their first word ends and their second begins. A phrase is a bit of a set.
struct Phrases {
    whole: Vec<&'static str>,
    first: Parts,
    second: Parts,
}

type Set = u128;

/// Words that begin or end a certain way.
#[derive(Default)]
struct Parts {
    /// Which two bytes at that end are worth a look.
    two: Vec<u64>,
    /// These bytes, the part, whether a word must be no more than it, and the phrase; sorted.
    parts: Vec<(u16, &'static [u8], bool, Set)>,
    /// Phrases whose part is a single byte: always there.
    always: Set,
}

impl Parts {
    fn add(&mut self, part: &'static str, two: Option<[u8; 2]>, whole: bool, phrase: Set) {
        let Some(two) = two.map(u16::from_le_bytes) else {
            self.always |= phrase;
            return;
        };
        self.two.resize(1 << 10, 0);
        self.two[usize::from(two >> 6)] |= 1 << (two & 63);
        self.parts.push((two, part.as_bytes(), whole, phrase));
        self.parts.sort_unstable();
    }

    #[inline(always)]
    fn may_have(&self, two: u16) -> bool {
        self.two[usize::from(two >> 6)] >> (two & 63) & 1 != 0
    }

    /// The phrases that a word of some length may belong to.
    fn of(&self, two: u16, len: usize, is: impl Fn(&[u8]) -> bool) -> Set {
        let from = self.parts.partition_point(|part| part.0 < two);
        let like = self.parts[from..].iter().take_while(|part| part.0 == two);
        like.filter(|&&(_, part, whole, _)| is(part) && (!whole || len == part.len()))
            .fold(0, |set, part| set | part.3)
    }
}

impl Phrases {
    fn new(phrases: impl Iterator<Item = &'static str>) -> Self {
        let mut all = Self {
            whole: Vec::new(),
            first: Parts::default(),
            second: Parts::default(),
        };
        for phrase in phrases {
            let bit = 1 << all.whole.len();
            all.whole.push(phrase);
            let mut words = phrase.split(' ');
            let mut next = || words.next().unwrap_or_default();
            let (first, second) = (next(), next());
            let last = first.as_bytes().last_chunk().copied();
            all.first.add(first, last, false, bit);
            let begin = second.as_bytes().first_chunk().copied();
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
            self.bad |= bad_words.is_some_and(|table| bad(table.short(key)));
            let len = key.len();
            if len < 2 {
                continue;
            }
            let begin = key.low as u16;
            let all = u128::from(key.low) | u128::from(key.high) << 64;
            let end = (all >> (8 * (len - 2))) as u16;
            if phrases.first.may_have(end) {
                let (bytes, len) = key.bytes();
                first |= phrases
                    .first
                    .of(end, len, |part| bytes[..len].ends_with(part));
            }
            if phrases.second.may_have(begin) {
                let (bytes, len) = key.bytes();
                second |= phrases
                    .second
                    .of(begin, len, |part| bytes[..len].starts_with(part));
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
