//! What a signature is made of, and the published choices.

/// How a text becomes tokens, and a shingle a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tokens {
    /// The normalised words of RedPajama-V2; a shingle joins them by a space.
    RpsWords,
    /// spaCy's English words of the text as datatrove simplifies it; a shingle joins them by a space.
    SimplifiedSpacyEn,
    /// Lower case, cut at every character that is no word character (`\W` of Python 3.11), empty tokens included; a
    /// shingle joins them by a space.
    BetweenNonWords,
    /// Cut at every character other than ASCII letters, digits and `_`, empty tokens included; a shingle joins them
    /// by a space.
    BetweenNonAscii,
    /// Characters of the text in lower case, without ASCII punctuation, with single spaces inside and none around.
    PlainCharacters,
}

/// The hash of a shingle's UTF-8 bytes, as a 64-bit number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// XXH64 with seed 0.
    Xxh64,
    /// The lower 32 bits of XXH3-64 with seed 0.
    Xxh3Lower32,
    /// The first eight bytes of SHA-1, little-endian.
    Sha1First64,
    /// The first four bytes of SHA-1, little-endian.
    Sha1First32,
}

/// The order in which the constants of the permutations `(a_i, b_i)` are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// a_0, b_0, a_1, b_1, …
    Pairs,
    /// All a, then all b.
    Columns,
}

/// Where the constants of the permutations come from: numpy's `RandomState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Draw {
    /// Its seed.
    pub seed: u32,
    /// The order of its draws.
    pub order: Order,
}

/// What becomes of a text with fewer tokens than a shingle has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Short {
    /// It has no signature and is nobody's duplicate.
    Alone,
    /// It has a signature of the largest values: all such texts are duplicates of each other.
    Alike,
}

/// All that a signature depends on besides the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scheme {
    /// Its name: whose signatures these are.
    pub name: &'static str,
    /// How a text becomes tokens.
    pub tokens: Tokens,
    /// How many tokens a shingle has.
    pub shingle: usize,
    /// How a shingle is hashed.
    pub hash: Hash,
    /// Where the permutations come from.
    pub draw: Draw,
    /// How many there are.
    pub permutations: usize,
    /// How many bits of a permuted value are kept: 32, or 61, which are all.
    pub bits: u32,
    /// What becomes of short texts.
    pub short: Short,
}

impl Scheme {
    /// The schemes of all presets, each once.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        let first = |name| PRESETS.iter().position(|p| p.scheme.name == name);
        let schemes = PRESETS.iter().enumerate();
        schemes.filter_map(move |(i, preset)| {
            (first(preset.scheme.name) == Some(i)).then_some(&preset.scheme)
        })
    }

    /// The scheme of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|scheme| scheme.name == name)
    }

    /// Ones for the bits that are kept.
    pub(super) fn mask(&self) -> u64 {
        u64::MAX >> (u64::BITS - self.bits)
    }

    /// Bytes of a value of the signature.
    pub const fn width(&self) -> usize {
        if self.bits <= 32 { 4 } else { 8 }
    }
}

/// A published way to find near-duplicates: documents are candidates when all values of a band are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// How signatures are made.
    pub scheme: Scheme,
    /// How many bands are compared.
    pub bands: usize,
    /// How many values a band has.
    pub rows: usize,
    /// What it is, in one line.
    pub about: &'static str,
    /// The repository that defined it.
    pub source: &'static str,
}

impl Preset {
    /// The preset of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The probability that two documents become candidates when `similarity` is the Jaccard similarity of their
    /// sets of shingles.
    pub fn probability(&self, similarity: f64) -> f64 {
        let band = similarity.powi(self.rows as i32);
        1.0 - (1.0 - band).powi(self.bands as i32)
    }
}

const RPV2: Scheme = Scheme {
    name: "rpv2",
    tokens: Tokens::RpsWords,
    shingle: 13,
    hash: Hash::Sha1First32,
    draw: Draw {
        seed: 42,
        order: Order::Pairs,
    },
    permutations: 128,
    bits: 32,
    short: Short::Alone,
};

const TEXT_DEDUP: Scheme = Scheme {
    name: "text_dedup",
    tokens: Tokens::BetweenNonWords,
    shingle: 5,
    hash: Hash::Sha1First32,
    draw: Draw {
        seed: 42,
        order: Order::Columns,
    },
    permutations: 250,
    bits: 32,
    short: Short::Alone,
};

const BIGCODE: Scheme = Scheme {
    name: "bigcode",
    tokens: Tokens::BetweenNonAscii,
    shingle: 5,
    hash: Hash::Sha1First32,
    draw: Draw {
        seed: 42,
        order: Order::Pairs,
    },
    permutations: 256,
    bits: 32,
    short: Short::Alike,
};

const SLIMPAJAMA: Scheme = Scheme {
    name: "slimpajama",
    tokens: Tokens::PlainCharacters,
    shingle: 13,
    hash: Hash::Sha1First32,
    draw: Draw {
        seed: 1,
        order: Order::Pairs,
    },
    permutations: 128,
    bits: 32,
    short: Short::Alike,
};

const DATATROVE: Scheme = Scheme {
    name: "datatrove",
    tokens: Tokens::SimplifiedSpacyEn,
    shingle: 5,
    hash: Hash::Xxh64,
    draw: Draw {
        seed: 1,
        order: Order::Columns,
    },
    permutations: 112,
    bits: 61,
    short: Short::Alone,
};

const fn rpv2(name: &'static str, bands: usize, rows: usize, about: &'static str) -> Preset {
    Preset {
        name,
        scheme: RPV2,
        bands,
        rows,
        about,
        source: "togethercomputer/RedPajama-Data 6d2cee9",
    }
}

/// The published presets.
pub static PRESETS: &[Preset] = &[
    rpv2("minhash_rpv2_0_7", 14, 9, "RedPajama-V2 at similarity 0.7"),
    rpv2("minhash_rpv2_0_8", 9, 13, "RedPajama-V2 at similarity 0.8"),
    rpv2("minhash_rpv2_0_9", 5, 25, "RedPajama-V2 at similarity 0.9"),
    rpv2("minhash_rpv2_1_0", 1, 128, "RedPajama-V2 at similarity 1.0"),
    Preset {
        name: "minhash_datatrove",
        scheme: DATATROVE,
        bands: 14,
        rows: 8,
        about: "datatrove with its defaults",
        source: "huggingface/datatrove 0.10.1",
    },
    Preset {
        name: "minhash_fineweb",
        scheme: Scheme {
            name: "fineweb",
            hash: Hash::Sha1First64,
            ..DATATROVE
        },
        bands: 14,
        rows: 8,
        about: "FineWeb: datatrove with SHA-1",
        source: "huggingface/datatrove 0.10.1, examples/fineweb.py",
    },
    Preset {
        name: "minhash_text_dedup",
        scheme: TEXT_DEDUP,
        bands: 25,
        rows: 10,
        about: "text-dedup with its defaults, similarity 0.7",
        source: "ChenghaoMou/text-dedup 0.4.0",
    },
    Preset {
        name: "minhash_text_dedup_xxh3",
        scheme: Scheme {
            name: "text_dedup_xxh3",
            hash: Hash::Xxh3Lower32,
            ..TEXT_DEDUP
        },
        bands: 25,
        rows: 10,
        about: "text-dedup with XXH3 instead of SHA-1",
        source: "ChenghaoMou/text-dedup 0.4.0",
    },
    Preset {
        name: "minhash_bigcode",
        scheme: BIGCODE,
        bands: 25,
        rows: 10,
        about: "BigCode (The Stack) with its defaults, similarity 0.7; texts of fewer than 5 tokens are all alike",
        source: "bigcode-project/bigcode-dataset 5b774bf",
    },
    Preset {
        name: "minhash_slimpajama",
        scheme: SLIMPAJAMA,
        bands: 9,
        rows: 13,
        about: "SlimPajama: 13-grams of characters, similarity 0.8; texts of fewer than 13 characters are all alike",
        source: "Cerebras/modelzoo e6da120 and datasketch",
    },
];

#[cfg(test)]
mod tests {
    use super::{PRESETS, Preset};

    #[test]
    fn presets_use_permutations_that_they_have() {
        for preset in PRESETS {
            assert!(preset.bands * preset.rows <= preset.scheme.permutations);
            assert_eq!(Preset::named(preset.name), Some(preset));
        }
        assert_eq!(Preset::named("minhash"), None);
    }

    #[test]
    fn probability_of_the_published_table() {
        for (name, expected) in [
            ("minhash_rpv2_0_7", 0.438),
            ("minhash_rpv2_0_8", 0.084),
            ("minhash_bigcode", 0.512),
        ] {
            let found = Preset::named(name).map_or(0.0, |preset| preset.probability(0.7));
            assert!((found - expected).abs() < 1e-3, "{name}: {found}");
        }
    }
}
