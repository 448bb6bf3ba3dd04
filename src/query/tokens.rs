//! Where token counts are stored, reports count them too.

use std::sync::Arc;

use crate::corpus::Corpus;
use crate::session::Engine;

/// The function behind the columns of token counts.
const TOKEN_COUNT: &str = "token_count";

/// The first column of token counts that every one of `corpora` stores.
pub fn stored(engine: &Engine, corpora: &[Arc<Corpus>]) -> Option<&'static str> {
    engine
        .functions()
        .virtual_columns()
        .filter(|column| column.function == TOKEN_COUNT)
        .map(|column| column.name)
        .find(|name| corpora.iter().all(|c| c.stored_column(name).is_some()))
}
