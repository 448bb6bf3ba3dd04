//! What CorpuSQL's functions compute, on `&str`: quality signals of documents, without a query engine.
//!
//! ```
//! use corpusql_text::{Analyzer, Lists, Measure, Needs, Row, all};
//!
//! let signals: Vec<_> = all().collect();
//! let needs = signals.iter().fold(Needs::NONE, |needs, signal| needs | signal.needs);
//! let mut analyzer = Analyzer::new();
//! let row = Row { text: "The cat sat.", language: Some("en"), ..Row::default() };
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

pub mod c4;
pub mod counts;
pub mod datatrove;
pub mod dclm;
pub mod decontaminate;
mod document;
pub mod fasttext;
pub mod fineweb2;
pub mod format;
pub mod dolma;
pub mod hash;
pub mod language;
pub mod links;
mod lists;
pub mod minhash;
mod numerals;
mod perfect;
pub mod refinedweb;
mod pii;
pub mod round;
pub mod rps;
mod signal;
pub mod simhash;
pub mod slimpajama;
pub mod spans;
pub mod substrings;
#[cfg(test)]
mod testing;
mod transform;
mod unicode;
pub mod url;
pub mod url_filter;
mod url_lists;
pub mod vectors;
mod view;
pub mod words;

pub use document::{Analyzer, Document, Line, Needs, RawWords, Row, TopGram};
pub use lists::{ListError, Lists, Ut1List};
pub use signal::{Input, Measure, Signal};
pub use transform::{PiecesFunction, SplitText, TextFunction, WriteText};
pub use url_lists::UrlLists;
pub use view::datatrove::{DatatroveFacts, LineFacts};

/// Every signal: the published ones of RedPajama-V2 in the order of its `quality_signals` object, their
/// companions, the plain counts, then the other families. The order is fixed; new signals are added at the end of
/// their family.
pub fn all() -> impl Iterator<Item = &'static Signal> + Clone {
    let families = [
        rps::SIGNALS,
        counts::SIGNALS,
        datatrove::SIGNALS,
        c4::SIGNALS,
        refinedweb::SIGNALS,
        dolma::SIGNALS,
        dclm::SIGNALS,
        slimpajama::SIGNALS,
        fineweb2::SIGNALS,
        url_filter::SIGNALS,
        language::SIGNALS,
    ];
    families.into_iter().flatten().copied()
}

/// Every function from a text to a text.
pub fn all_texts() -> impl Iterator<Item = &'static TextFunction> {
    let families = [
        words::TEXTS,
        c4::TEXTS,
        refinedweb::TEXTS,
        dclm::TEXTS,
        format::TEXTS,
        language::TEXTS,
    ];
    families.into_iter().flatten().copied()
}
