//! What a signature is made of, and the published choices.

/// The most tokens of a shingle that can be asked for.
const MOST_TOKENS: usize = 1000;
/// The most permutations that can be asked for.
const MOST_PERMUTATIONS: usize = 16_384;

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
    /// Words between spaces of that text; a shingle joins them by a space.
    PlainWords,
    /// Characters of the text as it is.
    Characters,
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

/// The hashes by name, and how many bits of a permuted value are kept with each.
const HASHES: [(&str, Hash, u32); 4] = [
    ("xxh64", Hash::Xxh64, 61),
    ("xxh3_32", Hash::Xxh3Lower32, 32),
    ("sha1_64", Hash::Sha1First64, 61),
    ("sha1_32", Hash::Sha1First32, 32),
];

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
    /// All its tokens are one shingle; texts without tokens are alike.
    Whole,
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

    /// The scheme of a name with other parameters: `datatrove,ngram=7,permutations=200,seed=3,hash=sha1_32`. A name alone is
    /// that scheme. Hashes are `xxh64`, `xxh3_32`, `sha1_64` and `sha1_32`; values have 61 bits, or 32 where the hash has.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(spec: &str) -> Result<Self, String> {
        let mut pieces = spec.split(',').map(str::trim);
        let name = pieces.next().unwrap_or_default();
        let mut scheme = *Self::named(name).ok_or_else(|| {
            let names: Vec<_> = Self::all().map(|scheme| scheme.name).collect();
            format!(
                "there is no scheme '{name}', expected one of {}",
                names.join(", ")
            )
        })?;
        for piece in pieces {
            let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
            let number = |least: usize, most: usize| {
                let number = value.trim().parse::<usize>().ok();
                number
                    .filter(|n| (least..=most).contains(n))
                    .ok_or_else(|| format!("'{piece}': expected {}={least} to {most}", key.trim()))
            };
            match key.trim() {
                "ngram" => scheme.shingle = number(1, MOST_TOKENS)?,
                "permutations" => scheme.permutations = number(1, MOST_PERMUTATIONS)?,
                "seed" => scheme.draw.seed = number(0, u32::MAX as usize)? as u32,
                "hash" => {
                    let found = HASHES.iter().find(|(name, ..)| *name == value.trim());
                    let (_, hash, bits) = found.ok_or_else(|| {
                        let names: Vec<_> = HASHES.iter().map(|(name, ..)| *name).collect();
                        format!("'{piece}': expected hash={}", names.join(" or "))
                    })?;
                    (scheme.hash, scheme.bits) = (*hash, *bits);
                }
                _ => {
                    return Err(format!(
                        "'{piece}': expected ngram=N, permutations=N, seed=N or hash=NAME"
                    ));
                }
            }
        }
        Ok(scheme)
    }

    /// How [`parse`](Self::parse) reads it: the name, and what differs from the scheme of that name.
    pub fn spec(&self) -> String {
        let mut spec = self.name.to_string();
        if let Some(base) = Self::named(self.name) {
            for (key, value, default) in [
                ("ngram", self.shingle, base.shingle),
                ("permutations", self.permutations, base.permutations),
                ("seed", self.draw.seed as usize, base.draw.seed as usize),
            ] {
                if value != default {
                    spec.push_str(&format!(",{key}={value}"));
                }
            }
            if (self.hash, self.bits) != (base.hash, base.bits) {
                let found = HASHES.iter().find(|(_, hash, _)| *hash == self.hash);
                if let Some((name, ..)) = found {
                    spec.push_str(&format!(",hash={name}"));
                }
            }
        }
        spec
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

/// How a signature is cut: documents are candidates when all values of a band are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bands {
    /// How many bands are compared.
    pub bands: usize,
    /// How many values a band has.
    pub rows: usize,
}

impl Bands {
    /// The probability that two documents become candidates when `similarity` is the Jaccard similarity of their
    /// sets of shingles: `1 − (1 − s^rows)^bands`.
    pub fn probability(self, similarity: f64) -> f64 {
        let band = similarity.powi(self.rows as i32);
        1.0 - (1.0 - band).powi(self.bands as i32)
    }

    /// The bands that miss least at a similarity, as datasketch chooses them: of all that `permutations` allow, those with
    /// the smallest sum of the probability below the threshold and of its complement above, each integrated; of equal
    /// ones the first, fewest bands first. `None` without permutations.
    pub fn for_threshold(threshold: f64, permutations: usize) -> Option<Self> {
        let mut best: Option<(f64, Self)> = None;
        for bands in 1..=permutations {
            for rows in 1..=permutations / bands {
                let cut = Self { bands, rows };
                let below = integral(0.0, threshold, |s| cut.probability(s));
                let above = integral(threshold, 1.0, |s| 1.0 - cut.probability(s));
                let error = 0.5 * below + 0.5 * above;
                if best.is_none_or(|(least, _)| error < least) {
                    best = Some((error, cut));
                }
            }
        }
        best.map(|(_, cut)| cut)
    }
}

/// By Simpson's rule.
fn integral(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    const STEPS: usize = 400;
    let step = (to - from) / STEPS as f64;
    let inner: f64 = (1..STEPS)
        .map(|i| f(from + step * i as f64) * if i % 2 == 1 { 4.0 } else { 2.0 })
        .sum();
    (f(from) + inner + f(to)) * step / 3.0
}

/// A published way to find near-duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// How signatures are made.
    pub scheme: Scheme,
    /// How they are compared.
    pub cut: Bands,
    /// What it is, in one line.
    pub about: &'static str,
    /// The repository or paper that defined it.
    pub source: &'static str,
}

impl Preset {
    /// The preset of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
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
        cut: Bands { bands, rows },
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
        cut: Bands { bands: 14, rows: 8 },
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
        cut: Bands { bands: 14, rows: 8 },
        about: "FineWeb: datatrove with SHA-1",
        source: "huggingface/datatrove 0.10.1, examples/fineweb.py",
    },
    Preset {
        name: "minhash_text_dedup",
        scheme: TEXT_DEDUP,
        cut: Bands {
            bands: 25,
            rows: 10,
        },
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
        cut: Bands {
            bands: 25,
            rows: 10,
        },
        about: "text-dedup with XXH3 instead of SHA-1",
        source: "ChenghaoMou/text-dedup 0.4.0",
    },
    Preset {
        name: "minhash_bigcode",
        scheme: BIGCODE,
        cut: Bands {
            bands: 25,
            rows: 10,
        },
        about: "BigCode (The Stack) with its defaults, similarity 0.7; texts of fewer than 5 tokens are all alike",
        source: "bigcode-project/bigcode-dataset 5b774bf",
    },
    Preset {
        name: "minhash_slimpajama",
        scheme: SLIMPAJAMA,
        cut: Bands { bands: 9, rows: 13 },
        about: "SlimPajama: 13-grams of characters, similarity 0.8; texts of fewer than 13 characters are all alike",
        source: "Cerebras/modelzoo e6da120 and datasketch",
    },
    Preset {
        name: "minhash_refinedweb",
        scheme: Scheme {
            name: "refinedweb",
            permutations: 9000,
            hash: Hash::Xxh3Lower32,
            bits: 32,
            ..DATATROVE
        },
        cut: Bands {
            bands: 450,
            rows: 20,
        },
        about: "RefinedWeb's parameters, those of Lee et al., over datatrove's words (the original's hashes are not published)",
        source: "RefinedWeb (arXiv 2306.01116)",
    },
    Preset {
        name: "minhash_nemotron_cc",
        scheme: Scheme {
            name: "nemotron_cc",
            tokens: Tokens::Characters,
            shingle: 24,
            hash: Hash::Xxh3Lower32,
            permutations: 260,
            ..SLIMPAJAMA
        },
        cut: Bands {
            bands: 20,
            rows: 13,
        },
        about: "Nemotron-CC's parameters: 24-grams of characters (its hashes, which run on graphics processors, are others)",
        source: "Nemotron-CC (arXiv 2412.02595), NVIDIA NeMo Curator",
    },
    Preset {
        name: "minhash_dolma3",
        scheme: Scheme {
            name: "dolma3",
            tokens: Tokens::PlainWords,
            shingle: 5,
            hash: Hash::Xxh3Lower32,
            permutations: 286,
            short: Short::Whole,
            ..SLIMPAJAMA
        },
        cut: Bands {
            bands: 26,
            rows: 11,
        },
        about: "Dolma 3's parameters over words where the original has p50k tokens (its hashes, of aHash, differ from processor to processor)",
        source: "revbucket/minhash-rs 56a036a, examples/all_dressed",
    },
];

#[cfg(test)]
mod tests {
    use super::{Bands, Hash, PRESETS, Preset, Scheme};

    #[test]
    fn presets_use_permutations_that_they_have() {
        for preset in PRESETS {
            assert!(preset.cut.bands * preset.cut.rows <= preset.scheme.permutations);
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
            let found = Preset::named(name).map_or(0.0, |preset| preset.cut.probability(0.7));
            assert!((found - expected).abs() < 1e-3, "{name}: {found}");
        }
    }

    #[test]
    fn parameters_as_datasketch_chooses_them() {
        for (threshold, permutations, bands, rows) in [
            (0.7, 128, 14, 9),
            (0.8, 128, 9, 13),
            (0.9, 128, 5, 25),
            (1.0, 128, 1, 128),
            (0.7, 250, 25, 10),
            (0.7, 256, 25, 10),
            (0.7, 240, 24, 10),
            (0.85, 256, 13, 19),
        ] {
            let found = Bands::for_threshold(threshold, permutations);
            assert_eq!(
                found,
                Some(Bands { bands, rows }),
                "{threshold} {permutations}"
            );
        }
        assert_eq!(Bands::for_threshold(0.5, 0), None);
    }

    #[test]
    fn schemes_with_other_parameters() {
        for scheme in Scheme::all() {
            assert_eq!(Scheme::parse(scheme.name), Ok(*scheme));
            assert_eq!(scheme.spec(), scheme.name);
        }
        let spec = "datatrove,ngram=7,permutations=200,seed=3,hash=sha1_32";
        let scheme = Scheme::parse(spec).unwrap_or(PRESETS[0].scheme);
        assert_eq!(
            (scheme.shingle, scheme.permutations, scheme.draw.seed),
            (7, 200, 3)
        );
        assert_eq!(scheme.spec(), spec);
        assert_eq!((scheme.hash, scheme.bits), (Hash::Sha1First32, 32));
        for (spec, expected) in [
            (
                "minhash",
                "there is no scheme 'minhash', expected one of rpv2, datatrove,",
            ),
            ("rpv2,ngram=0", "'ngram=0': expected ngram=1 to 1000"),
            ("rpv2,seed=x", "'seed=x': expected seed=0 to 4294967295"),
            (
                "rpv2, rows=3",
                "'rows=3': expected ngram=N, permutations=N, seed=N or hash=NAME",
            ),
            (
                "rpv2,hash=md5",
                "'hash=md5': expected hash=xxh64 or xxh3_32",
            ),
            ("rpv2,", "'': expected ngram=N"),
        ] {
            let error = Scheme::parse(spec).expect_err(spec);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
