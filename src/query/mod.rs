//! Queries: the library of SQL files, and what their names mean in any query over a corpus.
//!
//! A *filter* is a file of rules; `keep_NAME` is its verdict and `keep_NAME__RULE` one rule of it, in any
//! query. A *layer* is one SELECT whose columns are stored. Both are made of scalar expressions, one value
//! per document, and nothing else: [`select`] is where that is held up.

mod calls;
pub mod check;
pub mod condition;
pub mod counts;
pub mod distinct;
pub mod filter_file;
pub mod header;
pub mod layer_file;
pub mod library;
pub mod names;
pub mod order;
pub mod places;
pub mod planner;
pub mod readme;
pub mod select;
pub mod settings;
mod stars;
pub mod tokens;

pub use condition::Condition;
pub use distinct::Distinct;
pub use filter_file::{FilterFile, Rule};
pub use layer_file::LayerFile;
pub use library::{Kind, Library, QueryFile};
pub use planner::{Planned, Planner};
pub use settings::{Settings, Value};
