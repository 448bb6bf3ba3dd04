//! `_layer.json`: what one generation of a layer consists of.
//!
//! The manifest is written last and makes a generation visible at once. The same facts stand in the
//! footers of the parts, so that finished parts are found again after a crash.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::layout::{MANIFEST, file_name, part_number, write_atomically};
use crate::error::{Error, Result};

/// The version of the manifest's form.
pub const FORMAT: u32 = 1;

/// One generation of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`]
    pub format: u32,
    /// The layer's name, which is its folder's.
    pub layer: String,
    /// Identity of this generation: a hash over its columns and parts.
    pub generation: String,
    /// The columns, in the order of the schema.
    pub columns: Vec<Column>,
    /// The parts, in order.
    pub parts: Vec<Part>,
    /// What was ingested; only in the documents layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<IngestedInput>,
}

/// One column of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name in SQL.
    pub name: String,
    /// Its Arrow type, as Arrow writes it.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// How it is made: function or SQL expression in canonical form; empty for ingested columns.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub definition: String,
    /// Hash of all that decides its values besides the input columns' values.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fingerprint: String,
    /// The column's name in the file, where an in-place corpus renames it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_column: Option<String>,
}

/// One part of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// File name inside the layer's folder; for in-place documents the path of the user's file.
    pub file: String,
    /// Rows in it.
    pub rows: u64,
    /// Rows of each of its row groups.
    pub row_groups: Vec<u64>,
    /// Length of the file.
    pub bytes: u64,
    /// Hash of the footer, which holds a hash of the contents in parts that we wrote.
    pub identity: String,
    /// UTF-8 bytes of `text`; only in the documents layer, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_bytes: Option<u64>,
    /// Identities of the same-numbered parts that this part was computed from, by layer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub made_from: BTreeMap<String, String>,
}

/// An input that has been ingested whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestedInput {
    /// The name that document ids are made from.
    pub name: String,
    /// Bytes of the input file.
    pub bytes: u64,
    /// Hash of the input file.
    pub hash: String,
    /// Records that became documents.
    pub documents: u64,
    /// Records in quarantine.
    pub quarantined: u64,
}

impl Manifest {
    /// A manifest over `columns` and `parts`, its generation computed.
    pub fn new(
        layer: &str,
        columns: Vec<Column>,
        parts: Vec<Part>,
        inputs: Vec<IngestedInput>,
    ) -> Self {
        let mut manifest = Self {
            format: FORMAT,
            layer: layer.to_string(),
            generation: String::new(),
            columns,
            parts,
            inputs,
        };
        let facts = serde_json::to_vec(&manifest).unwrap_or_default();
        manifest.generation = hex128(xxh3_128(&facts));
        manifest
    }

    /// Reads the manifest of the layer in `folder`; `None` when there is no generation yet.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(MANIFEST);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io("read", &path, e)),
        };
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|e| {
            Error::user(format!("{} is no layer manifest", path.display()))
                .caused_by(e)
                .hint("run `corpusql annotate` on this layer again; the parts on disk are found and kept")
        })?;
        if manifest.format != FORMAT {
            return Err(Error::user(format!(
                "{} has format {}, this program reads format {FORMAT}",
                path.display(),
                manifest.format
            ))
            .hint("use the version of corpusql that wrote it, or make the layer again"));
        }
        Ok(Some(manifest))
    }

    /// Makes this generation the visible one.
    pub fn commit(&self, folder: &Path) -> Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|e| Error::internal("cannot write the layer manifest").caused_by(e))?;
        bytes.push(b'\n');
        write_atomically(&folder.join(MANIFEST), &bytes)
    }

    /// Removes parts from the layer's folder that this generation does not list.
    pub fn remove_unlisted(&self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder).map_err(|e| Error::io("list", folder, e))? {
            let path = entry.map_err(|e| Error::io("list", folder, e))?.path();
            let name = file_name(&path);
            if part_number(&name).is_some() && !self.parts.iter().any(|p| p.file == name) {
                fs::remove_file(&path).map_err(|e| Error::io("remove the outdated", &path, e))?;
            }
        }
        Ok(())
    }

    /// The Arrow schema of the columns.
    pub fn schema(&self) -> Result<SchemaRef> {
        let fields = self
            .columns
            .iter()
            .map(Column::field)
            .collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(Schema::new(fields)))
    }

    /// Rows of all parts.
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|p| p.rows).sum()
    }

    /// Bytes on disk of all parts.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|p| p.bytes).sum()
    }
}

impl Column {
    /// A column for `field`, made by `definition`.
    pub fn new(
        field: &Field,
        definition: impl Into<String>,
        fingerprint: impl Into<String>,
    ) -> Self {
        Self {
            name: field.name().clone(),
            data_type: field.data_type().to_string(),
            nullable: field.is_nullable(),
            definition: definition.into(),
            fingerprint: fingerprint.into(),
            file_column: None,
        }
    }

    /// The Arrow field.
    pub fn field(&self) -> Result<Field> {
        let data_type: DataType = self.data_type.parse().map_err(|e| {
            Error::user(format!(
                "column {} has the unknown type {}",
                self.name, self.data_type
            ))
            .caused_by(e)
        })?;
        Ok(Field::new(&self.name, data_type, self.nullable))
    }

    /// Its name in the part files.
    pub fn name_in_file(&self) -> &str {
        self.file_column.as_deref().unwrap_or(&self.name)
    }
}

/// 32 hexadecimal digits.
pub fn hex128(hash: u128) -> String {
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_survive_the_manifest() {
        let list = |t| DataType::List(Arc::new(Field::new_list_field(t, true)));
        for data_type in [
            DataType::Utf8View,
            DataType::Int64,
            DataType::Float64,
            DataType::Boolean,
            DataType::FixedSizeBinary(16),
            DataType::BinaryView,
            list(DataType::UInt32),
            list(DataType::Float64),
            DataType::Timestamp(
                datafusion::arrow::datatypes::TimeUnit::Microsecond,
                Some("UTC".into()),
            ),
            DataType::Decimal128(10, 2),
            DataType::Struct(
                vec![
                    Field::new("a", DataType::Utf8View, true),
                    Field::new("b", list(DataType::Int32), false),
                ]
                .into(),
            ),
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        ] {
            let field = Field::new("x", data_type, true);
            assert_eq!(Column::new(&field, "", "").field().expect("parses"), field);
        }
    }
}
