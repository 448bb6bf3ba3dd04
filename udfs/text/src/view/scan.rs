//! The pass over the bytes of a text.
//!
//! It goes block by block of 64 bytes and sees each as bit masks ([`Masks`]): what a byte is, not which. Runs,
//! their beginnings and what they contain are then a few shifts and additions for all 64 at once, and all
//! bytes of a character beyond ASCII get the bits of that character, so that one set of rules serves all
//! scripts. The borders of words are written out as positions, chunk by chunk, and only these are walked one
//! by one.

use super::block::{BLOCK, Bytes, Masks, Portable};
use super::lines::RawLines;
use super::vocabulary::Vocabulary;
use super::word::{Key, READ, SHORT};
use crate::document::{Line, RawWords};
use crate::lists::LanguageLists;
use crate::unicode::{Tables, class, decode};

/// What a scan computes, beyond plain counts.
pub(crate) mod part {
    /// Lines.
    pub(crate) const LINES: u32 = 1;
    /// Raw words and sentences.
    pub(crate) const RAW: u32 = 1 << 1;
    /// Stop words.
    pub(crate) const STOP: u32 = 1 << 2;
    /// How many normalised words there are.
    pub(crate) const WORDS: u32 = 1 << 3;
    /// Which normalised words there are.
    pub(crate) const VOCABULARY: u32 = 1 << 4;
    /// All of these.
    pub(crate) const ALL: u32 = (1 << 5) - 1;
}

/// Blocks between two walks over the borders: the text and its borders stay in the fastest cache.
pub(super) const CHUNK: usize = 32;

/// A border of a run is a position and flags.
const POSITION: u64 = (1 << 61) - 1;
/// This run belongs to the word of the run before: only punctuation is between them.
const CONTINUES: u64 = 1 << 63;
/// The run has characters that must be mapped.
const MAPPED: u64 = 1 << 62;
/// The run is no raw word: it has characters that are no word characters.
const SPLIT: u64 = 1 << 61;

/// What a scan finds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) chars: u64,
    pub(crate) newlines: u64,
    pub(crate) braces: u64,
    pub(crate) symbols: u64,
    pub(crate) sentences: u64,
    pub(crate) raw_words: RawWords,
    /// Stop words among the runs that were looked at one by one.
    pub(crate) stop_words: u64,
    /// Stop words that are no raw words, because `_` joins them to others.
    pub(crate) joined_stop_words: u64,
    pub(crate) words: u64,
}

/// What a scan fills: memory that is used again for the next text.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) counts: Counts,
    pub(crate) lines: RawLines,
    /// The words of the text, as numbers of the vocabulary.
    pub(crate) words: Vec<u32>,
    borders: Borders,
    pieces: String,
    normalised: Vec<u8>,
}

impl Found {
    pub(crate) fn clear(&mut self) {
        self.counts = Counts::default();
        self.lines.clear();
        self.words.clear();
        self.borders.clear();
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        self.lines.memory()
            + 4 * self.words.capacity()
            + self.borders.memory()
            + self.pieces.capacity()
            + self.normalised.capacity()
    }
}

/// Scans a text as far as `parts` says, which is of [`parts_for`].
pub(crate) fn scan(
    text: &str,
    parts: u32,
    language: Option<&LanguageLists>,
    found: &mut Found,
    vocabulary: &mut Vocabulary,
) {
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        // SAFETY: the processor has what the function is compiled for.
        unsafe { scan_avx2(text, parts, language, found, vocabulary) };
        return;
    }
    choose::<Portable>(text, parts, language, found, vocabulary);
}

/// Whether the processor has all that the faster version of a scan is compiled for.
#[cfg(target_arch = "x86_64")]
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn scan_avx2(
    text: &str,
    parts: u32,
    language: Option<&LanguageLists>,
    found: &mut Found,
    vocabulary: &mut Vocabulary,
) {
    choose::<super::block::Avx2>(text, parts, language, found, vocabulary);
}

/// The sets of parts that a scan is compiled for, the cheaper ones first.
mod compiled {
    use super::part::{LINES, RAW, STOP, VOCABULARY, WORDS};

    pub(super) const COUNTS: u32 = 0;
    pub(super) const ENDS: u32 = LINES;
    pub(super) const RUNS: u32 = RAW;
    pub(super) const LINE_WORDS: u32 = LINES | WORDS;
    pub(super) const SHAPE: u32 = LINES | RAW | WORDS;
    pub(super) const LISTED: u32 = RAW | STOP | WORDS;
    pub(super) const SHALLOW: u32 = LINES | RAW | STOP | WORDS;
    pub(super) const DISTINCT: u32 = LINES | WORDS | VOCABULARY;
    pub(super) const ALL: u32 = super::part::ALL;

    pub(super) const SETS: [u32; 9] = [
        COUNTS, ENDS, RUNS, LINE_WORDS, SHAPE, LISTED, SHALLOW, DISTINCT, ALL,
    ];
}

/// The parts that are computed when some are asked for.
pub(crate) fn parts_for(asked: u32) -> u32 {
    let within = |set: &u32| asked & !set == 0;
    let set = compiled::SETS.into_iter().find(within);
    set.unwrap_or(compiled::ALL)
}

/// Runs the compiled scan of some parts.
#[inline(always)]
fn choose<B: Bytes>(
    text: &str,
    parts: u32,
    language: Option<&LanguageLists>,
    found: &mut Found,
    vocabulary: &mut Vocabulary,
) {
    let scan = Scan::<B>::new(text, language, found, vocabulary);
    match parts {
        compiled::COUNTS => scan.run::<{ compiled::COUNTS }>(),
        compiled::ENDS => scan.run::<{ compiled::ENDS }>(),
        compiled::RUNS => scan.run::<{ compiled::RUNS }>(),
        compiled::LINE_WORDS => scan.run::<{ compiled::LINE_WORDS }>(),
        compiled::SHAPE => scan.run::<{ compiled::SHAPE }>(),
        compiled::LISTED => scan.run::<{ compiled::LISTED }>(),
        compiled::SHALLOW => scan.run::<{ compiled::SHALLOW }>(),
        compiled::DISTINCT => scan.run::<{ compiled::DISTINCT }>(),
        _ => scan.run::<{ compiled::ALL }>(),
    }
}

/// Positions where runs begin and end, in turn.
#[derive(Default)]
pub(super) struct Borders {
    at: Vec<u64>,
    len: usize,
}

/// Borders that are written at once, needed or not.
const WRITTEN: usize = 24;

impl Borders {
    /// Makes room for the borders of a chunk.
    pub(super) fn reserve(&mut self) {
        // Those of a chunk, what was left of the chunk before, an end mark, and what is written too much.
        self.at.resize(CHUNK * BLOCK + 4 + 2 * WRITTEN, 0);
    }

    /// Writes down the set bits of a mask.
    #[inline(always)]
    pub(super) fn write(&mut self, mut bits: u64, position: usize) {
        let count = bits.count_ones() as usize;
        let free = &mut self.at[self.len..self.len + BLOCK];
        let (often, seldom) = free.split_at_mut(WRITTEN);
        for border in often {
            *border = (position + bits.trailing_zeros() as usize) as u64;
            bits &= bits.wrapping_sub(1);
        }
        if count > WRITTEN {
            for border in &mut seldom[..count - WRITTEN] {
                *border = (position + bits.trailing_zeros() as usize) as u64;
                bits &= bits.wrapping_sub(1);
            }
        }
        self.len += count;
    }

    /// Forgets all borders.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// The borders that were not forgotten.
    #[inline(always)]
    pub(super) fn known(&self) -> &[u64] {
        &self.at[..self.len]
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        8 * self.at.capacity()
    }

    /// Forgets the borders before `used`.
    pub(super) fn keep_from(&mut self, used: usize) {
        self.at.copy_within(used..self.len, 0);
        self.len -= used;
    }
}

/// The first target in each run, across blocks.
#[derive(Default)]
pub(super) struct Firsts {
    /// 1 when a run reaches the end of the last block.
    open: u64,
    /// 1 when it has no target yet.
    waiting: u64,
}

impl Firsts {
    /// The first target of each run that had none before. Targets lie in runs.
    #[inline(always)]
    fn next(&mut self, runs: u64, targets: u64) -> u64 {
        debug_assert_eq!(targets & !runs, 0);
        let begins = runs & !(runs << 1 | self.open) | runs & self.waiting;
        let others = runs & !targets;
        // A carry walks through the others of a run until it meets a target or the end of the run.
        let (sum, carry) = others.overflowing_add(begins & others);
        self.open = runs >> 63;
        self.waiting = carry.into();
        targets & (begins | sum & !others)
    }

    /// How many these are.
    #[inline(always)]
    pub(super) fn count(&mut self, runs: u64, targets: u64) -> u64 {
        self.next(runs, targets).count_ones().into()
    }
}

/// Masks of characters beyond ASCII: all bytes of word characters and spaces, else the first.
#[derive(Default)]
struct Wide {
    word: u64,
    space: u64,
    upper: u64,
    lower: u64,
    mapped: u64,
}

struct Scan<'s, B> {
    text: &'s str,
    language: Option<&'s LanguageLists>,
    found: &'s mut Found,
    vocabulary: &'s mut Vocabulary,
    /// Bits of a character that reach into the next block.
    spill: Wide,
    /// The last bit of the mask of word characters, of other characters and of content.
    last_word: u64,
    last_other: u64,
    last_content: u64,
    sentences: Firsts,
    letters: Firsts,
    cased: Firsts,
    lower: Firsts,
    tokens: Firsts,
    /// Dots in a row at the end of the last block.
    dots: u64,
    line: LineStart,
    /// Where the current word of several runs begins, and whether it has to be mapped.
    word_start: usize,
    word_mapped: bool,
    /// Up to where runs of other characters with case, and words with `_`, have been looked at.
    cased_symbols_until: usize,
    underscores_until: usize,
    bytes: std::marker::PhantomData<B>,
}

/// The counts where the current line began.
#[derive(Default)]
struct LineStart {
    position: usize,
    chars: u64,
    upper: u64,
    words: u64,
    upper_now: u64,
}

fn saturate(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl<'s, B: Bytes> Scan<'s, B> {
    fn new(
        text: &'s str,
        language: Option<&'s LanguageLists>,
        found: &'s mut Found,
        vocabulary: &'s mut Vocabulary,
    ) -> Self {
        Self {
            text,
            language,
            found,
            vocabulary,
            spill: Wide::default(),
            last_word: 0,
            last_other: 0,
            last_content: 0,
            sentences: Firsts::default(),
            letters: Firsts::default(),
            cased: Firsts::default(),
            lower: Firsts::default(),
            tokens: Firsts::default(),
            dots: 0,
            line: LineStart::default(),
            word_start: 0,
            word_mapped: false,
            cased_symbols_until: 0,
            underscores_until: 0,
            bytes: std::marker::PhantomData,
        }
    }

    #[inline(always)]
    fn run<const PARTS: u32>(mut self) {
        if self.walks::<PARTS>() {
            self.found.borders.reserve();
        }
        let (blocks, rest) = self.text.as_bytes().as_chunks::<BLOCK>();
        let mut position = 0;
        for chunk in blocks.chunks(CHUNK) {
            for block in chunk {
                self.block::<PARTS>(block, position, u64::MAX);
                position += BLOCK;
            }
            self.walk::<PARTS>(false);
        }
        // The last block is never full: the spaces behind the text end all runs.
        let mut block = [b' '; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        self.block::<PARTS>(&block, position, (1 << rest.len()) - 1);
        self.walk::<PARTS>(true);
        if PARTS & part::LINES != 0 && self.line.position < self.text.len() {
            let words = self.found.counts.words;
            self.end_line(
                self.text.len(),
                self.found.counts.chars,
                self.line.upper_now,
                words,
            );
        }
    }

    /// Takes in a block at a position; `valid` has the bits of bytes that are text.
    #[inline(always)]
    fn block<const PARTS: u32>(&mut self, block: &[u8; BLOCK], position: usize, valid: u64) {
        let mut masks = Masks::of::<B>(block);
        let mut wide = Wide::default();
        if masks.high != 0 {
            wide = self.widen(masks.high & !masks.continuation, position);
            masks.word |= wide.word;
            masks.space |= wide.space;
        }
        let first_bytes = !masks.continuation & valid;
        let counts = &mut self.found.counts;
        counts.braces += u64::from(masks.brace.count_ones());
        counts.symbols += u64::from(masks.hash.count_ones());
        counts.newlines += u64::from(masks.newline.count_ones());
        if self.dots > 0 || masks.dot & masks.dot << 1 != 0 {
            self.dot_runs(masks.dot);
        } else {
            self.dots = masks.dot >> 63;
        }

        if PARTS & part::RAW != 0 {
            self.raw(&masks, &wide, valid, position);
        }
        if PARTS & part::STOP != 0 && masks.word & masks.punctuation != 0 {
            self.underscores(masks.word & masks.punctuation, position);
        }

        let mut word_starts = 0;
        if PARTS & part::WORDS != 0 {
            let content = !(masks.space | masks.punctuation);
            word_starts = self.tokens.next(!masks.space, content);
            if self.walks::<PARTS>() {
                let before = content << 1 | self.last_content;
                let borders = content ^ before;
                let continues = content & !before & !word_starts;
                let len = self.found.borders.len;
                self.found.borders.write(borders, position);
                let split = content & !masks.word;
                if continues | split | wide.mapped != 0 {
                    let at = &mut self.found.borders.at[..];
                    mark(at, len, borders, continues, wide.mapped & content, split);
                }
                self.last_content = content >> 63;
            }
        }

        if PARTS & part::LINES != 0 {
            let upper = masks.upper | wide.upper;
            let mut newlines = masks.newline;
            while newlines != 0 {
                let bit = newlines.trailing_zeros();
                newlines &= newlines - 1;
                let so_far = u64::MAX >> (63 - bit);
                let count = |mask: u64| u64::from((mask & so_far).count_ones());
                self.end_line(
                    position + bit as usize + 1,
                    self.found.counts.chars + count(first_bytes),
                    self.line.upper_now + count(upper),
                    self.found.counts.words + count(word_starts),
                );
            }
            self.line.upper_now += u64::from(upper.count_ones());
        }
        self.found.counts.chars += u64::from(first_bytes.count_ones());
        if PARTS & part::WORDS != 0 {
            self.found.counts.words += u64::from(word_starts.count_ones());
        }
    }

    /// Raw words and sentences.
    #[inline(always)]
    fn raw(&mut self, masks: &Masks, wide: &Wide, valid: u64, position: usize) {
        let word = masks.word;
        let other = !(word | masks.space);
        let before = word << 1 | self.last_word;
        let starts = word & !before;
        let other_starts = other & !(other << 1 | self.last_other);
        self.last_word = word >> 63;
        self.last_other = other >> 63;
        let cased = masks.letter | wide.upper | wide.lower;
        let lower = masks.letter & !masks.upper | wide.lower;
        let counts = &mut self.found.counts;
        counts.raw_words.count += u64::from(starts.count_ones() + other_starts.count_ones());
        counts.raw_words.with_letter += self.letters.count(word, masks.letter);
        // In capitals: with a cased character, and not with a lowercase one.
        counts.raw_words.all_caps += self.cased.count(word, cased & word);
        counts.raw_words.all_caps -= self.lower.count(word, lower & word);
        // A sentence is a stretch without terminal marks that has a word border in it.
        let body = !masks.terminal & valid;
        counts.sentences += self.sentences.count(body, (word ^ before) & body);
        let symbols = cased & other;
        if symbols != 0 {
            self.cased_symbols(symbols, position);
        }
    }

    /// Raw words of other characters that have case, such as circled letters.
    #[cold]
    fn cased_symbols(&mut self, mut symbols: u64, position: usize) {
        let tables = Tables::get();
        let class = |c: char| tables.class(c as u32);
        while symbols != 0 {
            let at = position + symbols.trailing_zeros() as usize;
            symbols &= symbols - 1;
            if at < self.cased_symbols_until {
                continue;
            }
            let run = run_around(self.text, at, |c| {
                class(c) & (class::WORD | class::SPACE) == 0
            });
            self.cased_symbols_until = run.end;
            let has = |flag| self.text[run.clone()].chars().any(|c| class(c) & flag != 0);
            let capitals = has(class::UPPER) && !has(class::LOWER);
            self.found.counts.raw_words.all_caps += u64::from(capitals);
        }
    }

    /// Raw words with `_`: their parts are words of their own elsewhere, but no raw words.
    #[cold]
    fn underscores(&mut self, mut underscores: u64, position: usize) {
        let Some(language) = self.language else {
            return;
        };
        while underscores != 0 {
            let at = position + underscores.trailing_zeros() as usize;
            underscores &= underscores - 1;
            if at < self.underscores_until {
                continue;
            }
            let run = run_around(self.text, at, is_word);
            self.underscores_until = run.end;
            for part in self.text[run].split('_') {
                self.found.counts.joined_stop_words += stop(language.words.get(part.as_bytes()));
            }
        }
    }

    /// The masks of characters beyond ASCII, which begin at `leads`.
    #[inline(never)]
    fn widen(&mut self, mut leads: u64, position: usize) -> Wide {
        let tables = Tables::get();
        let text = self.text.as_bytes();
        let mut wide = std::mem::take(&mut self.spill);
        while leads != 0 {
            let bit = leads.trailing_zeros();
            let lead = leads & leads.wrapping_neg();
            leads &= leads - 1;
            let (code, len) = decode(text, position + bit as usize);
            let class = tables.class(code);
            let span = (1u64 << len) - 1;
            let all = |flag: u8| u64::from(class & flag != 0).wrapping_neg();
            wide.word |= span << bit & all(class::WORD);
            wide.space |= span << bit & all(class::SPACE);
            wide.upper |= lead & all(class::UPPER);
            wide.lower |= lead & all(class::LOWER);
            wide.mapped |= lead & all(class::MAPPED);
            self.found.counts.symbols += u64::from(code == 0x2026);
            // Only the last character can reach beyond the block.
            let beyond = span >> 1 >> (63 - bit);
            self.spill.word = beyond & all(class::WORD);
            self.spill.space = beyond & all(class::SPACE);
        }
        wide
    }

    /// Counts `...` in a block that has dots in a row.
    #[cold]
    fn dot_runs(&mut self, dots: u64) {
        let mut rest = dots;
        let mut end = 0;
        while end < 64 {
            let length = u64::from((!rest).trailing_zeros()).min(64 - end);
            self.dots += length;
            end += length;
            if end == 64 {
                return;
            }
            self.found.counts.symbols += self.dots / 3;
            self.dots = 0;
            rest = dots >> end;
            let gap = u64::from(rest.trailing_zeros());
            end += gap;
            rest = dots.checked_shr(end as u32).unwrap_or(0);
        }
    }

    fn end_line(&mut self, end: usize, chars: u64, upper: u64, words: u64) {
        let line = &self.text[self.line.position..end];
        let marks = Marks::of(line);
        self.found.lines.push(Line {
            chars: saturate(chars - self.line.chars),
            upper: saturate(upper - self.line.upper),
            words: saturate(words - self.line.words),
            ellipsis: marks.ellipsis,
            terminal: marks.terminal,
            bullet: marks.bullet,
            ..Line::default()
        });
        self.line = LineStart {
            position: end,
            chars,
            upper,
            words,
            upper_now: self.line.upper_now,
        };
    }

    /// Whether words are looked at one by one.
    #[inline(always)]
    fn walks<const PARTS: u32>(&self) -> bool {
        PARTS & part::VOCABULARY != 0 || PARTS & part::STOP != 0 && self.language.is_some()
    }

    /// Looks at the words whose borders are known.
    #[inline(always)]
    fn walk<const PARTS: u32>(&mut self, last: bool) {
        if !self.walks::<PARTS>() {
            return;
        }
        // Taken out for the walk: nothing else changes them.
        let mut borders = std::mem::take(&mut self.found.borders);
        let mut words = std::mem::take(&mut self.found.words);
        if last {
            // Nothing continues the last word.
            borders.at[borders.len] = 0;
            borders.len += 1;
        }
        let text = self.text.as_bytes();
        let language = self.language.filter(|_| PARTS & part::STOP != 0);
        // Stop words are looked up once for each distinct word where that says the same.
        let one_by_one = PARTS & part::VOCABULARY == 0
            || language.is_some_and(|language| language.stop_words_have_capitals);
        let mut stop_words = 0;
        let mut used = 0;
        // Room for all words, so that none has to ask for it.
        let mut count = words.len();
        words.resize(count + borders.len / 2, 0);
        for window in borders.at[..borders.len].windows(3).step_by(2) {
            let &[start, end, next] = window else {
                break;
            };
            used += 2;
            let (from, to) = ((start & POSITION) as usize, end as usize);
            if start & (MAPPED | SPLIT) != 0 || to - from > SHORT {
                if let Some(word) = self.rare_run::<PARTS>(start, end, next) {
                    words[count] = word;
                    count += 1;
                }
                continue;
            }
            let key = Key::read(text, from, to);
            if (start | next) & CONTINUES == 0 {
                if one_by_one && let Some(language) = language {
                    stop_words += stop(language.words.short(key));
                }
                if PARTS & part::VOCABULARY != 0 {
                    let word = key.lowercase();
                    let plain = u64::from(key.same(word));
                    words[count] = self.vocabulary.insert_short(word, plain << 32 | 1);
                    count += 1;
                }
                continue;
            }
            if let Some(language) = language {
                stop_words += stop(language.words.short(key));
            }
            if start & CONTINUES == 0 {
                self.word_start = from;
                self.word_mapped = false;
            }
            if PARTS & part::VOCABULARY != 0 && next & CONTINUES == 0 {
                words[count] = self.joined_word(to);
                count += 1;
            }
        }
        words.truncate(count);
        borders.keep_from(used);
        self.found.borders = borders;
        self.found.words = words;
        self.found.counts.stop_words += stop_words;
    }

    /// A run that is part of a word only, is long, is no raw word or has to be mapped: the number of the word
    /// that ends with it.
    #[inline(never)]
    fn rare_run<const PARTS: u32>(&mut self, start: u64, end: u64, next: u64) -> Option<u32> {
        let (from, to) = ((start & POSITION) as usize, end as usize);
        let run = &self.text[from..to];
        if PARTS & part::STOP != 0
            && let Some(language) = self.language
        {
            let table = &language.words;
            self.found.counts.stop_words += if start & SPLIT != 0 {
                let parts = run.split(|c| !is_word(c));
                parts.map(|part| stop(table.get(part.as_bytes()))).sum()
            } else if run.len() <= SHORT {
                stop(table.short(Key::read(self.text.as_bytes(), from, to)))
            } else {
                stop(table.long(run.as_bytes()))
            };
        }
        if PARTS & part::VOCABULARY == 0 {
            return None;
        }
        let mapped = start & MAPPED != 0;
        if start & CONTINUES == 0 {
            self.word_start = from;
            self.word_mapped = mapped;
        }
        self.word_mapped |= mapped;
        if next & CONTINUES != 0 {
            return None;
        }
        Some(if start & CONTINUES == 0 {
            let normalised = &mut self.found.normalised;
            normalised.clear();
            if mapped {
                Tables::get().normalise(run, normalised);
            } else {
                normalised.extend_from_slice(run.as_bytes());
            }
            insert(self.vocabulary, normalised)
        } else {
            self.joined_word(to)
        })
    }

    /// The number of a word of several runs that ends at a position.
    #[inline(never)]
    fn joined_word(&mut self, end: usize) -> u32 {
        let word = &self.text[self.word_start..end];
        if !self.word_mapped && word.len() <= SHORT {
            let key = Key::read(self.text.as_bytes(), self.word_start, end);
            return self.vocabulary.insert_short(key.bare(), 1);
        }
        let normalised = &mut self.found.normalised;
        normalised.clear();
        if self.word_mapped {
            let pieces = &mut self.found.pieces;
            pieces.clear();
            pieces.extend(word.chars().filter(|c| !c.is_ascii_punctuation()));
            Tables::get().normalise(pieces, normalised);
        } else {
            // Written whether it is kept or not: there are no branches.
            normalised.resize(word.len() + 1, 0);
            let mut len = 0;
            for byte in word.bytes() {
                normalised[len] = byte;
                len += usize::from(!byte.is_ascii_punctuation());
            }
            normalised.truncate(len);
        }
        insert(self.vocabulary, normalised)
    }
}

/// 1 for the value of a stop word.
#[inline(always)]
fn stop(value: u32) -> u64 {
    (value & LanguageLists::STOP).into()
}

/// The number of a word, which may still have ASCII capitals; the bytes are left changed.
fn insert(vocabulary: &mut Vocabulary, word: &mut Vec<u8>) -> u32 {
    let len = word.len();
    if len > SHORT {
        word.make_ascii_lowercase();
        return vocabulary.insert_long(word, 1);
    }
    // Room to read a whole key.
    word.resize(READ, 0);
    vocabulary.insert_short(Key::read(word, 0, len).lowercase(), 1)
}

/// Marks the borders where runs begin that continue a word or have characters of some kinds.
#[inline(never)]
fn mark(at: &mut [u64], len: usize, borders: u64, mut continues: u64, mapped: u64, split: u64) {
    while continues != 0 {
        let before = (continues & continues.wrapping_neg()) - 1;
        at[len + (borders & before).count_ones() as usize] |= CONTINUES;
        continues &= continues - 1;
    }
    for (mut bits, flag) in [(mapped, MAPPED), (split, SPLIT)] {
        while bits != 0 {
            let up_to = bits ^ (bits - 1);
            at[len + (borders & up_to).count_ones() as usize - 1] |= flag;
            bits &= bits - 1;
        }
    }
}

fn is_word(c: char) -> bool {
    Tables::get().class(c as u32) & class::WORD != 0
}

/// The longest run around the character at a position in which all characters are alike.
fn run_around(text: &str, at: usize, alike: impl Fn(char) -> bool) -> std::ops::Range<usize> {
    let (before, behind) = text.split_at(at);
    let start = before.trim_end_matches(&alike).len();
    let end = text.len() - behind.trim_start_matches(&alike).len();
    start..end
}

/// How a line begins and ends, spaces aside.
struct Marks {
    ellipsis: bool,
    terminal: bool,
    bullet: bool,
}

impl Marks {
    fn of(line: &str) -> Self {
        let end = trim_end(line);
        let (ellipsis, terminal) = match end.as_bytes().last() {
            Some(b'.') => (end.ends_with("..."), true),
            Some(b'!' | b'?') => (false, true),
            Some(0x80..) => (end.ends_with('\u{2026}'), end.ends_with('\u{201D}')),
            _ => (false, false),
        };
        Self {
            ellipsis,
            terminal,
            bullet: starts_with_bullet(end),
        }
    }
}

fn trim_end(line: &str) -> &str {
    let bytes = line.as_bytes();
    let mut end = bytes.len();
    loop {
        match bytes[..end].last() {
            Some(9..=13 | 28..=32) => end -= 1,
            Some(0x80..) => {
                let tables = Tables::get();
                return line[..end].trim_end_matches(|c| tables.is_space(c));
            }
            _ => return &line[..end],
        }
    }
}

fn starts_with_bullet(line: &str) -> bool {
    let spaces = line.bytes().take_while(|b| matches!(b, 9..=13 | 28..=32));
    let line = &line[spaces.count()..];
    if line.as_bytes().first().is_none_or(|&b| b < 0x80) {
        return false;
    }
    let tables = Tables::get();
    line.trim_start_matches(|c| tables.is_space(c))
        .starts_with([
            '\u{2022}', '\u{2023}', '\u{25B6}', '\u{25C0}', '\u{25E6}', '\u{25A0}', '\u{25A1}',
            '\u{25AA}', '\u{25AB}', '\u{2013}',
        ])
}

#[cfg(test)]
mod tests {
    use super::{Firsts, Found, Portable, choose, compiled, scan};
    use crate::lists::Lists;
    use crate::view::vocabulary::Vocabulary;

    #[test]
    fn firsts_are_found_across_blocks() {
        let mut firsts = Firsts::default();
        // A run from bit 62 on that goes through a whole block and has its first target in the third.
        assert_eq!(firsts.next(0b11 << 62 | 0b1110, 0b0100), 0b0100);
        assert_eq!(firsts.next(u64::MAX, 0), 0);
        assert_eq!(firsts.next(0b1111, 0b1100), 0b0100);
        assert_eq!(firsts.next(0b1, 0b1), 0b1);
        assert_eq!(
            firsts.next(0b1101 | 1 << 63, 0b1001 | 1 << 63),
            0b1001 | 1 << 63
        );
        assert_eq!(firsts.next(0b11, 0b11), 0);
    }

    #[test]
    fn every_processor_sees_the_same() {
        let pieces = [
            "The cat's",
            " ",
            "_sat_ of",
            "...",
            "\n",
            "Ⓐ.ΑΣ",
            "é!",
            "\u{2028}",
            "well-known ",
            "{#}",
            "中文字",
            "\0",
            "a very long line without anything that would end it\r\n",
        ];
        let english = Lists::builtin().language("en");
        for length in 0..400 {
            let text: String = (0..length)
                .map(|i| pieces[(i * i + length) % pieces.len()])
                .collect();
            for parts in compiled::SETS {
                let see = |portable: bool| {
                    let (mut found, mut vocabulary) = (Found::default(), Vocabulary::new());
                    vocabulary.clear(text.len());
                    if portable {
                        choose::<Portable>(&text, parts, english, &mut found, &mut vocabulary);
                    } else {
                        scan(&text, parts, english, &mut found, &mut vocabulary);
                    }
                    (found.counts, found.lines, found.words)
                };
                assert_eq!(see(true), see(false), "{parts} of {text:?}");
            }
        }
    }
}
