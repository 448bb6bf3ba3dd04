//! Merging the bytes of a piece into tokens: the lowest rank first, the leftmost of equals.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::vocabulary::{BYTES, NONE, Token, Vocabulary};

/// The longest piece that [`count_short`] takes.
pub(crate) const SHORT: usize = 32;

/// The bytes that are merged at once. Longer pieces are put together from such chunks, so that memory does not
/// grow with them but by their tokens.
const CHUNK: usize = 4096;

/// The number of tokens of a piece of 1 to [`SHORT`] bytes.
pub(crate) fn count_short(vocabulary: &Vocabulary, piece: &[u8]) -> u32 {
    starts_short(vocabulary, piece).count_ones()
}

/// Where the tokens of a piece of 1 to [`SHORT`] bytes begin: a bit for each byte.
pub(crate) fn starts_short(vocabulary: &Vocabulary, piece: &[u8]) -> u32 {
    match piece.len() {
        0 | 1 => piece.len() as u32,
        2..=16 => starts_within::<16>(vocabulary, piece),
        _ => starts_within::<SHORT>(vocabulary, piece),
    }
}

/// [`starts_short`] for at most `MOST` bytes.
///
/// A part is where it starts. Of each part stands its token and, packed with its start, the rank of the merge
/// with the next part; parts that went into their left neighbour have none. So the least packed value
/// is the next merge, found without branches.
fn starts_within<const MOST: usize>(vocabulary: &Vocabulary, piece: &[u8]) -> u32 {
    const START_BITS: u32 = SHORT.trailing_zeros();
    let pack = |rank: Token, start: usize| {
        if rank == NONE {
            NONE
        } else {
            rank << START_BITS | start as u32
        }
    };
    let mut tokens = [NONE; MOST];
    let mut merges = [NONE; MOST];
    for (token, &byte) in tokens.iter_mut().zip(piece) {
        *token = vocabulary.byte(byte);
    }
    for (start, pair) in piece.windows(2).enumerate() {
        merges[start] = pack(vocabulary.byte_pair(pair[0], pair[1]), start);
    }
    // One bit per start of a part.
    let mut parts = u32::MAX >> (SHORT - piece.len());
    loop {
        let next = merges.iter().fold(NONE, |least, &merge| least.min(merge));
        if next == NONE {
            return parts;
        }
        let start = (next as usize) % SHORT;
        let token = next >> START_BITS;
        tokens[start % MOST] = token;
        let after = parts & (u32::MAX << 1 << start);
        let swallowed = after.trailing_zeros() as usize % MOST;
        parts &= !(1 << swallowed);
        merges[swallowed] = NONE;
        let after = after & after.wrapping_sub(1);
        merges[start % MOST] = if after == 0 {
            NONE
        } else {
            let right = tokens[after.trailing_zeros() as usize % MOST];
            pack(vocabulary.pair(token, right), start)
        };
        let before = parts & !(u32::MAX << start);
        if before != 0 {
            let left = before.ilog2() as usize % MOST;
            merges[left] = pack(vocabulary.pair(tokens[left], token), left);
        }
    }
}

/// Merges long pieces; holds the memory they need for the next one.
#[derive(Default)]
pub(crate) struct Merger {
    /// The tokens of what was merged last, the positions of parts among them.
    parts: Vec<Part>,
    heap: BinaryHeap<Reverse<u64>>,
    /// The tokens of the piece so far.
    tokens: Vec<Token>,
}

/// A part of a piece that is being merged.
#[derive(Clone, Copy)]
struct Part {
    /// Its token; [`NONE`] once it went into its left neighbour.
    token: Token,
    /// The token of the merge with the next part, or [`NONE`].
    merge: Token,
    previous: u32,
    next: u32,
}

impl Merger {
    /// The number of tokens of a piece of any length.
    ///
    /// Chunks are merged each by itself. Tokens of two chunks stand beside each other as the tokens of the whole if
    /// the two that meet are what their own bytes merge into; a sequence of tokens is what its bytes merge into
    /// exactly if this holds for each adjacent two. Where it does not hold, the two are merged again, with as many
    /// tokens before them as it takes.
    pub(crate) fn count(&mut self, vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
        if piece.len() <= CHUNK {
            self.merge(vocabulary, piece);
            self.parts_left().count() as u64
        } else {
            self.count_chunks(vocabulary, piece, CHUNK)
        }
    }

    /// Hands out the lengths of the tokens of a piece of any length.
    pub(crate) fn lengths(
        &mut self,
        vocabulary: &Vocabulary,
        piece: &[u8],
        mut emit: impl FnMut(usize),
    ) {
        if piece.len() <= CHUNK {
            self.merge(vocabulary, piece);
            let tokens = self.parts_left();
            tokens.for_each(|token| emit(vocabulary.length(token)));
        } else {
            self.merge_chunks(vocabulary, piece, CHUNK);
            let tokens = self.tokens.drain(..);
            tokens.for_each(|token| emit(vocabulary.length(token)));
            self.tokens.shrink_to(CHUNK);
        }
    }

    fn count_chunks(&mut self, vocabulary: &Vocabulary, piece: &[u8], size: usize) -> u64 {
        self.merge_chunks(vocabulary, piece, size);
        let count = self.tokens.len() as u64;
        // What an unusual piece needed is not kept.
        self.tokens.clear();
        self.tokens.shrink_to(CHUNK);
        count
    }

    /// Leaves the tokens of a piece in `tokens`.
    fn merge_chunks(&mut self, vocabulary: &Vocabulary, piece: &[u8], size: usize) {
        let mut end = 0;
        let mut chunk_tokens = Vec::new();
        for chunk in piece.chunks(size) {
            self.merge(vocabulary, chunk);
            chunk_tokens.clear();
            chunk_tokens.extend(self.parts_left());
            for &token in &chunk_tokens {
                end += vocabulary.length(token);
                self.append(vocabulary, token, &piece[..end]);
            }
        }
    }

    /// Appends the token that ends `text` to the tokens of what comes before it.
    fn append(&mut self, vocabulary: &Vocabulary, token: Token, text: &[u8]) {
        let mut start = text.len() - vocabulary.length(token);
        match self.tokens.last() {
            Some(&last) if !stands(vocabulary, last, token) => {}
            _ => return self.tokens.push(token),
        }
        while let Some(last) = self.tokens.pop() {
            start -= vocabulary.length(last);
            self.merge(vocabulary, &text[start..]);
            let first = self.parts[0].token;
            if self
                .tokens
                .last()
                .is_none_or(|&before| stands(vocabulary, before, first))
            {
                break;
            }
        }
        let mut at = 0;
        while let Some(part) = self.parts.get(at) {
            self.tokens.push(part.token);
            at = part.next as usize;
        }
    }

    /// Merges all of `text` at once, which is not empty.
    fn merge(&mut self, vocabulary: &Vocabulary, text: &[u8]) {
        let parts = &mut self.parts;
        let heap = &mut self.heap;
        let end = text.len() as u32;
        parts.clear();
        heap.clear();
        for (start, &byte) in (0..end).zip(text) {
            let merge = match text.get(start as usize + 1) {
                Some(&next) => vocabulary.byte_pair(byte, next),
                None => NONE,
            };
            parts.push(Part {
                token: vocabulary.byte(byte),
                merge,
                previous: start.wrapping_sub(1),
                next: start + 1,
            });
            if merge != NONE {
                heap.push(key(merge, start));
            }
        }
        while let Some(Reverse(next)) = heap.pop() {
            let (token, start) = ((next >> 32) as Token, next as u32);
            let part = parts[start as usize];
            if part.merge != token {
                continue;
            }
            let swallowed = part.next;
            let right = parts[swallowed as usize].next;
            parts[swallowed as usize].merge = NONE;
            let merge = match parts.get_mut(right as usize) {
                Some(part) => {
                    part.previous = start;
                    vocabulary.pair(token, part.token)
                }
                None => NONE,
            };
            parts[start as usize] = Part {
                token,
                merge,
                next: right,
                ..part
            };
            if merge != NONE {
                heap.push(key(merge, start));
            }
            if let Some(left) = parts.get_mut(part.previous as usize) {
                left.merge = vocabulary.pair(left.token, token);
                if left.merge != NONE {
                    heap.push(key(left.merge, part.previous));
                }
            }
        }
    }

    /// The tokens that [`Merger::merge`] left.
    fn parts_left(&self) -> impl Iterator<Item = Token> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let part = self.parts.get(at)?;
            at = part.next as usize;
            Some(part.token)
        })
    }
}

#[inline(always)]
fn key(merge: Token, start: u32) -> Reverse<u64> {
    Reverse(u64::from(merge) << 32 | u64::from(start))
}

/// Whether the bytes of two tokens merge into just these two.
///
/// The merges that made the two are undone, the latest first. None across the border may have come before the one
/// that is undone; of two merges into the same token, the left one comes first.
fn stands(vocabulary: &Vocabulary, mut left: Token, mut right: Token) -> bool {
    let mut limit = NONE;
    loop {
        if vocabulary.pair(left, right) < limit {
            return false;
        }
        if left.max(right) < BYTES {
            return true;
        }
        if left > right {
            limit = left;
            left = vocabulary.halves(left).1;
        } else {
            limit = right + 1;
            right = vocabulary.halves(right).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    use crate::encoding::Encoding;

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ab]{1,200}",
            "[aeinrst]{1,200}",
            "[a-z]{1,200}",
            "[a]{1,300}",
            "[ ]{1,600}",
            "[\u{7684}\u{4E00}\u{662F}\u{4E0D}]{1,80}",
            "[\u{410}-\u{44F}]{1,100}",
            "\\PC{1,80}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

        /// All ways to merge agree.
        #[test]
        fn short_long_and_in_chunks(text in texts(), size in 1_usize..100) {
            let mut merger = Merger::default();
            for encoding in Encoding::ALL {
                let vocabulary = Vocabulary::get(encoding);
                let text = text.as_bytes();
                let whole = merger.count(vocabulary, text);
                prop_assert_eq!(merger.count_chunks(vocabulary, text, size), whole, "{}", encoding);
                let short = &text[..text.len().min(SHORT)];
                prop_assert_eq!(u64::from(count_short(vocabulary, short)), merger.count(vocabulary, short));
            }
        }
    }
}
