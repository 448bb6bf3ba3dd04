//! How much of a document stands in lines of capitals or digits.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::exec_err;
use datafusion::error::Result;

use super::FAMILY;
use crate::definition::{Argument, ArgumentType, Definition};
use crate::function::{Body, Function};

/// The function.
pub(super) fn function() -> Function {
    let list = |name, meaning| Argument {
        name,
        accepts: ArgumentType::Numbers,
        meaning,
    };
    let number = |name, meaning| Argument {
        name,
        accepts: ArgumentType::Number,
        meaning,
    };
    Function {
        definition: Definition {
            family: &FAMILY,
            name: "lines_flagged_word_fraction",
            arguments: vec![
                list("uppercase", "of each line, how much is in upper case"),
                list("numeric", "of each line, how much is numeric"),
                list("words", "of each line, how many words it has"),
                number(
                    "max_uppercase",
                    "lines with this much upper case, or more, are flagged",
                ),
                number(
                    "max_numeric",
                    "lines with this much numeric, or more, are flagged",
                ),
            ],
            repeated: None,
            returns: DataType::Float64,
            definition: "Words in flagged lines per word of all lines. A line is flagged when it is in upper case or numeric to the given share or more; an item that is NULL flags nothing and counts no words.",
            strict: true,
            undefined: "there are no words",
            range: Some((0.0, 1.0)),
            source: "CorpuSQL, for the line rules of RefinedWeb (arXiv 2306.01116, section G.2)",
            example: (
                "lines_flagged_word_fraction([0.9, 0.1], [0.0, 0.0], [1, 3], 0.5, 1)",
                "0.25",
            ),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(args: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let lists: [&ListArray; 3] = [0, 1, 2].map(|i| args[i].as_list());
    let limits: [&Float64Array; 2] = [3, 4].map(|i| args[i].as_primitive());
    let items = lists.map(|list| list.values().as_primitive::<Float64Type>());
    let fraction = |row: usize| -> Result<Option<f64>> {
        if lists.iter().any(|list| list.is_null(row))
            || limits.iter().any(|limit| limit.is_null(row))
        {
            return Ok(None);
        }
        let lengths = lists.map(|list| list.value_length(row));
        if lengths != [lengths[0]; 3] {
            return exec_err!(
                "lines_flagged_word_fraction: expected lists with an item for each line, found lists of {}, {} and {} items",
                lengths[0],
                lengths[1],
                lengths[2]
            );
        }
        let item = |list: usize, line: i32| {
            let at = (lists[list].value_offsets()[row] + line) as usize;
            items[list].is_valid(at).then(|| items[list].value(at))
        };
        let (mut flagged, mut all) = (0.0, 0.0);
        for line in 0..lengths[0] {
            let words = item(2, line).unwrap_or(0.0);
            let reaches =
                |list: usize| item(list, line).is_some_and(|x| x >= limits[list].value(row));
            all += words;
            if reaches(0) || reaches(1) {
                flagged += words;
            }
        }
        Ok((all > 0.0).then(|| flagged / all))
    };
    let fractions: Float64Array = (0..rows).map(fraction).collect::<Result<_>>()?;
    Ok(Arc::new(fractions))
}
