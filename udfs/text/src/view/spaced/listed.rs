//! What C4's rules, as Dolma has them, look for among the words: bad words and phrases, `javascript`, lorem
//! ipsum.
//!
//! Each distinct word is looked at once, most of them by four letters at either end only. A phrase is known by its
//! first or its last word, whichever is longer: a word that ends like the first or begins like the last one is found
//! where it stands, and only beside the right neighbour is the text searched.

use std::sync::LazyLock;

use memchr::memmem;

use crate::c4;
use crate::lists::{LanguageLists, Lists};
use crate::view::vocabulary::Vocabulary;
use crate::view::with_bytes;
use crate::view::word::{HIGH, Key};

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// A bad word as a word in lower case, or a bad phrase anywhere in the text in lower case.
    pub(crate) bad: bool,
    /// A word `javascript` in lower case.
    pub(crate) javascript: bool,
    /// `javascript` anywhere in the text in lower case.
    pub(crate) javascript_inside: bool,
    /// `lorem ipsum` anywhere in the text in lower case.
    pub(crate) lorem_ipsum: bool,
}

static PHRASES: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::new(include_str!("../../../data/bad_words/en.txt").lines()));

/// The list, made to be looked for.
struct Phrases {
    phrases: Vec<Phrase>,
    /// How bad words begin, and last words of phrases that are known by them.
    begins: Ends,
    /// How last words of phrases begin that are known by them.
    lasts: Ends,
    /// How first words of phrases end that are known by them.
    ends: Ends,
    /// Phrases by the letter that their last word begins with, and by the one that their first word ends with.
    by_last: [Vec<usize>; LETTERS],
    by_first: [Vec<usize>; LETTERS],
}

struct Phrase {
    whole: &'static str,
    /// The word that it is known by.
    known: &'static [u8],
    /// The word beside that one, and whether it is a whole word.
    beside: &'static [u8],
    beside_whole: bool,
    /// Whether it is known by its last word.
    by_last: bool,
}

/// What five bits tell of a letter, in either case.
const LETTERS: usize = 1 << 5;

fn letter(byte: u8) -> usize {
    usize::from(byte) % LETTERS
}

/// Which four bytes an end of a word may have, letters in either case. Others that the same bit stands for seem to be
/// there as well.
struct Ends([u64; Self::PLACES / 64]);

impl Ends {
    const PLACES: usize = 1 << 15;
    const NONE: Self = Self([0; Self::PLACES / 64]);

    #[inline(always)]
    fn place(bytes: u32) -> usize {
        // Letters of either case have the same five bits. Spreads them over the upper 15.
        ((bytes & 0x1F1F_1F1F).wrapping_mul(0x9E37_79B1) >> 17) as usize
    }

    #[inline(always)]
    fn may_have(&self, bytes: u32) -> bool {
        let place = Self::place(bytes);
        self.0[place / 64] >> (place % 64) & 1 != 0
    }

    fn add(&mut self, bytes: [u8; 4]) {
        let place = Self::place(u32::from_le_bytes(bytes));
        self.0[place / 64] |= 1 << (place % 64);
    }

    /// Adds words that are no longer than what is added.
    fn add_word(&mut self, word: &[u8]) {
        let mut begin = [0; 4];
        let len = word.len().min(4);
        begin[..len].copy_from_slice(&word[..len]);
        self.add(begin);
    }

    /// Adds all words that begin so.
    fn add_begin(&mut self, word: &[u8]) {
        match *word {
            [a, b, c, d, ..] => self.add([a, b, c, d]),
            [a, b, c] => (0..32).for_each(|d| self.add([a, b, c, d])),
            // No phrase is known by so little.
            _ => self.0.fill(u64::MAX),
        }
    }

    /// Adds all words that end so.
    fn add_end(&mut self, word: &[u8]) {
        match *word {
            [.., a, b, c, d] => self.add([a, b, c, d]),
            [b, c, d] => (0..32).for_each(|a| self.add([a, b, c, d])),
            _ => self.0.fill(u64::MAX),
        }
    }
}

impl Phrases {
    fn new(list: impl Iterator<Item = &'static str>) -> Self {
        let mut all = Self {
            phrases: Vec::new(),
            begins: Ends::NONE,
            lasts: Ends::NONE,
            ends: Ends::NONE,
            by_last: [const { Vec::new() }; LETTERS],
            by_first: [const { Vec::new() }; LETTERS],
        };
        for entry in list {
            let words: Vec<&[u8]> = entry.split(' ').map(str::as_bytes).collect();
            let ([first, second, ..], [.., before, last]) = (&words[..], &words[..]) else {
                all.begins.add_word(entry.as_bytes());
                continue;
            };
            let number = all.phrases.len();
            let by_last = last.len() >= first.len();
            if by_last {
                all.begins.add_begin(last);
                all.lasts.add_begin(last);
                all.by_last[letter(last[0])].push(number);
            } else {
                all.ends.add_end(first);
                all.by_first[letter(first[first.len() - 1])].push(number);
            }
            all.phrases.push(Phrase {
                whole: entry,
                known: if by_last { last } else { first },
                beside: if by_last { before } else { second },
                beside_whole: words.len() > 2,
                by_last,
            });
        }
        all
    }
}

impl Phrases {
    /// Hands out the numbers of the phrases that are known by a word in small letters.
    fn known_by(&self, lower: &[u8], mut emit: impl FnMut(usize)) {
        if let (Some(&first), Some(&last)) = (lower.first(), lower.last()) {
            let near = self.by_last[letter(first)].iter();
            for &phrase in near.chain(&self.by_first[letter(last)]) {
                if self.phrases[phrase].is_known_by(lower) {
                    emit(phrase);
                }
            }
        }
    }
}

impl Phrase {
    /// Whether a word in small letters has the part of it that it is known by.
    fn is_known_by(&self, lower: &[u8]) -> bool {
        if self.by_last {
            lower.starts_with(self.known)
        } else {
            lower.ends_with(self.known)
        }
    }

    /// Whether it may be where a word beside the known one is, in any case.
    fn goes_on(&self, beside: &[u8]) -> bool {
        let len = self.beside.len();
        let part = match (self.beside_whole, self.by_last) {
            (true, _) => (beside.len() == len).then_some(beside),
            (false, true) => beside.len().checked_sub(len).map(|at| &beside[at..]),
            (false, false) => beside.get(..len),
        };
        part.is_some_and(|part| part.eq_ignore_ascii_case(self.beside))
    }
}

/// A word that a phrase may be known by: the number of the word, the number of the phrase.
type Candidate = (u32, usize);

impl Listed {
    /// Looks at all words of a text: `words` are their numbers, `lines` tell what C4's rules found.
    pub(super) fn measure(
        &mut self,
        text: &str,
        lines: &c4::Lines,
        words: &[u32],
        vocabulary: &Vocabulary,
    ) {
        let says = lines.says();
        self.lorem_ipsum = says.filler;
        self.javascript_inside = says.script;
        if says.script {
            let javascript = Key::of(b"javascript");
            let mut distinct = vocabulary.words().iter();
            self.javascript = distinct.any(|word| Some(word.key.lowercase()) == javascript);
        }
        let phrases = &*PHRASES;
        let list = Lists::builtin().language("en").map(|list| &list.words);
        let mut candidates = Vec::new();
        let mut lower = Vec::new();
        // Whether there are letters of which only the small ones are ASCII.
        let mut special = false;
        for (id, word) in (0..).zip(vocabulary.words()) {
            let key = word.key;
            let odd = (key.low | key.high) & HIGH != 0 && with_bytes(vocabulary, key, is_special);
            special |= odd;
            let (begin, end) = ends_of(key, vocabulary);
            if !odd && !phrases.begins.may_have(begin) && !phrases.ends.may_have(end) {
                continue;
            }
            let known = if !odd && key.long_index().is_none() {
                list.map(|list| list.short(key.lowercase()))
            } else {
                with_bytes(vocabulary, key, |word| lowercase(word, &mut lower));
                list.map(|list| list.get(&lower))
            };
            self.bad = known.is_some_and(|lists| lists & LanguageLists::BAD != 0);
            if self.bad {
                return;
            }
            if odd || phrases.lasts.may_have(begin) || phrases.ends.may_have(end) {
                with_bytes(vocabulary, key, |word| lowercase(word, &mut lower));
                phrases.known_by(&lower, |phrase| candidates.push((id, phrase)));
            }
        }
        if candidates.is_empty() {
            return;
        }
        if !special {
            candidates = standing(phrases, &candidates, words, vocabulary);
        }
        if !candidates.is_empty() {
            self.bad = has_any(text, phrases, &mut candidates);
        }
    }
}

/// How a word begins and ends, four bytes each.
#[inline(always)]
fn ends_of(key: Key, vocabulary: &Vocabulary) -> (u32, u32) {
    match key.long_index() {
        None => {
            let all = u128::from(key.low) | u128::from(key.high) << 64;
            // Of three bytes, what is before them is zero; nothing is known by less.
            let end = all << 8 >> (8 * key.len().saturating_sub(3));
            (key.low as u32, end as u32)
        }
        Some(index) => {
            let word = vocabulary.long_word(index);
            let four =
                |bytes: Option<&[u8; 4]>| u32::from_le_bytes(bytes.copied().unwrap_or_default());
            (four(word.first_chunk()), four(word.last_chunk()))
        }
    }
}

/// The candidates that somewhere stand beside a word with which the phrase goes on.
fn standing(
    phrases: &Phrases,
    candidates: &[Candidate],
    words: &[u32],
    vocabulary: &Vocabulary,
) -> Vec<Candidate> {
    let mut known = vec![false; vocabulary.words().len()];
    for &(id, _) in candidates {
        known[id as usize] = true;
    }
    let word = |place: usize| {
        words
            .get(place)
            .map(|&word| vocabulary.words()[word as usize])
    };
    let mut found = Vec::new();
    // Numbers ascend in the order in which candidates were found.
    for place in (0..words.len()).filter(|&place| known[words[place] as usize]) {
        let from = candidates.partition_point(|&(id, _)| id < words[place]);
        let same = candidates[from..].iter();
        for &(id, number) in same.take_while(|candidate| candidate.0 == words[place]) {
            let phrase = &phrases.phrases[number];
            let beside = word(if phrase.by_last {
                place.wrapping_sub(1)
            } else {
                place + 1
            });
            // There are not many phrases.
            if found.iter().any(|&(_, known)| known == number) {
                continue;
            }
            let stands = beside.is_some_and(|beside| {
                with_bytes(vocabulary, beside.key, |word| phrase.goes_on(word))
            });
            if stands {
                found.push((id, number));
            }
        }
    }
    found
}

/// Whether the text has one of the phrases.
#[cold]
#[inline(never)]
fn has_any(text: &str, phrases: &Phrases, candidates: &mut Vec<Candidate>) -> bool {
    let lower = lowercase_text(text);
    candidates.sort_unstable_by_key(|&(_, phrase)| phrase);
    candidates.dedup_by_key(|&mut (_, phrase)| phrase);
    let mut wholes = candidates
        .iter()
        .map(|&(_, phrase)| phrases.phrases[phrase].whole);
    wholes.any(|whole| memmem::find(lower.as_bytes(), whole.as_bytes()).is_some())
}

const KELVIN: char = '\u{212A}';
const DOTTED: char = '\u{130}';

/// Whether a word has one of these letters.
fn is_special(word: &[u8]) -> bool {
    let mut places = 0..word.len();
    !word.is_ascii()
        && places.any(|at| matches!(word[at..], [0xE2, 0x84, 0xAA, ..] | [0xC4, 0xB0, ..]))
}

/// Lowercases as far as ASCII can come of it: besides ASCII, of the Kelvin sign and of an I with a dot. Other
/// characters stay: in lower case they are not ASCII either.
fn lowercase_text(text: &str) -> String {
    let mut lower = text.to_ascii_lowercase();
    if !lower.is_ascii() {
        for (capital, small) in [(KELVIN, "k"), (DOTTED, "i\u{307}")] {
            if lower.contains(capital) {
                lower = lower.replace(capital, small);
            }
        }
    }
    lower
}

/// The same of a word.
fn lowercase(word: &[u8], lower: &mut Vec<u8>) {
    lower.clear();
    if !word.is_ascii()
        && let Ok(word) = std::str::from_utf8(word)
        && word.contains([KELVIN, DOTTED])
    {
        lower.extend_from_slice(lowercase_text(word).as_bytes());
        return;
    }
    lower.extend_from_slice(word);
    lower.make_ascii_lowercase();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert_eq, proptest};
    use proptest::sample::select;

    use super::{PHRASES, lowercase, lowercase_text};
    use crate::c4;
    use crate::document::Needs;
    use crate::view::spaced::Spaced;

    /// The definition.
    fn is_bad(text: &str) -> bool {
        let lower = lowercase_text(text);
        let mut list = include_str!("../../../data/bad_words/en.txt").lines();
        list.any(|entry| match entry.contains(' ') {
            true => lower.contains(entry),
            false => crate::words::splitters::whitespace(&lower).any(|word| word == entry),
        })
    }

    fn text() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            " ",
            " ",
            " ",
            "\n",
            "\u{a0}",
            "tied",
            "up",
            "UP",
            "strap",
            "on",
            "girl",
            "Girl",
            "top",
            "gone",
            "tongue",
            "in",
            "a",
            "taste",
            "my",
            "x",
            "™",
            "é",
            "\u{212A}",
            "\u{130}",
            "stri\u{130}p",
            "group ",
            "sexual",
            "sex",
            "ink\u{212A}",
            "kin\u{212A}y",
            "strap on",
            " girl on ",
            "a strap oncemore",
        ]);
        proptest::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn finds_bad_words_and_phrases(text in text()) {
            let mut spaced = Spaced::default();
            spaced.look(&text, Needs::SPACED_LISTED, &c4::Lines::default());
            prop_assert_eq!(spaced.listed.bad, is_bad(&text), "{:?}", text);
        }
    }

    #[test]
    fn no_phrase_is_known_by_a_letter_or_two() {
        let known = || PHRASES.phrases.iter().map(|phrase| phrase.known.len());
        assert_eq!(known().count(), 124);
        assert!(known().all(|len| len > 2));
        assert!(PHRASES.begins.0.contains(&0) && PHRASES.ends.0.contains(&0));
    }

    #[test]
    fn lowercases_as_python_does() {
        let mut lower = Vec::new();
        lowercase("\u{212A}ILL \u{130}T Ä".as_bytes(), &mut lower);
        assert_eq!(String::from_utf8_lossy(&lower), "kill i\u{307}t Ä");
        assert!(
            super::is_special("a\u{212A}".as_bytes()) && super::is_special("a\u{130}b".as_bytes())
        );
        assert!(!super::is_special("™ć".as_bytes()));
        assert_eq!(lowercase_text("\u{212A}ILL \u{130}T Ä"), "kill i\u{307}t Ä");
    }
}
