//! The network location of a URL: the virtual column `domain`.

use corpusql_text::{Needs, url::netloc};

use super::FAMILY;
use crate::function::{DocumentKernel, Facts, Function, Input, Kernel};

/// The function.
pub(super) fn function() -> Function {
    Function::of_document(
        Facts {
            family: &FAMILY,
            name: "url_netloc",
            definition: "The network location of a URL: what stands between `//` and the next `/`, `?` or `#`, with user and port, case kept. Equals `urlparse(url).netloc` of Python 3.11, which made RedPajama-V2's `source_domain`; Python's checks of a host in brackets and of look-alikes of delimiters are not made.",
            undefined: "the URL has no network location, or one with a bracket that has no partner",
            range: None,
            source: "urllib.parse of Python 3.11",
            example: (
                "url_netloc('https://user@Example.org:8080/page?q#top')",
                "user@Example.org:8080",
            ),
            version: 1,
        },
        DocumentKernel {
            column: "domain",
            inputs: vec![Input::Url],
            needs: Needs::NONE,
            kernel: Kernel::UrlPart(netloc),
        },
    )
}
