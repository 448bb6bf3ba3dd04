//! Parts and normal forms of URLs.
//!
//! * [`netloc`]: what Python's `urlparse` calls the network location; the corpus column `domain`.
//! * [`host`]: the host alone, read as leniently as tldextract does.
//! * [`Suffixes`]: the Public Suffix List, which tells a registered domain from its subdomains.
//! * [`words`]: the runs of ASCII letters and digits.
//! * [`surt`]: the key under which web archives index a page.

mod functions;
mod host;
mod netloc;
mod punycode;
mod session;
mod suffixes;
mod surt;

pub use functions::FUNCTIONS;
pub use host::host;
pub use netloc::netloc;
pub use suffixes::{Rules, SuffixError, Suffixes};
pub use surt::surt;

/// The longest runs of ASCII letters and digits, in order, case kept.
pub fn words(url: &str) -> impl Iterator<Item = &str> {
    url.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}
