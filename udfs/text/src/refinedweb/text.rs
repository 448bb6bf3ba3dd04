//! Texts with RefinedWeb's line-wise corrections.

use super::lines::{Reading, correct};
use super::{DCLM as DCLM_SOURCE, PAPER};
use crate::signal::Input;
use crate::transform::TextFunction;

/// As the paper has them.
pub static REFINEDWEB: TextFunction = TextFunction {
    name: "refinedweb_text",
    definition: "The text after RefinedWeb's line-wise corrections; empty where nothing is left.",
    undefined: "never",
    inputs: &[Input::Text],
    source: PAPER,
    example: (
        "refinedweb_text('LOGIN' || chr(10) || 'The cat sat. Read more...' || chr(10) || '3 likes')",
        "The cat sat.",
    ),
    version: 1,
    write: |row, _, out| {
        correct(row.text, Reading::Paper, out);
        true
    },
};

/// As DCLM has them.
pub static DCLM: TextFunction = TextFunction {
    name: "dclm_refinedweb_text",
    definition: "The text after RefinedWeb's line-wise corrections as DCLM computes them; empty where nothing is left.",
    undefined: "never",
    inputs: &[Input::Text],
    source: DCLM_SOURCE,
    example: (
        "dclm_refinedweb_text('LOGIN' || chr(10) || 'The cat sat. Read more ->' || chr(10) || '3 likes')",
        "The cat sat.",
    ),
    version: 1,
    write: |row, _, out| {
        correct(row.text, Reading::Dclm, out);
        true
    },
};
