//! The heuristics of DCLM's reproduction of RefinedWeb, which DCLM-Baseline uses. From source: the project has
//! published no values to compare with.
//!
//! Words used in the definitions. *Words* are what is between spaces, as it stands; *spaces* are those of Python
//! 3.11 (Unicode 14). *Lines* are what is between line feeds, *paragraphs* what is between two line feeds in a row,
//! both without the spaces at their ends and only where something is left.

use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};
use crate::transform::TextFunction;

pub mod grams;
pub mod lines;
pub mod repeated_lines;
pub mod text;
pub mod words;

/// Where the heuristics are defined.
const SOURCE: &str = "DCLM, https://github.com/mlfoundations/dclm (361714b)";

/// The signals, in the order in which DCLM asks for them.
pub static SIGNALS: &[&Signal] = &[
    &words::COUNT,
    &words::MEAN_LENGTH,
    &words::SYMBOL_RATIO,
    &lines::COUNT,
    &lines::BULLETS,
    &lines::ELLIPSES,
    &words::WITHOUT_LETTER,
    &words::STOP_WORDS,
    &repeated_lines::LINES,
    &repeated_lines::PARAGRAPHS,
    &repeated_lines::LINE_CHARACTERS,
    &repeated_lines::PARAGRAPH_CHARACTERS,
    &grams::TOP_2,
    &grams::TOP_3,
    &grams::TOP_4,
    &grams::DUPLICATE_5,
    &grams::DUPLICATE_6,
    &grams::DUPLICATE_7,
    &grams::DUPLICATE_8,
    &grams::DUPLICATE_9,
    &grams::DUPLICATE_10,
];

/// The text that they are measured over there.
pub static TEXTS: &[&TextFunction] = &[&text::FUNCTION];

const fn signal(
    name: &'static str,
    definition: &'static str,
    undefined: &'static str,
    example: (&'static str, &'static str),
    needs: Needs,
    measure: Measure,
) -> Signal {
    Signal {
        name,
        definition,
        undefined,
        range: (0.0, f64::INFINITY),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs,
        measure,
    }
}

const fn fraction(signal: Signal) -> Signal {
    Signal {
        range: (0.0, 1.0),
        ..signal
    }
}

/// `part / whole`; undefined without a whole.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
