//! The published ways to tell whether a document holds pieces of an evaluation set.

use corpusql_text::decontaminate::Scheme;
use corpusql_text::decontaminate::skips::{EXACT, SKIPS};

use crate::error::{Error, Result, near_miss};

/// A gram that more documents have is no evidence to GPT-3.
pub const GPT3_MOST_DOCUMENTS: u32 = 10;
/// The lengths of grams that GPT-3 reports examples by.
pub const GPT3_REPORT_N: std::ops::RangeInclusive<usize> = 8..=13;
/// The share of an item's grams that PaLM calls contaminated from.
pub const PALM_SHARE: f64 = 0.7;
/// Words of the shortest paragraphs that Dolma and Paloma look for.
const PARAGRAPH_WORDS: usize = 13;
/// Lengths of grams that make sense.
const LENGTHS: std::ops::RangeInclusive<usize> = 1..=1000;

/// A way, named after where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// datatrove's n-grams
    Datatrove,
    /// GPT-3's n-grams, with its cleaning
    Gpt3,
    /// The paragraphs of Dolma and Paloma
    DolmaParagraphs,
    /// PaLM's share of an item's n-grams
    Palm,
    /// Llama 2's runs of tokens
    Llama2,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Datatrove,
        Self::Gpt3,
        Self::DolmaParagraphs,
        Self::Palm,
        Self::Llama2,
    ];

    /// The name on the command line and in columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::Datatrove => "datatrove",
            Self::Gpt3 => "gpt3",
            Self::DolmaParagraphs => "dolma_paragraphs",
            Self::Palm => "palm",
            Self::Llama2 => "llama2",
        }
    }

    /// What it does, in one line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Datatrove => {
                "any 12-gram of simplified English tokens of an answer, or across the end of its question (--query-ngrams: of a question)"
            }
            Self::Gpt3 => {
                "any 13-gram of plain words of question and answer that 10 documents or fewer have; also the text without these and 200 characters around"
            }
            Self::DolmaParagraphs => {
                "any paragraph of question or answer, as it is, of 13 words or more that is not all punctuation"
            }
            Self::Palm => {
                "70 % or more of the 8-grams of plain words of a question and its answer, in one document"
            }
            Self::Llama2 => {
                "any run of more than 10 tokens of question and answer, behind the first 10 of which at most 4 differ; tokens are cl100k's"
            }
        }
    }

    fn n(self) -> usize {
        match self {
            Self::Datatrove => 12,
            Self::Gpt3 => 13,
            Self::DolmaParagraphs => 1,
            Self::Palm => 8,
            Self::Llama2 => EXACT + 1,
        }
    }
}

/// A way with what a user can change of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Which.
    pub kind: Kind,
    /// Units of a gram.
    pub n: usize,
    /// How texts and items are cut; not where tokens of a language model are compared.
    pub scheme: Option<Scheme>,
}

/// What a user can change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Another length of grams.
    pub n: Option<usize>,
    /// Also grams within questions.
    pub query: bool,
    /// No grams across the end of a question.
    pub no_across: bool,
}

impl Method {
    /// The method of that name, changed.
    pub fn new(name: &str, changes: Changes) -> Result<Self> {
        let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == name) else {
            let names = Kind::ALL.map(Kind::name);
            let error = Error::user(format!(
                "there is no method {name}, expected one of {}",
                names.join(", ")
            ));
            return Err(match near_miss(name, names) {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint("`corpusql decontaminate --list` says what each of them does"),
            });
        };
        if (changes.query || changes.no_across) && kind != Kind::Datatrove {
            return Err(Error::user(format!(
                "--query-ngrams and --no-overlap-ngrams are of datatrove; {name} looks at questions and answers as one"
            ))
            .hint("leave them out"));
        }
        if changes.n.is_some() && kind == Kind::DolmaParagraphs {
            return Err(Error::user(
                "--ngram: dolma_paragraphs compares whole paragraphs, it has no n-grams",
            )
            .hint("leave it out"));
        }
        let n = changes.n.unwrap_or(kind.n());
        if !LENGTHS.contains(&n) {
            return Err(Error::user(format!(
                "--ngram {n}: expected {} to {} words",
                LENGTHS.start(),
                LENGTHS.end()
            )));
        }
        let scheme = match kind {
            Kind::Datatrove => Some(Scheme::datatrove(n, changes.query, !changes.no_across)),
            Kind::Gpt3 | Kind::Palm => Some(Scheme::plain_words(n)),
            Kind::DolmaParagraphs => Some(Scheme::paragraphs(PARAGRAPH_WORDS)),
            Kind::Llama2 => None,
        };
        Ok(Self { kind, n, scheme })
    }

    /// All that decides what is found, in words.
    pub fn facts(&self) -> String {
        match self.scheme {
            Some(scheme) => format!("{} {scheme:?}", self.kind.name()),
            None => format!("{} {EXACT} {SKIPS} cl100k", self.kind.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_near_misses() {
        for kind in Kind::ALL {
            let method = Method::new(kind.name(), Changes::default()).expect("a method");
            assert_eq!((method.kind, method.n), (kind, kind.n()));
        }
        let error = Method::new("gpt-3", Changes::default()).expect_err("no such method");
        assert_eq!(error.next_step(), Some("did you mean gpt3?"));
        let n = |n| Changes {
            n: Some(n),
            ..Changes::default()
        };
        assert!(Method::new("datatrove", n(0)).is_err());
        assert!(Method::new("dolma_paragraphs", n(3)).is_err());
        let query = Changes {
            query: true,
            ..Changes::default()
        };
        assert!(Method::new("gpt3", query).is_err());
        assert_ne!(
            Method::new("datatrove", query).expect("a method").facts(),
            Method::new("datatrove", Changes::default())
                .expect("a method")
                .facts()
        );
    }
}
