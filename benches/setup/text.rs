//! Documents of any number, made of the sentences of the quickstart's documents.
//!
//! Lengths are log-normal (median 1,450 bytes, mean 2,800), paragraphs are runs of sentences of one source with
//! a sentence from elsewhere in it, 7 % of the documents repeat an earlier one. Document `i` is a
//! function of `i` alone. `u` is uniform in [0, 1) and knows nothing of the position.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::path::Path;
use std::sync::Arc;

use corpusql::corpus::Corpus;
use corpusql::ingest::{FieldMap, IngestRequest, ingest};
use corpusql::query::Planner;
use corpusql::session::Engine;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;

use super::Outcome;

/// A file, the columns that it has under other names, its language.
type Seed = (
    &'static str,
    &'static [(&'static str, &'static str)],
    Option<&'static str>,
);

/// Where the sentences come from.
const SEEDS: [Seed; 3] = [
    (
        "web.parquet",
        &[
            ("id", "doc_id"),
            ("url", "link"),
            ("source", "site"),
            ("language", "lang"),
        ],
        None,
    ),
    (
        "library.parquet",
        &[("id", "key"), ("text", "body")],
        Some("en"),
    ),
    ("law-de.jsonl.zst", &[("language", "lang")], None),
];
const MEDIAN: f64 = 1450.0;
const SIGMA: f64 = 1.15;
const LENGTHS: (f64, f64) = (60.0, 600_000.0);
const REPEATED: f64 = 0.07;

/// One document.
#[derive(Debug)]
pub struct Document {
    pub id: String,
    pub text: String,
    pub url: String,
    pub source: String,
    pub language: Option<String>,
    pub uniform: f64,
}

struct Source {
    name: String,
    language: Option<String>,
    sentences: Vec<String>,
}

/// Makes documents.
pub struct Maker {
    sources: Vec<Source>,
    /// Up to where each source is drawn, ascending to 1.
    shares: Vec<f64>,
}

impl Maker {
    /// Reads the quickstart's documents, by way of a corpus in `folder`.
    pub async fn load(engine: &Engine, folder: &Path) -> Outcome<Self> {
        let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/recipes/quickstart");
        for (file, map, language) in SEEDS {
            let input = inputs.join(file).display().to_string();
            let map = map
                .iter()
                .map(|(base, input)| (base.to_string(), input.to_string()));
            let request = IngestRequest {
                map: FieldMap::new(map.collect())?,
                language: language.map(str::to_string),
                ..IngestRequest::new(vec![input], folder.to_path_buf())
            };
            ingest(engine, &request).await?;
        }
        let corpora = [Arc::new(Corpus::open(folder)?)];
        let query = "SELECT source, language, text FROM corpus";
        let planned = Planner::new(engine, &corpora)?.plan(query).await?;
        let mut found: BTreeMap<(String, Option<String>), Vec<String>> = BTreeMap::new();
        for batch in planned.collect().await? {
            let columns = batch.columns().iter().map(|c| cast(c, &DataType::Utf8));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            let value = |column: usize, row: usize| {
                let values = columns[column].as_string::<i32>();
                values.is_valid(row).then(|| values.value(row).to_string())
            };
            for row in 0..batch.num_rows() {
                let source = value(0, row).unwrap_or_else(|| "nowhere".to_string());
                let sentences = found.entry((source, value(1, row))).or_default();
                let text = value(2, row).unwrap_or_default();
                let pieces = text.split('\n').flat_map(|line| line.split_inclusive(". "));
                let pieces = pieces
                    .map(str::trim)
                    .filter(|s| (8..=900).contains(&s.len()));
                sentences.extend(pieces.map(str::to_string));
            }
        }
        let sources: Vec<Source> = found
            .into_iter()
            .filter(|(_, sentences)| sentences.len() >= 40)
            .map(|((name, language), sentences)| Source {
                name,
                language,
                sentences,
            })
            .collect();
        let weights = sources.iter().map(|s| (s.sentences.len() as f64).sqrt());
        let sum: f64 = weights.clone().sum();
        let mut share = 0.0;
        let shares = weights.map(|weight| {
            share += weight / sum;
            share
        });
        Ok(Self {
            shares: shares.collect(),
            sources,
        })
    }

    /// Document `number`.
    pub fn document(&self, number: u64) -> Document {
        let mut random = Random::new(number, 1);
        let mut original = number;
        while original > 0 && random.unit() < REPEATED {
            original = (original as f64 * random.unit().powi(3)) as u64;
        }
        let mut random = Random::new(original, 2);
        let drawn = random.unit();
        let source = self.shares.partition_point(|share| *share < drawn);
        let source = &self.sources[source.min(self.sources.len() - 1)];
        let length = MEDIAN * (SIGMA * random.normal()).exp();
        let length = length.clamp(LENGTHS.0, LENGTHS.1) as usize;
        Document {
            id: format!("bench-{number:012}"),
            text: source.text(&mut random, length),
            url: format!("https://site{}.example/{number:x}", random.below(60_000)),
            source: source.name.clone(),
            language: source.language.clone(),
            uniform: uniform(number),
        }
    }
}

impl Source {
    fn text(&self, random: &mut Random, length: usize) -> String {
        let mut text = String::with_capacity(length + 1024);
        while text.len() < length {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            let first = random.below(self.sentences.len());
            let end = (first + 1 + random.below(5)).min(self.sentences.len());
            for sentence in &self.sentences[first..end] {
                text.push_str(sentence);
                text.push(' ');
            }
            text.push_str(&self.sentences[random.below(self.sentences.len())]);
        }
        text
    }
}

/// What the column `u` holds in a row.
pub fn uniform(row: u64) -> f64 {
    Random::new(row, 3).unit()
}

/// Numbers that look random: SplitMix64.
struct Random(u64);

impl Random {
    fn new(number: u64, purpose: u64) -> Self {
        Self(number.wrapping_mul(0xD134_2543_DE82_EF95) ^ purpose << 56)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.unit(), self.unit());
        (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
    }
}
