//! The Public Suffix List: where registered domains begin.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use xxhash_rust::xxh3::xxh3_128;

use super::punycode;

const BUILTIN: &str = include_str!("../../data/public_suffixes.dat");
/// The line behind which the rules of private owners stand.
const PRIVATE: &str = "// ===BEGIN PRIVATE DOMAINS===";

static BUILTIN_SUFFIXES: LazyLock<Suffixes> = LazyLock::new(|| Suffixes::from_rules(BUILTIN));

/// Which rules of the list count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Those of registries: `blogspot.com` is a registered domain. tldextract's default.
    Registries,
    /// Those of private owners too: `blogspot.com` is a suffix, and each of its blogs has a domain. What browsers
    /// take.
    All,
}

/// A Public Suffix List.
///
/// Matched as tldextract 5.4 does, label by label from the right, Punycode decoded. A host whose last label is on no
/// rule has no suffix, where the list's own algorithm would take that label for one.
#[derive(Debug)]
pub struct Suffixes {
    /// Every rule and every ending of a rule that begins a label: what is known of it.
    nodes: HashMap<Box<str>, u8>,
    rules: usize,
    digest: u128,
}

/// An ending of a rule of registries.
const REGISTRY: u8 = 1;
/// A rule of registries.
const REGISTRY_RULE: u8 = 1 << 1;
/// A rule.
const RULE: u8 = 1 << 2;
/// Any label in front of it makes a rule of registries.
const REGISTRY_WILDCARD: u8 = 1 << 3;
/// Any label in front of it makes a rule.
const WILDCARD: u8 = 1 << 4;

impl Suffixes {
    /// The list that is built in; its version is in `data/README.md`.
    pub fn builtin() -> &'static Self {
        &BUILTIN_SUFFIXES
    }

    /// Reads a list in the format of <https://publicsuffix.org/list/>: a rule at the start of a line, comments
    /// behind `//`, the rules of private owners behind the line `// ===BEGIN PRIVATE DOMAINS===`.
    ///
    /// # Errors
    /// When it has no rule.
    pub fn from_list(list: &str) -> Result<Self, SuffixError> {
        let suffixes = Self::from_rules(list);
        if suffixes.rules == 0 {
            return Err(SuffixError);
        }
        Ok(suffixes)
    }

    fn from_rules(list: &str) -> Self {
        let mut suffixes = Self {
            nodes: HashMap::new(),
            rules: 0,
            digest: 0,
        };
        let (registries, private) = list.split_once(PRIVATE).unwrap_or((list, ""));
        let mut digest = Vec::new();
        for (rules, node, rule, wildcard) in [
            (
                registries,
                REGISTRY,
                REGISTRY_RULE | RULE,
                REGISTRY_WILDCARD | WILDCARD,
            ),
            (private, 0, RULE, WILDCARD),
        ] {
            for name in rules.lines().filter_map(rule_of) {
                suffixes.rules += 1;
                digest.extend_from_slice(name.as_bytes());
                digest.push(rule);
                let endings = name.match_indices('.').map(|(dot, _)| &name[dot + 1..]);
                for ending in endings {
                    suffixes.add(ending, node);
                }
                suffixes.add(name, node | rule);
                if let Some(parent) = name.strip_prefix("*.") {
                    suffixes.add(parent, node | wildcard);
                }
            }
        }
        suffixes.digest = xxh3_128(&digest);
        suffixes
    }

    fn add(&mut self, name: &str, known: u8) {
        match self.nodes.get_mut(name) {
            Some(value) => *value |= known,
            None => {
                self.nodes.insert(name.into(), known);
            }
        }
    }

    /// How many rules the list has.
    pub fn len(&self) -> usize {
        self.rules
    }

    /// Whether the list has no rule: never.
    pub fn is_empty(&self) -> bool {
        self.rules == 0
    }

    /// A digest of the rules.
    pub fn digest(&self) -> u128 {
        self.digest
    }

    /// The registered domain of a [`host`](super::host()): the public suffix and the label in front of it, as they
    /// stand. `None` for an address, a bare suffix and a suffix that is not listed.
    pub fn registered_domain<'h>(&self, host: &'h str, rules: Rules) -> Option<&'h str> {
        let suffix = self.suffix_start(host, rules)?;
        let in_front = host[..suffix].strip_suffix('.')?;
        let start = in_front.rfind('.').map_or(0, |dot| dot + 1);
        (!in_front[start..].is_empty()).then(|| &host[start..])
    }

    /// Where the public suffix of a host begins.
    fn suffix_start(&self, host: &str, rules: Rules) -> Option<usize> {
        let (node, rule, wildcard) = match rules {
            Rules::Registries => (REGISTRY, REGISTRY_RULE, REGISTRY_WILDCARD),
            Rules::All => (0, RULE, WILDCARD),
        };
        let known = |name: &str| {
            let value = self.nodes.get(name).copied();
            value.filter(|&value| value & node == node)
        };
        let listed = as_listed(host);
        let mut found = None;
        // The ends of the labels that are looked at, in the host and in its listed form.
        let (mut end, mut listed_end) = (host.len(), listed.len());
        let mut parent = 0;
        loop {
            let label_start = |text: &str| text.rfind('.').map_or(0, |dot| dot + 1);
            let start = label_start(&host[..end]);
            let listed_start = label_start(&listed[..listed_end]);
            match known(&listed[listed_start..]) {
                Some(value) if value & rule != 0 => {
                    found = Some(start);
                    parent = value;
                }
                Some(value) => parent = value,
                None if parent & wildcard != 0 => {
                    let exception = known(&format!("!{}", &listed[listed_start..])).is_some();
                    // The suffix of an exception is what stands behind the label.
                    return Some(if exception { end + 1 } else { start });
                }
                None => return found,
            }
            if start == 0 {
                return found;
            }
            (end, listed_end) = (start - 1, listed_start - 1);
        }
    }
}

/// The rule at the start of a line.
fn rule_of(line: &str) -> Option<&str> {
    let rule = line.split(char::is_whitespace).next()?;
    let name = rule.trim_start_matches(['.', '*', '!']);
    let word = |c: char| c.is_alphanumeric() || c == '_';
    name.starts_with(word).then_some(rule)
}

/// A host as the list would write it: in lower case, Punycode decoded, with as many labels.
fn as_listed(host: &str) -> Cow<'_, str> {
    const CODED: &str = "xn--";
    let plain = |b: u8| b.is_ascii() && !b.is_ascii_uppercase();
    if host.bytes().all(plain) && !host.contains(CODED) {
        return Cow::Borrowed(host);
    }
    let mut listed = String::with_capacity(host.len());
    for label in host.split('.') {
        let lower = label.to_lowercase();
        let code = lower.strip_prefix(CODED).filter(|c| !c.ends_with('-'));
        listed.push_str(&code.and_then(punycode::decode).unwrap_or(lower));
        listed.push('.');
    }
    listed.pop();
    Cow::Owned(listed)
}

/// A Public Suffix List without rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuffixError;

impl fmt::Display for SuffixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a Public Suffix List with one rule a line, found no rule")
    }
}

impl std::error::Error for SuffixError {}

#[cfg(test)]
mod tests {
    use super::{Rules, SuffixError, Suffixes};
    use crate::url::host;

    fn domain(url: &str, rules: Rules) -> Option<String> {
        let host = host(url);
        let domain = Suffixes::builtin().registered_domain(&host, rules);
        domain.map(str::to_string)
    }

    /// The test of the list's authors (CC0), against the rules that browsers use. Two groups are left to the next
    /// test, because tldextract answers otherwise: leading dots and names under no listed suffix.
    #[test]
    fn official_vectors() {
        let vectors = include_str!("../../data/public_suffix_test.txt");
        let mut checked = 0;
        for line in vectors.lines() {
            let Some(arguments) = line.strip_prefix("checkPublicSuffix(") else {
                continue;
            };
            let quoted: Vec<_> = arguments.split('\'').skip(1).step_by(2).collect();
            let Some(&host) = quoted.first() else {
                continue;
            };
            if host.starts_with('.') || host.ends_with("example") {
                continue;
            }
            let expected = quoted.get(1).copied();
            let found = domain(host, Rules::All).map(|found| found.to_lowercase());
            assert_eq!(found.as_deref(), expected, "{host}");
            checked += 1;
        }
        assert_eq!(checked, 69);
    }

    /// Answers of tldextract 5.4.0 with its snapshot of the list.
    #[test]
    fn as_tldextract() {
        for (url, registries, all) in [
            (
                "http://www.Example.CO.uk/x",
                Some("Example.CO.uk"),
                Some("Example.CO.uk"),
            ),
            (
                "http://a.b.blogspot.com",
                Some("blogspot.com"),
                Some("b.blogspot.com"),
            ),
            (".example.com", Some("example.com"), Some("example.com")),
            ("a..com", None, None),
            ("b.example.example", None, None),
            ("http://127.0.0.1/", None, None),
            ("http://[::1]/", None, None),
            ("co.uk", None, None),
            ("ck", None, None),
            ("x.ck", None, None),
            ("www.ck", Some("www.ck"), Some("www.ck")),
            ("a.www.ck", Some("www.ck"), Some("www.ck")),
            ("a.b.c.ck", Some("b.c.ck"), Some("b.c.ck")),
            (
                "食狮.XN--55QX5D.cn",
                Some("食狮.XN--55QX5D.cn"),
                Some("食狮.XN--55QX5D.cn"),
            ),
            ("a.食狮.公司.cn", Some("食狮.公司.cn"), Some("食狮.公司.cn")),
            (
                "a.xn--fiqs8s-.cn",
                Some("xn--fiqs8s-.cn"),
                Some("xn--fiqs8s-.cn"),
            ),
            ("", None, None),
        ] {
            assert_eq!(
                domain(url, Rules::Registries).as_deref(),
                registries,
                "{url}"
            );
            assert_eq!(domain(url, Rules::All).as_deref(), all, "{url}");
        }
    }

    #[test]
    fn a_list_of_the_user() {
        assert_eq!(Suffixes::from_list("// nothing").err(), Some(SuffixError));
        let list = "org // comment\n*.museum\n!x.museum\n// ===BEGIN PRIVATE DOMAINS===\nus.org\n";
        let Ok(suffixes) = Suffixes::from_list(list) else {
            panic!("a list");
        };
        assert_eq!(suffixes.len(), 4);
        let domain = |host| suffixes.registered_domain(host, Rules::All);
        assert_eq!(domain("a.b.us.org"), Some("b.us.org"));
        assert_eq!(domain("a.b.museum"), Some("a.b.museum"));
        assert_eq!(domain("a.x.museum"), Some("x.museum"));
        assert_eq!(domain("a.com"), None);
        assert_ne!(suffixes.digest(), Suffixes::builtin().digest());
    }
}
