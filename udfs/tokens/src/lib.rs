//! Exact token counts: how many tokens a text has in a published encoding of language models.
//!
//! ```
//! use corpusql_tokens::{Counter, Encoding};
//!
//! let mut counter = Counter::new("o200k".parse()?);
//! assert_eq!(counter.count("The cat sat on the mat."), 7);
//! assert_eq!(counter.encoding(), Encoding::O200k);
//! # Ok::<(), corpusql_tokens::UnknownEncoding>(())
//! ```
//!
//! An encoding is two things: a pattern that cuts a text into *pieces* (words, numbers, punctuation, white
//! space), and a vocabulary of byte strings, the *tokens*, ordered by *rank*. A piece starts as its bytes, and
//! the adjacent pair that makes the token of the lowest rank is merged until no pair makes a token. Tokens
//! never cross pieces, so a text has as many tokens as its pieces have, and equal pieces have equally many:
//! a [`Counter`] remembers the pieces it has counted.
//!
//! The counts equal those of OpenAI's `tiktoken` (0.14.0) for `encode_ordinary`: the names of special tokens,
//! such as `<|endoftext|>`, are ordinary text wherever they occur.

mod cache;
mod classes;
mod counter;
mod cutter;
mod encoding;
mod joins;
mod key;
mod merge;
mod pieces;
#[cfg(test)]
mod twin;
mod vocabulary;

pub use counter::Counter;
pub use cutter::Cutter;
pub use encoding::{Encoding, UnknownEncoding};
