//! MinHash signatures: near-duplicates have equal bands of values.
//!
//! ```text
//! text ─▶ tokens ─▶ shingles, hashed ─▶ smallest value of each permutation ─▶ bands
//!       tokens.rs    sha1.rs, XXH        permute.rs                            the caller
//! ```
//!
//! A [`Scheme`] fixes how: published pipelines differ in each step. Shingles count as a set everywhere; a minimum
//! does not change when one is met again, so nothing is gathered but their hashes, and no memory is taken for
//! a shingle. Long loops are compiled for AVX-512, AVX2 and any processor ([`Instructions`]) with equal results.
//!
//! ```
//! use corpusql_text::minhash::{Preset, Sketcher};
//!
//! let preset = Preset::named("minhash_bigcode").ok_or("no such preset")?;
//! let mut sketcher = Sketcher::new(preset.scheme);
//! let first = sketcher.sketch("one two three four five six").map(<[u64]>::to_vec);
//! assert_eq!(first.map(|values| values.len()), Some(256));
//! # Ok::<(), &str>(())
//! ```

pub(crate) mod lanes;
mod permute;
mod random;
mod scheme;
mod sha1;
mod tokens;

use xxhash_rust::xxh3::xxh3_64;
use xxhash_rust::xxh64::xxh64;

pub use self::lanes::Instructions;
pub use self::scheme::{Bands, Draw, Hash, Order, PRESETS, Preset, Scheme, Short, Tokens};

use self::lanes::Chosen;
use self::permute::Permutations;
use self::tokens::{Joined, Tokenizer};

/// Appends the first eight bytes of the SHA-1 digest of `text[start..end]`, read as little-endian, for each span.
pub(crate) fn sha1_prefixes(text: &[u8], spans: &[(usize, usize)], out: &mut Vec<u64>) {
    sha1::prefixes(Chosen::new(Instructions::best()), text, spans, out);
}

/// Shingles that are hashed before they are permuted.
const BATCH: usize = 256;

/// Memory that is kept from one text to the next.
const KEPT: usize = 8 << 20;

/// Makes signatures of texts, one after the other; holds the memory that this takes. One for each thread.
#[derive(Debug)]
pub struct Sketcher {
    scheme: Scheme,
    instructions: Chosen,
    permutations: Permutations,
    tokenizer: Tokenizer,
    joined: Joined,
    spans: Vec<(usize, usize)>,
    hashes: Vec<u64>,
    minima: Vec<u64>,
}

impl Sketcher {
    /// A sketcher that holds no text yet.
    pub fn new(scheme: Scheme) -> Self {
        Self::with_instructions(scheme, Instructions::best())
    }

    /// The same on a certain instruction set, or the best there is where the processor lacks it.
    pub fn with_instructions(scheme: Scheme, instructions: Instructions) -> Self {
        let permutations = Permutations::new(scheme.draw, scheme.permutations, scheme.mask());
        Self {
            scheme,
            instructions: Chosen::new(instructions),
            permutations,
            tokenizer: Tokenizer::default(),
            joined: Joined::default(),
            spans: Vec::with_capacity(BATCH),
            hashes: Vec::with_capacity(BATCH),
            minima: Vec::new(),
        }
    }

    /// The signature: for each permutation the smallest value over all shingles. `None` when the text is too short and
    /// the scheme leaves such texts alone.
    pub fn sketch(&mut self, text: &str) -> Option<&[u64]> {
        let n = self.tokenize(text);
        let shingles = self.joined.shingles(n);
        if shingles == 0 && self.scheme.short == Short::Alone {
            return None;
        }
        self.minima.clear();
        self.minima
            .resize(self.scheme.permutations, self.scheme.mask());
        for first in (0..shingles).step_by(BATCH) {
            self.hash(n, first..shingles.min(first + BATCH));
            self.permutations
                .lower(self.instructions, &self.hashes, &mut self.minima);
        }
        Some(&self.minima)
    }

    /// Appends a hash of every shingle of the text: XXH3 of its bytes, whatever the scheme's own hash is, for those who
    /// compare sets of shingles themselves. None where [`sketch`](Self::sketch) has none to look at.
    pub fn shingles(&mut self, text: &str, hashes: &mut Vec<u64>) {
        let n = self.tokenize(text);
        let shingles = (0..self.joined.shingles(n)).map(|i| self.joined.shingle(i, n));
        hashes.extend(shingles.map(|span| xxh3_64(&self.joined.bytes[span])));
    }

    /// Cuts a text into tokens; how many of them a shingle of this text has.
    fn tokenize(&mut self, text: &str) -> usize {
        if self.memory() > KEPT {
            self.joined = Joined::default();
            self.tokenizer = Tokenizer::default();
        }
        self.tokenizer
            .tokenize(self.scheme.tokens, text, &mut self.joined);
        let n = self.scheme.shingle;
        if self.joined.shingles(n) == 0 && self.scheme.short == Short::Whole {
            self.joined.len().max(1)
        } else {
            n
        }
    }

    /// Hashes some of the shingles of `n` tokens.
    fn hash(&mut self, n: usize, shingles: std::ops::Range<usize>) {
        let spans = shingles.map(|i| self.joined.shingle(i, n));
        let text = &self.joined.bytes;
        let hashes = &mut self.hashes;
        hashes.clear();
        match self.scheme.hash {
            Hash::Xxh64 => hashes.extend(spans.map(|span| xxh64(&text[span], 0))),
            Hash::Xxh3Lower32 => {
                hashes.extend(spans.map(|span| xxh3_64(&text[span]) & 0xFFFF_FFFF));
            }
            Hash::Sha1First64 | Hash::Sha1First32 => {
                self.spans.clear();
                self.spans.extend(spans.map(|span| (span.start, span.end)));
                sha1::prefixes(self.instructions, text, &self.spans, hashes);
                if self.scheme.hash == Hash::Sha1First32 {
                    hashes.iter_mut().for_each(|hash| *hash &= 0xFFFF_FFFF);
                }
            }
        }
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.tokenizer.memory() + self.joined.memory()
    }
}
