//! The corrections, one rule after the other over the lines that are left.

use std::borrow::Cow;

use crate::unicode::{Tables, class, decimal, strip};

/// How the rules are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As the paper has them.
    Paper,
    /// As DCLM computes them.
    Dclm,
}

/// Lines of more words are not looked through for phrases.
const PHRASE_WORDS: usize = 10;

/// What counters count, in small letters.
const COUNTED: [&str; 12] = [
    "likes",
    "shares",
    "comments",
    "retweets",
    "reposts",
    "quotes",
    "bookmarks",
    "upvotes",
    "downvotes",
    "downloads",
    "views",
    "followers",
];

/// Appends the corrected text; nothing where a rule leaves nothing.
pub(super) fn correct(text: &str, reading: Reading, out: &mut String) {
    let mut lines: Vec<Cow<'_, str>> = text.split('\n').map(Cow::Borrowed).collect();
    lines.retain(|line| !is_upper(line));
    strip_all(&mut lines);
    lines.retain(|line| !is_numeric(line));
    strip_all(&mut lines);
    lines.retain(|line| !is_counter(line));
    strip_all(&mut lines);
    lines.retain(|line| line.is_empty() || !has_at_most(line, 1));
    cut(&mut lines, |line| cut_anywhere(line, "items in cart"));
    cut(&mut lines, |line| cut_end(line, reading));
    cut(&mut lines, |line| cut_start(line, "sign-in"));
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(line);
    }
}

/// How many words a text has.
pub(super) fn count_words(text: &str, reading: Reading) -> u64 {
    let tables = Tables::get();
    let words = match reading {
        Reading::Paper => text.split(is_space).filter(|w| !w.is_empty()).count(),
        Reading::Dclm => {
            let pieces = text.split(['\0', '\t', '\n', '\u{b}', '\u{c}', '\r', ' ']);
            let first = pieces.filter_map(|piece| piece.chars().next());
            first
                .filter(|&c| c != '_' && tables.class(c as u32) & class::WORD != 0)
                .count()
        }
    };
    words as u64
}

fn is_space(c: char) -> bool {
    match c {
        '\0'..='\x7F' => matches!(c, '\t'..='\r' | '\x1C'..=' '),
        _ => Tables::get().is_space(c),
    }
}

fn is_word(c: char) -> bool {
    match c {
        '\0'..='\x7F' => c.is_ascii_alphanumeric() || c == '_',
        _ => Tables::get().class(c as u32) & class::WORD != 0,
    }
}

/// More than half in upper case.
fn is_upper(line: &str) -> bool {
    if line.is_ascii() {
        let upper = line.bytes().filter(u8::is_ascii_uppercase).count();
        return 2 * upper > line.len();
    }
    let tables = Tables::get();
    let (mut upper, mut chars) = (0, 0);
    for c in line.chars() {
        upper += usize::from(tables.class(c as u32) & class::UPPER != 0);
        chars += 1;
    }
    2 * upper > chars
}

/// Digits only, up to one character in a million.
fn is_numeric(line: &str) -> bool {
    const MOST: f64 = 0.999_999;
    // Another character among the first ones decides for all but enormous lines.
    if line.len() < 1_000_000 && !line.chars().next().is_some_and(is_digit) {
        return false;
    }
    let (mut digits, mut chars) = (0u64, 0u64);
    for c in line.chars() {
        digits += u64::from(is_digit(c));
        chars += 1;
    }
    chars > 0 && digits as f64 / chars as f64 > MOST
}

/// Decimal digits of all scripts, and raised, lowered, circled and such ones (Unicode 14).
fn is_digit(c: char) -> bool {
    const OTHERS: [(u32, u32); 20] = [
        (0xB2, 0xB3),
        (0xB9, 0xB9),
        (0x1369, 0x1371),
        (0x19DA, 0x19DA),
        (0x2070, 0x2070),
        (0x2074, 0x2079),
        (0x2080, 0x2089),
        (0x2460, 0x2468),
        (0x2474, 0x247C),
        (0x2488, 0x2490),
        (0x24EA, 0x24EA),
        (0x24F5, 0x24FD),
        (0x24FF, 0x24FF),
        (0x2776, 0x277E),
        (0x2780, 0x2788),
        (0x278A, 0x2792),
        (0x10A40, 0x10A43),
        (0x10E60, 0x10E68),
        (0x11052, 0x1105A),
        (0x1F100, 0x1F10A),
    ];
    let code = c as u32;
    decimal(c).is_some()
        || !c.is_ascii()
            && OTHERS
                .iter()
                .any(|&(first, last)| (first..=last).contains(&code))
}

/// A number with what it counts, and nothing else but punctuation: `1.2k views`.
fn is_counter(line: &str) -> bool {
    let number = line.trim_start_matches(|c| !is_word(c));
    let Some(first) = number.chars().next() else {
        return false;
    };
    if decimal(first).is_none() {
        return false;
    }
    let behind = number.trim_start_matches(|c| c == ',' || c == '.' || decimal(c).is_some());
    let unit = behind
        .chars()
        .next()
        .filter(|&c| matches!(small(c), 'k' | 'm' | 'b'));
    let behind = &behind[unit.map_or(0, char::len_utf8)..];
    let word = behind.trim_start_matches(is_space);
    if word.len() == behind.len() {
        return false;
    }
    COUNTED.iter().any(|counted| {
        let rest = strip_prefix(word, counted, |c, letter| small(c) == letter);
        rest.is_some_and(|rest| !rest.contains(is_word))
    })
}

/// The small letter of an ASCII letter or of the Kelvin sign.
fn small(c: char) -> char {
    match c {
        '\u{212A}' => 'k',
        _ => c.to_ascii_lowercase(),
    }
}

/// Whether a character is a letter in any case, as Python's expressions see it.
fn same_letter(c: char, letter: char) -> bool {
    c.to_ascii_lowercase() == letter
        || letter == 'i' && matches!(c, '\u{130}' | '\u{131}')
        || letter == 's' && c == '\u{17F}'
}

/// What follows a phrase at the start of a text.
fn strip_prefix<'t>(
    text: &'t str,
    phrase: &str,
    same: impl Fn(char, char) -> bool,
) -> Option<&'t str> {
    let mut chars = text.chars();
    let all = phrase
        .chars()
        .all(|letter| chars.next().is_some_and(|c| same(c, letter)));
    all.then_some(chars.as_str())
}

/// Whether a line has at most some number of words.
fn has_at_most(line: &str, words: usize) -> bool {
    line.split(is_space)
        .filter(|word| !word.is_empty())
        .nth(words)
        .is_none()
}

/// Strips the text that the lines make: no blank lines and no spaces around it.
fn strip_all(lines: &mut Vec<Cow<'_, str>>) {
    let blank = |line: &Cow<'_, str>| strip(line).is_empty();
    let Some(last) = lines.iter().rposition(|line| !blank(line)) else {
        lines.clear();
        return;
    };
    lines.truncate(last + 1);
    let first = lines.iter().position(|line| !blank(line)).unwrap_or(last);
    lines.drain(..first);
    if let Some(line) = lines.first_mut() {
        change(line, |line| line.trim_start_matches(is_space));
    }
    if let Some(line) = lines.last_mut() {
        change(line, |line| line.trim_end_matches(is_space));
    }
}

/// Makes a line a part of it.
fn change(line: &mut Cow<'_, str>, part: impl Fn(&str) -> &str) {
    match line {
        Cow::Borrowed(text) => *text = part(text),
        Cow::Owned(text) => *text = part(text).to_string(),
    }
}

/// Cuts phrases out of short lines, drops those of which nothing is left, and strips the whole.
fn cut<'t>(lines: &mut Vec<Cow<'t, str>>, phrase: impl Fn(&str) -> Option<String>) {
    lines.retain_mut(|line| {
        if line.is_empty() || !has_at_most(line, PHRASE_WORDS) {
            return true;
        }
        if let Some(rest) = phrase(line) {
            *line = Cow::Owned(rest);
        }
        !strip(line).is_empty()
    });
    strip_all(lines);
}

/// A line without a phrase, each with a space before it; `None` when it is not there.
fn cut_anywhere(line: &str, phrase: &str) -> Option<String> {
    let mut rest = None;
    let mut kept = 0;
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        let next = at + c.len_utf8();
        let behind_space =
            || strip_prefix(&line[next..], phrase, same_letter).filter(|_| is_space(c));
        let found = behind_space().or_else(|| strip_prefix(&line[at..], phrase, same_letter));
        at = match found {
            Some(behind) => {
                let out: &mut String = rest.get_or_insert_default();
                out.push_str(&line[kept..at]);
                kept = line.len() - behind.len();
                kept
            }
            None => next,
        };
    }
    let mut rest = rest?;
    rest.push_str(&line[kept..]);
    Some(rest)
}

/// A line without `read more...` and a space before it at its end.
fn cut_end(line: &str, reading: Reading) -> Option<String> {
    const PHRASE: &str = "read more...";
    let (start, _) = line.char_indices().rev().nth(PHRASE.len() - 1)?;
    let any = |letter| letter == '.' && reading == Reading::Dclm;
    let same = |c, letter| any(letter) || same_letter(c, letter);
    strip_prefix(&line[start..], PHRASE, same)?;
    let before = &line[..start];
    let space = before.chars().next_back().filter(|&c| is_space(c));
    Some(before[..start - space.map_or(0, char::len_utf8)].to_string())
}

/// A line without a phrase and a space behind it at its start.
fn cut_start(line: &str, phrase: &str) -> Option<String> {
    let rest = strip_prefix(line, phrase, same_letter)?;
    Some(rest.strip_prefix(is_space).unwrap_or(rest).to_string())
}

#[cfg(test)]
mod tests {
    use super::{Reading, correct, count_words};

    fn both(text: &str, paper: &str, dclm: &str) {
        for (reading, expected) in [(Reading::Paper, paper), (Reading::Dclm, dclm)] {
            let mut out = String::new();
            correct(text, reading, &mut out);
            assert_eq!(out, expected, "{reading:?} of {text:?}");
        }
    }

    fn alike(text: &str, expected: &str) {
        both(text, expected, expected);
    }

    #[test]
    fn lines_in_upper_case_go() {
        // 5 of 8 characters; 4 of 8 are not more than half.
        alike("The cat.\nABC DEfg\nIt slept.", "The cat.\nIt slept.");
        alike(
            "The cat.\nABC Defg\nIt slept.",
            "The cat.\nABC Defg\nIt slept.",
        );
        // ÀÉ and a titlecase letter: 2 of 4, then 3 of 5.
        alike("ÀÉ ǅ\nÀÉÎ ǅ\nof it", "ÀÉ ǅ\nof it");
    }

    #[test]
    fn lines_of_digits_go() {
        alike("The cat.\n2023\nIt slept.", "The cat.\nIt slept.");
        alike("The cat.\n20 23\nIt slept.", "The cat.\n20 23\nIt slept.");
        // Arabic digits and a raised one; a fraction is no digit.
        alike("The cat.\n٢٣²\n½ ½\nIt slept.", "The cat.\n½ ½\nIt slept.");
        // The first line is stripped before its digits are counted, another is not, but has one word.
        alike(" 12\na cat\n 34\nIt slept.", "a cat\nIt slept.");
    }

    #[test]
    fn counters_go() {
        alike(
            "The cat.\n3 likes\n(1,2.3K  Views!)\nIt slept.",
            "The cat.\nIt slept.",
        );
        alike(
            "The cat.\n3 like\n3 likes it\nno likes\n3kk views\nIt slept.",
            "The cat.\n3 like\n3 likes it\nno likes\n3kk views\nIt slept.",
        );
        alike(
            "The cat.\n٣\u{212A} \u{a0}boo\u{212A}mar\u{212A}s\nIt slept.",
            "The cat.\nIt slept.",
        );
    }

    #[test]
    fn lines_of_one_word_go_but_empty_ones_stay() {
        alike("The cat.\n\nHome\nIt slept.", "The cat.\n\nIt slept.");
        alike("The cat.\n \nIt slept.\nHome", "The cat.\nIt slept.");
    }

    #[test]
    fn phrases_are_cut_out_of_short_lines() {
        alike(
            "The cat.\n3 Items in cart, 2 items in cart!\nIt slept.",
            "The cat.\n3, 2!\nIt slept.",
        );
        alike("The cat.\nitems in cart\nIt slept.", "The cat.\nIt slept.");
        alike(
            "one two three four five six seven eight items in cart",
            "one two three four five six seven eight items in cart",
        );
        alike("The cat. READ more...\nIt slept.", "The cat.\nIt slept.");
        both("The cat. Read more ->", "The cat. Read more ->", "The cat.");
        alike("Sign-in now please\nIt slept.", "now please\nIt slept.");
        alike("Please sign-in\nSıgn-ın  here", "Please sign-in\n here");
    }

    #[test]
    fn nothing_may_be_left() {
        alike("HOME\n12\n \n", "");
        alike("", "");
        alike("  The cat.  \n\n", "The cat.");
    }

    #[test]
    fn words_are_counted_as_named() {
        let text = "- The cat\u{a0}sat. _x\0y \"No\" 1";
        assert_eq!(count_words(text, Reading::Paper), 7);
        assert_eq!(count_words(text, Reading::Dclm), 4);
    }
}
