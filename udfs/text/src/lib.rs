//! What CorpuSQL's functions compute, on `&str`: quality signals of documents, without a query engine.
//!
//! ```
//! use corpusql_text::{Analyzer, Lists, Measure, Needs, Row, all};
//!
//! let signals: Vec<_> = all().collect();
//! let needs = signals.iter().fold(Needs::NONE, |needs, signal| needs | signal.needs);
//! let mut analyzer = Analyzer::new();
//! let row = Row { text: "The cat sat.", language: Some("en"), domain: None };
//! let document = analyzer.analyze(row, needs, Lists::builtin());
//! for signal in signals {
//!     if let (Measure::Int(measure), "rps_doc_word_count") = (signal.measure, signal.name) {
//!         assert_eq!(measure(&document), Some(3));
//!     }
//! }
//! ```
//!
//! A [`Signal`] describes one measure. An [`Analyzer`] looks at a text once, as closely as the asked-for
//! signals [need](Needs), and the signals then read the [`Document`] it hands out.

pub mod counts;
pub mod datatrove;
mod document;
pub mod hash;
mod lists;
mod perfect;
pub mod round;
pub mod rps;
mod signal;
#[cfg(test)]
mod testing;
mod transform;
mod unicode;
pub mod url;
mod view;
pub mod words;

pub use document::{Analyzer, Document, Line, Needs, RawWords, Row, TopGram};
pub use lists::{ListError, Lists, Ut1List};
pub use signal::{Input, Measure, Signal};
pub use transform::{PiecesFunction, TextFunction};
pub use view::datatrove::{DatatroveFacts, LineFacts};

/// Every signal: the published ones of RedPajama-V2 in the order of its `quality_signals` object, their
/// companions, then the plain counts. The order is fixed; new signals are added at the end of their family.
pub fn all() -> impl Iterator<Item = &'static Signal> {
    let published = rps::SIGNALS.iter().chain(counts::SIGNALS);
    published.chain(datatrove::SIGNALS).copied()
}
