//! The tokeniser equals a literal, slow form of its rules, whatever the text; and takes linear time.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use corpusql_text::words::spacy_en::SpacyEn;
use proptest::prelude::*;

const DATA: &str = include_str!("../data/spacy_en.txt");

/// The rules, as spaCy writes them: one test for each alternative of an expression.
struct Twin {
    sets: HashMap<&'static str, HashSet<char>>,
    units: Vec<Vec<char>>,
    exceptions: HashMap<String, Vec<String>>,
    /// Exceptions as the rules alone split them.
    phrases: HashMap<Vec<String>, String>,
}

impl Twin {
    fn new() -> Self {
        let mut twin = Self {
            sets: HashMap::new(),
            units: Vec::new(),
            exceptions: HashMap::new(),
            phrases: HashMap::new(),
        };
        let mut section = "";
        for line in DATA.lines().filter(|line| !line.starts_with("# ")) {
            if let Some(name) = line.strip_prefix("set ").or(line.strip_prefix("list ")) {
                section = name;
            } else if section == "after_digit" {
                twin.units.push(line.chars().collect());
            } else if section == "exceptions" {
                let tokens: Vec<_> = line.split('\t').map(String::from).collect();
                twin.exceptions.insert(tokens.concat(), tokens);
            } else if let Some((first, last)) = line.split_once('-') {
                let hex = |s| u32::from_str_radix(s, 16).unwrap_or_default();
                let chars = (hex(first)..=hex(last)).filter_map(char::from_u32);
                twin.sets.entry(section).or_default().extend(chars);
            }
        }
        let exceptions = std::mem::take(&mut twin.exceptions);
        for text in exceptions.keys() {
            let mut parts = Vec::new();
            twin.run(&text.chars().collect::<Vec<_>>(), &mut parts);
            if parts.len() > 1 {
                twin.phrases.insert(parts, text.clone());
            }
        }
        twin.exceptions = exceptions;
        twin
    }

    fn is(&self, set: &str, c: Option<&char>) -> bool {
        c.is_some_and(|c| self.sets[set].contains(c))
    }

    fn is_exception(&self, text: &[char]) -> bool {
        !text.is_empty()
            && self
                .exceptions
                .contains_key(&text.iter().collect::<String>())
    }

    fn prefix(&self, text: &[char]) -> usize {
        let dots = text.iter().take_while(|&&c| c == '.').count();
        if dots > 1 {
            return dots;
        }
        for currency in ["US$", "C$", "A$"] {
            let currency: Vec<char> = currency.chars().collect();
            if text.starts_with(&currency) {
                return currency.len();
            }
        }
        if text[0] == '+' {
            return usize::from(!text.get(1).is_some_and(char::is_ascii_digit));
        }
        usize::from(self.is("prefix", text.first()))
    }

    /// Whether all of `text[at..]` is a suffix.
    fn is_suffix(&self, text: &[char], at: usize) -> bool {
        let (before, own) = text.split_at(at);
        let last = before.last();
        let dots = own.iter().all(|&c| c == '.');
        let owned: String = own.iter().collect();
        let degree = before.len() > 1
            && before[before.len() - 2] == '°'
            && matches!(last, Some('F' | 'f' | 'C' | 'c' | 'K' | 'k'));
        own.len() == 1 && self.is("suffix", own.first())
            || own.len() > 1 && dots
            || matches!(&*owned, "……" | "'s" | "'S" | "’s" | "’S")
            || last.is_some_and(char::is_ascii_digit) && self.units.iter().any(|unit| unit == own)
            || owned == "."
                && (degree
                    || self.is("dot", last)
                    || before.len() > 1
                        && self.is("upper", last)
                        && self.is("upper", before.get(before.len() - 2)))
    }

    fn suffix(&self, text: &[char]) -> usize {
        let begin = (0..text.len()).find(|&at| self.is_suffix(text, at));
        begin.map_or(0, |at| text.len() - at)
    }

    /// The length of the infix at a place.
    fn infix(&self, text: &[char], at: usize) -> usize {
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        let digit = before.is_some_and(char::is_ascii_digit);
        let alpha = self.is("alpha", before);
        let rest = &text[at..];
        let dots = rest.iter().take_while(|&&c| c == '.').count();
        if dots > 1 {
            return dots;
        }
        if self.is("infix", rest.first()) {
            return 1;
        }
        let next = rest.get(1);
        if digit
            && matches!(rest[0], '+' | '-' | '*' | '^')
            && next.is_some_and(|&c| c.is_ascii_digit() || c == '-')
        {
            return 1;
        }
        if rest[0] == '.'
            && (self.is("lower", before) || self.is("quote", before))
            && (self.is("upper", next) || self.is("quote", next))
        {
            return 1;
        }
        if rest[0] == ',' && alpha && self.is("alpha", next) {
            return 1;
        }
        for hyphen in ["-", "–", "—", "--", "---", "——", "~"] {
            let hyphen: Vec<char> = hyphen.chars().collect();
            let behind = rest.get(hyphen.len());
            if (alpha || digit) && rest.starts_with(&hyphen) && self.is("alpha", behind) {
                return hyphen.len();
            }
        }
        let sign = matches!(rest[0], ':' | '<' | '>' | '=' | '/');
        usize::from(sign && (alpha || digit) && self.is("alpha", next))
    }

    /// The tokens of a run without whitespace.
    fn run(&self, run: &[char], tokens: &mut Vec<String>) {
        let mut text = run.to_vec();
        let mut suffixes = Vec::new();
        let mut size = usize::MAX;
        while !text.is_empty() && text.len() != size && !self.is_exception(&text) {
            size = text.len();
            let prefix = self.prefix(&text);
            if prefix > 0 && self.is_exception(&text[prefix..]) {
                tokens.push(text.drain(..prefix).collect());
                break;
            }
            let suffix = self.suffix(&text[prefix..]);
            let rest = text.len() - suffix;
            if suffix > 0 && self.is_exception(&text[..rest]) {
                suffixes.push(text.drain(rest..).collect());
                break;
            }
            if suffix > 0 {
                suffixes.push(text.drain(rest..).collect());
            }
            if prefix > 0 {
                tokens.push(text.drain(..prefix).collect());
            }
        }
        let whole: String = text.iter().collect();
        if let Some(exception) = self.exceptions.get(&whole) {
            tokens.extend(exception.iter().cloned());
        } else if !text.is_empty() {
            let (mut start, mut at) = (0, 0);
            while at < text.len() {
                let infix = self.infix(&text, at);
                if infix > 0 && at > 0 {
                    if start < at {
                        tokens.push(text[start..at].iter().collect());
                    }
                    tokens.push(text[at..at + infix].iter().collect());
                    start = at + infix;
                }
                at += infix.max(1);
            }
            if start < text.len() {
                tokens.push(text[start..].iter().collect());
            }
        }
        tokens.extend(suffixes.into_iter().rev());
    }

    /// The words of a text that holds no URL and no whitespace but single spaces.
    fn words(&self, text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        // How many runs end before each token.
        let mut runs = Vec::new();
        for (number, run) in text.split(' ').enumerate() {
            self.run(&run.chars().collect::<Vec<_>>(), &mut tokens);
            runs.resize(tokens.len(), number);
        }
        let mut spans = Vec::new();
        for start in 0..tokens.len() {
            for end in start + 2..=tokens.len().min(start + 16) {
                if let Some(text) = self.phrases.get(&tokens[start..end]) {
                    spans.push((end - start, start, text));
                }
            }
        }
        spans.sort_by_key(|&(len, start, _)| (std::cmp::Reverse(len), start));
        let mut seen = HashSet::new();
        let mut chosen = HashMap::new();
        for (len, start, text) in spans {
            if !seen.contains(&start) && !seen.contains(&(start + len - 1)) {
                chosen.insert(start, (len, text));
            }
            seen.extend(start..start + len);
        }
        let mut words = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let (len, text) = chosen
                .get(&at)
                .map_or((1, None), |&(len, text)| (len, Some(text)));
            match text.filter(|_| runs[at] == runs[at + len - 1]) {
                Some(text) => words.extend(self.exceptions[text].iter().cloned()),
                None => words.extend_from_slice(&tokens[at..at + len]),
            }
            at += len;
        }
        words
    }
}

fn found(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    SpacyEn::new().words(text, |word| words.push(word.to_string()));
    words
}

/// Pieces of which texts are made that meet many rules, none a URL.
fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "don't", "he", "'s", "’s", "Mr.", "a.m.", "10", "5", "km", "%", "+", "-", "--", "—", "~",
        ":", ")", "(", "-_-", ":-)", "):", ">", "<3", "=", "/", ",", ".", "..", "…", "……", "°C",
        "°", "US$", "$", "\"", "“", "word", "Word", "AB", "é", "я", "中", "😀", "²", "_", "#", "*",
        "^", "'", "'ll", "o", "O", "D", "x", " ", " ", " ", " ",
    ];
    prop_oneof![
        8 => prop::sample::select(pieces.to_vec()).prop_map(String::from),
        1 => "[ -~]",
        1 => "\\PC",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..24).prop_map(|pieces| {
        let text = pieces.concat();
        // Single spaces only, and nothing that a URL begins or goes on with.
        let text = text.replace('@', " ").replace("://", " ");
        let words: Vec<_> = text.split_whitespace().collect();
        words.join(" ")
    })
}

/// Whether spaCy might take a run for a URL: a name, a full stop and two more small letters.
fn may_be_url(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    chars
        .windows(3)
        .any(|w| w[0] == '.' && w[1].is_alphanumeric() && w[2].is_alphanumeric())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn equals_its_twin(text in text()) {
        thread_local!(static TWIN: Twin = Twin::new());
        prop_assume!(!may_be_url(&text));
        let expected = TWIN.with(|twin| twin.words(&text));
        prop_assert_eq!(found(&text), expected);
    }

    #[test]
    fn words_are_the_text_without_whitespace(text in "\\PC*") {
        let joined: String = text.split_whitespace().collect();
        prop_assert_eq!(found(&text).concat(), joined);
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    let mut spacy = SpacyEn::new();
    for unit in [
        "a", "(", ")", ".", "a.", ":)", "a@", "1.", "'", "(a", "a-", "…", "é", "a.b@", " ", "\n",
        "‥", "1km",
    ] {
        let text = unit.repeat((4 << 20) / unit.len());
        let start = Instant::now();
        let mut bytes = 0;
        spacy.words(&text, |word| bytes += word.len());
        assert!(bytes == text.len() || unit.trim().is_empty(), "{unit}");
        // Linear time is milliseconds here, quadratic time hours.
        let seconds = start.elapsed().as_secs_f64();
        assert!(seconds < 30.0, "{unit}: {seconds} s");
    }
}
