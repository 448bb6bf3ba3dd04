//! The rule that keeps a URL whole.

use super::super::classes::{Classes, DECIMAL, LOWER};
use crate::unicode::{Tables, class};

/// Whether a string without whitespace is a URL: perhaps a scheme or credentials, a public IPv4 address or a host
/// name, perhaps a port and a path.
///
/// The rule is a regular expression that may try many ways; the string is one of its language when one of these
/// begins a host: its start, the end of `scheme://`, the end of any `@`. A host cannot hold `@`, so that trying
/// all of them takes linear time.
pub(super) fn is_url(classes: &Classes, text: &[u8]) -> bool {
    if !text.contains(&b'.') {
        return false;
    }
    if is_host(classes, text) {
        return true;
    }
    if let Some(colon) = text.iter().position(|&b| b == b':')
        && text[colon..].starts_with(b"://")
        && is_scheme(&text[..colon])
        && is_host(classes, &text[colon + 3..])
    {
        return true;
    }
    let ends = text.iter().enumerate().skip(1);
    ends.filter(|&(_, &b)| b == b'@')
        .any(|(at, _)| is_host(classes, &text[at + 1..]))
}

fn is_scheme(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    let tables = Tables::get();
    let known = |c: char| matches!(c, '+' | '-' | '.') || tables.class(c as u32) & class::WORD != 0;
    text.chars().all(known) && text.chars().nth(1).is_some()
}

/// Whether all of a string is a host, perhaps with port and path.
fn is_host(classes: &Classes, text: &[u8]) -> bool {
    is_address(classes, text) || is_name(classes, text)
}

/// Whether this is what may follow a host: nothing, or a port, a path, or both.
fn is_tail(classes: &Classes, text: &[u8]) -> bool {
    let mut rest = text;
    if let Some(port) = text.strip_prefix(b":") {
        let (digits, len) = leading_digits(classes, port, 5);
        if digits < 2 {
            return false;
        }
        rest = &port[len..];
    }
    matches!(rest.first(), None | Some(b'/' | b'?' | b'#'))
}

/// How many digits of any script a string begins with, up to a number, and their bytes.
fn leading_digits(classes: &Classes, text: &[u8], most: usize) -> (usize, usize) {
    let (mut digits, mut at) = (0, 0);
    while digits < most && at < text.len() {
        let (class, len) = classes.at(text, at);
        if class & DECIMAL == 0 {
            break;
        }
        digits += 1;
        at += len;
    }
    (digits, at)
}

/// Characters of a host name: U+00A1 to U+FFFF, and ASCII letters and digits.
fn is_inner(text: &[u8], at: usize, len: usize) -> bool {
    match len {
        1 => text[at].is_ascii_alphanumeric(),
        2 => text[at] > 0xC2 || text[at + 1] >= 0xA1,
        3 => true,
        _ => false,
    }
}

fn is_name(classes: &Classes, text: &[u8]) -> bool {
    let mut at = 0;
    let mut labels = 0;
    while at < text.len() {
        if labels > 0 {
            // The top level: 2 to 63 lowercase letters up to what follows the host.
            let (mut end, mut letters) = (at, 0);
            while end < text.len() && letters < 64 {
                let (class, len) = classes.at(text, end);
                if class & LOWER == 0 {
                    break;
                }
                letters += 1;
                end += len;
            }
            if (2..64).contains(&letters) && is_tail(classes, &text[end..]) {
                return true;
            }
        }
        // Another label: 1 to 64 characters, `-` and `_` among the inner ones, and a full stop.
        let (mut chars, mut outer) = (0, false);
        while at < text.len() && text[at] != b'.' {
            let len = classes.at(text, at).1;
            outer = is_inner(text, at, len);
            let known = outer || chars > 0 && matches!(text[at], b'-' | b'_');
            chars += 1;
            if !known || chars > 64 {
                return false;
            }
            at += len;
        }
        if !outer || at == text.len() {
            return false;
        }
        at += 1;
        labels += 1;
    }
    false
}

/// Whether a string begins with a public IPv4 address that is all of the host.
fn is_address(classes: &Classes, text: &[u8]) -> bool {
    if !matches!(text.first(), Some(b'1'..=b'9')) || is_private(classes, text) {
        return false;
    }
    let mut at = 0;
    for octet in 0..4 {
        if octet > 0 {
            if text.get(at) != Some(&b'.') {
                return false;
            }
            at += 1;
        }
        let (digits, len) = leading_digits(classes, &text[at..], 4);
        let own = &text[at..at + len];
        let known = match octet {
            0 => is_outer_octet(own, digits, b'2', b'3'),
            3 => is_outer_octet(own, digits, b'5', b'4'),
            _ => is_inner_octet(own, digits),
        };
        if !known {
            return false;
        }
        at += len;
    }
    is_tail(classes, &text[at..])
}

/// The digits that are not the first may be of any script; those that the rule names are ASCII.
fn is_outer_octet(text: &[u8], digits: usize, tens: u8, ones: u8) -> bool {
    match (digits, text) {
        (1 | 2, [b'1'..=b'9', ..]) | (3, [b'1', ..]) => true,
        (3, [b'2', ten @ b'0'..=b'9', ..]) if *ten < tens => true,
        (3, [b'2', ten, one]) => *ten == tens && (b'0'..=ones).contains(one),
        _ => false,
    }
}

fn is_inner_octet(text: &[u8], digits: usize) -> bool {
    match (digits, text) {
        (1 | 2, _) | (3, [b'1', ..]) => true,
        (3, [b'2', b'0'..=b'4', ..]) => true,
        (3, [b'2', b'5', one]) => (b'0'..=b'5').contains(one),
        _ => false,
    }
}

/// Whether a string begins like an address of a private or local network.
fn is_private(classes: &Classes, text: &[u8]) -> bool {
    let begins = |first: &[u8], octets: usize| {
        let Some(mut rest) = text.strip_prefix(first) else {
            return false;
        };
        for _ in 0..octets {
            let Some(octet) = rest.strip_prefix(b".") else {
                return false;
            };
            let (digits, len) = leading_digits(classes, octet, 3);
            if digits == 0 {
                return false;
            }
            rest = &octet[len..];
        }
        true
    };
    begins(b"10", 3)
        || begins(b"127", 3)
        || begins(b"169.254", 2)
        || begins(b"192.168", 2)
        || text.starts_with(b"172.")
            && (16..=31).any(|second| begins(format!("172.{second}").as_bytes(), 2))
}
