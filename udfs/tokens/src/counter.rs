//! Counting: pieces, the cache, and merging what the cache does not know.

use std::fmt;

use crate::cache::{self, Cache};
use crate::classes::{Classes, char_at};
use crate::encoding::Encoding;
use crate::key::{self, Key};
use crate::merge::{self, Merger};
use crate::pieces::{Cl100k, Gpt2, O200k, Pattern};
use crate::vocabulary::Vocabulary;

/// The short pieces that are looked up together.
const BATCH: usize = 128;

/// Counts the tokens of texts in one encoding.
///
/// It holds up to 2.7 MB of pieces that it has counted, so keep one per thread for many texts. The vocabulary (4 MB for
/// gpt2, 8 MB for cl100k, 15 MB for o200k) is shared by all counters of an encoding; the first of them makes it
/// within 0.1 s.
pub struct Counter {
    encoding: Encoding,
    pieces: Pieces,
}

/// What counts a piece.
struct Pieces {
    vocabulary: &'static Vocabulary,
    classes: &'static Classes,
    cache: Cache,
    merger: Merger,
}

impl Counter {
    /// A counter of an encoding's tokens.
    pub fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            pieces: Pieces {
                vocabulary: Vocabulary::get(encoding),
                classes: Classes::get(),
                cache: Cache::new(),
                merger: Merger::default(),
            },
        }
    }

    /// The encoding whose tokens it counts.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The number of tokens of `text`. Special tokens are not looked for: their names are ordinary text.
    pub fn count(&mut self, text: &str) -> u64 {
        match self.encoding {
            Encoding::Cl100k => self.pieces.count_text::<Cl100k>(text.as_bytes()),
            Encoding::O200k => self.pieces.count_text::<O200k>(text.as_bytes()),
            Encoding::Gpt2 => self.pieces.count_text::<Gpt2>(text.as_bytes()),
        }
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter")
            .field("encoding", &self.encoding)
            .finish_non_exhaustive()
    }
}

/// Short pieces that wait to be counted: looked up together, they wait for memory together.
struct Batch {
    keys: [Key; BATCH],
    length: usize,
}

impl Batch {
    fn new() -> Self {
        Self {
            keys: [Key::NONE; BATCH],
            length: 0,
        }
    }

    /// Adds a piece; whether the batch is full then.
    #[inline(always)]
    fn push(&mut self, key: Key) -> bool {
        self.keys[self.length % BATCH] = key;
        self.length += 1;
        self.length == BATCH
    }
}

impl Pieces {
    fn count_text<P: Pattern>(&mut self, text: &[u8]) -> u64 {
        let mut count = 0;
        let mut batch = Batch::new();
        let mut start = 0;
        while start < text.len() {
            let end = P::end(text, start, self.classes);
            if end - start <= key::LONGEST {
                if batch.push(Key::new(text, start, end - start)) {
                    count += self.count_batch(&mut batch);
                }
            } else {
                count += self.count_long(text, start, end, &mut batch);
            }
            start = end;
        }
        count + self.count_batch(&mut batch)
    }

    /// The tokens of the pieces in the batch, which is empty then.
    fn count_batch(&mut self, batch: &mut Batch) -> u64 {
        let mut count = 0;
        let mut unknown = 0;
        for at in 0..batch.length.min(BATCH) {
            let key = batch.keys[at];
            let known = self.cache.get(key);
            count += u64::from(known);
            batch.keys[unknown] = key;
            unknown += usize::from(known == 0);
        }
        batch.length = 0;
        for &key in &batch.keys[..unknown] {
            count += u64::from(self.count_unknown(key));
        }
        count
    }

    /// The tokens of a short piece that was not in the cache.
    fn count_unknown(&mut self, key: Key) -> u32 {
        let count = if self.vocabulary.contains(key) {
            1
        } else {
            let (bytes, length) = key.bytes();
            merge::count_short(self.vocabulary, &bytes[..length])
        };
        self.cache.insert(key, count);
        count
    }

    /// The tokens of a longer piece, of which parts may go into the batch. Clauses of scripts without spaces between
    /// words are single pieces; they are taken apart where no token reaches from one character to the next.
    fn count_long(&mut self, text: &[u8], start: usize, end: usize, batch: &mut Batch) -> u64 {
        let mut count = 0;
        let mut from = start;
        let (mut left, mut left_length) = char_at(text, start);
        let mut at = start + left_length;
        while at < end {
            let (right, right_length) = char_at(text, at);
            if !self.vocabulary.joins().may_join(left, right) {
                count += if at - from == left_length {
                    u64::from(self.count_char(left, &text[from..at]))
                } else {
                    self.count_part(text, from, at, batch)
                };
                from = at;
            }
            (left, left_length) = (right, right_length);
            at += right_length;
        }
        count + self.count_part(text, from, end, batch)
    }

    /// The tokens of a part of a longer piece, or 0 if it went into the batch.
    #[inline(always)]
    fn count_part(&mut self, text: &[u8], start: usize, end: usize, batch: &mut Batch) -> u64 {
        let length = end - start;
        if length <= key::LONGEST {
            if batch.push(Key::new(text, start, length)) {
                self.count_batch(batch)
            } else {
                0
            }
        } else if length <= cache::LONGEST {
            u64::from(self.cache.long(text, start, length, || {
                merge::count_short(self.vocabulary, &text[start..end])
            }))
        } else {
            self.merger.count(self.vocabulary, &text[start..end])
        }
    }

    /// The tokens of a part that is one character.
    #[inline(always)]
    fn count_char(&mut self, char: u32, part: &[u8]) -> u32 {
        match self.cache.char(char) {
            Some(known) if *known > 0 => u32::from(*known),
            Some(unknown) => {
                let count = merge::count_short(self.vocabulary, part);
                *unknown = count as u8;
                count
            }
            None => merge::count_short(self.vocabulary, part),
        }
    }
}
