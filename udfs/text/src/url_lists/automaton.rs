//! Which of many words occur anywhere in a string, in one pass over it (Aho and Corasick 1975).

/// Letters in lower case and digits.
const SYMBOLS: usize = 36;
/// No state: the end of a chain of words.
const NONE: u32 = u32::MAX;

/// The automaton of a list of words of ASCII letters in lower case and digits.
#[derive(Debug)]
pub(super) struct Automaton {
    /// The next state by symbol, for every state.
    next: Vec<[u32; SYMBOLS]>,
    /// The word that ends in a state, or [`NONE`].
    word: Vec<u32>,
    /// The nearest state on the way back in which a word ends, or [`NONE`].
    shorter: Vec<u32>,
    words: usize,
}

fn symbol(byte: u8) -> Option<usize> {
    match byte {
        b'a'..=b'z' => Some(usize::from(byte - b'a')),
        b'A'..=b'Z' => Some(usize::from(byte - b'A')),
        b'0'..=b'9' => Some(usize::from(byte - b'0') + 26),
        _ => None,
    }
}

impl Automaton {
    /// The automaton of distinct words; empty ones are left out, and so are other characters.
    pub(super) fn new<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let mut automaton = Self {
            next: vec![[NONE; SYMBOLS]],
            word: vec![NONE],
            shorter: vec![NONE],
            words: 0,
        };
        for word in words {
            automaton.add(word);
        }
        automaton.link();
        automaton
    }

    fn add(&mut self, word: &str) {
        let mut state = 0;
        for symbol in word.bytes().filter_map(symbol) {
            let next = self.next[state][symbol];
            state = if next == NONE {
                let new = self.next.len();
                self.next[state][symbol] = new as u32;
                self.next.push([NONE; SYMBOLS]);
                self.word.push(NONE);
                self.shorter.push(NONE);
                new
            } else {
                next as usize
            };
        }
        if state != 0 && self.word[state] == NONE {
            self.word[state] = self.words as u32;
            self.words += 1;
        }
    }

    /// Fills in where to go when no word goes on: level by level, so that what is shorter is complete.
    fn link(&mut self) {
        let mut back = vec![0; self.next.len()];
        let mut queue = std::collections::VecDeque::from([0]);
        while let Some(state) = queue.pop_front() {
            for symbol in 0..SYMBOLS {
                let fallback = if state == 0 {
                    0
                } else {
                    self.next[back[state]][symbol]
                };
                let next = self.next[state][symbol];
                if next == NONE {
                    self.next[state][symbol] = fallback;
                    continue;
                }
                let (next, fallback) = (next as usize, fallback as usize);
                back[next] = fallback;
                self.shorter[next] = if self.word[fallback] == NONE {
                    self.shorter[fallback]
                } else {
                    fallback as u32
                };
                queue.push_back(next);
            }
        }
    }

    /// How many of the words occur in the ASCII letters and digits of a string, all others taken out, in any case.
    pub(super) fn count_in(&self, string: &str) -> usize {
        let mut seen: Vec<bool> = Vec::new();
        let mut count = 0;
        let mut state = 0;
        for symbol in string.bytes().filter_map(symbol) {
            state = self.next[state][symbol] as usize;
            let mut ending = if self.word[state] == NONE {
                self.shorter[state]
            } else {
                state as u32
            };
            // Behind a word that was seen there are only others that were seen with it.
            while ending != NONE {
                seen.resize(self.words, false);
                let word = &mut seen[self.word[ending as usize] as usize];
                if *word {
                    break;
                }
                *word = true;
                count += 1;
                ending = self.shorter[ending as usize];
            }
        }
        count
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&self.next[..]) + size_of_val(&self.word[..]) + size_of_val(&self.shorter[..])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::Automaton;

    /// The obvious way.
    fn twin(words: &BTreeSet<String>, string: &str) -> usize {
        let kept: String = string.chars().filter(char::is_ascii_alphanumeric).collect();
        let kept = kept.to_ascii_lowercase();
        words
            .iter()
            .filter(|w| !w.is_empty() && kept.contains(*w))
            .count()
    }

    proptest! {
        #[test]
        fn equals_the_obvious_way(
            words in prop::collection::btree_set("[abc0]{0,5}", 0..12),
            string in "[abcABC0.é/-]{0,60}",
        ) {
            let automaton = Automaton::new(words.iter().map(String::as_str));
            prop_assert_eq!(automaton.count_in(&string), twin(&words, &string));
        }
    }
}
