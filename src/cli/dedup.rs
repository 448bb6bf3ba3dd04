//! `corpusql dedup`: duplicates → a layer of clusters.

use std::path::PathBuf;

use clap::Args;

use crate::annotate::{AnnotateRequest, LayerSource, annotate};
use crate::dedup::{self, Preset};
use crate::error::{Error, Result};
use crate::session::Engine;

/// Find duplicates; nothing is deleted
///
/// Writes a layer named after the preset. For every document: PRESET_cluster (the smallest id of the documents that belong
/// together), PRESET_cluster_size, PRESET_rank (1 for the one that stays) and PRESET_duplicate (the others). `WHERE NOT
/// PRESET_duplicate` leaves one of each cluster. What the preset reads of the texts is a layer of its own, made first where it
/// is missing; run again after an interruption, it goes on where it was.
#[derive(Args, Debug)]
pub struct Dedup {
    /// The corpus
    #[arg(required_unless_present = "list")]
    corpus: Option<PathBuf>,
    /// Presets, in this order: exact, url, minhash_rpv2_0_8, … (see --list)
    #[arg(value_name = "PRESET", required_unless_present = "list")]
    presets: Vec<String>,
    /// Show the queries of the presets instead of running them
    #[arg(long)]
    print_sql: bool,
    /// Show all presets
    #[arg(long, exclusive = true)]
    list: bool,
}

impl Dedup {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        if self.list {
            for preset in Preset::all() {
                println!(
                    "{:<24} {}; {}",
                    preset.name,
                    preset.about,
                    preset.survivor.words()
                );
            }
            return Ok(());
        }
        let presets: Vec<_> = self
            .presets
            .iter()
            .map(|name| Preset::named(name))
            .collect::<Result<_>>()?;
        if self.print_sql {
            for preset in presets {
                print!("{}", preset.script());
            }
            return Ok(());
        }
        let corpus = self
            .corpus
            .ok_or_else(|| Error::user("dedup needs a corpus"))?;
        for preset in presets {
            if let Some(layer) = &preset.layer {
                let request = AnnotateRequest {
                    source: LayerSource::Named(layer.clone()),
                    prefix: None,
                };
                annotate(engine, &corpus, &request).await?;
            }
            dedup::dedup(engine, &corpus, &preset).await?;
        }
        Ok(())
    }
}
