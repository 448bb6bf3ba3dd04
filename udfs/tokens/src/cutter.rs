//! Cutting: where the tokens of a text end.

use std::fmt;

use crate::classes::Classes;
use crate::encoding::Encoding;
use crate::key::{self, Key};
use crate::merge::{self, Merger};
use crate::pieces::{Cl100k, Gpt2, O200k, Pattern};
use crate::vocabulary::Vocabulary;

/// Cuts texts into the tokens of one encoding: slower than counting them, since nothing is remembered.
///
/// ```
/// use corpusql_tokens::{Cutter, Encoding};
///
/// let mut ends = Vec::new();
/// Cutter::new(Encoding::Cl100k).cut("The cat sat.", |end| ends.push(end));
/// assert_eq!(ends, [3, 7, 11, 12]);
/// ```
pub struct Cutter {
    encoding: Encoding,
    vocabulary: &'static Vocabulary,
    classes: &'static Classes,
    merger: Merger,
}

impl Cutter {
    /// A cutter into an encoding's tokens.
    pub fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            vocabulary: Vocabulary::get(encoding),
            classes: Classes::get(),
            merger: Merger::default(),
        }
    }

    /// Hands out where each token of `text` ends, in bytes. A token may end inside a character.
    pub fn cut(&mut self, text: &str, emit: impl FnMut(usize)) {
        match self.encoding {
            Encoding::Cl100k => self.cut_text::<Cl100k>(text.as_bytes(), emit),
            Encoding::O200k => self.cut_text::<O200k>(text.as_bytes(), emit),
            Encoding::Gpt2 => self.cut_text::<Gpt2>(text.as_bytes(), emit),
        }
    }

    fn cut_text<P: Pattern>(&mut self, text: &[u8], mut emit: impl FnMut(usize)) {
        let mut start = 0;
        while start < text.len() {
            let end = P::end(text, start, self.classes);
            let length = end - start;
            if length <= key::LONGEST && self.vocabulary.contains(Key::new(text, start, length)) {
                emit(end);
            } else if length <= merge::SHORT {
                let starts = merge::starts_short(self.vocabulary, &text[start..end]);
                (1..length)
                    .filter(|at| starts >> at & 1 == 1)
                    .for_each(|at| emit(start + at));
                emit(end);
            } else {
                let mut at = start;
                self.merger
                    .lengths(self.vocabulary, &text[start..end], |length| {
                        at += length;
                        emit(at);
                    });
            }
            start = end;
        }
    }
}

impl fmt::Debug for Cutter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cutter")
            .field("encoding", &self.encoding)
            .finish_non_exhaustive()
    }
}
