//! Which characters a token may hold side by side.
//!
//! Most neighbours in a clause of a script without spaces are together in no token, not even in part. Between
//! them the clause falls into two that are merged without regard to each other.

/// Neighbouring characters of tokens, by hash: it may know neighbours that are none, and never the reverse.
pub(crate) struct Joins {
    /// Left and right character.
    chars: Filter<19>,
    /// The last six bits of a left character of which a token has but the end, and the right character.
    ends: Filter<17>,
}

impl Joins {
    pub(crate) fn new() -> Self {
        Self {
            chars: Filter::new(),
            ends: Filter::new(),
        }
    }

    /// Whether some token may reach from the character `left` into `right` after it. It is not known of
    /// characters of ASCII, which have words of their own, and beyond the first plane, which are rare.
    #[inline(always)]
    pub(crate) fn may_join(&self, left: u32, right: u32) -> bool {
        let in_reach = |char: u32| (0x80..0x1_0000).contains(&char);
        !in_reach(left)
            || !in_reach(right)
            || self.chars.has(left << 16 | right)
            || self.ends.has(end(left) << 16 | right)
    }

    /// Notes the neighbours in a token.
    pub(crate) fn insert(&mut self, token: &[u8]) {
        for at in 1..token.len() {
            let (before, rest) = token.split_at(at);
            if before[at - 1].is_ascii() || rest[0].is_ascii() || is_continuation(rest[0]) {
                continue;
            }
            let Some((first, last)) = chars_from(rest) else {
                continue;
            };
            let start = before.iter().rposition(|&byte| !is_continuation(byte));
            for right in first..=last {
                match start.map(|start| chars_from(&before[start..])) {
                    Some(Some((left, _))) => self.chars.insert(left << 16 | right),
                    Some(None) => {}
                    // The token starts within the character.
                    None => self
                        .ends
                        .insert(end(u32::from(before[at - 1])) << 16 | right),
                }
            }
        }
    }
}

/// What remains of a character if only its last byte is known.
#[inline(always)]
fn end(left: u32) -> u32 {
    left & 0x3F
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// The first and last of the characters of the first plane that start as `text` does, which may end within one; none
/// for those of other planes.
fn chars_from(text: &[u8]) -> Option<(u32, u32)> {
    let (length, bits) = match text[0] {
        0xC0..0xE0 => (2, u32::from(text[0] & 0x1F)),
        0xE0..0xF0 => (3, u32::from(text[0] & 0x0F)),
        _ => return None,
    };
    let known = text.iter().take(length).skip(1);
    let missing = 6 * (length - 1 - known.len()) as u32;
    let bits = known.fold(bits, |bits, &byte| bits << 6 | u32::from(byte & 0x3F));
    Some((bits << missing, ((bits + 1) << missing) - 1))
}

/// A set of numbers by a hash of `BITS` bits.
struct Filter<const BITS: u32>(Box<[u64]>);

impl<const BITS: u32> Filter<BITS> {
    fn new() -> Self {
        Self(vec![0; 1 << (BITS - 6)].into())
    }

    #[inline(always)]
    fn bit(number: u32) -> (usize, u32) {
        let hash = number.wrapping_mul(0x9E37_79B1) >> (32 - BITS);
        (hash as usize / 64, hash % 64)
    }

    fn insert(&mut self, number: u32) {
        let (word, bit) = Self::bit(number);
        self.0[word] |= 1 << bit;
    }

    #[inline(always)]
    fn has(&self, number: u32) -> bool {
        let (word, bit) = Self::bit(number);
        self.0[word] >> bit & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours() {
        let mut joins = Joins::new();
        let (han, thai, other) = (0x4E00, 0xE01, 0xE02);
        assert!(!joins.may_join(han, thai));
        joins.insert("x\u{4E00}\u{E01}".as_bytes());
        assert!(joins.may_join(han, thai));
        assert!(!joins.may_join(han, other));
        assert!(!joins.may_join(thai, han));
        assert!(joins.may_join(u32::from('x'), han) && joins.may_join(han, 0x1_F600));
    }

    /// Tokens may start and end within a character.
    #[test]
    fn parts_of_characters() {
        let whole = "\u{4E00}\u{E01}".as_bytes();
        for (start, end) in [(0, 4), (0, 5), (1, 6), (2, 6), (1, 4), (2, 5), (0, 6)] {
            let mut joins = Joins::new();
            joins.insert(&whole[start..end]);
            assert!(joins.may_join(0x4E00, 0xE01), "{start}..{end}");
            assert!(!joins.may_join(0x4E01, 0x430), "{start}..{end}");
        }
        let mut joins = Joins::new();
        joins.insert(&whole[..3]);
        assert!(!joins.may_join(0x4E00, 0xE01));
    }
}
