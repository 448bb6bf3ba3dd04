//! The corrections, one rule after the other over the lines that are left.

use std::borrow::Cow;

use memchr::memchr2_iter;

use crate::unicode::{Tables, class, decimal};
use crate::view::spaced::LineFacts;
use crate::words::{is_space, is_word};

/// How the rules are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As the paper has them.
    Paper,
    /// As DCLM computes them.
    Dclm,
}

/// Lines of more words are not looked through for phrases.
const PHRASE_WORDS: u64 = 10;

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

/// The phrase that is cut out wherever it stands.
const ITEMS: &str = "items in cart";

/// A line that is left, and how many words it has.
#[derive(Clone, Debug)]
struct Line<'t> {
    text: Cow<'t, str>,
    /// As the paper's rules count them; where no more is asked for, counted up to [`ENOUGH`].
    words: u64,
    /// As DCLM counts them, where that is asked for.
    tokens: u64,
}

/// No rule asks for more words.
const ENOUGH: u64 = PHRASE_WORDS + 1;

/// Words that are left by the two readings, as each counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// [`Reading::Paper`]
    pub(crate) words: u64,
    /// [`Reading::Dclm`]
    pub(crate) tokens: u64,
}

/// The lines that go before any phrase is looked for, those in upper case aside: told a line and how many words it has,
/// whether it goes. Before each rule the text that is left is stripped.
const GO: [fn(&str, u64) -> bool; 3] = [
    |line, _| is_numeric(line),
    |line, _| is_counter(line),
    |line, words| !line.is_empty() && words <= 1,
];

/// What is left of a text of which the lines are known that have a word and are not in upper case. Others have no part
/// in it: without a word they go, or count nothing.
pub(crate) fn left(text: &str, facts: &mut Vec<LineFacts>) -> Left {
    // Many lines go that are not written down in full.
    for goes in GO {
        trim_ends(text, facts);
        facts.retain(|line| !goes(&text[line.range()], line.words.into()));
    }
    let lines = facts.iter().map(|line| Line {
        text: Cow::Borrowed(&text[line.range()]),
        words: line.words.into(),
        tokens: line.tokens.into(),
    });
    let mut lines = lines.collect();
    cut(&mut lines, |line| cut_anywhere(line, ITEMS));
    let words = |lines: &[Line<'_>]| lines.iter().map(|line| line.words).sum();
    let tokens = |lines: &[Line<'_>]| lines.iter().map(|line| line.tokens).sum();
    // What is a phrase at the end to the paper is one to DCLM.
    let ends =
        |line: &Line<'_>| line.may_have_phrase() && cut_end(&line.text, Reading::Dclm).is_some();
    if !lines.iter().any(ends) {
        cut(&mut lines, |line| cut_start(line, "sign-in"));
        return Left {
            words: words(&lines),
            tokens: tokens(&lines),
        };
    }
    Left {
        words: words(&finish(lines.clone(), Reading::Paper)),
        tokens: tokens(&finish(lines, Reading::Dclm)),
    }
}

/// Appends the corrected text; nothing where a rule leaves nothing.
pub(super) fn correct(text: &str, reading: Reading, out: &mut String) {
    let kept = text.split('\n').filter(|line| !is_upper(line));
    let lines = kept.map(|line| Line {
        text: Cow::Borrowed(line),
        words: words(line).take(ENOUGH as usize).count() as u64,
        tokens: 0,
    });
    let mut lines = lines.collect();
    for goes in GO {
        strip_all(&mut lines);
        lines.retain(|line| !goes(&line.text, line.words));
    }
    cut(&mut lines, |line| cut_anywhere(line, ITEMS));
    for (i, line) in finish(lines, reading).iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(&line.text);
    }
}

/// The rules behind [`ITEMS`].
fn finish(mut lines: Vec<Line<'_>>, reading: Reading) -> Vec<Line<'_>> {
    cut(&mut lines, |line| cut_end(line, reading));
    cut(&mut lines, |line| cut_start(line, "sign-in"));
    lines
}

/// The words of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// How many words a text has to DCLM: those that begin with a letter or numeral.
fn count_tokens(text: &str) -> u64 {
    let tables = Tables::get();
    let pieces = text.split(['\0', '\t', '\n', '\u{b}', '\u{c}', '\r', ' ']);
    let first = pieces.filter_map(|piece| piece.chars().next());
    let counted = first.filter(|&c| c != '_' && tables.class(c as u32) & class::WORD != 0);
    counted.count() as u64
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

/// Strips the text that the lines make: no blank lines and no spaces around it.
fn strip_all(lines: &mut Vec<Line<'_>>) {
    let Some(last) = lines.iter().rposition(|line| line.words > 0) else {
        lines.clear();
        return;
    };
    lines.truncate(last + 1);
    let first = lines.iter().position(|line| line.words > 0).unwrap_or(last);
    lines.drain(..first);
    if let Some(line) = lines.first_mut() {
        line.trim(|text| text.trim_start_matches(is_space));
    }
    if let Some(line) = lines.last_mut() {
        line.trim(|text| text.trim_end_matches(is_space));
    }
}

/// The same of lines that all have a word.
fn trim_ends(text: &str, lines: &mut [LineFacts]) {
    let narrow = |line: Option<&mut LineFacts>, part: fn(&str) -> &str| {
        let Some(line) = line else {
            return;
        };
        let whole = &text[line.range()];
        let own = part(whole);
        if own.len() < whole.len() {
            line.start += (own.as_ptr() as usize - whole.as_ptr() as usize) as u32;
            line.end = line.start + own.len() as u32;
            line.tokens = count_tokens(own) as u32;
        }
    };
    narrow(lines.first_mut(), |text| text.trim_start_matches(is_space));
    narrow(lines.last_mut(), |text| text.trim_end_matches(is_space));
}

impl Line<'_> {
    /// Whether it is looked through for phrases.
    fn may_have_phrase(&self) -> bool {
        !self.text.is_empty() && self.words <= PHRASE_WORDS
    }

    /// Cuts spaces off.
    fn trim(&mut self, part: impl Fn(&str) -> &str) {
        let before = self.text.len();
        match &mut self.text {
            Cow::Borrowed(text) => *text = part(text),
            Cow::Owned(text) => *text = part(text).to_string(),
        }
        if self.text.len() < before {
            // Words are the same, but some spaces are letters to DCLM.
            self.tokens = count_tokens(&self.text);
        }
    }
}

/// Cuts phrases out of short lines, drops those of which nothing is left, and strips the whole.
fn cut(lines: &mut Vec<Line<'_>>, phrase: impl Fn(&str) -> Option<String>) {
    lines.retain_mut(|line| {
        if !line.may_have_phrase() {
            return true;
        }
        if let Some(rest) = phrase(&line.text) {
            *line = Line {
                words: words(&rest).count() as u64,
                tokens: count_tokens(&rest),
                text: Cow::Owned(rest),
            };
        }
        line.words > 0
    });
    strip_all(lines);
}

/// A line without a phrase, each with a space before it; `None` when it is not there.
fn cut_anywhere(line: &str, phrase: &str) -> Option<String> {
    // The letters that no other character stands for.
    let bytes = line.as_bytes();
    let is_cart = |at: usize| {
        bytes[at..]
            .get(..4)
            .is_some_and(|b| b.eq_ignore_ascii_case(b"cart"))
    };
    if !memchr2_iter(b'c', b'C', bytes).any(is_cart) {
        return None;
    }
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
    use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
    use proptest::prop_oneof;
    use proptest::sample::select;

    use super::super::words_removed::{DCLM, REFINEDWEB};
    use super::{Reading, correct, count_tokens, words};
    use crate::testing::value;

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
        assert_eq!(words(text).count(), 7);
        assert_eq!(count_tokens(text), 4);
    }

    fn text() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            "\n",
            "\n",
            "\r",
            " ",
            "\u{a0}",
            "\u{1c}",
            "\0",
            "a ",
            "The cat sat. ",
            "LOGIN",
            "ÀÉ",
            "12",
            "٢",
            "²",
            "3 likes",
            "1.2k views!",
            "items in cart",
            "Items İn Cart",
            "read more...",
            " READ MORE ->",
            "sign-in",
            "ſıgn-in ",
            "_x",
            "é ",
            "one two three four five six seven eight nine ten ",
            ".",
            "\u{3000}",
        ]);
        let piece = prop_oneof![12 => pieces.prop_map(String::from), 1 => any::<char>().prop_map(String::from)];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_is_written(text in text()) {
            let count = [|text: &str| words(text).count() as u64, count_tokens];
            for (i, (signal, reading)) in
                [(&REFINEDWEB, Reading::Paper), (&DCLM, Reading::Dclm)].into_iter().enumerate()
            {
                let mut out = String::new();
                correct(&text, reading, &mut out);
                let (before, after) = (count[i](&text), count[i](&out));
                let expected =
                    (before > 0).then(|| before.saturating_sub(after) as f64 / before as f64);
                prop_assert_eq!(value(signal, &text), expected, "{:?} of {:?}", reading, text);
            }
        }
    }
}
