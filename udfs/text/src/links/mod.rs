//! Documents that have a key in common, and what is linked through others: the inner loops of finding duplicates among
//! any number of documents. Documents are numbers here; who reads them, and where records wait, is the caller's business.
//!
//! ```text
//! keys ─▶ records of 16 bytes ─▶ Scatter: blocks for buckets ─▶ sorted bucket by bucket ─▶ neighbours ─▶ trees ─▶ Forest
//! ```

mod ordered;
mod python_set;
mod records;
mod trees;

pub use ordered::{Firsts, PIECES, in_order, next_of};
pub use python_set::python_set_order;
pub use records::{
    IN_TURN_BITS, KEY_BITS, RECORD, Scatter, groups, neighbours, record, record_in_turn, records_of,
};
pub use trees::{Forest, OrderedTrees, SharedTrees, Union};
