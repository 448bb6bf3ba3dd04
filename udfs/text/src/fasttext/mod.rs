//! fastText's classifiers: which label a text has, and how sure the model is.
//!
//! Reads models as the C++ program writes them, `.bin` and quantised `.ftz`, and answers as it does, its
//! peculiarities included: bytes above 127 are hashed as negative numbers, 0.00001 is added before every logarithm,
//! sigmoids of some losses come from a table. For training use fastText itself (<https://fasttext.cc>).
//!
//! ```no_run
//! use std::path::Path;
//! use corpusql_text::fasttext::{Model, Scratch};
//!
//! # fn main() -> Result<(), corpusql_text::fasttext::ModelError> {
//! let model = Model::read(Path::new("lid.176.ftz"))?;
//! let mut scratch = Scratch::default();
//! for answer in model.predict("Guten Tag", 1, &mut scratch) {
//!     println!("{} {}", model.label(answer.label), answer.probability);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! * `reader`: the file, number by number, with the place of what is wrong.
//! * `dictionary`: words, labels, and the n-grams that a word or a line stands for.
//! * `recent`: what the dictionary found for the words of texts before.
//! * `matrix`: rows of weights, as they are or as codes of a product quantiser.
//! * `output`: from the weights of a line to labels, by the loss that the model was trained with.

mod dictionary;
mod matrix;
mod output;
mod reader;
mod recent;
#[cfg(test)]
mod twin;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use dictionary::{Dictionary, Found};
use matrix::{Matrix, SHORT};
use output::{Loss, Output};
pub use reader::ModelError;
use reader::Reader;

/// How a classifier was trained: what of it matters to its answers.
#[derive(Clone, Copy, Debug)]
struct Settings {
    dimensions: usize,
    /// The longest n-gram of words.
    word_ngrams: usize,
    loss: Loss,
    /// How many numbers n-grams are hashed to.
    buckets: u32,
    /// The shortest and the longest n-gram of characters.
    min_chars: usize,
    max_chars: usize,
}

/// A trained classifier. It is read once and shared by all threads.
#[derive(Debug)]
pub struct Model {
    dictionary: Dictionary,
    input: Matrix,
    output: Output,
    digest: u64,
}

/// A label and its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The number of the label.
    pub label: usize,
    /// How sure the model is; up to 0.0001 above 1, as fastText has it.
    pub probability: f32,
}

/// The memory that an answer takes, kept from text to text: some megabytes. One for each thread.
#[derive(Debug, Default)]
pub struct Scratch {
    hidden: Vec<f32>,
    found: Found,
    scores: Vec<f32>,
    nodes: Vec<(usize, f32)>,
    answers: Vec<Answer>,
}

impl Model {
    /// Reads a model from a file.
    ///
    /// # Errors
    /// When the file cannot be read, is cut off, or is no model of a classifier.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let open = || {
            let file = File::open(path)?;
            let len = file.metadata()?.len();
            Ok((file, len))
        };
        let named = |error: ModelError| error.of_file(path);
        let (file, len) = open().map_err(|e| named(ModelError::io(e)))?;
        Self::from_reader(BufReader::with_capacity(1 << 20, file), len).map_err(named)
    }

    /// Reads a model from its bytes.
    ///
    /// # Errors
    /// When they are cut off or are no model of a classifier.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        Self::from_reader(bytes, bytes.len() as u64)
    }

    fn from_reader(source: impl Read, len: u64) -> Result<Self, ModelError> {
        let mut reader = Reader::new(source, len);
        let settings = Settings::read(&mut reader)?;
        let mut dictionary = Dictionary::read(&mut reader, &settings)?;
        let quantised = reader.flag("whether the input is quantised")?;
        if dictionary.is_pruned() && !quantised {
            return Err(reader.wrong(
                "expected a quantised input behind a pruned dictionary, found a plain one",
            ));
        }
        let input = Matrix::read(&mut reader, quantised, "input")?;
        input.check(&reader, "input", dictionary.rows(), settings.dimensions)?;
        let input = match dictionary.take_order() {
            Some(order) => input.in_order(&order),
            None => input,
        };
        let input = input.written_out();
        // Plain models say of the output what quantised ones say of the input.
        let output_quantised = reader.flag("whether the output is quantised")? && quantised;
        let weights = Matrix::read(&mut reader, output_quantised, "output")?;
        weights.check(
            &reader,
            "output",
            dictionary.labels().len(),
            settings.dimensions,
        )?;
        let output = Output::new(settings.loss, weights, dictionary.labels())
            .map_err(|message| reader.wrong(message))?;
        Ok(Self {
            dictionary,
            input,
            output,
            digest: reader.digest(),
        })
    }

    /// How many labels there are.
    pub fn label_count(&self) -> usize {
        self.dictionary.labels().len()
    }

    /// A label, without `__label__`.
    pub fn label(&self, number: usize) -> &str {
        &self.dictionary.labels()[number].name
    }

    /// A digest of the file.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// Bytes of memory held by the weights.
    pub fn memory(&self) -> usize {
        self.input.memory() + self.output.memory()
    }

    /// The `count` most probable labels of a text, the most probable first; none for a text of which the model knows
    /// nothing. Line breaks count as spaces.
    pub fn predict<'s>(&self, text: &str, count: usize, scratch: &'s mut Scratch) -> &'s [Answer] {
        let Scratch {
            hidden,
            found,
            answers,
            ..
        } = &mut *scratch;
        answers.clear();
        hidden.clear();
        hidden.resize(self.input.columns(), 0.0);
        found.recent.begin(self.digest);
        let line = text.as_bytes();
        let mut rows = 0;
        if let Some(short) = self.input.short_rows() {
            let mut sums = [0.0; SHORT];
            self.dictionary.for_each_row(line, found, |numbers| {
                rows += numbers.len();
                // In registers, not in memory, from row to row.
                let mut so_far: [f32; SHORT] = sums;
                for &number in numbers {
                    let row = &short[number as usize];
                    for column in 0..SHORT {
                        so_far[column] += row[column];
                    }
                }
                sums = so_far;
            });
            hidden.copy_from_slice(&sums);
        } else {
            self.dictionary.for_each_row(line, found, |numbers| {
                rows += numbers.len();
                for &number in numbers {
                    self.input.add_row(number as usize, hidden);
                }
            });
        }
        if rows > 0 {
            let share = (1.0 / rows as f64) as f32;
            for value in hidden.iter_mut() {
                *value *= share;
            }
            self.output.best(count, scratch);
        }
        &scratch.answers
    }
}

impl Settings {
    fn read(reader: &mut Reader<impl Read>) -> Result<Self, ModelError> {
        const MAGIC: i32 = 793_712_314;
        const SUPERVISED: i32 = 3;
        let magic = reader.i32("the mark of a fastText model")?;
        if magic != MAGIC {
            return Err(reader.wrong(format!(
                "expected a fastText model, which begins with {MAGIC}, found {magic}"
            )));
        }
        let version = reader.i32("the version")?;
        if !(11..=12).contains(&version) {
            return Err(reader.wrong(format!(
                "expected version 11 or 12 of the format, found {version}"
            )));
        }
        let dimensions = reader.size("dimensions", 1, 1 << 16)?;
        for skipped in ["the window size", "epochs", "the least count", "negatives"] {
            reader.i32(skipped)?;
        }
        let word_ngrams = reader.size("the longest n-gram of words", 0, 1 << 10)?;
        let loss = reader.i32("the loss")?;
        let loss = Loss::of_number(loss)
            .ok_or_else(|| reader.wrong(format!("expected a loss from 1 to 4, found {loss}")))?;
        let model = reader.i32("the kind of model")?;
        if model != SUPERVISED {
            return Err(reader.wrong(format!("expected a classifier (3), found a model of kind {model}, which has word vectors and no labels")));
        }
        let buckets = reader.size("buckets", 0, i32::MAX as usize)?;
        let min_chars = reader.size("the shortest n-gram of characters", 0, 1 << 10)?;
        let max_chars = reader.size("the longest n-gram of characters", 0, 1 << 10)?;
        reader.i32("the rate of updates")?;
        reader.skip(size_of::<f64>(), "the sampling threshold")?;
        let settings = Self {
            dimensions,
            word_ngrams,
            loss,
            buckets: buckets as u32,
            min_chars,
            // Classifiers of the older format had no n-grams of characters.
            max_chars: if version == 11 { 0 } else { max_chars },
        };
        if settings.buckets == 0 && (settings.max_chars > 0 || settings.word_ngrams > 1) {
            return Err(reader.wrong("expected buckets for n-grams, found 0"));
        }
        Ok(settings)
    }
}
