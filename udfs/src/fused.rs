//! Many functions of a document in one pass over the documents.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use corpusql_text::{Analyzer, Document, Lists, Measure, Needs, Row, SplitText, WriteText};
use datafusion::arrow::array::{
    ArrayBuilder, ArrayRef, FixedSizeBinaryBuilder, Float64Builder, Int64Builder, ListBuilder,
    StringViewBuilder, UInt32Builder,
};
use datafusion::arrow::compute::cast;
use datafusion::common::{exec_err, internal_err};
use datafusion::error::Result;

use crate::definition::ArgumentType;
use crate::function::{DocumentKernel, Input, Kernel};
use crate::pass_times::PassTimes;
use crate::strings::Strings;

thread_local! {
    /// The memory that looking at a document takes, kept from batch to batch.
    static ANALYZER: Cell<Analyzer> = Cell::default();
}

/// Virtual columns that are computed together: each text is looked at once, as closely as all of them
/// need. Made by [`Functions::fuse`](crate::Functions::fuse).
#[derive(Clone, Debug)]
pub struct Fused {
    kernels: Arc<[DocumentKernel]>,
    inputs: Vec<String>,
    positions: [Option<usize>; Input::ALL.len()],
    needs: Needs,
    lists: Arc<Lists>,
}

impl Fused {
    pub(crate) fn new(kernels: Vec<DocumentKernel>, lists: Arc<Lists>) -> Self {
        let mut inputs = Vec::new();
        let positions = Input::ALL.map(|input| {
            kernels.iter().any(|k| k.reads(input)).then(|| {
                inputs.push(input.column().to_string());
                inputs.len() - 1
            })
        });
        Self {
            needs: kernels.iter().fold(Needs::NONE, |all, k| all | k.needs),
            kernels: kernels.into(),
            inputs,
            positions,
            lists,
        }
    }

    /// The same over the column `text` instead of the documents' text.
    pub(crate) fn over(mut self, text: &str) -> Self {
        if let Some(position) = self.positions[Input::Text as usize] {
            self.inputs[position] = text.to_string();
        }
        self
    }

    /// The columns of the documents that are read, each once: what [`evaluate`](Self::evaluate) expects.
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// The columns' values for `rows` documents, in the order in which they were asked for.
    ///
    /// # Errors
    /// When an input is missing, has other than `rows` rows or holds no strings, and when the lines of a
    /// batch do not fit into one array.
    pub fn evaluate(&self, inputs: &[ArrayRef], rows: usize) -> Result<Vec<ArrayRef>> {
        self.evaluate_timed(inputs, rows, None)
    }

    /// The same, and into `times` what the time went into.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_timed(
        &self,
        inputs: &[ArrayRef],
        rows: usize,
        times: Option<&mut PassTimes>,
    ) -> Result<Vec<ArrayRef>> {
        if inputs.len() != self.inputs.len() {
            return internal_err!(
                "expected the columns {}, found {} columns",
                self.inputs.join(", "),
                inputs.len()
            );
        }
        let mut arrays = Vec::with_capacity(inputs.len());
        for (name, array) in self.inputs.iter().zip(inputs) {
            if array.len() != rows || !ArgumentType::Text.accepts(array.data_type()) {
                return internal_err!(
                    "column {name}: expected {rows} strings, found {} values of type {}",
                    array.len(),
                    array.data_type()
                );
            }
            arrays.push(cast(array, &ArgumentType::Text.read_as(array.data_type()))?);
        }
        let strings: Vec<_> = arrays
            .iter()
            .map(Strings::of_array)
            .collect::<Result<_>>()?;
        self.evaluate_strings(&strings, rows, times)
    }

    pub(crate) fn evaluate_strings(
        &self,
        inputs: &[Strings<'_>],
        rows: usize,
        mut times: Option<&mut PassTimes>,
    ) -> Result<Vec<ArrayRef>> {
        let input = |input: Input| {
            self.positions[input as usize].map_or(Strings::Constant(None), |i| inputs[i])
        };
        let [texts, languages, domains, urls] = Input::ALL.map(input);
        let mut columns: Vec<_> = self
            .kernels
            .iter()
            .map(|kernel| Column::new(kernel, rows))
            .collect();
        let mut scratch = Scratch::default();
        let mut analyzer = ANALYZER.take();
        for row in 0..rows {
            let text = texts.get(row);
            let needs = if text.is_some() {
                self.needs
            } else {
                Needs::NONE
            };
            let mut clock = times
                .as_deref_mut()
                .and_then(|times| times.clock(text.map_or(0, str::len)));
            let document = analyzer.analyze(
                Row {
                    text: text.unwrap_or_default(),
                    language: languages.get(row),
                    domain: domains.get(row),
                    url: urls.get(row),
                },
                needs,
                &self.lists,
            );
            if let Some(clock) = &mut clock {
                clock.step();
            }
            for column in &mut columns {
                column.append(text, urls.get(row), &document, &mut scratch)?;
                if let Some(clock) = &mut clock {
                    clock.step();
                }
            }
        }
        ANALYZER.set(analyzer);
        Ok(columns.into_iter().map(Column::finish).collect())
    }
}

/// A column that grows row by row.
struct Column {
    reads_text: bool,
    values: Values,
}

enum Values {
    Int(fn(&Document<'_>) -> Option<i64>, Int64Builder),
    Float(fn(&Document<'_>) -> Option<f64>, Float64Builder),
    FloatList(
        fn(&Document<'_>, &mut Vec<Option<f64>>),
        ListBuilder<Float64Builder>,
    ),
    UIntList(fn(&Document<'_>, &mut Vec<u32>), ListBuilder<UInt32Builder>),
    Hash(fn(&str) -> [u8; 16], FixedSizeBinaryBuilder),
    UrlPart(fn(&str) -> Option<Cow<'_, str>>, StringViewBuilder),
    Count(fn(&str) -> i64, Int64Builder),
    Text(WriteText, StringViewBuilder),
    Pieces(SplitText, ListBuilder<StringViewBuilder>),
}

/// What one document's value is made in.
#[derive(Default)]
struct Scratch {
    text: String,
    floats: Vec<Option<f64>>,
    uints: Vec<u32>,
}

impl Column {
    fn new(kernel: &DocumentKernel, rows: usize) -> Self {
        let values = match kernel.kernel {
            Kernel::Signal(Measure::Int(f)) => Values::Int(f, Int64Builder::with_capacity(rows)),
            Kernel::Signal(Measure::Float(f)) => {
                Values::Float(f, Float64Builder::with_capacity(rows))
            }
            Kernel::Signal(Measure::FloatList(f)) => {
                Values::FloatList(f, ListBuilder::with_capacity(Float64Builder::new(), rows))
            }
            Kernel::Signal(Measure::UIntList(f)) => {
                Values::UIntList(f, ListBuilder::with_capacity(UInt32Builder::new(), rows))
            }
            Kernel::TextHash(f) => Values::Hash(f, FixedSizeBinaryBuilder::with_capacity(rows, 16)),
            Kernel::UrlPart(f) => Values::UrlPart(f, StringViewBuilder::with_capacity(rows)),
            Kernel::Count(f) => Values::Count(f, Int64Builder::with_capacity(rows)),
            Kernel::Text(f) => Values::Text(f, StringViewBuilder::with_capacity(rows)),
            Kernel::Pieces(f) => Values::Pieces(
                f,
                ListBuilder::with_capacity(StringViewBuilder::new(), rows),
            ),
        };
        Self {
            reads_text: kernel.reads(Input::Text),
            values,
        }
    }

    fn append(
        &mut self,
        text: Option<&str>,
        url: Option<&str>,
        document: &Document<'_>,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let defined = !self.reads_text || text.is_some();
        match &mut self.values {
            Values::Int(f, values) => values.append_option(defined.then(|| f(document)).flatten()),
            Values::Float(f, values) => {
                values.append_option(defined.then(|| f(document)).flatten())
            }
            Values::FloatList(f, lists) => {
                if defined {
                    scratch.floats.clear();
                    f(document, &mut scratch.floats);
                    check_room(lists.values().len(), scratch.floats.len())?;
                    lists.values().extend(scratch.floats.drain(..));
                }
                lists.append(defined);
            }
            Values::UIntList(f, lists) => {
                if defined {
                    scratch.uints.clear();
                    f(document, &mut scratch.uints);
                    check_room(lists.values().len(), scratch.uints.len())?;
                    lists.values().append_slice(&scratch.uints);
                }
                lists.append(defined);
            }
            Values::Hash(f, values) => match text {
                Some(text) => values.append_value(f(text))?,
                None => values.append_null(),
            },
            Values::UrlPart(f, values) => values.append_option(url.and_then(f)),
            Values::Count(f, values) => values.append_option(text.map(f)),
            Values::Text(f, values) => {
                scratch.text.clear();
                if defined && f(&document.row(), document.lists(), &mut scratch.text) {
                    values.try_append_value(&scratch.text)?;
                } else {
                    values.append_null();
                }
            }
            Values::Pieces(f, lists) => {
                if let Some(text) = text {
                    let pieces = lists.values();
                    let mut outcome = Ok(());
                    f(text, &mut |piece| {
                        if outcome.is_ok() {
                            outcome = pieces.try_append_value(piece);
                        }
                    });
                    outcome?;
                    check_room(pieces.len(), 0)?;
                }
                lists.append(text.is_some());
            }
        }
        Ok(())
    }

    fn finish(self) -> ArrayRef {
        match self.values {
            Values::Int(_, mut values) | Values::Count(_, mut values) => Arc::new(values.finish()),
            Values::Float(_, mut values) => Arc::new(values.finish()),
            Values::FloatList(_, mut values) => Arc::new(values.finish()),
            Values::UIntList(_, mut values) => Arc::new(values.finish()),
            Values::Hash(_, mut values) => Arc::new(values.finish()),
            Values::UrlPart(_, mut values) | Values::Text(_, mut values) => {
                Arc::new(values.finish())
            }
            Values::Pieces(_, mut values) => Arc::new(values.finish()),
        }
    }
}

/// A list array counts its items in 31 bits.
fn check_room(items: usize, more: usize) -> Result<()> {
    if i32::try_from(items + more).is_err() {
        return exec_err!(
            "the documents of one batch have more than {} lines or words\nhint: set a smaller batch size",
            i32::MAX
        );
    }
    Ok(())
}
