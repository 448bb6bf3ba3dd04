//! Layer SQL → parts: computes a layer of columns beside the documents.
//!
//! A layer is one SELECT of scalar expressions over `corpus`. Each part of the documents gives one
//! part of the layer, computed alone, so parts run in parallel, are committed one by one and are
//! found again after a crash: a part's footer says what it was computed by and from. Layers that do not read each other
//! are computed together: a text is read, cut into words and counted once for all of them.

mod definition;
mod part;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};

use crate::corpus::layout;
use crate::corpus::lock::LayerLock;
use crate::corpus::{Corpus, Manifest, Part};
use crate::dedup::Read;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::query::Settings;
use crate::session::Engine;
use definition::Definition;
use part::PartPlan;

/// Parts computed at the same time: the second fills the threads while the first one ends.
const PARTS_IN_FLIGHT: usize = 2;

/// What to compute.
#[derive(Clone, Debug)]
pub struct AnnotateRequest {
    /// A named layer, or the user's own SQL.
    pub source: LayerSource,
    /// Put before every column name.
    pub prefix: Option<String>,
}

/// Where a layer's SQL comes from.
#[derive(Clone, Debug)]
pub enum LayerSource {
    /// A layer of the query library.
    Named(String),
    /// A file of the user's, for a layer of this name.
    File {
        /// The SQL file.
        path: PathBuf,
        /// The layer to write.
        layer: String,
    },
    /// SQL that the program makes.
    Sql {
        /// The layer to write.
        layer: String,
        /// Its SELECT.
        sql: String,
    },
}

impl From<Read> for AnnotateRequest {
    fn from(read: Read) -> Self {
        let layer = read.layer;
        Self {
            source: match read.sql {
                Some(sql) => LayerSource::Sql { layer, sql },
                None => LayerSource::Named(layer),
            },
            prefix: None,
        }
    }
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct AnnotateSummary {
    /// The layer.
    pub layer: String,
    /// Parts computed now.
    pub computed: usize,
    /// Parts that were there already.
    pub kept: usize,
    /// Documents in the layer.
    pub documents: u64,
    /// Bytes of the layer on disk.
    pub bytes: u64,
    /// Columns left out because the documents have them already.
    pub left_out: Vec<String>,
}

impl AnnotateSummary {
    /// In words.
    pub fn words(&self) -> String {
        let per_document = self.bytes as f64 / self.documents.max(1) as f64;
        let size = format!(
            "{:.1} MB, {per_document:.1} bytes a document",
            self.bytes as f64 / 1e6
        );
        if self.computed == 0 {
            format!(
                "nothing to do: all {} parts are up to date ({size})",
                self.kept
            )
        } else {
            format!(
                "{} parts computed, {} kept; {size}",
                self.computed, self.kept
            )
        }
    }
}

/// How much of a layer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Parts that would be computed.
    pub parts: usize,
    /// Parts of the documents.
    pub of: usize,
}

/// Says what [`annotate`] would do, writing nothing.
pub async fn pending(engine: &Engine, root: &Path, request: &AnnotateRequest) -> Result<Pending> {
    let corpus = Corpus::open(root)?;
    let settings = Settings::load(engine.options())?;
    let definition = Definition::load(engine, &settings, &corpus, request).await?;
    let folder = root.join(&definition.layer);
    let known = Manifest::read(&folder)?;
    let plans = plan_parts(&corpus, &definition, &folder, known.as_ref())?;
    Ok(Pending {
        parts: plans.iter().filter(|p| p.existing.is_none()).count(),
        of: plans.len(),
    })
}

/// Computes what is missing or stale of layers and makes it visible, in one pass over the documents for all layers that
/// do not read each other's columns.
pub async fn annotate(
    engine: &Engine,
    root: &Path,
    requests: &[AnnotateRequest],
) -> Result<Vec<AnnotateSummary>> {
    // A layer that nobody knows is said before others are computed.
    let settings = Settings::load(engine.options())?;
    for request in requests {
        if let LayerSource::Named(name) = &request.source {
            settings.library().layer(name)?;
        }
    }
    let mut summaries = Vec::with_capacity(requests.len());
    while summaries.len() < requests.len() {
        let corpus = Corpus::open(root)?;
        let group = one_pass(engine, &settings, &corpus, &requests[summaries.len()..]).await?;
        summaries.extend(compute(engine, root, &corpus, group).await?);
    }
    Ok(summaries)
}

/// The first of the layers, as many as can be computed together: none names or writes a column that another writes.
async fn one_pass(
    engine: &Engine,
    settings: &Settings,
    corpus: &Corpus,
    requests: &[AnnotateRequest],
) -> Result<Vec<Definition>> {
    let mut group: Vec<Definition> = Vec::new();
    for request in requests {
        let next = match Definition::load(engine, settings, corpus, request).await {
            Ok(next) => next,
            Err(e) if group.is_empty() => return Err(e),
            // It may read a layer that is not there yet; if that is not the reason, it is said when its turn comes.
            Err(_) => break,
        };
        if let Some((column, other)) = group
            .iter()
            .filter(|other| other.layer != next.layer)
            .find_map(|other| Some((next.column_shared_with(other)?, other)))
        {
            return Err(Error::user(format!(
                "layer {} would write the column {column}, which layer {} before it writes",
                next.layer, other.layer
            ))
            .hint("give the new columns a prefix with --prefix, or other names in the SQL"));
        }
        let tied = |other: &Definition| {
            other.layer == next.layer || other.names_column_of(&next) || next.names_column_of(other)
        };
        if group.iter().any(tied) {
            break;
        }
        group.push(next);
    }
    Ok(group)
}

/// A layer that is being computed.
struct Writing {
    definition: Arc<Definition>,
    folder: PathBuf,
    /// What was visible before.
    known: Option<Manifest>,
    plans: Vec<PartPlan>,
    _lock: LayerLock,
}

impl Writing {
    fn begin(
        corpus: &Corpus,
        root: &Path,
        definition: Definition,
        notes: &mut Vec<String>,
    ) -> Result<Self> {
        let folder = root.join(&definition.layer);
        let lock = LayerLock::take(&folder)?;
        layout::remove_leftovers(&folder)?;
        // A manifest that cannot be read is made anew: the parts' footers hold the same facts.
        let known = Manifest::read(&folder).unwrap_or_else(|e| {
            notes.push(format!(
                "annotate {}: {e}; it is made anew from the parts",
                definition.layer
            ));
            None
        });
        if !definition.left_out.is_empty() {
            notes.push(format!(
                "annotate {}: left out, since the documents have them already: {}",
                definition.layer,
                definition.left_out.join(", ")
            ));
        }
        Ok(Self {
            plans: plan_parts(corpus, &definition, &folder, known.as_ref())?,
            definition: Arc::new(definition),
            folder,
            known,
            _lock: lock,
        })
    }

    /// Makes the parts visible.
    fn commit(self, parts: Vec<Part>) -> Result<AnnotateSummary> {
        let kept = self.plans.iter().filter(|p| p.existing.is_some()).count();
        let manifest = Manifest::new(
            &self.definition.layer,
            self.definition.columns.clone(),
            parts,
            Vec::new(),
        );
        if self.known.as_ref() != Some(&manifest) {
            manifest.commit(&self.folder)?;
        }
        manifest.remove_unlisted(&self.folder)?;
        Ok(AnnotateSummary {
            layer: self.definition.layer.clone(),
            computed: self.plans.len() - kept,
            kept,
            documents: manifest.rows(),
            bytes: manifest.bytes(),
            left_out: self.definition.left_out.clone(),
        })
    }
}

/// Computes layers together.
async fn compute(
    engine: &Engine,
    root: &Path,
    corpus: &Corpus,
    group: Vec<Definition>,
) -> Result<Vec<AnnotateSummary>> {
    let mut notes = Vec::new();
    let layers = group
        .into_iter()
        .map(|definition| Writing::begin(corpus, root, definition, &mut notes))
        .collect::<Result<Vec<_>>>()?;
    let Some(documents) = layers.first().map(|layer| layer.plans.len()) else {
        return Ok(Vec::new());
    };
    let names: Vec<&str> = layers.iter().map(|l| l.definition.layer.as_str()).collect();
    let source = Arc::new(corpus.without_layers(&names));
    let parts: Vec<Vec<(Arc<Definition>, PartPlan)>> = (0..documents)
        .map(|number| {
            let layers = layers.iter();
            layers
                .map(|layer| (Arc::clone(&layer.definition), layer.plans[number].clone()))
                .collect()
        })
        .collect();
    let todo = parts
        .iter()
        .filter(|layers| layers.iter().any(|(_, plan)| plan.existing.is_none()))
        .filter_map(|layers| layers.first())
        .map(|(_, plan)| plan.rows)
        .sum::<u64>();

    let progress = Progress::start(
        &format!("annotate {}", names.join(", ")),
        todo,
        engine.options().quiet,
    );
    for note in notes {
        progress.note(&note);
    }
    let in_flight = engine.options().parts_at_a_time(PARTS_IN_FLIGHT);
    let mut columns: Vec<Vec<Part>> = layers.iter().map(|_| Vec::new()).collect();
    let mut computed = futures::stream::iter(parts)
        .map(|layers| part::compute(engine, &source, layers, &progress))
        .buffered(in_flight);
    while let Some(parts) = computed.try_next().await? {
        for (column, part) in columns.iter_mut().zip(parts) {
            column.push(part);
        }
    }
    drop(computed);
    let summaries = layers
        .into_iter()
        .zip(columns)
        .map(|(layer, parts)| layer.commit(parts))
        .collect::<Result<Vec<_>>>()?;
    match &summaries[..] {
        [summary] => progress.finish(&summary.words()),
        several => {
            for summary in several {
                progress.note(&format!("annotate {}: {}", summary.layer, summary.words()));
            }
            match todo {
                0 => progress.discard(),
                _ => progress.finish(""),
            }
        }
    }
    Ok(summaries)
}

/// For every part of the documents: the part of the layer that is there and still right, or none.
fn plan_parts(
    corpus: &Corpus,
    definition: &Definition,
    folder: &Path,
    known: Option<&Manifest>,
) -> Result<Vec<PartPlan>> {
    let documents = &corpus.documents().manifest().parts;
    let mut on_disk: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
    if let Ok(entries) = fs::read_dir(folder) {
        for entry in entries {
            let path = entry.map_err(|e| Error::io("list", folder, e))?.path();
            let name = path
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            if let Some(number) = layout::part_number(&name) {
                on_disk.entry(number).or_default().push(path);
            }
        }
    }
    let mut plans = Vec::with_capacity(documents.len());
    for (number, document) in documents.iter().enumerate() {
        let made_from = definition.made_from(corpus, number)?;
        let mut plan = PartPlan {
            number,
            rows: document.rows,
            text_bytes: document.text_bytes.unwrap_or(document.bytes),
            made_from,
            document_row_groups: document.row_groups.clone(),
            existing: None,
            target: folder.join(layout::part_file(number, 1)),
        };
        let mut files = on_disk.remove(&number).unwrap_or_default();
        files.sort();
        for path in &files {
            if let Some(part) = part::adopt(path, definition, &plan) {
                plan.existing = Some(part);
                break;
            }
        }
        if plan.existing.is_none() {
            // Readers may still use a part that the visible generation lists: it keeps its name.
            let listed = known
                .and_then(|m| m.parts.get(number))
                .map(|p| folder.join(&p.file));
            let mut attempt = 1;
            while Some(&plan.target) == listed.as_ref() && plan.target.exists() {
                attempt += 1;
                plan.target = folder.join(layout::part_file(number, attempt));
            }
        }
        plans.push(plan);
    }
    Ok(plans)
}
