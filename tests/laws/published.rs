//! All golden documents, read from Parquet by DataFusion: each signal alone and in one pass equals
//! what the reference implementation gave, bit for bit. Runs where `../shared/data/golden/rpv2` is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use corpusql_udfs::{Functions, Lists, Ut1List};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::{cast, concat_batches};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::prelude::ParquetReadOptions;

use crate::support::{Result, context, here};

/// One document's value as bits; `None` is NULL.
#[derive(Debug, PartialEq)]
enum Bits {
    One(Option<u64>),
    List(Option<Vec<Option<u64>>>),
}

fn golden() -> Option<PathBuf> {
    let folder = here("../shared/data/golden/rpv2");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

async fn batch(functions: &Functions, folder: &Path, sql: &str) -> Result<RecordBatch> {
    let context = context(functions)?;
    for table in ["documents", "signals"] {
        let path = folder.join(format!("{table}.parquet"));
        let path = path.to_str().ok_or("a path that is no UTF-8")?;
        context
            .register_parquet(table, path, ParquetReadOptions::default())
            .await?;
    }
    let batches = context.sql(sql).await?.collect().await?;
    let schema = batches.first().ok_or("no rows")?.schema();
    Ok(concat_batches(&schema, &batches)?)
}

#[tokio::test]
async fn all_golden_documents() -> Result {
    let Some(folder) = golden() else {
        return Ok(());
    };
    let ut1 = folder.join("artifacts/bad_urls/domain_to_category_id.json");
    let ut1 = Ut1List::from_json(&std::fs::read_to_string(ut1)?)?;
    let functions = Functions::new(Arc::new(Lists::builtin().clone().with_ut1(ut1)));

    let documents = batch(
        &functions,
        &folder,
        "SELECT text, documents.lang AS language, source_domain AS domain, url, signals.* FROM documents \
         JOIN signals ON documents.doc_id = signals.doc_id ORDER BY documents.doc_id",
    )
    .await?;
    let published: Vec<_> = functions
        .virtual_columns()
        .filter(|c| c.name.starts_with("rps_") || c.name.starts_with("ccnet_"))
        .filter(|c| c.name == "rps_lines_end" || documents.column_by_name(c.name).is_some())
        .collect();
    let names: Vec<_> = published.iter().map(|c| c.name).collect();
    let fused = functions.fuse(&names)?;
    let input = |name: &String| {
        documents
            .column_by_name(name)
            .cloned()
            .ok_or("a column is missing")
    };
    let inputs: Vec<_> = fused.inputs().iter().map(input).collect::<Result<_, _>>()?;
    let together = fused.evaluate(&inputs, documents.num_rows())?;

    let mut compared = 0;
    for (column, together) in published.iter().zip(&together) {
        let name = column.name;
        let alone = batch(
            &functions,
            &folder,
            &format!(
                "SELECT {} FROM (SELECT text, lang AS language, source_domain AS domain, doc_id FROM documents) \
                 ORDER BY doc_id",
                column.call
            ),
        )
        .await?;
        let (score, part) = match name {
            "rps_lines_end" => ("rps_lines_num_words", "end"),
            name => (name, "score"),
        };
        let expected = documents
            .column_by_name(score)
            .ok_or("a signal is missing")?;
        for row in 0..documents.num_rows() {
            let expected = bits(expected, row, part)?;
            for (how, found) in [("in one pass", together), ("alone", alone.column(0))] {
                assert_eq!(
                    bits(found, row, part)?,
                    expected,
                    "{name} {how}, document {row}"
                );
                compared += 1;
            }
        }
    }
    println!(
        "{} signals of {} documents: {compared} values",
        names.len(),
        documents.num_rows()
    );
    assert!(names.len() >= 30, "{names:?}");
    Ok(())
}

#[tokio::test]
async fn the_domain_of_all_golden_documents() -> Result {
    let Some(folder) = golden() else {
        return Ok(());
    };
    let different = batch(
        &Functions::default(),
        &folder,
        "SELECT count(*) FROM documents WHERE coalesce(url_netloc(url), '') <> coalesce(source_domain, '')",
    )
    .await?;
    assert_eq!(different.column(0).as_primitive::<Int64Type>().value(0), 0);
    Ok(())
}

/// A value, or that part of all triples of a value.
fn bits(array: &ArrayRef, row: usize, part: &str) -> Result<Bits> {
    let doubles = |array: &ArrayRef| -> Result<Vec<Option<u64>>> {
        let array = cast(array, &DataType::Float64)?;
        let values = array.as_primitive::<Float64Type>().iter();
        Ok(values.map(|x| x.map(f64::to_bits)).collect())
    };
    let DataType::List(_) = array.data_type() else {
        return Ok(Bits::One(doubles(&array.slice(row, 1))?[0]));
    };
    let lists = array.as_list::<i32>();
    if lists.is_null(row) {
        return Ok(Bits::List(None));
    }
    let items = lists.value(row);
    let items = match items.as_struct_opt() {
        Some(triples) => triples
            .column_by_name(part)
            .ok_or("a triple lacks a part")?,
        None => &items,
    };
    Ok(Bits::List(Some(doubles(items)?)))
}
