//! Lists of bad words as C4 looks for them, one for each language.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use crate::unicode::{Tables, class, decode};

/// The lists, by language code.
const LISTS: [(&str, &str); 28] = [
    ("ar", include_str!("../../data/bad_words/ar.txt")),
    ("cs", include_str!("../../data/bad_words/cs.txt")),
    ("da", include_str!("../../data/bad_words/da.txt")),
    ("de", include_str!("../../data/bad_words/de.txt")),
    ("en", include_str!("../../data/bad_words/en-25e679f.txt")),
    ("eo", include_str!("../../data/bad_words/eo.txt")),
    ("es", include_str!("../../data/bad_words/es.txt")),
    ("fa", include_str!("../../data/bad_words/fa.txt")),
    ("fi", include_str!("../../data/bad_words/fi.txt")),
    ("fil", include_str!("../../data/bad_words/fil.txt")),
    ("fr", include_str!("../../data/bad_words/fr.txt")),
    (
        "fr-CA-u-sd-caqc",
        include_str!("../../data/bad_words/fr-CA-u-sd-caqc.txt"),
    ),
    ("hi", include_str!("../../data/bad_words/hi.txt")),
    ("hu", include_str!("../../data/bad_words/hu.txt")),
    ("it", include_str!("../../data/bad_words/it.txt")),
    ("ja", include_str!("../../data/bad_words/ja.txt")),
    ("kab", include_str!("../../data/bad_words/kab.txt")),
    ("ko", include_str!("../../data/bad_words/ko.txt")),
    ("nl", include_str!("../../data/bad_words/nl.txt")),
    ("no", include_str!("../../data/bad_words/no.txt")),
    ("pl", include_str!("../../data/bad_words/pl.txt")),
    ("pt", include_str!("../../data/bad_words/pt.txt")),
    ("ru", include_str!("../../data/bad_words/ru.txt")),
    ("sv", include_str!("../../data/bad_words/sv.txt")),
    ("th", include_str!("../../data/bad_words/th.txt")),
    ("tlh", include_str!("../../data/bad_words/tlh.txt")),
    ("tr", include_str!("../../data/bad_words/tr.txt")),
    ("zh", include_str!("../../data/bad_words/zh.txt")),
];

/// Languages that are written without spaces: entries are found anywhere.
const ANYWHERE: [&str; 3] = ["ja", "th", "zh"];

/// Entries that are left out of all lists: in Japanese and Chinese they are parts of common words.
const ALLOWED: [&str; 4] = ["sm", "グロ", "女の子", "性"];

/// Bytes of an entry that choose the entries to compare with.
const KEY: usize = 3;

/// The entries of one language, made to be looked for.
#[derive(Debug)]
pub(crate) struct BadWords {
    /// Whether an entry is found inside of words too.
    anywhere: bool,
    /// The entries by their first bytes.
    entries: HashMap<[u8; KEY], Vec<&'static str>>,
    /// Shorter entries.
    short: Vec<&'static str>,
    /// Which hashes of first bytes any entry has.
    filter: Box<[u64; FILTER / 64]>,
}

const FILTER: usize = 1 << 14;

fn place(key: [u8; KEY]) -> usize {
    let [a, b, c] = key.map(u32::from);
    // Spreads 24 bits over the upper 14.
    ((a | b << 8 | c << 16).wrapping_mul(0x9E37_79B1) >> 18) as usize
}

impl BadWords {
    /// The list of a language; none for a language without.
    pub(crate) fn of(language: &str) -> Option<&'static Self> {
        static MADE: LazyLock<Vec<OnceLock<BadWords>>> =
            LazyLock::new(|| LISTS.iter().map(|_| OnceLock::new()).collect());
        let at = LISTS.iter().position(|(code, _)| *code == language)?;
        Some(MADE[at].get_or_init(|| Self::new(LISTS[at].1, ANYWHERE.contains(&language))))
    }

    fn new(list: &'static str, anywhere: bool) -> Self {
        let mut entries: HashMap<_, Vec<_>> = HashMap::new();
        let mut short = Vec::new();
        let mut filter = Box::new([0; FILTER / 64]);
        let mut mark = |key| filter[place(key) / 64] |= 1 << (place(key) % 64);
        let list = list.lines().map(str::trim);
        for entry in list.filter(|entry| !entry.is_empty() && !ALLOWED.contains(entry)) {
            match *entry.as_bytes() {
                [a, b, c, ..] => {
                    mark([a, b, c]);
                    entries.entry([a, b, c]).or_default().push(entry);
                }
                [a, b] => {
                    (0..=255).for_each(|c| mark([a, b, c]));
                    short.push(entry);
                }
                _ => {
                    for b in 0..=255 {
                        (0..=255).for_each(|c| mark([entry.as_bytes()[0], b, c]));
                    }
                    short.push(entry);
                }
            }
        }
        Self {
            anywhere,
            entries,
            short,
            filter,
        }
    }

    /// Occurrences of entries in a lowercase text, overlapping ones included.
    pub(crate) fn count(&self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        let (mut hits, mut at) = (0, 0);
        let mut border = true;
        while let Some(&byte) = bytes.get(at) {
            if border || self.anywhere {
                let key = match bytes.get(at..at + KEY) {
                    Some(&[a, b, c]) => [a, b, c],
                    _ => [byte, bytes.get(at + 1).copied().unwrap_or(0), 0],
                };
                let place = place(key);
                if self.filter[place / 64] >> (place % 64) & 1 != 0 {
                    hits += self.count_at(&text[at..], key);
                }
            }
            let (word, len) = is_word(bytes, at);
            border = !word;
            at += len;
        }
        hits
    }

    /// Entries that a text begins with.
    #[inline(never)]
    fn count_at(&self, text: &str, key: [u8; KEY]) -> u64 {
        let entries = self.entries.get(&key).into_iter().flatten();
        let found = entries.chain(&self.short).filter(|entry| {
            text.starts_with(**entry)
                && (self.anywhere
                    || text.len() == entry.len()
                    || !is_word(text.as_bytes(), entry.len()).0)
        });
        found.count() as u64
    }
}

/// Whether a word character begins at a position, and its length.
#[inline(always)]
fn is_word(text: &[u8], at: usize) -> (bool, usize) {
    let byte = text[at];
    if byte < 0x80 {
        return (byte.is_ascii_alphanumeric() || byte == b'_', 1);
    }
    let (code, len) = decode(text, at);
    (Tables::get().class(code) & class::WORD != 0, len)
}

/// Writes a text in small letters, by the case mappings of Unicode 14 where they bear on an entry or its borders:
/// a final sigma is like any other.
pub(crate) fn lowercase(text: &str, out: &mut String) {
    out.clear();
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
        return;
    }
    out.reserve(text.len());
    let tables = Tables::get();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else if tables.class(c as u32) & class::UPPER != 0 {
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
    }
}
