//! RefinedWeb's line-wise corrections, and how much of a text they take away.
//!
//! Lines end at `\n`. In this order: lines go of whose characters more than half are in upper case, of digits
//! only, and counters (`3 likes`); then lines of fewer than two words, unless they are empty; from lines of at most ten words
//! `items in cart` is cut out anywhere, `read more...` at the end and `sign-in` at the start, in any case and with
//! a space beside it, and a line goes that has nothing left. The whole is stripped after each rule but the fourth. The
//! paper says what the rules are for and not how they are computed; DCLM's code is the only published one:
//!
//! | prefix | `read more...` | words that are counted |
//! |---|---|---|
//! | `refinedweb` | as it is written | runs without whitespace |
//! | `dclm_refinedweb` | each dot is any character | runs without ASCII whitespace and U+0000 that begin with a letter or numeral |

mod lines;
pub mod text;
pub mod words_removed;

pub(crate) use lines::{Left, left};

use crate::signal::Signal;
use crate::transform::TextFunction;

/// Where the rules are described.
const PAPER: &str = "RefinedWeb (arXiv 2306.01116, appendix G.2)";

/// Where their reproduction is defined.
const DCLM: &str =
    "DCLM (dclm_baseline_refinedweb.yaml), https://github.com/mlfoundations/dclm (361714b)";

/// The signals of this family.
pub static SIGNALS: &[&Signal] = &[&words_removed::REFINEDWEB, &words_removed::DCLM];

/// The corrected texts of this family.
pub static TEXTS: &[&TextFunction] = &[&text::REFINEDWEB, &text::DCLM];
