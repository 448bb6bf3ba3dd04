//! Which stored column counts the tokens of a document: one rule, for every command that counts text.
//!
//! A column of whole numbers whose name begins with `tokens_` counts tokens, whoever made it: those of the
//! function `token_count` are called so, and so may others be. Where there are several, it is the first that
//! all corpora have, in the order of the first corpus's layers, the layer `tokens` before all others. Counts
//! that are not stored are not made.

use std::sync::Arc;

use super::select::quoted;
use crate::corpus::{Corpus, Layer};
use crate::error::{Error, Result, near_miss};

/// The layer that is looked at first.
const LAYER: &str = "tokens";
/// What the names of the columns begin with.
const PREFIX: &str = "tokens_";

/// The column of tokens: the one that is asked for by `--tokens`, or the one that the rule finds.
pub fn column(corpora: &[Arc<Corpus>], asked: Option<&str>) -> Result<Option<String>> {
    match asked {
        None => Ok(stored(corpora)),
        Some(asked) => {
            for corpus in corpora {
                check(corpus, asked)?;
            }
            Ok(Some(asked.to_string()))
        }
    }
}

/// The column that the rule finds.
pub fn stored(corpora: &[Arc<Corpus>]) -> Option<String> {
    let (first, others) = corpora.split_first()?;
    let has = |corpus: &Arc<Corpus>, name: &str| columns(corpus).any(|(_, column)| column == name);
    let mut found: Vec<(&Arc<Layer>, &str)> = columns(first)
        .filter(|(_, column)| column.starts_with(PREFIX))
        .filter(|(_, column)| others.iter().all(|other| has(other, column)))
        .collect();
    // The sort keeps the order of those that are equal.
    found.sort_by_key(|(layer, _)| layer.name() != LAYER);
    found.first().map(|(_, column)| (*column).to_string())
}

/// The stored columns of whole numbers, each with its layer.
fn columns(corpus: &Corpus) -> impl Iterator<Item = (&Arc<Layer>, &str)> {
    corpus.readable_layers().flat_map(|layer| {
        let fields = layer.schema().fields().iter();
        fields
            .filter(|f| f.data_type().is_integer())
            .map(move |f| (layer, f.name().as_str()))
    })
}

fn check(corpus: &Corpus, asked: &str) -> Result<()> {
    if columns(corpus).any(|(_, column)| column == asked) {
        return Ok(());
    }
    if let Some((layer, place)) = corpus.stored_column(asked) {
        return Err(Error::user(format!(
            "--tokens {asked}: column {} of layer {} is {}, expected whole numbers",
            quoted(asked),
            layer.name(),
            layer.schema().field(place).data_type()
        )));
    }
    let error = Error::user(format!(
        "--tokens {asked}: {} stores no column {}",
        corpus.name(),
        quoted(asked)
    ));
    let known: Vec<&str> = columns(corpus).map(|(_, column)| column).collect();
    Err(match near_miss(asked, known) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("`corpusql inspect CORPUS` lists the stored columns"),
    })
}
