//! The words and labels that a model knows, and the rows of weights that a line stands for.

use std::io::Read;

use super::Settings;
use super::reader::{ModelError, Reader};
use super::recent::Recent;

/// Stands in front of a word's first n-gram.
const BEGIN: u8 = b'<';
/// Stands behind its last one.
const END: u8 = b'>';
/// The word at the end of a line.
const END_OF_LINE: &[u8; 4] = b"</s>";
/// What a label begins with.
const LABEL: &[u8] = b"__label__";
/// No word has this number.
const NONE: u32 = u32::MAX;

/// A label and how often it was in the training data.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) count: i64,
}

#[derive(Debug)]
pub(super) struct Dictionary {
    /// The words one behind the other, and where each ends.
    words: Vec<u8>,
    ends: Vec<usize>,
    labels: Vec<Label>,
    /// Numbers of words and labels by their hash; labels count on from the words.
    places: Vec<u32>,
    place_of: Modulus,
    /// The rows of each word: its own and those of its n-grams, one word behind the other.
    rows: Vec<u32>,
    row_ends: Vec<usize>,
    ngrams: Ngrams,
    max_chars: usize,
    word_ngrams: usize,
}

/// What looking at lines takes, kept from line to line.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) recent: Recent,
    word_hashes: Vec<i32>,
    marked: Vec<u8>,
}

/// Remainders of one divisor, by two multiplications in the place of a division (Lemire, Kaser and Kurz 2019: exact for
/// numbers of 32 bits).
#[derive(Debug)]
struct Modulus {
    divisor: u32,
    reciprocal: u64,
}

impl Modulus {
    /// Of 0 there are no remainders: nobody may ask.
    fn new(divisor: u32) -> Self {
        Self {
            divisor,
            reciprocal: (u64::MAX / u64::from(divisor.max(1))).wrapping_add(1),
        }
    }

    #[inline(always)]
    fn remainder(&self, number: u32) -> u32 {
        let fraction = self.reciprocal.wrapping_mul(number.into());
        ((u128::from(fraction) * u128::from(self.divisor)) >> 64) as u32
    }
}

/// The rows of n-grams.
#[derive(Debug)]
struct Ngrams {
    min_chars: usize,
    max_chars: usize,
    buckets: u32,
    bucket_of: Modulus,
    /// The row of the first bucket.
    first: u32,
    kept: Kept,
}

/// Which buckets have a row.
#[derive(Debug)]
enum Kept {
    All,
    None,
    Some(Pruned),
}

/// The buckets that a pruned model kept. Their rows have the order of the buckets: see [`Dictionary::take_order`].
#[derive(Debug)]
struct Pruned {
    /// For each 32 buckets which are kept, and how many are before.
    bits: Vec<(u32, u32)>,
    /// The row in the file of each bucket that is kept.
    order: Vec<u32>,
}

impl Pruned {
    /// `kept` are buckets and their rows, in order.
    fn new(kept: &[(u32, u32)], buckets: u32) -> Self {
        let mut bits = vec![(0u32, 0u32); buckets as usize / 32 + 1];
        for (bucket, _) in kept {
            bits[*bucket as usize / 32].0 |= 1 << (bucket % 32);
        }
        let mut before = 0;
        for (bits, count) in &mut bits {
            *count = before;
            before += bits.count_ones();
        }
        Self {
            bits,
            order: kept.iter().map(|(_, row)| *row).collect(),
        }
    }

    /// Puts the rows of those buckets that have one in their place, and returns how many they are. All bits are fetched before
    /// the first is looked at, as they are far apart, and nothing is branched on, as nobody can foresee it.
    #[inline(always)]
    fn rows(&self, buckets: &mut [u32; BLOCK], len: usize, first: u32) -> usize {
        let mut fetched = [(0, 0); BLOCK];
        for (fetched, bucket) in fetched.iter_mut().zip(&buckets[..len]) {
            *fetched = self.bits[*bucket as usize / 32];
        }
        let mut kept = 0;
        for place in 0..len {
            let (bits, before) = fetched[place];
            let bit = buckets[place] % 32;
            let below = bits & ((1 << bit) - 1);
            buckets[kept] = first + before + below.count_ones();
            kept += (bits >> bit & 1) as usize;
        }
        kept
    }
}

/// FNV-1a over bytes as signed numbers.
#[inline(always)]
fn hash_byte(hash: u32, byte: u8) -> u32 {
    (hash ^ i32::from(byte as i8) as u32).wrapping_mul(16_777_619)
}

const HASH_START: u32 = 2_166_136_261;

fn hash(word: &[u8]) -> u32 {
    word.iter()
        .fold(HASH_START, |hash, &byte| hash_byte(hash, byte))
}

/// Whether a byte goes on with a character.
fn continues(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

impl Ngrams {
    /// Puts the rows of those buckets that have one in their place, and returns how many they are.
    #[inline(always)]
    fn rows(&self, buckets: &mut [u32; BLOCK], len: usize) -> usize {
        match &self.kept {
            Kept::All => {
                buckets[..len].iter_mut().for_each(|b| *b += self.first);
                len
            }
            Kept::None => 0,
            Kept::Some(pruned) => pruned.rows(buckets, len, self.first),
        }
    }

    /// Hands out the buckets of the n-grams of a word between [`BEGIN`] and [`END`].
    #[inline]
    fn of_word(&self, word: &[u8], take: &mut impl FnMut(u32)) {
        if word.is_ascii() {
            self.of_ascii_word(word, take);
            return;
        }
        for start in 0..word.len() {
            if continues(word[start]) {
                continue;
            }
            let mut hash = HASH_START;
            let mut end = start;
            let mut chars = 1;
            while end < word.len() && chars <= self.max_chars {
                hash = hash_byte(hash, word[end]);
                end += 1;
                while end < word.len() && continues(word[end]) {
                    hash = hash_byte(hash, word[end]);
                    end += 1;
                }
                let only_a_mark = chars == 1 && (start == 0 || end == word.len());
                if chars >= self.min_chars && !only_a_mark {
                    take(self.bucket_of.remainder(hash));
                }
                chars += 1;
            }
        }
    }

    /// The same for a word whose bytes are characters.
    #[inline(always)]
    fn of_ascii_word(&self, word: &[u8], take: &mut impl FnMut(u32)) {
        for start in 0..word.len() {
            let longest = self.max_chars.min(word.len() - start);
            let mut hash = HASH_START;
            for (before, &byte) in word[start..][..longest].iter().enumerate() {
                hash = hash_byte(hash, byte);
                let only_a_mark = before == 0 && (start == 0 || start + 1 == word.len());
                if before + 1 >= self.min_chars && !only_a_mark {
                    take(self.bucket_of.remainder(hash));
                }
            }
        }
    }

    /// Hands out the buckets of the n-grams of up to `longest` words.
    fn of_words(&self, hashes: &[i32], longest: usize, take: &mut impl FnMut(u32)) {
        for (start, &first) in hashes.iter().enumerate() {
            // Hashes are signed numbers to fastText, and widened as such.
            let mut hash = i64::from(first) as u64;
            for &next in hashes
                .iter()
                .skip(start + 1)
                .take(longest.saturating_sub(1))
            {
                hash = hash
                    .wrapping_mul(116_049_371)
                    .wrapping_add(i64::from(next) as u64);
                take((hash % u64::from(self.buckets)) as u32);
            }
        }
    }
}

/// N-grams that are looked up together.
const BLOCK: usize = 64;

/// Buckets on the way to somebody who takes their rows some at a time.
struct Block<'t, T> {
    ngrams: &'t Ngrams,
    buckets: [u32; BLOCK],
    len: usize,
    take: &'t mut T,
}

impl<'t, T: FnMut(&[u32])> Block<'t, T> {
    fn new(ngrams: &'t Ngrams, take: &'t mut T) -> Self {
        Self {
            ngrams,
            buckets: [0; BLOCK],
            len: 0,
            take,
        }
    }

    #[inline(always)]
    fn push(&mut self, bucket: u32) {
        if self.len == BLOCK {
            self.hand_out();
        }
        self.buckets[self.len] = bucket;
        self.len += 1;
    }

    /// Hands out the rows of what is gathered.
    fn hand_out(&mut self) {
        let rows = self.ngrams.rows(&mut self.buckets, self.len);
        (self.take)(&self.buckets[..rows]);
        self.len = 0;
    }
}

/// A word of a line.
#[derive(Clone, Copy)]
struct Word<'l> {
    bytes: &'l [u8],
    /// The bytes as a number; 0 for words of more than 15 bytes. No word has a zero in it.
    key: u128,
}

impl Word<'_> {
    const END_OF_LINE: Self = Self {
        bytes: END_OF_LINE,
        key: u32::from_le_bytes(*END_OF_LINE) as u128,
    };
}

/// Words that are looked up together.
const TOGETHER: usize = 32;

/// Bytes that are looked at together.
const WINDOW: usize = 16;

/// The words of a line: what stands between spaces.
struct Words<'l> {
    line: &'l [u8],
    at: usize,
}

impl<'l> Words<'l> {
    #[inline(always)]
    fn next(&mut self) -> Option<Word<'l>> {
        while is_space(*self.line.get(self.at)?) {
            self.at += 1;
        }
        let rest = &self.line[self.at..];
        let window = match rest.first_chunk::<WINDOW>() {
            Some(window) => *window,
            None => {
                // The zeros behind the end are spaces.
                let mut window = [0; WINDOW];
                window[..rest.len()].copy_from_slice(rest);
                window
            }
        };
        let window = u128::from_le_bytes(window);
        let spaces =
            u128::from(spaces(window as u64)) | u128::from(spaces((window >> 64) as u64)) << 64;
        let (len, key) = if spaces == 0 {
            let len = rest.iter().position(|byte| is_space(*byte));
            (len.unwrap_or(rest.len()), 0)
        } else {
            let bits = spaces.trailing_zeros() & !7;
            (bits as usize / 8, window & ((1 << bits) - 1))
        };
        self.at += len;
        Some(Word {
            bytes: &rest[..len],
            key,
        })
    }
}

/// What stands between words.
#[inline(always)]
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0)
}

/// A mark in the first of eight bytes that is a space; behind it anything may be marked.
#[inline(always)]
fn spaces(bytes: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    let seven = bytes & !HIGH;
    let at_least = |least: u64| seven + ONES * (0x80 - least);
    let tabs = at_least(0x09) & !at_least(0x0E) & !bytes;
    (zero(bytes) | zero(bytes ^ (ONES * 0x20)) | tabs) & HIGH
}

impl Dictionary {
    pub(super) fn read(
        reader: &mut Reader<impl Read>,
        settings: &Settings,
    ) -> Result<Self, ModelError> {
        const MOST: usize = 1 << 30;
        let entries = reader.size("entries of the dictionary", 0, MOST)?;
        let word_count = reader.size("words", 0, entries)?;
        let label_count = reader.size("labels", 1, entries)?;
        if word_count + label_count != entries {
            return Err(reader.wrong(format!(
                "expected {entries} words and labels, found {word_count} and {label_count}"
            )));
        }
        reader.i64("tokens")?;
        let pruned = reader.i64("kept n-grams")?;
        let (mut words, mut ends, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for entry in 0..entries {
            let word = reader.word("a word")?;
            let count = reader.i64("the count of a word")?;
            let is_label = reader.flag("whether a word is a label")?;
            if is_label != (entry >= word_count) {
                return Err(reader.wrong(format!(
                    "entry {entry}: expected {word_count} words, then labels"
                )));
            }
            if is_label {
                let name = word.strip_prefix(LABEL).unwrap_or(&word);
                let name = String::from_utf8_lossy(name).into_owned();
                labels.push(Label { name, count });
            }
            words.extend_from_slice(&word);
            ends.push(words.len());
        }
        let kept = match pruned {
            ..0 => Kept::All,
            0 => Kept::None,
            count => {
                let count = usize::try_from(count).ok().filter(|&count| count <= MOST);
                let count =
                    count.ok_or_else(|| reader.wrong(format!("kept n-grams: found {pruned}")))?;
                Kept::Some(read_kept(reader, count, settings.buckets)?)
            }
        };
        let ngrams = Ngrams {
            min_chars: settings.min_chars,
            max_chars: settings.max_chars,
            buckets: settings.buckets,
            bucket_of: Modulus::new(settings.buckets),
            first: word_count as u32,
            kept,
        };
        let places = (entries as f64 / 0.7).ceil() as usize;
        let mut dictionary = Self {
            words,
            ends,
            labels,
            places: vec![NONE; places],
            // At most 2^30 entries, and a label at the least.
            place_of: Modulus::new(places as u32),
            rows: Vec::new(),
            row_ends: Vec::new(),
            ngrams,
            max_chars: settings.max_chars,
            word_ngrams: settings.word_ngrams,
        };
        dictionary.find_places();
        dictionary.find_rows(word_count);
        Ok(dictionary)
    }

    fn word(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.words[start..self.ends[number]]
    }

    /// The place of a word among the hashes: its own, or a free one.
    fn place(&self, word: &[u8], hash: u32) -> usize {
        let mut place = self.place_of.remainder(hash) as usize;
        while self.places[place] != NONE && self.word(self.places[place] as usize) != word {
            place += 1;
            if place == self.places.len() {
                place = 0;
            }
        }
        place
    }

    fn find_places(&mut self) {
        for number in 0..self.ends.len() {
            let word = self.word(number);
            let place = self.place(word, hash(word));
            self.places[place] = number as u32;
        }
    }

    fn find_rows(&mut self, word_count: usize) {
        let mut rows = Vec::new();
        let mut marked = Vec::new();
        for number in 0..word_count {
            rows.push(number as u32);
            let word = self.word(number);
            if word != END_OF_LINE {
                mark(word, &mut marked);
                let mut take = |ngrams: &[u32]| rows.extend_from_slice(ngrams);
                let mut block = Block::new(&self.ngrams, &mut take);
                self.ngrams
                    .of_word(&marked, &mut |bucket| block.push(bucket));
                block.hand_out();
            }
            self.row_ends.push(rows.len());
        }
        self.rows = rows;
    }

    /// Whether some n-grams have no row.
    pub(super) fn is_pruned(&self) -> bool {
        !matches!(self.ngrams.kept, Kept::All)
    }

    /// How many rows the input has to have.
    pub(super) fn rows(&self) -> usize {
        let first = self.ngrams.first as usize;
        match &self.ngrams.kept {
            Kept::None => first,
            Kept::Some(pruned) => {
                let last = pruned.order.iter().max();
                first + last.map_or(0, |&row| row as usize + 1)
            }
            Kept::All if self.max_chars > 0 || self.word_ngrams > 1 => {
                first + self.ngrams.buckets as usize
            }
            Kept::All => first,
        }
    }

    /// From which row of the file each row comes that is handed out.
    pub(super) fn take_order(&mut self) -> Option<Vec<u32>> {
        let Kept::Some(pruned) = &mut self.ngrams.kept else {
            return None;
        };
        let first = self.ngrams.first;
        let ngrams = std::mem::take(&mut pruned.order);
        let ngrams = ngrams.into_iter().map(|row| first + row);
        Some((0..first).chain(ngrams).collect())
    }

    pub(super) fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// Hands out the rows of a line, some at a time: of its words, of the characters in them, of the end of the line, then of
    /// n-grams of words.
    #[inline(always)]
    pub(super) fn for_each_row(
        &self,
        line: &[u8],
        found: &mut Found,
        mut take: impl FnMut(&[u32]),
    ) {
        let Found {
            recent,
            word_hashes,
            marked,
        } = found;
        word_hashes.clear();
        let mut words = Words { line, at: 0 };
        let mut together = [Word::END_OF_LINE; TOGETHER];
        let (mut keys, mut places) = ([0; TOGETHER], [0; TOGETHER]);
        let mut is_end = false;
        while !is_end {
            let mut count = 0;
            while count < TOGETHER && !is_end {
                let word = words.next().unwrap_or(Word::END_OF_LINE);
                // Also in the middle of a line, where a text has it.
                is_end = word.key == Word::END_OF_LINE.key;
                together[count] = word;
                keys[count] = word.key;
                count += 1;
            }
            recent.look(&keys[..count], &mut places[..count]);
            for (word, &place) in together[..count].iter().zip(&places) {
                let hash = if word.key == 0 {
                    self.find(word.bytes, marked, &mut take)
                } else {
                    let place = match place {
                        0 => recent.keep(word.key, |rows| {
                            self.find(word.bytes, marked, |found| rows.extend_from_slice(found))
                        }),
                        place => place,
                    };
                    let (hash, rows) = recent.at(place);
                    take(rows);
                    hash
                };
                if self.word_ngrams > 1 {
                    word_hashes.extend(hash);
                }
            }
        }
        if self.word_ngrams > 1 {
            let mut block = Block::new(&self.ngrams, &mut take);
            self.ngrams
                .of_words(word_hashes, self.word_ngrams, &mut |bucket| {
                    block.push(bucket)
                });
            block.hand_out();
        }
    }

    /// Hands out the rows of a word, and returns its hash; labels are no words.
    #[inline(never)]
    fn find(&self, word: &[u8], marked: &mut Vec<u8>, mut take: impl FnMut(&[u32])) -> Option<i32> {
        let hash = hash(word);
        let number = self.places[self.place(word, hash)];
        if let Some(known) = self.rows_of(number) {
            take(known);
        } else if number != NONE || word.starts_with(LABEL) {
            return None;
        } else if word != END_OF_LINE {
            mark(word, marked);
            let mut block = Block::new(&self.ngrams, &mut take);
            self.ngrams
                .of_word(marked, &mut |bucket| block.push(bucket));
            block.hand_out();
        }
        Some(hash as i32)
    }

    /// The rows of a word that is known by its number.
    fn rows_of(&self, number: u32) -> Option<&[u32]> {
        let number = number as usize;
        let end = *self.row_ends.get(number)?;
        let start = number
            .checked_sub(1)
            .map_or(0, |before| self.row_ends[before]);
        Some(&self.rows[start..end])
    }
}

/// Writes a word between the marks of its ends.
fn mark(word: &[u8], marked: &mut Vec<u8>) {
    marked.clear();
    marked.push(BEGIN);
    marked.extend_from_slice(word);
    marked.push(END);
}

fn read_kept(
    reader: &mut Reader<impl Read>,
    count: usize,
    buckets: u32,
) -> Result<Pruned, ModelError> {
    let mut kept = Vec::new();
    for _ in 0..count {
        let bucket = reader.size("a kept n-gram", 0, buckets.saturating_sub(1) as usize)?;
        let row = reader.size("the row of a kept n-gram", 0, count - 1)?;
        kept.push((bucket as u32, row as u32));
    }
    kept.sort_unstable();
    if kept.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(reader.wrong("kept n-grams: expected each once, found one twice"));
    }
    Ok(Pruned::new(&kept, buckets))
}
