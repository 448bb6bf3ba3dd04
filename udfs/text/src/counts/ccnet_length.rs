//! Characters (code points) of the text, measured; the published column copies the record of the crawl.

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "ccnet_length",
    definition: "Characters (code points) of the text, measured; the published column copies the record of the crawl.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("ccnet_length('The cat sat.')", "12"),
    version: 1,
    needs: Needs::CHARS,
    measure: Measure::Int(|d| Some(d.chars() as i64)),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn code_points_are_counted() {
        assert_eq!(value(&SIGNAL, "é😀\n"), Some(3.0));
        assert_eq!(value(&SIGNAL, ""), Some(0.0));
    }
}
