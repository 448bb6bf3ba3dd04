//! One reviewed list of all functions, with a digest of what each gives for the golden documents: a
//! changed value needs a new definition version, or stored columns would not be known to be stale.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::sync::Arc;

use corpusql_udfs::{Definition, Functions};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, UInt32Type, UInt64Type};
use datafusion::prelude::SessionContext;
use xxhash_rust::xxh3::xxh3_128;

use crate::support::{Documents, Result, context, functions, here};

const FILE: &str = "golden_digests.txt";
const UPDATE: &str = "CORPUSQL_UPDATE_DIGESTS=1 cargo test --workspace --test laws golden_digests";

/// Calls of the functions that are no column of a document.
const CALLS: [(&str, &str); 10] = [
    (
        "lines_flagged_word_fraction",
        "lines_flagged_word_fraction(rps_lines_uppercase_letter_fraction(text), \
         rps_lines_numerical_chars_fraction(text), rps_lines_num_words(text), 0.1, 0.05)",
    ),
    (
        "bit_pattern",
        "bit_pattern(rps_doc_word_count(text) > 100, rps_doc_ut1_blacklist(domain) > 10, language = 'en')",
    ),
    (
        "fineweb2_threshold",
        "fineweb2_threshold(CASE WHEN language = 'en' THEN 'sco_Latn' WHEN language = 'de' THEN 'deu_Latn' ELSE language END, 'dup_5_gram')",
    ),
    (
        "minhash",
        "minhash(text, CASE WHEN language = 'en' THEN 'rpv2' ELSE 'bigcode' END)",
    ),
    (
        "minhash_band",
        "minhash_band(minhash(text, 'text_dedup'), 24, 40)",
    ),
    (
        "minhash_bands",
        "minhash_bands(minhash(text, 'slimpajama'), 9, 52)",
    ),
    (
        "simhash",
        "simhash(text, CASE WHEN language = 'en' THEN 'roots' WHEN language = 'de' THEN 'rpv1_books' ELSE 'text_dedup' END)",
    ),
    (
        "hamming_distance",
        "hamming_distance(simhash(text, 'roots'), simhash(text, 'rpv1_books'))",
    ),
    (
        "piece_hashes",
        "piece_hashes(text, CASE WHEN language = 'en' THEN 'ccnet_paragraphs' ELSE 'datatrove_sentences' END)",
    ),
    (
        "text_without_spans",
        "text_without_spans(text, [1, 40], [7, 95], '-')",
    ),
];

#[tokio::test]
async fn golden_digests() -> Result {
    let functions = functions()?;
    let documents = Documents::golden()?;
    let context = context(&functions)?;
    context.register_batch("golden", batch(&documents)?)?;

    let texts = format!(
        "documents {:032x}",
        xxh3_128(format!("{documents:?}").as_bytes())
    );
    let mut found = format!("{texts}\n");
    for definition in functions.definitions() {
        for (signature, call) in calls(&functions, definition)? {
            let digest = digest(&context, &call).await?;
            writeln!(
                found,
                "{signature} -> {} | version {} | {digest:032x}",
                definition.sql_type(),
                definition.version
            )?;
        }
    }
    let pinned = fs::read_to_string(here("udfs").join(FILE)).unwrap_or_default();
    if pinned == found {
        return Ok(());
    }
    // New documents move every digest.
    if pinned.starts_with(&texts) {
        let (pinned, found) = (by_version(&pinned), by_version(&found));
        for (function, digest) in &found {
            let before = pinned.get(function).unwrap_or(digest);
            assert_eq!(
                before, digest,
                "{function}: the values of the golden documents have changed without a new \
                 definition version; raise `version` where the function is defined, then update \
                 udfs/{FILE}:\n    {UPDATE}"
            );
        }
    }
    if std::env::var_os("CORPUSQL_UPDATE_DIGESTS").is_some() {
        fs::write(here("udfs").join(FILE), &found)?;
        return Ok(());
    }
    let changes: Vec<_> = found
        .lines()
        .filter(|line| !pinned.lines().any(|l| l == *line))
        .map(|line| format!("+ {line}"))
        .chain(
            pinned
                .lines()
                .filter(|line| !found.lines().any(|l| l == *line))
                .map(|line| format!("- {line}")),
        )
        .collect();
    panic!(
        "udfs/{FILE} does not list the functions as they are:\n{}\nupdate it with:\n    {UPDATE}",
        changes.join("\n")
    );
}

/// `function | version` and the digest.
fn by_version(list: &str) -> BTreeMap<&str, &str> {
    list.lines()
        .filter_map(|line| line.rsplit_once(" | "))
        .collect()
}

/// Calls of a function on the golden documents, and what each is listed as.
fn calls(functions: &Functions, definition: &Definition) -> Result<Vec<(String, String)>> {
    let columns: Vec<_> = functions
        .virtual_columns()
        .filter(|column| column.function == definition.name)
        .map(|column| {
            let listed = match column.literal {
                Some(_) => column.call.clone(),
                None => definition.signature(),
            };
            (listed, column.call.clone())
        })
        .collect();
    if !columns.is_empty() {
        return Ok(columns);
    }
    let call = CALLS.iter().find(|(name, _)| *name == definition.name);
    let (_, call) = call.ok_or_else(|| format!("add a call of {} to CALLS", definition.name))?;
    Ok(vec![(definition.signature(), (*call).to_string())])
}

fn batch(documents: &Documents) -> Result<RecordBatch> {
    let columns = ["text", "language", "domain", "url"];
    let columns = columns.map(|name| Ok((name, documents.column(name)?)));
    let columns: Vec<_> = columns.into_iter().collect::<Result<_>>()?;
    Ok(RecordBatch::try_from_iter(columns)?)
}

async fn digest(context: &SessionContext, call: &str) -> Result<u128> {
    let sql = format!("SELECT {call} FROM golden");
    let mut bytes = Vec::new();
    for batch in context.sql(&sql).await?.collect().await? {
        let column = batch.column(0);
        for row in 0..column.len() {
            canonical(&mut bytes, column, row)?;
        }
    }
    Ok(xxh3_128(&bytes))
}

/// Appends a value's bytes: 0 for NULL, or 1 and the value, with its length where that varies.
fn canonical(bytes: &mut Vec<u8>, array: &Arc<dyn Array>, row: usize) -> Result {
    bytes.push(u8::from(array.is_valid(row)));
    if array.is_null(row) {
        return Ok(());
    }
    let sized = |bytes: &mut Vec<u8>, value: &[u8]| {
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        bytes.extend_from_slice(value);
    };
    match array.data_type() {
        DataType::Int64 => {
            bytes.extend_from_slice(&array.as_primitive::<Int64Type>().value(row).to_le_bytes());
        }
        DataType::UInt64 => {
            bytes.extend_from_slice(&array.as_primitive::<UInt64Type>().value(row).to_le_bytes());
        }
        DataType::UInt32 => {
            bytes.extend_from_slice(&array.as_primitive::<UInt32Type>().value(row).to_le_bytes());
        }
        DataType::Float64 => {
            let value = array.as_primitive::<Float64Type>().value(row);
            bytes.extend_from_slice(&value.to_bits().to_le_bytes());
        }
        DataType::Utf8View => sized(bytes, array.as_string_view().value(row).as_bytes()),
        DataType::BinaryView => sized(bytes, array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => sized(bytes, array.as_fixed_size_binary().value(row)),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            bytes.extend_from_slice(&(items.len() as u64).to_le_bytes());
            for item in 0..items.len() {
                canonical(bytes, &items, item)?;
            }
        }
        other => return Err(format!("no canonical bytes of {other}").into()),
    }
    Ok(())
}
