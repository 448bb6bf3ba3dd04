//! What a layer is: its columns, how each is made, and what they are made from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectNamePart, Visit, VisitMut, Visitor, VisitorMut,
};
use xxhash_rust::xxh3::xxh3_128;

use super::{AnnotateRequest, LayerSource};
use crate::corpus::layout::DOCUMENTS;
use crate::corpus::layout::check_layer_name;
use crate::corpus::manifest::hex128;
use crate::corpus::{Column, Corpus, fingerprint};
use crate::error::{Error, Result};
use crate::query::planner::Planner;
use crate::query::{LayerFile, Settings};
use crate::session::Engine;

/// A layer, ready to be computed.
#[derive(Debug)]
pub struct Definition {
    /// Its name.
    pub layer: String,
    /// The list of the SELECT that computes it.
    pub list: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Hash over all columns: what a part was made by.
    pub digest: String,
    /// Columns that the documents have already.
    pub left_out: Vec<String>,
    /// Layers whose stored columns it reads, documents always among them.
    reads: BTreeSet<String>,
    /// All columns that its expressions name, stored or not.
    names: BTreeSet<String>,
}

impl Definition {
    /// Reads a layer's SQL and holds it against the corpus.
    pub async fn load(
        engine: &Engine,
        settings: &Settings,
        corpus: &Corpus,
        request: &AnnotateRequest,
    ) -> Result<Self> {
        let (file, named) = match &request.source {
            LayerSource::Named(name) => (settings.library().layer(name)?, true),
            LayerSource::File { path, layer } => (read_file(path, layer)?, false),
            LayerSource::Sql { layer, sql } => (LayerFile::parse(layer, layer, sql)?, false),
        };
        let layer = file.name().to_string();
        check_layer_name(&layer)?;
        let prefix = request.prefix.as_deref().unwrap_or_default();
        let source = corpus.without_layer(&layer);

        let mut left_out = Vec::new();
        let mut columns: Vec<(String, Expr)> = Vec::new();
        for column in file.columns() {
            let name = format!("{prefix}{}", column.name);
            if let Some((owner, _)) = source.stored_column(&name) {
                // A published layer over documents that bring some of its columns along keeps theirs.
                if named && owner.name() == DOCUMENTS {
                    left_out.push(name);
                    continue;
                }
                return Err(Error::user(format!(
                    "layer {layer} would write the column {name}, which layer {} of {} has already",
                    owner.name(),
                    corpus.name()
                ))
                .hint("give the new columns a prefix with --prefix, or other names in the SQL"));
            }
            columns.push((name, column.expr.clone()));
        }
        if columns.is_empty() {
            return Err(Error::user(format!(
                "layer {layer} has no column that the documents do not have already"
            )));
        }
        let list = columns
            .iter()
            .map(|(name, expr)| format!("{expr} AS {}", Ident::with_quote('"', name)))
            .collect::<Vec<_>>()
            .join(", ");
        let planned = Planner::new(engine, &[Arc::new(source)])?
            .plan(&select(&list))
            .await
            .map_err(|e| e.context(format!("the SQL of layer {layer} ({})", file.origin())))?;

        let source = corpus.without_layer(&layer);
        let mut names = BTreeSet::new();
        let mut manifest_columns = Vec::with_capacity(columns.len());
        for ((name, expr), field) in columns.into_iter().zip(planned.schema().fields()) {
            let stored_type = stored_type(field.data_type()).ok_or_else(|| {
                Error::user(format!(
                    "column {name} of layer {layer} has no type, it is always NULL"
                ))
                .hint("say what it is, for instance CAST(NULL AS DOUBLE)")
            })?;
            let (definition, functions) = canonical(engine, settings, &source, expr, &mut names)?;
            let print =
                fingerprint::of_expression(&definition, &functions, &stored_type.to_string());
            manifest_columns.push(Column::new(
                &Field::new(name, stored_type, true),
                definition,
                print,
            ));
        }
        let stored = names.iter().filter_map(|name| source.stored_column(name));
        let read = stored.map(|(owner, _)| owner.name().to_string());
        let reads = read.chain([DOCUMENTS.to_string()]).collect();
        let mut facts = String::new();
        for column in &manifest_columns {
            facts.push_str(&format!("{} {}\n", column.name, column.fingerprint));
        }
        Ok(Self {
            layer,
            list,
            columns: manifest_columns,
            digest: hex128(xxh3_128(facts.as_bytes())),
            left_out,
            reads,
            names,
        })
    }

    /// Whether it names a column that `other` writes.
    pub fn names_column_of(&self, other: &Self) -> bool {
        let mut written = other.columns.iter();
        written.any(|column| self.names.contains(&column.name))
    }

    /// A column that `other` writes too.
    pub fn column_shared_with(&self, other: &Self) -> Option<&str> {
        let mut own = self.columns.iter().map(|column| column.name.as_str());
        own.find(|own| other.columns.iter().any(|column| column.name == *own))
    }

    /// Identities of the parts that part `number` is computed from.
    pub fn made_from(&self, corpus: &Corpus, number: usize) -> Result<BTreeMap<String, String>> {
        self.reads
            .iter()
            .map(|name| {
                let part = corpus
                    .layer(name)
                    .and_then(|l| l.manifest().parts.get(number));
                let part = part.ok_or_else(|| {
                    Error::user(format!(
                        "layer {name} has no part {number}, which layer {} is made from",
                        self.layer
                    ))
                    .hint(format!(
                        "run `corpusql annotate {} {name}` first",
                        corpus.root().display()
                    ))
                })?;
                Ok((name.clone(), part.identity.clone()))
            })
            .collect()
    }

    /// The columns as an Arrow schema.
    pub fn schema(&self) -> Result<SchemaRef> {
        let fields = self
            .columns
            .iter()
            .map(Column::field)
            .collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(Schema::new(fields)))
    }
}

/// The SELECT of a list.
pub fn select(list: &str) -> String {
    format!("SELECT {list} FROM corpus")
}

/// The type in which a layer stores values of `data_type`: strings and binary as views.
fn stored_type(data_type: &DataType) -> Option<DataType> {
    Some(match data_type {
        DataType::Null => return None,
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Dictionary(_, values) => return stored_type(values),
        other => other.clone(),
    })
}

/// An expression in canonical form, virtual columns written as the calls they stand for, with the
/// functions it calls and their fingerprints; the columns it names are added to `names`.
fn canonical(
    engine: &Engine,
    settings: &Settings,
    corpus: &Corpus,
    mut expr: Expr,
    names: &mut BTreeSet<String>,
) -> Result<(String, Vec<(String, u128)>)> {
    struct Names<'a> {
        engine: &'a Engine,
        settings: &'a Settings,
        corpus: &'a Corpus,
        names: &'a mut BTreeSet<String>,
    }
    impl Names<'_> {
        /// Takes in a column that is named, and tells whether it is stored.
        fn is_stored(&mut self, column: &str) -> bool {
            self.names.insert(column.to_string());
            self.corpus.stored_column(column).is_some()
        }
    }
    impl VisitorMut for Names<'_> {
        type Break = Error;

        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
            let name = match expr {
                Expr::Identifier(ident) => ident.value.clone(),
                Expr::CompoundIdentifier(parts) => match parts.last() {
                    Some(ident) => ident.value.clone(),
                    None => return ControlFlow::Continue(()),
                },
                _ => return ControlFlow::Continue(()),
            };
            if self.is_stored(&name) {
                *expr = Expr::Identifier(Ident::new(name));
                return ControlFlow::Continue(());
            }
            match self.settings.verdict(&name) {
                Ok(Some(mut verdict)) => {
                    VisitMut::visit(&mut verdict, self)?;
                    *expr = Expr::Nested(Box::new(verdict));
                    return ControlFlow::Continue(());
                }
                Ok(None) => {}
                Err(e) => return ControlFlow::Break(e),
            }
            if let Some(column) = self.engine.functions().virtual_column(&name) {
                for input in &column.inputs {
                    self.is_stored(input);
                }
                *expr = Expr::Identifier(Ident::new(column.call.clone()));
            }
            ControlFlow::Continue(())
        }
    }
    struct Calls<'a> {
        engine: &'a Engine,
        found: BTreeMap<String, u128>,
    }
    impl Visitor for Calls<'_> {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            let name = match expr {
                Expr::Function(function) => match function.name.0.last() {
                    Some(ObjectNamePart::Identifier(ident)) => ident.value.to_lowercase(),
                    _ => return ControlFlow::Continue(()),
                },
                // A virtual column, already written as its call.
                Expr::Identifier(ident) => ident
                    .value
                    .split('(')
                    .next()
                    .unwrap_or_default()
                    .to_string(),
                _ => return ControlFlow::Continue(()),
            };
            if let Some(print) = self.engine.functions().fingerprint(&name) {
                self.found.insert(name, print);
            }
            ControlFlow::Continue(())
        }
    }
    if let ControlFlow::Break(e) = VisitMut::visit(
        &mut expr,
        &mut Names {
            engine,
            settings,
            corpus,
            names,
        },
    ) {
        return Err(e);
    }
    let mut calls = Calls {
        engine,
        found: BTreeMap::new(),
    };
    let _ = Visit::visit(&expr, &mut calls);
    Ok((expr.to_string(), calls.found.into_iter().collect()))
}

/// The user's own layer.
fn read_file(path: &Path, layer: &str) -> Result<LayerFile> {
    let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    LayerFile::parse(layer, &path.display().to_string(), &text)
}
