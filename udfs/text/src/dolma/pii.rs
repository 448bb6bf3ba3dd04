//! What `pii_regex_with_counts_fast_v2` says of e-mail addresses, telephone numbers and IP addresses.
//!
//! The definitions give its regular expressions; they are looked for line by line, line feed included, in lines
//! with a word.

use super::SOURCE;
use crate::document::{Document, Needs};
use crate::signal::{Input, Measure, Signal};
use crate::view::spaced::Matches;

const fn signal(
    name: &'static str,
    definition: &'static str,
    example: (&'static str, &'static str),
    measure: Measure,
) -> Signal {
    Signal {
        name,
        definition,
        undefined: "never",
        range: (0.0, f64::INFINITY),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs: Needs::PII,
        measure,
    }
}

fn matches(document: &Document<'_>) -> [Matches; 3] {
    let pii = document.spaced().pii;
    [pii.emails, pii.phones, pii.ips]
}

/// All of them.
pub static DOC_COUNT: Signal = signal(
    "dolma_pii_regex_with_counts_fast_v2_doc_count",
    "E-mail addresses, telephone numbers and IP addresses; 0 for a text with more than 10,000 question marks.",
    (
        "dolma_pii_regex_with_counts_fast_v2_doc_count('Call (206) 555-0100 or 10.0.0.1')",
        "2",
    ),
    Measure::Int(|d| Some(matches(d).iter().map(|m| m.count).sum::<u64>() as i64)),
);

/// Their characters.
pub static DOC_FRAC: Signal = Signal {
    range: (-1.0, f64::INFINITY),
    ..signal(
        "dolma_pii_regex_with_counts_fast_v2_doc_frac",
        "Characters of e-mail addresses, telephone numbers and IP addresses, with the spaces and marks around them that belong to the match, and of the whole text once more, per character of the text: at least 1. -1.0 for empty text.",
        (
            "dolma_pii_regex_with_counts_fast_v2_doc_frac('10.0.0.1 is taken')",
            "1.4705882352941178",
        ),
        Measure::Float(|d| {
            let chars = d.spaced().found.counts.chars;
            let found: u64 = matches(d).iter().map(|m| m.chars).sum();
            Some(if chars == 0 {
                -1.0
            } else {
                (found + chars) as f64 / chars as f64
            })
        }),
    )
};

/// E-mail addresses.
pub static EMAIL_ADDRESSES: Signal = signal(
    "dolma_pii_regex_with_counts_fast_v2_email_address",
    r"Matches of `[.\s@,?!;:)(]*([^\s@]+@[^\s@,?!;:)(]+?)[.\s@,?!;:)(]?\s` whose part behind `@` has a point and whose part before is not a single `(`. So a space must follow.",
    (
        "dolma_pii_regex_with_counts_fast_v2_email_address('a@b.org, c@d.org')",
        "1",
    ),
    Measure::Int(|d| Some(d.spaced().pii.emails.count as i64)),
);

/// Telephone numbers.
pub static PHONE_NUMBERS: Signal = signal(
    "dolma_pii_regex_with_counts_fast_v2_phone_number",
    r"Matches of `\s+\(?(\d{3})\)?[-\. ]*(\d{3})[-. ]?(\d{4})`. So a space must be before.",
    (
        "dolma_pii_regex_with_counts_fast_v2_phone_number('Call (206) 555-0100 now')",
        "1",
    ),
    Measure::Int(|d| Some(d.spaced().pii.phones.count as i64)),
);

/// IP addresses.
pub static IP_ADDRESSES: Signal = signal(
    "dolma_pii_regex_with_counts_fast_v2_ip_address",
    "Four numbers of up to 255, in up to three digits, with points between; other digits and points may be around them.",
    (
        "dolma_pii_regex_with_counts_fast_v2_ip_address('Version 1.22.333.4 and 10.0.0.256')",
        "1",
    ),
    Measure::Int(|d| Some(d.spaced().pii.ips.count as i64)),
);
