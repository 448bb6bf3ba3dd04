//! What a signal says about itself: its name, its definition and the function that measures it.
//!
//! A signal is one file that holds one [`Signal`] value (or a family of one formula) and one line in
//! the list of its family. Everything else, the SQL function, the virtual column, the reference page,
//! the laws it must obey, is made from this description.

use crate::document::{Document, Needs};

/// A column of the corpus that a signal reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Input {
    /// The text of the document.
    Text,
    /// The language code that chooses word lists, `en` for instance.
    Language,
    /// The network location of the document's URL.
    Domain,
    /// The document's URL.
    Url,
}

impl Input {
    /// The corpus column of that name.
    pub const fn column(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Language => "language",
            Self::Domain => "domain",
            Self::Url => "url",
        }
    }
}

/// How a signal is measured, by the type of what it returns. `None` is SQL's NULL.
#[derive(Clone, Copy, Debug)]
pub enum Measure {
    /// `BIGINT`
    Int(fn(&Document<'_>) -> Option<i64>),
    /// `DOUBLE`
    Float(fn(&Document<'_>) -> Option<f64>),
    /// `LIST<DOUBLE>`: appends the items of this document.
    FloatList(fn(&Document<'_>, &mut Vec<Option<f64>>)),
    /// `LIST<INT UNSIGNED>`: appends the items of this document.
    UIntList(fn(&Document<'_>, &mut Vec<u32>)),
}

/// One quality signal.
#[derive(Clone, Copy, Debug)]
pub struct Signal {
    /// The SQL name; a published signal keeps its published name.
    pub name: &'static str,
    /// What it measures, exactly.
    pub definition: &'static str,
    /// When it is NULL although no input is; "never" where it is not.
    pub undefined: &'static str,
    /// The smallest and the largest value it (or an item of its list) can have.
    pub range: (f64, f64),
    /// The columns it reads, in the order of the SQL function's arguments.
    pub inputs: &'static [Input],
    /// The paper or repository that defined it.
    pub source: &'static str,
    /// A call in SQL and the value it gives, as SQL prints it.
    pub example: (&'static str, &'static str),
    /// Raised when the definition changes: stored columns of older versions are then stale.
    pub version: u32,
    /// The views of a document that `measure` reads.
    pub needs: Needs,
    /// The measurement itself.
    pub measure: Measure,
}
