//! Whether the domain, the host or the whole URL is in a list.

use super::{SOURCE, UNDEFINED};
use crate::UrlLists;
use crate::document::{Document, Needs};
use crate::signal::{Input, Measure, Signal};
use crate::url::{Rules, Suffixes, host};

/// The registered domain.
pub static DOMAIN: Signal = Signal {
    name: "datatrove_url_domain_listed",
    definition: "1 when the registered domain of the URL (by the Public Suffix List's rules of registries, as tldextract finds it) is in the list of domains, else 0. Compared as it stands: case matters.",
    ..signal(
        "datatrove_url_domain_listed('https://a.example.com/')",
        |d| {
            listed(d, |lists, suffixes, url| {
                lists.has_domain(
                    suffixes
                        .registered_domain(&host(url), Rules::Registries)
                        .unwrap_or_default(),
                )
            })
        },
    )
};

/// The host.
pub static HOST: Signal = Signal {
    name: "datatrove_url_host_listed",
    definition: "1 when the host of the URL is in the list of domains, else 0; a host without a registered domain counts as empty. Compared as it stands: case matters.",
    ..signal("datatrove_url_host_listed('https://a.example.com/')", |d| {
        listed(d, |lists, suffixes, url| {
            lists.has_domain(full_name(suffixes, &host(url)))
        })
    })
};

/// The URL.
pub static URL: Signal = Signal {
    name: "datatrove_url_listed",
    definition: "1 when the URL is in the list of URLs, else 0. Compared as it stands.",
    ..signal("datatrove_url_listed('https://a.example.com/')", |d| {
        listed(d, |lists, _, url| lists.has_url(url))
    })
};

const fn signal(example: &'static str, measure: fn(&Document<'_>) -> Option<i64>) -> Signal {
    Signal {
        name: "",
        definition: "",
        undefined: UNDEFINED,
        range: (0.0, 1.0),
        inputs: &[Input::Url],
        source: SOURCE,
        example: (example, "NULL"),
        version: 1,
        needs: Needs::NONE,
        measure: Measure::Int(measure),
    }
}

fn listed(
    document: &Document<'_>,
    is_listed: impl Fn(&UrlLists, &Suffixes, &str) -> bool,
) -> Option<i64> {
    let lists = document.lists();
    let url = document.row().url?;
    Some(is_listed(lists.urls()?, lists.suffixes(), url).into())
}

/// The fully qualified name of a host that has a registered domain, else nothing. A single empty label in front
/// is left out.
fn full_name<'h>(suffixes: &Suffixes, host: &'h str) -> &'h str {
    let Some(domain) = suffixes.registered_domain(host, Rules::Registries) else {
        return "";
    };
    match host.strip_prefix('.') {
        Some(rest) if rest == domain => rest,
        _ => host,
    }
}
