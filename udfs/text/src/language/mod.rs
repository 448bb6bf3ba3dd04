//! The language of a text, by a fastText model that the user names.

mod language_id;
mod language_score;

use std::cell::RefCell;

use xxhash_rust::xxh3::xxh3_128;

use crate::document::Row;
use crate::fasttext::{Answer, Model, Scratch};
use crate::lists::Lists;
use crate::signal::Signal;
use crate::transform::TextFunction;

/// What these functions equal.
const SOURCE: &str = "fastText (arXiv 1607.01759, 1612.03651); datatrove 0.10.1, LanguageFilter";
/// When they are NULL.
const UNDEFINED: &str = "no model is loaded, or the model knows nothing of the text";

/// The function that gives the label.
pub static TEXTS: &[&TextFunction] = &[&language_id::FUNCTION];

/// The signal that says how sure the model is.
pub static SIGNALS: &[&Signal] = &[&language_score::SIGNAL];

/// The last answer of a thread: whoever asks for the label asks for its score too.
#[derive(Default)]
struct Last {
    of: Option<(u64, u128)>,
    answer: Option<Answer>,
    scratch: Scratch,
}

thread_local! {
    static LAST: RefCell<Last> = RefCell::default();
}

fn best<'l>(row: &Row<'_>, lists: &'l Lists) -> Option<(&'l Model, Answer)> {
    let model = lists.language_model()?;
    let of = (model.digest(), xxh3_128(row.text.as_bytes()));
    let answer = LAST.with_borrow_mut(|last| {
        if last.of != Some(of) {
            last.answer = model
                .predict(row.text, 1, &mut last.scratch)
                .first()
                .copied();
            last.of = Some(of);
        }
        last.answer
    });
    Some((model, answer?))
}
