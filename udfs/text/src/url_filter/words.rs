//! Banned words, soft banned words and banned subwords of a URL.

use super::{SOURCE, UNDEFINED};
use crate::UrlLists;
use crate::document::{Document, Needs};
use crate::signal::{Input, Measure, Signal};

/// Banned words.
pub static BANNED: Signal = Signal {
    name: "datatrove_url_banned_words",
    definition: "Distinct banned words among the words of the URL: what stands between characters that are no ASCII letters or digits. Upper case is not lowered, and listed words are in lower case.",
    ..signal(
        "datatrove_url_banned_words('https://a.example.com/')",
        |d| count(d, UrlLists::banned_words),
    )
};

/// Soft banned words.
pub static SOFT: Signal = Signal {
    name: "datatrove_url_soft_words",
    definition: "Distinct soft banned words among the words of the URL: what stands between characters that are no ASCII letters or digits. Upper case is not lowered, and listed words are in lower case.",
    ..signal("datatrove_url_soft_words('https://a.example.com/')", |d| {
        count(d, UrlLists::soft_words)
    })
};

/// Banned subwords.
pub static SUBWORDS: Signal = Signal {
    name: "datatrove_url_banned_subwords",
    definition: "Distinct banned subwords anywhere in the URL's ASCII letters and digits, all other characters taken out, in lower case.",
    ..signal(
        "datatrove_url_banned_subwords('https://a.example.com/')",
        |d| count(d, UrlLists::banned_subwords),
    )
};

const fn signal(example: &'static str, measure: fn(&Document<'_>) -> Option<i64>) -> Signal {
    Signal {
        name: "",
        definition: "",
        undefined: UNDEFINED,
        range: (0.0, f64::INFINITY),
        inputs: &[Input::Url],
        source: SOURCE,
        example: (example, "NULL"),
        version: 1,
        needs: Needs::NONE,
        measure: Measure::Int(measure),
    }
}

fn count(document: &Document<'_>, count: fn(&UrlLists, &str) -> usize) -> Option<i64> {
    let found = count(document.lists().urls()?, document.row().url?);
    i64::try_from(found).ok()
}
