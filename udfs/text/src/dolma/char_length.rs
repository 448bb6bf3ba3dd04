//! What `char_length_strip_ws_v1` says. (`char_length_v1` says what `gopher_v1` does.)

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};
use crate::unicode::Tables;

/// The signal.
pub static STRIPPED: Signal = Signal {
    name: "dolma_char_length_strip_ws_v1_length_no_ws",
    definition: "Characters of the text without the spaces at both ends.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("dolma_char_length_strip_ws_v1_length_no_ws('  a b ')", "3"),
    version: 1,
    needs: Needs::SPACED,
    measure: Measure::Int(|d| {
        let tables = Tables::get();
        let chars = d.row().text.chars();
        let before = chars.clone().take_while(|&c| tables.is_space(c)).count();
        let behind = chars.rev().take_while(|&c| tables.is_space(c)).count();
        let all = d.spaced().found.counts.chars;
        // In a text of spaces, all are at both ends.
        Some(all.saturating_sub((before + behind) as u64) as i64)
    }),
};

#[cfg(test)]
mod tests {
    use super::STRIPPED;
    use crate::testing::value;

    #[test]
    fn spaces_inside_count() {
        assert_eq!(value(&STRIPPED, "\u{3000}é  b\u{1c}\n"), Some(4.0));
        assert_eq!(value(&STRIPPED, " \n "), Some(0.0));
    }
}
