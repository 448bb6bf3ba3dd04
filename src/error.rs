//! The one error type and the rules for its messages.
//!
//! A message is lower case, says what failed on which file, row or query line, what was expected and
//! what was found. A next step stands in `hint`. Causes are kept and printed below. The kind decides
//! the exit code: 1 when the user's input is at fault, 2 when we are.

use std::fmt;
use std::path::Path;

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::parquet::errors::ParquetError;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Input, query, recipe or environment: the user can mend it.
    User,
    /// A broken invariant of ours.
    Internal,
}

/// What went wrong, with its causes and a next step.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// The user's input is at fault.
    pub fn user(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::User,
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// We broke an invariant.
    pub fn internal(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Internal,
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// Reading or writing `path` failed.
    pub fn io(action: &str, path: &Path, source: std::io::Error) -> Self {
        Self::user(format!("cannot {action} {}", path.display())).caused_by(source)
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a cause.
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Wraps this error: `message` is what was being done when it happened.
    #[must_use]
    pub fn context(self, message: impl Into<String>) -> Self {
        let hint = self.hint.clone();
        Self {
            kind: self.kind,
            message: message.into(),
            hint,
            source: Some(Box::new(Self { hint: None, ..self })),
        }
    }

    /// Whose fault it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The next step, where there is one.
    pub fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The message alone, without causes.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::User => 1,
            Kind::Internal => 2,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<DataFusionError> for Error {
    /// Our own errors come back out of DataFusion as they went in; what DataFusion says of a query is
    /// the user's; only its internal errors are ours.
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(ours) => *ours,
                Err(other) => match other.downcast::<DataFusionError>() {
                    Ok(inner) => Self::from(*inner),
                    Err(other) => Self::user(other.to_string()),
                },
            },
            DataFusionError::ArrowError(inner, _) => Self::from(*inner),
            DataFusionError::ParquetError(inner) => Self::from(*inner),
            // What DataFusion was doing (an optimizer's rule) says something to us only.
            DataFusionError::Context(what, inner) => match Self::from(*inner) {
                ours if ours.kind == Kind::Internal && !what.is_empty() => ours.context(what),
                users => users,
            },
            DataFusionError::Plan(what)
            | DataFusionError::NotImplemented(what)
            | DataFusionError::Execution(what)
            | DataFusionError::Configuration(what) => Self::user(plain(&what)),
            DataFusionError::SQL(inner, _) => Self::user(plain(&inner.to_string())),
            DataFusionError::Diagnostic(_, inner) => Self::from(*inner),
            DataFusionError::Shared(inner) => match (find_ours(&inner), inner.find_root()) {
                (Some(ours), _) => ours,
                (None, DataFusionError::ResourcesExhausted(what)) => out_of_memory(what),
                (None, _) => Self::user(inner.strip_backtrace()),
            },
            DataFusionError::ResourcesExhausted(what) => out_of_memory(&what),
            DataFusionError::Internal(_) => Self::internal(error.strip_backtrace()),
            other => Self::user(other.strip_backtrace()),
        }
    }
}

fn out_of_memory(what: &str) -> Error {
    Error::user(format!("out of memory: {what}"))
        .hint("raise --memory-limit, or use fewer --threads")
}

/// DataFusion's words without its names of kinds of errors, backtraces and calls for bug reports.
fn plain(words: &str) -> String {
    const KINDS: [&str; 4] = [
        "Error during planning: ",
        "Internal error: ",
        "sql parser error: ",
        "This feature is not implemented: ",
    ];
    let words = words
        .split(DataFusionError::BACK_TRACE_SEP)
        .next()
        .unwrap_or_default();
    let mut text = String::new();
    for line in words.lines() {
        let line = match line.strip_prefix("This issue was likely caused by a bug in DataFusion") {
            Some(rest) => rest.split_once("issues. ").map_or("", |(_, rest)| rest),
            None => line,
        };
        if !line.is_empty() {
            text.push_str(if text.is_empty() { "" } else { "\n" });
            text.push_str(line);
        }
    }
    for kind in KINDS {
        text = text.replace(kind, "");
    }
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if letters.clone().next().is_some_and(char::is_lowercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text,
    }
}

/// An error of ours inside one that DataFusion shares between partitions: a copy of its words.
fn find_ours(error: &DataFusionError) -> Option<Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = next {
        if let Some(ours) = current.downcast_ref::<Error>() {
            let mut copy = Error {
                kind: ours.kind,
                message: ours.message.clone(),
                hint: ours.hint.clone(),
                source: None,
            };
            if let Some(cause) = std::error::Error::source(ours) {
                copy.source = Some(cause.to_string().into());
            }
            return Some(copy);
        }
        next = match current.downcast_ref::<DataFusionError>() {
            Some(DataFusionError::External(inner)) => Some(inner.as_ref()),
            _ => current.source(),
        };
    }
    None
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::ExternalError(inner) => match inner.downcast::<Self>() {
                Ok(ours) => *ours,
                Err(other) => match other.downcast::<DataFusionError>() {
                    Ok(inner) => Self::from(*inner),
                    Err(other) => Self::user(other.to_string()),
                },
            },
            other => Self::user(other.to_string()),
        }
    }
}

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(inner) => match inner.downcast::<Self>() {
                Ok(ours) => *ours,
                Err(other) => Self::user(format!("parquet: {other}")),
            },
            other => Self::user(format!("parquet: {other}")),
        }
    }
}

/// `name` and the known names: a phrase like `; did you mean "text"?`, or nothing.
pub fn near_miss<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| {
            *distance <= 1 + candidate.chars().count().min(name.chars().count()) / 4
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_survive_a_trip_through_datafusion() {
        let there: DataFusionError = Error::user("part 3 is gone").hint("annotate again").into();
        let back = Error::from(DataFusionError::Context("scan".into(), Box::new(there)));
        assert_eq!(back.message(), "part 3 is gone");
        assert_eq!(back.next_step(), Some("annotate again"));
    }

    #[test]
    fn causes_are_said_plainly() {
        let inner = DataFusionError::Plan("LIMIT must be >= 0, '-1' was provided".into());
        let rule = DataFusionError::Context("Optimizer rule 'x' failed".into(), Box::new(inner));
        assert_eq!(
            Error::from(rule).message(),
            "LIMIT must be >= 0, '-1' was provided"
        );
        let nested = DataFusionError::Plan("Internal error: Function 'f' failed.\nThis issue was likely caused by a bug in DataFusion's code. Please help: https://example.org/issues. No match\n\tf(x)".into());
        assert_eq!(
            Error::from(nested).message(),
            "function 'f' failed.\nNo match\n\tf(x)"
        );
    }

    #[test]
    fn near_misses_are_near() {
        assert_eq!(near_miss("tetx", ["text", "id"]), Some("text"));
        assert_eq!(near_miss("zzz", ["text", "id"]), None);
    }
}
