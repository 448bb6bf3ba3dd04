//! The pass over the bytes of a text that finds its spaces and line feeds.

use std::ops::Range;

use super::lines::Lines;
use super::pii::Pii;
use crate::document::Needs;
use crate::numerals::is_decimal;
use crate::unicode::{Tables, class, decode};
use crate::view::block::{BLOCK, Bytes, Masks, Portable};
use crate::view::scan::{Borders, CHUNK, Firsts};
use crate::view::vocabulary::Vocabulary;

/// What a scan computes, beyond plain counts.
pub(super) mod part {
    /// Which words there are.
    pub(in crate::view::spaced) const WORDS: u32 = 1;
    /// Lines.
    pub(in crate::view::spaced) const LINES: u32 = 1 << 1;
    /// E-mail addresses, telephone numbers and IP addresses.
    pub(in crate::view::spaced) const PII: u32 = 1 << 2;
    /// What RefinedWeb's rules ask of lines.
    pub(in crate::view::spaced) const LINE_FACTS: u32 = 1 << 3;
    /// All of these.
    pub(in crate::view::spaced) const ALL: u32 = (1 << 4) - 1;
}

/// The parts that are computed for some needs.
pub(super) fn parts_for(needs: Needs) -> u32 {
    let mut parts = 0;
    for (need, part) in [
        (Needs::CHUNKS, part::WORDS),
        (Needs::SPACED_LINES, part::LINES),
        (Needs::PII, part::PII),
        (Needs::REFINEDWEB, part::LINE_FACTS),
    ] {
        if needs.contains(need) {
            parts |= part;
        }
    }
    // Those that a scan is compiled for.
    if parts.count_ones() > 1 {
        part::ALL
    } else {
        parts
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Characters.
    pub(crate) chars: u64,
    /// Words between spaces.
    pub(crate) words: u64,
    /// Their characters.
    pub(crate) word_chars: u64,
    /// Words between what C takes for whitespace, and zero bytes, that begin with a letter or numeral.
    pub(crate) alphanumeric_tokens: u64,
    /// Words without their ASCII punctuation, as far as anything is left of them.
    pub(crate) plain_words: u64,
    /// Their characters in lower case.
    pub(crate) plain_chars: u64,
    /// Occurrences of `. . .`, from left to right without overlap.
    pub(crate) spaced_dots: u64,
    /// Characters `{`.
    pub(crate) opening_braces: u64,
    /// Characters `?`.
    pub(crate) questions: u64,
}

/// What is between two line feeds and has a word and not more than half of its characters in upper case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LineFacts {
    /// Where it begins and ends, in bytes.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// [`Counts::words`] and [`Counts::alphanumeric_tokens`] of it.
    pub(crate) words: u32,
    pub(crate) tokens: u32,
}

impl LineFacts {
    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What a scan fills: memory that is used again for the next text.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) counts: Counts,
    /// The words of the text, as numbers of the vocabulary.
    pub(crate) words: Vec<u32>,
    /// Where each word begins and ends, in bytes.
    pub(crate) spans: Vec<(u32, u32)>,
    /// Whether there are spaces beyond ASCII.
    pub(crate) wide_spaces: bool,
    /// The lines, where they were asked for.
    pub(crate) line_facts: Vec<LineFacts>,
    borders: Borders,
}

impl Found {
    pub(super) fn clear(&mut self) {
        self.counts = Counts::default();
        self.words.clear();
        self.spans.clear();
        self.wide_spaces = false;
        self.line_facts.clear();
        self.borders.clear();
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        4 * self.words.capacity()
            + 8 * self.spans.capacity()
            + size_of::<LineFacts>() * self.line_facts.capacity()
            + self.borders.memory()
    }
}

/// Scans a text as far as `parts` says, which is of [`parts_for`].
pub(super) fn scan(
    text: &str,
    parts: u32,
    found: &mut Found,
    vocabulary: &mut Vocabulary,
    lines: &mut Lines,
    pii: &mut Pii,
) {
    #[cfg(target_arch = "x86_64")]
    if crate::view::scan::has_avx2() {
        // SAFETY: the processor has what the function is compiled for.
        unsafe { scan_avx2(text, parts, found, vocabulary, lines, pii) };
        return;
    }
    choose::<Portable>(text, parts, found, vocabulary, lines, pii);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn scan_avx2(
    text: &str,
    parts: u32,
    found: &mut Found,
    vocabulary: &mut Vocabulary,
    lines: &mut Lines,
    pii: &mut Pii,
) {
    choose::<crate::view::block::Avx2>(text, parts, found, vocabulary, lines, pii);
}

/// Runs the compiled scan of some parts.
#[inline(always)]
fn choose<B: Bytes>(
    text: &str,
    parts: u32,
    found: &mut Found,
    vocabulary: &mut Vocabulary,
    lines: &mut Lines,
    pii: &mut Pii,
) {
    let scan = Scan::<B> {
        text,
        found,
        vocabulary,
        lines,
        pii,
        spill: 0,
        last: Last::default(),
        plain: Firsts::default(),
        // A dot at the very beginning begins a row.
        dots: Dots { count: 1, at: 0 },
        line: LineStart::default(),
        upper: 0,
        bytes: std::marker::PhantomData,
    };
    match parts {
        0 => scan.run::<0>(),
        part::WORDS => scan.run::<{ part::WORDS }>(),
        part::LINES => scan.run::<{ part::LINES }>(),
        part::PII => scan.run::<{ part::PII }>(),
        part::LINE_FACTS => scan.run::<{ part::LINE_FACTS }>(),
        _ => scan.run::<{ part::ALL }>(),
    }
}

/// Masks of characters beyond ASCII.
#[derive(Default)]
struct Wide {
    /// All bytes of spaces.
    space: u64,
    /// The first bytes of letters and numerals.
    alphanumeric: u64,
    /// The first bytes of characters in upper case.
    upper: u64,
}

/// The last bits of masks of the block before.
#[derive(Default)]
struct Last {
    word: u64,
    token: u64,
    digit: u64,
    border: u64,
}

/// A row of dots with blanks between them.
struct Dots {
    count: u64,
    /// Where the last one is.
    at: usize,
}

/// Where the current line begins, and what is before it.
#[derive(Clone, Copy, Default)]
struct LineStart {
    position: usize,
    chars: u64,
    upper: u64,
    words: u64,
    tokens: u64,
}

struct Scan<'s, B> {
    text: &'s str,
    found: &'s mut Found,
    vocabulary: &'s mut Vocabulary,
    lines: &'s mut Lines,
    pii: &'s mut Pii,
    /// Bits of a space that reach into the next block.
    spill: u64,
    last: Last,
    plain: Firsts,
    dots: Dots,
    line: LineStart,
    /// Characters in upper case so far.
    upper: u64,
    bytes: std::marker::PhantomData<B>,
}

impl<B: Bytes> Scan<'_, B> {
    #[inline(always)]
    fn run<const PARTS: u32>(mut self) {
        if PARTS & part::WORDS != 0 {
            self.found.borders.reserve();
        }
        let (blocks, rest) = self.text.as_bytes().as_chunks::<BLOCK>();
        let mut position = 0;
        for chunk in blocks.chunks(CHUNK) {
            for block in chunk {
                self.block::<PARTS>(block, position, u64::MAX);
                position += BLOCK;
            }
            self.walk::<PARTS>();
        }
        // The last block is never full: the spaces behind the text end all runs.
        let mut block = [b' '; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        self.block::<PARTS>(&block, position, (1 << rest.len()) - 1);
        self.walk::<PARTS>();
        if PARTS & (part::LINES | part::LINE_FACTS) != 0 {
            let counts = self.found.counts;
            self.end_line::<PARTS>(LineStart {
                position: self.text.len(),
                chars: counts.chars,
                upper: self.upper,
                words: counts.words,
                tokens: counts.alphanumeric_tokens,
            });
        }
    }

    /// Takes in a block at a position; `valid` has the bits of bytes that are text.
    #[inline(always)]
    fn block<const PARTS: u32>(&mut self, block: &[u8; BLOCK], position: usize, valid: u64) {
        let mut masks = Masks::of::<B>(block);
        let mut wide = Wide::default();
        if masks.high != 0 {
            wide = self.widen(masks.high & !masks.continuation, position);
            masks.space |= wide.space;
        }
        let first_bytes = !masks.continuation & valid;
        let word = !masks.space;
        let before = word << 1 | self.last.word;
        let starts = word & !before;

        let token = !masks.gap;
        let token_starts = token & !(token << 1 | self.last.token);
        let tokens = token_starts & (masks.letter | masks.digit | wide.alphanumeric);
        let upper = masks.upper | wide.upper;

        if PARTS & (part::LINES | part::LINE_FACTS) != 0 {
            let mut newlines = masks.newline;
            while newlines != 0 {
                let bit = newlines.trailing_zeros();
                newlines &= newlines - 1;
                let so_far = (1 << bit) - 1;
                let count = |mask: u64| u64::from((mask & so_far).count_ones());
                let counts = &self.found.counts;
                self.end_line::<PARTS>(LineStart {
                    position: position + bit as usize,
                    chars: counts.chars + count(first_bytes),
                    upper: self.upper + count(upper),
                    words: counts.words + count(starts),
                    tokens: counts.alphanumeric_tokens + count(tokens),
                });
                self.line.position += 1;
                self.line.chars += 1;
            }
            self.upper += u64::from(upper.count_ones());
        }
        if PARTS & part::PII != 0 {
            self.personal(&masks, position);
        }

        let plain = word & !masks.punctuation;
        let counts = &mut self.found.counts;
        counts.chars += u64::from(first_bytes.count_ones());
        counts.words += u64::from(starts.count_ones());
        counts.word_chars += u64::from((first_bytes & word).count_ones());
        counts.alphanumeric_tokens += u64::from(tokens.count_ones());
        counts.plain_words += self.plain.count(word, plain);
        counts.plain_chars += u64::from((first_bytes & plain).count_ones());
        counts.opening_braces += u64::from(masks.opening_brace.count_ones());
        counts.questions += u64::from(masks.question.count_ones());
        if masks.dot != 0 {
            self.dotted(masks.dot, position);
        }
        if PARTS & part::WORDS != 0 {
            self.found.borders.write(word ^ before, position);
        }
        self.last.word = word >> 63;
        self.last.token = token >> 63;
    }

    /// Personal data: where it may be.
    #[inline(always)]
    fn personal(&mut self, masks: &Masks, position: usize) {
        let digit = masks.digit;
        let border = masks.space | masks.opening_bracket;
        let mut ats = masks.at;
        // Three digits behind a space or bracket; at the end of the block, nobody knows.
        let mut numbers = digit
            & (border << 1 | self.last.border)
            & (digit >> 1 | 1 << 63)
            & (digit >> 2 | 3 << 62);
        let mut points = masks.dot & (digit << 1 | self.last.digit) & (digit >> 1 | 1 << 63);
        self.last.digit = digit >> 63;
        self.last.border = border >> 63;
        if ats | numbers | points == 0 {
            return;
        }
        let next = |bits: &mut u64| {
            let bit = bits.trailing_zeros() as usize;
            *bits &= bits.wrapping_sub(1);
            (bit < BLOCK).then_some(position + bit)
        };
        while let Some(at) = next(&mut ats) {
            self.pii.email(self.text, at);
        }
        while let Some(at) = next(&mut numbers) {
            self.pii.phone(self.text, at);
        }
        while let Some(at) = next(&mut points) {
            self.pii.ip(self.text, at);
        }
    }

    /// Counts `. . .`.
    #[inline(always)]
    fn dotted(&mut self, dots: u64, position: usize) {
        let bytes = self.text.as_bytes();
        let mut dots = dots;
        while dots != 0 {
            let at = position + dots.trailing_zeros() as usize;
            dots &= dots - 1;
            if at < 2 || bytes[at - 1] != b' ' || bytes[at - 2] != b'.' {
                continue;
            }
            // The dot before may have been used up.
            let before = if self.dots.at == at - 2 {
                self.dots.count
            } else {
                1
            };
            self.dots.count = before + 1;
            self.dots.at = at;
            if self.dots.count == 3 {
                self.found.counts.spaced_dots += 1;
                self.dots.count = 0;
            }
        }
    }

    /// The masks of characters beyond ASCII, which begin at `leads`.
    #[inline(never)]
    fn widen(&mut self, mut leads: u64, position: usize) -> Wide {
        let tables = Tables::get();
        let text = self.text.as_bytes();
        let mut wide = Wide {
            space: std::mem::take(&mut self.spill),
            ..Wide::default()
        };
        while leads != 0 {
            let bit = leads.trailing_zeros();
            let lead = leads & leads.wrapping_neg();
            leads &= leads - 1;
            let (code, len) = decode(text, position + bit as usize);
            let class = tables.class(code);
            let all = |flag: u8| u64::from(class & flag != 0).wrapping_neg();
            let span = (1u64 << len) - 1;
            wide.space |= span << bit & all(class::SPACE);
            wide.alphanumeric |= lead & all(class::WORD);
            wide.upper |= lead & all(class::UPPER);
            // The only character that is two in lower case.
            self.found.counts.plain_chars += u64::from(code == 'İ' as u32);
            self.pii.wide_digits |= class & class::NUMERIC != 0 && is_decimal(code);
            // Only the last character can reach beyond the block.
            self.spill = span >> 1 >> (63 - bit) & all(class::SPACE);
        }
        self.found.wide_spaces |= wide.space != 0;
        wide
    }

    /// Ends the current line before the line feed, or the end of the text, at `end`.
    #[inline(always)]
    fn end_line<const PARTS: u32>(&mut self, end: LineStart) {
        let start = std::mem::replace(&mut self.line, end);
        if PARTS & part::LINES != 0 {
            self.lines.add(
                self.text,
                start.position..end.position,
                start.chars..end.chars,
                end.words - start.words,
            );
        }
        if PARTS & part::LINE_FACTS != 0
            && end.words > start.words
            && 2 * (end.upper - start.upper) <= end.chars - start.chars
        {
            self.found.line_facts.push(LineFacts {
                start: start.position as u32,
                end: end.position as u32,
                words: (end.words - start.words) as u32,
                tokens: (end.tokens - start.tokens) as u32,
            });
        }
    }

    /// Numbers the words whose borders are known.
    #[inline(always)]
    fn walk<const PARTS: u32>(&mut self) {
        if PARTS & part::WORDS == 0 {
            return;
        }
        let text = self.text.as_bytes();
        let borders = self.found.borders.known();
        let words = &mut self.found.words;
        let spans = &mut self.found.spans;
        let (pairs, _) = borders.as_chunks::<2>();
        for &[start, end] in pairs {
            let (from, to) = (start as usize, end as usize);
            words.push(self.vocabulary.insert(text, (from, to), 1));
            spans.push((from as u32, to as u32));
        }
        let used = 2 * pairs.len();
        self.found.borders.keep_from(used);
    }
}
