//! One document against the index: what the columns say of it.

use std::ops::Range;

use corpusql_text::decontaminate::skips::{EXACT, Skips, token};
use corpusql_text::decontaminate::{Cut, Finder, Found, Index, cut};
use corpusql_tokens::{Cutter, Encoding};

use super::evals::{Evals, Question};
use super::method::{Kind, Method, PALM_SHARE};

/// What was found in a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Whether the document is contaminated.
    pub contaminated: bool,
    /// Its grams that are in the index and count.
    pub matches: u64,
    /// The largest share of a question's grams that it has.
    pub share: f64,
    /// Of the first gram that counts, the question.
    pub first: Option<usize>,
    /// That gram.
    pub first_match: Option<String>,
    /// The questions that it has something of, by their places among all.
    pub questions: Vec<u32>,
    /// Where, from and to in characters.
    pub spans: Vec<(u32, u32)>,
    /// What GPT-3's cleaning leaves.
    pub cleaned: Option<Cleaned>,
}

/// What is left of a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cleaned {
    /// Into how many pieces it falls.
    pub pieces: u32,
    /// The pieces that stay, an empty line between them.
    pub text: String,
}

/// What all documents are held against.
#[derive(Debug)]
pub struct Judge {
    /// How.
    pub method: Method,
    /// The questions.
    pub evals: Evals,
    /// What of them is looked for.
    pub sought: Sought,
}

/// What is looked for in documents.
#[derive(Debug)]
pub enum Sought {
    /// Grams.
    Grams(Index),
    /// Runs of tokens.
    Runs(Skips),
}

impl Sought {
    /// Whether an item is too short for anything to tell it.
    pub fn is_too_short(&self, item: usize) -> bool {
        match self {
            Self::Grams(index) => index.size(item) == 0,
            Self::Runs(skips) => skips.size(item) <= EXACT,
        }
    }

    /// How many grams are numbered.
    pub fn grams(&self) -> usize {
        match self {
            Self::Grams(index) => index.grams().len(),
            Self::Runs(_) => 0,
        }
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        match self {
            Self::Grams(index) => index.memory(),
            Self::Runs(skips) => skips.memory(),
        }
    }
}

/// What a thread uses again for every document.
#[derive(Debug, Default)]
pub struct Worker {
    finder: Finder,
    tokens: Tokens,
}

/// Texts as tokens.
#[derive(Debug)]
pub struct Tokens {
    cutter: Cutter,
    hashes: Vec<u64>,
    /// Where each begins, and where the last ends.
    bounds: Vec<usize>,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            cutter: Cutter::new(Encoding::Cl100k),
            hashes: Vec::new(),
            bounds: Vec::new(),
        }
    }
}

impl Tokens {
    /// The tokens of a question and its answers, one below the other.
    pub fn of_question(&mut self, question: &Question) -> Vec<u64> {
        let labels = question.labels.iter().map(String::as_str);
        let texts: Vec<&str> = std::iter::once(question.query.as_str())
            .chain(labels)
            .collect();
        self.cut(&texts.join("\n"));
        self.hashes.clone()
    }

    fn cut(&mut self, text: &str) {
        let Self {
            cutter,
            hashes,
            bounds,
        } = self;
        hashes.clear();
        bounds.clear();
        bounds.push(0);
        let mut start = 0;
        cutter.cut(text, |end| {
            hashes.push(token(&text.as_bytes()[start..end]));
            bounds.push(end);
            start = end;
        });
    }
}

impl Judge {
    /// The numbers of the grams that a document has; `None` when there is none of any length.
    pub fn numbers(&self, worker: &mut Worker, text: &str) -> Option<Vec<u32>> {
        match &self.sought {
            Sought::Grams(index) if worker.finder.look(index, text) => {
                Some(worker.finder.numbers())
            }
            Sought::Grams(_) | Sought::Runs(_) => None,
        }
    }

    /// What a document has; `None` when nothing. `counts` says of a gram by its number whether it counts.
    pub fn outcome(
        &self,
        worker: &mut Worker,
        text: &str,
        counts: impl Fn(u32) -> bool,
    ) -> Option<Outcome> {
        let index = match &self.sought {
            Sought::Grams(index) => index,
            Sought::Runs(skips) => return self.by_runs(skips, &mut worker.tokens, text),
        };
        let finder = &mut worker.finder;
        if !finder.look(index, text) {
            return None;
        }
        if self.method.kind == Kind::Palm {
            return Some(self.by_share(index, finder));
        }
        let questions = finder.items(index);
        let Some(found) = finder.found(index, counts) else {
            return Some(Outcome {
                questions,
                ..Outcome::default()
            });
        };
        let cleaned = (self.method.kind == Kind::Gpt3).then(|| clean(text, &found.spans));
        Some(Outcome {
            cleaned,
            questions,
            ..self.contaminated(index, found)
        })
    }

    /// By runs of tokens that may differ in places.
    fn by_runs(&self, skips: &Skips, tokens: &mut Tokens, text: &str) -> Option<Outcome> {
        tokens.cut(text);
        let shared = skips.find(&tokens.hashes)?;
        let bytes = |span: &Range<usize>| tokens.bounds[span.start]..tokens.bounds[span.end];
        // A token may begin or end inside a character, which then belongs to it.
        let mut counted = (0, 0);
        let mut characters = |byte: usize, up: bool| {
            let mut byte = byte;
            while !text.is_char_boundary(byte) {
                byte = if up { byte + 1 } else { byte - 1 };
            }
            if byte >= counted.0 {
                counted = (
                    byte,
                    counted.1 + text[counted.0..byte].chars().count() as u32,
                );
            }
            counted.1
        };
        let spans = shared.spans.iter().map(|span| {
            let bytes = bytes(span);
            (characters(bytes.start, false), characters(bytes.end, true))
        });
        let spans = spans.collect();
        let first_match = shared
            .first
            .as_ref()
            .map(|(span, _)| String::from_utf8_lossy(&text.as_bytes()[bytes(span)]).into_owned());
        Some(Outcome {
            contaminated: true,
            matches: shared.tokens,
            share: shared
                .items
                .iter()
                .map(|(_, share)| *share)
                .fold(0.0, f64::max),
            first: shared.first.map(|(_, item)| item as usize),
            first_match,
            questions: shared.items.iter().map(|(item, _)| *item).collect(),
            spans,
            cleaned: None,
        })
    }

    /// By the share of a question's grams that are in the document.
    fn by_share(&self, index: &Index, finder: &mut Finder) -> Outcome {
        let shares = finder.shares(index);
        let share = shares.iter().map(|(_, share)| *share).fold(0.0, f64::max);
        let reached: Vec<u32> = shares
            .into_iter()
            .filter(|(_, share)| *share >= PALM_SHARE)
            .map(|(question, _)| question)
            .collect();
        let grams = index.grams();
        let counts = |number| {
            let mut owners = grams.owners(number).iter();
            owners.any(|owner| reached.binary_search(owner).is_ok())
        };
        match finder.found(index, counts) {
            Some(found) => Outcome {
                share,
                questions: reached.clone(),
                ..self.contaminated(index, found)
            },
            None => Outcome {
                share,
                ..Outcome::default()
            },
        }
    }

    fn contaminated(&self, index: &Index, found: Found) -> Outcome {
        // A gram that several benchmarks have is of the last of them, and there of the first question that has it.
        let owners = index.grams().owners(found.first);
        let benchmark = |owner: &u32| self.evals.place(*owner as usize).0;
        let last = owners.last().map(benchmark);
        let first = owners.iter().find(|owner| Some(benchmark(owner)) == last);
        Outcome {
            contaminated: true,
            matches: found.grams,
            share: 0.0,
            first: first.map(|owner| *owner as usize),
            first_match: Some(found.first_gram),
            questions: Vec::new(),
            spans: found.spans,
            cleaned: None,
        }
    }
}

/// What GPT-3's cleaning leaves of a text.
fn clean(text: &str, spans: &[(u32, u32)]) -> Cleaned {
    let Cut { pieces, kept } = cut(text.chars().count() as u32, spans);
    let mut cleaned = Cleaned {
        pieces,
        text: String::new(),
    };
    let mut rest = text.char_indices().map(|(at, _)| at);
    let mut place = 0;
    // Where a character begins, asked for in ascending order.
    let mut byte = |character: u32| {
        let skipped = (character - place) as usize;
        place = character + 1;
        rest.nth(skipped).unwrap_or(text.len())
    };
    for (from, to) in kept {
        let start = byte(from);
        let end = byte(to);
        if !cleaned.text.is_empty() {
            cleaned.text.push_str("\n\n");
        }
        cleaned.text.push_str(&text[start..end]);
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn pieces_are_put_together() {
        let text: String = (0..1500)
            .map(|i| char::from_u32(0x4E00 + i).unwrap_or(' '))
            .collect();
        let part =
            |from: usize, to: usize| text.chars().skip(from).take(to - from).collect::<String>();
        let cleaned = clean(&text, &[(600, 700)]);
        assert_eq!(cleaned.pieces, 2);
        assert_eq!(
            cleaned.text,
            format!("{}\n\n{}", part(0, 400), part(900, 1500))
        );
        let cleaned = clean(&text, &[(0, 1350)]);
        assert_eq!((cleaned.pieces, cleaned.text.as_str()), (0, ""));
    }
}
