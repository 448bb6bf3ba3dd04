//! The lists of datatrove's URL filter, in its own file formats.

mod automaton;
mod hashes;

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use memchr::{memchr, memchr_iter, memrchr};
use xxhash_rust::xxh3::xxh3_128;

use crate::lists::ListError;
use crate::words::is_space;
use automaton::Automaton;
use hashes::Hashes;

/// The files of a folder of lists, by the names they have in datatrove.
const DOMAINS: &str = "domains";
const URLS: &str = "urls";
const BANNED_WORDS: &str = "banned_words.txt";
const SOFT_BANNED_WORDS: &str = "soft_banned_words.txt";
const BANNED_SUBWORDS: &str = "banned_subwords.txt";

/// Domains, URLs and words that a URL is compared with.
#[derive(Debug)]
pub struct UrlLists {
    domains: Hashes,
    urls: Hashes,
    banned_words: Words,
    soft_words: Words,
    banned_subwords: Automaton,
    digest: u128,
}

impl UrlLists {
    /// Reads the files `domains`, `urls`, `banned_words.txt`, `soft_banned_words.txt` and `banned_subwords.txt` of a
    /// folder: one entry a line; lines that start with `#` are left out. Spaces around domains and URLs are; of words
    /// only the ASCII letters and digits stay, in lower case. A file may be empty.
    ///
    /// # Errors
    /// When a file is missing, cannot be read or is not UTF-8.
    pub fn from_folder(folder: &Path) -> Result<Self, ListError> {
        let files = [
            DOMAINS,
            URLS,
            BANNED_WORDS,
            SOFT_BANNED_WORDS,
            BANNED_SUBWORDS,
        ];
        let missing: Vec<_> = files
            .into_iter()
            .filter(|file| !folder.join(file).is_file())
            .collect();
        if !missing.is_empty() {
            return Err(ListError::new(format!(
                "no URL lists in {}: expected the files {}, found no {}\nhint: unpack url_filterblacklistsv0_3_0.tar.gz of datatrove's assets and put its banned_words.txt, soft_banned_words.txt and banned_subwords.txt beside; a list of yours may be empty",
                folder.display(),
                files.join(", "),
                missing.join(", ")
            )));
        }
        let hashes = |file: &str| {
            let mut hashes = Vec::new();
            for_each_line(&folder.join(file), |line| {
                hashes.push(Hashes::hash(trimmed(line)))
            })?;
            Ok(Hashes::new(hashes))
        };
        let words = |file: &str| {
            let mut words = BTreeSet::new();
            for_each_line(&folder.join(file), |line| {
                let kept = line.chars().filter(char::is_ascii_alphanumeric);
                words.insert(kept.map(|c| c.to_ascii_lowercase()).collect::<String>());
            })?;
            Ok(words)
        };
        let (domains, urls) = (hashes(DOMAINS)?, hashes(URLS)?);
        let word_lists: [BTreeSet<String>; 3] = [
            words(BANNED_WORDS)?,
            words(SOFT_BANNED_WORDS)?,
            words(BANNED_SUBWORDS)?,
        ];
        let mut digest = Vec::new();
        digest.extend_from_slice(&domains.digest().to_le_bytes());
        digest.extend_from_slice(&urls.digest().to_le_bytes());
        for words in &word_lists {
            for word in words {
                digest.extend_from_slice(word.as_bytes());
                digest.push(b'\n');
            }
            digest.push(0);
        }
        let [banned, soft, subwords] = word_lists;
        Ok(Self {
            domains,
            urls,
            banned_subwords: Automaton::new(subwords.iter().map(String::as_str)),
            banned_words: Words::new(banned),
            soft_words: Words::new(soft),
            digest: xxh3_128(&digest),
        })
    }

    /// Whether a domain or host is listed, as it stands.
    pub fn has_domain(&self, domain: &str) -> bool {
        self.domains.contains(domain)
    }

    /// Whether a URL is listed, as it stands.
    pub fn has_url(&self, url: &str) -> bool {
        self.urls.contains(url)
    }

    /// How many distinct banned words are among the words of a URL.
    pub fn banned_words(&self, url: &str) -> usize {
        self.banned_words.count_in(url)
    }

    /// How many distinct soft banned words are among the words of a URL.
    pub fn soft_words(&self, url: &str) -> usize {
        self.soft_words.count_in(url)
    }

    /// How many distinct banned subwords the letters and digits of a URL hold.
    pub fn banned_subwords(&self, url: &str) -> usize {
        self.banned_subwords.count_in(url)
    }

    /// How many domains and how many URLs are listed.
    pub fn sizes(&self) -> (usize, usize) {
        (self.domains.len(), self.urls.len())
    }

    /// Bytes of memory held by domains, URLs and subwords.
    pub fn memory(&self) -> usize {
        self.domains.memory() + self.urls.memory() + self.banned_subwords.memory()
    }

    /// A digest of the lists, the same on every machine.
    pub fn digest(&self) -> u128 {
        self.digest
    }
}

/// Words with a number each.
#[derive(Debug)]
struct Words(HashMap<Box<str>, usize>);

impl Words {
    fn new(words: BTreeSet<String>) -> Self {
        Self(
            words
                .into_iter()
                .map(String::into_boxed_str)
                .zip(0..)
                .collect(),
        )
    }

    /// How many of them are between the characters of a string that are no ASCII letters or digits. Between several of
    /// those in a row is no word, in front of the first and behind the last stands an empty one.
    fn count_in(&self, string: &str) -> usize {
        let outside = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
        let has_empty = outside(string.chars().next()) || outside(string.chars().next_back());
        let mut seen = vec![];
        let mut count = 0;
        for word in string.split(|c: char| !c.is_ascii_alphanumeric()) {
            if word.is_empty() && !has_empty {
                continue;
            }
            let Some(&number) = self.0.get(word) else {
                continue;
            };
            seen.resize(self.0.len(), false);
            if !seen[number] {
                seen[number] = true;
                count += 1;
            }
        }
        count
    }
}

/// Bytes of a file that are read at a time, unless a line is longer.
const PIECE: usize = 1 << 18;

/// Hands out the lines of a file that do not start with `#`, as Python reads them: also `\r` ends a line.
fn for_each_line(path: &Path, mut take: impl FnMut(&str)) -> Result<(), ListError> {
    let cannot_read =
        |error: std::io::Error| ListError::new(format!("cannot read {}: {error}", path.display()));
    let mut file = File::open(path).map_err(cannot_read)?;
    let mut piece = vec![0; PIECE];
    // Bytes of a line whose end is not there yet, and lines before it.
    let (mut begun, mut before) = (0, 0);
    loop {
        if begun == piece.len() {
            piece.resize(2 * begun, 0);
        }
        let read = match file.read(&mut piece[begun..]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read.map_err(cannot_read)?,
        };
        let filled = begun + read;
        let end = match memrchr(b'\n', &piece[begun..filled]) {
            _ if read == 0 => filled,
            Some(at) => begun + at + 1,
            None => {
                begun = filled;
                continue;
            }
        };
        let whole = &piece[..end];
        let feeds = |bytes: &[u8]| memchr_iter(b'\n', bytes).count();
        let text = std::str::from_utf8(whole)
            .map_err(|error| not_utf8(path, before + feeds(&whole[..error.valid_up_to()]) + 1))?;
        before += feeds(whole);
        let has_returns = memchr(b'\r', whole).is_some();
        let mut start = 0;
        while start < end {
            let feed = memchr(b'\n', &whole[start..]).map(|at| start + at);
            let line = &text[start..feed.unwrap_or(end)];
            start = feed.map_or(end, |feed| feed + 1);
            if has_returns {
                let line = line.strip_suffix('\r').unwrap_or(line);
                let lines = line.split('\r').filter(|line| !line.starts_with('#'));
                lines.for_each(&mut take);
            } else if !line.starts_with('#') {
                take(line);
            }
        }
        if read == 0 {
            return Ok(());
        }
        piece.copy_within(end..filled, 0);
        begun = filled - end;
    }
}

/// A line without the spaces around it.
fn trimmed(line: &str) -> &str {
    let is_graphic = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = line.as_bytes();
    if is_graphic(bytes.first()) && is_graphic(bytes.last()) {
        return line;
    }
    line.trim_matches(is_space)
}

fn not_utf8(path: &Path, line: usize) -> ListError {
    ListError::new(format!(
        "cannot read {}: line {line} is not UTF-8",
        PathBuf::from(path).display()
    ))
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs;

    use super::{PIECE, UrlLists, Words, for_each_line, trimmed};

    /// As Python splits at a run of other characters: a blank line in a list bans URLs that end with `/`, and no others.
    #[test]
    fn empty_words_stand_at_the_ends_alone() {
        let words = Words::new(["", "a"].map(String::from).into());
        for (url, expected) in [
            ("http://x.example", 0),
            ("http://x.example/a", 1),
            ("http://x.example/", 1),
            ("//x.example/a", 2),
            ("é", 1),
            ("", 1),
        ] {
            assert_eq!(words.count_in(url), expected, "{url}");
        }
    }

    #[test]
    fn lines_are_pythons_wherever_a_piece_ends() -> Result<(), Box<dyn Error>> {
        let path = std::env::temp_dir().join(format!("corpusql-lines-{}", std::process::id()));
        let long = "é".repeat(PIECE);
        let twin = |text: &str| -> Vec<String> {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            let text = text.strip_suffix('\n').unwrap_or(&text);
            let lines = text.split('\n').filter(|line| !line.starts_with('#'));
            lines.map(String::from).collect()
        };
        for shift in 0..5 {
            let head = "x".repeat(PIECE - 9 + shift);
            for text in [
                format!("{head}\r\na\rb\n\n#c\n é \n"),
                format!("{head}\n{long}\n#{long}\r\nd"),
                format!("#a\r{head}é\r\r\nd\r"),
            ] {
                fs::write(&path, &text)?;
                let mut found = Vec::new();
                for_each_line(&path, |line| found.push(line.to_string()))?;
                assert!(found == twin(&text), "{shift}");
            }
        }
        fs::write(&path, "")?;
        for_each_line(&path, |line| panic!("{line}"))?;
        fs::remove_file(&path)?;
        assert_eq!(
            ["a", " a", "a\u{a0}", "", " "].map(trimmed),
            ["a", "a", "a", "", ""]
        );
        Ok(())
    }

    #[test]
    fn reads_the_formats_of_datatrove() -> Result<(), Box<dyn Error>> {
        let folder = std::env::temp_dir().join(format!("corpusql-urls-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        for (file, text) in [
            (
                "domains",
                "#bad.example\n bad.example \r\nworse.example\rworst.example",
            ),
            ("urls", "http://a.example/#x\n\n"),
            ("banned_words.txt", "Casi-No\n#bet\n"),
            ("soft_banned_words.txt", "free\nslots\n"),
            ("banned_subwords.txt", "casino\nxx\n"),
        ] {
            fs::write(folder.join(file), text)?;
        }
        let lists = UrlLists::from_folder(&folder)?;
        assert_eq!(lists.sizes(), (3, 2));
        assert!(lists.has_domain("bad.example") && lists.has_domain("worst.example"));
        assert!(!lists.has_domain("#bad.example") && !lists.has_domain(""));
        assert!(lists.has_url("http://a.example/#x") && lists.has_url(""));
        assert_eq!(lists.banned_words("http://a.example/casino/casino?bet"), 1);
        assert_eq!(lists.banned_words("http://a.example/Casino/casinos"), 0);
        assert_eq!(lists.soft_words("http://free.example/free-slots"), 2);
        assert_eq!(lists.banned_subwords("http://a.example/my-Cas/ino?x=X"), 2);
        assert!(lists.memory() > 0);

        let digest = lists.digest();
        fs::write(folder.join("urls"), "http://a.example/#y\n")?;
        assert_ne!(UrlLists::from_folder(&folder)?.digest(), digest);
        fs::write(folder.join("urls"), b"a\n\xFF\n")?;
        let message = |result: Result<_, super::ListError>| {
            result.map_or_else(|error| error.to_string(), |_| String::new())
        };
        let error = message(UrlLists::from_folder(&folder));
        assert!(error.contains("urls: line 2 is not UTF-8"), "{error}");
        fs::remove_file(folder.join("urls"))?;
        let error = message(UrlLists::from_folder(&folder));
        assert!(error.contains("found no urls\nhint: "), "{error}");
        fs::remove_dir_all(&folder)?;
        Ok(())
    }
}
