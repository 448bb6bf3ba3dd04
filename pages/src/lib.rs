//! Wide text, documents that is, in Parquet files: column chunks whose pages are cut by their bytes, written and read.
//!
//! Any Parquet reader reads what is written here, and what is read here may come from any writer, as long as it is plain
//! values in pages packed with zstd, with a page index. Parquet's own crate does the same for all types and
//! encodings. For large strings this does less: a page is packed from where its text lies, unpacked to where it
//! stays, and pages without a wanted row are never looked at.
//!
//! No input and output: chunks are handed to a writer of row groups, pages come as bytes.

mod header;
mod levels;
mod read;
mod write;

pub use read::{PageDecoder, WantedPage, is_readable, wanted_pages};
pub use write::{TextChunk, TextEncoder};
