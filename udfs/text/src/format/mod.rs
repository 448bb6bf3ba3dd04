//! Texts as datatrove's formatters write them.

mod pii_masked_text;
mod symbol_lines_text;

use crate::transform::TextFunction;

/// The functions.
pub static TEXTS: &[&TextFunction] = &[&pii_masked_text::FUNCTION, &symbol_lines_text::FUNCTION];
