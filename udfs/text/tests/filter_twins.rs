//! The quantities of the filters after Gopher and C4 equal obvious implementations of their definitions, on hostile
//! texts.
//!
//! The twins cut texts with the standard library, count strings in hash maps and go over the text as often as they
//! like. spaCy's words are taken as given: they have a twin of their own.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use corpusql_text::words::spacy_en::SpacyEn;
use corpusql_text::{Analyzer, Lists, Measure, Needs, Row, all};
use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, proptest};
use proptest::{collection, sample::select};

/// Values by the names of signals.
type Values = Vec<(String, Option<f64>)>;

/// Python's `str.isspace`.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn split(text: &str) -> Vec<&str> {
    text.split(is_space)
        .filter(|word| !word.is_empty())
        .collect()
}

/// Python's `str.splitlines`.
fn splitlines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let is_break =
        |c| matches!(c, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let mut lines: Vec<String> = text.split(is_break).map(String::from).collect();
    lines.pop_if(|last| last.is_empty());
    lines
}

fn count<T: Eq + Hash>(pieces: impl IntoIterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for piece in pieces {
        *counts.entry(piece).or_insert(0) += 1;
    }
    counts
}

/// How many pieces occur at least twice, and their characters.
fn repeated(pieces: &[&str]) -> (usize, usize) {
    let counts = count(pieces);
    let again = pieces.iter().filter(|piece| counts[*piece] > 1);
    again.fold((0, 0), |(n, all), piece| (n + 1, all + chars(piece)))
}

/// How many pieces occurred before, and their characters.
fn copies(pieces: &[&str]) -> (usize, usize) {
    let mut seen = HashSet::new();
    let again = pieces.iter().filter(|piece| !seen.insert(**piece));
    again.fold((0, 0), |(n, all), piece| (n + 1, all + chars(piece)))
}

fn how_many<T>(items: &[T], what: impl Fn(&T) -> bool) -> usize {
    items.iter().filter(|item| what(item)).count()
}

/// The most frequent n-gram, of equally frequent ones the first: its words and its count.
fn most_common<'w, 't>(words: &'w [&'t str], n: usize) -> Option<(&'w [&'t str], usize)> {
    let counts = count(words.windows(n));
    let most = *counts.values().max()?;
    let first = words.windows(n).find(|gram| counts[gram] == most)?;
    Some((first, most))
}

fn all_chars(words: &[&str]) -> usize {
    words.iter().map(|word| chars(word)).sum()
}

fn div(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// What Dolma's taggers divide by is at least 1.
fn div_by_one(part: usize, whole: usize) -> Option<f64> {
    div(part, whole.max(1))
}

fn flag(flag: bool) -> Option<f64> {
    Some(f64::from(u8::from(flag)))
}

fn number(n: usize) -> Option<f64> {
    Some(n as f64)
}

const GOPHER: [&str; 8] = ["the", "be", "to", "of", "and", "that", "have", "with"];

fn dolma(text: &str) -> Values {
    let words = split(text);
    let lines: Vec<&str> = text.split('\n').collect();
    // Runs of line feeds separate; one at an end of the text has an empty line beside it.
    let mut lines_v2: Vec<&str> = lines.clone();
    let last = lines_v2.len() - 1;
    let mut at = 0;
    lines_v2.retain(|line| {
        at += 1;
        !line.is_empty() || at == 1 && last > 0 || at == last + 1 && last > 0
    });
    let mut values = Vec::new();
    let mut add = |name: &str, value: Option<f64>| values.push((format!("dolma_{name}"), value));
    let bullet = |line: &&str| line.starts_with(['*', '-']);
    let ellipsis = |line: &&str| line.ends_with('…');
    for (version, lines) in [("v1", &lines), ("v2", &lines_v2)] {
        let mut add = |name: &str, part| {
            add(
                &format!("gopher_{version}_fraction_of_{name}"),
                div_by_one(part, lines.len()),
            );
        };
        add("lines_starting_with_bullet_point", how_many(lines, bullet));
        add("lines_ending_with_ellipsis", how_many(lines, ellipsis));
        add("duplicate_lines", repeated(lines).0);
    }
    let mut lengths: Vec<usize> = words.iter().map(|word| chars(word)).collect();
    lengths.sort_unstable();
    let middle = lengths.len() / 2;
    let median = match lengths.len() {
        0 => 0.0,
        n if n % 2 == 1 => lengths[middle] as f64,
        _ => (lengths[middle - 1] + lengths[middle]) as f64 / 2.0,
    };
    let mut gopher = |name: &str, value| add(&format!("gopher_v1_{name}"), value);
    gopher("character_count", number(chars(text)));
    gopher("word_count", number(words.len()));
    gopher("median_word_length", Some(median));
    gopher(
        "symbol_to_word_ratio",
        div_by_one(
            how_many(&words, |word| word.contains(['#', '…'])),
            words.len(),
        ),
    );
    gopher(
        "fraction_of_words_with_alpha_character",
        div_by_one(
            how_many(&words, |word| word.contains(is_letter)),
            words.len(),
        ),
    );
    gopher(
        "fraction_of_characters_in_duplicate_lines",
        div_by_one(repeated(&lines).1, all_chars(&words)),
    );
    for n in 2..=4 {
        let top = most_common(&words, n);
        gopher(
            &format!("fraction_of_characters_in_most_common_{n}grams"),
            top.and_then(|(gram, times)| div_by_one(times * all_chars(gram), all_chars(&words))),
        );
    }
    for n in 5..=10 {
        let counts = count(words.windows(n));
        let of = |least: usize| -> usize {
            let grams = words.windows(n).filter(|gram| counts[gram] >= least);
            grams.map(all_chars).sum()
        };
        gopher(
            &format!("fraction_of_characters_in_duplicate_{n}grams"),
            (words.len() >= n).then(|| div_by_one(of(2), of(1)).unwrap_or(0.0)),
        );
    }
    let unended = |line: &&str| !strip(line).ends_with(['.', '?', '!', '"']);
    let lower = text.to_lowercase();
    add("c4_v1_line_count", number(lines.len()));
    add(
        "c4_v1_lines_with_no_ending_punctuation",
        number(how_many(&lines, unended)),
    );
    add(
        "c4_v1_lines_with_too_few_words",
        number(how_many(&lines, |line| split(line).len() < 3)),
    );
    let list = include_str!("../data/bad_words/en.txt");
    let bad = list.lines().any(|bad| match bad.contains(' ') {
        true => lower.contains(bad),
        false => split(&lower).contains(&bad),
    });
    add("c4_v1_has_naughty_word", flag(bad));
    let scripts = split(&lower).contains(&"javascript");
    add("c4_v1_has_javascript", flag(scripts));
    add("c4_v2_has_javascript", flag(lower.contains("javascript")));
    add("c4_v1_has_lorem_ipsum", flag(lower.contains("lorem ipsum")));
    add("c4_v1_has_curly_brace", flag(text.contains('{')));
    add(
        "char_length_strip_ws_v1_length_no_ws",
        number(chars(strip(text))),
    );
    values
}

/// Python's `str.isalpha` of the characters that occur here.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !"Ⅷ\u{345}Ⓐ".contains(c)
}

fn dclm(text: &str) -> Values {
    let words = split(text);
    let pieces = text.split(['\0', '\t', '\n', '\u{b}', '\u{c}', '\r', ' ']);
    let counted = pieces.filter(|piece| {
        let first = piece.chars().next();
        first.is_some_and(|c| is_letter(c) || c.is_numeric())
    });
    let filled = |pieces: &mut dyn Iterator<Item = &'_ str>| -> Vec<String> {
        let stripped = pieces.map(strip).filter(|piece| !piece.is_empty());
        stripped.map(String::from).collect()
    };
    let lines = filled(&mut text.split('\n'));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let paragraphs = filled(&mut text.split("\n\n"));
    let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
    let symbols: usize = ["#", "...", ". . .", "…"]
        .map(|symbol| text.matches(symbol).count())
        .into_iter()
        .sum();
    let alphabetic = how_many(&words, |word| word.contains(is_letter));
    let ends =
        |line: &&str| line.ends_with("...") || line.ends_with(". . .") || line.ends_with('…');
    let again = [repeated(&lines), repeated(&paragraphs)];
    let values = [
        ("word_count", number(counted.count())),
        ("mean_word_length", div(all_chars(&words), words.len())),
        ("symbol_to_word_ratio", div(symbols, words.len())),
        ("line_count", number(lines.len())),
        (
            "bullet_line_count",
            number(how_many(&lines, |line| {
                line.starts_with(['●', '•', '*', '-'])
            })),
        ),
        ("ellipsis_line_count", number(how_many(&lines, ends))),
        (
            "non_alphabetic_word_ratio",
            div(words.len() - alphabetic, words.len()),
        ),
        (
            "stop_word_count",
            number(how_many(&words, |word| {
                GOPHER.contains(&word.to_lowercase().as_str())
            })),
        ),
        ("duplicate_line_fraction", div(again[0].0, lines.len())),
        (
            "duplicate_line_char_fraction",
            div(again[0].1, all_chars(&lines)),
        ),
        (
            "duplicate_paragraph_fraction",
            div(again[1].0, paragraphs.len()),
        ),
        (
            "duplicate_paragraph_char_fraction",
            div(again[1].1, all_chars(&paragraphs)),
        ),
    ];
    let named = values.map(|(name, value)| (format!("dclm_{name}"), value));
    named.into()
}

fn slimpajama(text: &str) -> Values {
    let lower = text.to_lowercase();
    let plain: String = lower
        .chars()
        .filter(|c| !c.is_ascii_punctuation())
        .collect();
    let length = chars(&split(&plain).join(" "));
    vec![("slimpajama_length".into(), number(length))]
}

fn datatrove(text: &str) -> Values {
    let mut all_words = Vec::new();
    SpacyEn::new().words(text, |word| all_words.push(word.to_string()));
    let words: Vec<&str> = all_words.iter().map(String::as_str).collect();
    let n_chars = chars(text);
    let lines = splitlines(text);
    let bullets = how_many(&lines, |line| {
        line.trim_start_matches(is_space).starts_with(['•', '-'])
    });
    let ellipses = how_many(&lines, |line| {
        let line = line.trim_end_matches(is_space);
        line.ends_with("...") || line.ends_with('…')
    });
    // Runs of two and more, and of one and more, line feeds separate.
    let paragraphs = split_at_runs(strip(text), 2);
    let pieces = split_at_runs(text, 1);
    let filled: Vec<&str> = text
        .split('\n')
        .filter(|line| !strip(line).is_empty())
        .collect();
    let any = |value: Option<f64>| value.filter(|_| !text.is_empty());
    let newlines = text.matches('\n').count();
    let mut values = vec![
        ("word_count".to_string(), number(words.len())),
        (
            "alpha_word_ratio".into(),
            div(
                how_many(&words, |word| word.contains(is_letter)),
                words.len(),
            ),
        ),
        (
            "stop_word_count".into(),
            number(how_many(&GOPHER, |stop| words.contains(stop))),
        ),
        (
            "hash_ratio".into(),
            div(text.matches('#').count(), words.len()),
        ),
        (
            "ellipsis_ratio".into(),
            div(
                text.matches("...").count() + text.matches('…').count(),
                words.len(),
            ),
        ),
        ("newline_word_ratio".into(), div(newlines, words.len())),
        ("bullet_line_ratio".into(), div(bullets, lines.len())),
        ("ellipsis_line_ratio".into(), div(ellipses, lines.len())),
        (
            "dup_para_frac".into(),
            any(div(copies(&paragraphs).0, paragraphs.len())),
        ),
        (
            "dup_para_char_frac".into(),
            div(copies(&paragraphs).1, n_chars),
        ),
        (
            "dup_line_frac".into(),
            any(div(copies(&pieces).0, pieces.len())),
        ),
        ("dup_line_char_frac".into(), div(copies(&pieces).1, n_chars)),
        (
            "short_line_ratio".into(),
            div(how_many(&filled, |line| chars(line) <= 30), filled.len()),
        ),
        (
            "char_dup_ratio".into(),
            div(copies(&filled).1, n_chars - newlines).filter(|_| !filled.is_empty()),
        ),
    ];
    for n in 2..=4 {
        let top = most_common(&words, n);
        let value = top.and_then(|(gram, times)| div(times * chars(&gram.join(" ")), n_chars));
        values.push((format!("top_{n}_gram"), value));
    }
    for n in 5..=10 {
        let mut seen = HashSet::new();
        let (mut at, mut found) = (0, 0);
        while let Some(gram) = words.get(at..at + n) {
            let joined = gram.concat();
            if seen.contains(&joined) {
                found += chars(&joined);
                at += n;
            } else {
                seen.insert(joined);
                at += 1;
            }
        }
        values.push((format!("dup_{n}_gram"), div(found, n_chars)));
    }
    let named = values.into_iter();
    named
        .map(|(name, value)| (format!("datatrove_{name}"), value))
        .collect()
}

/// What runs of at least so many line feeds separate.
fn split_at_runs(text: &str, least: usize) -> Vec<&str> {
    let (mut pieces, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let run = text[at..].bytes().take_while(|&byte| byte == b'\n').count();
        if run >= least {
            pieces.push(&text[start..at]);
            start = at + run;
        }
        at += run.max(1);
        at = text.ceil_char_boundary(at);
    }
    pieces.push(&text[start..]);
    pieces
}

/// C4's rules on lines: which stay, and what ends the page. No line here has a long word.
fn c4(text: &str) -> Values {
    let mut values = Vec::new();
    for (name, marks, least, after) in [
        ("datatrove_c4", ".?!\"'", 3, false),
        ("datatrove_c4_noterm", "", 3, false),
        ("c4_tfds", ".?!\"", 5, true),
    ] {
        let (mut kept, mut filler, mut brace) = (0, false, false);
        for line in splitlines(text) {
            let line = strip(&line);
            let cited = without_citations(line);
            let counted = if after { &cited } else { line };
            let ends = marks.is_empty()
                || cited.ends_with(|c| marks.contains(c)) && !cited.ends_with("...");
            if !ends || split(counted).len() < least {
                continue;
            }
            let lower = cited.to_lowercase();
            let script = lower.contains("javascript");
            let policies = [
                "terms of use",
                "privacy policy",
                "cookie policy",
                "uses cookies",
                "use of cookies",
                "use cookies",
            ];
            // The first line that ends the page tells why it ends.
            let open = !filler && !brace;
            filler |= open && lower.contains("lorem ipsum");
            brace |= open && !filler && !script && cited.contains('{');
            let policy = policies.iter().any(|policy| lower.contains(policy));
            kept += usize::from(!script && !policy);
        }
        values.push((format!("{name}_kept_lines"), number(kept)));
        values.push((format!("{name}_lorem_ipsum"), flag(filler)));
        values.push((format!("{name}_curly_bracket"), flag(brace)));
    }
    let mut lengths: Vec<usize> = text.split('\n').map(chars).collect();
    lengths.sort_unstable();
    let third = lengths.iter().rev().nth(2).and_then(|&third| number(third));
    values.push(("c4_third_longest_line".into(), third));
    values
}

fn without_citations(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let inside = rest
            .strip_prefix('[')
            .and_then(|inside| inside.split_once(']'));
        match inside {
            Some((mark, behind))
                if matches!(mark, "edit" | "citation needed")
                    || mark.chars().all(|c| matches!(c, '0'..='9' | '٠'..='٩')) =>
            {
                rest = behind;
            }
            _ => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

/// What the signals of these names give.
fn measured(text: &str, names: &Values) -> Values {
    let signals: Vec<_> = names
        .iter()
        .map(|(name, _)| all().find(|signal| signal.name == *name).ok_or(name))
        .collect::<Result<_, _>>()
        .expect("the signals");
    let needs = signals
        .iter()
        .fold(Needs::NONE, |needs, signal| needs | signal.needs);
    let row = Row {
        text,
        language: Some("en"),
        ..Row::default()
    };
    let mut analyzer = Analyzer::new();
    let document = analyzer.analyze(row, needs, Lists::builtin());
    let value = |measure: Measure| match measure {
        Measure::Int(measure) => measure(&document).map(|value| value as f64),
        Measure::Float(measure) => measure(&document),
        _ => panic!("a number"),
    };
    signals
        .iter()
        .map(|signal| (signal.name.to_string(), value(signal.measure)))
        .collect()
}

const PIECES: [&str; 78] = [
    "the",
    "of",
    "With",
    "a",
    "b",
    "cc",
    "ddd",
    "be",
    "é",
    "É",
    "ß",
    "İ",
    "Σ",
    "ſ",
    "中",
    "字",
    "カ\u{ff9e}",
    "\u{ff9e}",
    "الع",
    "٣",
    "½",
    "Ⅷ",
    "12",
    "😀",
    "\u{301}",
    "\u{200d}",
    "\u{ad}",
    "\u{feff}",
    "\0",
    "Don't",
    "can't",
    "e.g.",
    "Mr.",
    "I'm",
    "3.14",
    "12km",
    "a@b.c",
    "1.2.3.4",
    "http://a.b/c",
    "_",
    "-",
    "--",
    "*",
    "•",
    "●",
    "#",
    "##",
    ".",
    "..",
    "...",
    ". . .",
    "…",
    "!",
    "?",
    "\"",
    "'",
    ",",
    ";",
    ":",
    "(",
    ")",
    "[",
    "]",
    "[1]",
    "[٣]",
    "[edit]",
    "[citation needed]",
    "{",
    "}",
    "lorem ip[2]sum",
    "Lorem Ipsum",
    "JavaScript",
    "javascript",
    "terms of use",
    "Use Coo\u{212a}ies",
    "privacy policy",
    "tied up",
    "one two three four five six.",
];

const SPACES: [&str; 22] = [
    " ", " ", " ", " ", " ", "  ", "\n", "\n", "\n\n", "\n\n\n", "\r\n", "\r", "\t", "\u{b}",
    "\u{1c}", "\u{1f}", "\u{85}", "\u{a0}", "\u{2028}", "\u{3000}", " \n ", "",
];

/// A text of few different pieces, of which a stretch stands again, perhaps moved against the blocks of the scan.
fn texts() -> impl Strategy<Value = String> {
    let pair = || (select(&PIECES[..]), select(&SPACES[..]));
    let vocabulary = collection::vec(pair(), 1..14);
    let order = collection::vec((0..14_usize, 1..4_usize), 0..50);
    (vocabulary, order, 0..3_usize, 0..70_usize).prop_map(|(pieces, order, again, shift)| {
        let mut text = String::new();
        for (first, times) in order {
            for (piece, space) in pieces.iter().cycle().skip(first % pieces.len()).take(times) {
                text.push_str(piece);
                text.push_str(space);
            }
        }
        let part = text[text.floor_char_boundary(text.len() / 3)..].to_string();
        (0..again).for_each(|_| text.push_str(&part));
        text.insert_str(0, &"x".repeat(shift.saturating_sub(50)));
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn dolma_is_as_defined(text in texts()) {
        let expected = dolma(&text);
        prop_assert_eq!(measured(&text, &expected), expected);
    }

    #[test]
    fn dclm_is_as_defined(text in texts()) {
        let expected = dclm(&text);
        prop_assert_eq!(measured(&text, &expected), expected);
    }

    #[test]
    fn slimpajama_is_as_defined(text in texts()) {
        let expected = slimpajama(&text);
        prop_assert_eq!(measured(&text, &expected), expected);
    }

    #[test]
    fn datatrove_is_as_defined(text in texts()) {
        let expected = datatrove(&text);
        prop_assert_eq!(measured(&text, &expected), expected);
    }

    #[test]
    fn c4_is_as_defined(text in texts()) {
        let expected = c4(&text);
        prop_assert_eq!(measured(&text, &expected), expected);
    }
}

#[test]
fn so_is_a_long_text_of_which_all_n_grams_repeat() {
    let mut random = 1_u64;
    let words: Vec<String> = (0..12_000)
        .map(|_| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            format!("w{}", random >> 33 & 0xFFF)
        })
        .collect();
    // The second time with a word left out here and there.
    let again = words.iter().enumerate().filter(|(i, _)| i % 97 != 0);
    let again = again.map(|(_, word)| word.as_str());
    let text = [words.join(" "), again.collect::<Vec<_>>().join("\n")].join(" ");
    for twin in [dolma, dclm, datatrove] {
        let expected = twin(&text);
        assert_eq!(measured(&text, &expected), expected);
    }
}
