//! A YAML file as a tree in which every key and value knows its line and column.
//!
//! Recipes are checked against this tree rather than deserialised into their steps at once: so all
//! problems of a recipe are found, not only the first, and each is pointed at.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;

use crate::query::header::lower_first;

/// A place in the recipe, counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// What a node is. Scalars other than Booleans are kept as text; whoever reads them knows their type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A string, or a number as it reads back shortest.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in order.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Where it begins.
    pub place: Place,
    /// Its text.
    pub name: String,
}

/// What keeps a text from being a tree.
#[derive(Debug)]
pub struct Malformed {
    /// Where, if that is known.
    pub place: Option<Place>,
    /// Why.
    pub message: String,
}

/// Reads YAML.
pub fn parse(text: &str) -> Result<Node, Malformed> {
    // `language: no` is Norwegian.
    let options = serde_yaml::options! { strict_booleans: true };
    serde_yaml::from_str_with_options::<Node>(text, options).map_err(|error| {
        let error = error.without_snippet();
        let place = error.location().and_then(place);
        let message = error.render_with_formatter(&serde_yaml::UserMessageFormatter);
        // The place stands in front of it already.
        let message = message.split(" at line ").next().unwrap_or_default();
        let message = lower_first(message);
        Malformed { place, message }
    })
}

fn place(location: serde_yaml::Location) -> Option<Place> {
    let place = Place {
        line: usize::try_from(location.line()).ok()?,
        column: usize::try_from(location.column()).ok()?,
    };
    (place.line > 0).then_some(place)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self {
            place: place(spanned.referenced).unwrap_or_default(),
            value: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element()? {
            nodes.push(node);
        }
        Ok(Value::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let key = Key {
                place: place(key.referenced).unwrap_or_default(),
                name: key.value,
            };
            pairs.push((key, entries.next_value()?));
        }
        Ok(Value::Map(pairs))
    }
}

impl Value {
    /// What it is, for a message.
    pub fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".to_string(),
            Self::Bool(value) => format!("`{value}`"),
            Self::Text(text) => format!("`{text}`"),
            Self::List(_) => "a list".to_string(),
            Self::Map(_) => "a mapping".to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_knows_its_place() {
        let root = parse("a: 1\nb:\n  - x\n  - { c: 'no', d: no, e: true }\n").expect("YAML");
        let Value::Map(entries) = &root.value else {
            panic!("a mapping");
        };
        assert_eq!(entries[0].0.place, Place { line: 1, column: 1 });
        assert_eq!(entries[0].1.place, Place { line: 1, column: 4 });
        assert_eq!(entries[0].1.value, Value::Text("1".into()));
        let Value::List(items) = &entries[1].1.value else {
            panic!("a list");
        };
        assert_eq!(items[0].place, Place { line: 3, column: 5 });
        let Value::Map(inner) = &items[1].value else {
            panic!("a mapping");
        };
        assert_eq!(inner[0].0.place, Place { line: 4, column: 7 });
        assert_eq!(inner[0].1.value, Value::Text("no".into()));
        assert_eq!(inner[1].1.value, Value::Text("no".into()));
        assert_eq!(inner[2].1.value, Value::Bool(true));
    }

    #[test]
    fn what_is_no_yaml_is_pointed_at() {
        let malformed = parse("a: 1\nb: [1, }\n").expect_err("no YAML");
        assert_eq!(malformed.place.map(|p| p.line), Some(2));
        let twice = parse("a: 1\na: 2\n").expect_err("the same key twice");
        assert_eq!(twice.place, Some(Place { line: 2, column: 1 }));
    }
}
