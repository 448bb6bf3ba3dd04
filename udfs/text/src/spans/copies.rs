//! Ways whose pieces stay or go by the order of their copies alone.

use super::dolma::{self, Asked};
use super::grams::Words;
use super::pieces::{Gone, without_lines};
use super::sentences::{Sentences, Windows};
use super::{Cut, c4, ccnet};

/// A way that compares pieces of texts as wholes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Copies {
    /// CCNet's paragraphs.
    Ccnet,
    /// Dolma's paragraphs.
    Dolma(Asked),
    /// datatrove's windows of sentences or lines.
    Datatrove(Windows),
    /// C4's lines.
    C4 {
        /// A page with fewer sentences left is dropped.
        min_sentences: u64,
    },
}

/// Memory that the ways use again, for each thread.
#[derive(Debug, Default)]
pub struct Tools {
    pub(super) gone: Gone,
    pub(super) words: Words,
    lines: ccnet::Lines,
    sentences: Sentences,
    rest: String,
}

impl Tools {
    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.words.memory() + self.lines.memory() + self.sentences.memory() + self.rest.capacity()
    }
}

impl Copies {
    /// Appends the key of each piece of a text, in order: pieces with equal keys are copies. A piece without a key is no
    /// copy of anything.
    pub fn keys(&self, tools: &mut Tools, text: &str, keys: &mut Vec<Option<u64>>) {
        match *self {
            Self::Ccnet => tools.lines.keys(text, keys),
            Self::Dolma(asked) => dolma::keys(text, asked, keys),
            Self::Datatrove(windows) => tools.sentences.keys(windows, text, keys),
            Self::C4 { .. } => c4::keys(text, keys),
        }
    }

    /// Cuts out the pieces of these numbers, which are in order.
    pub fn cut(&self, tools: &mut Tools, text: &str, removed: &[u32], cut: &mut Cut) {
        cut.clear();
        match *self {
            Self::Ccnet => {
                let mut removed = removed.iter().map(|&number| number as usize).peekable();
                let stays = |line| removed.next_if_eq(&line).is_none();
                let any = without_lines(text, stays, &mut tools.gone);
                tools.gone.write(text, cut);
                cut.dropped = !any || text.is_empty();
            }
            Self::Dolma(_) => dolma::cut(text, removed.iter().map(|&number| (number, 1.0)), cut),
            Self::Datatrove(windows) => tools.sentences.cut(windows, text, removed, cut),
            Self::C4 { min_sentences } => {
                let Tools { gone, rest, .. } = tools;
                c4::cut(min_sentences, text, removed, gone, rest, cut);
            }
        }
    }

    /// What is put in place of a span inside a text.
    pub fn between(&self) -> &'static str {
        match self {
            Self::Datatrove(windows) => windows.between(),
            _ => "",
        }
    }
}
