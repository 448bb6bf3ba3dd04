//! The rules: exceptions, units behind a digit, and the tokens that exceptions are put together from again.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::super::classes::{Classes, SPACY_EN, SUFFIX};
use super::affixes::{Buffers, split};
use crate::perfect::WordTable;
use crate::view::word::{Key, SHORT};

static RULES: LazyLock<Rules> = LazyLock::new(Rules::new);

/// The longest exception has so many bytes.
const LONGEST: usize = 32;

/// What is known of a string: the number of its exception, its number among the tokens of phrases, and where in a
/// phrase it can stand.
#[derive(Clone, Copy, Default)]
pub(super) struct Value(u32);

impl Value {
    const EXCEPTION_BITS: u32 = 12;
    const BEGINS: u32 = 1 << 30;
    const CONTINUES: u32 = 1 << 31;

    /// The number of the exception, 0 for none.
    #[inline(always)]
    pub(super) fn exception(self) -> usize {
        (self.0 & ((1 << Self::EXCEPTION_BITS) - 1)) as usize
    }

    /// The number among the tokens of phrases, 0 for none.
    fn part(self) -> u32 {
        (self.0 & !(Self::BEGINS | Self::CONTINUES)) >> Self::EXCEPTION_BITS
    }

    /// Whether a phrase begins with it.
    #[inline(always)]
    pub(super) fn begins(self) -> bool {
        self.0 & Self::BEGINS != 0
    }

    /// Whether it stands in a phrase behind another token.
    #[inline(always)]
    pub(super) fn continues(self) -> bool {
        self.0 & Self::CONTINUES != 0
    }
}

/// A place in the tree of phrases.
#[derive(Default)]
struct Node {
    /// What can follow, by the number of the token.
    next: BTreeMap<u32, usize>,
    /// The exception that ends here, 0 for none.
    exception: usize,
}

/// All rules that are data.
pub(super) struct Rules {
    pub(super) classes: &'static Classes,
    words: WordTable,
    /// What is known of each ASCII character.
    ascii: [Value; 128],
    /// The tokens of each exception by their length and value; number 0 has none.
    exceptions: Vec<Vec<(usize, Value)>>,
    /// Units and currencies that are cut off behind a digit.
    after_digit: WordTable,
    /// Exceptions as the rules alone would split them: phrases that become the exception's tokens again.
    phrases: Vec<Node>,
    /// The most tokens in a phrase.
    longest_phrase: usize,
}

impl Rules {
    /// The rules of the process.
    pub(super) fn get() -> &'static Self {
        &RULES
    }

    fn list(name: &str) -> impl Iterator<Item = &'static str> {
        let mut lines = SPACY_EN.lines();
        let title = format!("list {name}");
        lines
            .by_ref()
            .take_while(|line| *line != title)
            .for_each(drop);
        lines.take_while(|line| !line.starts_with("list "))
    }

    fn new() -> Self {
        let mut rules = Self {
            classes: Classes::get(),
            words: WordTable::new([]),
            ascii: [Value::default(); 128],
            exceptions: vec![Vec::new()],
            after_digit: WordTable::new(Self::list("after_digit").map(|unit| (unit, 1))),
            phrases: Vec::new(),
            longest_phrase: 0,
        };
        let exceptions: Vec<(String, Vec<&str>)> = Self::list("exceptions")
            .map(|line| (line.replace('\t', ""), line.split('\t').collect()))
            .collect();

        // While there are no exceptions, `split` shows how each would be split by rules alone.
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let mut phrases = vec![Node::default()];
        let (mut begins, mut continues) = (Vec::new(), Vec::new());
        for ((text, _), number) in exceptions.iter().zip(1..) {
            let mut parts = Vec::new();
            let bytes = text.as_bytes();
            split(
                &rules,
                &mut Buffers::default(),
                bytes,
                (0, bytes.len()),
                true,
                &mut |start, end, _| {
                    parts.push(&text[start..end]);
                },
            );
            if parts.len() < 2 {
                continue;
            }
            rules.longest_phrase = rules.longest_phrase.max(parts.len());
            let mut node = 0;
            for (i, part) in parts.iter().enumerate() {
                let next = numbers.len() as u32 + 1;
                let id = *numbers.entry(part).or_insert(next);
                if i == 0 { &mut begins } else { &mut continues }.push(*part);
                let new = phrases.len();
                let child = *phrases[node].next.entry(id).or_insert(new);
                if child == new {
                    phrases.push(Node::default());
                }
                node = child;
            }
            phrases[node].exception = number;
        }

        let mut values: BTreeMap<&str, u32> = BTreeMap::new();
        for ((text, _), number) in exceptions.iter().zip(1u32..) {
            *values.entry(text).or_default() |= number;
        }
        for (part, id) in &numbers {
            *values.entry(part).or_default() |= id << Value::EXCEPTION_BITS;
        }
        for (parts, bit) in [(&begins, Value::BEGINS), (&continues, Value::CONTINUES)] {
            for part in parts {
                *values.entry(part).or_default() |= bit;
            }
        }
        let value = |token: &str| Value(values.get(token).copied().unwrap_or(0));
        rules
            .exceptions
            .extend(exceptions.iter().map(|(_, tokens)| {
                tokens
                    .iter()
                    .map(|token| (token.len(), value(token)))
                    .collect()
            }));
        rules.words = WordTable::new(values.iter().map(|(&text, &value)| (text, value)));
        for (byte, value) in (0u8..).zip(&mut rules.ascii) {
            *value = Value(rules.words.get(&[byte]));
        }
        rules.phrases = phrases;
        rules
    }

    /// What is known of an ASCII character.
    #[inline(always)]
    pub(super) fn ascii(&self, byte: u8) -> Value {
        self.ascii[usize::from(byte & 0x7F)]
    }

    /// Whether the byte at a place is cut off behind ASCII letters that end there, and nothing else is.
    #[inline(always)]
    pub(super) fn is_suffix_of_letters(&self, text: &[u8], at: usize) -> bool {
        match text[at] {
            b'.' => text[at - 1].is_ascii_lowercase(),
            byte => byte < 0x80 && self.classes.ascii(byte) & SUFFIX != 0,
        }
    }

    /// What is known of a string of up to 15 bytes.
    #[inline(always)]
    pub(super) fn short(&self, key: Key) -> Value {
        Value(self.words.seldom(key))
    }

    /// What is known of `text[start..end]`.
    #[inline(always)]
    pub(super) fn value(&self, text: &[u8], start: usize, end: usize) -> Value {
        if end - start == 1 {
            self.ascii(text[start])
        } else if end - start <= SHORT {
            self.short(Key::read(text, start, end))
        } else if end - start <= LONGEST {
            Value(self.words.long(&text[start..end]))
        } else {
            Value(0)
        }
    }

    /// The tokens of an exception by their lengths, and what is known of them.
    pub(super) fn exception(&self, number: usize) -> &[(usize, Value)] {
        &self.exceptions[number]
    }

    /// Whether a string is cut off behind a digit.
    pub(super) fn is_after_digit(&self, text: &[u8]) -> bool {
        self.after_digit.get(text) != 0
    }

    /// The most tokens in a phrase.
    pub(super) fn longest_phrase(&self) -> usize {
        self.longest_phrase
    }

    /// Hands out the lengths of all phrases with which tokens begin, the shorter ones first, and their exceptions.
    pub(super) fn phrases(
        &self,
        tokens: impl Iterator<Item = Value>,
        mut found: impl FnMut(usize, usize),
    ) {
        let mut node = 0;
        for (token, len) in tokens.zip(1..) {
            match self.phrases[node].next.get(&token.part()) {
                Some(&next) => node = next,
                None => return,
            }
            if self.phrases[node].exception != 0 {
                found(len, self.phrases[node].exception);
            }
        }
    }
}
