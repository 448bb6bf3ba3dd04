//! The text as DCLM's heuristics see it.

use std::collections::HashSet;
use std::sync::LazyLock;

use memchr::memchr_iter;

use super::SOURCE;
use crate::signal::Input;
use crate::transform::TextFunction;
use crate::words::{is_space, is_word};

/// The function.
pub static FUNCTION: TextFunction = TextFunction {
    name: "dclm_text",
    definition: "The text without URLs, then without IPv4 addresses, each with what follows in them and up to 10 spaces in front of them, then with at most two line feeds in a row. A URL is a scheme (`http://`, `https://` or `ftp://`) where there is one, 1 to 256 of ASCII letters, digits and `-@:%._+~#=`, a dot and one of 1,591 top-level domains in lower case at a word boundary. As in DCLM, URLs go only from a text that itself begins with such a name, in any case.",
    undefined: "never",
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "dclm_text('To read: https://a.example.org/b?c and http://10.0.0.1:80/.')",
        "To read: and",
    ),
    version: 1,
    write: |row, _, out| {
        write(row.text, out);
        true
    },
};

/// Names of the file that DCLM has from IANA's list, one a line; those written from right to left end in U+200E, as there.
const NAMES: &str = include_str!("../../data/dclm_tlds.txt");
/// The most spaces that go with what they precede.
const SPACES: usize = 10;
/// The most characters in front of the dot of a top-level domain.
const HOST: usize = 256;

/// The names, and the bytes of the longest.
static TOP_LEVEL: LazyLock<(HashSet<&str>, usize)> = LazyLock::new(|| {
    let longest = NAMES.lines().map(str::len).max().unwrap_or(0);
    (NAMES.lines().collect(), longest)
});

fn write(text: &str, out: &mut String) {
    let mut without_urls = String::new();
    let text = if begins_with_name(text) {
        cut(text, url, &mut without_urls)
    } else {
        text
    };
    let mut without_addresses = String::new();
    squeeze(cut(text, address, &mut without_addresses), out);
}

/// At most two line feeds in a row.
fn squeeze(text: &str, out: &mut String) {
    let mut from = 0;
    for (at, _) in text.match_indices("\n\n") {
        if at < from {
            continue;
        }
        let two = at + 2;
        let more = text[two..].bytes().take_while(|&b| b == b'\n').count();
        out.push_str(&text[from..two]);
        from = two + more;
    }
    out.push_str(&text[from..]);
}

/// Where something begins and ends.
type Found = (usize, usize);

/// Cuts out what a finder finds at dots, one after the other. It is told where the last one ended, and a dot behind.
fn cut<'t>(
    text: &'t str,
    find: fn(&str, usize, usize) -> Option<Found>,
    out: &'t mut String,
) -> &'t str {
    let mut from = 0;
    for dot in memchr_iter(b'.', text.as_bytes()) {
        if dot < from {
            continue;
        }
        if let Some((start, end)) = find(text, from, dot) {
            out.push_str(&text[from..start]);
            from = end;
        }
    }
    if from == 0 {
        return text;
    }
    out.push_str(&text[from..]);
    out
}

/// A URL whose first dot in front of a top-level domain is this one.
fn url(text: &str, from: usize, dot: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut end = name_end(text, dot + 1)?;
    let host = bytes[from..dot].iter().rev().take(HOST);
    let host = host.take_while(|&&b| is_host(b)).count();
    if host == 0 {
        return None;
    }
    let start = dot - host;
    // The last such dot counts.
    let reach = &bytes[dot + 1..(start + HOST + 1).min(bytes.len())];
    let run = reach.iter().take_while(|&&b| is_host(b)).count();
    for at in memchr_iter(b'.', &reach[..run]) {
        if let Some(later) = name_end(text, dot + 1 + at + 1) {
            end = later;
        }
    }
    let cut_short = start > from && is_host(bytes[start - 1]);
    let start = if cut_short {
        start
    } else {
        with_spaces(text, from, with_scheme(text, from, start))
    };
    Some((start, with_rest(text, end)))
}

/// An address whose first dot is this one.
fn address(text: &str, from: usize, dot: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let digits = |part: &[u8]| part.iter().take_while(|b| b.is_ascii_digit()).count();
    let is_number = |part: &[u8]| match part {
        [_] | [_, _] => true,
        [first, _, _] => (b'0'..=b'2').contains(first),
        _ => false,
    };
    let first = bytes[from..dot].iter().rev().take(4);
    let start = dot - first.take_while(|b| b.is_ascii_digit()).count();
    if !is_number(&bytes[start..dot]) || text[..start].chars().next_back().is_some_and(is_word) {
        return None;
    }
    let mut at = dot + 1;
    for _ in 0..2 {
        let next = at + digits(&bytes[at..]);
        if !is_number(&bytes[at..next]) || bytes.get(next) != Some(&b'.') {
            return None;
        }
        at = next + 1;
    }
    if digits(&bytes[at..]) == 0 {
        return None;
    }
    let scheme = with_scheme(text, from, start);
    let inside = text[..scheme].chars().next_back().is_some_and(is_word);
    let start = if inside { start } else { scheme };
    Some((with_spaces(text, from, start), with_rest(text, at)))
}

/// Where the longest top-level domain that begins here ends, at a word boundary.
fn name_end(text: &str, start: usize) -> Option<usize> {
    let (names, longest) = &*TOP_LEVEL;
    let rest = &text[start..];
    let mut found = None;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        if end > *longest || c.is_ascii() && !c.is_ascii_lowercase() {
            break;
        }
        let next = chars.peek().is_some_and(|&(_, next)| is_word(next));
        if is_word(c) != next && names.contains(&rest[..end]) {
            found = Some(start + end);
        }
    }
    found
}

/// Whether a text begins with a top-level domain, in any case: DCLM looks only there, with `match`, for what it means to look
/// for anywhere.
fn begins_with_name(text: &str) -> bool {
    let (names, longest) = &*TOP_LEVEL;
    let mut lower = String::with_capacity(*longest);
    for c in text.chars() {
        match c {
            // What Python's expressions take for the same letters.
            'İ' | 'ı' => lower.push('i'),
            'ſ' => lower.push('s'),
            _ => lower.extend(c.to_lowercase()),
        }
        if lower.len() > *longest {
            return false;
        }
        if names.contains(&*lower) {
            return true;
        }
    }
    false
}

/// Where a scheme in front of a place begins, or the place.
fn with_scheme(text: &str, from: usize, at: usize) -> usize {
    let front = &text[from..at];
    let schemes = ["http://", "https://", "ftp://"];
    let scheme = schemes.iter().find(|scheme| front.ends_with(**scheme));
    at - scheme.map_or(0, |scheme| scheme.len())
}

/// Where the spaces in front of a place begin.
fn with_spaces(text: &str, from: usize, at: usize) -> usize {
    let spaces = text[from..at].chars().rev().take(SPACES);
    let spaces = spaces.take_while(|&c| is_space(c));
    at - spaces.map(char::len_utf8).sum::<usize>()
}

/// Where the path and the query behind a place end.
fn with_rest(text: &str, at: usize) -> usize {
    let rest = text.as_bytes()[at..].iter();
    at + rest
        .take_while(|&&b| is_host(b) || matches!(b, b'(' | b')' | b'?' | b'&' | b'/'))
        .count()
}

fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'@' | b':' | b'%' | b'.' | b'_' | b'+' | b'~' | b'#' | b'='
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};
    use proptest::sample::select;

    use super::write;

    fn text(text: &str) -> String {
        let mut out = String::new();
        write(text, &mut out);
        out
    }

    fn becomes(given: &str, expected: &str) {
        assert_eq!(text(given), expected, "{given:?}");
    }

    #[test]
    fn urls_go_with_what_is_around_them() {
        becomes("To  https://www.a.org/b(c)?d=e#f, g", "To, g");
        becomes("To xhttp://a.org sftp://b.com", "To x s");
        becomes(
            "To a.org, b.html, c.COM, d.com_ e.comé",
            "To, b.html, c.COM, d.com_ e.comé",
        );
        becomes("To me@a.co.uk\u{3000}\nyou", "To\u{3000}\nyou");
        becomes("To é.org and .org", "To é.org and .org");
        becomes("To a.中国 and a.рфи", "To and a.рфи");
        // The last name counts, and what follows it goes too.
        becomes("To a.com.index.org.html1 b", "To b");
    }

    #[test]
    fn no_more_than_ten_spaces_and_256_characters_go() {
        becomes(&format!("To{}a.org", " ".repeat(12)), "To  ");
        becomes(&format!("To {}.org", "x".repeat(256)), "To");
        becomes(&format!("To {}.org", "x".repeat(257)), "To x");
        // The second name is 256 characters from where the match begins.
        becomes(&format!("To x.org.{}.com", "y".repeat(250)), "To");
    }

    #[test]
    fn urls_go_only_from_texts_that_begin_with_a_name() {
        becomes("We say: a.org", "We say: a.org");
        becomes("IN all: a.org", "IN all:");
        becomes("ın all: a.org", "ın all:");
        becomes("\u{212A}h: a.org", "\u{212A}h:");
        becomes(" in all: a.org", " in all: a.org");
        becomes("", "");
    }

    #[test]
    fn addresses_go_from_all_texts() {
        becomes("We say 1.2.3.4, 255.255.255.255:80/x.", "We say,");
        becomes("We say 300.2.3.4 1234.1.2.3", "We say 300.2.3.4 1234.1.2.3");
        becomes(
            "We say a1.2.3.4 ٣1.2.3.4 -1.2.3.4",
            "We say a1.2.3.4 ٣1.2.3.4 -",
        );
        becomes("We xhttp://1.2.3.4 (http://1.2.3.4)", "We xhttp:// (");
        becomes("We say v.1.2.3.456", "We say v.");
        becomes("We say 1.2.3.x", "We say 1.2.3.x");
    }

    #[test]
    fn at_most_two_line_feeds_stay_in_a_row() {
        becomes("We\n\n\n\n\nsay\n\nthis\n\n\n", "We\n\nsay\n\nthis\n\n");
        becomes("To\n\n a.org\n\nyou\n \n\n", "To\n\nyou\n \n\n");
    }

    fn pieces() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            "com", "org", ".", ".", "://", "http", "ftp", "1", "23", "456", " ", "\n", "/", "é",
            "中国",
        ]);
        proptest::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn only_spaces_and_ascii_go(rest in pieces()) {
            let given = format!("To {rest}");
            let left = text(&given);
            // What is left is the text with pieces taken out, and does not change when no name begins it.
            let mut chars = given.chars();
            prop_assert!(left.chars().all(|c| chars.any(|given| given == c)));
            let plain = text(&format!("We {rest}"));
            prop_assert!(plain.len() >= left.len());
            prop_assert_eq!(given.matches('é').count(), left.matches('é').count());
        }
    }
}
