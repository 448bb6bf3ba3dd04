//! Pieces of the text between line feeds, measured; the published column copies the record of the crawl.

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "ccnet_nlines",
    definition: "Pieces of the text between line feeds, measured; the published column copies the record of the crawl. An empty text has one, and so has the end of a text behind its last line feed.",
    undefined: "never",
    range: (1.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("ccnet_nlines('One.' || chr(10) || 'two')", "2"),
    version: 1,
    needs: Needs::NEWLINES,
    measure: Measure::Int(|d| Some(d.newlines() as i64 + 1)),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn pieces_between_line_feeds() {
        assert_eq!(value(&SIGNAL, ""), Some(1.0));
        assert_eq!(value(&SIGNAL, "a\n"), Some(2.0));
        assert_eq!(value(&SIGNAL, "a\nb"), Some(2.0));
    }
}
