//! Exact substrings: the ranges of texts that occur more than once, after Lee et al.
//!
//! The documents in their order, each behind a [header](corpusql_text::substrings::header), are one sequence of bytes. Every window of so
//! many bytes that occurs more than once in it is marked; marked windows that overlap or touch are a range.
//!
//! ```text
//!         ┌ pass 1: anchors of windows ─▶ Seen
//!  texts ─┼ pass 2: windows with anchors seen twice, hashed ─▶ buckets by hash ─▶ equal ones ─▶ buckets by place ─▶ ranges
//!         └ pass 3: ranges beside their texts ─▶ parts of the layers
//! ```
//!
//! The sequence is read in chunks that overlap by a window, so that nothing depends on how it is cut; buckets go to disk
//! when they are large and are parted again when they are too large for memory. Windows are taken for equal when their
//! hashes of 128 bits are.

mod chunks;
mod find;
mod write;

use datafusion::arrow::datatypes::{DataType, Field};
use futures::future::BoxFuture;

use corpusql_text::substrings::Copies;

use super::Preset;
use super::way::{Read, Run, Way};
use crate::error::Result;
use crate::session::Engine;

/// Raised when the same documents give other columns.
const VERSION: u32 = 1;

/// What the names of the presets begin with, and the one of the default.
const NAME: &str = "exact_substrings";

/// What the names of those end with that leave the first copy.
const KEEP_FIRST: &str = "_keep_first";

/// Bytes of a range, unless the name says otherwise.
const BYTES: usize = 100;

/// The fewest and the most bytes of a range.
const LIMITS: std::ops::RangeInclusive<usize> = 8..=65_536;

/// RefinedWeb drops a document of which fewer characters remain.
const FEWEST_CHARACTERS: usize = 20;

/// Ranges of at least so many bytes.
#[derive(Clone, Copy, Debug)]
struct Substrings {
    bytes: usize,
    copies: Copies,
}

/// The published ones.
pub fn presets() -> Vec<Preset> {
    let names = [NAME.to_string(), format!("{NAME}{KEEP_FIRST}")];
    names.iter().filter_map(|name| named(name)).collect()
}

/// The preset of a name with a number: `exact_substrings_300`, `exact_substrings_50_keep_first`.
pub fn named(name: &str) -> Option<Preset> {
    let rest = name.strip_prefix(NAME)?;
    let (number, copies) = match rest.strip_suffix(KEEP_FIRST) {
        Some(number) => (number, Copies::Later),
        None => (rest, Copies::All),
    };
    let bytes = match number.strip_prefix('_') {
        None if number.is_empty() => BYTES,
        None => return None,
        Some(number) if number.starts_with('0') => return None,
        Some(number) => number.parse().ok().filter(|bytes| LIMITS.contains(bytes))?,
    };
    let about = match copies {
        Copies::All => {
            format!("ranges of at least {bytes} bytes that occur more than once, all copies")
        }
        Copies::Later => format!("ranges of at least {bytes} bytes that occurred before"),
    };
    Some(Preset::new(name, about, Substrings { bytes, copies }))
}

impl Way for Substrings {
    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn rule(&self) -> String {
        match self.copies {
            Copies::All => "all copies are cut, as by RefinedWeb".to_string(),
            Copies::Later => "the first copy stays".to_string(),
        }
    }

    fn script(&self) -> String {
        format!(
            "-- all windows of {} bytes of the texts are compared, which is no SQL; texts are read by\n\
             {};\n",
            self.bytes,
            chunks::TEXTS
        )
    }

    fn fields(&self, preset: &str) -> Vec<Field> {
        let places = || DataType::new_list(DataType::Int64, true);
        [
            ("starts", places()),
            ("ends", places()),
            ("bytes", DataType::Int64),
            ("dropped", DataType::Boolean),
            ("text", DataType::Utf8View),
        ]
        .into_iter()
        .map(|(name, data_type)| Field::new(format!("{preset}_{name}"), data_type, false))
        .collect()
    }

    fn facts(&self, _engine: &Engine) -> String {
        format!("{VERSION} {} {:?}", self.bytes, self.copies)
    }

    fn work(&self, documents: u64) -> u64 {
        3 * documents
    }

    fn run<'a>(&'a self, run: Run<'a>) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let ranges = find::ranges(&run, self.bytes, self.copies).await?;
            write::write(run, ranges).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn names_say_how_long_a_range_is() {
        for name in [
            "exact_substrings",
            "exact_substrings_300",
            "exact_substrings_keep_first",
            "exact_substrings_50_keep_first",
        ] {
            assert!(
                named(name).is_some_and(|preset| preset.name == name),
                "{name}"
            );
        }
        for name in [
            "exact",
            "exact_substrings_",
            "exact_substrings_x",
            "exact_substrings_7",
            "exact_substrings_0100",
            "exact_substrings300",
        ] {
            assert!(named(name).is_none(), "{name}");
        }
    }
}
