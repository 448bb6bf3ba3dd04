//! How many planted near-duplicates every preset finds: texts with 2 to 40 % of their words edited, against the similarity of
//! their sets of shingles and the curve that it promises.
//!
//! The tables are part of `docs/dedup.md`, and the test says when they are not those that it computes;
//! `CORPUSQL_UPDATE_DOCS=1` writes them there.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use corpusql_text::minhash::{PRESETS, Preset, Sketcher};
use corpusql_text::simhash::{self, Fingerprinter};
use serde_json::Value;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const PERCENT: [u64; 6] = [2, 5, 10, 20, 30, 40];
/// Copies of a text for each share of edited words: substituted, deleted, inserted.
const COPIES: usize = 3;
/// Words of a text, at least and at most.
const WORDS: [usize; 2] = [120, 300];
const SOURCES: [&str; 2] = ["github/opensource.guide", "GSA/digitalgov.gov"];

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Texts, each followed by its edited copies.
fn texts() -> Result<Vec<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/rpv2/golden.jsonl");
    let mut originals = Vec::new();
    for line in fs::read_to_string(file)?.lines() {
        let record: Value = serde_json::from_str(line)?;
        let text = record["text"].as_str().ok_or("a record without text")?;
        let words: Vec<_> = text.split_whitespace().map(str::to_string).collect();
        let source = record["source"].as_str().unwrap_or_default();
        if SOURCES.contains(&source) && words.len() >= WORDS[0] {
            originals.push(words.into_iter().take(WORDS[1]).collect::<Vec<_>>());
        }
    }
    let vocabulary = originals.concat();
    let mut numbers = Numbers(5);
    let mut texts = Vec::new();
    for words in originals {
        texts.push(words.join(" "));
        for percent in PERCENT {
            for kind in 0..COPIES {
                let mut copy = Vec::new();
                for word in &words {
                    if numbers.below(100) as u64 >= percent {
                        copy.push(word.as_str());
                        continue;
                    }
                    if kind == 2 {
                        copy.push(word);
                    }
                    if kind != 1 {
                        copy.push(&vocabulary[numbers.below(vocabulary.len())]);
                    }
                }
                texts.push(copy.join(" "));
            }
        }
    }
    Ok(texts)
}

/// The share of edited words of a pair of texts by position, if one is the original of the other.
fn planted(first: usize, second: usize) -> Option<usize> {
    let family = 1 + PERCENT.len() * COPIES;
    let copy = (second % family).checked_sub(1)?;
    (first + 1 + copy == second).then_some(copy / COPIES)
}

/// A pair of texts that have something in common.
struct Pair {
    first: usize,
    second: usize,
    /// The Jaccard similarity of their sets of features.
    similarity: f64,
    /// The cosine of the angle between their counts of features.
    cosine: f64,
}

/// All pairs with a common feature; of each text its features and how often it has them.
fn pairs(texts: &[Vec<(u64, u32)>]) -> Vec<Pair> {
    let mut owners: HashMap<u64, Vec<(usize, u32)>> = HashMap::new();
    for (text, features) in texts.iter().enumerate() {
        for &(feature, times) in features {
            owners.entry(feature).or_default().push((text, times));
        }
    }
    // How many features a pair has in common, and the products of how often.
    let mut common = vec![vec![(0u32, 0u32); texts.len()]; texts.len()];
    for owners in owners.values() {
        for (i, &(first, times)) in owners.iter().enumerate() {
            let row = &mut common[first];
            for &(second, others) in &owners[i + 1..] {
                row[second].0 += 1;
                row[second].1 += times * others;
            }
        }
    }
    let square = |&(_, times): &(u64, u32)| f64::from(times).powi(2);
    let norms: Vec<f64> = texts.iter().map(|of| of.iter().map(square).sum()).collect();
    let mut pairs = Vec::new();
    for first in 0..texts.len() {
        for second in first + 1..texts.len() {
            let (common, product) = common[first][second];
            if common > 0 {
                let all = texts[first].len() + texts[second].len() - common as usize;
                let cosine = f64::from(product) / (norms[first] * norms[second]).sqrt();
                pairs.push(Pair {
                    first,
                    second,
                    similarity: f64::from(common) / all as f64,
                    cosine: cosine.min(1.0),
                });
            }
        }
    }
    pairs
}

/// What a row of the table counts: pairs that are found, and how many the curve promises.
#[derive(Clone, Copy, Default)]
struct Count {
    pairs: f64,
    similarity: f64,
    found: f64,
    expected: f64,
}

impl Count {
    fn add(&mut self, similarity: f64, found: bool, expected: f64) {
        self.pairs += 1.0;
        self.similarity += similarity;
        self.found += f64::from(u8::from(found));
        self.expected += expected;
    }

    /// The shares that are found and expected of so many.
    fn cell(found: f64, expected: f64, of: [f64; 2]) -> String {
        match of {
            [first, second] if first > 0.0 && second > 0.0 => {
                format!("{:.2} ({:.2})", found / first, expected / second)
            }
            _ => "–".into(),
        }
    }
}

/// Counts pairs by share of edited words, those from a similarity on, and all.
fn count(
    pairs: &[Pair],
    from: f64,
    found: impl Fn(&Pair) -> bool,
    expected: impl Fn(&Pair) -> f64,
) -> ([Count; PERCENT.len()], Count, Count) {
    let (mut edited, mut similar, mut all) = <([Count; PERCENT.len()], Count, Count)>::default();
    for pair in pairs {
        let (similarity, found, expected) = (pair.similarity, found(pair), expected(pair));
        if let Some(percent) = planted(pair.first, pair.second) {
            edited[percent].add(similarity, found, expected);
        }
        if similarity >= from {
            similar.add(similarity, found, expected);
        }
        all.add(similarity, found, expected);
    }
    (edited, similar, all)
}

fn row(
    table: &mut String,
    name: &str,
    how: &str,
    from: f64,
    (edited, similar, all): &([Count; PERCENT.len()], Count, Count),
) -> Result {
    write!(table, "| `{name}` | {how} |")?;
    for count in edited {
        let cell = Count::cell(count.found, count.expected, [count.pairs; 2]);
        write!(table, " {cell} |")?;
    }
    let recall = Count::cell(similar.found, similar.expected, [similar.pairs; 2]);
    let precision = Count::cell(similar.found, similar.expected, [all.found, all.expected]);
    writeln!(table, " {from:.2} | {recall} | {precision} |")?;
    Ok(())
}

fn header(table: &mut String, first: &str, last: &str) -> Result {
    write!(table, "\n| {first} |")?;
    for percent in PERCENT {
        write!(table, " {percent} % |")?;
    }
    let columns = first.matches('|').count() + last.matches('|').count() + PERCENT.len() + 1;
    writeln!(table, "{last}\n{}|", "|---".repeat(columns))?;
    Ok(())
}

fn similarities(table: &mut String, name: &str, counts: &[Count]) -> Result {
    write!(table, "| {name} |")?;
    for count in counts {
        write!(table, " {:.2} |", count.similarity / count.pairs)?;
    }
    writeln!(table)?;
    Ok(())
}

/// Whether the signatures of two texts agree in a band.
fn candidates(preset: &Preset, signatures: &[Vec<u64>], pair: &Pair) -> bool {
    let bands = |text: usize| {
        let bands = signatures[text].chunks_exact(preset.cut.rows);
        bands.take(preset.cut.bands)
    };
    bands(pair.first)
        .zip(bands(pair.second))
        .any(|(a, b)| a == b)
}

/// The tables of MinHash; that of similarities, and that of what is found.
fn minhash(texts: &[String]) -> Result<String> {
    let (mut similar, mut found) = (String::new(), String::new());
    header(&mut similar, "shingles of", "")?;
    header(
        &mut found,
        "preset | bands × rows",
        " similar from | recall | precision |",
    )?;
    for scheme in corpusql_text::minhash::Scheme::all() {
        let mut sketcher = Sketcher::new(*scheme);
        let (mut signatures, mut sets) = (Vec::new(), Vec::new());
        for text in texts {
            let signature = sketcher.sketch(text).ok_or("a text without signature")?;
            signatures.push(signature.to_vec());
            let mut shingles = Vec::new();
            sketcher.shingles(text, &mut shingles);
            shingles.sort_unstable();
            shingles.dedup();
            sets.push(shingles.into_iter().map(|shingle| (shingle, 1)).collect());
        }
        let pairs = pairs(&sets);
        for (i, preset) in PRESETS
            .iter()
            .filter(|p| p.scheme.name == scheme.name)
            .enumerate()
        {
            let cut = preset.cut;
            let from = (1.0 / cut.bands as f64).powf(1.0 / cut.rows as f64);
            let counts = count(
                &pairs,
                from,
                |pair| candidates(preset, &signatures, pair),
                |pair| cut.probability(pair.similarity),
            );
            for (percent, count) in PERCENT.iter().zip(&counts.0) {
                let (found, expected) = (count.found / count.pairs, count.expected / count.pairs);
                // Five standard deviations of what is drawn. The copies of a text share draws, hence one for each text.
                let drawn = count.pairs / COPIES as f64;
                let deviation = (expected * (1.0 - expected) / drawn).sqrt();
                assert!(
                    (found - expected).abs() <= 5.0 * deviation + 0.01,
                    "{}, {percent} %: {found} for {expected}",
                    preset.name
                );
            }
            if i == 0 {
                similarities(&mut similar, &format!("`{}`", scheme.name), &counts.0)?;
            }
            let how = format!("{} × {}", cut.bands, cut.rows);
            row(&mut found, preset.name, &how, from, &counts)?;
        }
    }
    Ok(similar + &found)
}

/// The windows of characters that a fingerprint counts, as one number each, sorted.
fn windows(scheme: simhash::Scheme, text: &str) -> Vec<u64> {
    let lower = text.to_lowercase();
    let kept: Vec<u64> = lower
        .chars()
        .filter(|c| match scheme {
            simhash::Scheme::Roots => !c.is_ascii_punctuation() || "$+<=>^`|~".contains(*c),
            simhash::Scheme::Rpv1Books => c.is_alphanumeric() || *c == '_',
            simhash::Scheme::TextDedup => true,
        })
        .map(u64::from)
        .collect();
    let width = match scheme {
        simhash::Scheme::Roots | simhash::Scheme::Rpv1Books => 6,
        simhash::Scheme::TextDedup => 3,
    };
    let number = |window: &[u64]| {
        let fold = |hash: u64, c: &u64| {
            (hash ^ c)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(29)
        };
        window.iter().fold(0, fold)
    };
    let mut windows: Vec<_> = kept.windows(width).map(number).collect();
    windows.sort_unstable();
    windows
}

/// The probability that at most `distance` of 64 bits differ of which each differs with a probability of angle / π.
fn within(distance: u32, cosine: f64) -> f64 {
    let p = cosine.acos() / std::f64::consts::PI;
    let (mut sum, mut ways) = (0.0, 1.0);
    for bits in 0..=distance.min(64) {
        sum += ways * p.powi(bits as i32) * (1.0 - p).powi(64 - bits as i32);
        ways *= f64::from(64 - bits) / f64::from(bits + 1);
    }
    sum
}

/// The tables of SimHash.
fn simhash(texts: &[String]) -> Result<String> {
    const FROM: f64 = 0.9;
    let (mut similar, mut found) = (String::new(), String::new());
    header(&mut similar, "windows of", "")?;
    header(
        &mut found,
        "preset | bits that differ",
        " similar from | recall | precision |",
    )?;
    for preset in simhash::PRESETS {
        let mut fingerprinter = Fingerprinter::new(preset.scheme);
        let mut fingerprints = Vec::new();
        let mut features = Vec::new();
        for text in texts {
            let fingerprint = fingerprinter.fingerprint(text);
            fingerprints.push(fingerprint.ok_or("a text without fingerprint")?);
            let windows = windows(preset.scheme, text);
            let groups = windows.chunk_by(|a, b| a == b);
            // text-dedup counts a window once.
            let set = preset.scheme == simhash::Scheme::TextDedup;
            let often = |group: &[u64]| if set { 1 } else { group.len() as u32 };
            features.push(groups.map(|group| (group[0], often(group))).collect());
        }
        let pairs = pairs(&features);
        let counts = count(
            &pairs,
            FROM,
            |pair| {
                let (first, second) = (fingerprints[pair.first], fingerprints[pair.second]);
                simhash::distance(first, second) <= preset.distance
            },
            |pair| within(preset.distance, pair.cosine),
        );
        similarities(&mut similar, &format!("`{}`", preset.name), &counts.0)?;
        let how = format!("up to {}", preset.distance);
        row(&mut found, preset.name, &how, FROM, &counts)?;
    }
    Ok(similar + &found)
}

/// Compares what stands in a page between two marks with what is computed, or writes it there.
fn stands_in_page(mark: &str, computed: &str) -> Result {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/dedup.md");
    let text = fs::read_to_string(&page)?;
    let (begin, end) = (
        format!("<!-- {mark} -->\n"),
        format!("<!-- end of {mark} -->"),
    );
    let start = text.find(&begin).ok_or("the page has no such mark")? + begin.len();
    let len = text[start..].find(&end).ok_or("the mark has no end")?;
    let computed = format!("{}\n", computed.trim());
    if std::env::var_os("CORPUSQL_UPDATE_DOCS").is_some() {
        let (before, behind) = (&text[..start], &text[start + len..]);
        fs::write(page, format!("{before}{computed}{behind}"))?;
    } else {
        assert_eq!(
            &text[start..start + len],
            computed,
            "docs/dedup.md is not current; CORPUSQL_UPDATE_DOCS=1 makes it so"
        );
    }
    Ok(())
}

#[test]
fn tables_of_planted_near_duplicates() -> Result {
    let texts = texts()?;
    stands_in_page("planted near-duplicates, MinHash", &minhash(&texts)?)?;
    stands_in_page("planted near-duplicates, SimHash", &simhash(&texts)?)
}
