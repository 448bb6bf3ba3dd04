//! Sentences much like those of NLTK's Punkt model for English, by rules that fit on a page.
//!
//! Punkt looks at words that whitespace separates. One that ends with `.`, `!` or `?`, closing quotation marks and
//! brackets aside, may end a sentence; here it does unless the last mark is a full stop and
//!
//! * the word is a listed abbreviation (`mr`, `u.s`) or ends with `..`, unless the next word is one that often begins sentences
//!   (`The`, `However`);
//! * the word is a number, and the next word begins with a small letter or a mark;
//! * the word is a single letter. Those that are abbreviations themselves never end a sentence, the others do before a word that often
//!   begins sentences and before what is no letter.
//!
//! A mark inside of a word that a closing or opening mark follows ends a sentence like one at its end (`a."b`), and of several `!` or
//! `?` at the end of a text the last is a sentence of its own, all of them behind whitespace, as Punkt has it.
//!
//! Known gaps. Punkt's model holds statistics that this has not: which words begin sentences often, which are seen in which
//! case, collocations, which it keeps together; here lists of the common ones stand for them. It has more abbreviations, most of them
//! initials of persons, and cuts rows of marks in some other ways.

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

/// Marks that part words.
const PARTING: [char; 11] = [')', '"', ';', '}', ']', '*', ':', '@', '(', '{', '['];

/// Bytes in front of a mark that are looked at.
const LOOK_BACK: usize = 32;

/// Hands out the sentences of a text in order, without the whitespace around them; an empty text has none.
pub fn sentences<'t>(text: &'t str, mut emit: impl FnMut(&'t str)) {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return;
    }
    let mut start = 0;
    borders(text, |end, next| {
        emit(&text[start..end]);
        start = next;
    });
    emit(&text[start..]);
}

/// How many sentences a text has.
pub(crate) fn count(text: &str) -> u64 {
    let text = text.trim_matches(is_space);
    let mut count = u64::from(!text.is_empty());
    borders(text, |_, _| count += 1);
    count
}

/// Where sentences end and the next ones begin, in a text without whitespace at its ends.
fn borders(text: &str, mut at: impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for mark in memchr3_iter(b'.', b'!', b'?', bytes) {
        if mark < done {
            continue;
        }
        let after = &text[mark + 1..];
        let behind = after.trim_start_matches(CLOSING);
        if behind.is_empty() {
            break;
        }
        let end = text.len() - behind.len();
        if behind.starts_with(is_space) {
            let next = behind.trim_start_matches(is_space);
            if ends(text, mark, end > mark + 1, next) {
                at(end, text.len() - next.len());
            }
            done = end;
        } else if (after.starts_with(PARTING) || after.starts_with('\''))
            && ends(text, mark, false, after)
        {
            at(mark + 1, mark + 1);
        }
    }
    let rest = text.trim_end_matches(['!', '?']);
    let row = rest.len()..text.len();
    if row.len() > 1 {
        let apart = rest.is_empty() || rest.ends_with(is_space);
        let first = if apart { row.start + 1 } else { row.end - 1 };
        (first..row.end).for_each(|border| at(border, border));
    }
}

/// Whether a mark ends a sentence, by what is before it, whether it is followed by closing marks, and by what is next, of which it
/// is enough to see the beginning.
fn ends(text: &str, mark: usize, closed: bool, next: &str) -> bool {
    if text.as_bytes()[mark] != b'.' {
        return true;
    }
    let from = text.floor_char_boundary(mark.saturating_sub(LOOK_BACK));
    let before = &text[from..mark];
    let parts = |c: char| is_space(c) || PARTING.contains(&c);
    let stem = match before.rfind(parts) {
        Some(border) => before[border..].trim_start_matches(parts),
        None if from > 0 => return true,
        None => before,
    };
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
        assert_eq!(
            list("He said \"No.\" and \"so.\"it (etc.), “Mr. B. Doe!! a ??!"),
            [
                "He said \"No.\"",
                "and \"so.",
                "\"it (etc.",
                "), “Mr.",
                "B. Doe!!",
                "a ?",
                "?",
                "!"
            ]
        );
        assert_eq!(list("No?!"), ["No?", "!"]);
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
