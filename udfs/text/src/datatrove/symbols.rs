//! Symbols per word.

use super::{SOURCE, ratio};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The share of hashes.
pub static HASH_RATIO: Signal = Signal {
    name: "datatrove_hash_ratio",
    definition: "Characters # per word.",
    undefined: "there is no word",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("datatrove_hash_ratio('#one two')", "0.3333333333333333"),
    version: 1,
    needs: Needs::DATATROVE_SYMBOLS.union(Needs::DATATROVE_WORDS),
    measure: Measure::Float(|d| ratio(d.datatrove().hashes, d.datatrove().words)),
};

/// The share of ellipses.
pub static ELLIPSIS_RATIO: Signal = Signal {
    name: "datatrove_ellipsis_ratio",
    definition: "Occurrences of ... (not overlapping) and U+2026, per word.",
    undefined: "there is no word",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "datatrove_ellipsis_ratio('well... no')",
        "0.3333333333333333",
    ),
    version: 1,
    needs: Needs::DATATROVE_SYMBOLS.union(Needs::DATATROVE_WORDS),
    measure: Measure::Float(|d| ratio(d.datatrove().ellipses, d.datatrove().words)),
};

#[cfg(test)]
mod tests {
    use super::{ELLIPSIS_RATIO, HASH_RATIO};
    use crate::testing::value;

    #[test]
    fn symbols_are_counted_in_the_text_not_in_words() {
        assert_eq!(value(&HASH_RATIO, "## a"), Some(2.0 / 3.0));
        assert_eq!(value(&ELLIPSIS_RATIO, "....... …"), Some(1.5));
        assert_eq!(value(&HASH_RATIO, " "), None);
    }
}
