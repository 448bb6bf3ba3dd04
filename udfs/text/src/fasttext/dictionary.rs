//! The words and labels that a model knows, and the rows of weights that a line stands for.

use std::io::Read;

use super::Settings;
use super::reader::{ModelError, Reader};

/// Stands in front of a word's first n-gram.
const BEGIN: u8 = b'<';
/// Stands behind its last one.
const END: u8 = b'>';
/// The word at the end of a line.
const END_OF_LINE: &[u8] = b"</s>";
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
    /// The rows of each word: its own and those of its n-grams, one word behind the other.
    rows: Vec<u32>,
    row_ends: Vec<usize>,
    ngrams: Ngrams,
    max_chars: usize,
    word_ngrams: usize,
}

/// The rows of n-grams.
#[derive(Debug)]
struct Ngrams {
    min_chars: usize,
    max_chars: usize,
    buckets: u32,
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

/// The buckets that a pruned model kept: bits, how many stand before, and a row for each.
#[derive(Debug)]
struct Pruned {
    bits: Vec<(u64, u32)>,
    rows: Vec<u32>,
}

impl Pruned {
    fn new(mut kept: Vec<(u32, u32)>, buckets: u32) -> Self {
        kept.sort_unstable();
        let mut bits = vec![(0u64, 0u32); buckets as usize / 64 + 1];
        let mut rows = Vec::with_capacity(kept.len());
        for (bucket, row) in kept {
            bits[bucket as usize / 64].0 |= 1 << (bucket % 64);
            rows.push(row);
        }
        let mut before = 0;
        for (bits, count) in &mut bits {
            *count = before;
            before += bits.count_ones();
        }
        Self { bits, rows }
    }

    #[inline]
    fn row(&self, bucket: u32) -> Option<u32> {
        let (bits, before) = self.bits[bucket as usize / 64];
        let bit = bucket % 64;
        if bits >> bit & 1 == 0 {
            return None;
        }
        let below = bits & ((1 << bit) - 1);
        Some(self.rows[(before + below.count_ones()) as usize])
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
    /// Hands out the row of a bucket, if it has one.
    #[inline(always)]
    fn row(&self, bucket: u32, take: &mut impl FnMut(usize)) {
        let row = match &self.kept {
            Kept::All => Some(bucket),
            Kept::None => None,
            Kept::Some(pruned) => pruned.row(bucket),
        };
        if let Some(row) = row {
            take((self.first + row) as usize);
        }
    }

    /// Hands out the rows of the n-grams of a word between [`BEGIN`] and [`END`].
    #[inline]
    fn of_word(&self, word: &[u8], take: &mut impl FnMut(usize)) {
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
                    self.row(hash % self.buckets, take);
                }
                chars += 1;
            }
        }
    }

    /// Hands out the rows of the n-grams of up to `longest` words.
    fn of_words(&self, hashes: &[i32], longest: usize, take: &mut impl FnMut(usize)) {
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
                self.row((hash % u64::from(self.buckets)) as u32, take);
            }
        }
    }
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
            first: word_count as u32,
            kept,
        };
        let mut dictionary = Self {
            words,
            ends,
            labels,
            places: vec![NONE; (entries as f64 / 0.7).ceil() as usize],
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
        let mut place = hash as usize % self.places.len();
        while self.places[place] != NONE && self.word(self.places[place] as usize) != word {
            place = (place + 1) % self.places.len();
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
                self.ngrams
                    .of_word(&marked, &mut |row| rows.push(row as u32));
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
                let last = pruned.rows.iter().max();
                first + last.map_or(0, |&row| row as usize + 1)
            }
            Kept::All if self.max_chars > 0 || self.word_ngrams > 1 => {
                first + self.ngrams.buckets as usize
            }
            Kept::All => first,
        }
    }

    pub(super) fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// Hands out the rows of a line: of its words, of the characters in them, of the end of the line, then of n-grams
    /// of words.
    pub(super) fn for_each_row(
        &self,
        line: &[u8],
        word_hashes: &mut Vec<i32>,
        marked: &mut Vec<u8>,
        mut take: impl FnMut(usize),
    ) {
        let is_space = |b: &u8| matches!(b, b'\t'..=b'\r' | b' ' | 0);
        word_hashes.clear();
        let words = line.split(is_space).filter(|word| !word.is_empty());
        for word in words.chain([END_OF_LINE]) {
            let hash = hash(word);
            let number = self.places[self.place(word, hash)] as usize;
            if number < self.row_ends.len() {
                let start = number
                    .checked_sub(1)
                    .map_or(0, |before| self.row_ends[before]);
                for &row in &self.rows[start..self.row_ends[number]] {
                    take(row as usize);
                }
                word_hashes.push(hash as i32);
            } else if number == NONE as usize && !word.starts_with(LABEL) {
                if word != END_OF_LINE {
                    mark(word, marked);
                    self.ngrams.of_word(marked, &mut take);
                }
                word_hashes.push(hash as i32);
            }
            // Also in the middle of a line, where a text has it.
            if word == END_OF_LINE {
                break;
            }
        }
        if self.word_ngrams > 1 {
            self.ngrams
                .of_words(word_hashes, self.word_ngrams, &mut take);
        }
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
    Ok(Pruned::new(kept, buckets))
}
