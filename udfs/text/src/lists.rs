//! The word and domain lists, and the models, that signals look into.
//!
//! Stop words and bad words are built in ([`Lists::builtin`]); their origin and licences are in
//! `data/README.md`. The UT1 domain list is the user's own copy ([`Ut1List`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use xxhash_rust::xxh3::xxh3_128;

use crate::fasttext::Model;
use crate::perfect::WordTable;
use crate::url::Suffixes;
use crate::url_lists::UrlLists;

/// The languages with lists: code, stop words, bad words. The published tables know these seven; bad
/// words exist for five of them, and the other two have an empty set.
const BUILTIN: [(&str, &str, &str); 7] = [
    ("bg", include_str!("../data/stop_words/bg.txt"), ""),
    (
        "de",
        include_str!("../data/stop_words/de.txt"),
        include_str!("../data/bad_words/de.txt"),
    ),
    (
        "en",
        include_str!("../data/stop_words/en.txt"),
        include_str!("../data/bad_words/en.txt"),
    ),
    (
        "es",
        include_str!("../data/stop_words/es.txt"),
        include_str!("../data/bad_words/es.txt"),
    ),
    ("fi", include_str!("../data/stop_words/fi.txt"), ""),
    (
        "fr",
        include_str!("../data/stop_words/fr.txt"),
        include_str!("../data/bad_words/fr.txt"),
    ),
    (
        "it",
        include_str!("../data/stop_words/it.txt"),
        include_str!("../data/bad_words/it.txt"),
    ),
];

static BUILTIN_LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let mut digest = Vec::new();
    let languages = BUILTIN
        .iter()
        .map(|&(code, stop, bad)| {
            for part in [code, stop, bad] {
                digest.extend_from_slice(&(part.len() as u64).to_le_bytes());
                digest.extend_from_slice(part.as_bytes());
            }
            LanguageLists::new(code, stop, bad)
        })
        .collect();
    Lists {
        languages: Arc::new(languages),
        ut1: None,
        urls: None,
        suffixes: None,
        language_model: None,
        digest: xxh3_128(&digest),
    }
});

/// The lists of one process: cheap to clone, shared by all threads.
#[derive(Clone, Debug)]
pub struct Lists {
    languages: Arc<Vec<LanguageLists>>,
    ut1: Option<Arc<Ut1List>>,
    urls: Option<Arc<UrlLists>>,
    suffixes: Option<Arc<Suffixes>>,
    language_model: Option<Arc<Model>>,
    digest: u128,
}

impl Lists {
    /// The built-in stop words and bad words, without a domain list.
    pub fn builtin() -> &'static Self {
        &BUILTIN_LISTS
    }

    /// These lists with `ut1` as their domain list.
    #[must_use]
    pub fn with_ut1(self, ut1: Ut1List) -> Self {
        Self {
            ut1: Some(Arc::new(ut1)),
            ..self
        }
    }

    /// The domain list, if one was loaded.
    pub fn ut1(&self) -> Option<&Ut1List> {
        self.ut1.as_deref()
    }

    /// These lists with `urls` as the lists of the URL filter.
    #[must_use]
    pub fn with_urls(self, urls: UrlLists) -> Self {
        Self {
            urls: Some(Arc::new(urls)),
            ..self
        }
    }

    /// The lists of the URL filter, if some were loaded.
    pub fn urls(&self) -> Option<&UrlLists> {
        self.urls.as_deref()
    }

    /// These lists with `suffixes` instead of the built-in Public Suffix List.
    #[must_use]
    pub fn with_suffixes(self, suffixes: Suffixes) -> Self {
        Self {
            suffixes: Some(Arc::new(suffixes)),
            ..self
        }
    }

    /// The Public Suffix List.
    pub fn suffixes(&self) -> &Suffixes {
        match &self.suffixes {
            Some(suffixes) => suffixes,
            None => Suffixes::builtin(),
        }
    }

    /// These lists with a model that identifies languages.
    #[must_use]
    pub fn with_language_model(self, model: Model) -> Self {
        Self {
            language_model: Some(Arc::new(model)),
            ..self
        }
    }

    /// The model that identifies languages, if one was loaded.
    pub fn language_model(&self) -> Option<&Model> {
        self.language_model.as_deref()
    }

    /// A digest of what is looked up for a URL: the lists of the URL filter and the public suffixes.
    pub fn url_digest(&self) -> u128 {
        let urls = self.urls.as_ref().map_or(0, |urls| urls.digest());
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&urls.to_le_bytes());
        bytes[16..].copy_from_slice(&self.suffixes().digest().to_le_bytes());
        xxh3_128(&bytes)
    }

    /// A digest of the words and domains, the same on every machine: part of the fingerprint of what is computed
    /// with these lists.
    pub fn digest(&self) -> u128 {
        let ut1 = self.ut1.as_ref().map_or(0, |ut1| ut1.digest);
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&self.digest.to_le_bytes());
        bytes[16..].copy_from_slice(&ut1.to_le_bytes());
        xxh3_128(&bytes)
    }

    /// The lists of a language; none for a language without.
    pub(crate) fn language(&self, code: &str) -> Option<&LanguageLists> {
        self.languages.iter().find(|lists| lists.code == code)
    }
}

/// The lists of one language, as one table of words.
///
/// An entry is compared as it is listed: one that no text can hold after its normalising is dead.
#[derive(Debug)]
pub(crate) struct LanguageLists {
    code: &'static str,
    /// For each word: [`Self::STOP`], [`Self::BAD`] and above these the number of the phrases that it begins.
    pub(crate) words: WordTable,
    /// What follows the first word of bad phrases, by their number; number 0 has none.
    phrases: Vec<Vec<Vec<&'static str>>>,
    /// Whether any stop word has capitals, so that one must look before words are lowercased.
    pub(crate) stop_words_have_capitals: bool,
}

impl LanguageLists {
    /// A stop word.
    pub(crate) const STOP: u32 = 1;
    /// A bad word by itself.
    pub(crate) const BAD: u32 = 1 << 1;

    fn new(code: &'static str, stop: &'static str, bad: &'static str) -> Self {
        let mut words: BTreeMap<&str, u32> = stop.lines().map(|word| (word, Self::STOP)).collect();
        let mut phrases = vec![Vec::new()];
        let bad: BTreeSet<_> = bad
            .lines()
            .map(str::trim)
            .filter(|e| !e.is_empty())
            .collect();
        for entry in bad {
            let mut parts = entry.split(' ');
            let value = words.entry(parts.next().unwrap_or_default()).or_default();
            let rest: Vec<_> = parts.collect();
            if rest.is_empty() {
                *value |= Self::BAD;
                continue;
            }
            if *value >> 2 == 0 {
                *value |= (phrases.len() as u32) << 2;
                phrases.push(Vec::new());
            }
            phrases[(*value >> 2) as usize].push(rest);
        }
        Self {
            code,
            words: WordTable::new(words),
            phrases,
            stop_words_have_capitals: stop.bytes().any(|b| b.is_ascii_uppercase()),
        }
    }

    /// What follows a word in each bad phrase that it begins, by the value of the word.
    pub(crate) fn phrases(&self, value: u32) -> &[Vec<&'static str>] {
        &self.phrases[(value >> 2) as usize]
    }
}

/// The categories of the UT1 list that the published signal keeps, sorted.
const CATEGORIES: [&str; 13] = [
    "adult",
    "agressif",
    "agressive",
    "arjel",
    "chat",
    "dating",
    "ddos",
    "filehosting",
    "gambling",
    "mixed_adult",
    "phishing",
    "porn",
    "violence",
];

/// The largest category id: the set of all categories.
pub(crate) const MAX_CATEGORY_ID: u16 = (1 << CATEGORIES.len()) - 2;

/// Domains and the id of the set of categories that each is in: the UT1 blocklist of the Université
/// Toulouse Capitole, as RedPajama-V2 numbers it.
#[derive(Debug)]
pub struct Ut1List {
    ids: HashMap<Box<str>, u16>,
    digest: u128,
}

impl Ut1List {
    /// Reads `{"domain": id, …}`, ids as RedPajama-V2 numbers the category sets.
    ///
    /// # Errors
    /// When the text is not such an object.
    pub fn from_json(json: &str) -> Result<Self, ListError> {
        let entries: HashMap<String, serde_json::Value> =
            serde_json::from_str(json).map_err(|error| {
                ListError::new(format!(
                    "cannot read the UT1 list: expected one JSON object {{\"domain\": id, …}}: {error}"
                ))
            })?;
        let mut ids = HashMap::with_capacity(entries.len());
        for (domain, value) in entries {
            let id = value
                .as_u64()
                .and_then(|id| u16::try_from(id).ok())
                .filter(|&id| id <= MAX_CATEGORY_ID)
                .ok_or_else(|| {
                    ListError::new(format!(
                        "cannot read the UT1 list: domain '{domain}': expected a category id from 0 to {MAX_CATEGORY_ID}, found {value}"
                    ))
                })?;
            ids.insert(domain.into_boxed_str(), id);
        }
        Ok(Self::new(ids))
    }

    /// Reads the unpacked UT1 archive: a folder with one folder per category, each with a file `domains`
    /// that has one domain a line. A folder that holds this folder as `blacklists` will do as well.
    /// Categories that are not there count as empty.
    ///
    /// # Errors
    /// When none of the 13 categories is there, or a file cannot be read or is not UTF-8.
    pub fn from_folder(folder: &Path) -> Result<Self, ListError> {
        let nested = folder.join("blacklists");
        let root = if nested.is_dir() { &nested } else { folder };
        let mut sets: HashMap<Box<str>, u16> = HashMap::new();
        let mut found = false;
        for (bit, category) in CATEGORIES.iter().enumerate() {
            let path = root.join(category).join("domains");
            if !path.is_file() {
                continue;
            }
            found = true;
            let bytes = fs::read(&path).map_err(|error| {
                ListError::new(format!("cannot read {}: {error}", path.display()))
            })?;
            let text = utf8(&path, &bytes)?;
            for domain in text.lines().map(str::trim).filter(|d| !d.is_empty()) {
                match sets.get_mut(domain) {
                    Some(set) => *set |= 1 << bit,
                    None => {
                        sets.insert(domain.into(), 1 << bit);
                    }
                }
            }
        }
        if !found {
            return Err(ListError::new(format!(
                "no UT1 list in {}: expected folders named {}, each with a file 'domains'\nhint: unpack the archive blacklists.tar.gz and name the folder that it makes",
                PathBuf::from(root).display(),
                CATEGORIES.join(", ")
            )));
        }
        let numbers = category_ids();
        for set in sets.values_mut() {
            *set = numbers[usize::from(*set)];
        }
        Ok(Self::new(sets))
    }

    fn new(ids: HashMap<Box<str>, u16>) -> Self {
        // A sum, so that the order of the entries does not matter.
        let digest = ids.iter().fold(0u128, |sum, (domain, id)| {
            let mut entry = Vec::with_capacity(domain.len() + 2);
            entry.extend_from_slice(domain.as_bytes());
            entry.extend_from_slice(&id.to_le_bytes());
            sum.wrapping_add(xxh3_128(&entry))
        });
        Self { ids, digest }
    }

    /// The category id of a domain, compared as it stands: case, port and `www.` matter.
    pub fn category(&self, domain: &str) -> Option<u16> {
        self.ids.get(domain).copied()
    }

    /// How many domains the list has.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether the list has no domain.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

fn utf8<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, ListError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()]
            .iter()
            .filter(|&&b| b == b'\n')
            .count();
        ListError::new(format!(
            "cannot read {}: line {line} is not UTF-8\nhint: remove the line or convert the file",
            path.display()
        ))
    })
}

/// The id of each set of categories, by its bits: all sets of one category in order, then all pairs in
/// lexicographic order, and so on.
fn category_ids() -> Vec<u16> {
    let mut sets: Vec<u16> = (1..1 << CATEGORIES.len()).collect();
    // Lexicographic order of equally large sets: the set with the lowest differing category comes first.
    sets.sort_by_key(|set| (set.count_ones(), std::cmp::Reverse(set.reverse_bits())));
    let mut ids = vec![0; 1 << CATEGORIES.len()];
    for (id, &set) in (0..).zip(&sets) {
        ids[usize::from(set)] = id;
    }
    ids
}

/// Why a list could not be read.
#[derive(Debug)]
pub struct ListError {
    message: String,
}

impl ListError {
    pub(crate) fn new(message: String) -> Self {
        Self { message }
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ListError {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::error::Error;
    use std::fs;

    use super::{CATEGORIES, Lists, Ut1List, category_ids};

    fn message(result: Result<Ut1List, super::ListError>) -> String {
        result.map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn category_sets_are_numbered_as_published() -> Result<(), Box<dyn Error>> {
        let json = include_str!("../../../tests/data/rpv2/ut1_categories.json");
        let published: serde_json::Value = serde_json::from_str(json)?;
        let sample: BTreeMap<usize, Vec<String>> =
            serde_json::from_value(published["sample"].clone())?;
        assert!(sample.len() > 20);
        let ids = category_ids();
        for (id, names) in sample {
            let bit = |name: &String| {
                CATEGORIES
                    .iter()
                    .position(|c| c == name)
                    .ok_or("a category")
            };
            let set = names
                .iter()
                .try_fold(0, |set, name| bit(name).map(|bit| set | 1 << bit))?;
            let set: usize = set;
            assert_eq!(usize::from(ids[set]), id, "{names:?}");
        }
        Ok(())
    }

    #[test]
    fn reads_a_folder_of_categories() -> Result<(), Box<dyn Error>> {
        let folder = std::env::temp_dir().join(format!("corpusql-ut1-{}", std::process::id()));
        let root = folder.join("blacklists");
        for (category, domains) in [
            ("adult", " a.example \n\nb.example"),
            ("violence", "b.example\n"),
        ] {
            fs::create_dir_all(root.join(category))?;
            fs::write(root.join(category).join("domains"), domains)?;
        }
        let list = Ut1List::from_folder(&folder)?;
        assert_eq!(list.len(), 2);
        assert_eq!(list.category("a.example"), Some(0));
        assert_eq!(list.category("b.example"), Some(24));
        assert_eq!(list.digest, Ut1List::from_folder(&root)?.digest);
        let json = Ut1List::from_json(r#"{"b.example": 24, "a.example": 0}"#)?;
        assert_eq!(list.digest, json.digest);

        fs::write(root.join("adult").join("domains"), b"a.example\n\xFF\n")?;
        let error = message(Ut1List::from_folder(&folder));
        assert!(error.contains("domains: line 2 is not UTF-8"), "{error}");
        fs::remove_dir_all(&root)?;
        let error = message(Ut1List::from_folder(&folder));
        assert!(error.starts_with("no UT1 list in"), "{error}");
        assert!(error.contains("hint: "), "{error}");
        fs::remove_dir_all(&folder)?;
        Ok(())
    }

    #[test]
    fn refuses_what_is_no_list() {
        let error = message(Ut1List::from_json(r#"{"a.example": 8191}"#));
        assert!(
            error.contains("domain 'a.example'") && error.contains("found 8191"),
            "{error}"
        );
        let error = message(Ut1List::from_json("[]"));
        assert!(error.contains("expected one JSON object"), "{error}");
    }

    #[test]
    fn digests_tell_lists_apart() -> Result<(), Box<dyn Error>> {
        let list =
            |json| Ut1List::from_json(json).map(|l| Lists::builtin().clone().with_ut1(l).digest());
        let none = Lists::builtin().digest();
        let (one, other) = (list(r#"{"a": 1}"#)?, list(r#"{"a": 2}"#)?);
        assert!(none != one && one != other);
        assert_eq!(one, list(r#"{"a": 1}"#)?);
        Ok(())
    }
}
