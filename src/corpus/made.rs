//! A layer that a global step makes: what a document gets in it depends on all documents, not on its part alone.
//!
//! The columns' fingerprints, and the identities of everything that is read, decide whether the layer on disk is still right.
//! Parts are committed one by one, and their footers carry these facts, so that a part that was whole before an interruption is
//! found again and not written twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};
use xxhash_rust::xxh3::xxh3_128;

use super::cutter::Cutter;
use super::layout::{self, DOCUMENTS};
use super::lock::LayerLock;
use super::manifest::hex128;
use super::sink::{PartWriter, file_identity, is_wide_text, writer_properties};
use super::{Column, Corpus, Manifest, Part};
use crate::error::{Error, Result};

/// The footer key of what a part was made from and by.
const MADE: &str = "corpusql.made";

/// The layer of a global step, locked for writing.
#[derive(Debug)]
pub struct MadeLayer {
    name: String,
    folder: PathBuf,
    columns: Vec<Column>,
    schema: SchemaRef,
    known: Option<Manifest>,
    /// Of each part, what it is made from.
    made_from: Vec<BTreeMap<String, String>>,
    /// Hash of the columns and of all that is read.
    digest: String,
    documents: Vec<Part>,
    _lock: LayerLock,
}

impl MadeLayer {
    /// Takes the lock of layer `name` and looks at what is there. `step` is the command that makes it (`dedup exact`), for messages;
    /// `reads` are the layers that it reads besides the documents, which must be there and fresh.
    pub fn open(
        corpus: &Corpus,
        name: &str,
        step: &str,
        columns: Vec<Column>,
        reads: &[String],
    ) -> Result<Self> {
        let root = corpus.root().display();
        let documents = corpus.documents().manifest().parts.clone();
        let made_from = identities(corpus, reads).map_err(|read| {
            Error::user(format!("{step} needs the layer {read} of {root}"))
                .hint(format!("`corpusql annotate {root} {read}` makes it"))
        })?;
        for column in &columns {
            if let Some((owner, _)) = corpus.without_layer(name).stored_column(&column.name) {
                return Err(Error::user(format!(
                    "{step} would write the column {}, which layer {} of {} has already",
                    column.name,
                    owner.name(),
                    corpus.name()
                )));
            }
        }
        let folder = corpus.root().join(name);
        let lock = LayerLock::take(&folder)?;
        layout::remove_leftovers(&folder)?;
        let fields = columns
            .iter()
            .map(Column::field)
            .collect::<Result<Vec<_>>>()?;
        let facts = serde_json::to_vec(&(&columns, &made_from))
            .map_err(|e| Error::internal("cannot describe the layer").caused_by(e))?;
        Ok(Self {
            name: name.to_string(),
            schema: Arc::new(Schema::new(fields)),
            columns,
            // A manifest that cannot be read is made anew, with the parts.
            known: Manifest::read(&folder).unwrap_or_default(),
            made_from,
            digest: hex128(xxh3_128(&facts)),
            documents,
            folder,
            _lock: lock,
        })
    }

    /// The columns in Arrow's words.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The generation that readers see, if there is one.
    pub fn known(&self) -> Option<&Manifest> {
        self.known.as_ref()
    }

    /// Whether the layer is whole and was made by this definition from what is there now.
    pub fn is_up_to_date(&self) -> bool {
        let known = self.known.as_ref();
        known.is_some_and(|known| is_current(known, &self.folder, &self.columns, &self.made_from))
    }

    /// The same of layer `name` of a corpus, without taking its lock.
    pub fn is_made(corpus: &Corpus, name: &str, columns: &[Column], reads: &[String]) -> bool {
        let folder = corpus.root().join(name);
        match (Manifest::read(&folder), identities(corpus, reads)) {
            (Ok(Some(known)), Ok(made_from)) => is_current(&known, &folder, columns, &made_from),
            _ => false,
        }
    }

    /// The part `number` as an interrupted run left it, whole and made from what is there now.
    pub fn finished(&self, number: usize) -> Option<Part> {
        let path = self.target(number);
        let reader = SerializedFileReader::new(File::open(&path).ok()?).ok()?;
        let metadata = reader.metadata();
        let facts = metadata.file_metadata().key_value_metadata()?;
        let made = facts.iter().find(|fact| fact.key == MADE)?;
        let row_groups: Vec<u64> = metadata
            .row_groups()
            .iter()
            .map(|group| group.num_rows() as u64)
            .collect();
        let rows = row_groups.iter().sum();
        if made.value.as_ref() != Some(&self.digest) || rows != self.documents[number].rows {
            return None;
        }
        let identity = file_identity(&path).ok()?;
        Some(Part {
            file: layout::file_name(&path),
            rows,
            row_groups,
            bytes: identity.bytes,
            identity: identity.identity,
            text_bytes: None,
            made_from: self.made_from[number].clone(),
        })
    }

    /// Starts the part `number`.
    pub fn part(&self, number: usize) -> Result<MadePart> {
        let target = self.target(number);
        let properties = writer_properties(&self.schema, is_wide_text)?;
        let writer = PartWriter::create(&target, &self.schema, properties)?;
        let document = &self.documents[number];
        Ok(MadePart {
            cutter: Cutter::new(writer, &document.row_groups),
            rows: document.rows,
            file: layout::file_name(&target),
            made: self.digest.clone(),
            made_from: self.made_from[number].clone(),
        })
    }

    /// Makes the parts visible, which are all that the documents have, in order.
    pub fn commit(self, parts: Vec<Part>) -> Result<Manifest> {
        let manifest = Manifest::new(&self.name, self.columns, parts, Vec::new());
        manifest.commit(&self.folder)?;
        manifest.remove_unlisted(&self.folder)?;
        Ok(manifest)
    }

    /// Where a part goes: readers may still use one that the visible generation lists.
    fn target(&self, number: usize) -> PathBuf {
        let listed = self
            .known
            .as_ref()
            .and_then(|known| known.parts.get(number));
        let taken = |name: &String| listed.is_some_and(|part| part.file == *name);
        let mut names = (1..).map(|attempt| layout::part_file(number, attempt));
        let free = names.find(|name| !taken(name)).unwrap_or_default();
        Path::new(&self.folder).join(free)
    }
}

/// Of each part, the identities of what is read; or the layer that is not there, or not fresh.
fn identities<'a>(
    corpus: &Corpus,
    reads: &'a [String],
) -> std::result::Result<Vec<BTreeMap<String, String>>, &'a str> {
    let parts = corpus.documents().manifest().parts.iter();
    let mut made_from: Vec<_> = parts
        .map(|part| BTreeMap::from([(DOCUMENTS.to_string(), part.identity.clone())]))
        .collect();
    for read in reads {
        let layer = corpus.layer(read).filter(|layer| layer.stale().is_none());
        let layer = layer.ok_or(read.as_str())?;
        for (identities, part) in made_from.iter_mut().zip(&layer.manifest().parts) {
            identities.insert(read.clone(), part.identity.clone());
        }
    }
    Ok(made_from)
}

/// Whether a generation is whole and was made by this definition from what is there now.
fn is_current(
    known: &Manifest,
    folder: &Path,
    columns: &[Column],
    made_from: &[BTreeMap<String, String>],
) -> bool {
    let parts = known.parts.iter();
    known.columns == columns
        && parts.clone().map(|part| &part.made_from).eq(made_from)
        && parts.clone().all(|part| {
            file_identity(&folder.join(&part.file))
                .is_ok_and(|found| found.identity == part.identity)
        })
}

/// A part that is being written.
pub struct MadePart {
    cutter: Cutter,
    rows: u64,
    file: String,
    made: String,
    made_from: BTreeMap<String, String>,
}

impl MadePart {
    /// Adds the rows of the documents that come next.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.cutter.write(batch)
    }

    /// Ends the part, which must have a row for each of its documents.
    pub fn finish(self) -> Result<Part> {
        let file = self.cutter.finish(self.rows, &[(MADE, self.made)])?;
        Ok(Part {
            file: self.file,
            rows: file.rows,
            row_groups: file.row_groups,
            bytes: file.bytes,
            identity: file.identity,
            text_bytes: None,
            made_from: self.made_from,
        })
    }
}
