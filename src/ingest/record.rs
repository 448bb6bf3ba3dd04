//! One JSON object → the values of one document, or why it cannot be one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::quarantine::Reason;
use super::schema::{Columns, METADATA, Place};
use crate::error::Result;

/// Objects and arrays inside each other that a value may have.
const DEPTH_LIMIT: usize = 128;
/// Records from here on have their text unescaped where it stands: elsewhere it would be in memory twice.
const LARGE_BYTES: usize = 1 << 20;
/// Repeated keys are looked for by a search up to so many fields, by a table beyond.
const SEARCHED_FIELDS: usize = 16;

/// Where fields go, by name; made once for an input.
pub struct Fields<'c> {
    places: HashMap<&'c str, Field>,
    text: usize,
    columns: &'c Columns,
}

#[derive(Clone, Debug, PartialEq)]
enum Field {
    /// The text alone, which is read without a detour.
    Text,
    Columns(Vec<usize>),
    AsMetadata,
    Nowhere,
}

/// The values of one record.
#[derive(Default)]
pub struct Record<'a> {
    /// The text.
    pub text: Text<'a>,
    /// Other columns' values as JSON, by place in the documents' schema.
    pub values: Vec<(usize, &'a RawValue)>,
    /// The field that is the metadata.
    metadata: Option<&'a RawValue>,
    /// Fields without a column.
    others: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// Places in `others`, once there are many.
    table: HashMap<Cow<'a, str>, usize>,
}

/// What stands for the text.
#[derive(Default)]
pub enum Text<'a> {
    /// Nothing.
    #[default]
    Missing,
    /// NULL.
    Null,
    /// A text.
    Given(Cow<'a, str>),
    /// A text of a large record as it stands between its quotes, and its bytes once it is unescaped by
    /// [`unescape`], which will find no fault.
    Escaped(&'a str, usize),
    /// Another type.
    Wrong(&'static str),
}

/// Why a record is bad.
pub type Fault = (Reason, String);

impl<'c> Fields<'c> {
    /// The places of the fields of `columns`.
    pub fn new(columns: &'c Columns) -> Result<Self> {
        let text = columns.index("text")?;
        let map = columns
            .map()
            .pairs()
            .iter()
            .map(|(_, field)| field.as_str());
        let names = columns.schema().fields().iter().map(|f| f.name().as_str());
        let mut places = HashMap::new();
        for name in names.chain(map) {
            let field = match columns.place(name) {
                Place::Columns(columns) if columns == [text] => Field::Text,
                Place::Columns(columns) => Field::Columns(columns),
                Place::AsMetadata => Field::AsMetadata,
                Place::Nowhere => Field::Nowhere,
                Place::Metadata => continue,
            };
            places.insert(name, field);
        }
        Ok(Self {
            places,
            text,
            columns,
        })
    }

    /// Reads one record.
    pub fn read<'a>(&self, json: &'a str) -> Result<Record<'a>, Fault> {
        let mut record = Record::default();
        let mut deserializer = serde_json::Deserializer::from_str(json);
        deserializer
            .deserialize_map(Object {
                fields: self,
                record: &mut record,
                large: json.len() >= LARGE_BYTES,
            })
            .and_then(|()| deserializer.end())
            .map_err(|error| fault(json, &error))?;
        for (_, value) in &record.values {
            too_deep(value)?;
        }
        for (_, value) in &record.others {
            too_deep(value)?;
        }
        record.metadata.map_or(Ok(()), too_deep)?;
        let field = self.columns.map().field_of("text");
        match &record.text {
            Text::Given(_) | Text::Escaped(..) => Ok(record),
            Text::Null => Err((Reason::MissingText, format!("{field} is null"))),
            Text::Missing => {
                let names = record.names(self.columns);
                Err((
                    Reason::MissingText,
                    format!("there is no field {field}; the fields are {names}"),
                ))
            }
            Text::Wrong(found) => Err((
                Reason::WrongType,
                format!("{field} is {found}, not a string"),
            )),
        }
    }
}

impl<'a> Record<'a> {
    /// The metadata as the text of a JSON object.
    pub fn metadata(&self) -> Option<String> {
        let others = self.others.iter().map(|(k, v)| (k.as_ref(), v.get()));
        compose_metadata(
            self.metadata.map(RawValue::get),
            &others.collect::<Vec<_>>(),
        )
    }

    fn other(&mut self, key: Cow<'a, str>, value: &'a RawValue) {
        let place = if self.others.len() < SEARCHED_FIELDS {
            self.others.iter().position(|(k, _)| *k == key)
        } else {
            if self.table.is_empty() {
                let places = self.others.iter().enumerate();
                self.table = places.map(|(i, (k, _))| (k.clone(), i)).collect();
            }
            self.table.get(&key).copied()
        };
        match place {
            Some(place) => self.others[place].1 = value,
            None => {
                if !self.table.is_empty() {
                    self.table.insert(key.clone(), self.others.len());
                }
                self.others.push((key, value));
            }
        }
    }

    fn names(&self, columns: &Columns) -> String {
        let others = self.others.iter().map(|(key, _)| key.as_ref());
        let values = self.values.iter();
        let values = values.map(|(column, _)| columns.schema().field(*column).name().as_str());
        let names: Vec<&str> = values.chain(others).collect();
        if names.is_empty() {
            "none".to_string()
        } else {
            names.join(", ")
        }
    }
}

/// One JSON object of what an input calls its metadata, `given` as JSON, and its `others` fields. An
/// object, also one in a string, is taken apart, so that what was exported comes back as it was; what
/// is none, or has a field of the same name as another, stands under `metadata`.
pub fn compose_metadata(given: Option<&str>, others: &[(&str, &str)]) -> Option<String> {
    let given = given.filter(|json| *json != "null");
    if given.is_none() && others.is_empty() {
        return None;
    }
    let mut out = String::from("{");
    if let Some(json) = given {
        let unquoted = serde_json::from_str::<JsonString<'_>>(json).ok();
        let object = unquoted.as_ref().map_or(json, |JsonString(text)| text);
        match serde_json::from_str::<Members<'_>>(object) {
            Ok(_) if others.is_empty() => return Some(object.to_string()),
            Ok(Members(members))
                if !members
                    .iter()
                    .any(|(key, _)| others.iter().any(|(other, _)| other == key)) =>
            {
                for (key, value) in members {
                    push_member(&mut out, &key, value.get());
                }
            }
            _ => push_member(&mut out, METADATA, json),
        }
    }
    for (key, value) in others {
        push_member(&mut out, key, value);
    }
    out.push('}');
    Some(out)
}

fn push_member(out: &mut String, key: &str, value: &str) {
    if out.len() > 1 {
        out.push(',');
    }
    out.push_str(&serde_json::Value::from(key).to_string());
    out.push(':');
    out.push_str(value);
}

fn too_deep(value: &RawValue) -> Result<(), Fault> {
    let text = value.get().as_bytes();
    if memchr::memchr2_iter(b'[', b'{', text)
        .nth(DEPTH_LIMIT)
        .is_none()
    {
        return Ok(());
    }
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
        if depth > DEPTH_LIMIT {
            return Err((
                Reason::TooDeep,
                format!("a value has more than {DEPTH_LIMIT} levels"),
            ));
        }
    }
    Ok(())
}

/// What is wrong with a text that could not be read as an object.
fn fault(json: &str, error: &serde_json::Error) -> Fault {
    // A value of another type is fine JSON, but no record. What is at fault inside an object is said by the
    // error's words.
    let found = match json.trim_start().as_bytes().first() {
        Some(b'{') => None,
        Some(b'[') => Some("an array"),
        Some(b'"') => Some("a string"),
        Some(b'n') => Some("null"),
        Some(b't' | b'f') => Some("a Boolean"),
        _ => Some("a number"),
    };
    if let Some(found) = found
        && error.is_data()
        && serde_json::from_str::<IgnoredAny>(json).is_ok()
    {
        return (
            Reason::WrongType,
            format!("the record is {found}, not an object"),
        );
    }
    let words = error.to_string();
    // Positions are those of the record alone, where a line says nothing.
    let words = match (words.split_once(" at line "), error.line()) {
        (Some((what, _)), 1) => format!("{what} at column {}", error.column()),
        _ => words,
    };
    let reason = if words.contains("surrogate") || words.contains("hex escape") {
        Reason::InvalidUtf8
    } else if words.contains("recursion limit") {
        Reason::TooDeep
    } else {
        Reason::InvalidJson
    };
    (reason, words)
}

struct Object<'f, 'r, 'a> {
    fields: &'f Fields<'f>,
    record: &'r mut Record<'a>,
    large: bool,
}

impl<'a> Visitor<'a> for Object<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let Self {
            fields,
            record,
            large,
        } = self;
        while let Some(JsonString(key)) = map.next_key()? {
            match fields.places.get(key.as_ref()) {
                Some(Field::Text) if large => {
                    record.text = text_of(map.next_value()?).map_err(serde::de::Error::custom)?;
                }
                Some(Field::Text) => record.text = map.next_value_seed(TextSeed)?,
                Some(Field::Columns(columns)) => {
                    let value: &RawValue = map.next_value()?;
                    for column in columns {
                        if *column == fields.text {
                            record.text = text_of(value).map_err(serde::de::Error::custom)?;
                            continue;
                        }
                        record.values.retain(|(c, _)| c != column);
                        record.values.push((*column, value));
                    }
                }
                Some(Field::AsMetadata) => record.metadata = Some(map.next_value()?),
                Some(Field::Nowhere) => {
                    map.next_value::<IgnoredAny>()?;
                }
                None => record.other(key, map.next_value()?),
            }
        }
        Ok(())
    }
}

/// A string, borrowed where it has no escapes.
pub struct JsonString<'a>(pub Cow<'a, str>);

impl<'a> serde::Deserialize<'a> for JsonString<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringVisitor;
        impl<'a> Visitor<'a> for StringVisitor {
            type Value = JsonString<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, key: &'a str) -> Result<JsonString<'a>, E> {
                Ok(JsonString(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<JsonString<'a>, E> {
                Ok(JsonString(Cow::Owned(key.to_string())))
            }
        }
        deserializer.deserialize_str(StringVisitor)
    }
}

/// The members of an object, as they stand.
pub struct Members<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> serde::Deserialize<'a> for Members<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'a> Visitor<'a> for MembersVisitor {
            type Value = Members<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Members<'a>, M::Error> {
                let mut members = Vec::new();
                while let Some((JsonString(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// The text that a value is, without a copy of it.
fn text_of(value: &RawValue) -> Result<Text<'_>, serde_json::Error> {
    let json = value.get();
    let string = json.strip_prefix('"').and_then(|s| s.strip_suffix('"'));
    match string.and_then(|string| Some((string, unescaped_length(string)?))) {
        Some((string, bytes)) => Ok(Text::Escaped(string, bytes)),
        // No string, or one at fault, which is best explained by the deserializer.
        None => serde_json::Deserializer::from_str(json).deserialize_any(TextSeed),
    }
}

/// The bytes of what stands between the quotes of a JSON string; `None` where an escape names no character.
fn unescaped_length(json: &str) -> Option<usize> {
    let bytes = json.as_bytes();
    let mut length = bytes.len();
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', &bytes[at..]) {
        let (character, end) = escape(bytes, at + next)?;
        length -= end - (at + next) - character.len_utf8();
        at = end;
    }
    Some(length)
}

/// Unescapes what stands between the quotes of a JSON string, in its place; gives its bytes then. Stops at an escape that
/// names no character.
pub fn unescape(bytes: &mut [u8]) -> usize {
    let (mut from, mut to) = (0, 0);
    while let Some(next) = memchr::memchr(b'\\', &bytes[from..]) {
        let next = from + next;
        let Some((character, end)) = escape(bytes, next) else {
            return to;
        };
        bytes.copy_within(from..next, to);
        to += next - from;
        // No escape is shorter than what it stands for.
        to += character.encode_utf8(&mut bytes[to..end]).len();
        from = end;
    }
    bytes.copy_within(from.., to);
    to + bytes.len() - from
}

/// The character of the escape that begins at `at`, and where it ends.
fn escape(json: &[u8], at: usize) -> Option<(char, usize)> {
    let hex = |from: usize| {
        let digits = json.get(from..from + 4)?;
        let digit = |value: u32, digit: &u8| Some(value << 4 | char::from(*digit).to_digit(16)?);
        digits.iter().try_fold(0, digit)
    };
    let mut end = at + 2;
    let character = match json.get(at + 1)? {
        b'u' => {
            let mut code = hex(end)?;
            end += 4;
            if (0xD800..0xDC00).contains(&code) && json[end..].starts_with(b"\\u") {
                let low = hex(end + 2)?
                    .checked_sub(0xDC00)
                    .filter(|low| *low < 0x400)?;
                code = 0x10000 + ((code - 0xD800) << 10) + low;
                end += 6;
            }
            char::from_u32(code)?
        }
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        other => char::from(*other),
    };
    Some((character, end))
}

/// Reads the text, whatever type it has.
struct TextSeed;

impl<'a> DeserializeSeed<'a> for TextSeed {
    type Value = Text<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Text<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for TextSeed {
    type Value = Text<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Text<'a>, E> {
        Ok(Text::Given(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'a>, E> {
        Ok(Text::Given(Cow::Owned(text.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Text<'a>, E> {
        Ok(Text::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Text<'a>, E> {
        Ok(Text::Wrong("a Boolean"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Text<'a>, E> {
        Ok(Text::Wrong("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Text<'a>, E> {
        Ok(Text::Wrong("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Text<'a>, E> {
        Ok(Text::Wrong("a number"))
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut seq: S) -> Result<Text<'a>, S::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::Wrong("an array"))
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Text<'a>, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::Wrong("an object"))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::Schema;

    use super::*;
    use crate::ingest::schema::FieldMap;

    fn columns() -> Columns {
        Columns::fix([&Schema::empty()], FieldMap::default())
    }

    fn reason(json: &str) -> Option<Reason> {
        let columns = columns();
        let fields = Fields::new(&columns).expect("fields");
        fields.read(json).err().map(|(reason, _)| reason)
    }

    fn metadata(json: &str) -> Option<String> {
        let columns = columns();
        let fields = Fields::new(&columns).expect("fields");
        fields
            .read(json)
            .map_err(|(_, words)| words)
            .expect("a record")
            .metadata()
    }

    #[test]
    fn faults_have_their_reasons() {
        for (json, expected) in [
            (r#"{"text": "a"}"#, None),
            (r#"{"text": 1, "text": "last wins"}"#, None),
            (r#"{"te\u0078t": "escaped key"}"#, None),
            (r#"{"text": null}"#, Some(Reason::MissingText)),
            (r#"{"id": "a"}"#, Some(Reason::MissingText)),
            (r#"{"text": ["a"]}"#, Some(Reason::WrongType)),
            (r#"{"text": {"b": 1}}"#, Some(Reason::WrongType)),
            ("[1]", Some(Reason::WrongType)),
            ("17", Some(Reason::WrongType)),
            (r#"{"text": "a"} x"#, Some(Reason::InvalidJson)),
            (r#"{"text": "a""#, Some(Reason::InvalidJson)),
            (r#"{"text": "\ud800"}"#, Some(Reason::InvalidUtf8)),
            (r#"{"text": "\ud800\u0041"}"#, Some(Reason::InvalidUtf8)),
        ] {
            assert_eq!(reason(json), expected, "{json}");
        }
        let deep = format!(
            r#"{{"text": "a", "x": {}1{}}}"#,
            "[".repeat(200),
            "]".repeat(200)
        );
        assert_eq!(reason(&deep), Some(Reason::TooDeep));
        let wide = format!(r#"{{"text": "a", "x": [{}1]}}"#, "[],".repeat(200));
        assert_eq!(reason(&wide), None);
    }

    #[test]
    fn escapes_mean_what_they_mean_to_the_deserializer() {
        for json in [
            r#""""#,
            r#""plain é 数""#,
            r#""\n\t\r\b\f\/\\\"""#,
            r#""a\u00e9b\u6570\ud83c\udf88 \u0000""#,
            r#""\ud83c""#,
            r#""\ud83c\u0041""#,
            r#""\udf88""#,
            r#""\ud83c\ud83c\udf88""#,
            r#""\ud83c\uffff""#,
            r#"17"#,
        ] {
            let value: &RawValue = serde_json::from_str(json).expect("JSON");
            let expected: Result<String, _> = serde_json::from_str(json);
            match (text_of(value), expected) {
                (Ok(Text::Escaped(text, length)), Ok(expected)) => {
                    let mut bytes = text.as_bytes().to_vec();
                    assert_eq!(unescape(&mut bytes), length);
                    assert_eq!(&bytes[..length], expected.as_bytes());
                }
                (Ok(Text::Wrong(_)) | Err(_), Err(_)) => {}
                (_, expected) => panic!("{json}: expected {expected:?}"),
            }
        }
        // A large record is read like a small one.
        let large = "é\\n".repeat(LARGE_BYTES / 2);
        for (ending, expected) in [("", None), ("\\ud800", Some(Reason::InvalidUtf8))] {
            let json = format!(r#"{{"text": "{large}{ending}"}}"#);
            assert_eq!(reason(&json), expected);
        }
    }

    #[test]
    fn metadata_keeps_what_has_no_column() {
        for (json, expected) in [
            (r#"{"text": "a", "id": "x"}"#, None),
            (
                r#"{"text": "a", "n": 1.50, "n": 2.50}"#,
                Some(r#"{"n":2.50}"#),
            ),
            (
                r#"{"text": "a", "k": 1, "metadata": {"b": [1, 2]}}"#,
                Some(r#"{"b":[1, 2],"k":1}"#),
            ),
            (
                r#"{"text": "a", "metadata": "{\"b\":1}"}"#,
                Some(r#"{"b":1}"#),
            ),
            (
                r#"{"text": "a", "metadata": "words"}"#,
                Some(r#"{"metadata":"words"}"#),
            ),
            (
                r#"{"text": "a", "k": 1, "metadata": {"k": 2}}"#,
                Some(r#"{"metadata":{"k": 2},"k":1}"#),
            ),
        ] {
            assert_eq!(metadata(json).as_deref(), expected, "{json}");
        }
        let many: Vec<String> = (0..40).map(|i| format!(r#""f{}":{i}"#, i % 30)).collect();
        let json = format!(r#"{{"text":"a",{}}}"#, many.join(","));
        let metadata = metadata(&json).expect("metadata");
        let expected: Vec<String> = (0..30)
            .map(|i| format!(r#""f{i}":{}"#, if i < 10 { i + 30 } else { i }))
            .collect();
        assert_eq!(metadata, format!("{{{}}}", expected.join(",")));
    }
}
