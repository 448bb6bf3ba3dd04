//! One corpus as a table of DataFusion: the stored columns of its layers, and the columns that a query
//! names and that can be computed.
//!
//! Computed columns are columns of the table like stored ones, so projections, filters and limits on
//! them reach [`scan`](TableProvider::scan) through joins, subqueries and ORs without any rule of ours.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use corpusql_udfs::{Cost, Functions};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DFSchema;
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use datafusion::scalar::ScalarValue;

use super::scan::units::Wanted;
use super::scan::{LayeredScanExec, Switches};
use super::{Corpus, Layer, sink};
use crate::error::{Error, Result};

/// The column that names a document, and that in-place corpora may lack.
pub const ID: &str = "id";
/// The number of a row in its part, for those who read by position; no name that a corpus would have.
pub const POSITION: &str = "corpusql.position";

/// The number of a row's part, for the same.
pub const PART: &str = "corpusql.part";

/// One corpus, or one part of it, as a table.
#[derive(Clone, Debug)]
pub struct LayeredTable {
    corpus: Arc<Corpus>,
    functions: Arc<Functions>,
    layers: Vec<Arc<Layer>>,
    /// The columns of the schema, then inputs of computed columns that no query can name.
    columns: Vec<TableColumn>,
    schema: SchemaRef,
    wanted: Wanted,
    switches: Switches,
}

/// A column and where its values come from.
#[derive(Clone, Debug)]
pub struct TableColumn {
    /// Name and type.
    pub field: FieldRef,
    /// Where its values come from.
    pub source: Source,
}

/// Where a column's values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file of a layer.
    Stored {
        /// The layer's place among the table's layers.
        layer: usize,
        /// The column's place in the layer.
        column: usize,
        /// Text of the size of documents: read late and in small batches.
        wide: bool,
    },
    /// A function of other columns.
    Computed {
        /// The places of the function's inputs among the table's columns.
        inputs: Vec<usize>,
        /// Which of them is the text that is measured.
        text: Option<usize>,
        /// What it takes.
        cost: Cost,
        /// Of that, nanoseconds for each kilobyte of text, where they were measured.
        nanoseconds: Option<u64>,
    },
    /// `<file name>/<row>`: the name of a document of an in-place corpus without ids.
    RowName,
    /// The number of the row in its part.
    Position,
    /// The number of the part that holds the row.
    Part,
    /// Not there: an input of a function that this corpus does not have.
    Missing,
}

impl LayeredTable {
    /// The table over `corpus` with its stored columns, except those in `left_out`, and the columns of
    /// `computed`.
    pub fn new(
        corpus: Arc<Corpus>,
        functions: Arc<Functions>,
        computed: &BTreeSet<String>,
        left_out: &BTreeSet<String>,
    ) -> Result<Self> {
        let layers: Vec<Arc<Layer>> = corpus.readable_layers().cloned().collect();
        let mut columns: Vec<TableColumn> = Vec::new();
        for (number, layer) in layers.iter().enumerate() {
            for (column, field) in layer.schema().fields().iter().enumerate() {
                if left_out.contains(field.name()) && number > 0 {
                    continue;
                }
                columns.push(TableColumn {
                    field: Arc::clone(field),
                    source: Source::Stored {
                        layer: number,
                        column,
                        wide: sink::is_wide_text(field),
                    },
                });
            }
        }
        let stored = columns.len();
        let named: Vec<&str> = computed
            .iter()
            .map(String::as_str)
            .filter(|name| !columns.iter().any(|c| c.field.name() == name))
            .collect();
        // The schema ends behind the named columns; inputs that come with them stand behind it.
        let exposed = stored + named.len();
        columns.extend(named.iter().map(|name| TableColumn {
            field: Arc::new(Field::new(*name, DataType::Null, true)),
            source: Source::Missing,
        }));
        for (number, name) in named.iter().enumerate() {
            columns[stored + number] = compute(&functions, name, &mut columns)?;
        }
        for (name, data_type, source) in [
            (PART, DataType::UInt32, Source::Part),
            (POSITION, DataType::UInt64, Source::Position),
        ] {
            columns.push(TableColumn {
                field: Arc::new(Field::new(name, data_type, false)),
                source,
            });
        }
        let fields: Vec<FieldRef> = columns[..exposed]
            .iter()
            .map(|c| Arc::clone(&c.field))
            .collect();
        Ok(Self {
            corpus,
            functions,
            layers,
            columns,
            schema: Arc::new(Schema::new(fields)),
            wanted: Wanted::All,
            switches: Switches::default(),
        })
    }

    /// Only these rows.
    #[must_use]
    pub fn with_wanted(self, wanted: Wanted) -> Self {
        Self { wanted, ..self }
    }

    /// With parts of the scan switched off, to compare answers.
    #[must_use]
    pub fn with_switches(self, switches: Switches) -> Self {
        Self { switches, ..self }
    }

    /// The corpus.
    pub fn corpus(&self) -> &Arc<Corpus> {
        &self.corpus
    }

    /// The functions that compute columns.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// The layers that are read, documents first.
    pub fn layers(&self) -> &[Arc<Layer>] {
        &self.layers
    }

    /// The schema's columns, then inputs of computed columns that stand outside the schema.
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// The places of the columns that say where a row lies: its part, its row in the part.
    pub fn position_columns(&self) -> [usize; 2] {
        [self.columns.len() - 2, self.columns.len() - 1]
    }

    /// Whether wide columns are in small pages, each of which can be read alone: not known of the user's
    /// own files.
    pub fn has_small_pages(&self) -> bool {
        let parts = &self.corpus.documents().manifest().parts;
        parts.iter().all(|p| !p.file.contains('/'))
    }

    /// The rows of the table.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// What is switched off.
    pub fn switches(&self) -> Switches {
        self.switches
    }

    async fn plan_scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let projection =
            projection.map_or_else(|| (0..self.schema.fields().len()).collect(), Clone::clone);
        // `corpus_name = 'other'`, for instance.
        if filters.iter().any(never_holds) {
            let schema = self.schema.project(&projection)?;
            return Ok(Arc::new(EmptyExec::new(Arc::new(schema))));
        }
        let filters = filters.into_iter().filter(|f| !always_holds(f)).collect();
        let scan = LayeredScanExec::try_new(self, session, projection, filters, limit)?;
        Ok(Arc::new(scan))
    }
}

fn always_holds(filter: &Arc<dyn PhysicalExpr>) -> bool {
    let literal = filter.downcast_ref::<Literal>();
    literal.is_some_and(|l| *l.value() == ScalarValue::Boolean(Some(true)))
}

/// Whether a filter is false or NULL whatever the row.
fn never_holds(filter: &Arc<dyn PhysicalExpr>) -> bool {
    let literal = filter.downcast_ref::<Literal>();
    literal.is_some_and(|l| {
        matches!(
            l.value(),
            ScalarValue::Boolean(None | Some(false)) | ScalarValue::Null
        )
    })
}

/// The column that computes `name`; inputs that are no columns yet are added to `columns`.
fn compute(
    functions: &Functions,
    name: &str,
    columns: &mut Vec<TableColumn>,
) -> Result<TableColumn> {
    if name == ID {
        return Ok(TableColumn {
            field: Arc::new(Field::new(ID, DataType::Utf8View, false)),
            source: Source::RowName,
        });
    }
    if name == POSITION {
        return Ok(TableColumn {
            field: Arc::new(Field::new(POSITION, DataType::UInt64, false)),
            source: Source::Position,
        });
    }
    if name == PART {
        return Ok(TableColumn {
            field: Arc::new(Field::new(PART, DataType::UInt32, false)),
            source: Source::Part,
        });
    }
    let column = functions
        .computed(name)
        .ok_or_else(|| Error::internal(format!("{name} is no column that can be computed")))?;
    let mut inputs = Vec::new();
    for input in &column.inputs {
        let place = match columns.iter().position(|c| c.field.name() == input) {
            Some(place) => place,
            None => {
                let hidden = if functions.computed(input).is_some() {
                    compute(functions, input, columns)?
                } else {
                    TableColumn {
                        field: Arc::new(Field::new(input, DataType::Utf8View, true)),
                        source: Source::Missing,
                    }
                };
                columns.push(hidden);
                columns.len() - 1
            }
        };
        inputs.push(place);
    }
    let text = column.text.as_ref().and_then(|text| {
        let place = column.inputs.iter().position(|input| input == text)?;
        Some(inputs[place])
    });
    Ok(TableColumn {
        field: Arc::new(Field::new(name, column.data_type, true)),
        source: Source::Computed {
            inputs,
            text,
            cost: column.cost,
            nanoseconds: column.nanoseconds,
        },
    })
}

impl TableProvider for LayeredTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    // Written without `async_trait`: proving its future `Send` costs seconds of every build.
    fn scan<'life0, 'life1, 'life2, 'life3, 'async_trait>(
        &'life0 self,
        state: &'life1 dyn Session,
        projection: Option<&'life2 Vec<usize>>,
        filters: &'life3 [Expr],
        limit: Option<usize>,
    ) -> Pin<Box<dyn Future<Output = DataFusionResult<Arc<dyn ExecutionPlan>>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        'life2: 'async_trait,
        'life3: 'async_trait,
        Self: 'async_trait,
    {
        let filters = DFSchema::try_from(Arc::clone(&self.schema)).and_then(|schema| {
            filters
                .iter()
                .map(|filter| state.create_physical_expr(filter.clone(), &schema))
                .collect::<Result<Vec<_>, DataFusionError>>()
        });
        match filters {
            Ok(filters) => Box::pin(self.plan_scan(state, projection, filters, limit)),
            Err(e) => Box::pin(std::future::ready(Err(e))),
        }
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        let answer = if self.switches.pushdown {
            TableProviderFilterPushDown::Exact
        } else {
            TableProviderFilterPushDown::Unsupported
        };
        Ok(vec![answer; filters.len()])
    }
}
