//! Typed reading of a mapping: what is there, what is missing, what nobody asked for.

use std::path::Path;

use super::tree::{Key, Node, Place, Value};
use crate::error::{Error, near_miss};
use crate::session::parse_size;

/// A value and where it stands in the recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it begins.
    pub place: Place,
}

/// What is wrong with a recipe, in the order in which it was found.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

#[derive(Debug)]
struct Problem {
    place: Option<Place>,
    message: String,
    hint: Option<String>,
}

impl Problems {
    /// Something is wrong at `place`.
    pub fn add(&mut self, place: impl Into<Option<Place>>, message: impl Into<String>) {
        self.0.push(Problem {
            place: place.into(),
            message: message.into(),
            hint: None,
        });
    }

    /// Something is wrong at `place`, and there is a next step.
    pub fn add_with_hint(
        &mut self,
        place: impl Into<Option<Place>>,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.add(place, message);
        if let Some(problem) = self.0.last_mut() {
            problem.hint = hint;
        }
    }

    /// An error of ours, found at `place`.
    pub fn add_error(&mut self, place: Place, error: &Error) {
        let mut message = error.message().to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            message.push_str(&format!(": {inner}"));
            cause = inner.source();
        }
        self.add_with_hint(place, message, error.next_step().map(str::to_string));
    }

    /// All of it as one error about `recipe`, in the order of its lines; nothing when nothing is wrong.
    pub fn into_error(mut self, recipe: &Path) -> Option<Error> {
        self.0.sort_by_key(|problem| problem.place);
        let shown = recipe.display();
        let placed = |problem: &Problem| match problem.place {
            Some(place) => format!("{shown}:{place}: {}", problem.message),
            None => format!("{shown}: {}", problem.message),
        };
        match &self.0[..] {
            [] => None,
            [one] => {
                let error = Error::user(placed(one));
                Some(match &one.hint {
                    Some(hint) => error.hint(hint),
                    None => error,
                })
            }
            several => {
                let mut message = format!("{shown} has {} problems", several.len());
                for problem in several {
                    message.push_str(&format!("\n  {}", placed(problem)));
                    if let Some(hint) = &problem.hint {
                        message.push_str(&format!("; {hint}"));
                    }
                }
                Some(Error::user(message))
            }
        }
    }
}

/// The entries of a mapping, taken one by one.
pub struct Fields<'a> {
    what: String,
    place: Place,
    entries: Vec<Option<&'a (Key, Node)>>,
    asked: Vec<&'static str>,
    problems: &'a mut Problems,
}

impl<'a> Fields<'a> {
    /// The mapping `node`, called `what` in messages. Anything else is a problem and has no entries.
    pub fn of(node: &'a Node, what: &str, place: Place, problems: &'a mut Problems) -> Self {
        let entries = match &node.value {
            Value::Map(entries) => entries.iter().map(Some).collect(),
            Value::Null => Vec::new(),
            other => {
                let found = other.describe();
                problems.add(
                    node.place,
                    format!("{what} takes a mapping of keys to values, found {found}"),
                );
                Vec::new()
            }
        };
        Self {
            what: what.to_string(),
            place,
            entries,
            asked: Vec::new(),
            problems,
        }
    }

    /// Where what is wrong goes.
    pub fn problems(&mut self) -> &mut Problems {
        self.problems
    }

    /// The value of `key`, with the key's place.
    pub fn take(&mut self, key: &'static str) -> Option<&'a (Key, Node)> {
        self.asked.push(key);
        self.entries
            .iter_mut()
            .find(|entry| entry.is_some_and(|(k, _)| k.name == key))?
            .take()
    }

    /// A single text.
    pub fn text(&mut self, key: &'static str) -> Option<Located<String>> {
        let (_, node) = self.take(key)?;
        self.scalar(key, node)
    }

    /// A single text that has to be there.
    pub fn needed_text(&mut self, key: &'static str) -> Option<Located<String>> {
        if let Some((_, node)) = self.take(key) {
            return self.scalar(key, node);
        }
        self.missing(key);
        None
    }

    /// A list of texts; a single one stands for a list of one.
    pub fn texts(&mut self, key: &'static str) -> Vec<Located<String>> {
        let Some((_, node)) = self.take(key) else {
            return Vec::new();
        };
        match &node.value {
            Value::List(items) => items
                .iter()
                .filter_map(|item| self.scalar(key, item))
                .collect(),
            _ => self.scalar(key, node).into_iter().collect(),
        }
    }

    /// A list of texts that has at least one.
    pub fn needed_texts(&mut self, key: &'static str) -> Vec<Located<String>> {
        let before = self.problems.0.len();
        let texts = self.texts(key);
        if texts.is_empty() && self.problems.0.len() == before {
            self.missing(key);
        }
        texts
    }

    /// A mapping of texts to texts, in order.
    pub fn pairs(&mut self, key: &'static str) -> Vec<(Located<String>, Located<String>)> {
        let Some((_, node)) = self.take(key) else {
            return Vec::new();
        };
        let Value::Map(entries) = &node.value else {
            self.expected(key, "a mapping of names to values", node);
            return Vec::new();
        };
        entries
            .iter()
            .filter_map(|(name, value)| {
                let value = self.scalar(key, value)?;
                let name = Located {
                    value: name.name.clone(),
                    place: name.place,
                };
                Some((name, value))
            })
            .collect()
    }

    /// `true` or `false`; `false` when it is not there.
    pub fn flag(&mut self, key: &'static str) -> bool {
        let Some((_, node)) = self.take(key) else {
            return false;
        };
        match &node.value {
            Value::Bool(value) => *value,
            _ => {
                self.expected(key, "true or false", node);
                false
            }
        }
    }

    /// Bytes, as in `512MB`.
    pub fn size(&mut self, key: &'static str) -> Option<u64> {
        let text = self.text(key)?;
        match parse_size(&text.value) {
            Ok(bytes) => Some(bytes as u64),
            Err(why) => {
                self.problems.add(text.place, format!("{key}: {why}"));
                None
            }
        }
    }

    /// A number of at least one.
    pub fn count(&mut self, key: &'static str) -> Option<usize> {
        let text = self.text(key)?;
        match text.value.parse() {
            Ok(number) if number > 0 => Some(number),
            _ => {
                let message = format!("{key} takes a number of at least 1, found `{}`", text.value);
                self.problems.add(text.place, message);
                None
            }
        }
    }

    /// What is left over is unknown.
    pub fn end(self) {
        for (key, _) in self.entries.into_iter().flatten() {
            let message = format!(
                "{} has no key `{}`; it has {}",
                self.what,
                key.name,
                self.asked.join(", ")
            );
            self.problems.add_with_hint(
                key.place,
                message,
                did_you_mean(&key.name, self.asked.iter().copied()),
            );
        }
    }

    fn missing(&mut self, key: &str) {
        let message = format!("{} needs the key `{key}`", self.what);
        self.problems.add(self.place, message);
    }

    fn scalar(&mut self, key: &str, node: &Node) -> Option<Located<String>> {
        let value = match &node.value {
            Value::Text(text) => text.clone(),
            Value::Bool(value) => value.to_string(),
            _ => {
                self.expected(key, "a text", node);
                return None;
            }
        };
        Some(Located {
            value,
            place: node.place,
        })
    }

    fn expected(&mut self, key: &str, what: &str, node: &Node) {
        let found = node.value.describe();
        self.problems
            .add(node.place, format!("{key} takes {what}, found {found}"));
    }
}

/// "did you mean `text`?", when one of the known names is near.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    near_miss(name, known).map(|near| format!("did you mean `{near}`?"))
}
