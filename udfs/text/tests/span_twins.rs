//! What is cut out of hostile documents equals what obvious implementations of the definitions leave.
//!
//! The twins keep whole strings in sets of the standard library and put texts together again.

use std::collections::{HashMap, HashSet};

use corpusql_text::spans::{
    Asked, BffMode, Copies, Cut, Grams, Judge, KeySet, Seen, Tools, without_spans,
};
use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
use proptest::sample::select;
use proptest::{collection, prop_oneof};
use unicode_segmentation::UnicodeSegmentation;

/// Few different pieces, so that documents, lines and n-grams come again; among them all that lines end with or hold.
fn document() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "\n",
        "\n",
        "\n\n",
        "\r\n",
        "\u{85}",
        "\u{2028}",
        " ",
        "\t",
        "\u{a0}",
        "\u{3000}",
        "\0",
        "a ",
        "a ",
        "b ",
        "b ",
        "c ",
        "A ",
        "B",
        "É ",
        "e\u{301} ",
        "\u{301}",
        "中文字",
        "。",
        "…",
        "12 ",
        "34 ",
        "!",
        ".",
        "--",
        "😀",
        "👩\u{200d}👧",
        "Ω",
        "a b c d e f ",
        "a b c d e f g h i j k l m n o p ",
        "Same line.\n",
        "same LINE. \n",
    ]);
    let made = collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat());
    let random = collection::vec(any::<char>(), 0..12).prop_map(String::from_iter);
    prop_oneof![9 => made, 1 => random]
}

/// Documents in order, some of them the same.
fn stream() -> impl Strategy<Value = Vec<String>> {
    let documents = collection::vec(document(), 1..8);
    (documents, collection::vec(any::<usize>(), 0..4)).prop_map(|(mut documents, again)| {
        let copies: Vec<_> = again
            .iter()
            .map(|i| documents[i % documents.len()].clone())
            .collect();
        documents.extend(copies);
        documents
    })
}

fn rest(text: &str, cut: &Cut) -> String {
    let mut rest = String::new();
    without_spans(text, cut.spans.iter().copied(), "", &mut rest);
    rest
}

/// What is left of each document, and whether it goes as a whole; `all` takes every copy that several documents have.
fn by_copies(way: Copies, all: bool, documents: &[String]) -> Vec<(String, bool)> {
    let mut tools = Tools::default();
    let mut keys_of = |text: &String| {
        let mut keys = Vec::new();
        way.keys(&mut tools, text, &mut keys);
        keys
    };
    let keys: Vec<_> = documents.iter().map(&mut keys_of).collect();
    let mut owners = HashMap::<u64, HashSet<usize>>::new();
    for (number, keys) in keys.iter().enumerate() {
        for key in keys.iter().flatten() {
            owners.entry(*key).or_default().insert(number);
        }
    }
    let mut seen = HashSet::new();
    let pairs = documents.iter().zip(&keys);
    pairs
        .map(|(text, keys)| {
            let mut goes = |key: &Option<u64>| {
                key.is_some_and(|key| !seen.insert(key) || all && owners[&key].len() > 1)
            };
            let removed: Vec<u32> = (0..)
                .zip(keys)
                .filter(|(_, key)| goes(key))
                .map(|(i, _)| i)
                .collect();
            let mut cut = Cut::default();
            way.cut(&mut tools, text, &removed, &mut cut);
            (rest(text, &cut), cut.dropped)
        })
        .collect()
}

fn by_judge(way: Grams, documents: &[String]) -> Vec<(String, bool)> {
    let mut tools = Tools::default();
    let mut judge = Judge::new(way, Seen::Exact(KeySet::default()));
    let judged = documents.iter().map(|text| {
        let verdict = judge.judge(&way.read(&mut tools, text));
        let mut cut = Cut::default();
        way.cut(&mut tools, text, &verdict, &mut cut);
        (rest(text, &cut), cut.dropped)
    });
    judged.collect()
}

/// The lines that stay, and whether any does.
fn kept_lines<'t>(text: &'t str, mut stays: impl FnMut(&'t str) -> bool) -> Option<String> {
    let kept: Vec<&str> = text.split('\n').filter(|line| stays(line)).collect();
    (!kept.is_empty()).then(|| kept.join("\n"))
}

/// A line as CCNet compares it, for the characters of [`document`] that it changes.
fn ccnet(line: &str) -> String {
    // Python strips the separators of ASCII, too.
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    let lower = line.trim_matches(is_space).to_lowercase();
    let gone = |c: char| matches!(c, '\0'..='\x1F' | '\x7F'..='\u{9F}' | '。' | '…');
    let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
    lower.chars().filter(|c| !gone(*c)).map(digit).collect()
}

/// The words of DCLM's and Dolma's programs.
fn words(text: &str) -> Vec<&str> {
    let pieces = text.split_word_bounds();
    pieces.filter(|piece| !piece.trim().is_empty()).collect()
}

/// Text whose boundaries older versions of Unicode, those of the programs, see elsewhere.
fn is_new(document: &str) -> bool {
    document
        .chars()
        .any(|c| c > '\u{2fff}' && !"\u{3000}中文字。😀👩👧".contains(c) || c == '¸')
}

proptest! {
    #[test]
    fn lines_of_ccnet(documents in stream(), all in any::<bool>()) {
        // The twin knows the marks that the pieces have.
        let known = |text: &String| text.chars().all(|c| c < '\u{180}' || "\u{301}\u{2028}\u{200d}\u{3000}Ω中文字。…😀👩👧".contains(c));
        if !documents.iter().all(known) {
            return Ok(());
        }
        let mut owners = HashMap::<String, HashSet<usize>>::new();
        for (number, text) in documents.iter().enumerate() {
            for line in text.split('\n') {
                owners.entry(ccnet(line)).or_default().insert(number);
            }
        }
        if let Some(only) = owners.get_mut("") {
            // An empty text has no line.
            only.retain(|&number| !documents[number].is_empty());
        }
        let mut seen = HashSet::new();
        let expected: Vec<_> = documents
            .iter()
            .map(|text| {
                if text.is_empty() {
                    return (String::new(), true);
                }
                let kept = kept_lines(text, |line| {
                    let key = ccnet(line);
                    let several = owners[&key].len() > 1;
                    seen.insert(key) && !(all && several)
                });
                let dropped = kept.is_none();
                (kept.unwrap_or_default(), dropped)
            })
            .collect();
        prop_assert_eq!(by_copies(Copies::Ccnet, all, &documents), expected);
    }

    #[test]
    fn paragraphs_of_dolma(documents in stream(), skip_empty in any::<bool>(), least in 0_usize..4) {
        let asked = Asked { skip_empty, min_length: least as u64 };
        let found = by_copies(Copies::Dolma(asked), false, &documents);
        let mut seen = HashSet::new();
        for (text, (found, dropped)) in documents.iter().zip(found) {
            let mut goes = |paragraph: &str| {
                let short = paragraph.chars().count() < least;
                let empty = skip_empty && paragraph.trim().is_empty();
                !short && !empty && !seen.insert(paragraph.to_string())
            };
            // Each goes with the line feed behind it. An empty text has no paragraph.
            let pieces: Vec<&str> = if text.is_empty() { Vec::new() } else { text.split('\n').collect() };
            let last = pieces.len().saturating_sub(1);
            let mut left = String::new();
            for (number, piece) in pieces.into_iter().enumerate() {
                if !goes(piece) {
                    left.push_str(piece);
                    left.push_str(if number < last { "\n" } else { "" });
                }
            }
            prop_assert_eq!(dropped, false);
            // The line feed before an empty last paragraph belongs to nobody: whether it stays depends on how many bytes
            // characters have.
            if text.ends_with('\n') {
                prop_assert_eq!(found.trim_end_matches('\n'), left.trim_end_matches('\n'));
            } else {
                prop_assert_eq!(found, left);
            }
        }
    }

    #[test]
    fn grams_of_dolma(documents in stream(), size in 1_usize..5, stride in 1_usize..4) {
        if documents.iter().any(|text| is_new(text)) {
            return Ok(());
        }
        let way = Grams::Dolma { words: size, stride, threshold: 0.5, skip_empty: true };
        let mut seen = HashSet::<Vec<String>>::new();
        let mut insert = |gram: &[&str]| !seen.insert(gram.iter().map(ToString::to_string).collect());
        for (text, (found, _)) in documents.iter().zip(by_judge(way, &documents)) {
            let mut left = String::new();
            let pieces: Vec<&str> = if text.is_empty() { Vec::new() } else { text.split('\n').collect() };
            let last = pieces.len().saturating_sub(1);
            for (number, piece) in pieces.into_iter().enumerate() {
                let words = words(piece);
                let (mut tested, mut again, mut before) = (0, 0, 0);
                let asked = !piece.trim().is_empty();
                for (start, gram) in words.windows(size).enumerate().filter(|_| asked) {
                    if before == 0 || start - before >= stride {
                        before = start;
                        tested += 1;
                        again += usize::from(insert(gram));
                    }
                }
                let goes = match tested {
                    _ if !asked => false,
                    0 | 1 => insert(&[piece]),
                    _ => again as f32 / tested as f32 >= 0.5,
                };
                if !goes {
                    left.push_str(piece);
                    left.push_str(if number < last { "\n" } else { "" });
                }
            }
            if text.ends_with('\n') {
                prop_assert_eq!(found.trim_end_matches('\n'), left.trim_end_matches('\n'));
            } else {
                prop_assert_eq!(found, left);
            }
        }
    }

    #[test]
    fn paragraphs_and_documents_of_bff(
        documents in stream(),
        size in 1_usize..5,
        least in 1_usize..5,
        mode in select(vec![BffMode::Paragraph, BffMode::Document, BffMode::OldBoth]),
    ) {
        if documents.iter().any(|text| is_new(text)) {
            return Ok(());
        }
        let way = Grams::Bff { mode, min_words: least, words: size, threshold: 0.6 };
        let mut seen = HashSet::<Vec<String>>::new();
        for (text, (found, dropped)) in documents.iter().zip(by_judge(way, &documents)) {
            // Each piece but the first begins with its line feed.
            let mut pieces = vec![String::new()];
            for c in text.chars() {
                if c == '\n' && mode != BffMode::Document {
                    pieces.push(String::new());
                }
                pieces.last_mut().expect("there is one").push(c);
            }
            let (mut all, mut all_again, mut left) = (0, 0, String::new());
            for piece in pieces {
                let words: Vec<String> = words(&piece).into_iter().map(str::to_string).collect();
                let mut grams: Vec<Vec<String>> = words.windows(size).map(<[String]>::to_vec).collect();
                if grams.is_empty() && words.len() >= least {
                    grams.push(words);
                }
                let again = grams.iter().filter(|gram| seen.contains(*gram)).count();
                all += grams.len();
                all_again += again;
                if !grams.is_empty() && again as f64 / grams.len() as f64 > 0.6 {
                    continue;
                }
                left.push_str(&piece);
                seen.extend(grams);
            }
            if mode == BffMode::OldBoth && all > 0 && all_again as f64 / all as f64 > 0.6 {
                left.clear();
            }
            prop_assert_eq!(dropped, left.trim().is_empty());
            prop_assert_eq!(found, left);
        }
    }

    #[test]
    fn lines_of_c4(documents in stream()) {
        let way = Copies::C4 { min_sentences: 0 };
        let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
        let mut seen = HashSet::new();
        for (text, (found, dropped)) in documents.iter().zip(by_copies(way, false, &documents)) {
            let left = kept_lines(text, |line| seen.insert(line.trim_matches(is_space).to_lowercase()));
            let left = left.unwrap_or_default();
            prop_assert_eq!(dropped, left.is_empty());
            prop_assert_eq!(found, left);
        }
    }
}
