//! What rules and reports are written with: figures over other columns.

use crate::definition::Family;
use crate::function::Function;

mod bit_pattern;
mod fineweb2_threshold;
mod lines_flagged_word_fraction;

/// The family.
static FAMILY: Family = Family {
    name: "rules",
    title: "Rules",
    about: "What rules and reports are written with: figures over other columns",
};

/// Its functions.
pub(crate) fn functions() -> Vec<Function> {
    vec![
        lines_flagged_word_fraction::function(),
        bit_pattern::function(),
        fineweb2_threshold::function(),
    ]
}
