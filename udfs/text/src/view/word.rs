//! Words as numbers: up to 15 bytes and their length in two registers.

/// The longest word that a [`Key`] holds.
pub(crate) const SHORT: usize = 15;

/// A word of up to [`SHORT`] bytes, little-endian, padded with zeros, its length in the highest byte: equal
/// keys are equal words. The length 255 is free for what stands for a longer word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) low: u64,
    pub(crate) high: u64,
}

/// How many bytes are read for a key.
pub(crate) const READ: usize = 16;

/// Ones for the bytes that a word of some length has in its two halves.
const KEPT: [(u64, u64); READ] = {
    let mut kept = [(0, 0); READ];
    let mut len = 0;
    while len <= SHORT {
        kept[len] = if len < 8 {
            ((1 << (8 * len)) - 1, 0)
        } else {
            (u64::MAX, (1 << (8 * (len - 8))) - 1)
        };
        len += 1;
    }
    kept
};

impl Key {
    /// The key of a word, unless it is too long.
    pub(crate) fn of(word: &[u8]) -> Option<Self> {
        (word.len() <= SHORT).then(|| Self::read(word, 0, word.len()))
    }

    /// The key of a word of one byte.
    #[inline(always)]
    pub(crate) fn of_byte(byte: u8) -> Self {
        Self {
            low: byte.into(),
            high: 1 << 56,
        }
    }

    /// The key of `text[start..end]`, which must not be longer than [`SHORT`].
    #[inline(always)]
    pub(crate) fn read(text: &[u8], start: usize, end: usize) -> Self {
        let (low, high) = match text.get(start..start + READ) {
            Some(bytes) => halves(bytes),
            None => {
                let mut bytes = [0; READ];
                let rest = text.get(start..).unwrap_or_default();
                bytes[..rest.len()].copy_from_slice(rest);
                halves(&bytes)
            }
        };
        let len = end - start;
        let kept = KEPT[len % READ];
        Self {
            low: low & kept.0,
            high: high & kept.1 | (len as u64) << 56,
        }
    }

    /// The key with the number `index` for a word that is too long.
    pub(crate) fn long(hash: u64, index: usize) -> Self {
        Self {
            low: hash,
            high: u64::MAX << 56 | index as u64,
        }
    }

    /// The number that [`Key::long`] was given, if the key stands for a longer word.
    #[inline(always)]
    pub(crate) fn long_index(self) -> Option<usize> {
        (self.high >> 56 == 0xFF).then_some((self.high & u64::MAX >> 8) as usize)
    }

    /// The bytes of a word of up to [`SHORT`] bytes, and zeros behind them.
    pub(crate) fn bytes(self) -> ([u8; READ], usize) {
        let mut bytes = [0; READ];
        bytes[..8].copy_from_slice(&self.low.to_le_bytes());
        bytes[8..].copy_from_slice(&(self.high & u64::MAX >> 8).to_le_bytes());
        (bytes, self.len())
    }

    /// How many bytes a word of up to [`SHORT`] bytes has.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        (self.high >> 56) as usize
    }

    /// Whether it is a word of ASCII letters only; an empty one is too.
    #[inline(always)]
    pub(crate) fn is_letters(self) -> bool {
        let Some(&(low, high)) = KEPT.get(self.len()) else {
            return false;
        };
        let letters = |bytes: u64| within(bytes | (LOW * 0x20), b'a', b'z');
        letters(self.low) == low & HIGH && letters(self.high & u64::MAX >> 8) == high & HIGH
    }

    /// How many ASCII letters a short word begins with. Of what stands for a longer one a number that says nothing,
    /// up to [`SHORT`].
    #[inline(always)]
    pub(crate) fn leading_letters(self) -> usize {
        // The length in the highest byte is no letter.
        let others = |bytes: u64| within(bytes | (LOW * 0x20), b'a', b'z') ^ HIGH;
        let (low, high) = (others(self.low), others(self.high));
        let leading = if low == 0 {
            64 + high.trailing_zeros()
        } else {
            low.trailing_zeros()
        };
        leading as usize / 8
    }

    /// Whether ASCII digits are in a short word; perhaps, in a longer one.
    #[inline(always)]
    pub(crate) fn may_have_digits(self) -> bool {
        let digits = |bytes: u64| within(bytes, b'0', b'9');
        digits(self.low) | digits(self.high) != 0 || self.long_index().is_some()
    }

    /// Where the ASCII letters and digits of a short word are, a bit for each byte, the first one's lowest; `None` of
    /// a word with a low line or characters beyond ASCII, and of what stands for a longer one.
    #[inline(always)]
    pub(crate) fn letters_and_digits(self) -> Option<u32> {
        let (low, high) = (self.low, self.high);
        let line = |bytes: u64| within(bytes, b'_', b'_');
        if (low | high) & HIGH | line(low) | line(high) != 0 {
            return None;
        }
        let bits = |bytes: u64| {
            let found = within(bytes | (LOW * 0x20), b'a', b'z') | within(bytes, b'0', b'9');
            // Puts the bits of eight bytes side by side.
            ((found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
        };
        // The length in the highest byte is neither.
        Some(bits(low) | bits(high) << 8)
    }

    /// A short word up to some byte.
    #[inline(always)]
    pub(crate) fn up_to(self, len: usize) -> Self {
        let kept = KEPT[len % READ];
        Self {
            low: self.low & kept.0,
            high: self.high & kept.1 | (len as u64) << 56,
        }
    }

    /// Whether two keys are equal, without a branch for each half.
    #[inline(always)]
    pub(crate) fn same(self, other: Self) -> bool {
        (self.low ^ other.low) | (self.high ^ other.high) == 0
    }

    /// ASCII letters in lower case.
    #[inline(always)]
    pub(crate) fn lowercase(self) -> Self {
        Self {
            low: lowercase(self.low),
            high: lowercase(self.high),
        }
    }

    /// ASCII letters in lower case, ASCII punctuation gone.
    pub(crate) fn bare(self) -> Self {
        let key = self.lowercase();
        let wide = |low: u64, high: u64| u128::from(high) << 64 | u128::from(low);
        let high = key.high & u64::MAX >> 8;
        let mut bytes = wide(key.low, high);
        let mut marks = wide(punctuation(key.low), punctuation(high));
        let mut len = key.len() as u64;
        while marks != 0 {
            // Each byte behind the mark moves down by one, and so do the other marks.
            let before = (1u128 << (marks.trailing_zeros() - 7)) - 1;
            bytes = bytes & before | bytes >> 8 & !before;
            marks = (marks & (marks - 1)) >> 8;
            len -= 1;
        }
        Self {
            low: bytes as u64,
            high: (bytes >> 64) as u64 | len << 56,
        }
    }
}

#[inline(always)]
fn halves(bytes: &[u8]) -> (u64, u64) {
    let half = |from: usize| {
        let mut half = [0; 8];
        half.copy_from_slice(&bytes[from..from + 8]);
        u64::from_le_bytes(half)
    };
    (half(0), half(8))
}

pub(crate) const LOW: u64 = 0x0101_0101_0101_0101;
pub(crate) const HIGH: u64 = 0x8080_8080_8080_8080;

/// The highest bits of those of eight bytes that lie from `first` to `last`, which are ASCII.
#[inline(always)]
pub(crate) fn within(bytes: u64, first: u8, last: u8) -> u64 {
    let low = bytes & !HIGH;
    let from = low + LOW * u64::from(128 - first);
    let beyond = low + LOW * u64::from(127 - last);
    from & !beyond & !bytes & HIGH
}

/// Eight bytes with their ASCII capitals in lower case.
#[inline(always)]
fn lowercase(bytes: u64) -> u64 {
    bytes | within(bytes, b'A', b'Z') >> 2
}

/// The highest bits of those of eight bytes without capitals that are ASCII punctuation.
#[inline(always)]
fn punctuation(bytes: u64) -> u64 {
    let others = within(bytes, b'0', b'9') | within(bytes, b'a', b'z');
    within(bytes, b'!', b'~') & !others
}

/// The halves of a 128-bit product, folded: mixes two words into one.
#[inline(always)]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::{Key, SHORT};

    #[test]
    fn reads_words_anywhere() {
        let text = "Abc DEFGHIJKLMnopqrs é[`z";
        let bytes = text.as_bytes();
        for start in 0..=bytes.len() {
            for end in start..=bytes.len().min(start + SHORT) {
                let key = Key::read(bytes, start, end).lowercase();
                let word = bytes[start..end].to_ascii_lowercase();
                assert_eq!(Some(key), Key::of(&word), "{start}..{end}");
            }
        }
    }

    #[test]
    fn knows_words_of_letters() {
        let every = (0..=255u8).collect::<Vec<_>>();
        for bytes in every.windows(SHORT).chain([b"abcdefghIJKLMNO".as_slice()]) {
            for start in 0..SHORT {
                let word = &bytes[start..];
                let letters = word.iter().all(u8::is_ascii_alphabetic);
                assert_eq!(
                    Key::of(word).map(Key::is_letters),
                    Some(letters),
                    "{word:?}"
                );
            }
        }
        assert!(!Key::long(0x6161_6161_6161_6161, 0x61_6161_6161_6161).is_letters());
    }

    #[test]
    fn tells_letters_and_digits() {
        let texts = [
            "(abc",
            "a1,b2;c3",
            "_a",
            "12.5km",
            "don't.",
            "é",
            "",
            "abcdefghIJKLMNO",
            "abcdefghIJKLMN.",
        ];
        let every = (0..=255u8).collect::<Vec<_>>();
        let some = texts.iter().map(|text| text.as_bytes());
        for bytes in some.chain(every.windows(SHORT)) {
            for end in 0..=bytes.len().min(SHORT) {
                let word = &bytes[..end];
                let key = Key::read(bytes, 0, end);
                let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic());
                assert_eq!(key.leading_letters(), letters.count(), "{word:?}");
                assert_eq!(key.may_have_digits(), word.iter().any(u8::is_ascii_digit));
                assert_eq!(Some(key.up_to(end / 2)), Key::of(&word[..end / 2]));
                let plain = word.is_ascii() && !word.contains(&b'_');
                let bit = |(byte, at): (&u8, u32)| u32::from(byte.is_ascii_alphanumeric()) << at;
                let bits = plain.then(|| word.iter().zip(0..).map(bit).sum());
                assert_eq!(key.letters_and_digits(), bits, "{word:?}");
            }
        }
        assert_eq!(Some(Key::of_byte(b'a')), Key::of(b"a"));
        let long = Key::long(0x6161_6161_6161_6161, 0x61_6161_6161_6161);
        assert!(long.leading_letters() <= SHORT && long.may_have_digits());
        assert_eq!(long.letters_and_digits(), None);
    }

    #[test]
    fn bares_words_of_any_byte() {
        let texts = [
            "don't",
            "--",
            "_a.B-c_",
            "é's.\u{301}-",
            "\u{7f}{|}~",
            "0:9/@[Z`",
            "",
        ];
        let every = (0..=255u8).collect::<Vec<_>>();
        let some = texts.iter().map(|text| text.as_bytes());
        for bytes in some.chain(every.windows(SHORT)) {
            for end in 0..=bytes.len().min(SHORT) {
                let mut word = bytes[..end].to_ascii_lowercase();
                word.retain(|byte| !byte.is_ascii_punctuation());
                let key = Key::read(bytes, 0, end).bare();
                assert_eq!(Some(key), Key::of(&word), "{:?}", &bytes[..end]);
            }
        }
    }
}
