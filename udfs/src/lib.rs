//! Quality signals of language-model training data as DataFusion functions.
//!
//! [`Functions`] registers everything with one call, in any DataFusion program:
//!
//! ```
//! use corpusql_udfs::Functions;
//! use datafusion::assert_batches_eq;
//! use datafusion::error::Result;
//! use datafusion::prelude::SessionContext;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let mut context = SessionContext::new();
//! Functions::default().register(&mut context)?;
//! let batches = context
//!     .sql("SELECT text, rps_doc_word_count(text) AS words, rps_doc_stop_word_fraction(text, 'en') AS stop
//!           FROM (VALUES ('the end of it.'), ('Lorem ipsum'), (NULL)) AS documents(text)")
//!     .await?
//!     .collect()
//!     .await?;
//! assert_batches_eq!(
//!     [
//!         "+----------------+-------+------+",
//!         "| text           | words | stop |",
//!         "+----------------+-------+------+",
//!         "| the end of it. | 4     | 0.6  |",
//!         "| Lorem ipsum    | 2     | 0.0  |",
//!         "|                |       |      |",
//!         "+----------------+-------+------+",
//!     ],
//!     &batches
//! );
//! # Ok(())
//! # }
//! ```
//!
//! What a function computes on a string stands in the crate `corpusql_text`; this crate adapts it to
//! Arrow's arrays. A program that wants many signals of one text asks for them together,
//! [`Functions::fuse`]: the text is then looked at once.
//!
//! * [`Definition`]: what a function says about itself. Its SQL documentation, the reference
//!   ([`mod@reference`]) and the laws that all functions obey are made from it.
//! * [`VirtualColumn`]: a function under a column's name, over the columns that it reads.
//! * [`Fused`]: several virtual columns in one pass over the documents.
//! * `connected_components`: what belongs together by all links of a query, an aggregate.
//! * [`patterns`]: documents counted by the rules that they fail.
//! * [`value_sums`]: documents counted by what a threshold would have to be.
//! * [`clusters`]: keys of documents as records, clusters of documents as columns.
//! * [`Fused`]: several virtual columns in one pass over the documents; [`PassTimes`]: what its time goes into.

pub mod clusters;
mod components;
mod definition;
mod function;
mod functions;
mod fused;
mod pass_times;
pub mod patterns;
mod minhash;
pub mod reference;
mod rules;
mod simhash;
mod spans;
mod strings;
mod text;
mod tokens;
mod udf;
mod url;
pub mod value_sums;

pub use corpusql_text::{ListError, Lists, UrlLists, Ut1List};
pub use definition::{Argument, ArgumentType, Definition, Family};
pub use functions::{ComputedColumn, Cost, Functions, Missing, VirtualColumn};
pub use fused::Fused;
pub use pass_times::PassTimes;
