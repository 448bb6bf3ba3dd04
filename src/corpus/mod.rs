//! A corpus on disk: documents, and layers of annotations beside them.
//!
//! Alignment is the contract: `part-N` of every layer has the rows of `documents/part-N`, in order.
//! A layer is *fresh* when each of its parts was made from the documents that are there now; a layer
//! that is not is left out of queries with a warning, and `annotate` brings it up to date.

pub mod cutter;
pub mod fingerprint;
pub mod layout;
pub mod lock;
pub mod made;
pub mod manifest;
pub mod scan;
pub mod sink;
pub mod table;

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};

use crate::error::{Error, Result};
use layout::DOCUMENTS;
pub use manifest::{Column, IngestedInput, Manifest, Part};

/// How the definition of a column begins that `corpusql dedup` made; the preset follows.
pub const DEDUP: &str = "dedup ";
/// How the name of a layer ends, and of its one column, that has the keys of clusters which are found by an expression.
pub const KEY: &str = "_key";

/// How the definition of a column begins that `corpusql decontaminate` made; the method follows.
pub const DECONTAMINATE: &str = "decontaminate ";

/// A corpus, opened for reading: one generation of each layer.
#[derive(Debug)]
pub struct Corpus {
    name: String,
    root: PathBuf,
    documents: Arc<Layer>,
    layers: Vec<Arc<Layer>>,
    /// Layers whose manifest cannot be read, and why.
    unreadable: Vec<(String, String)>,
    part_cache: Arc<scan::PartCache>,
}

/// One generation of one layer.
#[derive(Debug)]
pub struct Layer {
    folder: PathBuf,
    manifest: Manifest,
    schema: SchemaRef,
    stale: Option<String>,
}

impl Corpus {
    /// Opens the corpus in `root`.
    pub fn open(root: &Path) -> Result<Self> {
        let name = corpus_name(root);
        let Some(documents) = Layer::open(&root.join(DOCUMENTS))? else {
            let what = if root.exists() {
                "holds no corpus"
            } else {
                "does not exist"
            };
            return Err(Error::user(format!("{} {what}: expected {}", root.display(), root.join(DOCUMENTS).join(layout::MANIFEST).display()))
                .hint(format!("make one with `corpusql ingest INPUT… --to {}`; an interrupted ingest is finished by running it again", root.display())));
        };
        let mut folders = Vec::new();
        for entry in fs::read_dir(root).map_err(|e| Error::io("list", root, e))? {
            let path = entry.map_err(|e| Error::io("list", root, e))?.path();
            if path.is_dir() && path.file_name().is_some_and(|n| n != DOCUMENTS) {
                folders.push(path);
            }
        }
        folders.sort();
        let mut layers: Vec<Arc<Layer>> = Vec::new();
        let mut unreadable = Vec::new();
        for folder in folders {
            match Layer::open(&folder) {
                Ok(Some(layer)) => layers.push(Arc::new(layer)),
                Ok(None) => {}
                Err(e) => {
                    let layer = folder
                        .file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .into_owned();
                    unreadable.push((layer, e.to_string()));
                }
            }
        }
        // A layer may be made from any other: it is judged against all of them.
        let snapshot = layers.clone();
        for layer in &mut layers {
            let stale = layer.why_stale(&documents, &snapshot);
            if stale != layer.stale {
                *layer = Arc::new(Layer {
                    folder: layer.folder.clone(),
                    manifest: layer.manifest.clone(),
                    schema: Arc::clone(&layer.schema),
                    stale,
                });
            }
        }
        Ok(Self {
            name,
            root: root.to_path_buf(),
            documents: Arc::new(documents),
            layers,
            unreadable,
            part_cache: Arc::default(),
        })
    }

    /// Its opened parts.
    pub fn part_cache(&self) -> &scan::PartCache {
        &self.part_cache
    }

    /// The folder's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The documents layer.
    pub fn documents(&self) -> &Arc<Layer> {
        &self.documents
    }

    /// All annotation layers by name, the stale ones too.
    pub fn layers(&self) -> &[Arc<Layer>] {
        &self.layers
    }

    /// The layers that queries read: documents first, then the fresh annotation layers by name.
    pub fn readable_layers(&self) -> impl Iterator<Item = &Arc<Layer>> {
        std::iter::once(&self.documents).chain(self.layers.iter().filter(|l| l.stale.is_none()))
    }

    /// A layer by name, `documents` included.
    pub fn layer(&self, name: &str) -> Option<&Arc<Layer>> {
        if name == DOCUMENTS {
            return Some(&self.documents);
        }
        self.layers.iter().find(|l| l.name() == name)
    }

    /// The readable layer that stores `column`, and the column's place in it.
    pub fn stored_column(&self, column: &str) -> Option<(&Arc<Layer>, usize)> {
        self.readable_layers()
            .find_map(|layer| Some((layer, layer.schema.index_of(column).ok()?)))
    }

    /// The columns that `*` means: all stored columns of readable layers, in layer order.
    pub fn stored_schema(&self) -> SchemaRef {
        let fields: Vec<Arc<Field>> = self
            .readable_layers()
            .flat_map(|l| l.schema.fields().iter().cloned())
            .collect();
        Arc::new(Schema::new(fields))
    }

    /// This corpus as if it had no layer `name`: what that layer is computed from.
    #[must_use]
    pub fn without_layer(&self, name: &str) -> Self {
        self.without_layers(&[name])
    }

    /// The corpus as if it did not have some layers.
    pub fn without_layers(&self, names: &[&str]) -> Self {
        Self {
            name: self.name.clone(),
            root: self.root.clone(),
            documents: Arc::clone(&self.documents),
            layers: self
                .layers
                .iter()
                .filter(|l| !names.contains(&l.name()))
                .cloned()
                .collect(),
            unreadable: self
                .unreadable
                .iter()
                .filter(|(l, _)| !names.contains(&l.as_str()))
                .cloned()
                .collect(),
            part_cache: Arc::clone(&self.part_cache),
        }
    }

    /// Documents in it.
    pub fn rows(&self) -> u64 {
        self.documents.manifest.rows()
    }

    /// What a user should know before trusting a query: layers that are left out, and why.
    pub fn warnings(&self) -> Vec<String> {
        let stale = self
            .layers
            .iter()
            .filter_map(|l| Some((l.name(), l.stale.as_deref()?)));
        let unreadable = self
            .unreadable
            .iter()
            .map(|(layer, why)| (layer.as_str(), why.as_str()));
        stale
            .chain(unreadable)
            .map(|(layer, why)| {
                let command = match self.layer(layer) {
                    Some(layer) => layer.command(&self.root),
                    None => command("annotate", &self.root, layer),
                };
                format!(
                    "layer {layer} of {} is left out: {why}; `{command}` brings it up to date",
                    self.name,
                )
            })
            .collect()
    }
}

impl Layer {
    /// Opens the layer in `folder`; `None` when it has no generation yet.
    pub fn open(folder: &Path) -> Result<Option<Self>> {
        let Some(manifest) = Manifest::read(folder)? else {
            return Ok(None);
        };
        let schema = manifest.schema()?;
        Ok(Some(Self {
            folder: folder.to_path_buf(),
            manifest,
            schema,
            stale: None,
        }))
    }

    /// The layer's name.
    pub fn name(&self) -> &str {
        &self.manifest.layer
    }

    /// The layer's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The command that makes it anew in the corpus `root`.
    pub fn command(&self, root: &Path) -> String {
        let columns = &self.manifest.columns;
        let is_made_by = |step| columns.iter().any(|c| c.definition.starts_with(step));
        if is_made_by(DECONTAMINATE) {
            let (root, name) = (root.display(), self.name());
            format!("corpusql decontaminate {root} --against FILES… --layer {name}")
        } else if let Some(made_by) = columns
            .iter()
            .find_map(|column| column.definition.strip_prefix(DEDUP))
        {
            let (arguments, names) = arguments_and_corpora(made_by);
            let beside = |name: &str| {
                if name == corpus_name(root) {
                    return root.display().to_string();
                }
                // Others are known by name; mostly they lie in one folder.
                let beside = root.with_file_name(name);
                match beside.exists() {
                    true => beside.display().to_string(),
                    false => name.to_string(),
                }
            };
            let roots: Vec<String> = match names {
                "" => vec![root.display().to_string()],
                names => names.split(" and ").map(beside).collect(),
            };
            format!("corpusql dedup {} {arguments}", roots.join(" "))
        } else if let [column] = &columns[..]
            && let Some(clusters) = self.name().strip_suffix(KEY)
            && column.name == self.name()
        {
            let key = in_quotes(&column.definition);
            format!(
                "corpusql dedup {} --key {key} --name {clusters}",
                root.display()
            )
        } else if columns.iter().any(|c| has_parameters(&c.definition)) {
            // Signatures with parameters of the user's are in no library.
            let (root, name) = (root.display(), self.name());
            format!("corpusql annotate {root} --sql FILE --layer {name}")
        } else {
            command("annotate", root, self.name())
        }
    }

    /// Why it does not belong to the documents that are there now, if so.
    pub fn stale(&self) -> Option<&str> {
        self.stale.as_deref()
    }

    /// Where part `part` lies: in the layer's folder, or where the user's file is.
    pub fn part_path(&self, part: usize) -> PathBuf {
        let path = self.folder.join(&self.manifest.parts[part].file);
        // The scan takes no `..`; a file that is gone keeps the path that the manifest has.
        match path.components().any(|c| c == Component::ParentDir) {
            true => path.canonicalize().unwrap_or(path),
            false => path,
        }
    }

    fn why_stale(&self, documents: &Layer, layers: &[Arc<Layer>]) -> Option<String> {
        let (mine, theirs) = (&self.manifest.parts, &documents.manifest.parts);
        if mine.len() != theirs.len() {
            return Some(format!(
                "it has {} parts, the documents have {}",
                mine.len(),
                theirs.len()
            ));
        }
        for (number, (part, document)) in mine.iter().zip(theirs).enumerate() {
            for (source, identity) in &part.made_from {
                let now = if source == DOCUMENTS {
                    Some(&document.identity)
                } else {
                    layers
                        .iter()
                        .find(|l| l.name() == source)
                        .and_then(|l| Some(&l.manifest.parts.get(number)?.identity))
                };
                if now != Some(identity) {
                    return Some(format!(
                        "its part {number} was made from another generation of layer {source}"
                    ));
                }
            }
            if part.rows != document.rows {
                return Some(format!(
                    "its part {number} has {} rows, the documents' has {}",
                    part.rows, document.rows
                ));
            }
        }
        None
    }
}

/// Opens several corpora for one query, each with a name of its own.
pub fn open_all<P: AsRef<Path>>(roots: &[P]) -> Result<Vec<Arc<Corpus>>> {
    let mut corpora = Vec::with_capacity(roots.len());
    let mut folders: Vec<PathBuf> = Vec::with_capacity(roots.len());
    for root in roots.iter().map(AsRef::as_ref) {
        corpora.push(Corpus::open(root)?);
        let folder = root
            .canonicalize()
            .map_err(|e| Error::io("open", root, e))?;
        if folders.contains(&folder) {
            return Err(Error::user(format!(
                "the corpus {} is named twice: its documents would count twice",
                root.display()
            ))
            .hint("name each corpus once"));
        }
        folders.push(folder);
    }
    // As many folders of the path as tell a corpus from the others.
    let last = |folder: &Path, count: usize| -> PathBuf {
        let all: Vec<_> = folder.components().collect();
        all[all.len().saturating_sub(count)..].iter().collect()
    };
    for (number, corpus) in corpora.iter_mut().enumerate() {
        let folder = &folders[number];
        let is_own = |count: &usize| {
            let name = last(folder, *count);
            folders.iter().filter(|f| last(f, *count) == name).count() == 1
        };
        let needed = (1..=folder.components().count()).find(is_own);
        if let Some(count @ 2..) = needed {
            corpus.name = last(folder, count).to_string_lossy().into_owned();
        }
    }
    Ok(corpora.into_iter().map(Arc::new).collect())
}

/// A command that takes a corpus and a name.
fn command(step: &str, root: &Path, name: &str) -> String {
    format!("corpusql {step} {} {name}", root.display())
}

/// Whether a column is a signature of MinHash with parameters beside the scheme.
fn has_parameters(definition: &str) -> bool {
    let scheme = definition.strip_prefix("minhash(text, '");
    scheme.is_some_and(|scheme| scheme.contains(','))
}

/// The definition of a column that `corpusql dedup` made, after [`DEDUP`], as its arguments and the names of the corpora in which
/// clusters were found together, empty where it was one.
pub fn arguments_and_corpora(made_by: &str) -> (&str, &str) {
    // An expression of the user's can hold any words; its layer's name comes after it.
    let after = made_by.rfind(NAME).map_or(0, |place| place + NAME.len());
    match made_by[after..].find(OF_SEVERAL) {
        Some(place) => {
            let (arguments, names) = made_by.split_at(after + place);
            (arguments, &names[OF_SEVERAL.len()..])
        }
        None => (made_by, ""),
    }
}

/// What stands in the arguments of `corpusql dedup` before the name of a layer, which is the last of them.
pub const NAME: &str = "--name ";
/// What stands in the definition of a column before the names of the corpora that it was found in together.
pub const OF_SEVERAL: &str = " of ";

/// A word of a shell's command.
pub fn in_quotes(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The name of the corpus in a folder.
fn corpus_name(root: &Path) -> String {
    let absolute = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    absolute.file_name().map_or_else(
        || "corpus".to_string(),
        |n| n.to_string_lossy().into_owned(),
    )
}
