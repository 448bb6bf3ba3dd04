//! Classes of ASCII characters in a block of 64 bytes, as bit masks: bit `i` stands for byte `i`.

/// The bytes of a block.
pub(crate) const BLOCK: usize = 64;

/// 64 bytes that can be compared all at once.
pub(crate) trait Bytes: Copy {
    /// The bytes of a block.
    fn load(block: &[u8; BLOCK]) -> Self;
    /// Bytes equal to `byte`.
    fn equal(self, byte: u8) -> u64;
    /// Bytes from `first` to `last`, both ASCII.
    fn within(self, first: u8, last: u8) -> u64;
    /// Bytes with bit 5 set: lowercase among letters.
    fn bit5(self) -> u64;
    /// Bytes beyond ASCII.
    fn high(self) -> u64;
    /// Bytes that continue a character.
    fn continuation(self) -> u64;
    /// ASCII letters.
    fn letters(self) -> u64;
    /// With bit 5 set in every byte: letters are lowercase then.
    fn lower(self) -> Self;
}

/// Which bytes are what. Bytes beyond ASCII are in `high` and `continuation` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Masks {
    pub(crate) space: u64,
    pub(crate) letter: u64,
    pub(crate) upper: u64,
    pub(crate) digit: u64,
    /// Letters, digits and `_`.
    pub(crate) word: u64,
    /// The 32 punctuation characters.
    pub(crate) punctuation: u64,
    pub(crate) newline: u64,
    pub(crate) dot: u64,
    /// `.`, `!` and `?`.
    pub(crate) terminal: u64,
    pub(crate) hash: u64,
    pub(crate) brace: u64,
    pub(crate) opening_brace: u64,
    pub(crate) opening_bracket: u64,
    pub(crate) at: u64,
    pub(crate) question: u64,
    /// The space character itself.
    pub(crate) blank: u64,
    /// What C takes for whitespace, and zero bytes.
    pub(crate) gap: u64,
    pub(crate) high: u64,
    pub(crate) continuation: u64,
}

impl Masks {
    /// What is not asked of the result is not computed once this is inlined.
    #[inline(always)]
    pub(crate) fn of<B: Bytes>(block: &[u8; BLOCK]) -> Self {
        let bytes = B::load(block);
        let letter = bytes.letters();
        let digit = bytes.within(b'0', b'9');
        let dot = bytes.equal(b'.');
        let (opening_brace, question) = (bytes.equal(b'{'), bytes.equal(b'?'));
        let (control, blank) = (bytes.within(9, 13), bytes.equal(b' '));
        Self {
            space: control | bytes.within(28, 32),
            letter,
            upper: letter & !bytes.bit5(),
            digit,
            word: letter | digit | bytes.equal(b'_'),
            punctuation: bytes.within(b'!', b'~') & !(letter | digit),
            newline: bytes.equal(b'\n'),
            dot,
            terminal: dot | bytes.equal(b'!') | question,
            hash: bytes.equal(b'#'),
            brace: opening_brace | bytes.equal(b'}'),
            opening_brace,
            opening_bracket: bytes.equal(b'('),
            at: bytes.equal(b'@'),
            question,
            blank,
            gap: control | blank | bytes.equal(0),
            high: bytes.high(),
            continuation: bytes.continuation(),
        }
    }
}

/// Eight words of eight bytes: for every processor.
#[derive(Clone, Copy)]
pub(crate) struct Portable([u64; 8]);

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

impl Portable {
    /// Gathers the highest bit of every byte of what `f` makes of the words.
    #[inline(always)]
    fn gather(self, f: impl Fn(u64) -> u64) -> u64 {
        let mut mask = 0;
        for (i, &word) in self.0.iter().enumerate() {
            // The product moves bit 7 of byte i to bit 56 + i, without carries.
            let bits = (f(word) & HIGH) >> 7;
            mask |= (bits.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
        }
        mask
    }
}

impl Bytes for Portable {
    #[inline(always)]
    fn load(block: &[u8; BLOCK]) -> Self {
        let mut words = [0; 8];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Self(words)
    }

    #[inline(always)]
    fn equal(self, byte: u8) -> u64 {
        // A byte that is not zero carries into its bit 7, or has it.
        let byte = LOW * u64::from(byte);
        self.gather(|w| !(((w ^ byte) & !HIGH).wrapping_add(!HIGH) | (w ^ byte)))
    }

    #[inline(always)]
    fn within(self, first: u8, last: u8) -> u64 {
        // On 7 bits: adding 128 - first sets bit 7 from `first` on, adding 127 - last beyond `last`.
        let from = LOW * u64::from(128 - first);
        let beyond = LOW * u64::from(127 - last);
        self.gather(|w| {
            let low = w & !HIGH;
            (low + from) & !(low + beyond) & !w
        })
    }

    #[inline(always)]
    fn bit5(self) -> u64 {
        self.gather(|w| w << 2)
    }

    #[inline(always)]
    fn high(self) -> u64 {
        self.gather(|w| w)
    }

    #[inline(always)]
    fn continuation(self) -> u64 {
        self.gather(|w| w & !(w << 1))
    }

    #[inline(always)]
    fn letters(self) -> u64 {
        self.lower().within(b'a', b'z')
    }

    #[inline(always)]
    fn lower(self) -> Self {
        Self(self.0.map(|w| w | (LOW * 0x20)))
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::Avx2;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_min_epu8, _mm256_movemask_epi8,
        _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi8, _mm256_slli_epi16, _mm256_sub_epi8,
    };

    use super::{BLOCK, Bytes};

    /// Two vectors of 32 bytes. Values exist only where AVX2 does: who names this type asks the
    /// processor before.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2(__m256i, __m256i);

    impl Avx2 {
        #[inline(always)]
        fn mask(self, f: impl Fn(__m256i) -> __m256i) -> u64 {
            // SAFETY: `Avx2` is used only where the processor has AVX2.
            let bits = |v| unsafe { _mm256_movemask_epi8(v) } as u32;
            u64::from(bits(f(self.0))) | u64::from(bits(f(self.1))) << 32
        }
    }

    // SAFETY of the blocks below: as in `mask`.
    impl Bytes for Avx2 {
        #[inline(always)]
        fn load(block: &[u8; BLOCK]) -> Self {
            let word = |i: usize| {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(&block[8 * i..8 * i + 8]);
                i64::from_le_bytes(bytes)
            };
            let half =
                |i| unsafe { _mm256_set_epi64x(word(i + 3), word(i + 2), word(i + 1), word(i)) };
            Self(half(0), half(4))
        }

        #[inline(always)]
        fn equal(self, byte: u8) -> u64 {
            self.mask(|v| unsafe { _mm256_cmpeq_epi8(v, _mm256_set1_epi8(byte as i8)) })
        }

        #[inline(always)]
        fn within(self, first: u8, last: u8) -> u64 {
            self.mask(|v| unsafe {
                let from = _mm256_sub_epi8(v, _mm256_set1_epi8(first as i8));
                let span = _mm256_set1_epi8((last - first) as i8);
                _mm256_cmpeq_epi8(_mm256_min_epu8(from, span), from)
            })
        }

        #[inline(always)]
        fn bit5(self) -> u64 {
            self.mask(|v| unsafe { _mm256_slli_epi16(v, 2) })
        }

        #[inline(always)]
        fn high(self) -> u64 {
            self.mask(|v| v)
        }

        #[inline(always)]
        fn continuation(self) -> u64 {
            self.mask(|v| unsafe { _mm256_cmpgt_epi8(_mm256_set1_epi8(-64), v) })
        }

        #[inline(always)]
        fn letters(self) -> u64 {
            self.lower().within(b'a', b'z')
        }

        #[inline(always)]
        fn lower(self) -> Self {
            let lower = |v| unsafe { _mm256_or_si256(v, _mm256_set1_epi8(0x20)) };
            Self(lower(self.0), lower(self.1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Bytes, Masks, Portable};

    fn naive(block: &[u8; BLOCK]) -> Masks {
        let mask = |f: fn(u8) -> bool| {
            block
                .iter()
                .enumerate()
                .fold(0, |mask, (i, &b)| mask | u64::from(f(b)) << i)
        };
        Masks {
            space: mask(|b| matches!(b, 9..=13 | 28..=32)),
            letter: mask(|b| b.is_ascii_alphabetic()),
            upper: mask(|b| b.is_ascii_uppercase()),
            digit: mask(|b| b.is_ascii_digit()),
            word: mask(|b| b.is_ascii_alphanumeric() || b == b'_'),
            punctuation: mask(|b| b.is_ascii_punctuation()),
            newline: mask(|b| b == b'\n'),
            dot: mask(|b| b == b'.'),
            terminal: mask(|b| matches!(b, b'.' | b'!' | b'?')),
            hash: mask(|b| b == b'#'),
            brace: mask(|b| matches!(b, b'{' | b'}')),
            opening_brace: mask(|b| b == b'{'),
            opening_bracket: mask(|b| b == b'('),
            at: mask(|b| b == b'@'),
            question: mask(|b| b == b'?'),
            blank: mask(|b| b == b' '),
            gap: mask(|b| matches!(b, 0 | 9..=13 | 32)),
            high: mask(|b| b >= 0x80),
            continuation: mask(|b| (0x80..0xC0).contains(&b)),
        }
    }

    fn check<B: Bytes>() {
        for start in 0..=255u8 {
            let mut block = [0; BLOCK];
            for (i, b) in (0u8..).zip(&mut block) {
                *b = start.wrapping_add(i.wrapping_mul(37));
            }
            assert_eq!(Masks::of::<B>(&block), naive(&block), "from {start}");
        }
    }

    #[test]
    fn every_byte_in_every_place() {
        check::<Portable>();
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            check::<super::Avx2>();
        }
    }
}
