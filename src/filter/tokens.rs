//! Which stored column counts the tokens of a document.

use std::sync::Arc;

use crate::corpus::{Corpus, Layer};
use crate::error::{Error, Result, near_miss};
use crate::query::select::quoted;

/// The layer in which columns of tokens are looked for.
const LAYER: &str = "tokens";
/// What their names begin with.
const PREFIX: &str = "tokens_";

/// The column of tokens: the one that is asked for, or the first of the layer `tokens` that all corpora have.
pub fn column(corpora: &[Arc<Corpus>], asked: Option<&str>) -> Result<Option<String>> {
    if let Some(asked) = asked {
        for corpus in corpora {
            check(corpus, asked)?;
        }
        return Ok(Some(asked.to_string()));
    }
    let has = |corpus: &Arc<Corpus>, name: &str| {
        columns(corpus).any(|(layer, column)| layer.name() == LAYER && column == name)
    };
    let Some((first, others)) = corpora.split_first() else {
        return Ok(None);
    };
    let found = columns(first)
        .filter(|(layer, column)| layer.name() == LAYER && column.starts_with(PREFIX))
        .find(|(_, column)| others.iter().all(|other| has(other, column)));
    Ok(found.map(|(_, column)| column.to_string()))
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
