//! Vocabularies as merges: every token beyond the bytes is made of two tokens in just one way.
//!
//! While a piece is merged, all that matters of a part is which token it is, so a table from two tokens to
//! the token they make takes the place of all byte strings. A token's rank is its number.

use std::sync::LazyLock;

use crate::encoding::Encoding;
use crate::joins::Joins;
use crate::key::{self, Key};

/// A token, by its rank.
pub(crate) type Token = u32;

/// The tokens below are the bytes.
pub(crate) const BYTES: Token = 256;

/// No token.
pub(crate) const NONE: Token = Token::MAX;

/// The bits of a token's number; the largest vocabulary has 199,998 tokens.
const TOKEN_BITS: u32 = 18;

/// A free slot of the table of pairs.
const EMPTY: u64 = u64::MAX;

static CL100K: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::new(include_bytes!(concat!(env!("OUT_DIR"), "/cl100k.merges"))));
static O200K: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::new(include_bytes!(concat!(env!("OUT_DIR"), "/o200k.merges"))));
static GPT2: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::new(include_bytes!(concat!(env!("OUT_DIR"), "/gpt2.merges"))));

/// The tokens of an encoding and how they merge.
pub(crate) struct Vocabulary {
    /// The token of every byte.
    bytes: [Token; 256],
    /// The token of every two bytes, or [`NONE`].
    byte_pairs: Box<[Token]>,
    /// Open addressing: the tokens that fit into a key, the frequent ones first in line.
    keys: Box<[Key]>,
    /// Open addressing: two tokens and the token they make, [`TOKEN_BITS`] each, or [`EMPTY`].
    pairs: Box<[u64]>,
    /// The two tokens that make a token beyond the bytes.
    halves: Box<[(Token, Token)]>,
    /// The length of every token in bytes.
    lengths: Box<[u8]>,
    joins: Joins,
}

impl Vocabulary {
    /// The vocabulary of `encoding`, made at the first call.
    pub(crate) fn get(encoding: Encoding) -> &'static Self {
        match encoding {
            Encoding::Cl100k => &CL100K,
            Encoding::O200k => &O200K,
            Encoding::Gpt2 => &GPT2,
        }
    }

    /// Reads what the build script wrote.
    fn new(merges: &[u8]) -> Self {
        let (bytes, merges) = merges.split_at(BYTES as usize);
        let size = bytes.len() + merges.len() / 6;
        let mut this = Self {
            bytes: [0; 256],
            byte_pairs: vec![NONE; 1 << 16].into(),
            keys: vec![Key::NONE; (size * 2).next_power_of_two()].into(),
            pairs: vec![EMPTY; (size * 2).next_power_of_two()].into(),
            halves: vec![(NONE, NONE); size].into(),
            lengths: vec![1; size].into(),
            joins: Joins::new(),
        };
        let mut text = Vec::with_capacity(8 * size);
        let mut starts = Vec::with_capacity(size);
        for (token, &byte) in (0..).zip(bytes) {
            this.bytes[usize::from(byte)] = token;
            starts.push(text.len());
            text.push(byte);
            this.insert_key(&[byte]);
        }
        for (token, merge) in (BYTES..).zip(merges.chunks_exact(6)) {
            let half = |i| u32::from_le_bytes([merge[i], merge[i + 1], merge[i + 2], 0]);
            let (left, right) = (half(0), half(3));
            let start = text.len();
            for half in [left, right] {
                let at = starts[half as usize];
                text.extend_from_within(at..at + usize::from(this.lengths[half as usize]));
            }
            starts.push(start);
            this.halves[token as usize] = (left, right);
            this.lengths[token as usize] = (text.len() - start) as u8;
            if let &[first, second] = &text[start..] {
                this.byte_pairs[usize::from(first) << 8 | usize::from(second)] = token;
            }
            this.insert_key(&text[start..]);
            this.insert_pair(left, right, token);
            this.joins.insert(&text[start..]);
        }
        this
    }

    fn insert_key(&mut self, token: &[u8]) {
        if token.len() > key::LONGEST {
            return;
        }
        let key = Key::new(token, 0, token.len());
        let mut slot = self.key_slot(key.hash());
        while self.keys[slot] != Key::NONE {
            slot = (slot + 1) & (self.keys.len() - 1);
        }
        self.keys[slot] = key;
    }

    fn insert_pair(&mut self, left: Token, right: Token, token: Token) {
        let key = pair_key(left, right);
        let mut slot = self.pair_slot(key);
        while self.pairs[slot] != EMPTY {
            slot = (slot + 1) & (self.pairs.len() - 1);
        }
        self.pairs[slot] = key << TOKEN_BITS | u64::from(token);
    }

    #[inline(always)]
    fn key_slot(&self, hash: u64) -> usize {
        (hash >> (64 - self.keys.len().trailing_zeros())) as usize
    }

    /// Whether a short piece is a token.
    #[inline(always)]
    pub(crate) fn contains(&self, key: Key) -> bool {
        let mut slot = self.key_slot(key.hash());
        loop {
            let entry = self.keys[slot & (self.keys.len() - 1)];
            if entry == key {
                return true;
            }
            if entry == Key::NONE {
                return false;
            }
            slot += 1;
        }
    }

    #[inline(always)]
    fn pair_slot(&self, key: u64) -> usize {
        let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (hash >> (64 - self.pairs.len().trailing_zeros())) as usize
    }

    /// The token of a byte.
    #[inline(always)]
    pub(crate) fn byte(&self, byte: u8) -> Token {
        self.bytes[usize::from(byte)]
    }

    /// The token of two bytes, or [`NONE`].
    #[inline(always)]
    pub(crate) fn byte_pair(&self, first: u8, second: u8) -> Token {
        self.byte_pairs[usize::from(first) << 8 | usize::from(second)]
    }

    /// The token that two adjacent tokens make, or [`NONE`].
    #[inline(always)]
    pub(crate) fn pair(&self, left: Token, right: Token) -> Token {
        let key = pair_key(left, right);
        let mut slot = self.pair_slot(key);
        loop {
            let entry = self.pairs[slot & (self.pairs.len() - 1)];
            if entry >> TOKEN_BITS == key {
                return (entry & ((1 << TOKEN_BITS) - 1)) as Token;
            }
            if entry == EMPTY {
                return NONE;
            }
            slot += 1;
        }
    }

    /// The two tokens that make `token`, which is no byte.
    pub(crate) fn halves(&self, token: Token) -> (Token, Token) {
        self.halves[token as usize]
    }

    /// The length of a token in bytes.
    pub(crate) fn length(&self, token: Token) -> usize {
        usize::from(self.lengths[token as usize])
    }

    /// Which characters a token may hold side by side.
    #[inline(always)]
    pub(crate) fn joins(&self) -> &Joins {
        &self.joins
    }
}

#[inline(always)]
fn pair_key(left: Token, right: Token) -> u64 {
    u64::from(left) << TOKEN_BITS | u64::from(right)
}

#[cfg(test)]
impl Vocabulary {
    /// The bytes of every token.
    pub(crate) fn tokens(&self) -> Vec<Vec<u8>> {
        let mut tokens = vec![Vec::new(); self.halves.len()];
        for byte in 0..=255 {
            tokens[self.byte(byte) as usize] = vec![byte];
        }
        for token in BYTES as usize..tokens.len() {
            let (left, right) = self.halves[token];
            tokens[token] = [&tokens[left as usize][..], &tokens[right as usize]].concat();
        }
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use sha2::{Digest, Sha256};

    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for group in bytes.chunks(3) {
            let bits = (0..3).fold(0, |bits, i| {
                bits << 8 | u32::from(group.get(i).copied().unwrap_or(0))
            });
            for i in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * i)) as usize % 64];
                out.push(if i <= group.len() {
                    char::from(digit)
                } else {
                    '='
                });
            }
        }
        out
    }

    /// Written as OpenAI publishes it, a vocabulary has the digest that `tiktoken` expects.
    #[test]
    fn published_vocabularies() {
        let published = [
            (
                Encoding::Cl100k,
                "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
            ),
            (
                Encoding::O200k,
                "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
            ),
            (
                Encoding::Gpt2,
                "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
            ),
        ];
        for (encoding, digest) in published {
            let mut file = String::new();
            for (rank, token) in Vocabulary::get(encoding).tokens().iter().enumerate() {
                file.push_str(&format!("{} {rank}\n", base64(token)));
            }
            let bytes: String = Sha256::digest(file)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(bytes, digest, "{encoding}");
        }
    }

    #[test]
    fn tokens_are_found() {
        for encoding in Encoding::ALL {
            let vocabulary = Vocabulary::get(encoding);
            for (rank, token) in vocabulary.tokens().iter().enumerate() {
                assert_eq!(vocabulary.length(rank as Token), token.len());
                if token.len() <= key::LONGEST {
                    assert!(
                        vocabulary.contains(Key::new(token, 0, token.len())),
                        "{encoding}: {token:?}"
                    );
                }
                if rank >= BYTES as usize {
                    let (left, right) = vocabulary.halves(rank as Token);
                    assert_eq!(vocabulary.pair(left, right), rank as Token);
                }
            }
            assert!(!vocabulary.contains(Key::new("\u{1}\u{2}\u{3}zqx".as_bytes(), 0, 6)));
        }
    }

    /// Joins know all neighbours there are, and little more.
    #[test]
    fn joins() {
        for encoding in Encoding::ALL {
            let vocabulary = Vocabulary::get(encoding);
            for token in vocabulary.tokens() {
                for chunk in token.utf8_chunks() {
                    let chars: Vec<u32> = chunk.valid().chars().map(u32::from).collect();
                    for pair in chars.windows(2) {
                        assert!(
                            vocabulary.joins().may_join(pair[0], pair[1]),
                            "{encoding}: {token:?}"
                        );
                    }
                }
            }
            let (mut all, mut joined) = (0, 0);
            for left in (0x80..0xD800).step_by(97) {
                for right in (0x80..0xD800).step_by(89) {
                    all += 1;
                    joined += usize::from(vocabulary.joins().may_join(left, right));
                }
            }
            assert!(joined < all / 5, "{encoding}: {joined} of {all}");
        }
    }
}
