//! How many tokens a text has in one of the published encodings.

use std::cell::RefCell;
use std::sync::Arc;

use corpusql_text::Needs;
use corpusql_tokens::{Counter, Encoding};
use datafusion::arrow::array::{ArrayRef, Int64Builder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::plan_datafusion_err;
use datafusion::error::Result;

use super::FAMILY;
use crate::definition::{Argument, ArgumentType, Definition};
use crate::function::{Body, DocumentKernel, Function, Input, Kernel};
use crate::strings::Strings;

thread_local! {
    /// One counter for each encoding, with the pieces that it has counted.
    static COUNTERS: RefCell<[Option<Counter>; Encoding::ALL.len()]> = RefCell::default();
}

/// The function, and a column for each encoding.
pub(super) fn function() -> Function {
    let kernel = |column, count| DocumentKernel {
        column,
        inputs: vec![Input::Text],
        needs: Needs::NONE,
        kernel: Kernel::Count(count),
    };
    Function {
        definition: Definition {
            family: &FAMILY,
            name: "token_count",
            arguments: vec![
                Argument {
                    name: "text",
                    accepts: ArgumentType::Text,
                    meaning: "the text of the document",
                },
                Argument {
                    name: "encoding",
                    accepts: ArgumentType::Text,
                    meaning: "`cl100k` (GPT-4), `o200k` (GPT-4o) or `gpt2`",
                },
            ],
            repeated: None,
            returns: DataType::Int64,
            definition: "Tokens of the text in an encoding: `cl100k`, `o200k` or `gpt2` (also known as r50k). Names of special tokens, `<|endoftext|>` for instance, are ordinary text. The columns `tokens_cl100k`, `tokens_o200k` and `tokens_gpt2` are these counts.",
            strict: true,
            undefined: "never; an encoding of another name is an error",
            range: Some((0.0, f64::INFINITY)),
            source: "tiktoken 0.14 (encode_ordinary), https://github.com/openai/tiktoken",
            example: ("token_count('The cat sat on the mat.', 'o200k')", "7"),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: vec![
            (Encoding::Cl100k.name(), kernel("tokens_cl100k", cl100k)),
            (Encoding::O200k.name(), kernel("tokens_o200k", o200k)),
            (Encoding::Gpt2.name(), kernel("tokens_gpt2", gpt2)),
        ],
    }
}

fn cl100k(text: &str) -> i64 {
    count(Encoding::Cl100k, text)
}

fn o200k(text: &str) -> i64 {
    count(Encoding::O200k, text)
}

fn gpt2(text: &str) -> i64 {
    count(Encoding::Gpt2, text)
}

fn count(encoding: Encoding, text: &str) -> i64 {
    COUNTERS.with_borrow_mut(|counters| {
        let counter = counters[encoding as usize].get_or_insert_with(|| Counter::new(encoding));
        // A text has no more tokens than bytes.
        counter.count(text) as i64
    })
}

fn evaluate(args: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let (texts, names) = (Strings::of_array(&args[0])?, Strings::of_array(&args[1])?);
    let mut counts = Int64Builder::with_capacity(rows);
    for row in 0..rows {
        let count = match (texts.get(row), names.get(row)) {
            (Some(text), Some(name)) => {
                let encoding = name
                    .parse()
                    .map_err(|e| plan_datafusion_err!("token_count: {e}"))?;
                Some(count(encoding, text))
            }
            _ => None,
        };
        counts.append_option(count);
    }
    Ok(Arc::new(counts.finish()))
}
