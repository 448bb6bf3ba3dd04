//! What a function says about itself.

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::{DocSection, Documentation};

/// A group of functions with one subject: a folder of the source and a chapter of the reference.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Family {
    /// The name of its folder.
    pub name: &'static str,
    /// The heading of its chapter.
    pub title: &'static str,
    /// What its functions have in common.
    pub about: &'static str,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentType {
    /// A string of any of Arrow's string types.
    Text,
    /// A number of any numeric type, read as a double.
    Number,
    /// A list of numbers, read as doubles.
    Numbers,
    /// A Boolean.
    Boolean,
    /// Bytes of any of Arrow's binary types.
    Binary,
    /// A whole number or a string: what names something.
    Key,
    /// A whole number of any integer type, read as 64 bits with a sign or without one.
    Bits,
}

impl ArgumentType {
    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Number => "a number",
            Self::Numbers => "a list of numbers",
            Self::Boolean => "a Boolean",
            Self::Binary => "a binary value",
            Self::Key => "a whole number or a string",
            Self::Bits => "a whole number",
        }
    }

    /// Whether a value of type `found` will do; an untyped NULL always does.
    pub fn accepts(self, found: &DataType) -> bool {
        match (self, found) {
            (_, DataType::Null) => true,
            (Self::Text, DataType::Dictionary(_, values)) => values.is_string(),
            (Self::Text, found) => found.is_string(),
            (Self::Number, found) => found.is_numeric(),
            (
                Self::Numbers,
                DataType::List(item)
                | DataType::LargeList(item)
                | DataType::FixedSizeList(item, _)
                | DataType::ListView(item)
                | DataType::LargeListView(item),
            ) => Self::Number.accepts(item.data_type()),
            (Self::Numbers, _) => false,
            (Self::Boolean, found) => *found == DataType::Boolean,
            (Self::Key, found) => found.is_integer() || Self::Text.accepts(found),
            (Self::Binary, found) => matches!(
                found,
                DataType::Binary
                    | DataType::LargeBinary
                    | DataType::BinaryView
                    | DataType::FixedSizeBinary(_)
            ),
            (Self::Bits, found) => found.is_integer(),
        }
    }

    /// The type that a value of type `found` is cast to before it is read.
    pub(crate) fn read_as(self, found: &DataType) -> DataType {
        match self {
            Self::Text if found.is_string() => found.clone(),
            Self::Text => DataType::Utf8View,
            Self::Number => DataType::Float64,
            Self::Numbers => list_of(DataType::Float64),
            Self::Boolean => DataType::Boolean,
            Self::Binary => DataType::BinaryView,
            Self::Key if found.is_integer() => DataType::Int64,
            Self::Key => DataType::Utf8View,
            Self::Bits if found.is_signed_integer() => DataType::Int64,
            Self::Bits => DataType::UInt64,
        }
    }
}

/// A list type of this crate: its items may be NULL.
pub(crate) fn list_of(item: DataType) -> DataType {
    DataType::List(Field::new_list_field(item, true).into())
}

/// An argument of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name: that of the column which it usually is, where there is one.
    pub name: &'static str,
    /// What it may be.
    pub accepts: ArgumentType,
    /// What it means.
    pub meaning: &'static str,
}

/// What a function says about itself.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The group it belongs to.
    pub family: &'static Family,
    /// The SQL name.
    pub name: &'static str,
    /// Its arguments, in order.
    pub arguments: Vec<Argument>,
    /// The most arguments there may be when the last one can be repeated.
    pub repeated: Option<usize>,
    /// The type of what it returns.
    pub returns: DataType,
    /// What it computes, exactly.
    pub definition: &'static str,
    /// Whether it is NULL when any argument is.
    pub strict: bool,
    /// When it is NULL although no argument is; "never" where it is not.
    pub undefined: &'static str,
    /// The smallest and the largest value it (or an item of its list) can have.
    pub range: Option<(f64, f64)>,
    /// The paper or repository that defined it.
    pub source: &'static str,
    /// A call in SQL and the value it gives, as SQL prints it.
    pub example: (&'static str, &'static str),
    /// Raised when the definition changes.
    pub version: u32,
}

impl Definition {
    /// The call as it is written: `name(text, language)`.
    pub fn signature(&self) -> String {
        let names: Vec<_> = self.arguments.iter().map(|a| a.name).collect();
        let more = if self.repeated.is_some() { ", …" } else { "" };
        format!("{}({}{more})", self.name, names.join(", "))
    }

    /// The type of what it returns, as SQL names it.
    pub fn sql_type(&self) -> String {
        sql_type(&self.returns)
    }

    /// The range for people: `0 to 1`, `0 and more`.
    pub fn range_text(&self) -> String {
        match self.range {
            None => "any".to_string(),
            Some((low, high)) if high.is_infinite() => format!("{low} and more"),
            Some((low, high)) => format!("{low} to {high}"),
        }
    }

    /// What DataFusion shows of a function.
    pub(crate) fn documentation(&self) -> Documentation {
        let section = DocSection {
            include: true,
            label: self.family.title,
            description: Some(self.family.about),
        };
        let description = format!("{}\n\nNULL: {}.", self.definition, self.null_text());
        let (call, answer) = self.example;
        let example = format!("```sql\nSELECT {call};\n-- {answer}\n```");
        self.arguments
            .iter()
            .fold(
                Documentation::builder(section, description, self.signature()),
                |page, argument| page.with_argument(argument.name, argument.meaning),
            )
            .with_sql_example(example)
            .build()
    }

    /// When it is NULL.
    pub fn null_text(&self) -> String {
        match (self.strict, self.undefined) {
            (true, "never") => "when an argument is".to_string(),
            (true, undefined) => format!("when an argument is; {undefined}"),
            (false, undefined) => undefined.to_string(),
        }
    }

    /// Refuses arguments that it does not take.
    pub(crate) fn check(&self, found: &[DataType]) -> Result<()> {
        let least = self.arguments.len();
        let most = self.repeated.unwrap_or(least);
        if !(least..=most).contains(&found.len()) {
            let expected = match (least, self.repeated) {
                (_, Some(most)) => format!("{least} to {most} arguments"),
                (1, None) => "1 argument".to_string(),
                (n, None) => format!("{n} arguments"),
            };
            return plan_err!(
                "{}: expected {expected}, found {}",
                self.signature(),
                found.len()
            );
        }
        for (i, found) in found.iter().enumerate() {
            let argument = self.argument(i);
            if !argument.accepts.accepts(found) {
                return plan_err!(
                    "{}: argument {} ({}): expected {}, found {}",
                    self.signature(),
                    i + 1,
                    argument.name,
                    argument.accepts.name(),
                    sql_type(found)
                );
            }
        }
        Ok(())
    }

    /// The argument at a position; the last one stands for its repetitions.
    pub(crate) fn argument(&self, position: usize) -> &Argument {
        &self.arguments[position.min(self.arguments.len() - 1)]
    }
}

/// A type, as SQL names it.
pub(crate) fn sql_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Int64 => "BIGINT".into(),
        DataType::UInt64 => "BIGINT UNSIGNED".into(),
        DataType::UInt32 => "INT UNSIGNED".into(),
        DataType::Float64 => "DOUBLE".into(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR".into(),
        DataType::BinaryView => "BINARY".into(),
        DataType::FixedSizeBinary(n) => format!("BINARY({n})"),
        DataType::List(item) => format!("{}[]", sql_type(item.data_type())),
        DataType::Struct(fields) => {
            let field = |f: &FieldRef| format!("{} {}", f.name(), sql_type(f.data_type()));
            let fields: Vec<_> = fields.iter().map(field).collect();
            format!("STRUCT({})", fields.join(", "))
        }
        other => other.to_string(),
    }
}
