//! The share of words that RefinedWeb's line-wise corrections take away: its rule is at most 5 %.

use super::{DCLM as DCLM_SOURCE, PAPER};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// As the paper has them.
pub static REFINEDWEB: Signal = Signal {
    name: "refinedweb_words_removed",
    definition: "Words that refinedweb_text lacks per word of the text; words are runs without whitespace.",
    undefined: "without words",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: PAPER,
    example: (
        "refinedweb_words_removed('The cat sat.' || chr(10) || 'SUBSCRIBE')",
        "0.25",
    ),
    version: 1,
    needs: Needs::REFINEDWEB,
    measure: Measure::Float(|d| {
        let spaced = d.spaced();
        removed(spaced.found.counts.words, spaced.refined.words)
    }),
};

/// As DCLM has them.
pub static DCLM: Signal = Signal {
    name: "dclm_refinedweb_words_removed",
    definition: "Words that dclm_refinedweb_text lacks per word of the text; words are runs without ASCII whitespace and U+0000 that begin with a letter or numeral.",
    undefined: "without words",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: DCLM_SOURCE,
    example: (
        "dclm_refinedweb_words_removed('- The cat sat.' || chr(10) || 'SUBSCRIBE')",
        "0.25",
    ),
    version: 1,
    needs: Needs::REFINEDWEB,
    measure: Measure::Float(|d| {
        let spaced = d.spaced();
        removed(
            spaced.found.counts.alphanumeric_tokens,
            spaced.refined.tokens,
        )
    }),
};

/// The share of words that is gone.
fn removed(before: u64, after: u64) -> Option<f64> {
    // Cutting a phrase out of the middle of a run can make two words of one.
    (before > 0).then(|| before.saturating_sub(after) as f64 / before as f64)
}
