//! The pieces of a text as hashes: pieces with equal hashes are copies of each other.

use std::sync::Arc;

use corpusql_text::spans::{COPIES, Tools, copies};
use datafusion::arrow::array::{ArrayBuilder, ArrayRef, ListBuilder, UInt64Builder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::exec_err;
use datafusion::error::Result;

use super::FAMILY;
use crate::definition::{Argument, ArgumentType, Definition, list_of};
use crate::function::{Body, Function};
use crate::strings::Strings;

/// The function.
pub(super) fn function() -> Function {
    Function {
        definition: Definition {
            family: &FAMILY,
            name: "piece_hashes",
            arguments: vec![
                Argument {
                    name: "text",
                    accepts: ArgumentType::Text,
                    meaning: "the text of the document",
                },
                Argument {
                    name: "way",
                    accepts: ArgumentType::Text,
                    meaning: "whose pieces: `ccnet_paragraphs`, `dolma_paragraphs`, `dolma_paragraphs_skip_empty`, `dolma_paragraphs_min_20`, `datatrove_sentences`, `datatrove_sentences_1_no_min`, `datatrove_lines_no_min` or `c4_lines`",
                },
            ],
            repeated: None,
            returns: list_of(DataType::UInt64),
            definition: "The pieces of a text in order, as hashes; NULL is a piece that is no copy of anything. `ccnet_paragraphs`: lines as CCNet normalises them, the first eight bytes of SHA-1 read as little-endian. `dolma_paragraphs`: lines as they are; `_skip_empty`: NULL for those of whitespace only; `_min_20`: also for those of fewer than 20 characters. `datatrove_sentences`: windows of three sentences of spaCy's English sentencizer, each as datatrove simplifies it, joined by spaces, XXH64; `_1_no_min`: single sentences; `datatrove_lines_no_min`: windows of three lines of Python's splitlines; NULL for blank windows. `c4_lines`: lines trimmed and in lower case. XXH3 where nothing else is said.",
            strict: true,
            undefined: "never",
            range: None,
            source: "facebookresearch/cc_net bda555b; allenai/dolma 1.2.1; huggingface/datatrove 0.10.1; tensorflow/datasets c4_utils",
            example: ("piece_hashes('', 'ccnet_paragraphs')", "[]"),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(args: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let texts = Strings::of_array(&args[0])?;
    let ways = Strings::of_array(&args[1])?;
    let mut lists = ListBuilder::with_capacity(UInt64Builder::new(), rows);
    let mut tools = Tools::default();
    let mut keys = Vec::new();
    for row in 0..rows {
        let (Some(text), Some(name)) = (texts.get(row), ways.get(row)) else {
            lists.append_null();
            continue;
        };
        let Some(way) = copies(name) else {
            let names: Vec<_> = COPIES.iter().map(|(name, _)| *name).collect();
            return exec_err!(
                "piece_hashes: there is no way '{name}', expected one of {}",
                names.join(", ")
            );
        };
        keys.clear();
        way.keys(&mut tools, text, &mut keys);
        let items = lists.values().len() + keys.len();
        if i32::try_from(items).is_err() {
            return exec_err!(
                "the documents of one batch have more than {} pieces\nhint: set a smaller batch size",
                i32::MAX
            );
        }
        lists.values().extend(keys.drain(..));
        lists.append(true);
    }
    Ok(Arc::new(lists.finish()))
}
