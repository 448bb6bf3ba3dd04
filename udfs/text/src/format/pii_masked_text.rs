//! E-mail addresses and public IP addresses replaced.

use crate::pii::{emails, ips};
use crate::signal::Input;
use crate::transform::TextFunction;

/// What stands for e-mail addresses, in turn.
const EMAILS: [&str; 2] = ["email@example.com", "firstname.lastname@example.org"];

/// What stands for IP addresses, in turn.
const IPS: [&str; 6] = [
    "22.214.171.124",
    "126.96.36.199",
    "188.8.131.52",
    "184.108.40.206",
    "220.127.116.11",
    "18.104.22.168",
];

/// The function.
pub static FUNCTION: TextFunction = TextFunction {
    name: "datatrove_pii_masked_text",
    definition: "The text with every e-mail address replaced by email@example.com and firstname.lastname@example.org in turn, then every public IPv4 address by six fixed ones in turn, each document beginning anew (datatrove goes on from document to document, so that its output depends on their order). No word boundary is asked for: 1.2.3.4 in 1.2.3.4.5 is an address; one with a leading zero in a part is none, nor a reserved one as Python 3.11.7 knows them.",
    undefined: "never",
    inputs: &[Input::Text],
    source: "datatrove 0.10.1, PIIFormatter",
    example: (
        "datatrove_pii_masked_text('Write to me@home.example or 8.8.8.8, not to 10.0.0.1.')",
        "Write to email@example.com or 22.214.171.124, not to 10.0.0.1.",
    ),
    version: 1,
    write: |row, _, out| {
        mask(row.text, out);
        true
    },
};

fn mask(text: &str, out: &mut String) {
    let mut emails = emails::find(text).peekable();
    if emails.peek().is_none() {
        return replace(text, ips::find(text), &IPS, out);
    }
    let mut without_emails = String::with_capacity(text.len());
    replace(text, emails, &EMAILS, &mut without_emails);
    replace(&without_emails, ips::find(&without_emails), &IPS, out);
}

/// Appends a text with pieces replaced in turn.
fn replace(
    text: &str,
    found: impl Iterator<Item = std::ops::Range<usize>>,
    replacements: &[&str],
    out: &mut String,
) {
    out.reserve(text.len());
    let mut end = 0;
    for (piece, replacement) in found.zip(replacements.iter().cycle()) {
        out.push_str(&text[end..piece.start]);
        out.push_str(replacement);
        end = piece.end;
    }
    out.push_str(&text[end..]);
}
