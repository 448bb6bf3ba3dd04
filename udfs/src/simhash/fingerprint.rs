//! The SimHash of a text by a published scheme.

use std::sync::Arc;

use corpusql_text::simhash::{Fingerprinter, Scheme};
use datafusion::arrow::array::{ArrayRef, UInt64Builder};
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
            name: "simhash",
            arguments: vec![
                Argument {
                    name: "text",
                    accepts: ArgumentType::Text,
                    meaning: "the text of the document",
                },
                Argument {
                    name: "scheme",
                    accepts: ArgumentType::Text,
                    meaning: "whose fingerprint: `roots`, `rpv1_books` or `text_dedup`",
                },
            ],
            repeated: None,
            returns: DataType::UInt64,
            definition: "The SimHash of a text: the 64 bits that are set in more than half of the hashes of its windows. `roots`: lower case without Unicode punctuation, windows of 6 characters but the last, each as often as it occurs, the first 8 bytes of MD5, so that up to 6 characters give 0; `rpv1_books`: lower case, only characters of `\\w`, windows of 6 characters or all there is, each as often as it occurs, the last 8 bytes of MD5; `text_dedup`: windows of 3 characters, in lower case, as a set, XXH3.",
            strict: true,
            undefined: "`text_dedup`: there are fewer than 5 characters",
            range: None,
            source: "bigscience-workshop/data_tooling 458b34d (ac_dc/deduplicate) with seomoz/simhash; togethercomputer/RedPajama-Data f54b86f (data_prep/book) with python-simhash 2.1.2; ChenghaoMou/text-dedup 0.4.0",
            example: (
                "simhash('it was the best of times', 'roots')",
                "2936381503011538625",
            ),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(args: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let texts = Strings::of_array(&args[0])?;
    let schemes = Strings::of_array(&args[1])?;
    let mut fingerprints = UInt64Builder::with_capacity(rows);
    let mut current: Option<(Scheme, Fingerprinter)> = None;
    for row in 0..rows {
        let (Some(text), Some(name)) = (texts.get(row), schemes.get(row)) else {
            fingerprints.append_null();
            continue;
        };
        let fingerprinter = match &mut current {
            Some((scheme, fingerprinter)) if scheme.name() == name => fingerprinter,
            current => {
                let Some(scheme) = Scheme::named(name) else {
                    let names = Scheme::ALL.map(Scheme::name).join(", ");
                    return exec_err!(
                        "simhash: there is no scheme '{name}', expected one of {names}"
                    );
                };
                &mut current.insert((scheme, Fingerprinter::new(scheme))).1
            }
        };
        fingerprints.append_option(fingerprinter.fingerprint(text));
    }
    Ok(Arc::new(fingerprints.finish()))
}
