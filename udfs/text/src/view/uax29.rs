//! Words by the word boundaries of UAX #29, and their n-grams: how DCLM looks for repetition.
//!
//! A word is a piece between two boundaries that begins with a letter or numeral, as it stands. No such piece
//! goes on behind a character of up to U+0020, and what comes before that does not change it, so the text is cut
//! there; a run of ASCII needs no tables of Unicode. What is between two such characters is cut where it stands first
//! only (`spaced`). Two characters are letters and belong to whatever is before them (`MARKS`): behind a space they
//! are no words.

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;

use super::KEPT;
use super::grams::{GramFacts, Grams, Ties};
use super::spaced::{Chunks, LONGEST_CHUNK};
use super::vocabulary::Vocabulary;
use super::with_bytes;
use super::word::{HIGH, Key};
use crate::document::{Needs, TopGram};
use crate::unicode::{Tables, class};

/// The letters that are marks of the character before them (`Word_Break=Extend`), if that ends no line.
const MARKS: [char; 2] = ['\u{FF9E}', '\u{FF9F}'];

/// The words of a document, and the memory to see the next one.
pub(crate) struct Uax29 {
    /// Characters of all words.
    pub(crate) chars: u64,
    grams: GramFacts,
    words: Vec<u32>,
    /// How often each distinct word occurs, and its characters. Not all strings with a number are words.
    counts: Vec<u32>,
    lengths: Vec<u64>,
    /// What words are in each distinct chunk, and those of chunks that have not just one.
    cuts: Vec<Cut>,
    parts: Vec<u32>,
    counter: Grams,
}

/// What words are in a chunk.
#[derive(Clone, Copy)]
enum Cut {
    /// One of this number.
    One(u32),
    /// So many of the parts, from a place on.
    Several(u32, u8),
    /// They are looked for wherever it stands: it is long, or begins with what belongs to the character before it.
    Anew,
}

impl Default for Uax29 {
    fn default() -> Self {
        Self {
            chars: 0,
            grams: GramFacts::default(),
            words: Vec::new(),
            counts: Vec::new(),
            lengths: Vec::new(),
            cuts: Vec::new(),
            parts: Vec::new(),
            counter: Grams::new(),
        }
    }
}

impl fmt::Debug for Uax29 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uax29")
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

impl Uax29 {
    /// Looks at a text as closely as `needs` says.
    pub(crate) fn look(&mut self, mut chunks: Chunks<'_>, needs: Needs) {
        let longest = if needs.contains(Needs::UAX29_DUPLICATE_GRAMS) {
            10
        } else {
            4
        };
        self.number(&mut chunks);
        let known = chunks.vocabulary;
        self.measure_words(known);
        let counts = &self.counts;
        self.grams = GramFacts::of(
            &mut self.counter,
            &self.words,
            |word| counts[word as usize] > 1,
            |word| self.lengths[word as usize],
            |n| n <= longest,
            Ties::Longest,
        );
    }

    /// Numbers all words: those of a chunk that was there before are known.
    fn number(&mut self, chunks: &mut Chunks<'_>) {
        let text = chunks.text;
        let bytes = text.as_bytes();
        let vocabulary = &mut *chunks.vocabulary;
        self.cut_chunks(text, chunks.words, chunks.spans, vocabulary);
        self.words.clear();
        let visible = |at: usize| bytes.get(at).is_some_and(|&byte| byte > b' ');
        // Spaces beyond ASCII do not cut.
        let wide = chunks.wide_spaces;
        // Up to where words were found.
        let mut done = 0;
        for (i, (&chunk, &(start, end))) in chunks.words.iter().zip(chunks.spans).enumerate() {
            let (start, end) = (start as usize, end as usize);
            if start < done {
                continue;
            }
            let cut = self.cuts[chunk as usize];
            let joined = wide && (visible(end) || start > 0 && visible(start - 1));
            match cut {
                Cut::One(word) if !joined => self.words.push(word),
                Cut::Several(begin, len) if !joined => {
                    let begin = begin as usize;
                    let several = &self.parts[begin..begin + usize::from(len)];
                    self.words.extend_from_slice(several);
                }
                _ => {
                    let before = bytes[..start].iter().rposition(|&byte| byte <= b' ');
                    let begin = before.map_or(0, |at| at + 1);
                    let mut ends = chunks.spans[i..].iter().map(|&(_, end)| end as usize);
                    done = ends.find(|&end| !visible(end)).unwrap_or(bytes.len());
                    each_word(text, (begin, done), |from, to| {
                        self.words.push(vocabulary.insert(bytes, (from, to), 0));
                    });
                }
            }
        }
        vocabulary.count(&self.words, &mut self.counts);
    }

    /// Finds the words of each distinct chunk.
    fn cut_chunks(
        &mut self,
        text: &str,
        words: &[u32],
        spans: &[(u32, u32)],
        vocabulary: &mut Vocabulary,
    ) {
        self.cuts.clear();
        self.parts.clear();
        for (&chunk, &(start, end)) in words.iter().zip(spans) {
            if chunk as usize != self.cuts.len() {
                continue;
            }
            let key = vocabulary.words()[chunk as usize].key;
            let cut = if key.leading_letters() == key.len() {
                Cut::One(chunk)
            } else {
                self.cut(text, (start as usize, end as usize), key, vocabulary)
            };
            self.cuts.push(cut);
        }
    }

    /// Finds the words of a chunk that is not only letters.
    fn cut(
        &mut self,
        text: &str,
        (start, end): (usize, usize),
        key: Key,
        vocabulary: &mut Vocabulary,
    ) -> Cut {
        if end - start > LONGEST_CHUNK || text[start..end].starts_with(MARKS) {
            return Cut::Anew;
        }
        let bytes = text.as_bytes();
        let begin = self.parts.len() as u32;
        if let Some(bits) = key.letters_and_digits() {
            if bits == 0 {
                return Cut::Several(begin, 0);
            }
            let first = bits.trailing_zeros() as usize;
            let len = (!(bits >> first)).trailing_zeros() as usize;
            if bits >> first >> len == 0 {
                // Only inside of a word another mark belongs to it.
                let span = (start + first, start + first + len);
                return Cut::One(vocabulary.insert(bytes, span, 0));
            }
        }
        each_word(text, (start, end), |from, to| {
            self.parts.push(vocabulary.insert(bytes, (from, to), 0));
        });
        match self.parts[begin as usize..] {
            [word] => {
                self.parts.pop();
                Cut::One(word)
            }
            ref several => Cut::Several(begin, several.len() as u8),
        }
    }

    fn measure_words(&mut self, vocabulary: &Vocabulary) {
        self.lengths.clear();
        self.lengths.resize(vocabulary.words().len(), 0);
        let words = vocabulary.words().iter().zip(&self.counts);
        let mut sum = 0;
        for ((word, &count), own) in words.zip(&mut self.lengths) {
            let key = word.key;
            // The mark of a longer word is not ASCII either.
            let chars = if (key.low | key.high) & HIGH == 0 {
                key.len() as u64
            } else if count == 0 {
                0
            } else {
                with_bytes(vocabulary, key, |word| {
                    word.iter().filter(|&&b| b & 0xC0 != 0x80).count() as u64
                })
            };
            sum += u64::from(count) * chars;
            *own = chars;
        }
        self.chars = sum;
    }

    /// The most frequent n-gram of 2 to 4 words, of equally frequent ones the longest; `None` when none occurs twice.
    pub(crate) fn top_gram(&self, n: usize) -> Option<TopGram> {
        self.grams.top[n - 2]
    }

    /// Characters of the words in n-grams of 5 to 10 words that occur at least twice.
    pub(crate) fn duplicate_chars(&self, n: usize) -> u64 {
        self.grams.duplicate_chars[n - 5]
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        4 * (self.words.capacity() + self.counts.capacity())
            + size_of::<Cut>() * self.cuts.capacity()
            + 4 * self.parts.capacity()
            + 8 * self.lengths.capacity()
            + self.counter.memory()
    }

    /// Gives back memory that only a very long document needs.
    pub(crate) fn give_back(&mut self) {
        if self.memory() > KEPT {
            *self = Self::default();
        }
    }
}

/// Where words begin and end in a part of a text.
fn each_word(text: &str, (start, end): (usize, usize), mut word: impl FnMut(usize, usize)) {
    let bytes = &text.as_bytes()[..end];
    let mut at = start;
    while at < end {
        if bytes[at] <= b' ' {
            at += 1;
            continue;
        }
        let start = at;
        let visible = bytes[at..].iter().position(|&byte| byte <= b' ');
        at += visible.unwrap_or(end - at);
        run_words(text, (start, at), &mut word);
    }
}

/// The words of a run without characters of up to U+0020.
fn run_words(text: &str, (start, end): (usize, usize), mut word: impl FnMut(usize, usize)) {
    let run = &text[start..end];
    if run.is_ascii() {
        ascii_words(run.as_bytes(), |from, to| word(start + from, start + to));
        return;
    }
    let tables = Tables::get();
    let alphanumeric = |c: char| c != '_' && tables.class(c as u32) & class::WORD != 0;
    let before = text[..start].bytes().next_back();
    let joins = before.is_some_and(|byte| !matches!(byte, b'\n'..=b'\r'));
    for (from, piece) in run.split_word_bound_indices() {
        if from == 0 && joins && piece.starts_with(MARKS) {
            continue;
        }
        if piece.starts_with(alphanumeric) {
            word(start + from, start + from + piece.len());
        }
    }
}

/// The words of a run of visible ASCII characters.
#[inline(always)]
fn ascii_words(run: &[u8], mut word: impl FnMut(usize, usize)) {
    let alphanumeric = |at: usize| run.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let letter = |at: usize| run.get(at).is_some_and(u8::is_ascii_alphabetic);
    let digit = |at: usize| run.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while at < run.len() {
        let start = at;
        // What begins with a low line goes on like a word and is none.
        if !alphanumeric(at) && run[at] != b'_' {
            at += 1;
            continue;
        }
        while let Some(&byte) = run.get(at) {
            let inside = match byte {
                b'_' => true,
                b'.' | b'\'' => letter(at - 1) && letter(at + 1) || digit(at - 1) && digit(at + 1),
                b':' => letter(at - 1) && letter(at + 1),
                b',' | b';' => digit(at - 1) && digit(at + 1),
                _ => byte.is_ascii_alphanumeric(),
            };
            if !inside {
                break;
            }
            at += 1;
        }
        if alphanumeric(start) {
            word(start, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};
    use unicode_segmentation::UnicodeSegmentation;

    use super::{Uax29, each_word};
    use crate::c4;
    use crate::document::Needs;
    use crate::unicode::{Tables, class};
    use crate::view::spaced::Spaced;
    use crate::view::with_bytes;

    /// The definition.
    fn plain(text: &str) -> Vec<&str> {
        let word = |c: char| c != '_' && Tables::get().class(c as u32) & class::WORD != 0;
        text.split_word_bounds()
            .filter(|piece| piece.starts_with(word))
            .collect()
    }

    fn words(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        each_word(text, (0, text.len()), |start, end| {
            words.push(&text[start..end])
        });
        words
    }

    /// The words by their numbers, and what these stand for.
    fn numbered(text: &str) -> Vec<String> {
        let (mut spaced, mut uax29) = (Spaced::default(), Uax29::default());
        spaced.look(text, Needs::CHUNKS, &c4::Lines::default());
        uax29.look(spaced.chunks(text), Needs::UAX29_TOP_GRAMS);
        let known = spaced.vocabulary();
        let word = |&number: &u32| {
            let key = known.words()[number as usize].key;
            with_bytes(known, key, |word| {
                String::from_utf8_lossy(word).into_owned()
            })
        };
        uax29.words.iter().map(word).collect()
    }

    #[test]
    fn words_begin_with_a_letter_or_numeral() {
        assert_eq!(
            words("Don't _pay 3.14, (a_b:c) x'1 1:2 1;2 a..b ½ «é» \u{301}e"),
            [
                "Don't", "3.14", "a_b:c", "x", "1", "1", "2", "1;2", "a", "b", "½", "é", "e"
            ]
        );
        assert!(words(" _ -- \n").is_empty());
    }

    #[test]
    fn any_letter_may_stand_behind_what_the_text_is_cut_at() {
        let tables = Tables::get();
        let letters = '\0'..=char::MAX;
        for letter in letters.filter(|&c| tables.class(c as u32) & class::WORD != 0) {
            for before in ["", " ", "\n", "\u{1f}"] {
                let text = format!("{before}{letter}\u{301}a");
                assert_eq!(words(&text), plain(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn marks_belong_to_a_space_and_to_no_line_feed() {
        for (text, expected) in [
            ("ab \u{ff9e}", &["ab"][..]),
            ("ab \u{ff9e}c", &["ab", "c"]),
            ("ab\n\u{ff9e}", &["ab", "\u{ff9e}"]),
            ("\u{ff9f} \u{ff9f}", &["\u{ff9f}"]),
            (
                "\u{ff9f}\n\u{ff9f} \u{ff9f} カ\u{ff9f}",
                &["\u{ff9f}", "\u{ff9f}", "カ\u{ff9f}"],
            ),
        ] {
            assert_eq!(numbered(text), expected, "{text:?}");
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn runs_of_ascii_are_cut_as_unicode_says(text in "[ab1_.',:;\" \n\t\r\u{0}\u{7f}-]{0,24}") {
            prop_assert_eq!(words(&text), plain(&text));
        }

        #[test]
        fn so_is_any_text(text in "([ab1_.', \n\r]|[\u{ff9e}\u{ff9f}]|[\u{ad}\u{301}\u{200d}\u{3000}\u{1f1e6}\u{2139}\u{1f468}é٣カ中א\"]|\\PC){0,16}") {
            prop_assert_eq!(words(&text), plain(&text));
        }

        #[test]
        fn chunks_that_come_again_have_the_same_words(
            text in "([ab1_.', \n\r]|[ \t\n\u{b}\u{0}]?[\u{ff9e}\u{ff9f}\u{301}\u{ad}\u{200d}]|[\u{a0}\u{301}\u{200d}\u{3000}\u{2028}\u{85}é\"]|Abc, |d.e-f |a{70}b|x'y\u{a0}|\\PC){0,24}"
        ) {
            prop_assert_eq!(numbered(&text), words(&text));
        }
    }
}
