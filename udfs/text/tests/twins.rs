//! Each signal equals an obvious implementation of its definition, on texts made to be difficult.
//!
//! The twins share nothing with the crate but the word lists: they read ranges of characters written by
//! Python, map characters with the standard library and `unicode-normalization`, count in hash maps and
//! round by formatting.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use corpusql_text::{Analyzer, Document, Lists, Measure, Needs, Row, Signal, all};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert_eq, proptest};
use proptest::sample::select;
use proptest::{collection, option, prop_oneof};
use unicode_normalization::UnicodeNormalization;

/// Character sets by name, as bits of a character.
static SETS: LazyLock<HashMap<String, HashSet<char>>> = LazyLock::new(|| {
    let json: serde_json::Value =
        serde_json::from_str(include_str!("unicode14_ranges.json")).unwrap_or_default();
    let ranges = |set: &serde_json::Value| -> Vec<(u32, u32)> {
        let pairs = set.as_array().into_iter().flatten();
        let number = |v: &serde_json::Value| v.as_u64().unwrap_or(0) as u32;
        pairs
            .map(|pair| (number(&pair[0]), number(&pair[1])))
            .collect()
    };
    let sets = json.as_object().into_iter().flatten();
    sets.filter(|(_, set)| set.is_array())
        .map(|(name, set)| {
            let chars = ranges(set).into_iter().flat_map(|(a, b)| a..=b);
            (name.clone(), chars.filter_map(char::from_u32).collect())
        })
        .collect()
});

fn is(set: &str, c: char) -> bool {
    SETS[set].contains(&c)
}

fn round8(x: f64) -> f64 {
    format!("{x:.8}").parse().unwrap_or(x)
}

fn fraction(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| round8(part as f64 / whole as f64))
}

fn normalise(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    let lower = kept.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c| is("space", c))
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ").nfd().collect()
}

fn split(text: &str) -> Vec<String> {
    let words = text.split(|c| is("space", c)).filter(|w| !w.is_empty());
    words.map(String::from).collect()
}

fn raw_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = None;
    for c in text.chars() {
        let kind = (!is("space", c)).then(|| is("word", c));
        match (kind, words.last_mut()) {
            (Some(_), Some(word)) if kind == before => word.push(c),
            (Some(_), _) => words.push(c.into()),
            (None, _) => {}
        }
        before = kind;
    }
    words
}

fn chars(words: &[String]) -> usize {
    words.iter().map(|w| w.chars().count()).sum()
}

fn grams(words: &[String], n: usize) -> HashMap<&[String], Vec<usize>> {
    let mut places: HashMap<&[String], Vec<usize>> = HashMap::new();
    for (at, gram) in words.windows(n).enumerate() {
        places.entry(gram).or_default().push(at);
    }
    places
}

fn top(words: &[String], n: usize) -> f64 {
    let places = grams(words, n);
    let best = places
        .iter()
        .max_by_key(|(_, at)| (at.len(), std::cmp::Reverse(at[0])));
    match best {
        Some((gram, at)) if at.len() > 1 => {
            round8((chars(gram) * at.len()) as f64 / chars(words) as f64)
        }
        _ => 0.0,
    }
}

fn duplicate(words: &[String], n: usize) -> f64 {
    let mut marked = vec![false; words.len()];
    for at in grams(words, n).values().filter(|at| at.len() > 1).flatten() {
        marked[*at..at + n].fill(true);
    }
    let repeated: Vec<String> = words
        .iter()
        .zip(&marked)
        .filter(|(_, m)| **m)
        .map(|(w, _)| w.clone())
        .collect();
    fraction(chars(&repeated), chars(words)).unwrap_or(0.0)
}

fn sentences(text: &str) -> f64 {
    let chars: Vec<char> = text.chars().collect();
    let end = |c: char| matches!(c, '.' | '!' | '?');
    let (mut count, mut i) = (0.0, 0);
    while i < chars.len() {
        let before = i > 0 && is("word", chars[i - 1]);
        if end(chars[i]) || before == is("word", chars[i]) {
            i += 1;
            continue;
        }
        count += 1.0;
        while i < chars.len() && !end(chars[i]) {
            i += 1;
        }
        while i < chars.len() && end(chars[i]) {
            i += 1;
        }
    }
    count
}

fn entropy(words: &[String]) -> Option<f64> {
    let mut order: Vec<(&String, usize)> = Vec::new();
    let mut index = HashMap::new();
    for word in words {
        let at = *index.entry(word).or_insert(order.len());
        if at == order.len() {
            order.push((word, 0));
        }
        order[at].1 += 1;
    }
    let n = words.len() as f64;
    let mut sum = 0.0;
    for (_, count) in order {
        sum += (-(count as f64) / n) * (count as f64 / n).ln();
    }
    (n > 0.0).then(|| round8(sum))
}

fn stop_words(language: &str) -> Option<HashSet<&'static str>> {
    let list = match language {
        "bg" => include_str!("../data/stop_words/bg.txt"),
        "de" => include_str!("../data/stop_words/de.txt"),
        "en" => include_str!("../data/stop_words/en.txt"),
        "fr" => include_str!("../data/stop_words/fr.txt"),
        _ => return None,
    };
    Some(list.lines().collect())
}

fn bad_words(language: &str) -> Option<HashSet<&'static str>> {
    let list = match language {
        "bg" => "",
        "de" => include_str!("../data/bad_words/de.txt"),
        "en" => include_str!("../data/bad_words/en.txt"),
        "fr" => include_str!("../data/bad_words/fr.txt"),
        _ => return None,
    };
    Some(list.lines().map(str::trim).collect())
}

fn bad_hits(words: &[String], list: &HashSet<&str>) -> usize {
    let sizes: HashSet<usize> = list.iter().map(|w| 1 + w.matches(' ').count()).collect();
    let grams = sizes.iter().flat_map(|&n| words.windows(n));
    grams.filter(|gram| list.contains(&*gram.join(" "))).count()
}

fn lorem(content: &str) -> f64 {
    if !content.contains("lorem ipsum") {
        return 0.0;
    }
    let folded = content.replace('ſ', "s").replace('ı', "i");
    fraction(
        folded.matches("lorem ipsum").count(),
        content.chars().count(),
    )
    .unwrap_or(0.0)
}

/// The value of a signal, as a list of at most one item where it is no list.
fn twin(name: &str, text: &str, language: Option<&str>) -> Vec<Option<f64>> {
    let content = normalise(text);
    let words = split(&content);
    let raw = raw_words(text);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let space = |c: char| is("space", c);
    let per_line = |score: &dyn Fn(&str) -> f64| -> Vec<Option<f64>> {
        lines.iter().map(|line| Some(score(line))).collect()
    };
    let truth = |condition: bool| f64::from(u8::from(condition));
    if let Some(list) = name.strip_suffix("_sum") {
        let sum = twin(list, text, language)
            .into_iter()
            .flatten()
            .fold(0.0, |a, b| a + b);
        return vec![Some(sum)];
    }
    let number = |n: &str, end: &str| {
        name.strip_prefix(n)?
            .strip_suffix(end)?
            .parse::<usize>()
            .ok()
    };
    if let Some(n) = number("rps_doc_frac_chars_dupe_", "grams") {
        return vec![Some(duplicate(&words, n))];
    }
    if let Some(n) = number("rps_doc_frac_chars_top_", "gram") {
        return vec![Some(top(&words, n))];
    }
    let count = |mark: char| text.matches(mark).count();
    vec![match name {
        "rps_doc_curly_bracket" => {
            Some(fraction(count('{') + count('}'), text.chars().count()).unwrap_or(0.0))
        }
        "rps_doc_ldnoobw_words" => language
            .and_then(bad_words)
            .map(|list| bad_hits(&words, &list) as f64),
        "rps_doc_lorem_ipsum" => Some(lorem(&content)),
        "rps_doc_stop_word_fraction" => language.and_then(stop_words).map(|list| {
            let hits = raw.iter().filter(|w| list.contains(&***w)).count();
            if words.is_empty() {
                0.0
            } else {
                fraction(hits, raw.len()).unwrap_or(0.0)
            }
        }),
        "rps_doc_ut1_blacklist" => None,
        "rps_doc_frac_all_caps_words" => {
            let caps = |w: &&String| {
                w.chars().any(|c| is("upper", c))
                    && !w.chars().any(|c| is("lower", c) || is("title", c))
            };
            fraction(raw.iter().filter(caps).count(), raw.len())
        }
        "rps_doc_frac_lines_end_with_ellipsis" => {
            let ellipsis = |line: &&&str| {
                let line = line.trim_end_matches(space);
                line.ends_with("...") || line.ends_with('…')
            };
            fraction(lines.iter().filter(ellipsis).count(), lines.len())
        }
        "rps_doc_frac_no_alph_words" => {
            let with = raw
                .iter()
                .filter(|w| w.chars().any(|c| c.is_ascii_alphabetic()))
                .count();
            (!raw.is_empty()).then(|| round8(1.0 - with as f64 / raw.len() as f64))
        }
        "rps_doc_frac_unique_words" => {
            fraction(words.iter().collect::<HashSet<_>>().len(), words.len())
        }
        "rps_doc_mean_word_length" => fraction(chars(&words), words.len()),
        "rps_doc_num_sentences" => Some(sentences(text)),
        "rps_doc_symbol_to_word_ratio" => fraction(
            count('#') + text.matches("...").count() + count('…'),
            raw.len(),
        ),
        "rps_doc_unigram_entropy" => entropy(&words),
        "rps_doc_word_count" => Some(words.len() as f64),
        "rps_lines_ending_with_terminal_punctution_mark" => {
            return per_line(&|line| {
                truth(line.trim_end_matches(space).ends_with(['.', '!', '?', '”']))
            });
        }
        "rps_lines_javascript_counts" => {
            return per_line(&|line| {
                split(&normalise(line))
                    .iter()
                    .filter(|w| *w == "javascript")
                    .count() as f64
            });
        }
        "rps_lines_num_words" => return per_line(&|line| split(&normalise(line)).len() as f64),
        "rps_lines_numerical_chars_fraction" => {
            return per_line(&|line| {
                let line = normalise(line);
                let numerals = line.chars().filter(|&c| is("numeric", c)).count();
                fraction(numerals, line.chars().count()).unwrap_or(0.0)
            });
        }
        "rps_lines_start_with_bulletpoint" if text.is_empty() => None,
        "rps_lines_start_with_bulletpoint" => {
            return per_line(&|line| {
                truth(line.trim_start_matches(space).starts_with([
                    '\u{2022}', '\u{2023}', '\u{25B6}', '\u{25C0}', '\u{25E6}', '\u{25A0}',
                    '\u{25A1}', '\u{25AA}', '\u{25AB}', '\u{2013}',
                ]))
            });
        }
        "rps_lines_uppercase_letter_fraction" => {
            return per_line(&|line| {
                let upper = line.chars().filter(|&c| is("upper", c)).count();
                fraction(upper, line.chars().count()).unwrap_or(0.0)
            });
        }
        "rps_lines_end" => {
            let mut end = 0;
            return lines
                .iter()
                .map(|line| {
                    end += line.chars().count();
                    Some(end as f64)
                })
                .collect();
        }
        "ccnet_length" => Some(text.chars().count() as f64),
        "ccnet_nlines" => Some(text.split('\n').count() as f64),
        "rps_lines_count" => Some(lines.len() as f64),
        "rps_raw_word_count" => Some(raw.len() as f64),
        _ => panic!("{name} has no twin"),
    }]
}

fn measure(signal: &Signal, document: &Document<'_>) -> Vec<Option<f64>> {
    let mut items = Vec::new();
    match signal.measure {
        Measure::Int(measure) => items.push(measure(document).map(|value| value as f64)),
        Measure::Float(measure) => items.push(measure(document)),
        Measure::FloatList(measure) => measure(document, &mut items),
        Measure::UIntList(measure) => {
            let mut ends = Vec::new();
            measure(document, &mut ends);
            items.extend(ends.into_iter().map(|end| Some(f64::from(end))));
        }
    }
    items
}

fn bits(items: &[Option<f64>]) -> Vec<Option<u64>> {
    items.iter().map(|item| item.map(f64::to_bits)).collect()
}

/// Compares all signals of a text with their twins: in one pass, some in one pass, and one by one.
fn check(
    analyzer: &mut Analyzer,
    text: &str,
    language: Option<&str>,
    some: u64,
) -> Result<(), String> {
    let row = Row {
        text,
        language,
        ..Row::default()
    };
    let lists = Lists::builtin();
    let everything = all().fold(Needs::NONE, |needs, signal| needs | signal.needs);
    let document = analyzer.analyze(row, everything, lists);
    let together: Vec<_> = all().map(|signal| measure(signal, &document)).collect();
    drop(document);
    let chosen = |(i, signal): (usize, &'static Signal)| {
        (some.rotate_right(i as u32) & 1 == 1).then_some(signal)
    };
    let needs = all()
        .enumerate()
        .filter_map(chosen)
        .fold(Needs::NONE, |needs, signal| needs | signal.needs);
    let document = analyzer.analyze(row, needs, lists);
    let among: Vec<_> = all()
        .map(|signal| {
            needs
                .contains(signal.needs)
                .then(|| measure(signal, &document))
        })
        .collect();
    drop(document);
    for ((signal, together), among) in all().zip(together).zip(among) {
        let alone = measure(signal, &analyzer.analyze(row, signal.needs, lists));
        // The twins here are of RedPajama-V2's signals and the counts; the others equal themselves.
        let expected = if signal.name.starts_with("rps_") || signal.name.starts_with("ccnet_") {
            twin(signal.name, text, language)
        } else {
            alone.clone()
        };
        let among = among.unwrap_or_else(|| expected.clone());
        for (how, found) in [
            ("in one pass", together),
            ("among others", among),
            ("alone", alone),
        ] {
            if bits(&expected) != bits(&found) {
                return Err(format!(
                    "{} {how} of {text:?} ({language:?}): expected {expected:?}, found {found:?}",
                    signal.name
                ));
            }
        }
        let (low, high) = signal.range;
        if let Some(value) = expected
            .iter()
            .flatten()
            .find(|v| !(low..=high).contains(*v))
        {
            return Err(format!(
                "{} of {text:?} is {value}, not in {low} to {high}",
                signal.name
            ));
        }
    }
    Ok(())
}

const PIECES: &[&str] = &[
    "the",
    "The",
    "and",
    "of",
    "a",
    "I",
    "U.S.",
    "don't",
    "well-known",
    "foo_bar",
    "_the",
    "the_",
    "_",
    "__and__",
    "the_of",
    "of’the",
    "...",
    "....",
    "......",
    ".",
    "?",
    "!",
    "?!",
    "#",
    "##",
    "{",
    "}",
    "-",
    "'",
    "\"",
    "“",
    "”",
    "‘",
    "’",
    "…",
    "–",
    "—",
    "•",
    "‣",
    "■",
    "lorem",
    "Lorem",
    "ipsum",
    "xlorem",
    "ipsumx",
    "ıpſum",
    "lo-rem",
    "javascript",
    "JavaScript!",
    "java-script",
    "3.14",
    "42",
    "½",
    "²",
    "٣",
    "三",
    "Ⅷ",
    "ⅷ",
    "ↅ",
    "Ⓐ",
    "ⓐ",
    "ⒶⓑC",
    "🄰",
    "NASA",
    "USA1",
    "ǅ",
    "ǅA",
    "İ",
    "İSTANBUL",
    "ı",
    "ß",
    "ẞ",
    "ΣΑΣ",
    "Σ",
    "ΑΣ",
    "ΑΣ.",
    "Α.Σ.Β",
    "ΑΣ\u{ad}",
    "ΑΣ'Β",
    "Σ’Σ",
    "ς",
    "한국어",
    "각",
    "각ᆨ",
    "\u{1100}\u{1161}\u{11a8}",
    "가",
    "é",
    "e\u{301}",
    "q\u{307}\u{323}",
    "q\u{323}\u{307}",
    "\u{301}",
    "\u{345}",
    "a\u{345}\u{301}",
    "Å",
    "\u{212b}",
    "\u{2126}",
    "\u{37e}",
    "\u{1fef}",
    "ﬁ",
    "ǆ",
    "中文字",
    "日本語のテキスト",
    "ｶﾞ",
    "が",
    "नमस्ते",
    "क़",
    "ภาษาไทย",
    "العربية",
    "مُحَمَّد",
    "עִבְרִית",
    "Привет",
    "мир",
    "й",
    "Ё",
    "Ꭰ",
    "ꭰ",
    "Ა",
    "𝐀𝐁",
    "𐐀𐐨",
    "😀",
    "👩\u{200d}💻",
    "\u{e0001}",
    "\u{10ffff}",
    "\0",
    "a\0",
    "\0\0",
    "\u{1}",
    "\u{7f}",
    "\u{180e}",
    "\u{200b}",
    "\u{feff}",
    "exactly16letters",
    "seventeen17letter",
    "AVeryVeryLongWordIndeed",
    "ΠΟΛΥΜΕΓΑΛΗΣ",
    "überraschungsei",
    "größer",
    "avec",
    "été",
    "под",
    "включително",
    "\u{fb2a}",
    "\u{f900}",
    "\u{2f800}",
];

const SPACES: &[&str] = &[
    " ", " ", " ", " ", "  ", "\n", "\n\n", "\r\n", "\r", "\t", "\u{b}", "\u{1c}", "\u{1f}",
    "\u{85}", "\u{a0}", "\u{1680}", "\u{2000}", "\u{2028}", "\u{3000}", " \n ", "", "",
];

/// Assigned in Unicode 14 as far as the tables tell, or the same in all versions.
fn known(c: char) -> bool {
    c < '\u{250}'
        || SETS.iter().any(|(_, set)| set.contains(&c))
        || c.to_lowercase().eq([c])
            && [c].into_iter().nfd().eq([c])
            && unicode_normalization::char::canonical_combining_class(c) == 0
}

fn piece() -> impl Strategy<Value = String> {
    let bad: Vec<&str> = include_str!("../data/bad_words/en.txt").lines().collect();
    prop_oneof![
        8 => select(PIECES).prop_map(String::from),
        1 => select(bad).prop_map(String::from),
        1 => any::<char>().prop_filter("a known character", |c| known(*c)).prop_map(String::from),
        1 => (0u8..128).prop_map(|b| char::from(b).to_string()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    // Few different pieces, so that they repeat, some of them in rows that repeat.
    let vocabulary = collection::vec((piece(), select(SPACES)), 1..12);
    (vocabulary, collection::vec((any::<u8>(), 1usize..4), 0..60)).prop_map(|(pieces, order)| {
        let mut text = String::new();
        for (which, times) in order {
            let first = usize::from(which) % pieces.len();
            for (piece, space) in pieces.iter().cycle().skip(first).take(times) {
                text.push_str(piece);
                text.push_str(space);
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn signals_equal_their_twins(
        texts in collection::vec((text(), option::of(select(&["en", "de", "fr", "bg", "zh"][..]))), 1..4),
        some in any::<(u64, u64, u64)>(),
        shift in prop_oneof![Just(0usize), 50usize..70],
    ) {
        let mut analyzer = Analyzer::new();
        for (text, language) in texts {
            // Moved against the blocks that the scan looks at.
            let text = "x".repeat(shift) + &text;
            // An eighth of all signals.
            let some = some.0 & some.1 & some.2;
            prop_assert_eq!(check(&mut analyzer, &text, language, some), Ok(()));
        }
    }
}

/// `CORPUSQL_CASES` asks for more than the usual number.
fn cases() -> u32 {
    let asked = std::env::var("CORPUSQL_CASES").ok();
    asked.and_then(|cases| cases.parse().ok()).unwrap_or(256)
}

#[test]
fn texts_around_block_and_chunk_ends() -> Result<(), String> {
    let mut analyzer = Analyzer::new();
    for piece in ["x", " ", "\n", ".", "_", "é", "中", "😀", "Ⓐ", "Σ", "'"] {
        for length in [0, 1, 15, 16, 17, 62, 63, 64, 65, 127, 128, 2047, 2048, 2049] {
            let bytes = "a".repeat(length);
            for text in [
                format!("{bytes}{piece}"),
                format!("{bytes}{piece}b"),
                format!("the {bytes}{piece}{piece} the"),
                piece.repeat(length),
            ] {
                check(&mut analyzer, &text, Some("en"), 0)?;
            }
        }
    }
    Ok(())
}

#[test]
fn two_signals_in_one_pass_equal_each_alone() {
    let text =
        "The cat's on the _of_ mat, ISN'T it… {#1}\n\n• Été: “the” end of\tIT. Sätze und ΑΣ!\n";
    let signals: Vec<_> = all().collect();
    let mut analyzer = Analyzer::new();
    for language in [Some("en"), Some("de"), None] {
        let row = Row {
            text,
            language,
            ..Row::default()
        };
        let mut values = |needs, signal| {
            let document = analyzer.analyze(row, needs, Lists::builtin());
            bits(&measure(signal, &document))
        };
        for one in &signals {
            let alone = values(one.needs, one);
            for other in &signals {
                let together = values(one.needs | other.needs, one);
                assert_eq!(together, alone, "{} with {}", one.name, other.name);
            }
        }
    }
}

#[test]
fn memory_of_a_long_text_is_given_back() {
    let mut analyzer = Analyzer::new();
    let everything = all().fold(Needs::NONE, |needs, signal| needs | signal.needs);
    let text: String = (0..400_000).map(|i| format!("word{i} ")).collect();
    let row = Row {
        text: &text,
        language: Some("en"),
        ..Row::default()
    };
    let document = analyzer.analyze(row, everything, Lists::builtin());
    assert_eq!(document.words(), 400_000);
    drop(document);
    assert!(
        analyzer.memory() < 16 << 20,
        "{} bytes are kept",
        analyzer.memory()
    );
}
