//! Lines that C4's rules on lines leave.

use super::{Cleaner, DATATROVE as DATATROVE_SOURCE, TFDS as TFDS_SOURCE};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

macro_rules! kept_lines {
    ($name:literal, $cleaner:expr, $source:expr, $example:expr) => {
        Signal {
            name: concat!($name, "_kept_lines"),
            definition: concat!("Lines of the page that stay in ", $name, "_text."),
            undefined: "never",
            range: (0.0, f64::INFINITY),
            inputs: &[Input::Text],
            source: $source,
            example: $example,
            version: 1,
            needs: Needs::c4($cleaner),
            measure: Measure::Int(|d| Some(d.c4($cleaner).kept_lines as i64)),
        }
    };
}

/// By datatrove's rules.
pub static DATATROVE: Signal = kept_lines!(
    "datatrove_c4",
    Cleaner::Datatrove,
    DATATROVE_SOURCE,
    (
        "datatrove_c4_kept_lines('Home' || chr(10) || 'The cat sat.' || chr(10) || 'It slept, too')",
        "1"
    )
);

/// By datatrove's rules without that on end marks.
pub static NO_TERMINAL: Signal = kept_lines!(
    "datatrove_c4_noterm",
    Cleaner::NoTerminal,
    DATATROVE_SOURCE,
    (
        "datatrove_c4_noterm_kept_lines('Home' || chr(10) || 'The cat sat.' || chr(10) || 'It slept, too')",
        "2"
    )
);

/// By the rules that made C4.
pub static TFDS: Signal = kept_lines!(
    "c4_tfds",
    Cleaner::Tfds,
    TFDS_SOURCE,
    (
        "c4_tfds_kept_lines('The cat sat.' || chr(10) || 'The cat sat on the mat.')",
        "1"
    )
);
