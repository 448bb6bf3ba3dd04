//! A text without ranges of its bytes.

use std::sync::Arc;

use corpusql_text::substrings::without;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::exec_err;
use datafusion::error::Result;

use super::FAMILY;
use crate::definition::{Argument, ArgumentType, Definition};
use crate::function::{Body, Function};
use crate::strings::Strings;

/// The function.
pub(super) fn function() -> Function {
    let places = |name, meaning| Argument {
        name,
        accepts: ArgumentType::Numbers,
        meaning,
    };
    Function {
        definition: Definition {
            family: &FAMILY,
            name: "text_without_bytes",
            arguments: vec![
                Argument {
                    name: "text",
                    accepts: ArgumentType::Text,
                    meaning: "the text",
                },
                places("starts", "where ranges begin, in bytes from 0, ascending"),
                places("ends", "the bytes behind them"),
            ],
            repeated: None,
            returns: DataType::Utf8View,
            definition: "The text without ranges of bytes of its UTF-8. A character that is partly in a range is left out too.",
            strict: true,
            undefined: "never",
            range: None,
            source: "CorpuSQL",
            example: (
                "text_without_bytes('one two three', [0, 8], [4, 13])",
                "two ",
            ),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(args: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let texts = Strings::of_array(&args[0])?;
    let [starts, ends]: [&ListArray; 2] = [1, 2].map(|i| args[i].as_list());
    let mut cut = StringViewBuilder::with_capacity(rows);
    let mut rest = String::new();
    for row in 0..rows {
        let Some(text) = texts
            .get(row)
            .filter(|_| starts.is_valid(row) && ends.is_valid(row))
        else {
            cut.append_null();
            continue;
        };
        let (starts, ends) = (starts.value(row), ends.value(row));
        if starts.len() != ends.len() {
            return exec_err!(
                "text_without_bytes: expected a start and an end for each range, found {} starts and {} ends",
                starts.len(),
                ends.len()
            );
        }
        let starts = starts.as_primitive::<Float64Type>().values();
        let ends = ends.as_primitive::<Float64Type>().values();
        // What is negative or no number begins with the text.
        let ranges = starts
            .iter()
            .zip(ends)
            .map(|(&start, &end)| start as usize..end as usize);
        rest.clear();
        without(text, ranges.filter(|range| !range.is_empty()), &mut rest);
        cut.try_append_value(&rest)?;
    }
    Ok(Arc::new(cut.finish()))
}
