//! The registry: every function, bound to word lists.

use std::collections::BTreeMap;
use std::sync::Arc;

use corpusql_text::{
    Lists, c4, counts, datatrove, dclm, dolma, fineweb2, format, language, refinedweb, rps,
    slimpajama, url_filter, words,
};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{internal_err, plan_datafusion_err};
use datafusion::error::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use xxhash_rust::xxh3::xxh3_128;

use crate::definition::{Definition, Family};
use crate::function::{Body, DocumentKernel, Function, Input, Kernel};
use crate::fused::Fused;
use crate::udf::{Call, Udf};
use crate::{components, minhash, reference, rules, simhash, spans, text, tokens, url};

/// The signals of RedPajama-V2.
static RPS: Family = Family {
    name: "rps",
    title: "RedPajama-V2",
    about: "The rule signals of RedPajama-V2, equal to the reference implementation bit for bit, and companions of its line signals",
};

/// The counts that the signals divide by.
static COUNTS: Family = Family {
    name: "counts",
    title: "Counts",
    about: "Plain counts of a text that RedPajama-V2's signals divide by or that its crawl records carry",
};

/// What datatrove's filters judge.
static DATATROVE: Family = Family {
    name: "datatrove",
    title: "datatrove",
    about: "The quantities behind datatrove's Gopher and FineWeb filters, equal to its code bit for bit; words are those of spaCy's English tokeniser",
};

/// Words, sentences and normal forms.
static WORDS: Family = Family {
    name: "words",
    title: "Words and sentences",
    about: "Words and sentences, each kind by the rule that it is named after, and the form in which texts are compared",
};

/// Dolma's taggers.
static DOLMA: Family = Family {
    name: "dolma",
    title: "Dolma",
    about: "The taggers of Dolma's toolkit that need no model, equal to it bit for bit",
};

/// The heuristics of DCLM.
static DCLM: Family = Family {
    name: "dclm",
    title: "DCLM",
    about: "The heuristics of DCLM's reproduction of RefinedWeb, from source",
};

/// What SlimPajama measures.
static SLIMPAJAMA: Family = Family {
    name: "slimpajama",
    title: "SlimPajama",
    about: "The length that SlimPajama asks of documents, from source",
};

/// What FineWeb-2 asks of languages.
static FINEWEB2: Family = Family {
    name: "fineweb2",
    title: "FineWeb-2",
    about: "What FineWeb-2's filters ask of the words of a language, beside what datatrove's signals have; its thresholds are `fineweb2_threshold`",
};

/// The column of the documents that signals read.
const TEXT: &str = corpusql_text::Input::Text.column();

/// The signals of datatrove's URL filter.
static URL_FILTER: Family = Family {
    name: "url_filter",
    title: "URL lists",
    about: "What datatrove's URL filter finds in a URL, by lists that the user loads (`--url-lists`)",
};

/// The language of a text.
static LANGUAGE: Family = Family {
    name: "language",
    title: "Language identification",
    about: "The language of a text by a fastText model, which the user names (`--lid`): lid.176.bin or lid.176.ftz of https://fasttext.cc (CC BY-SA 3.0), GlotLID, or any other classifier. Answers equal those of the C++ program",
};

/// Texts as formatters write them.
static FORMAT: Family = Family {
    name: "format",
    title: "Formatters",
    about: "Texts as datatrove's formatters write them",
};

/// What functions look into besides their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lookup {
    Suffixes,
    UrlLists,
    LanguageModel,
}

impl Lookup {
    fn of(family: &Family) -> Option<Self> {
        let lookups = [
            (&url::FAMILY, Self::Suffixes),
            (&URL_FILTER, Self::UrlLists),
            (&LANGUAGE, Self::LanguageModel),
        ];
        let found = lookups.into_iter().find(|(of, _)| *of == family);
        found.map(|(_, lookup)| lookup)
    }

    fn digest(self, lists: &Lists) -> u128 {
        match self {
            Self::Suffixes => lists.suffixes().digest(),
            Self::UrlLists => lists.url_digest(),
            Self::LanguageModel => lists.language_model().map_or(0, |m| m.digest().into()),
        }
    }

    /// What has to be loaded, if it is not.
    fn missing(self, lists: &Lists) -> Option<Missing> {
        let (loaded, what, option) = match self {
            Self::Suffixes => (true, "", ""),
            Self::UrlLists => (
                lists.urls().is_some(),
                "the lists of datatrove's URL filter",
                "--url-lists DIR",
            ),
            Self::LanguageModel => (
                lists.language_model().is_some(),
                "a fastText model that identifies languages",
                "--lid FILE",
            ),
        };
        (!loaded).then_some(Missing { what, option })
    }
}

/// Something that a function needs and that is not loaded: its values are all NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What it is.
    pub what: &'static str,
    /// The option of CorpuSQL's command line that loads it.
    pub option: &'static str,
}

/// C4's cleaning.
static C4: Family = Family {
    name: "c4",
    title: "C4",
    about: "C4's rules on lines, what they leave of a page, and its rules on pages, as datatrove and the code that made C4 have them",
};

/// RefinedWeb's line-wise corrections.
static REFINEDWEB: Family = Family {
    name: "refinedweb",
    title: "RefinedWeb",
    about: "RefinedWeb's line-wise corrections, and how much of a text they take away",
};

/// What it takes to compute a column, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
    /// It reads narrow columns only.
    Narrow,
    /// It reads the text.
    Text,
    /// It asks a trained model about the text.
    Model,
}

impl Cost {
    /// Whether the text is read, whatever is done with it.
    pub fn reads_text(self) -> bool {
        self >= Self::Text
    }
}

/// A function under a column's name, over the columns that it reads.
#[derive(Clone, Debug)]
pub struct VirtualColumn {
    /// The column's name: a signal has its function's.
    pub name: &'static str,
    /// The columns of the documents that it is computed from, in the order of the function's arguments.
    pub inputs: Vec<&'static str>,
    /// The type of its values.
    pub data_type: DataType,
    /// The function that computes it.
    pub function: &'static str,
    /// The function's last argument where it is no column: `cl100k` of `token_count(text, 'cl100k')`.
    pub literal: Option<&'static str>,
    /// The call that computes it: `rps_doc_word_count(text)`.
    pub call: String,
    /// What it takes to compute.
    pub cost: Cost,
    /// How long that takes when it is all that is asked for, in nanoseconds for each kilobyte of text, where the bench of the
    /// signals has recorded it.
    pub nanoseconds: Option<u64>,
    /// What its values depend on besides the inputs: definition version and word lists.
    pub fingerprint: u128,
    /// What would have to be loaded for it to have values.
    pub missing: Option<Missing>,
}

/// A column that can be computed, by name or as a call over a text made from the documents' text:
/// `rps_doc_word_count(some_text(text))`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComputedColumn {
    /// The columns that it is computed from: stored ones, virtual ones or such calls.
    pub inputs: Vec<String>,
    /// Which of them is read as the text; columns of one text can be computed in one pass.
    pub text: Option<String>,
    /// The type of its values.
    pub data_type: DataType,
    /// What it takes to compute.
    pub cost: Cost,
    /// How long that takes when it is all that is asked for, in nanoseconds for each kilobyte of text, where the bench of the
    /// signals has recorded it.
    pub nanoseconds: Option<u64>,
}

#[derive(Debug)]
struct Entry {
    definition: Definition,
    fingerprint: u128,
    udf: Arc<ScalarUDF>,
}

/// All functions of this crate.
#[derive(Debug)]
pub struct Functions {
    entries: Vec<Entry>,
    columns: Vec<(VirtualColumn, DocumentKernel)>,
    aggregates: Vec<(Definition, Arc<AggregateUDF>)>,
    lists: Arc<Lists>,
}

impl Default for Functions {
    /// All functions, with the lists that are built in.
    fn default() -> Self {
        Self::new(Arc::new(Lists::builtin().clone()))
    }
}

impl Functions {
    /// All functions, with the lists that they look words and domains up in.
    pub fn new(lists: Arc<Lists>) -> Self {
        let signals = |family, signals: &[&'static _]| -> Vec<_> {
            let function = |&signal| Function::of_signal(family, signal);
            signals.iter().map(function).collect()
        };
        let texts = |family, functions: &[&'static _]| -> Vec<_> {
            let function = |&function| Function::of_text(family, function);
            functions.iter().map(function).collect()
        };
        let functions = [
            signals(&RPS, rps::SIGNALS),
            signals(&COUNTS, counts::SIGNALS),
            signals(&DATATROVE, datatrove::SIGNALS),
            words::PIECES
                .iter()
                .map(|&function| Function::of_pieces(&WORDS, function))
                .collect(),
            texts(&WORDS, words::TEXTS),
            signals(&C4, c4::SIGNALS),
            texts(&C4, c4::TEXTS),
            signals(&REFINEDWEB, refinedweb::SIGNALS),
            texts(&REFINEDWEB, refinedweb::TEXTS),
            signals(&DOLMA, dolma::SIGNALS),
            signals(&DCLM, dclm::SIGNALS),
            texts(&DCLM, dclm::TEXTS),
            signals(&SLIMPAJAMA, slimpajama::SIGNALS),
            signals(&FINEWEB2, fineweb2::SIGNALS),
            text::functions(),
            tokens::functions(),
            url::functions(),
            signals(&URL_FILTER, url_filter::SIGNALS),
            texts(&LANGUAGE, language::TEXTS),
            signals(&LANGUAGE, language::SIGNALS),
            texts(&FORMAT, format::TEXTS),
            rules::functions(),
            minhash::functions(),
            simhash::functions(),
            spans::functions(),
        ];
        let mut all = Self {
            entries: Vec::new(),
            columns: Vec::new(),
            aggregates: components::aggregates(),
            lists,
        };
        let costs = reference::costs();
        for function in functions.into_iter().flatten() {
            all.add(function, &costs);
        }
        all
    }

    fn add(&mut self, function: Function, costs: &BTreeMap<&str, reference::Cost>) {
        let definition = function.definition;
        let fingerprint = fingerprint(&definition, &function.body, &self.lists);
        let lookup = Lookup::of(definition.family);
        let mut column = |literal: Option<&'static str>, kernel: &DocumentKernel| {
            let inputs: Vec<_> = kernel.inputs.iter().map(|i| i.column()).collect();
            let column = VirtualColumn {
                name: kernel.column,
                call: call(definition.name, &inputs, literal),
                inputs,
                literal,
                data_type: definition.returns.clone(),
                function: definition.name,
                cost: if !kernel.reads(Input::Text) {
                    Cost::Narrow
                } else if lookup == Some(Lookup::LanguageModel) {
                    Cost::Model
                } else {
                    Cost::Text
                },
                nanoseconds: costs
                    .get(kernel.column)
                    .map(|cost| (cost.alone * 1e3) as u64),
                fingerprint,
                missing: lookup.and_then(|l| l.missing(&self.lists)),
            };
            self.columns.push((column, kernel.clone()));
        };
        for (literal, kernel) in &function.columns {
            column(Some(literal), kernel);
        }
        let call = match function.body {
            Body::Arrays(kernel) => Call::Arrays(kernel),
            Body::Document(kernel) => {
                column(None, &kernel);
                Call::Document(Fused::new(vec![kernel], Arc::clone(&self.lists)))
            }
        };
        let udf = Udf::new(definition.clone(), fingerprint, call);
        self.entries.push(Entry {
            definition,
            fingerprint,
            udf: Arc::new(ScalarUDF::from(udf)),
        });
    }

    /// Makes all functions known to `registry`, a `SessionContext` for instance.
    ///
    /// # Errors
    /// When the registry takes no functions.
    pub fn register(&self, registry: &mut dyn FunctionRegistry) -> Result<()> {
        for entry in &self.entries {
            registry.register_udf(Arc::clone(&entry.udf))?;
        }
        for (_, aggregate) in &self.aggregates {
            registry.register_udaf(Arc::clone(aggregate))?;
        }
        Ok(())
    }

    /// What the functions say about themselves, family by family.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.entries.iter().map(|entry| &entry.definition)
    }

    /// What the aggregates say about themselves.
    pub fn aggregates(&self) -> impl Iterator<Item = &Definition> {
        self.aggregates.iter().map(|(definition, _)| definition)
    }

    /// What a function says about itself.
    pub fn definition(&self, function: &str) -> Option<&Definition> {
        let mut all = self.definitions().chain(self.aggregates());
        all.find(|d| d.name == function)
    }

    /// The DataFusion functions, in the order of [`definitions`](Self::definitions).
    pub fn udfs(&self) -> impl Iterator<Item = &Arc<ScalarUDF>> {
        self.entries.iter().map(|entry| &entry.udf)
    }

    /// What the values of a function depend on besides its arguments: its definition version and the
    /// lists that it looks into.
    pub fn fingerprint(&self, function: &str) -> Option<u128> {
        let entry = self.entries.iter().find(|e| e.definition.name == function);
        entry.map(|entry| entry.fingerprint)
    }

    /// The columns that can be computed from a document: all signals by their names, `text_bytes`,
    /// `text_chars`, `text_hash` and `domain`.
    pub fn virtual_columns(&self) -> impl Iterator<Item = &VirtualColumn> {
        self.columns.iter().map(|(column, _)| column)
    }

    /// The virtual column of that name.
    pub fn virtual_column(&self, name: &str) -> Option<&VirtualColumn> {
        self.virtual_columns().find(|column| column.name == name)
    }

    /// The column of that name, or the one that a call written like [`over`](Self::over) writes it is.
    pub fn computed(&self, name: &str) -> Option<ComputedColumn> {
        self.resolve(name).map(|(_, column)| column)
    }

    /// The name of a virtual column as computed over the text `text`: the call, with its arguments in
    /// order. `text` is the name of a virtual column that makes a text, or such a call itself. `None`
    /// where there is no such column, it reads no text, or `text` makes none.
    pub fn over(&self, column: &str, text: &str) -> Option<String> {
        let column = self.virtual_column(column)?;
        if !column.cost.reads_text() || self.computed(text)?.data_type != DataType::Utf8View {
            return None;
        }
        let text = match self.virtual_column(text) {
            Some(plain) => plain.call.as_str(),
            None => text,
        };
        let inputs: Vec<&str> = column
            .inputs
            .iter()
            .map(|input| if *input == TEXT { text } else { *input })
            .collect();
        Some(call(column.function, &inputs, column.literal))
    }

    fn resolve(&self, name: &str) -> Option<(&DocumentKernel, ComputedColumn)> {
        if let Some((column, kernel)) = self.columns.iter().find(|(c, _)| c.name == name) {
            let computed = ComputedColumn {
                inputs: column.inputs.iter().map(|i| (*i).to_string()).collect(),
                text: kernel.reads(Input::Text).then(|| TEXT.to_string()),
                data_type: column.data_type.clone(),
                cost: column.cost,
                nanoseconds: column.nanoseconds,
            };
            return Some((kernel, computed));
        }
        let (function, arguments) = name.split_once('(')?;
        let call = first_argument(arguments)?;
        let text = match self.columns.iter().find(|(c, _)| c.call == call) {
            Some((plain, _)) => plain.name,
            None => call,
        };
        let (column, kernel) = self.columns.iter().find(|(column, _)| {
            column.function == function && self.over(column.name, text).as_deref() == Some(name)
        })?;
        let inputs = column.inputs.iter();
        let computed = ComputedColumn {
            inputs: inputs
                .map(|input| if *input == TEXT { text } else { *input }.to_string())
                .collect(),
            text: Some(text.to_string()),
            data_type: column.data_type.clone(),
            cost: column.cost,
            nanoseconds: column.nanoseconds,
        };
        Some((kernel, computed))
    }

    /// Columns to be computed in one pass, in the order of `names`.
    ///
    /// # Errors
    /// When there is no column of one of the names, or they read different texts.
    pub fn fuse(&self, names: &[&str]) -> Result<Fused> {
        let mut kernels = Vec::with_capacity(names.len());
        let mut source: Option<String> = None;
        for name in names {
            let (kernel, column) = self
                .resolve(name)
                .ok_or_else(|| plan_datafusion_err!("there is no virtual column '{name}'"))?;
            kernels.push(kernel.clone());
            if let Some(text) = column.text {
                let first = source.get_or_insert_with(|| text.clone());
                if *first != text {
                    return internal_err!("{name} reads {text}, columns before it {first}");
                }
            }
        }
        let fused = Fused::new(kernels, Arc::clone(&self.lists));
        Ok(match source {
            Some(text) => fused.over(&text),
            None => fused,
        })
    }
}

/// A call as it is written.
fn call(function: &str, inputs: &[&str], literal: Option<&str>) -> String {
    let literal = literal.map(|value| format!(", '{value}'"));
    format!(
        "{function}({}{})",
        inputs.join(", "),
        literal.unwrap_or_default()
    )
}

/// The first of the arguments in `a(b, c), d)`: `a(b, c)`.
fn first_argument(arguments: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let end = arguments.find(|c| {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ')' | ',' => return depth == 0,
            _ => {}
        }
        false
    })?;
    Some(&arguments[..end])
}

fn fingerprint(definition: &Definition, body: &Body, lists: &Lists) -> u128 {
    let mut facts = format!("{} {}", definition.name, definition.version);
    if let Body::Document(kernel) = body {
        // The lists of languages are built in, whatever domains the user has loaded.
        if kernel.reads(Input::Language) {
            facts.push_str(&format!(" {:032x}", Lists::builtin().digest()));
        }
        // A URL's network location needs no list.
        let lookup = Lookup::of(definition.family);
        if let Some(lookup) = lookup.filter(|_| !matches!(kernel.kernel, Kernel::UrlPart(_))) {
            facts.push_str(&format!(" {:032x}", lookup.digest(lists)));
        }
        if kernel.reads(Input::Domain) {
            facts.push_str(&format!(" {:032x}", lists.digest()));
        }
    }
    xxh3_128(facts.as_bytes())
}
