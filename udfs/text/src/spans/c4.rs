//! The lines of C4's released code.

use xxhash_rust::xxh3::xxh3_64;

use super::Cut;
use super::pieces::{Gone, without_lines};
use crate::words::is_space;
use crate::words::punkt_like;

/// Appends the key of each line: of the line trimmed and in lower case. C4 compares MD5 digests; any hash that keeps
/// different lines apart gives the same answer.
pub(super) fn keys(text: &str, keys: &mut Vec<Option<u64>>) {
    keys.extend(text.split('\n').map(|line| {
        let line = line.trim_matches(is_space);
        Some(xxh3_64(line.to_lowercase().as_bytes()))
    }));
}

/// Cuts out lines; a page of fewer than `min_sentences` sentences, and an empty one, is dropped.
pub(super) fn cut(
    min_sentences: u64,
    text: &str,
    removed: &[u32],
    gone: &mut Gone,
    rest: &mut String,
    cut: &mut Cut,
) {
    let mut removed = removed.iter().map(|&number| number as usize).peekable();
    without_lines(text, |line| removed.next_if_eq(&line).is_none(), gone);
    gone.write(text, cut);
    rest.clear();
    gone.rest(text, rest);
    let mut sentences = 0;
    punkt_like::sentences(rest, |_| sentences += 1);
    cut.dropped = rest.is_empty() || sentences < min_sentences;
}
