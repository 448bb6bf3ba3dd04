//! What an ingest did, in words.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::duplicates::Duplicates;
use super::quarantine::Reason;

/// What an ingest did.
#[derive(Clone, Debug, Default)]
pub struct IngestSummary {
    /// The corpus.
    pub corpus: PathBuf,
    /// Inputs that were read.
    pub inputs: usize,
    /// Documents added.
    pub documents: u64,
    /// Parts added.
    pub parts: usize,
    /// UTF-8 bytes of the texts added, where known.
    pub text_bytes: u64,
    /// Bad records by reason.
    pub quarantined: BTreeMap<Reason, u64>,
    /// The first input none of whose records has a text, and what is wrong with its first record.
    pub without_text: Option<(String, String)>,
    /// Ids that more than one document of the corpus has.
    pub duplicates: Duplicates,
    /// Inputs that the corpus has already.
    pub already: Vec<String>,
    /// What else was left out.
    pub left_out: Vec<String>,
    /// Parts that an interrupted run had finished.
    pub resumed: usize,
    /// Whether the documents stay where they are.
    pub in_place: bool,
}

impl IngestSummary {
    /// Bad records.
    pub fn bad(&self) -> u64 {
        self.quarantined.values().sum()
    }
}

impl fmt::Display for IngestSummary {
    /// One line a fact, without a newline at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        let already = match self.already.as_slice() {
            [] => None,
            [one] => Some(format!(
                "{one} is in the corpus already (--again adds it once more)"
            )),
            [first, more @ ..] => Some(format!(
                "{first} and {} more inputs are in the corpus already (--again adds them once more)",
                more.len()
            )),
        };
        if self.inputs == 0 {
            lines.push("nothing to do".to_string());
        } else {
            let place = if self.in_place { ", left in place" } else { "" };
            lines.push(format!(
                "{} in {}, {:.1} MB of text, from {}{place}",
                count(self.documents, "document"),
                count(self.parts as u64, "part"),
                self.text_bytes as f64 / 1e6,
                count(self.inputs as u64, "input"),
            ));
        }
        lines.extend(already);
        lines.extend(self.left_out.iter().cloned());
        if self.resumed > 0 {
            lines.push(format!(
                "went on after {} of an interrupted run",
                count(self.resumed as u64, "finished part")
            ));
        }
        if self.bad() > 0 {
            let reasons: Vec<String> = self
                .quarantined
                .iter()
                .map(|(reason, count)| format!("{count} {}", reason.words()))
                .collect();
            lines.push(format!(
                "{} in {}: {}",
                count(self.bad(), "bad record"),
                self.corpus
                    .join(crate::corpus::layout::QUARANTINE)
                    .display(),
                reasons.join(", ")
            ));
        }
        if let Some((input, detail)) = &self.without_text {
            lines.push(format!(
                "no record of {input} has a text ({detail}); name the field that holds it, as in --map text=content"
            ));
        }
        if self.duplicates.ids > 0 {
            let examples: Vec<String> = self
                .duplicates
                .examples
                .iter()
                .map(|(id, count)| format!("{id} ({count})"))
                .collect();
            lines.push(format!(
                "{} more than one document has, {} documents in all: {}{}",
                count(self.duplicates.ids, "id"),
                self.duplicates.documents,
                examples.join(", "),
                if self.duplicates.ids > examples.len() as u64 {
                    ", …"
                } else {
                    ""
                }
            ));
        }
        f.write_str(&lines.join("\n"))
    }
}

fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
