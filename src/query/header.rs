//! The header of a query file: YAML in the comment lines that the file begins with.
//!
//! ```sql
//! -- keeps: documents that read like prose
//! -- params:
//! --   min_words: 50
//! SELECT …
//! ```
//!
//! Line N of the YAML is line N of the file, so its errors point into the file. A file that begins with a
//! comment in plain words has no header.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::settings::Value;
use crate::error::{Error, Result, near_miss};

/// What a filter says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilterHeader {
    /// One line on what passes.
    pub keeps: String,
    /// Where the rules are published.
    pub source: String,
    /// How the rules differ from their source, and what NULL means for them.
    pub differs: String,
    /// Parameters and their published values.
    pub params: BTreeMap<String, Value>,
}

/// What any other query says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Header {
    /// One line on what comes out.
    pub what: String,
    /// Where its definitions are published.
    pub source: String,
    /// How it differs from its source.
    pub differs: String,
}

/// The header of the query `text`, which stands in `file`.
pub fn parse<T: DeserializeOwned + Default>(file: &str, text: &str) -> Result<T> {
    let mut yaml = String::new();
    let mut begun = false;
    for line in text.lines() {
        match line.strip_prefix("--") {
            Some(comment) => {
                if !begun && !comment.trim().is_empty() {
                    if !is_key(comment) {
                        return Ok(T::default());
                    }
                    begun = true;
                }
                yaml.push_str(comment.strip_prefix(' ').unwrap_or(comment));
            }
            None if line.trim().is_empty() && !begun => {}
            None => break,
        }
        yaml.push('\n');
    }
    if !begun {
        return Ok(T::default());
    }
    serde_yaml::from_str(&yaml).map_err(|e| yaml_error(file, &e))
}

/// Whether a comment line looks like `key: …`.
fn is_key(comment: &str) -> bool {
    let key = comment.trim().split(':').next().unwrap_or_default();
    comment.contains(':')
        && !key.is_empty()
        && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// What is wrong with the YAML of `file`, with its line, and the near key where a key is unknown.
pub fn yaml_error(file: &str, error: &serde_yaml::Error) -> Error {
    let error = error.without_snippet();
    let place = error.location().map_or_else(String::new, |at| {
        format!(", line {}, column {}", at.line(), at.column())
    });
    if let serde_yaml::Error::SerdeUnknownField {
        field, expected, ..
    } = error
    {
        let unknown = Error::user(format!(
            "{file}{place}: unknown key `{field}`; expected {}",
            alternatives(expected.iter().copied())
        ));
        return match near_miss(field, expected.iter().copied()) {
            Some(near) => unknown.hint(format!("did you mean `{near}`?")),
            None => unknown,
        };
    }
    let message = error.render_with_formatter(&serde_yaml::UserMessageFormatter);
    // The place stands in front already.
    let message = message.split(" at line ").next().unwrap_or_default();
    Error::user(format!("{file}{place}: {}", lower_first(message)))
}

/// `a`, `b` or `c`.
pub fn alternatives<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nothing".to_string(),
    }
}

/// Messages begin in lower case.
pub fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_yaml_in_comments() {
        let text = "-- keeps: long documents\n-- differs: |\n--   Words are\n--   ours.\n-- params:\n--   min_words: 50\n--   ratio: 3.0\n--   strict: true\n--   kind: web\n\nSELECT 1\n";
        let header: FilterHeader = parse("f.sql", text).unwrap();
        assert_eq!(header.keeps, "long documents");
        assert_eq!(header.differs, "Words are\nours.\n");
        assert_eq!(header.params["min_words"], Value::Integer(50));
        assert_eq!(header.params["ratio"], Value::Float(3.0));
        assert_eq!(header.params["strict"], Value::Boolean(true));
        assert_eq!(header.params["kind"], Value::Text("web".into()));
    }

    #[test]
    fn a_plain_comment_is_no_header() {
        let header: Header = parse("f.sql", "-- my experiment\nSELECT 1").unwrap();
        assert_eq!(header.what, "");
        let header: Header = parse("f.sql", "SELECT 1 -- what: x").unwrap();
        assert_eq!(header.what, "");
    }

    #[test]
    fn errors_point_into_the_file() {
        let error = parse::<FilterHeader>("f.sql", "\n-- keeps: x\n-- parms:\n--   a: 1\nSELECT 1")
            .unwrap_err();
        assert_eq!(
            error.message(),
            "f.sql, line 3, column 1: unknown key `parms`; expected `keeps`, `source`, `differs` or `params`"
        );
        assert_eq!(error.next_step(), Some("did you mean `params`?"));
        let error =
            parse::<FilterHeader>("f.sql", "-- keeps: x\n-- params: 3\nSELECT 1").unwrap_err();
        assert!(error.message().starts_with("f.sql, line 2"), "{error}");
        let error = parse::<FilterHeader>("f.sql", "-- keeps: [x\nSELECT 1").unwrap_err();
        assert!(error.message().starts_with("f.sql, line"), "{error}");
    }
}
