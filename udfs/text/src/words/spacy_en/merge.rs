//! Tokens that make up an exception become its tokens.
//!
//! Phrases are the exceptions as the rules alone would split them. They are looked for in the tokens, wherever
//! whitespace is. Of phrases that overlap the longest wins, of equally long ones the first; one that lost still keeps
//! shorter ones away. What was found becomes the tokens of the exception only where no whitespace is inside.

use super::Token;
use super::rules::{Rules, Value};

/// From so many tokens on, a run is worked off before it ends.
const MANY: usize = 1024;

#[derive(Clone, Copy)]
struct Held {
    start: u32,
    end: u32,
    value: Value,
}

impl Held {
    fn emit(self, emit: &mut impl FnMut(Token)) {
        emit(Token::word(self.start as usize, self.end as usize));
    }
}

/// A phrase: how many tokens, and where the first one is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Found {
    len: u32,
    first: u32,
    exception: u32,
}

/// Holds back tokens that may be part of a phrase.
#[derive(Default)]
pub(super) struct Merge {
    run: Vec<Held>,
    /// So many tokens of the run were handed out and are held for what they say about the next ones.
    done: usize,
    /// For each token of the run, the phrase that has a right to it.
    winners: Vec<Found>,
    /// Whether a phrase was found.
    found: bool,
}

impl Merge {
    /// Takes a token, and hands out what can be told of this one and those before it.
    #[inline(always)]
    pub(super) fn token(
        &mut self,
        rules: &Rules,
        (start, end): (usize, usize),
        value: Value,
        emit: &mut impl FnMut(Token),
    ) {
        if !value.begins() && self.run.is_empty() {
            emit(Token::word(start, end));
        } else {
            self.hold(rules, (start, end), value, emit);
        }
    }

    #[inline(never)]
    fn hold(
        &mut self,
        rules: &Rules,
        (start, end): (usize, usize),
        value: Value,
        emit: &mut impl FnMut(Token),
    ) {
        if !value.continues() {
            self.finish(rules, emit);
        }
        if self.run.is_empty() && !value.begins() {
            emit(Token::word(start, end));
            return;
        }
        self.run.push(Held {
            start: start as u32,
            end: end as u32,
            value,
        });
        if self.run.len() == MANY {
            let keep = 2 * rules.longest_phrase();
            self.work_off(rules, MANY - keep, emit);
            let dropped = self.done.saturating_sub(rules.longest_phrase());
            self.run.drain(..dropped);
            self.done -= dropped;
        }
    }

    /// Hands out all tokens: no phrase goes on.
    #[inline(always)]
    pub(super) fn finish(&mut self, rules: &Rules, emit: &mut impl FnMut(Token)) {
        match self.run[..] {
            [] => return,
            [token] => token.emit(emit),
            _ => self.work_off(rules, usize::MAX, emit),
        }
        self.run.clear();
        self.done = 0;
    }

    /// Hands out tokens up to a place, or up to the end of the phrase around it.
    #[inline(never)]
    fn work_off(&mut self, rules: &Rules, to: usize, emit: &mut impl FnMut(Token)) {
        self.winners.clear();
        self.winners.resize(self.run.len(), Found::default());
        for first in 0..self.run.len() {
            let tokens = self.run[first..].iter().map(|token| token.value);
            rules.phrases(tokens, |len, exception| {
                self.found = true;
                let found = Found {
                    len: len as u32,
                    first: first as u32,
                    exception: exception as u32,
                };
                for winner in &mut self.winners[first..first + len] {
                    if winner.len < found.len {
                        *winner = found;
                    }
                }
            });
        }
        let mut at = self.done;
        while at < to.min(self.run.len()) {
            let found = self.winners[at];
            let len = found.len as usize;
            let stands =
                len > 0 && found.first as usize == at && self.winners[at + len - 1] == found;
            if !stands {
                let token = self.run[at];
                token.emit(emit);
                at += 1;
                continue;
            }
            let tokens = &self.run[at..at + len];
            if tokens.windows(2).all(|pair| pair[0].end == pair[1].start) {
                let mut start = tokens[0].start as usize;
                for &(len, _) in rules.exception(found.exception as usize) {
                    emit(Token::word(start, start + len));
                    start += len;
                }
            } else {
                for token in tokens {
                    token.emit(emit);
                }
            }
            at += len;
        }
        self.done = at;
    }

    /// Forgets whether a phrase was found.
    pub(super) fn watch(&mut self) {
        self.found = false;
    }

    /// Whether a phrase was found since.
    pub(super) fn has_found(&self) -> bool {
        self.found
    }

    /// Whether tokens are held back.
    #[inline(always)]
    pub(super) fn holds(&self) -> bool {
        !self.run.is_empty()
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        size_of::<Held>() * self.run.capacity() + size_of::<Found>() * self.winners.capacity()
    }
}
