//! DCLM's n-grams equal an obvious implementation of its definition, on texts that repeat themselves.
//!
//! The twin cuts the whole text at the boundaries of UAX #29, counts n-grams of strings in a hash map and marks words.

use std::collections::HashMap;

use corpusql_text::{Analyzer, Lists, Measure, Needs, Row, Signal, all};
use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, proptest};
use proptest::{collection, sample::select};
use unicode_segmentation::UnicodeSegmentation;

fn chars(words: &[&str]) -> usize {
    words.iter().map(|word| word.chars().count()).sum()
}

fn counts<'w, 't>(words: &'w [&'t str], n: usize) -> HashMap<&'w [&'t str], usize> {
    let mut counts = HashMap::new();
    for gram in words.windows(n) {
        *counts.entry(gram).or_insert(0) += 1;
    }
    counts
}

/// The signal of n words.
fn twin(text: &str, n: usize) -> f64 {
    let pieces = text.split_word_bounds();
    let words: Vec<&str> = pieces
        .filter(|p| p.starts_with(char::is_alphanumeric))
        .collect();
    let counts = counts(&words, n);
    let most = counts.values().copied().max().unwrap_or(0);
    if most < 2 {
        return 0.0;
    }
    let part = if n <= 4 {
        let top = counts.iter().filter(|(_, count)| **count == most);
        most * top.map(|(gram, _)| chars(gram)).max().unwrap_or(0)
    } else {
        let mut marked = vec![false; words.len()];
        for (at, gram) in words.windows(n).enumerate() {
            if counts[gram] > 1 {
                marked[at..at + n].fill(true);
            }
        }
        let marked = words.iter().zip(&marked).filter(|(_, marked)| **marked);
        marked.map(|(word, _)| word.chars().count()).sum()
    };
    part as f64 / chars(&words) as f64
}

/// The signals of 2 to 10 words.
fn signals() -> Vec<(usize, &'static Signal)> {
    let named = |n: usize| {
        let kind = if n <= 4 { "top" } else { "duplicate" };
        let name = format!("dclm_{kind}_{n}gram_char_fraction");
        (
            n,
            all().find(|signal| signal.name == name).expect("a signal"),
        )
    };
    (2..=10).map(named).collect()
}

fn measured(text: &str) -> Vec<(usize, f64)> {
    let signals = signals();
    let needs = signals
        .iter()
        .fold(Needs::NONE, |needs, (_, signal)| needs | signal.needs);
    let row = Row {
        text,
        ..Row::default()
    };
    let mut analyzer = Analyzer::new();
    let lists = Lists::builtin();
    let document = analyzer.analyze(row, needs, lists);
    let value = |signal: &Signal| match signal.measure {
        Measure::Float(measure) => measure(&document).expect("a value"),
        _ => panic!("a number"),
    };
    signals
        .iter()
        .map(|(n, signal)| (*n, value(signal)))
        .collect()
}

/// A text of few different words, of which a stretch stands twice.
fn texts() -> impl Strategy<Value = String> {
    const WORDS: [&str; 14] = [
        "a",
        "b",
        "cc",
        "é",
        "Don't",
        "3.14",
        "(x)",
        "_",
        "\u{2014}",
        "longest\n",
        "\u{ff9e}",
        "\u{ff9f}a",
        "\u{200d}\u{301}b",
        "very-long, words",
    ];
    collection::vec(select(&WORDS[..]), 0..60).prop_map(|words| {
        let again = &words[words.len() / 3..words.len() / 2];
        [&words[..], again].concat().join(" ")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn n_grams_equal_an_obvious_implementation(text in texts()) {
        for (n, value) in measured(&text) {
            prop_assert_eq!(value, twin(&text, n), "n = {}", n);
        }
    }
}
