//! Documents to measure and ways to call a function.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use corpusql_udfs::{Functions, Lists, Ut1List};
use datafusion::arrow::array::{ArrayRef, StringViewArray};
use datafusion::arrow::datatypes::Field;
use datafusion::common::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF};
use datafusion::prelude::SessionContext;
use serde_json::Value;

pub type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// A path of the project.
pub fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All functions, with the domain list of the tests.
pub fn functions() -> Result<Functions> {
    let ut1 = Ut1List::from_json(&fs::read_to_string(here("tests/data/rpv2/ut1.json"))?)?;
    Ok(Functions::new(Arc::new(
        Lists::builtin().clone().with_ut1(ut1),
    )))
}

/// A context that knows them.
pub fn context(functions: &Functions) -> Result<SessionContext> {
    let mut context = SessionContext::new();
    functions.register(&mut context)?;
    Ok(context)
}

/// The function of that name.
pub fn udf<'a>(functions: &'a Functions, name: &str) -> Result<&'a ScalarUDF> {
    let found = functions.udfs().find(|udf| udf.name() == name);
    Ok(found.ok_or_else(|| format!("no function {name}"))?)
}

/// Calls a function as a plan would.
pub fn call(udf: &ScalarUDF, args: Vec<ColumnarValue>, rows: usize) -> Result<ColumnarValue> {
    let fields: Vec<_> = args
        .iter()
        .map(|arg| Arc::new(Field::new("argument", arg.data_type(), true)))
        .collect();
    let scalars: Vec<_> = args
        .iter()
        .map(|arg| match arg {
            ColumnarValue::Scalar(scalar) => Some(scalar),
            ColumnarValue::Array(_) => None,
        })
        .collect();
    let return_field = udf.return_field_from_args(ReturnFieldArgs {
        arg_fields: &fields,
        scalar_arguments: &scalars,
    })?;
    Ok(udf.invoke_with_args(ScalarFunctionArgs {
        arg_fields: fields,
        args,
        number_rows: rows,
        return_field,
        config_options: Arc::new(ConfigOptions::default()),
    })?)
}

/// Columns of documents.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    pub text: Vec<Option<String>>,
    pub language: Vec<Option<String>>,
    pub domain: Vec<Option<String>>,
    pub url: Vec<Option<String>>,
}

impl Documents {
    pub fn push(&mut self, text: Option<&str>, language: Option<&str>, domain: Option<&str>) {
        self.text.push(text.map(String::from));
        self.language.push(language.map(String::from));
        self.domain.push(domain.map(String::from));
        self.url
            .push(domain.map(|d| format!("https://{d}/page?q#top")));
    }

    pub fn rows(&self) -> usize {
        self.text.len()
    }

    /// The values of a column.
    pub fn values(&self, column: &str) -> Result<&[Option<String>]> {
        Ok(match column {
            "text" => &self.text,
            "language" => &self.language,
            "domain" => &self.domain,
            "url" => &self.url,
            other => return Err(format!("documents have no column {other}").into()),
        })
    }

    pub fn column(&self, column: &str) -> Result<ArrayRef> {
        let values: StringViewArray = self.values(column)?.iter().collect();
        Ok(Arc::new(values))
    }

    pub fn columns(&self, columns: &[impl AsRef<str>]) -> Result<Vec<ArrayRef>> {
        let columns = columns.iter().map(AsRef::as_ref);
        columns.map(|column| self.column(column)).collect()
    }

    /// The golden documents that travel with the project.
    pub fn golden() -> Result<Self> {
        let mut documents = Self::default();
        let lines = fs::read_to_string(here("tests/data/rpv2/golden.jsonl"))?;
        for line in lines.lines() {
            let record: Value = serde_json::from_str(line)?;
            let field = |name: &str| record.get(name).and_then(Value::as_str);
            documents.push(field("text"), field("language"), field("domain"));
        }
        Ok(documents)
    }

    /// Texts that break careless code, in every language with lists, one without, and none.
    pub fn odd() -> Self {
        let long_line = "word ".repeat(5_000);
        let many_lines = "a\n".repeat(5_000);
        let texts = [
            "",
            " ",
            "\n",
            "\n\n\n",
            "\r\n\r",
            "\0",
            "\u{feff}",
            "a",
            "The cat sat.",
            "ENDS WITHOUT A MARK",
            "• one\n▶ two\n– three\n- four\n",
            "...\n…\n....!?\n",
            "{\"a\": [1, 2, {}]}",
            "lorem ipsum LOREM  IPSUM Lorem\nipsum",
            "enable JavaScript javascript javascript.",
            "a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j",
            "٣ ½ Ⅷ 四 ² 12,345.67",
            "ΟΔΥΣΣΕΥΣ İstanbul straße ﬁn",
            "e\u{301}\u{323} q\u{307}\u{323} \u{301}",
            "한국어 텍스트 中文文本。日本語のテキスト！",
            "مرحبا بالعالم שלום עולם",
            "👩‍👩‍👧‍👦 🏳️‍🌈 \u{200b}\u{200d}\u{2060}",
            "\u{1c}\u{1d}\u{85}\u{2028}\u{2029}\u{a0}\u{3000}",
            "\u{10ffff}\u{e000}\u{fffd}",
            long_line.as_str(),
            many_lines.as_str(),
        ];
        let languages = ["bg", "de", "en", "es", "fi", "fr", "it", "xx", ""];
        let domains = ["adult.example", "files.example:8080", "nowhere.example", ""];
        let mut documents = Self::default();
        for (i, text) in texts.iter().enumerate() {
            documents.push(
                Some(text),
                Some(languages[i % languages.len()]),
                Some(domains[i % domains.len()]),
            );
            documents.push(Some(text), Some("en"), None);
        }
        documents.push(None, Some("en"), Some("adult.example"));
        documents.push(Some("The end."), None, Some("adult.example"));
        documents.push(None, None, None);
        documents
    }
}
