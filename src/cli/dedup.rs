//! `corpusql dedup`: duplicates → a layer of clusters.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::annotate::{AnnotateRequest, annotate};
use crate::dedup::{self, Preset, Semantic};
use crate::error::{Error, Result};
use crate::progress::say;
use crate::session::Engine;

/// Find duplicates; nothing is deleted
///
/// Writes a layer named after the preset. For every document: PRESET_cluster (the smallest id of the documents that belong
/// together), PRESET_cluster_size, PRESET_rank (1 for the one that stays) and PRESET_duplicate (the others). `WHERE NOT
/// PRESET_duplicate` leaves one of each cluster. Several corpora are taken as one, in their order, and each gets its layer.
/// What the preset reads of the texts is a layer of its own, made first where it is missing; run again after an interruption,
/// it goes on where it was.
#[derive(Args, Debug)]
pub struct Dedup {
    /// Corpora, then presets, which are run in this order: exact, url, minhash_rpv2_0_8, … (see --list)
    #[arg(value_name = "CORPUS… PRESET", required_unless_present_any = ["list", "print_curve", "key"])]
    names: Vec<String>,
    /// MinHash with your own parameters: scheme=datatrove,ngram=5,bands=20,rows=5, or threshold=0.8 instead of bands and
    /// rows; further permutations, seed, hash (xxh64, xxh3_32, sha1_64, sha1_32), and name (that of the layer). The schemes are those of the presets
    #[arg(long, value_name = "PARAMETERS")]
    minhash: Vec<String>,
    /// Documents belong together when this SQL expression over one document has the same value: 'lower(title)'. NULL belongs to
    /// nothing. The first document stays. The values are the layer NAME_key
    #[arg(long, value_name = "EXPRESSION", requires = "name")]
    key: Option<String>,
    /// The name of the layer that --key writes
    #[arg(long, value_name = "NAME", requires = "key")]
    name: Option<String>,
    /// Link candidates of MinHash only where the Jaccard similarity of their sets of shingles is at least this. Reads the texts
    /// of candidates; writes the layer PRESET_verified
    #[arg(long, value_name = "SIMILARITY", value_parser = similarity)]
    verify: Option<f64>,
    /// Compare the embeddings in this column, lists of numbers, with the preset `semantic` [default: embedding]
    #[arg(long, value_name = "COLUMN")]
    embedding: Option<String>,
    /// Put embeddings into so many cells, and compare only those of one cell [default: the square root of the documents]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    cells: Option<u32>,
    /// The least cosine of embeddings that are duplicates: 1 − ε [default: 0.95]
    #[arg(long, value_name = "COSINE", value_parser = similarity)]
    cosine: Option<f64>,
    /// Show how likely the presets find documents of a similarity instead of running them
    #[arg(long)]
    print_curve: bool,
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
                    preset.way.rule()
                );
            }
            return Ok(());
        }
        let (corpora, mut presets) = sort(&self.names)?;
        let published = presets.len();
        for parameters in &self.minhash {
            presets.push(dedup::of_parameters(parameters)?);
        }
        if let (Some(key), Some(name)) = (&self.key, &self.name) {
            presets.push(dedup::of_expression(key, name)?);
        }
        if presets.is_empty() {
            return Err(Error::user("dedup needs a preset").hint(
                "exact, url or minhash_rpv2_0_8 for instance; `corpusql dedup --list` shows all",
            ));
        }
        self.set_semantic(&mut presets)?;
        if let Some(similarity) = self.verify {
            for preset in &mut presets {
                *preset = preset.verified(similarity)?;
            }
        }
        if self.print_sql {
            for preset in presets {
                print!("{}", preset.script());
            }
            return Ok(());
        }
        if self.print_curve {
            for preset in presets {
                let bands = preset.way.curve().ok_or_else(|| {
                    Error::user(format!(
                        "{} compares no signatures: it has no curve",
                        preset.name
                    ))
                })?;
                print!("{}: {}", preset.name, dedup::curve(bands));
            }
            return Ok(());
        }
        if corpora.is_empty() {
            return Err(Error::user("dedup needs a corpus")
                .hint(format!("as in `corpusql dedup CORPUS {}`", presets[0].name)));
        }
        for (number, preset) in presets.into_iter().enumerate() {
            if number >= published
                && !engine.options().quiet
                && let Some(bands) = preset.way.curve()
            {
                say(format_args!(
                    "{}: {}",
                    preset.name,
                    dedup::curve(bands).trim_end()
                ));
            }
            let requests: Vec<_> = preset
                .way
                .reads()
                .into_iter()
                .map(AnnotateRequest::from)
                .collect();
            for corpus in &corpora {
                annotate(engine, corpus, &requests).await?;
            }
            dedup::dedup(engine, &corpora, &preset).await?;
        }
        Ok(())
    }
}

impl Dedup {
    /// The preset `semantic` as the user wants it.
    fn set_semantic(&self, presets: &mut [Preset]) -> Result<()> {
        let mut semantic = Semantic::default();
        if let Some(column) = &self.embedding {
            semantic.column.clone_from(column);
        }
        semantic.cells = self.cells.map(|cells| cells as usize);
        if let Some(cosine) = self.cosine {
            semantic.threshold = cosine as f32;
        }
        if semantic == Semantic::default() {
            return Ok(());
        }
        let semantic = semantic.preset();
        match presets
            .iter_mut()
            .find(|preset| preset.name == semantic.name)
        {
            Some(preset) => *preset = semantic,
            None => {
                return Err(Error::user(
                    "--embedding, --cells and --cosine are for the preset semantic, which is not asked for",
                ));
            }
        }
        Ok(())
    }
}

fn similarity(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok();
    let similarity = number.filter(|similarity| (0.0..=1.0).contains(similarity));
    similarity.ok_or_else(|| "expected a similarity from 0 to 1".to_string())
}

/// What is the name of a preset is one; the rest are corpora.
fn sort(names: &[String]) -> Result<(Vec<PathBuf>, Vec<Preset>)> {
    let (mut corpora, mut presets) = (Vec::new(), Vec::new());
    for name in names {
        match Preset::named(name) {
            Ok(preset) => presets.push(preset),
            // The first is a corpus, whatever it looks like; opening it says what is wrong with it.
            Err(_) if corpora.is_empty() || Path::new(name).exists() => {
                corpora.push(PathBuf::from(name));
            }
            Err(e) => {
                let hint = e.next_step().unwrap_or_default();
                let message = format!("{}, and no folder of that name", e.message());
                return Err(Error::user(message).hint(hint));
            }
        }
    }
    Ok((corpora, presets))
}
