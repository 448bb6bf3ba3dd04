//! What a function that maps a text to a text, or to its pieces, says about itself.
//!
//! Like a [`Signal`](crate::Signal) it is one value in one file and one line in the list of its family;
//! the SQL function, the virtual column and the reference page are made from it.

use crate::document::Row;
use crate::lists::Lists;
use crate::signal::Input;

/// Appends a text to a string that comes empty; false is NULL, whatever was appended.
pub type WriteText = fn(&Row<'_>, &Lists, &mut String) -> bool;

/// Hands out the pieces of a text in order.
pub type SplitText = fn(&str, &mut dyn FnMut(&str));

/// A function from a text to a text: a cleaner, a normal form.
#[derive(Clone, Copy, Debug)]
pub struct TextFunction {
    /// The SQL name. The column that holds the result is called the same, so it ends in `_text` where
    /// the result is as long as a document.
    pub name: &'static str,
    /// What it makes, exactly.
    pub definition: &'static str,
    /// When it is NULL although no input is; "never" where it is not.
    pub undefined: &'static str,
    /// The columns it reads, in the order of the SQL function's arguments.
    pub inputs: &'static [Input],
    /// The paper or repository that defined it.
    pub source: &'static str,
    /// A call in SQL and the value it gives, as SQL prints it.
    pub example: (&'static str, &'static str),
    /// Raised when the definition changes: stored columns of older versions are then stale.
    pub version: u32,
    /// How it is made.
    pub write: WriteText,
}

/// A function from a text to its pieces: words, sentences.
#[derive(Clone, Copy, Debug)]
pub struct PiecesFunction {
    /// The SQL name.
    pub name: &'static str,
    /// What the pieces are, exactly.
    pub definition: &'static str,
    /// The paper or repository that defined it.
    pub source: &'static str,
    /// A call in SQL and the value it gives, as SQL prints it.
    pub example: (&'static str, &'static str),
    /// Raised when the definition changes: stored columns of older versions are then stale.
    pub version: u32,
    /// How it is split.
    pub split: SplitText,
}
