//! Sentences much like those of NLTK's Punkt model for English, by rules that fit on a page.
//!
//! Punkt looks at words that whitespace separates. One that ends with `.`, `!` or `?`, closing quotation marks and
//! brackets aside, may end a sentence; here it does unless the last mark is a single full stop and
//!
//! * the word is a listed abbreviation or a single letter, or
//! * the word is an abbreviation with full stops inside (`u.s.`) or a number, and the next word does not begin with
//!   a capital, or
//! * the next word begins with a small letter, as it does too behind `...`.
//!
//! Known gaps. Punkt's model holds statistics that this has not: which words begin sentences often, so that it ends
//! one behind an abbreviation; which words are seen in which case; collocations, which it keeps together. Its
//! abbreviations are learnt, not listed. The end of a word that is followed by no whitespace is no candidate to either.

use memchr::memchr3_iter;

use super::is_space;

/// Words before a full stop that end no sentence, without it and in lower case, sorted.
const ABBREVIATIONS: [&str; 62] = [
    "adm", "apr", "aug", "ave", "bros", "capt", "cf", "cmdr", "co", "col", "corp", "dec", "dept",
    "dr", "ed", "eds", "est", "etc", "feb", "fig", "figs", "fri", "ft", "gen", "gov", "hon", "inc",
    "jan", "jr", "jul", "jun", "lt", "ltd", "maj", "mar", "messrs", "mon", "mr", "mrs", "ms", "mt",
    "no", "nos", "nov", "oct", "op", "pp", "prof", "rep", "rev", "sat", "sen", "sep", "sept",
    "sgt", "sr", "st", "sun", "thu", "tue", "vol", "vs",
];

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
    let begin = next.trim_start_matches(OPENING).chars().next();
    if begin.is_some_and(char::is_lowercase) {
        return false;
    }
    let stem = stem.trim_start_matches(OPENING);
    if stem.ends_with('.') {
        return true;
    }
    let mut letters = stem.chars();
    if letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none() {
        return false;
    }
    let capital = begin.is_some_and(char::is_uppercase);
    if stem.contains('.') || stem.starts_with(|c: char| c.is_ascii_digit()) {
        return capital;
    }
    let mut abbreviations = ABBREVIATIONS.iter();
    !abbreviations.any(|abbreviation| abbreviation.eq_ignore_ascii_case(stem))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert_eq, proptest};
    use proptest::sample::select;

    use super::{ABBREVIATIONS, count, sentences};

    fn list(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        sentences(text, |sentence| found.push(sentence));
        found
    }

    #[test]
    fn abbreviations_initials_and_small_letters_go_on() {
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
        assert!(list(" \n").is_empty());
    }

    #[test]
    fn abbreviations_are_sorted() {
        assert!(ABBREVIATIONS.is_sorted());
    }

    fn text() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            ".", "!", "?", "...", " ", "\n", "\u{a0}", "\u{3000}", "\u{1c}", ")", "”", "'", "(",
            "“", "Mr", "u.s", "A", "b", "É", "é", "no", "ab", "3", "3.5", "Word", "中",
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
