//! Small corpora, written by hand: odd sizes, NULLs, row groups of layers that do not fit the documents'.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use corpusql::corpus::layout::{DOCUMENTS, part_file};
use corpusql::corpus::sink::{PartWriter, is_wide_text, writer_properties};
use corpusql::corpus::{Column, Corpus, Manifest, Part, fingerprint};
use corpusql::query::Planner;
use corpusql::session::{Engine, Options};
use datafusion::arrow::array::{
    ArrayRef, Float64Array, Int64Array, ListBuilder, RecordBatch, StringViewArray, UInt32Builder,
};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};

/// Rows of the parts, and of their row groups.
pub const PARTS: [(usize, usize); 4] = [(211, 40), (1, 40), (133, 133), (64, 7)];

/// A small generator of numbers.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 16
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

pub fn engine(threads: usize, batch_size: usize) -> Engine {
    Engine::new(Options {
        threads,
        batch_size,
        quiet: true,
        // A small one with words that were made up.
        lid: Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/url/models/hs.ftz")),
        ..Options::default()
    })
    .expect("an engine")
}

/// A corpus of documents and the layers `extra` (numbers and labels), `rpv2` (some signals) and `notes`
/// (wide text), at `folder`.
pub async fn write(folder: &Path) -> Arc<Corpus> {
    let mut parts = Vec::new();
    let mut random = Random(0x5eed_5eed);
    for (number, (rows, row_group)) in PARTS.into_iter().enumerate() {
        let batch = documents(number, rows, &mut random);
        parts.push(write_part(
            &folder.join(DOCUMENTS),
            number,
            &batch,
            row_group,
            BTreeMap::new(),
        ));
    }
    let schema = documents(0, 1, &mut random).schema();
    commit(folder, DOCUMENTS, &schema, &parts, |_| {
        (String::new(), String::new())
    });

    add_layer(folder, "extra", 90, extra).await;
    add_layer(folder, "notes", 25, notes).await;
    add_signals(
        folder,
        "rpv2",
        &[
            "rps_doc_word_count",
            "rps_doc_mean_word_length",
            "rps_lines_num_words",
        ],
    )
    .await;
    Arc::new(Corpus::open(folder).expect("the corpus opens"))
}

/// A corpus of one part with so many documents, at `folder`.
pub fn write_one_part(folder: &Path, rows: usize, row_group: usize) -> Arc<Corpus> {
    let batch = documents(0, rows, &mut Random(0x5eed_5eed));
    let documents = folder.join(DOCUMENTS);
    let part = write_part(&documents, 0, &batch, row_group, BTreeMap::new());
    commit(folder, DOCUMENTS, &batch.schema(), &[part], |_| {
        (String::new(), String::new())
    });
    Arc::new(Corpus::open(folder).expect("the corpus opens"))
}

/// Adds a layer of made-up columns, its row groups of `row_group` rows.
pub async fn add_layer(
    folder: &Path,
    layer: &str,
    row_group: usize,
    values: impl Fn(usize, usize) -> RecordBatch,
) {
    let corpus = Corpus::open(folder).expect("the corpus opens");
    let mut parts = Vec::new();
    for (number, part) in corpus.documents().manifest().parts.iter().enumerate() {
        let batch = values(number, part.rows as usize);
        let made_from = BTreeMap::from([(DOCUMENTS.to_string(), part.identity.clone())]);
        parts.push(write_part(
            &folder.join(layer),
            number,
            &batch,
            row_group,
            made_from,
        ));
    }
    let schema = values(0, 1).schema();
    commit(folder, layer, &schema, &parts, |_| {
        (String::new(), String::new())
    });
}

/// Stores signals as a layer, with the values a query gives and the fingerprints of today.
pub async fn add_signals(folder: &Path, layer: &str, signals: &[&str]) {
    let engine = engine(2, 8192);
    let corpus = Arc::new(Corpus::open(folder).expect("the corpus opens"));
    let sql = format!("SELECT {} FROM corpus", signals.join(", "));
    let mut parts = Vec::new();
    let mut schema = None;
    for (number, part) in corpus.documents().manifest().parts.iter().enumerate() {
        let planner = Planner::new(&engine, &[Arc::clone(&corpus)]).expect("a planner");
        let planned = planner.with_part(number).plan(&sql).await.expect("a plan");
        let of_plan = planned.schema();
        let batches = planned.collect().await.expect("rows");
        let batch = concat_batches(&of_plan, &batches).expect("one batch");
        let made_from = BTreeMap::from([(DOCUMENTS.to_string(), part.identity.clone())]);
        parts.push(write_part(
            &folder.join(layer),
            number,
            &batch,
            100,
            made_from,
        ));
        schema = Some(of_plan);
    }
    let functions = engine.functions();
    let schema = schema.expect("a part");
    commit(folder, layer, &schema, &parts, |field| {
        let signal = functions.virtual_column(field.name()).expect("a signal");
        let print = fingerprint::of_expression(
            &signal.call,
            &[(signal.function.to_string(), signal.fingerprint)],
            &field.data_type().to_string(),
        );
        (signal.call.clone(), print)
    });
}

pub fn commit(
    folder: &Path,
    layer: &str,
    schema: &SchemaRef,
    parts: &[Part],
    made: impl Fn(&Field) -> (String, String),
) {
    let columns = schema
        .fields()
        .iter()
        .map(|field| {
            let (definition, print) = made(field);
            Column::new(field, definition, print)
        })
        .collect();
    Manifest::new(layer, columns, parts.to_vec(), Vec::new())
        .commit(&folder.join(layer))
        .expect("a manifest");
}

pub fn write_part(
    folder: &Path,
    number: usize,
    batch: &RecordBatch,
    row_group: usize,
    made_from: BTreeMap<String, String>,
) -> Part {
    fs::create_dir_all(folder).expect("a folder");
    let file = part_file(number, 1);
    let properties = writer_properties(&batch.schema(), is_wide_text).expect("properties");
    let mut writer =
        PartWriter::create(&folder.join(&file), &batch.schema(), properties).expect("a writer");
    let mut from = 0;
    while from < batch.num_rows() {
        let rows = row_group.min(batch.num_rows() - from);
        let mut encoder = writer.encoder();
        encoder.write(&batch.slice(from, rows)).expect("rows");
        writer
            .append(encoder.finish().expect("a row group"))
            .expect("appended");
        from += rows;
    }
    let finished = writer.finish(&[]).expect("a file");
    Part {
        file,
        rows: finished.rows,
        row_groups: finished.row_groups,
        bytes: finished.bytes,
        identity: finished.identity,
        text_bytes: None,
        made_from,
    }
}

fn batch(columns: Vec<(&str, bool, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, nullable, array)| Field::new(*name, array.data_type().clone(), *nullable))
        .collect();
    let arrays = columns.into_iter().map(|(_, _, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("a batch")
}

fn documents(part: usize, rows: usize, random: &mut Random) -> RecordBatch {
    const WORDS: [&str; 12] = [
        "the", "of", "river", "Stone", "météo", "größe", "and", "lorem", "ipsum", "42", "NASA",
        "数据",
    ];
    let texts: Vec<String> = (0..rows)
        .map(|_| {
            let mut text = String::new();
            for _ in 0..random.below(60) * random.below(2) + random.below(9) {
                text.push_str(random.one_of(&WORDS[..]));
                text.push_str(random.one_of(&[" ", " ", " ", "\n", ". ", "…"]));
            }
            text
        })
        .collect();
    let some = |random: &mut Random, choices: &[&'static str]| {
        (random.below(8) > 0).then(|| random.one_of(choices))
    };
    let languages: StringViewArray = (0..rows)
        .map(|_| some(random, &["en", "de", "fr", "zh"]))
        .collect();
    let sources: StringViewArray = (0..rows)
        .map(|_| Some(random.one_of(&["wiki", "web", "books"])))
        .collect();
    let ids: StringViewArray = (0..rows).map(|row| Some(format!("{part}-{row}"))).collect();
    let urls: StringViewArray = (0..rows)
        .map(|row| (row % 5 > 0).then(|| format!("https://site{}.org/{row}", row % 3)))
        .collect();
    batch(vec![
        ("id", false, Arc::new(ids)),
        (
            "text",
            false,
            Arc::new(StringViewArray::from_iter_values(texts)),
        ),
        ("url", true, Arc::new(urls)),
        ("source", true, Arc::new(sources)),
        ("language", true, Arc::new(languages)),
    ])
}

fn extra(part: usize, rows: usize) -> RecordBatch {
    let mut random = Random(77 + part as u64);
    let scores: Float64Array = (0..rows)
        .map(|_| match random.below(12) {
            0 => None,
            1 => Some(f64::NAN),
            n => Some(n as f64 / 7.0 + random.below(100) as f64 * 0.013),
        })
        .collect();
    // Ordered, so that statistics rule rows out.
    let places: Int64Array = (0..rows)
        .map(|row| Some((part * 1000 + row) as i64))
        .collect();
    let few: Int64Array = (0..rows)
        .map(|_| (random.below(6) > 0).then(|| random.below(5) as i64))
        .collect();
    let labels: StringViewArray = (0..rows)
        .map(|_| (random.below(4) > 0).then(|| random.one_of(&["good", "bad", "ugly"])))
        .collect();
    let mut lists = ListBuilder::new(UInt32Builder::new());
    for row in 0..rows {
        for item in 0..row % 3 {
            lists.values().append_value(item as u32);
        }
        lists.append(row % 7 > 0);
    }
    batch(vec![
        ("score", true, Arc::new(scores)),
        ("place", true, Arc::new(places)),
        ("few", true, Arc::new(few)),
        ("label", true, Arc::new(labels)),
        ("items", true, Arc::new(lists.finish())),
    ])
}

fn notes(part: usize, rows: usize) -> RecordBatch {
    let mut random = Random(991 + part as u64);
    let notes: StringViewArray = (0..rows)
        .map(|row| {
            let words = random.below(30);
            (row % 11 > 0).then(|| format!("note {row} {}", "word ".repeat(words)))
        })
        .collect();
    batch(vec![("note_text", true, Arc::new(notes))])
}
