//! E-mail addresses in a text, as datatrove finds them.
//!
//! Its regular expression: a local part of words of letters, digits and ``!#$%&'*+/=?^_`{|}~-`` with single dots
//! between, that begins at a word boundary; `@`; then two or more labels of a domain, or an address in brackets.

use std::ops::Range;

use crate::unicode::{Tables, class};

/// The addresses in order, as byte ranges.
pub(crate) fn find(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let mut next_at = 0;
    std::iter::from_fn(move || {
        loop {
            let at = next_at + text[next_at..].find('@')?;
            next_at = at + 1;
            // Every start of a local part leads to the same `@`, so that one look at the domain is enough, and the
            // leftmost start is the one.
            if let Some(end) = domain(text.as_bytes(), at + 1)
                && let Some(local) = local_part(text, start, at)
            {
                start = end;
                next_at = end;
                return Some(local..end);
            }
        }
    })
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

fn is_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// Where the local part in front of `at` begins, not before `from`.
fn local_part(text: &str, from: usize, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut start = None;
    let mut here = at;
    while here > from {
        let byte = bytes[here - 1];
        if byte == b'.' {
            // A dot stands between two words.
            let behind = here < at && is_local(bytes[here]);
            if !behind {
                break;
            }
        } else if !is_local(byte) {
            break;
        } else if is_boundary(text, here - 1) {
            start = Some(here - 1);
        }
        here -= 1;
    }
    start
}

/// Whether just one of the characters before and behind a place is a word character.
fn is_boundary(text: &str, at: usize) -> bool {
    let is_word = |c: char| {
        if c.is_ascii() {
            c.is_ascii_alphanumeric() || c == '_'
        } else {
            Tables::get().class(c.into()) & class::WORD != 0
        }
    };
    let before = text[..at].chars().next_back().is_some_and(is_word);
    let behind = text[at..].chars().next().is_some_and(is_word);
    before != behind
}

/// The end of the domain that begins at a place.
fn domain(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) == Some(&b'[') {
        return bracketed(bytes, at + 1);
    }
    let mut labels = 0;
    let mut end = None;
    let mut start = at;
    loop {
        let len = bytes[start..].iter().take_while(|&&b| is_label(b)).count();
        let label = &bytes[start..start + len];
        if !label.first().is_some_and(u8::is_ascii_alphanumeric) {
            return end;
        }
        // A label does not end in a hyphen; what is in front of it may be one if it is the last.
        let hyphens = label.iter().rev().take_while(|&&b| b == b'-').count();
        labels += 1;
        if labels > 1 {
            end = Some(start + len - hyphens);
        }
        if hyphens > 0 || bytes.get(start + len) != Some(&b'.') {
            return end;
        }
        start += len + 1;
    }
}

/// The end of `1.2.3.4]`, where letters with a colon may stand for the last number.
fn bracketed(bytes: &[u8], at: usize) -> Option<usize> {
    let mut start = at;
    for _ in 0..3 {
        let len = bytes[start..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        if !is_octet(&bytes[start..start + len]) || bytes.get(start + len) != Some(&b'.') {
            return None;
        }
        start += len + 1;
    }
    let len = bytes[start..].iter().take_while(|&&b| is_label(b)).count();
    let last = &bytes[start..start + len];
    let behind = start + len;
    match bytes.get(behind) {
        Some(b']') if is_octet(last) => Some(behind + 1),
        Some(b':') if last.last().is_some_and(u8::is_ascii_alphanumeric) => {
            (bytes.get(behind + 1) == Some(&b']')).then_some(behind + 2)
        }
        _ => None,
    }
}

/// Whether all of some digits are a number from 0 to 255, leading zeros allowed up to three digits.
pub(crate) fn is_octet(digits: &[u8]) -> bool {
    let value = digits.iter().take(4).fold(0u32, |value, b| {
        value * 10 + u32::from(b.wrapping_sub(b'0'))
    });
    (1..=3).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) && value <= 255
}
