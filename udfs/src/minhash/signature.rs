//! The MinHash signature of a text by a published scheme.

use std::sync::Arc;

use corpusql_text::minhash::{Scheme, Sketcher};
use datafusion::arrow::array::{ArrayRef, BinaryViewBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::exec_err;
use datafusion::error::Result;

use super::FAMILY;
use crate::definition::{Argument, ArgumentType, Definition};
use crate::function::{Body, Function};
use crate::strings::Strings;

/// The function.
pub(super) fn function() -> Function {
    Function {
        definition: Definition {
            family: &FAMILY,
            name: "minhash",
            arguments: vec![
                Argument {
                    name: "text",
                    accepts: ArgumentType::Text,
                    meaning: "the text of the document",
                },
                Argument {
                    name: "scheme",
                    accepts: ArgumentType::Text,
                    meaning: "whose signature: `rpv2`, `datatrove`, `fineweb`, `text_dedup`, `text_dedup_xxh3`, `bigcode`, `slimpajama`, `refinedweb`, `nemotron_cc` or `dolma3`; other parameters may follow, as in `datatrove,ngram=7,permutations=200,seed=3,hash=sha1_32`",
                },
            ],
            repeated: None,
            returns: DataType::BinaryView,
            definition: "The MinHash signature of a text: for each permutation the smallest permuted hash of its shingles, as 4 bytes (`datatrove`, `fineweb`: 8), the highest first. `rpv2`: 13-grams of normalised words, 128 permutations; `datatrove`: 5-grams of spaCy's English words of the simplified text, 112; `fineweb`: the same with SHA-1 instead of XXH64; `text_dedup`: 5-grams between characters that are no word characters, 250; `text_dedup_xxh3`: the same with XXH3 instead of SHA-1; `bigcode`: 5-grams between characters other than ASCII letters, digits and `_`, 256; `slimpajama`: 13-grams of characters, 128; `refinedweb`: as `datatrove`, 9,000 of 32 bits; `nemotron_cc`: 24-grams of characters, 260; `dolma3`: 5-grams of words in lower case without punctuation, 286. The last three have the published parameters with hashes of our own.",
            strict: true,
            undefined: "`rpv2`, `datatrove`, `fineweb`, `text_dedup`, `text_dedup_xxh3`, `refinedweb`: there are fewer words than a shingle has (the others give all such texts one signature of ones, `dolma3` only those without words)",
            range: None,
            source: "togethercomputer/RedPajama-Data 6d2cee9; huggingface/datatrove 0.10.1; ChenghaoMou/text-dedup 0.4.0; bigcode-project/bigcode-dataset 5b774bf; Cerebras/modelzoo e6da120",
            example: ("minhash('twelve words are too few', 'rpv2')", "NULL"),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(args: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let texts = Strings::of_array(&args[0])?;
    let schemes = Strings::of_array(&args[1])?;
    let mut signatures = BinaryViewBuilder::with_capacity(rows);
    let mut current: Option<(String, usize, Sketcher)> = None;
    let mut bytes = Vec::new();
    for row in 0..rows {
        let (Some(text), Some(name)) = (texts.get(row), schemes.get(row)) else {
            signatures.append_null();
            continue;
        };
        let (_, width, sketcher) = match &mut current {
            Some(current) if current.0 == name => current,
            current => {
                let scheme = match Scheme::parse(name) {
                    Ok(scheme) => scheme,
                    Err(e) => return exec_err!("minhash: {e}"),
                };
                let sketcher = Sketcher::new(scheme);
                current.insert((name.to_string(), scheme.width(), sketcher))
            }
        };
        let Some(signature) = sketcher.sketch(text) else {
            signatures.append_null();
            continue;
        };
        bytes.clear();
        let unused = size_of::<u64>() - *width;
        for value in signature {
            bytes.extend_from_slice(&value.to_be_bytes()[unused..]);
        }
        signatures.try_append_value(&bytes)?;
    }
    Ok(Arc::new(signatures.finish()))
}
