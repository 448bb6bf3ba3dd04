//! The columns of the documents layer: which there are, and which field of an input each comes from.
//!
//! The base columns always exist. The first ingest fixes the others: the further columns of its
//! Parquet inputs, by order of appearance, with their types. What has no column goes to `metadata`.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};

use crate::error::{Error, Result, near_miss};

/// The base columns that come from inputs.
pub const BASE: [&str; 8] = [
    "id", "text", "url", "domain", "source", "date", "language", "license",
];
/// Fields of a record that have no column, as the text of a JSON object.
pub const METADATA: &str = "metadata";
/// The columns that are derived from `text`, whatever an input says.
pub const DERIVED: [&str; 3] = ["text_hash", "text_bytes", "text_chars"];
/// Bytes of a `text_hash`.
pub const HASH_BYTES: i32 = 16;
/// What verdicts of filters begin with; no stored column may.
const VERDICT: &str = "keep_";

/// Which input field feeds a base column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldMap(Vec<(String, String)>);

impl FieldMap {
    /// From pairs of base column and input field.
    pub fn new(pairs: Vec<(String, String)>) -> Result<Self> {
        for (place, (base, _)) in pairs.iter().enumerate() {
            let known = BASE.iter().chain([&METADATA]);
            if !known.clone().any(|b| b == base) {
                let mut error = Error::user(format!(
                    "{base} is no base column; there are {} and {METADATA}",
                    BASE.join(", ")
                ));
                if let Some(near) = near_miss(base, known.copied()) {
                    error = error.hint(format!("did you mean {near}?"));
                } else {
                    error = error.hint("a map reads BASE=INPUT, as in text=content");
                }
                return Err(error);
            }
            if pairs[..place].iter().any(|(earlier, _)| earlier == base) {
                return Err(Error::user(format!("{base} is mapped twice"))
                    .hint("give each base column one input field"));
            }
        }
        Ok(Self(pairs))
    }

    /// The input field that feeds `base`.
    pub fn field_of<'a>(&'a self, base: &'a str) -> &'a str {
        self.0
            .iter()
            .find(|(b, _)| b == base)
            .map_or(base, |(_, field)| field)
    }

    /// All pairs of base column and input field.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// Where the value of an input field goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// To these columns of the documents.
    Columns(Vec<usize>),
    /// Into `metadata`, under its name.
    Metadata,
    /// Into `metadata`: it is the metadata.
    AsMetadata,
    /// Nowhere: the column is derived.
    Nowhere,
}

/// The columns of the documents and where the fields of inputs go.
#[derive(Clone, Debug)]
pub struct Columns {
    schema: SchemaRef,
    map: FieldMap,
}

impl Columns {
    /// The columns of an existing documents layer.
    pub fn of(schema: SchemaRef, map: FieldMap) -> Result<Self> {
        let base = base_fields();
        for field in &base {
            if schema.field_with_name(field.name()).ok() != Some(field) {
                return Err(Error::user(format!(
                    "the documents have no column {} of type {}",
                    field.name(),
                    field.data_type()
                ))
                .hint("an in-place corpus takes further inputs with --in-place only"));
            }
        }
        Ok(Self { schema, map })
    }

    /// The columns that a first ingest of Parquet inputs with `schemas` fixes.
    pub fn fix<'a>(schemas: impl IntoIterator<Item = &'a Schema>, map: FieldMap) -> Self {
        let base = Self {
            schema: Arc::new(Schema::new(base_fields())),
            map,
        };
        let mut fields: Vec<FieldRef> = base.schema.fields().to_vec();
        for field in schemas.into_iter().flat_map(Schema::fields) {
            let known = fields.iter().any(|f| f.name() == field.name());
            if !known && base.place(field.name()) == Place::Metadata {
                let data_type = stored_type(field.data_type());
                if may_be_column(field.name(), &data_type) {
                    fields.push(Arc::new(Field::new(field.name(), data_type, true)));
                }
            }
        }
        Self {
            schema: Arc::new(Schema::new(fields)),
            map: base.map,
        }
    }

    /// The Arrow schema.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Which input fields feed the base columns.
    pub fn map(&self) -> &FieldMap {
        &self.map
    }

    /// The place of a column that every documents layer has.
    pub fn index(&self, column: &str) -> Result<usize> {
        Ok(self.schema.index_of(column)?)
    }

    /// Where the input field `name` goes.
    pub fn place(&self, name: &str) -> Place {
        let base: Vec<usize> = BASE
            .iter()
            .filter(|base| self.map.field_of(base) == name)
            .filter_map(|base| self.schema.index_of(base).ok())
            .collect();
        if !base.is_empty() {
            Place::Columns(base)
        } else if name == self.map.field_of(METADATA) {
            Place::AsMetadata
        } else if DERIVED.contains(&name) {
            Place::Nowhere
        } else if BASE.contains(&name) || name == METADATA {
            Place::Metadata
        } else {
            match self.schema.index_of(name) {
                Ok(column) => Place::Columns(vec![column]),
                Err(_) => Place::Metadata,
            }
        }
    }
}

/// The fields of every documents layer, in order.
fn base_fields() -> Vec<Field> {
    let mut fields: Vec<Field> = BASE
        .iter()
        .map(|name| Field::new(*name, DataType::Utf8View, !matches!(*name, "id" | "text")))
        .collect();
    fields.push(Field::new(METADATA, DataType::Utf8View, true));
    fields.push(Field::new(
        DERIVED[0],
        DataType::FixedSizeBinary(HASH_BYTES),
        false,
    ));
    fields.push(Field::new(DERIVED[1], DataType::Int64, false));
    fields.push(Field::new(DERIVED[2], DataType::Int64, false));
    fields
}

/// Whether a further column may be stored: verdicts keep their names, and the manifest has to be able
/// to write the type down.
fn may_be_column(name: &str, data_type: &DataType) -> bool {
    !name.starts_with(VERDICT) && data_type.to_string().parse().ok().as_ref() == Some(data_type)
}

/// The type in which a column of an input is stored: strings and bytes as views, no dictionaries, and
/// no metadata of nested fields.
pub fn stored_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Null => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Dictionary(_, value) => stored_type(value),
        DataType::RunEndEncoded(_, values) => stored_type(values.data_type()),
        nested => plain_nested(nested),
    }
}

fn plain_nested(data_type: &DataType) -> DataType {
    let plain = |field: &FieldRef| {
        Arc::new(Field::new(
            field.name(),
            plain_nested(field.data_type()),
            field.is_nullable(),
        ))
    };
    match data_type {
        DataType::List(field) => DataType::List(plain(field)),
        DataType::LargeList(field) => DataType::LargeList(plain(field)),
        DataType::FixedSizeList(field, length) => DataType::FixedSizeList(plain(field), *length),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain).collect()),
        DataType::Map(field, sorted) => DataType::Map(plain(field), *sorted),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> FieldMap {
        let pairs = pairs.iter().map(|(a, b)| (a.to_string(), b.to_string()));
        FieldMap::new(pairs.collect()).expect("map")
    }

    #[test]
    fn fields_find_their_places() {
        let input = Schema::new(vec![
            Field::new("doc_id", DataType::Int64, false),
            Field::new("id", DataType::Utf8, true),
            Field::new("text", DataType::LargeUtf8, true),
            Field::new("text_bytes", DataType::Int32, true),
            Field::new("kind", DataType::Utf8, true),
            Field::new("keep_it", DataType::Boolean, true),
        ]);
        let columns = Columns::fix([&input], map(&[("id", "doc_id"), ("url", "doc_id")]));
        assert_eq!(columns.schema().fields().len(), 13);
        let kind = columns.schema().field(12);
        assert_eq!(
            (kind.name().as_str(), kind.data_type()),
            ("kind", &DataType::Utf8View)
        );
        assert_eq!(columns.place("doc_id"), Place::Columns(vec![0, 2]));
        assert_eq!(columns.place("id"), Place::Metadata);
        assert_eq!(columns.place("text_bytes"), Place::Nowhere);
        assert_eq!(columns.place("metadata"), Place::AsMetadata);
        assert_eq!(columns.place("kind"), Place::Columns(vec![12]));
        assert_eq!(columns.place("keep_it"), Place::Metadata);
    }

    #[test]
    fn maps_are_checked() {
        let error = FieldMap::new(vec![("txt".into(), "a".into())]).expect_err("refused");
        assert_eq!(error.next_step(), Some("did you mean text?"));
        let twice = vec![("id".into(), "a".into()), ("id".into(), "b".into())];
        assert!(FieldMap::new(twice).is_err());
    }
}
