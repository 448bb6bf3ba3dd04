//! A function: its definition and how it is computed.

use std::borrow::Cow;

use corpusql_text::{Measure, Needs, PiecesFunction, Signal, SplitText, TextFunction, WriteText};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use crate::definition::{Argument, ArgumentType, Definition, Family, list_of};

/// A column of the documents that a function reads, in the order in which [`crate::Fused`] takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Input {
    Text,
    Language,
    Domain,
    Url,
}

impl Input {
    pub(crate) const ALL: [Self; 4] = [Self::Text, Self::Language, Self::Domain, Self::Url];

    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Text => corpusql_text::Input::Text.column(),
            Self::Language => corpusql_text::Input::Language.column(),
            Self::Domain => corpusql_text::Input::Domain.column(),
            Self::Url => corpusql_text::Input::Url.column(),
        }
    }

    fn argument(self) -> Argument {
        Argument {
            name: self.column(),
            accepts: ArgumentType::Text,
            meaning: match self {
                Self::Text => "the text of the document",
                Self::Language => "the language code that chooses word lists, `en` for instance",
                Self::Domain => "the network location of the document's URL",
                Self::Url => "the URL of the document",
            },
        }
    }
}

impl From<corpusql_text::Input> for Input {
    fn from(input: corpusql_text::Input) -> Self {
        match input {
            corpusql_text::Input::Text => Self::Text,
            corpusql_text::Input::Language => Self::Language,
            corpusql_text::Input::Domain => Self::Domain,
            corpusql_text::Input::Url => Self::Url,
        }
    }
}

/// How one document's value is computed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kernel {
    /// A measure over the shared view of the text.
    Signal(Measure),
    /// `BINARY(16)` of the text.
    TextHash(fn(&str) -> [u8; 16]),
    /// A string cut out of the URL.
    UrlPart(fn(&str) -> Option<Cow<'_, str>>),
    /// A text made from the text.
    Text(WriteText),
    /// A number of the text alone.
    Count(fn(&str) -> i64),
    /// Pieces of the text.
    Pieces(SplitText),
}

impl Kernel {
    fn returns(self) -> DataType {
        match self {
            Self::Signal(Measure::Int(_)) | Self::Count(_) => DataType::Int64,
            Self::Signal(Measure::Float(_)) => DataType::Float64,
            Self::Signal(Measure::FloatList(_)) => list_of(DataType::Float64),
            Self::Signal(Measure::UIntList(_)) => list_of(DataType::UInt32),
            Self::TextHash(_) => DataType::FixedSizeBinary(16),
            Self::UrlPart(_) | Self::Text(_) => DataType::Utf8View,
            Self::Pieces(_) => list_of(DataType::Utf8View),
        }
    }
}

/// A function of the columns of a document, computed row by row: it can be a virtual column, and many
/// can be computed in one pass.
#[derive(Clone, Debug)]
pub(crate) struct DocumentKernel {
    /// The name of the virtual column.
    pub(crate) column: &'static str,
    pub(crate) inputs: Vec<Input>,
    pub(crate) needs: Needs,
    pub(crate) kernel: Kernel,
}

impl DocumentKernel {
    pub(crate) fn reads(&self, input: Input) -> bool {
        self.inputs.contains(&input)
    }
}

/// A function of whole arrays of the types that its arguments are read as.
pub(crate) type ArrayKernel = fn(&[ArrayRef], usize) -> Result<ArrayRef>;

#[derive(Clone, Debug)]
pub(crate) enum Body {
    Document(DocumentKernel),
    Arrays(ArrayKernel),
}

#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) definition: Definition,
    pub(crate) body: Body,
    /// Columns that are calls with a last argument which is given, and that argument.
    pub(crate) columns: Vec<(&'static str, DocumentKernel)>,
}

impl Function {
    /// The function of a signal; its virtual column has the same name.
    pub(crate) fn of_signal(family: &'static Family, signal: &'static Signal) -> Self {
        let inputs = signal.inputs.iter().map(|&input| input.into()).collect();
        let facts = Facts {
            family,
            name: signal.name,
            definition: signal.definition,
            undefined: signal.undefined,
            range: Some(signal.range),
            source: signal.source,
            example: signal.example,
            version: signal.version,
        };
        let kernel = DocumentKernel {
            column: signal.name,
            inputs,
            needs: signal.needs,
            kernel: Kernel::Signal(signal.measure),
        };
        Self::of_document(facts, kernel)
    }

    /// The function that maps a text to a text; its virtual column has the same name.
    pub(crate) fn of_text(family: &'static Family, function: &'static TextFunction) -> Self {
        let facts = Facts {
            family,
            name: function.name,
            definition: function.definition,
            undefined: function.undefined,
            range: None,
            source: function.source,
            example: function.example,
            version: function.version,
        };
        let kernel = DocumentKernel {
            column: function.name,
            inputs: function.inputs.iter().map(|&input| input.into()).collect(),
            needs: Needs::NONE,
            kernel: Kernel::Text(function.write),
        };
        Self::of_document(facts, kernel)
    }

    /// The function that maps a text to its pieces; its virtual column has the same name.
    pub(crate) fn of_pieces(family: &'static Family, function: &'static PiecesFunction) -> Self {
        let facts = Facts {
            family,
            name: function.name,
            definition: function.definition,
            undefined: "never",
            range: None,
            source: function.source,
            example: function.example,
            version: function.version,
        };
        let kernel = DocumentKernel {
            column: function.name,
            inputs: vec![Input::Text],
            needs: Needs::NONE,
            kernel: Kernel::Pieces(function.split),
        };
        Self::of_document(facts, kernel)
    }

    /// A function of a document's columns.
    pub(crate) fn of_document(facts: Facts, kernel: DocumentKernel) -> Self {
        Self {
            definition: Definition {
                family: facts.family,
                name: facts.name,
                arguments: kernel.inputs.iter().map(|i| i.argument()).collect(),
                repeated: None,
                returns: kernel.kernel.returns(),
                definition: facts.definition,
                strict: true,
                undefined: facts.undefined,
                range: facts.range,
                source: facts.source,
                example: facts.example,
                version: facts.version,
            },
            body: Body::Document(kernel),
            columns: Vec::new(),
        }
    }
}

/// What a [`Definition`] says that does not follow from the kernel.
pub(crate) struct Facts {
    pub(crate) family: &'static Family,
    pub(crate) name: &'static str,
    pub(crate) definition: &'static str,
    pub(crate) undefined: &'static str,
    pub(crate) range: Option<(f64, f64)>,
    pub(crate) source: &'static str,
    pub(crate) example: (&'static str, &'static str),
    pub(crate) version: u32,
}
