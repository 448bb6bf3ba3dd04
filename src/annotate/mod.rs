//! Layer SQL → parts: computes a layer of columns beside the documents.
//!
//! A layer is one SELECT of scalar expressions over `corpus`. Each part of the documents gives one
//! part of the layer, computed alone, so parts run in parallel, are committed one by one and are
//! found again after a crash: a part's footer says what it was computed by and from.

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
use crate::error::{Error, Result};
use crate::progress::Progress;
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
    let definition = Definition::load(engine, &corpus, request).await?;
    let folder = root.join(&definition.layer);
    let known = Manifest::read(&folder)?;
    let plans = plan_parts(&corpus, &definition, &folder, known.as_ref())?;
    Ok(Pending {
        parts: plans.iter().filter(|p| p.existing.is_none()).count(),
        of: plans.len(),
    })
}

/// Computes what is missing or stale of a layer and makes it visible.
pub async fn annotate(
    engine: &Engine,
    root: &Path,
    request: &AnnotateRequest,
) -> Result<AnnotateSummary> {
    let corpus = Corpus::open(root)?;
    let definition = Definition::load(engine, &corpus, request).await?;
    let folder = root.join(&definition.layer);
    let _lock = LayerLock::take(&folder)?;
    layout::remove_leftovers(&folder)?;

    // A manifest that cannot be read is made anew: the parts' footers hold the same facts.
    let (known, unreadable) = match Manifest::read(&folder) {
        Ok(known) => (known, None),
        Err(e) => (None, Some(e)),
    };
    let plans = plan_parts(&corpus, &definition, &folder, known.as_ref())?;
    let todo: u64 = plans
        .iter()
        .filter(|p| p.existing.is_none())
        .map(|p| p.rows)
        .sum();
    let computed = plans.iter().filter(|p| p.existing.is_none()).count();
    let kept = plans.len() - computed;

    let progress = Progress::start(
        &format!("annotate {}", definition.layer),
        todo,
        engine.options().quiet,
    );
    if let Some(e) = unreadable {
        progress.note(&format!(
            "annotate {}: {e}; it is made anew from the parts",
            definition.layer
        ));
    }
    if !definition.left_out.is_empty() {
        progress.note(&format!(
            "annotate {}: left out, since the documents have them already: {}",
            definition.layer,
            definition.left_out.join(", ")
        ));
    }
    let in_flight = engine.options().parts_at_a_time(PARTS_IN_FLIGHT);
    let source = Arc::new(corpus.without_layer(&definition.layer));
    let definition = Arc::new(definition);
    let parts: Vec<Part> = futures::stream::iter(plans)
        .map(|plan| part::compute(engine, &source, &definition, plan, &progress))
        .buffered(in_flight)
        .try_collect()
        .await?;

    let manifest = Manifest::new(
        &definition.layer,
        definition.columns.clone(),
        parts,
        Vec::new(),
    );
    if known.as_ref() != Some(&manifest) {
        manifest.commit(&folder)?;
    }
    manifest.remove_unlisted(&folder)?;
    let summary = AnnotateSummary {
        layer: definition.layer.clone(),
        computed,
        kept,
        documents: manifest.rows(),
        bytes: manifest.bytes(),
        left_out: definition.left_out.clone(),
    };
    progress.finish(&summary.words());
    Ok(summary)
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
