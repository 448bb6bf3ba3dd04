//! Sentences much like those of NLTK's Punkt model for English, by rules that fit on a page.
//!
//! Punkt looks at words that whitespace separates. One that ends with `.`, `!` or `?`, closing quotation marks and
//! brackets aside, may end a sentence; here it does unless the last mark is a single full stop and
//!
//! * the word is a listed abbreviation (`mr`, `u.s`) or ends with `..`, unless the next word is one that often begins sentences
//!   (`The`, `However`);
//! * the word is a number, and the next word begins with a small letter or a mark;
//! * the word is a single letter. Those that are abbreviations themselves never end a sentence, the others do before a word that often
//!   begins sentences and before what is no letter.
//!
//! Known gaps. Punkt's model holds statistics that this has not: which words begin sentences often, which are seen in which
//! case, collocations, which it keeps together; here lists of the common ones stand for them. Punkt also ends a sentence inside of a
//! word, behind a mark that a closing or opening mark follows (`etc.), and`), and cuts a row of marks at the end of a text.

use memchr::memchr3_iter;

use super::is_space;

/// What stands before a full stop that ends no sentence, without it and in lower case, sorted: titles, months, days, states, firms,
/// as far as Punkt has met them in the newspaper that it learnt from (`etc` and `e.g` it has not).
const ABBREVIATIONS: [&str; 86] = [
    "a.m", "adm", "ariz", "aug", "ave", "bros", "c.v", "calif", "co", "col", "colo", "conn",
    "corp", "cos", "ct", "d.c", "dec", "dr", "feb", "fla", "fri", "ft", "ga", "gen", "ill", "inc",
    "jan", "jr", "kan", "ky", "l.a", "lt", "ltd", "m.b.a", "maj", "messrs", "mg", "mich", "minn",
    "mr", "mrs", "ms", "n.c", "n.d", "n.h", "n.j", "n.m", "n.v", "n.y", "nev", "nov", "oct", "ok",
    "okla", "ore", "p.m", "pa", "ph.d", "prof", "r.i", "rep", "reps", "s.a", "s.c", "s.p.a", "sen",
    "sep", "sept", "sr", "st", "tenn", "tues", "u.k", "u.n", "u.s", "u.s.a", "u.s.s.r", "v", "va",
    "vs", "vt", "w.va", "wash", "wed", "wis", "yr",
];

/// Words that often begin sentences and seldom stand inside of one with a capital, in lower case, sorted.
const STARTERS: [&str; 94] = [
    "although",
    "always",
    "anyone",
    "besides",
    "between",
    "beyond",
    "both",
    "but",
    "consider",
    "despite",
    "does",
    "eight",
    "even",
    "eventually",
    "finally",
    "furthermore",
    "given",
    "he",
    "hence",
    "her",
    "here",
    "historically",
    "however",
    "i",
    "if",
    "in",
    "including",
    "indeed",
    "initially",
    "instead",
    "it",
    "likewise",
    "many",
    "meanwhile",
    "moreover",
    "most",
    "nevertheless",
    "nor",
    "nothing",
    "occasionally",
    "originally",
    "overall",
    "please",
    "possibly",
    "previously",
    "recently",
    "regardless",
    "right",
    "separately",
    "seven",
    "similarly",
    "since",
    "so",
    "some",
    "sometimes",
    "soon",
    "still",
    "subsequently",
    "such",
    "surely",
    "ten",
    "the",
    "there",
    "therefore",
    "these",
    "they",
    "think",
    "this",
    "though",
    "through",
    "thus",
    "together",
    "tomorrow",
    "try",
    "typically",
    "ultimately",
    "under",
    "unfortunately",
    "unlike",
    "upon",
    "us",
    "very",
    "were",
    "when",
    "whenever",
    "wherever",
    "whether",
    "while",
    "within",
    "without",
    "yes",
    "yesterday",
    "yet",
    "your",
];

/// Letters that Punkt takes for abbreviations.
const LETTERS: &str = "cdefghklmnprstvw";

/// No listed word has more bytes.
const LONGEST: usize = 13;

/// Marks that may close a sentence behind its end.
const CLOSING: [char; 9] = ['"', '\'', '”', '’', '»', ')', ']', '}', '*'];

/// Marks that may open a sentence before its first word.
const OPENING: [char; 8] = ['"', '\'', '“', '‘', '«', '(', '[', '{'];

/// Hands out the sentences of a text in order, without the whitespace around them; an empty text has none.
pub fn sentences<'t>(text: &'t str, mut emit: impl FnMut(&'t str)) {
    let mut words = super::splitters::whitespace(text).peekable();
    let at = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let mut start = None;
    while let Some(word) = words.next() {
        let first = *start.get_or_insert(at(word));
        if words.peek().is_none_or(|next| ends(word, next)) {
            emit(&text[first..at(word) + word.len()]);
            start = None;
        }
    }
}

/// How many sentences a text has: only the words that end with a mark are looked at.
pub(crate) fn count(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut ends_before_the_last = 0;
    for mark in memchr3_iter(b'.', b'!', b'?', bytes) {
        let behind = text[mark + 1..].trim_start_matches(CLOSING);
        let next = behind.trim_start_matches(is_space);
        if next.is_empty() {
            // The last word.
            break;
        }
        if next.len() == behind.len() {
            // Inside of a word.
            continue;
        }
        let word = &text[..text.len() - behind.len()];
        let start = match bytes[mark] {
            b'.' => word[..mark].trim_end_matches(|c| !is_space(c)).len(),
            // Any other mark ends a sentence whatever is before it.
            _ => mark,
        };
        ends_before_the_last += u64::from(ends(&word[start..], next));
    }
    let blank = text.chars().all(is_space);
    ends_before_the_last + u64::from(!blank)
}

/// Whether a word ends a sentence, by what it is and by the next one, of which it is enough to see the beginning.
fn ends(word: &str, next: &str) -> bool {
    let bare = word.trim_end_matches(CLOSING);
    if bare.ends_with(['!', '?']) {
        return true;
    }
    let Some(stem) = bare.strip_suffix('.') else {
        return false;
    };
    let closed = bare.len() < word.len();
    let stem = stem.trim_start_matches(OPENING);
    let starts = || !closed && is_starter(next);
    if stem.ends_with('.') {
        return starts();
    }
    let mut chars = stem.chars();
    if let (Some(letter), None) = (chars.next(), chars.next())
        && letter.is_alphabetic()
    {
        return !LETTERS.contains(letter.to_ascii_lowercase())
            && (closed || is_starter(next) || !next.starts_with(char::is_alphabetic));
    }
    if is_number(stem) {
        let goes_on = |c: char| c.is_lowercase() || matches!(c, ';' | ':' | ',' | '.' | '!' | '?');
        return closed || !next.starts_with(goes_on);
    }
    let last = stem.rfind('-').map_or(stem, |at| &stem[at + 1..]);
    !(is_listed(&ABBREVIATIONS, stem) || is_listed(&ABBREVIATIONS, last)) || starts()
}

/// Whether a text begins with one of the words that often begin sentences.
fn is_starter(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_alphabetic());
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    word.starts_with(char::is_uppercase)
        && !rest.starts_with(char::is_numeric)
        && is_listed(&STARTERS, word)
}

fn is_number(stem: &str) -> bool {
    let digits = stem.strip_prefix('-').unwrap_or(stem);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | '-'))
}

fn is_listed(sorted: &[&str], word: &str) -> bool {
    let lower = |word: &str| {
        word.bytes()
            .map(|b| b.to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    word.len() <= LONGEST && {
        let word = lower(word);
        sorted
            .binary_search_by(|listed| listed.as_bytes().cmp(&word))
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert_eq, proptest};
    use proptest::sample::select;

    use super::{ABBREVIATIONS, LONGEST, STARTERS, count, sentences};

    fn list(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        sentences(text, |sentence| found.push(sentence));
        found
    }

    #[test]
    fn abbreviations_initials_and_numbers_go_on() {
        assert_eq!(
            list(
                " Mr. J. Doe paid 3.50 in 1999. He left... and came back! “Why?” (Nobody knows.)\nEnd"
            ),
            [
                "Mr. J. Doe paid 3.50 in 1999.",
                "He left... and came back!",
                "“Why?”",
                "(Nobody knows.)",
                "End"
            ]
        );
        assert_eq!(
            list("In the U.S. it rains. In the U.S. It"),
            ["In the U.S. it rains.", "In the U.S.", "It"]
        );
        assert_eq!(
            list("The U.S. Mr. Doe met p. 3 of it. in 10. the no. 5. The etc. and"),
            [
                "The U.S. Mr. Doe met p. 3 of it.",
                "in 10. the no.",
                "5.",
                "The etc.",
                "and"
            ]
        );
        assert_eq!(
            list("So B. Doe... Mr. A. The mid-Jan. sun (of Mr.) But A. 5"),
            [
                "So B. Doe... Mr. A.",
                "The mid-Jan. sun (of Mr.) But A.",
                "5"
            ]
        );
        assert!(list(" \n").is_empty());
    }

    #[test]
    fn lists_are_sorted() {
        for list in [&ABBREVIATIONS[..], &STARTERS] {
            assert!(list.is_sorted() && list.iter().all(|word| word.len() <= LONGEST));
        }
    }

    fn text() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            ".", "!", "?", "...", " ", "\n", "\u{a0}", "\u{3000}", "\u{1c}", ")", "”", "'", "(",
            "“", "Mr", "u.s", "The", "A", "b", "É", "é", "no", "ab", "3", "3.5", "Word", "中",
        ]);
        proptest::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn counts_what_is_handed_out(text in text()) {
            prop_assert_eq!(count(&text), list(&text).len() as u64, "{:?}", text);
        }
    }
}
