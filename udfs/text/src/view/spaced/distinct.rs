//! What a word is by itself, looked at once for each distinct word.

use crate::numerals::is_letter;
use crate::unicode::{Tables, decode};
use crate::view::vocabulary::Vocabulary;
use crate::view::with_bytes;
use crate::view::word::{HIGH, Key, LOW};

/// Words of up to so many characters are counted by their length.
const COUNTED: usize = 64;

/// What the distinct words of a text say.
#[derive(Default)]
pub(crate) struct Distinct {
    /// Words with a letter.
    pub(crate) alphabetic: u64,
    /// Words with `#` or U+2026.
    pub(crate) symbols: u64,
    /// Words that are one of Gopher's eight as they stand, and in lower case.
    pub(crate) required: u64,
    pub(crate) stop_words: u64,
    /// Of each distinct word its characters.
    chars: Vec<u32>,
    /// How many words have so many characters, and the longer ones: characters and how many.
    lengths: Vec<u64>,
    longer: Vec<(u32, u64)>,
    words: u64,
}

/// Gopher's eight words, each where [`place`] puts it.
const REQUIRED: [u64; 8] = [
    key(b"that"),
    key(b"with"),
    key(b"of"),
    key(b"the"),
    key(b"and"),
    key(b"be"),
    key(b"have"),
    key(b"to"),
];

/// The only place that a word can have among Gopher's.
#[inline(always)]
fn place(word: u64) -> usize {
    (word.wrapping_mul(0xB855_44CA_EF07_56B9) >> 61) as usize
}

/// The halves of the [`Key`] of a word of up to 4 bytes, in one: its bytes and, at the other end, its length.
const fn key(word: &[u8]) -> u64 {
    let (mut bytes, mut i) = (0, word.len());
    while i > 0 {
        i -= 1;
        bytes = bytes << 8 | word[i] as u64;
    }
    bytes | (word.len() as u64) << 56
}

/// What a word is.
struct Facts {
    chars: u32,
    letter: bool,
    symbol: bool,
}

impl Distinct {
    /// Forgets all words.
    pub(super) fn clear(&mut self) {
        self.alphabetic = 0;
        self.symbols = 0;
        self.required = 0;
        self.stop_words = 0;
        self.words = 0;
        self.chars.clear();
        self.longer.clear();
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        4 * self.chars.capacity() + 8 * self.lengths.capacity() + 16 * self.longer.capacity()
    }

    /// Of each distinct word its characters.
    pub(super) fn chars(&self) -> &[u32] {
        &self.chars
    }

    /// Looks at all words.
    pub(super) fn measure(&mut self, vocabulary: &Vocabulary) {
        self.lengths.clear();
        self.lengths.resize(COUNTED, 0);
        self.chars.clear();
        self.chars.resize(vocabulary.words().len(), 0);
        let (mut words, mut alphabetic, mut symbols) = (0, 0, 0);
        let (mut stop_words, mut required) = (0, 0);
        for (word, chars) in vocabulary.words().iter().zip(&mut self.chars) {
            let key = word.key;
            let count = u64::from(word.count());
            // The mark of a longer word is not ASCII either.
            let facts = if (key.low | key.high) & HIGH == 0 {
                ascii(key)
            } else {
                with_bytes(vocabulary, key, any)
            };
            words += count;
            alphabetic += count * u64::from(facts.letter);
            symbols += count * u64::from(facts.symbol);
            if key.len() <= 4 {
                let all = key.low | key.high;
                let small = (LOW * 0x20) & ((1 << (8 * key.len())) - 1);
                let listed = REQUIRED[place(all | small)];
                stop_words += count * u64::from(listed == all | small);
                required += count * u64::from(listed == all);
            }
            *chars = facts.chars;
            match self.lengths.get_mut(facts.chars as usize) {
                Some(counted) => *counted += count,
                None => self.longer.push((facts.chars, count)),
            }
        }
        self.words = words;
        self.alphabetic = alphabetic;
        self.symbols = symbols;
        self.stop_words = stop_words;
        self.required = required;
    }

    /// The median of the words' lengths, the mean of two in the middle; 0 without words.
    pub(crate) fn median_length(&self) -> f64 {
        if self.words == 0 {
            return 0.0;
        }
        let mut longer = self.longer.clone();
        longer.sort_unstable();
        let length = |rank: u64| {
            let counted = (0..)
                .zip(&self.lengths)
                .map(|(chars, &count)| (chars, count));
            let mut behind = 0;
            let found = counted.chain(longer.iter().copied()).find(|&(_, count)| {
                behind += count;
                behind > rank
            });
            f64::from(found.map_or(0, |(chars, _)| chars))
        };
        f64::midpoint(length((self.words - 1) / 2), length(self.words / 2))
    }
}

/// Whether a byte is zero.
#[inline(always)]
fn has_zero(bytes: u64) -> bool {
    bytes.wrapping_sub(LOW) & !bytes & HIGH != 0
}

/// A short word that is ASCII.
#[inline(always)]
fn ascii(key: Key) -> Facts {
    // The length in the highest byte is neither a letter nor `#`.
    let letters = |bytes: u64| {
        let lower = bytes | (LOW * 0x20);
        (lower + LOW * (128 - b'a' as u64)) & !(lower + LOW * (127 - b'z' as u64)) & HIGH
    };
    let hash = |bytes: u64| has_zero(bytes ^ (LOW * b'#' as u64));
    Facts {
        chars: key.len() as u32,
        letter: letters(key.low) | letters(key.high) != 0,
        symbol: hash(key.low) | hash(key.high),
    }
}

/// Any word.
#[inline(never)]
fn any(word: &[u8]) -> Facts {
    let mut facts = Facts {
        chars: 0,
        letter: false,
        symbol: false,
    };
    let tables = Tables::get();
    let mut at = 0;
    while let Some(&byte) = word.get(at) {
        facts.chars = facts.chars.saturating_add(1);
        if byte < 0x80 {
            facts.letter |= byte.is_ascii_alphabetic();
            facts.symbol |= byte == b'#';
            at += 1;
            continue;
        }
        let (code, len) = decode(word, at);
        if !facts.letter {
            facts.letter = is_letter(code, tables.class(code));
        }
        facts.symbol |= code == 0x2026;
        at += len;
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::{REQUIRED, place};

    #[test]
    fn every_required_word_is_in_its_place() {
        for (at, &word) in REQUIRED.iter().enumerate() {
            assert_eq!(place(word), at);
        }
    }
}
