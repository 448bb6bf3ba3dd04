//! Parts of URLs.

use std::borrow::Cow;

/// The network location of a URL: what stands between `//` and the next `/`, `?` or `#`, with user and
/// port, case kept. Equals `urlparse(url).netloc` of Python 3.11 without its checks of a host in
/// brackets and of look-alikes of delimiters; nothing where that is empty or fails.
pub fn netloc(url: &str) -> Option<Cow<'_, str>> {
    let url = url.trim_start_matches(|c| c <= ' ');
    match without_breaks(url) {
        Cow::Borrowed(url) => find(url).map(Cow::Borrowed),
        Cow::Owned(url) => find(&url).map(|found| Cow::Owned(found.to_string())),
    }
}

/// Tabs and line breaks are taken out wherever they stand.
fn without_breaks(url: &str) -> Cow<'_, str> {
    const BREAKS: [char; 3] = ['\t', '\r', '\n'];
    if url.contains(BREAKS) {
        Cow::Owned(url.replace(BREAKS, ""))
    } else {
        Cow::Borrowed(url)
    }
}

fn find(url: &str) -> Option<&str> {
    let rest = without_scheme(url).strip_prefix("//")?;
    let netloc = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let brackets = netloc.contains('[') == netloc.contains(']');
    (brackets && !netloc.is_empty()).then_some(netloc)
}

fn without_scheme(url: &str) -> &str {
    let scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    match url.split_once(':') {
        Some((before, rest)) if scheme(before) => rest,
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::netloc;

    /// Answers of Python 3.11's `urlparse(url).netloc`; `None` where it is empty or the call fails.
    #[test]
    fn as_python() {
        for (url, expected) in [
            ("http://example.org/a", Some("example.org")),
            ("HTTP://WWW.Example.ORG:80", Some("WWW.Example.ORG:80")),
            ("https://u:p@h.example?q=//x", Some("u:p@h.example")),
            ("//cdn.example/x", Some("cdn.example")),
            ("http://example.org#a/b", Some("example.org")),
            (" \u{1f}http://a.example/", Some("a.example")),
            ("\u{a0}http://a.example/", None),
            ("ht\ntp://a.\texample\r/", Some("a.example")),
            ("http://a.example ", Some("a.example ")),
            ("http://a b.example/", Some("a b.example")),
            ("1http://a.example/", None),
            ("svn+ssh://a.example/", Some("a.example")),
            ("h_p://a.example/", None),
            ("://a.example", None),
            (":", None),
            ("http:/a.example", None),
            ("http:a.example", None),
            ("mailto:someone@a.example", None),
            ("example.org/a", None),
            ("http://", None),
            ("http:///path", None),
            ("", None),
            ("http://[::1]:8080/", Some("[::1]:8080")),
            ("http://[::1/", None),
            ("http://::1]/", None),
            ("http://bücher.example/ä", Some("bücher.example")),
            ("http://a.example\\b/c", Some("a.example\\b")),
            ("http://a.example;p", Some("a.example;p")),
        ] {
            assert_eq!(netloc(url).as_deref(), expected, "{url:?}");
        }
    }
}
