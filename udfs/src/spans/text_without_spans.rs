//! A text without some of its spans.

use std::sync::Arc;

use corpusql_text::spans::without_spans;
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
    let list = |name, meaning| Argument {
        name,
        accepts: ArgumentType::Numbers,
        meaning,
    };
    let text = |name, meaning| Argument {
        name,
        accepts: ArgumentType::Text,
        meaning,
    };
    Function {
        definition: Definition {
            family: &FAMILY,
            name: "text_without_spans",
            arguments: vec![
                text("text", "the text of the document"),
                list("starts", "where spans begin, in characters from 0"),
                list("ends", "where they end: the first character behind each"),
                text("between", "what is put in place of a span inside the text"),
            ],
            repeated: None,
            returns: DataType::Utf8View,
            definition: "The text without spans of characters, which are in the order of where they begin. A span inside the text is replaced by `between`, one at the text's start or end by nothing. What lies beyond the text does not count, nor does what a span before has cut already; an empty span changes nothing.",
            strict: true,
            undefined: "never",
            range: None,
            source: "CorpuSQL",
            example: ("text_without_spans('naïve text', [2], [6], '-')", "na-text"),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(args: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let texts = Strings::of_array(&args[0])?;
    let lists: [&ListArray; 2] = [1, 2].map(|i| args[i].as_list());
    let between = Strings::of_array(&args[3])?;
    let mut written = StringViewBuilder::with_capacity(rows);
    let mut out = String::new();
    for row in 0..rows {
        let (Some(text), Some(between), true) = (
            texts.get(row),
            between.get(row),
            lists.iter().all(|list| list.is_valid(row)),
        ) else {
            written.append_null();
            continue;
        };
        let [starts, ends] = lists.map(|list| list.value(row));
        if starts.len() != ends.len() || starts.null_count() + ends.null_count() > 0 {
            return exec_err!(
                "text_without_spans: expected as many ends as starts and no NULL, found {} starts and {} ends, {} of them NULL",
                starts.len(),
                ends.len(),
                starts.null_count() + ends.null_count()
            );
        }
        let [starts, ends] = [&starts, &ends].map(|list| list.as_primitive::<Float64Type>());
        // Negative numbers count as 0.
        let spans = starts.values().iter().zip(ends.values());
        let spans = spans.map(|(&start, &end)| (start as u64, end as u64));
        out.clear();
        without_spans(text, spans, between, &mut out);
        written.try_append_value(&out)?;
    }
    Ok(Arc::new(written.finish()))
}
