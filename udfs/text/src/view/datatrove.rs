//! What datatrove's filters count: words of spaCy, repeated lines, paragraphs and n-grams.
//!
//! ```text
//! text ─▶ tokens ─▶ numbers of distinct words ─▶ lengths, letters, stop words
//!           │                       └──────────▶ most frequent n-gram             grams.rs
//!           ├─▶ sentences
//!           └─▶ text without whitespace ───────▶ repeated n-grams, 5 to 10        joined.rs
//!      └─▶ lines, paragraphs ──────────────────▶ repeated ones, how they end      repeats.rs
//! ```
//!
//! What is between two spaces, a chunk, is cut into tokens where it stands first only (`spaced`): an exception is never
//! put together of more than one chunk. But what seems to begin one in a chunk and to go on in the next keeps those
//! inside from being put together; the few chunks where that may be so are cut wherever they stand.

mod joined;
mod lines;
mod repeats;

use std::fmt;
use std::ops::Range;

use memchr::{memchr_iter, memmem};

use self::joined::Joined;
pub use self::lines::LineFacts;
use self::lines::Lines;
use super::grams::{GramFacts, Grams, Ties};
use super::spaced::{Chunks, LONGEST_CHUNK};
use super::vocabulary::Vocabulary;
use super::with_bytes;
use super::word::Key;
use crate::c4;
use crate::document::Needs;
use crate::words::classes::{ALPHABETIC, Classes, PUNCTUATION, TERMINAL};
use crate::words::spacy_en::{Open, Role, Sentences, Sentencizer, SpacyEn, Token};

/// The stop words of Gopher's rule.
const STOP_WORDS: [&str; 8] = ["the", "be", "to", "of", "and", "that", "have", "with"];

/// What datatrove's filters count of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatatroveFacts {
    /// Words.
    pub words: u64,
    /// Words with a character that is in neither of datatrove's two sets of punctuation.
    pub non_symbol_words: u64,
    /// The characters of these words.
    pub non_symbol_chars: u64,
    /// Words with a letter.
    pub alpha_words: u64,
    /// How many of the eight stop words occur.
    pub stop_words: u64,
    /// Sentences.
    pub sentences: u64,
    /// Characters `#`.
    pub hashes: u64,
    /// Occurrences of `...` and U+2026.
    pub ellipses: u64,
    /// Lines and paragraphs.
    pub lines: LineFacts,
    /// The characters of the most frequent n-gram of 2 to 4 words, joined with spaces, times its count; none
    /// without an n-gram.
    pub top: [Option<u64>; 3],
    /// Characters of repeated n-grams of 5 to 10 words.
    pub duplicate: [u64; 6],
}

/// Looks at documents, and holds the memory that this takes.
pub(crate) struct DatatroveView {
    pub(crate) facts: DatatroveFacts,
    /// spaCy's sentences, where C4's rules need them.
    pub(crate) sentences: Sentences,
    spacy: SpacyEn,
    /// The words of the document by their numbers; how often each distinct one occurs, and its characters. Not all
    /// strings with a number are words.
    words: Vec<u32>,
    counts: Vec<u32>,
    chars: Vec<u64>,
    /// What each distinct chunk is cut into, and the tokens of those that are not one word.
    cuts: Vec<Cut>,
    parts: Vec<Part>,
    grams: Grams,
    joined: Joined,
    lines: Lines,
}

/// What a chunk is cut into where no exception goes beyond it.
#[derive(Clone, Copy)]
struct Cut {
    /// Where its tokens begin among all parts.
    begin: u32,
    /// How many it has; 0 stands for one that is the whole chunk, and a word to the sentencizer.
    len: u8,
    /// Of [`cut`].
    marks: u8,
}

impl Cut {
    #[inline(always)]
    fn of(open: Open, begin: usize, len: usize, marks: u8) -> Self {
        let mark = |is: bool, mark: u8| if is { mark } else { 0 };
        Self {
            begin: begin as u32,
            len: len as u8,
            marks: marks
                | mark(open.behind, cut::OPEN)
                | mark(open.front, cut::GOES_ON)
                | mark(open.inside, cut::INSIDE),
        }
    }
}

mod cut {
    /// An exception may go on behind it, if what follows allows for that.
    pub(super) const OPEN: u8 = 1;
    /// An exception that began before it may go on with it.
    pub(super) const GOES_ON: u8 = 1 << 1;
    /// It ends a sentence, or may.
    pub(super) const ENDS: u8 = 1 << 2;
    /// An exception is inside of it that is put together from tokens; one that goes beyond it may keep it from that.
    pub(super) const INSIDE: u8 = 1 << 3;
    /// It is so long that it is cut wherever it stands.
    pub(super) const LONG: u8 = 1 << 4;
}

/// A token of a chunk.
struct Part {
    /// Its number.
    number: u32,
    len: u8,
    role: Role,
}

/// Takes the tokens of a text.
struct Taker<'v, 't> {
    bytes: &'t [u8],
    vocabulary: &'v mut Vocabulary,
    /// The numbers of words, where they are asked for.
    numbers: Option<&'v mut Vec<u32>>,
    joined: Option<&'v mut Joined>,
    sentencizer: Option<Sentencizer<'t>>,
    sentences: Option<&'v mut Sentences>,
    words: u64,
    /// Ends of sentences but the last one.
    ends: u64,
}

impl Taker<'_, '_> {
    /// Takes the next token.
    fn token(&mut self, token: Token) {
        if let Some(sentencizer) = &mut self.sentencizer
            && let Some(end) = sentencizer.token(token)
        {
            self.end(end, token.start);
        }
        if token.space {
            return;
        }
        self.words += 1;
        let span = (token.start, token.end);
        if let Some(numbers) = &mut self.numbers {
            numbers.push(self.vocabulary.insert(self.bytes, span, 0));
        }
        if let Some(joined) = &mut self.joined {
            joined.push(self.bytes, token.start, token.end);
        }
    }

    /// Takes the end of a sentence, and where the next one begins.
    fn end(&mut self, end: usize, next: usize) {
        self.ends += 1;
        if let Some(sentences) = &mut self.sentences {
            sentences.add(end, next);
        }
    }

    /// Takes chunks whose tokens are known. `space` is where whitespace begins that is a token, if any is left before the
    /// next chunk. Each thing that is asked for has a loop of its own.
    fn known(&mut self, run: &Walk<'_>, space: &mut usize) {
        self.words += match &mut self.numbers {
            Some(numbers) => {
                let before = numbers.len();
                run.number(numbers);
                (numbers.len() - before) as u64
            }
            None => run.tokens(),
        };
        if let Some(joined) = &mut self.joined {
            run.join(joined);
        }
        if let Some(sentencizer) = &mut self.sentencizer {
            let sentences = self.sentences.as_deref_mut();
            self.ends += run.sentences(sentencizer, sentences, *space);
        }
        if let Some(&(_, end)) = run.spans.last() {
            *space = run.behind(end as usize);
        }
    }
}

/// Chunks of a text that follow each other, and what they are cut into.
#[derive(Clone, Copy)]
struct Walk<'w> {
    bytes: &'w [u8],
    words: &'w [u32],
    spans: &'w [(u32, u32)],
    cuts: &'w [Cut],
    parts: &'w [Part],
}

impl<'w> Walk<'w> {
    /// Those of some places.
    fn within(self, places: Range<usize>) -> Self {
        Self {
            words: &self.words[places.clone()],
            spans: &self.spans[places],
            ..self
        }
    }

    /// Where what follows a chunk begins: one space between two belongs to no token.
    #[inline(always)]
    fn behind(&self, end: usize) -> usize {
        end + usize::from(self.bytes.get(end) == Some(&b' '))
    }

    #[inline(always)]
    fn parts_of(&self, cut: Cut) -> &'w [Part] {
        let begin = cut.begin as usize;
        &self.parts[begin..begin + usize::from(cut.len)]
    }

    /// The numbers of the tokens.
    #[inline(never)]
    fn number(&self, numbers: &mut Vec<u32>) {
        numbers.reserve(self.words.len());
        for &chunk in self.words {
            let cut = self.cuts[chunk as usize];
            if cut.len == 0 {
                numbers.push(chunk);
            } else {
                for part in self.parts_of(cut) {
                    numbers.push(part.number);
                }
            }
        }
    }

    /// How many tokens there are.
    fn tokens(&self) -> u64 {
        let cuts = self.words.iter().map(|&chunk| self.cuts[chunk as usize]);
        cuts.map(|cut| u64::from(cut.len.max(1))).sum()
    }

    /// Adds the tokens.
    #[inline(never)]
    fn join(&self, joined: &mut Joined) {
        for (&chunk, &(start, end)) in self.words.iter().zip(self.spans) {
            let (start, end) = (start as usize, end as usize);
            let cut = self.cuts[chunk as usize];
            if cut.len == 0 {
                joined.push(self.bytes, start, end);
                continue;
            }
            let mut at = start;
            for part in self.parts_of(cut) {
                let end = at + usize::from(part.len);
                joined.push(self.bytes, at, end);
                at = end;
            }
        }
    }

    /// Hands the tokens to the sentencizer; how many sentences end.
    #[inline(never)]
    fn sentences(
        &self,
        sentencizer: &mut Sentencizer<'_>,
        mut sentences: Option<&mut Sentences>,
        mut space: usize,
    ) -> u64 {
        let mut ends = 0;
        let mut token = |sentencizer: &mut Sentencizer<'_>, role, start, end| {
            if let Some(last) = sentencizer.step(role, end) {
                ends += 1;
                if let Some(sentences) = &mut sentences {
                    sentences.add(last, start);
                }
            }
        };
        for (&chunk, &(start, end)) in self.words.iter().zip(self.spans) {
            let (start, end) = (start as usize, end as usize);
            let cut = self.cuts[chunk as usize];
            let before = std::mem::replace(&mut space, self.behind(end));
            if cut.marks & cut::ENDS == 0 && !sentencizer.has_ended() {
                sentencizer.pass(end);
                continue;
            }
            if before < start {
                // Whitespace is neither a mark nor punctuation.
                token(sentencizer, Role::Word, before, start);
            }
            if cut.len == 0 {
                token(sentencizer, Role::Word, start, end);
                continue;
            }
            let mut at = start;
            for part in self.parts_of(cut) {
                let end = at + usize::from(part.len);
                token(sentencizer, part.role, at, end);
                at = end;
            }
        }
        ends
    }

    fn marks(&self, place: usize) -> u8 {
        self.cuts[self.words[place] as usize].marks
    }

    /// Up to where from a chunk on all tokens are known: to the end or to a chunk beyond which an exception may go on,
    /// or one that is too long. None of those before `free` is such.
    fn known_to(&self, from: usize, free: usize) -> usize {
        let mut places = from.max(free)..self.words.len();
        let stops = |&place: &usize| {
            let marks = self.marks(place);
            marks & cut::LONG != 0 || marks & cut::OPEN != 0 && self.hangs(place)
        };
        places.find(stops).unwrap_or(self.words.len())
    }

    /// Whether an exception may go on beyond a chunk.
    fn hangs(&self, place: usize) -> bool {
        let (Some(&(_, end)), Some(&(next, _))) =
            (self.spans.get(place), self.spans.get(place + 1))
        else {
            return false;
        };
        // More whitespace than a space is a token.
        let near = next - end == 1 && self.bytes[end as usize] == b' ';
        near && self.marks(place) & (cut::OPEN | cut::LONG) != 0
            && self.marks(place + 1) & cut::GOES_ON != 0
    }

    /// Up to where chunks hang together, and whether their tokens are those that each has alone.
    fn together(&self, from: usize) -> (usize, bool) {
        let mut place = from;
        let mut alone = true;
        loop {
            // What goes beyond a chunk is never put together: it only keeps what is inside from that.
            alone &= self.marks(place) & (cut::LONG | cut::INSIDE) == 0;
            let more = self.hangs(place);
            place += 1;
            if !more {
                return (place, alone);
            }
        }
    }
}

/// What is summed up over the distinct words.
#[derive(Default)]
struct Sums {
    alpha_words: u64,
    non_symbol_words: u64,
    non_symbol_chars: u64,
}

impl Sums {
    /// Takes in a short word of letters, and tells its characters.
    #[inline(always)]
    fn letters(&mut self, key: Key, count: u32) -> u64 {
        let (count, chars) = (u64::from(count), key.len() as u64);
        self.alpha_words += count;
        self.non_symbol_words += count;
        self.non_symbol_chars += count * chars;
        chars
    }

    /// Takes in any word, and tells its characters, if it occurs.
    fn word(&mut self, vocabulary: &Vocabulary, key: Key, count: u32) -> u64 {
        if count == 0 {
            return 0;
        }
        let (count, classes) = (u64::from(count), Classes::get());
        let (mut chars, mut any, mut symbols_only) = (0, 0, true);
        with_bytes(vocabulary, key, |bytes| {
            let mut at = 0;
            while at < bytes.len() {
                let (class, len) = classes.at(bytes, at);
                any |= class;
                symbols_only &= class & (PUNCTUATION | TERMINAL) != 0;
                chars += 1;
                at += len;
            }
        });
        self.alpha_words += count * u64::from(any & ALPHABETIC != 0);
        if !symbols_only {
            self.non_symbol_words += count;
            self.non_symbol_chars += count * chars;
        }
        chars
    }
}

impl Default for DatatroveView {
    fn default() -> Self {
        Self {
            facts: DatatroveFacts::default(),
            sentences: Sentences::default(),
            spacy: SpacyEn::new(),
            words: Vec::new(),
            counts: Vec::new(),
            chars: Vec::new(),
            cuts: Vec::new(),
            parts: Vec::new(),
            grams: Grams::new(),
            joined: Joined::new(),
            lines: Lines::new(),
        }
    }
}

impl fmt::Debug for DatatroveView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatatroveView")
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

impl DatatroveView {
    /// Looks at a text as closely as `needs` says. `symbols` is how often `#`, `...` and U+2026 occur in it, if that is
    /// known.
    pub(crate) fn look(
        &mut self,
        chunks: Chunks<'_>,
        needs: Needs,
        lines: &c4::Lines,
        symbols: Option<u64>,
    ) {
        let text = chunks.text;
        self.facts = DatatroveFacts::default();
        if needs.contains(Needs::DATATROVE_SYMBOLS) {
            let bytes = text.as_bytes();
            self.facts.hashes = memchr_iter(b'#', bytes).count() as u64;
            let count = |what: &str| memmem::find_iter(bytes, what).count() as u64;
            self.facts.ellipses = match symbols {
                Some(symbols) => symbols - self.facts.hashes,
                None => count("...") + count("…"),
            };
        }
        if needs.contains(Needs::DATATROVE_LINES) {
            self.facts.lines = self.lines.look(text, lines);
        }
        if needs.contains(Needs::DATATROVE_SENTENCES)
            || needs.contains(Needs::DATATROVE_WORDS)
            || needs.c4_of_spacy()
        {
            self.look_at_words(chunks, needs);
        }
    }

    fn look_at_words(&mut self, chunks: Chunks<'_>, needs: Needs) {
        let Chunks {
            text,
            words,
            spans,
            vocabulary,
            ..
        } = chunks;
        let bytes = text.as_bytes();
        let duplicates = needs.any_datatrove_duplicates();
        let numbered = needs.contains(Needs::DATATROVE_VOCABULARY);
        self.words.clear();
        self.counts.clear();
        self.sentences.clear();
        self.cut_chunks(bytes, words, spans, vocabulary, numbered);
        self.joined.clear(if duplicates { text.len() } else { 0 });
        let Self {
            spacy, cuts, parts, ..
        } = self;
        let mut taker = Taker {
            bytes,
            vocabulary,
            numbers: numbered.then_some(&mut self.words),
            joined: duplicates.then_some(&mut self.joined),
            sentencizer: (needs.c4_of_spacy() || needs.contains(Needs::DATATROVE_SENTENCES))
                .then(|| Sentencizer::new(text)),
            sentences: needs.c4_of_spacy().then_some(&mut self.sentences),
            words: 0,
            ends: 0,
        };
        let walk = Walk {
            bytes,
            words,
            spans,
            cuts,
            parts,
        };
        // Where whitespace begins that is a token, if any is left before the next chunk.
        let mut space = 0;
        let (mut place, mut free) = (0, 0);
        loop {
            let to = walk.known_to(place, free);
            taker.known(&walk.within(place..to), &mut space);
            place = to;
            if place == words.len() {
                break;
            }
            let (to, alone) = walk.together(place);
            if alone {
                free = to;
                continue;
            }
            let start = spans[place].0 as usize;
            if space < start {
                taker.token(Token::space(space, start));
            }
            for &(start, end) in &spans[place..to] {
                let (start, end) = (start as usize, end as usize);
                spacy.run(bytes, (start, end), |token| taker.token(token));
                space = walk.behind(end);
            }
            spacy.finish(|token| taker.token(token));
            place = to;
        }
        if space < bytes.len() {
            taker.token(Token::space(space, bytes.len()));
        }
        self.facts.words = taker.words;
        self.facts.sentences = taker.ends + u64::from(!text.is_empty());
        if numbered {
            vocabulary.count(&self.words, &mut self.counts);
            self.measure_words(vocabulary);
            let listed = STOP_WORDS.iter();
            let found = listed.filter(|word| self.has_word(vocabulary, word));
            self.facts.stop_words = found.count() as u64;
        }
        if needs.any_datatrove_top() {
            self.find_top(needs);
        }
        if duplicates {
            let wanted = |n| needs.contains(Needs::datatrove_duplicate_grams(n));
            self.facts.duplicate = self.joined.measure(wanted);
        }
    }

    /// Cuts each distinct chunk where it stands first, and numbers its tokens.
    fn cut_chunks(
        &mut self,
        bytes: &[u8],
        words: &[u32],
        spans: &[(u32, u32)],
        vocabulary: &mut Vocabulary,
        numbered: bool,
    ) {
        let Self {
            spacy, cuts, parts, ..
        } = self;
        let sentencizer = Sentencizer::of(bytes);
        cuts.clear();
        parts.clear();
        for (&chunk, &(start, end)) in words.iter().zip(spans) {
            if chunk as usize != cuts.len() {
                continue;
            }
            let (start, end) = (start as usize, end as usize);
            let begin = parts.len();
            if end - start > LONGEST_CHUNK {
                cuts.push(Cut {
                    begin: begin as u32,
                    len: 0,
                    marks: cut::LONG | cut::GOES_ON,
                });
                continue;
            }
            let key = vocabulary.words()[chunk as usize].key;
            let letters = key.leading_letters();
            if letters == key.len()
                && let Some(open) = spacy.cut_letters(key)
            {
                cuts.push(Cut::of(open, begin, 0, 0));
                continue;
            }
            if letters > 0
                && letters + 1 == key.len()
                && let Some(open) = spacy.cut_mark(bytes, end - 1, key)
            {
                // A word and a mark, the other shape that is common.
                let mark = Token::word(end - 1, end);
                let (stem, role) = (key.up_to(letters), sentencizer.role(mark));
                let mut number = |key| {
                    if numbered {
                        vocabulary.insert_short(key, 0)
                    } else {
                        0
                    }
                };
                parts.push(Part {
                    number: number(stem),
                    len: letters as u8,
                    role: Role::Word,
                });
                parts.push(Part {
                    number: number(Key::of_byte(bytes[end - 1])),
                    len: 1,
                    role,
                });
                let ends = if role == Role::Mark { cut::ENDS } else { 0 };
                cuts.push(Cut::of(open, begin, 2, ends));
                continue;
            }
            let mut ends = 0;
            let open = spacy.cut(bytes, (start, end), key.may_have_digits(), |token| {
                let number = match () {
                    () if !numbered => 0,
                    () if token.end - token.start == end - start => chunk,
                    () => vocabulary.insert(bytes, (token.start, token.end), 0),
                };
                let role = sentencizer.role(token);
                if role == Role::Mark {
                    ends = cut::ENDS;
                }
                parts.push(Part {
                    number,
                    len: (token.end - token.start) as u8,
                    role,
                });
            });
            cuts.push(Cut::of(open, begin, parts.len() - begin, ends));
        }
    }

    /// What is known of words by what they are, once for each distinct one.
    fn measure_words(&mut self, vocabulary: &Vocabulary) {
        self.chars.clear();
        self.chars.resize(vocabulary.words().len(), 0);
        let (chunks, others) = vocabulary.words().split_at(self.cuts.len());
        let (chunk_counts, counts) = self.counts.split_at(self.cuts.len());
        let (chunk_chars, chars) = self.chars.split_at_mut(self.cuts.len());
        let mut sums = Sums::default();
        let chunks = chunks.iter().zip(&self.cuts).zip(chunk_counts);
        for (((word, cut), &count), own) in chunks.zip(chunk_chars) {
            *own = if cut.len == 0 && cut.marks & cut::LONG == 0 {
                // Letters.
                sums.letters(word.key, count)
            } else {
                sums.word(vocabulary, word.key, count)
            };
        }
        for ((word, &count), own) in others.iter().zip(counts).zip(chars) {
            *own = if word.key.is_letters() {
                sums.letters(word.key, count)
            } else {
                sums.word(vocabulary, word.key, count)
            };
        }
        self.facts.alpha_words = sums.alpha_words;
        self.facts.non_symbol_words = sums.non_symbol_words;
        self.facts.non_symbol_chars = sums.non_symbol_chars;
    }

    /// Whether a word occurs, by the vocabulary that words were numbered in.
    pub(crate) fn has_word(&self, vocabulary: &Vocabulary, word: &str) -> bool {
        let number = vocabulary.find(word.as_bytes());
        let count = number.and_then(|number| self.counts.get(number as usize));
        count.is_some_and(|&count| count > 0)
    }

    fn find_top(&mut self, needs: Needs) {
        let wanted = |n: usize| n <= 4 && needs.contains(Needs::datatrove_top_gram(n));
        let facts = GramFacts::of(
            &mut self.grams,
            &self.words,
            |word| self.counts[word as usize] > 1,
            |word| self.chars[word as usize],
            wanted,
            Ties::First,
        );
        for (n, top) in (2..).zip(&mut self.facts.top) {
            let spaces = n as u64 - 1;
            *top = match facts.top[n - 2] {
                Some(gram) => Some((gram.chars + spaces) * gram.count),
                // None occurs twice: the first one counts.
                None => self.words.get(..n).map(|gram| {
                    let chars = gram.iter().map(|&word| self.chars[word as usize]);
                    chars.sum::<u64>() + spaces
                }),
            };
        }
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        self.spacy.memory()
            + self.sentences.memory()
            + 4 * (self.words.capacity() + self.counts.capacity())
            + size_of::<Cut>() * self.cuts.capacity()
            + size_of::<Part>() * self.parts.capacity()
            + 8 * self.chars.capacity()
            + self.grams.memory()
            + self.joined.memory()
            + self.lines.memory()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
    use proptest::prop_oneof;
    use proptest::sample::select;

    use super::DatatroveView;
    use crate::c4;
    use crate::document::Needs;
    use crate::view::spaced::Spaced;
    use crate::view::with_bytes;
    use crate::words::spacy_en::SpacyEn;

    fn text() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            " ",
            "  ",
            "\n",
            " \u{a0}",
            "\u{85}",
            "\0",
            "\u{301}",
            " \u{200d}",
            "\n\u{ff9e}",
            " \u{ad}can",
            "the cat",
            "can",
            "not",
            "n't ",
            "I'm ",
            "Mr. Wu",
            "e.g. ",
            "8a.m.",
            "he ",
            "it's ",
            "that",
            "'d ",
            "'ve ",
            "ma'am ",
            "Mr ",
            ": ",
            "(",
            ") ",
            "_",
            "3 ",
            "p.m. ",
            "...",
            ". ",
            "? (",
            "\"!",
            "-",
            "/",
            "https://a.example/b?c=d ",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,yes",
            "12.5km",
            "’s ",
            ":) ",
            "é",
        ]);
        let piece = prop_oneof![12 => pieces.prop_map(String::from), 1 => any::<char>().prop_map(String::from)];
        proptest::collection::vec(piece, 0..50).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn chunks_that_come_again_have_the_same_tokens(text in text()) {
            let (mut spaced, mut view) = (Spaced::default(), DatatroveView::default());
            let needs = Needs::DATATROVE_VOCABULARY
                | Needs::DATATROVE_SENTENCES
                | Needs::C4_SENTENCES
                | Needs::CHUNKS;
            spaced.look(&text, needs, &c4::Lines::default());
            view.look(spaced.chunks(&text), needs, &c4::Lines::default(), None);
            let known = spaced.vocabulary();
            let word = |&number: &u32| {
                let key = known.words()[number as usize].key;
                with_bytes(known, key, |word| String::from_utf8_lossy(word).into_owned())
            };
            let words: Vec<_> = view.words.iter().map(word).collect();
            let mut expected = Vec::new();
            SpacyEn::new().words(&text, |word| expected.push(word.to_string()));
            prop_assert_eq!(view.facts.words, expected.len() as u64);
            prop_assert_eq!(words, expected);
            let mut sentences = Vec::new();
            SpacyEn::new().sentences(&text, |sentence| sentences.push(sentence));
            prop_assert_eq!(view.facts.sentences, sentences.len() as u64);
            let ranges = view.sentences.ranges(text.len());
            prop_assert_eq!(ranges.map(|range| &text[range]).collect::<Vec<_>>(), sentences);
        }
    }
}
