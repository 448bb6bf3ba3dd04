//! The share of words that RefinedWeb's line-wise corrections take away: its rule is at most 5 %.

use super::lines::{Reading, correct, count_words};
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
    needs: Needs::NONE,
    measure: Measure::Float(|d| words_removed(d.row().text, Reading::Paper)),
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
    needs: Needs::NONE,
    measure: Measure::Float(|d| words_removed(d.row().text, Reading::Dclm)),
};

fn words_removed(text: &str, reading: Reading) -> Option<f64> {
    let before = count_words(text, reading);
    if before == 0 {
        return None;
    }
    let mut corrected = String::new();
    correct(text, reading, &mut corrected);
    let after = count_words(&corrected, reading);
    // Cutting a phrase out of the middle of a run can make two words of one.
    Some(before.saturating_sub(after) as f64 / before as f64)
}
