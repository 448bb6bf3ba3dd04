//! What `--distinct` leaves of the documents that pass: one of each cluster of duplicates, chosen last.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::figures::Amount;
use super::{Request, scan};
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::query::Distinct;
use crate::query::distinct::{self as choice, lost_clusters, may_lose_clusters};
use crate::query::places::PlaceSet;
use crate::session::Engine;

/// What choosing one document of each cluster does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// The layer of clusters.
    pub preset: String,
    /// The order whose first document of a cluster stays.
    pub keep: String,
    /// What goes: duplicates among the documents that were left before.
    pub duplicates: Amount,
    /// What stays.
    pub kept: Amount,
}

/// For each layer of clusters, in order: what is left of each group.
#[derive(Debug, Default)]
pub struct Choices(Vec<Choice>);

#[derive(Debug)]
struct Choice {
    preset: String,
    keep: String,
    left: HashMap<Box<[u8]>, Amount>,
}

/// Refuses what does not go with choosing.
pub fn check(request: &Request) -> Result<()> {
    if request.sample.is_some() {
        return Err(Error::user(
            "--sample draws row groups: of most clusters it would see one document, and call it no duplicate",
        )
        .hint("leave out --sample, or leave out --distinct to preview the filters alone"));
    }
    let swept = match (&request.target, &request.sweep[..]) {
        (Some(_), _) => "--target",
        (None, [_, ..]) => "--sweep",
        (None, []) => return Ok(()),
    };
    Err(Error::user(format!(
        "{swept} moves thresholds, and with each of them another document of a cluster would be chosen: no curve could be added up"
    ))
    .hint("find the threshold without --distinct, then set it with --set NAME.param=value"))
}

/// Leaves of `passing` one document of each cluster, for each layer of clusters in turn.
pub async fn choose(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &Request,
    distinct: &Distinct,
    tokens: Option<&str>,
    passing: &PlaceSet,
) -> Result<Choices> {
    let settings = &request.settings;
    let mut choices = Vec::with_capacity(distinct.presets.len());
    for preset in &distinct.presets {
        choice::choose(engine, corpora, settings, distinct, preset, passing).await?;
        choices.push(Choice {
            preset: preset.clone(),
            keep: distinct.order(preset),
            left: scan::amounts(engine, corpora, request, tokens, passing).await?,
        });
    }
    Ok(Choices(choices))
}

/// What a user should know before trusting the figures.
pub async fn warnings(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &Request,
) -> Result<Vec<String>> {
    let (filters, condition) = (&request.filters, request.condition.as_ref());
    let settings = &request.settings;
    match request.sample {
        Some(_) => may_lose_clusters(corpora, settings, filters, condition),
        None => lost_clusters(engine, corpora, settings, filters, condition).await,
    }
}

impl Choices {
    /// What was done to the group with this key, of which the filters keep `kept`.
    pub fn of_group(&self, key: &[u8], kept: Amount) -> Vec<Chosen> {
        let nothing = Amount::nothing(kept.tokens.is_some());
        self.after(kept, |choice| *choice.left.get(key).unwrap_or(&nothing))
    }

    /// What was done to all documents, of which the filters keep `kept`.
    pub fn of_all(&self, kept: Amount) -> Vec<Chosen> {
        self.after(kept, |choice| {
            let mut sum = Amount::nothing(kept.tokens.is_some());
            choice.left.values().for_each(|amount| sum += *amount);
            sum
        })
    }

    fn after(&self, kept: Amount, left: impl Fn(&Choice) -> Amount) -> Vec<Chosen> {
        let mut before = kept;
        let mut chosen = Vec::with_capacity(self.0.len());
        for choice in &self.0 {
            let kept = left(choice);
            chosen.push(Chosen {
                preset: choice.preset.clone(),
                keep: choice.keep.clone(),
                duplicates: before.without(kept),
                kept,
            });
            before = kept;
        }
        chosen
    }
}
