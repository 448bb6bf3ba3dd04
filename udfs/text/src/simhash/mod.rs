//! SimHash: fingerprints of 64 bits, of which those of near-duplicates differ in few.
//!
//! ```text
//! text ─▶ windows of characters, hashed ─▶ votes on each bit ─▶ the bits that most hashes have
//!                  md5.rs, XXH3               votes.rs
//! ```
//!
//! A [`Scheme`] fixes how: published pipelines differ in each step.
//!
//! ```
//! use corpusql_text::simhash::{Fingerprinter, Scheme, distance};
//!
//! let mut fingerprinter = Fingerprinter::new(Scheme::Rpv1Books);
//! let first = fingerprinter.fingerprint("It was the best of times, it was the worst of times");
//! let second = fingerprinter.fingerprint("it was the best of times it was the worst of times.");
//! assert_eq!(first.zip(second).map(|(a, b)| distance(a, b)), Some(0));
//! ```

mod md5;
mod near;
mod votes;

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_64;

pub use self::near::{masks, near};
use self::votes::Votes;
use crate::minhash::lanes::{self, Chosen, Instructions};
use crate::unicode::{Tables, class};
use crate::words::classes::{Classes, PUNCT};

/// Windows that are hashed before they are counted.
const BATCH: usize = 256;

/// Memory that is kept from one text to the next.
const KEPT: usize = 8 << 20;

/// Which eight bytes of a digest are the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    First,
    Last,
}

/// How a fingerprint is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// ROOTS: lower case, without characters of Unicode's punctuation (categories P); windows of 6 characters, the last one
    /// left out as in the original, each as often as it occurs; the first 8 bytes of MD5. Up to 6 characters give 0.
    Roots,
    /// The books of RedPajama-V1: lower case, only characters of `\w`; windows of 6 characters, or what there is, each as
    /// often as it occurs; the last 8 bytes of MD5.
    Rpv1Books,
    /// text-dedup: windows of 3 characters in lower case, as a set; XXH3. Fewer than 5 characters give none.
    TextDedup,
}

impl Scheme {
    /// All schemes.
    pub const ALL: [Self; 3] = [Self::Roots, Self::Rpv1Books, Self::TextDedup];

    /// Its name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Roots => "roots",
            Self::Rpv1Books => "rpv1_books",
            Self::TextDedup => "text_dedup",
        }
    }

    /// The scheme of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// Characters of a window.
    const fn window(self) -> usize {
        match self {
            Self::Roots | Self::Rpv1Books => 6,
            Self::TextDedup => 3,
        }
    }
}

/// A published way to find near-duplicates by fingerprints.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Where it is from.
    pub about: &'static str,
    /// How fingerprints are made.
    pub scheme: Scheme,
    /// In how many bits those of duplicates differ at most.
    pub distance: u32,
}

/// The published ways.
pub const PRESETS: [Preset; 3] = [
    Preset {
        name: "simhash_roots",
        about: "ROOTS, windows of 6 characters without punctuation",
        scheme: Scheme::Roots,
        distance: 4,
    },
    Preset {
        name: "simhash_rpv1_books",
        about: "RedPajama-V1's books, windows of 6 letters, digits and _",
        scheme: Scheme::Rpv1Books,
        distance: 5,
    },
    Preset {
        name: "simhash_text_dedup",
        about: "text-dedup's defaults, windows of 3 characters",
        scheme: Scheme::TextDedup,
        distance: 3,
    },
];

/// In how many bits two fingerprints differ.
pub const fn distance(first: u64, second: u64) -> u32 {
    (first ^ second).count_ones()
}

/// Makes fingerprints of texts, one after the other; holds the memory that this takes. One for each thread.
#[derive(Debug)]
pub struct Fingerprinter {
    scheme: Scheme,
    instructions: Chosen,
    /// The characters that count.
    bytes: Vec<u8>,
    /// Where each of them begins, and the end.
    starts: Vec<u32>,
    spans: Vec<(u32, u32)>,
    hashes: Vec<u64>,
}

impl Fingerprinter {
    /// A fingerprinter that holds no text yet.
    pub fn new(scheme: Scheme) -> Self {
        Self::with_instructions(scheme, Instructions::best())
    }

    /// The same on a certain instruction set, or the best there is where the processor lacks it.
    pub fn with_instructions(scheme: Scheme, instructions: Instructions) -> Self {
        Self {
            scheme,
            instructions: Chosen::new(instructions),
            bytes: Vec::new(),
            starts: Vec::new(),
            spans: Vec::with_capacity(BATCH),
            hashes: Vec::with_capacity(BATCH),
        }
    }

    /// The fingerprint; `None` when the text is too short and the scheme leaves such texts alone. Characters beyond 4 GiB
    /// are left out.
    pub fn fingerprint(&mut self, text: &str) -> Option<u64> {
        if self.bytes.capacity() + 4 * self.starts.capacity() + 8 * self.hashes.capacity() > KEPT {
            *self = Self::with_instructions(self.scheme, self.instructions.get());
        }
        match self.scheme {
            Scheme::Roots => {
                let classes = Classes::get();
                self.read(&lowercase(text), |c| classes.of(c as u32) & PUNCT == 0);
                let windows = self.windows().saturating_sub(1);
                Some(self.of_windows(windows, Half::First))
            }
            Scheme::Rpv1Books => {
                self.read(&lowercase(text), |c| match c {
                    '\0'..='\x7F' => c.is_ascii_alphanumeric() || c == '_',
                    _ => Tables::get().class(c as u32) & class::WORD != 0,
                });
                let windows = self.windows().max(1);
                Some(self.of_windows(windows, Half::Last))
            }
            Scheme::TextDedup => {
                self.read(text, |_| true);
                (self.starts.len() > 5).then(|| self.of_set())
            }
        }
    }

    /// Takes the characters that count.
    fn read(&mut self, text: &str, counts: impl Fn(char) -> bool) {
        self.bytes.clear();
        self.starts.clear();
        self.bytes.reserve(text.len());
        for c in text.chars() {
            if counts(c) {
                let Ok(start) = u32::try_from(self.bytes.len()) else {
                    break;
                };
                self.starts.push(start);
                let mut utf8 = [0; 4];
                self.bytes
                    .extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
            }
        }
        self.starts
            .push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// How many full windows there are.
    fn windows(&self) -> usize {
        self.starts.len().saturating_sub(self.scheme.window())
    }

    /// The majority over the first windows, by MD5; a window ends where the text does.
    fn of_windows(&mut self, windows: usize, half: Half) -> u64 {
        let mut votes = Votes::new();
        let last = self.starts.len() - 1;
        for first in (0..windows).step_by(BATCH) {
            let batch = first..windows.min(first + BATCH);
            let end = |i: usize| self.starts[last.min(i + self.scheme.window())];
            self.spans.clear();
            self.spans.extend(batch.map(|i| (self.starts[i], end(i))));
            self.hashes.clear();
            md5::halves(
                self.instructions,
                &self.bytes,
                &self.spans,
                half,
                &mut self.hashes,
            );
            self.hashes.iter().for_each(|&hash| votes.add(hash));
        }
        votes.majority()
    }

    /// The majority over the set of windows in lower case, by XXH3. Windows with equal hashes count as one.
    fn of_set(&mut self) -> u64 {
        self.hashes.clear();
        let mut lower = String::new();
        for ends in self.starts.windows(self.scheme.window() + 1) {
            let window = &self.bytes[ends[0] as usize..ends[self.scheme.window()] as usize];
            // A window is cut between characters.
            let window = std::str::from_utf8(window).unwrap_or_default();
            let bytes = if window.is_ascii() {
                lower.clear();
                lower.push_str(window);
                lower.make_ascii_lowercase();
                lower.as_bytes()
            } else {
                lower = window.to_lowercase();
                lower.as_bytes()
            };
            self.hashes.push(xxh3_64(bytes));
        }
        self.hashes.sort_unstable();
        self.hashes.dedup();
        let mut votes = Votes::new();
        self.hashes.iter().for_each(|&hash| votes.add(hash));
        votes.majority()
    }
}

/// The text in lower case, as Python maps it: by the full mappings, sigma by its place.
fn lowercase(text: &str) -> Cow<'_, str> {
    let changes = |byte: u8| byte >= 0x80 || byte.is_ascii_uppercase();
    if text.bytes().any(changes) {
        text.to_lowercase().into()
    } else {
        text.into()
    }
}
