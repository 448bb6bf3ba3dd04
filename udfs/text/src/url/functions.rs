//! The parts and normal forms of URLs as text functions.

use super::{Rules, host, surt};
use crate::document::Row;
use crate::lists::Lists;
use crate::signal::Input;
use crate::transform::TextFunction;

/// The functions.
pub static FUNCTIONS: &[&TextFunction] = &[&HOST, &DOMAIN, &SITE, &SURT];

/// In lower case where it is ASCII, since hosts are the same in any case.
fn write_host(host: &str, out: &mut String) -> bool {
    if host.is_ascii() {
        out.extend(host.chars().map(|c| c.to_ascii_lowercase()));
    } else {
        out.push_str(&host.to_lowercase());
    }
    !host.is_empty()
}

fn write_domain(row: &Row<'_>, lists: &Lists, rules: Rules, out: &mut String) -> bool {
    let Some(url) = row.url else {
        return false;
    };
    let host = host(url);
    match lists.suffixes().registered_domain(&host, rules) {
        Some(domain) => write_host(domain, out),
        None => false,
    }
}

static HOST: TextFunction = TextFunction {
    name: "url_host",
    definition: "The host of a URL in lower case, without user, port and dots at its end; an IPv6 address keeps its brackets. A text without `//` in front is taken to begin with the host.",
    undefined: "the URL has no host",
    inputs: &[Input::Url],
    source: "tldextract 5.4",
    example: (
        "url_host('https://user@WWW.Example.org:8080/page')",
        "www.example.org",
    ),
    version: 1,
    write: |row, _, out| row.url.is_some_and(|url| write_host(&host(url), out)),
};

static DOMAIN: TextFunction = TextFunction {
    name: "url_domain",
    definition: "The registered domain of a URL's host in lower case: its public suffix and the label in front of it, by the rules of registries of the Public Suffix List (`blogspot.com` is a domain, not a suffix). Punycode stays.",
    undefined: "the host is an address, a bare suffix, or ends in no listed suffix",
    inputs: &[Input::Url],
    source: "tldextract 5.4 by default; https://publicsuffix.org",
    example: (
        "url_domain('https://news.example.co.uk/page')",
        "example.co.uk",
    ),
    version: 1,
    write: |row, lists, out| write_domain(row, lists, Rules::Registries, out),
};

static SITE: TextFunction = TextFunction {
    name: "url_site",
    definition: "The registered domain of a URL's host in lower case by all rules of the Public Suffix List, those of private owners too: each blog under `blogspot.com` is a site of its own, as in browsers. Punycode stays.",
    undefined: "the host is an address, a bare suffix, or ends in no listed suffix",
    inputs: &[Input::Url],
    source: "https://publicsuffix.org",
    example: (
        "url_site('https://www.name.blogspot.com/page')",
        "name.blogspot.com",
    ),
    version: 1,
    write: |row, lists, out| write_domain(row, lists, Rules::All, out),
};

static SURT: TextFunction = TextFunction {
    name: "surt",
    definition: "The key of a URL in the indexes of web archives (`urlkey` of Common Crawl): the host's labels in reverse order, `)`, then path and query, all canonical: without scheme, user, fragment, default port, leading `www`, session ids and a slash at the end; escapes made anew; numeric hosts as four numbers; lower case; `.`, `..` and empty folders resolved; arguments sorted. Equals Python's surt 0.3.1, except that a host beyond ASCII is lowercased and coded without the compatibility mappings of IDNA 2003.",
    undefined: "the URL is blank, or its port is no number up to 65,535",
    inputs: &[Input::Url],
    source: "the Python package surt 0.3.1",
    example: (
        "surt('http://www.Example.org:80/a/../b/?z=1&a=2#top')",
        "org,example)/b?a=2&z=1",
    ),
    version: 1,
    write: |row, _, out| match row.url.and_then(surt) {
        Some(key) => {
            out.push_str(&key);
            true
        }
        None => false,
    },
};
