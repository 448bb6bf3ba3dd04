//! Lists of bad words as C4 looks for them, one for each language.

use std::sync::{LazyLock, OnceLock};

use crate::unicode::{Tables, class};
#[cfg(target_arch = "x86_64")]
use crate::view::block::Avx2;
use crate::view::block::{BLOCK, Bytes, Portable};
use crate::words::is_word;

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
    /// Whether entries are to be looked for at all characters; else where ASCII words begin and at all characters
    /// beyond ASCII.
    everywhere: bool,
    /// The entries, those of one place side by side.
    entries: Vec<&'static str>,
    /// Where the entries of each place begin, and where the last ones end.
    begins: Box<[u16; PLACES + 1]>,
    /// Shorter entries.
    short: Vec<&'static str>,
    /// Which places any entry has.
    filter: Box<[u64; PLACES / 64]>,
    /// Which four ASCII bytes an entry may be found at, as places of [`four_place`]: nearly always this is all that is
    /// asked.
    fours: Box<[u64; PLACES / 64]>,
}

/// Where entries that begin with the same bytes are; with it, others are too.
const PLACES: usize = 1 << 15;

/// The place of three ASCII bytes, which are the lowest ones: five bits of each, so that letters of either case have
/// the same.
#[inline(always)]
fn ascii_place(bytes: u32) -> usize {
    (bytes & 0x1F | bytes >> 3 & 0x3E0 | bytes >> 6 & 0x7C00) as usize
}

/// The place of four ASCII bytes: letters of either case have the same.
#[inline(always)]
fn four_place(bytes: u32) -> usize {
    // Spreads four times five bits over the upper 15.
    ((bytes & 0x1F1F_1F1F).wrapping_mul(0x9E37_79B1) >> 17) as usize
}

fn place(key: [u8; KEY]) -> usize {
    let [a, b, c] = key;
    let bytes = u32::from_le_bytes([a, b, c, 0]);
    if key.is_ascii() {
        ascii_place(bytes)
    } else {
        // Spreads 24 bits over the upper 15.
        (bytes.wrapping_mul(0x9E37_79B1) >> 17) as usize
    }
}

/// Marks the places of all four bytes with which something may begin that begins with an entry.
fn mark_fours(fours: &mut [u64; PLACES / 64], entry: &[u8]) {
    match *entry {
        [a, b, c, d, ..] => {
            let place = four_place(u32::from_le_bytes([a, b, c, d]));
            fours[place / 64] |= 1 << (place % 64);
        }
        [a, b, c] => (0..32).for_each(|d| mark_fours(fours, &[a, b, c, d])),
        [a, b] => (0..32).for_each(|c| mark_fours(fours, &[a, b, c])),
        [a] => (0..32).for_each(|b| mark_fours(fours, &[a, b])),
        [] => {}
    }
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
        let mut entries = Vec::new();
        let mut short = Vec::new();
        let mut filter = Box::new([0; PLACES / 64]);
        let mut fours = Box::new([0; PLACES / 64]);
        let mut mark = |key| filter[place(key) / 64] |= 1 << (place(key) % 64);
        let mut everywhere = anywhere;
        let list = list.lines().map(str::trim);
        for entry in list.filter(|entry| !entry.is_empty() && !ALLOWED.contains(entry)) {
            everywhere |= entry.starts_with(|c: char| c.is_ascii() && !is_word(c));
            mark_fours(&mut fours, entry.as_bytes());
            match *entry.as_bytes() {
                [a, b, c, ..] => {
                    mark([a, b, c]);
                    entries.push((place([a, b, c]), entry));
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
        entries.sort_unstable();
        let mut begins = Box::new([0; PLACES + 1]);
        for &(place, _) in &entries {
            begins[place + 1] += 1;
        }
        for place in 0..PLACES {
            begins[place + 1] += begins[place];
        }
        Self {
            anywhere,
            everywhere,
            entries: entries.into_iter().map(|(_, entry)| entry).collect(),
            begins,
            short,
            filter,
            fours,
        }
    }

    /// Occurrences of entries in the text in lower case, overlapping ones included.
    pub(crate) fn count(&self, text: &str) -> u64 {
        if text.contains(DOTTED) {
            let mut lower = String::new();
            lowercase(text, &mut lower);
            return self.scan::<Portable>(&lower);
        }
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
        {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { self.scan_avx2(text) };
        }
        self.scan::<Portable>(text)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn scan_avx2(&self, text: &str) -> u64 {
        self.scan::<Avx2>(text)
    }

    /// Looks at all places where an entry may begin in a text without [`DOTTED`].
    #[inline(always)]
    fn scan<B: Bytes>(&self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        let (mut hits, mut before) = (0, 0);
        for (i, block) in blocks.iter().chain([&last]).enumerate() {
            let block = B::load(block);
            let word = block.letters() | block.within(b'0', b'9') | block.equal(b'_');
            let first = !block.continuation();
            let mut places = if self.everywhere {
                first
            } else {
                word & !(word << 1 | before) | block.high() & first
            };
            before = word >> (BLOCK - 1);
            while places != 0 {
                let at = i * BLOCK + places.trailing_zeros() as usize;
                places &= places - 1;
                let place = match bytes.get(at..at + 4) {
                    Some(&[a, b, c, d]) if (a | b | c | d).is_ascii() => {
                        let bytes = u32::from_le_bytes([a, b, c, d]);
                        let four = four_place(bytes);
                        if self.fours[four / 64] >> (four % 64) & 1 == 0 {
                            continue;
                        }
                        ascii_place(bytes & 0xFF_FFFF)
                    }
                    _ => match text.get(at..) {
                        Some(rest) if !rest.is_empty() => place(key(rest)),
                        // Behind the text.
                        _ => break,
                    },
                };
                if self.filter[place / 64] >> (place % 64) & 1 != 0 {
                    hits += self.count_at(text, at, place);
                }
            }
        }
        hits
    }

    /// Entries that a text has at a position, of which the place is known.
    #[inline(never)]
    fn count_at(&self, text: &str, at: usize, place: usize) -> u64 {
        let (before, rest) = text.split_at(at);
        if !self.anywhere && before.chars().next_back().is_some_and(is_word) {
            return 0;
        }
        let here = usize::from(self.begins[place])..usize::from(self.begins[place + 1]);
        let entries = self.entries[here].iter();
        let found = entries.chain(&self.short).filter(|entry| {
            let behind = behind(rest, entry);
            behind
                .is_some_and(|behind| self.anywhere || !behind.chars().next().is_some_and(is_word))
        });
        found.count() as u64
    }
}

/// What is behind an entry that a text begins with in small letters.
fn behind<'t>(text: &'t str, entry: &str) -> Option<&'t str> {
    // Nearly always another byte tells.
    let pairs = text.bytes().zip(entry.bytes());
    let same = pairs
        .take_while(|(own, byte)| own.to_ascii_lowercase() == *byte)
        .count();
    if same == entry.len() {
        return text.get(same..);
    }
    if text.as_bytes().get(same).is_none_or(u8::is_ascii) {
        return None;
    }
    let mut chars = text.chars();
    let mut letters = entry.chars();
    let all = letters.all(|letter| chars.next().is_some_and(|own| small(own) == letter));
    all.then_some(chars.as_str())
}

/// The only character that is two in lower case.
const DOTTED: char = '\u{130}';

/// A character other than [`DOTTED`] in lower case.
#[inline(always)]
fn small(c: char) -> char {
    if c.is_ascii() {
        c.to_ascii_lowercase()
    } else if Tables::get().class(c.into()) & class::UPPER != 0 {
        c.to_lowercase().next().unwrap_or(c)
    } else {
        c
    }
}

/// The first bytes of a text in lower case, zeros behind them.
#[inline(never)]
fn key(text: &str) -> [u8; KEY] {
    let mut key = [0; KEY];
    let mut len = 0;
    for c in text.chars() {
        let mut buffer = [0; 4];
        for byte in small(c).encode_utf8(&mut buffer).bytes() {
            if len < KEY {
                key[len] = byte;
            }
            len += 1;
        }
        if len >= KEY {
            break;
        }
    }
    key
}

/// Writes a text in small letters, by the case mappings of Unicode 14 where they bear on an entry or its borders:
/// a final sigma is like any other.
fn lowercase(text: &str, out: &mut String) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
    use proptest::prop_oneof;
    use proptest::sample::select;

    use super::{BadWords, DOTTED, LISTS, is_word, lowercase, small};
    use crate::unicode::{Tables, class};

    /// All entries looked for at all characters of the text in small letters.
    fn plain(list: &BadWords, text: &str) -> u64 {
        let mut lower = String::new();
        lowercase(text, &mut lower);
        let entries: Vec<_> = list.entries.iter().chain(&list.short).collect();
        let is_word = |c: Option<char>| c.is_some_and(is_word);
        let mut hits = 0;
        for (at, _) in lower.char_indices() {
            let (before, rest) = lower.split_at(at);
            for entry in &entries {
                if let Some(behind) = rest.strip_prefix(**entry) {
                    let inside =
                        is_word(before.chars().next_back()) || is_word(behind.chars().next());
                    hits += u64::from(list.anywhere || !inside);
                }
            }
        }
        hits
    }

    fn text() -> impl Strategy<Value = (usize, String)> {
        (0..LISTS.len()).prop_flat_map(|list| {
            let entries: Vec<&str> = LISTS[list].1.lines().collect();
            let entry = prop_oneof![
                3 => select(entries.clone()).prop_map(String::from),
                1 => select(entries).prop_map(str::to_uppercase),
                2 => select(vec![" ", "_", ",", "é", "\u{130}", "\u{212a}", "a", "中", "\u{301}"]).prop_map(String::from),
                1 => any::<char>().prop_map(String::from),
            ];
            proptest::collection::vec(entry, 0..30).prop_map(move |pieces| (list, pieces.concat()))
        })
    }

    proptest! {
        #[test]
        fn counts_what_is_in_small_letters((list, text) in text()) {
            let list = BadWords::of(LISTS[list].0).unwrap_or_else(|| unreachable!());
            prop_assert_eq!(list.count(&text), plain(list, &text), "{:?}", text);
        }
    }

    #[test]
    fn small_letters_are_single_and_words_stay_words() {
        let tables = Tables::get();
        let upper = |c: &char| tables.class(*c as u32) & class::UPPER != 0;
        for c in ('\0'..=char::MAX).filter(upper).filter(|&c| c != DOTTED) {
            assert_eq!(c.to_lowercase().count(), 1, "{c:?}");
            assert_eq!(is_word(small(c)), is_word(c), "{c:?}");
        }
    }
}
