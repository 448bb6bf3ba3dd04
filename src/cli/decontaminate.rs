//! `corpusql decontaminate`: evaluation sets → a layer that says which documents hold pieces of them.

use std::path::PathBuf;

use clap::Args;

use super::selection::warn;
use crate::decontaminate::{self, Changes, Fields, Kind, Method, Request};
use crate::error::Result;
use crate::output::Output;
use crate::progress::say;
use crate::session::Engine;

/// What the layer holds.
const COLUMNS: &str = "\
Columns of the layer NAME, for every document:
  NAME_contaminated             true or false
  NAME_matches                  its n-grams (or paragraphs, tokens) that are of evaluation sets
  NAME_first_match              the first of them; NAME_benchmark and NAME_item say what it is of
  NAME_benchmarks, NAME_items   all that it has something of, as in gsm8k_test and gsm8k_test/17 (counted from 0)
  NAME_span_starts, _span_ends  where, in characters of the text
  palm, llama2: NAME_share      the largest share of a question's n-grams, or tokens, that the document has
  gpt3: NAME_pieces, NAME_dropped, NAME_text
                                into how many pieces the document falls, whether nothing is left of it, and what is left
                                (NULL where nothing changes: coalesce(NAME_text, text) is the cleaned text)";

/// Find documents that hold pieces of evaluation sets; nothing is deleted
///
/// Writes a layer and prints, for each evaluation set, how many of its items were found and in how many documents.
/// `WHERE NOT decontaminate_datatrove_contaminated` leaves these out, in sql, filter, mix and export. Run again after an
/// interruption, it goes on where it was; with other evaluation sets, it begins anew.
#[derive(Args, Debug)]
#[command(after_long_help = COLUMNS)]
pub struct Decontaminate {
    /// The corpora
    #[arg(value_name = "CORPUS", required_unless_present = "list")]
    corpora: Vec<PathBuf>,
    /// Evaluation sets: JSON lines (also .gz, .zst), arrays of objects or Parquet; or folders of them
    #[arg(long, value_name = "FILES", num_args = 1.., required_unless_present = "list")]
    against: Vec<PathBuf>,
    /// How: datatrove, gpt3, dolma_paragraphs, palm or llama2 (see --list)
    #[arg(long, value_name = "NAME", default_value = "datatrove")]
    method: String,
    /// Words of an n-gram [default: 12 for datatrove, 13 for gpt3, 8 for palm]
    #[arg(long, value_name = "N")]
    ngram: Option<usize>,
    /// datatrove: n-grams of questions count, too
    #[arg(long)]
    query_ngrams: bool,
    /// datatrove: n-grams that begin in a question and end in its answer do not count
    #[arg(long)]
    no_overlap_ngrams: bool,
    /// The field of the questions [default: query, question, prompt, … whichever is there]
    #[arg(long, value_name = "FIELD")]
    query_field: Option<String>,
    /// The field of the answers [default: label, answer, canonical_solution, … whichever is there]
    #[arg(long, value_name = "FIELD")]
    label_field: Option<String>,
    /// The layer to write [default: decontaminate_METHOD]
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// Show all methods
    #[arg(long, exclusive = true)]
    list: bool,
    #[command(flatten)]
    output: Output,
}

impl Decontaminate {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        if self.list {
            for kind in Kind::ALL {
                println!("{:<17} {}", kind.name(), kind.about());
            }
            return Ok(());
        }
        let changes = Changes {
            n: self.ngram,
            query: self.query_ngrams,
            no_across: self.no_overlap_ngrams,
        };
        let request = Request {
            method: Method::new(&self.method, changes)?,
            against: self.against,
            fields: Fields {
                query: self.query_field,
                label: self.label_field,
            },
            layer: self.layer,
        };
        let report = decontaminate::decontaminate(engine, &self.corpora, &request).await?;
        warn(engine, &report.warnings);
        if !engine.options().quiet {
            say(report.words());
        }
        report.write(&self.output)
    }
}
