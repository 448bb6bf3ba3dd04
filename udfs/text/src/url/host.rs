//! The host of a URL.

use std::borrow::Cow;

use crate::words::is_space;

/// The full stops of IDNA besides the ASCII one.
const DOTS: [char; 3] = ['\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// The host of a URL without user and port, case kept, dots in ASCII, dots at its end left out; an IPv6
/// address keeps its brackets. Empty where there is none.
///
/// Read as leniently as tldextract 5.4 does: a text without `scheme://` or `//` in front is taken to begin with the
/// host.
pub fn host(url: &str) -> Cow<'_, str> {
    let rest = without_scheme(url);
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let behind_user = authority
        .rfind('@')
        .map_or(authority, |at| &authority[at + 1..]);
    if behind_user.starts_with('[')
        && let Some(end) = behind_user.find(']')
    {
        return ascii_dots(&behind_user[..=end]);
    }
    let name = &behind_user[..behind_user.find(':').unwrap_or(behind_user.len())];
    let name = name
        .trim_matches(is_space)
        .trim_end_matches(|c| c == '.' || DOTS.contains(&c));
    ascii_dots(name)
}

fn ascii_dots(name: &str) -> Cow<'_, str> {
    if !name.is_ascii() && name.contains(DOTS) {
        Cow::Owned(name.replace(DOTS, "."))
    } else {
        Cow::Borrowed(name)
    }
}

/// What stands behind `//`, when that begins the URL or follows a scheme.
fn without_scheme(url: &str) -> &str {
    let is_scheme = |scheme: &str| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    };
    match url.split_once("//") {
        Some(("", rest)) => rest,
        Some((scheme, rest)) if scheme.strip_suffix(':').is_some_and(is_scheme) => rest,
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    /// Answers of tldextract 5.4.0.
    #[test]
    fn as_tldextract() {
        for (url, expected) in [
            ("http://example.org/a", "example.org"),
            ("HTTP://u:p@WWW.Example.ORG:80?q", "WWW.Example.ORG"),
            ("//cdn.example/x", "cdn.example"),
            ("://a.example/x", ""),
            ("http:/a.example", "http"),
            ("example.org/a//b", "example.org"),
            ("h_p://a.example/", "h_p"),
            ("http://example.org.。#x", "example.org"),
            ("http://ex。ample．org", "ex.ample.org"),
            ("http://a@b@c.example", "c.example"),
            ("http:// a.example \u{a0}:80", "a.example"),
            ("http://[::1]:80/", "[::1]"),
            ("http://[::1", "["),
            ("mailto:someone@a.example", "a.example"),
            ("127.0.0.1:8080", "127.0.0.1"),
            ("", ""),
        ] {
            assert_eq!(host(url), expected, "{url:?}");
        }
    }
}
