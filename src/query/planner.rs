//! SQL over corpora → a plan: what each name in it means, which columns are stored and which computed.
//!
//! ```text
//!  SQL ─▶ names: stored? computed? a verdict? ─▶ table `corpus` with just these ─▶ DataFusion plans
//!      ─▶ in (part, row) order whatever runs in parallel
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use corpusql_udfs::VirtualColumn;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::DataFusionError;
use datafusion::execution::{
    SendableRecordBatchStream, SessionState, SessionStateBuilder, TaskContext,
};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, collect, execute_stream};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Expr as SqlExpr;

use super::calls;
use super::distinct;
use super::filter_file::{split_verdict, verdict_column};
use super::names::{self, Unknown};
use super::order::{self, InOrderExec};
use super::stars::{self, CORPUS};
use super::{Kind, Settings};
use crate::corpus::scan::Switches;
pub use crate::corpus::scan::units::PartRows;
use crate::corpus::scan::units::Wanted;
use crate::corpus::table::{ID, LayeredTable};
pub use crate::corpus::table::{PART, POSITION};
use crate::corpus::{Corpus, Layer, fingerprint};
use crate::error::{Error, Result, near_miss};
use crate::session::Engine;

/// The column that says which corpus a row is of, where a query reads several.
pub const CORPUS_NAME: &str = "corpus_name";

/// Plans queries over one or several corpora.
#[derive(Debug)]
pub struct Planner<'a> {
    engine: &'a Engine,
    corpora: Vec<Arc<Corpus>>,
    settings: Settings,
    /// By corpus; all rows of a corpus without.
    wanted: Vec<Wanted>,
    switches: Switches,
    origin: String,
    source: Option<String>,
}

/// A query, ready to run.
#[derive(Debug)]
pub struct Planned {
    logical: LogicalPlan,
    physical: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    warnings: Vec<String>,
}

impl<'a> Planner<'a> {
    /// A planner for the table `corpus` over `corpora`.
    pub fn new(engine: &'a Engine, corpora: &[Arc<Corpus>]) -> Result<Self> {
        if corpora.is_empty() {
            return Err(Error::internal("a query needs a corpus"));
        }
        Ok(Self {
            engine,
            corpora: corpora.to_vec(),
            settings: Settings::load(engine.options())?,
            wanted: Vec::new(),
            switches: Switches::default(),
            origin: "the query".to_string(),
            source: None,
        })
    }

    /// With these filters and parameters.
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// Only the rows of one part.
    #[must_use]
    pub fn with_part(self, part: usize) -> Self {
        Self {
            wanted: vec![Wanted::Part(part); self.corpora.len()],
            ..self
        }
    }

    /// Only these rows of each corpus, in this order. [`PART`] and [`POSITION`] are then columns.
    #[must_use]
    pub fn with_rows(self, rows: Vec<Vec<PartRows>>) -> Self {
        Self {
            wanted: rows.into_iter().map(Wanted::Rows).collect(),
            ..self
        }
    }

    /// With parts of the scan switched off, to compare answers.
    #[must_use]
    pub fn with_switches(self, switches: Switches) -> Self {
        Self { switches, ..self }
    }

    /// The name of the SQL in errors: a file, unless it is the command line's.
    #[must_use]
    pub fn with_origin(self, origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            ..self
        }
    }

    /// What the user wrote, in `origin`, where the SQL was made from it: errors point there.
    #[must_use]
    pub fn with_source(self, origin: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            source: Some(text.into()),
            ..self
        }
    }

    /// Plans one query.
    pub async fn plan(&self, sql: &str) -> Result<Planned> {
        let mut statement = names::parse(&self.origin, sql)?;
        let names = Names::resolve(self, sql, &statement)?;
        stars::rewrite(&mut statement, self.engine.functions(), &names.hidden());
        let context = self.context()?;
        context.register_table(CORPUS, self.table(&context.state(), &names)?)?;
        let state = context.state();
        let planned = async {
            let logical = state.statement_to_plan(statement).await?;
            let logical = state.optimize(&logical)?;
            let planner = state.query_planner();
            let physical = planner.create_physical_plan(&logical, &state).await?;
            Ok::<_, DataFusionError>((logical, physical))
        };
        let (logical, physical) = planned
            .await
            .map_err(|e| self.explain_error(sql, &names, e))?;
        Ok(Planned {
            logical,
            physical,
            context: context.task_ctx(),
            warnings: names.warnings,
        })
    }

    fn context(&self) -> Result<SessionContext> {
        let mut config = self.engine.config();
        order::configure(&mut config);
        let mut state = SessionStateBuilder::new()
            .with_default_features()
            .with_config(config)
            .with_runtime_env(Arc::clone(self.engine.runtime()));
        for rule in order::rules(self.engine.options().threads) {
            state = state.with_physical_optimizer_rule(rule);
        }
        let mut state = state.build();
        self.engine.functions().register(&mut state)?;
        Ok(SessionContext::new_with_state(state))
    }

    /// The table `corpus`: of each corpus its columns and verdicts; of several, their union.
    fn table(&self, state: &SessionState, names: &Names) -> Result<Arc<dyn TableProvider>> {
        let mut tables = self
            .corpora
            .iter()
            .zip(&names.of_corpora)
            .enumerate()
            .map(|(number, (corpus, of))| {
                let functions = Arc::clone(self.engine.functions());
                let table =
                    LayeredTable::new(Arc::clone(corpus), functions, &of.computed, &of.left_out)?;
                Ok((
                    corpus,
                    table
                        .with_wanted(self.wanted.get(number).cloned().unwrap_or_default())
                        .with_switches(self.switches),
                ))
            })
            .collect::<Result<Vec<_>>>()?;
        if let (true, [_]) = (names.verdicts.is_empty(), tables.as_slice())
            && let Some((_, table)) = tables.pop()
        {
            return Ok(Arc::new(table));
        }
        let several = tables.len() > 1;
        let mut union: Option<LogicalPlanBuilder> = None;
        for (corpus, table) in tables {
            let scan = LogicalPlanBuilder::scan(CORPUS, provider_as_source(Arc::new(table)), None)?;
            let mut columns: Vec<Expr> = scan
                .schema()
                .columns()
                .into_iter()
                .map(|c| Expr::Column(c.clone()).alias(c.name))
                .collect();
            for (name, verdict) in &names.verdicts {
                let verdict = verdict_expr(state, verdict, scan.schema())
                    .map_err(|e| verdict_error(name, corpus, e))?;
                columns.push(verdict.alias(name));
            }
            if several {
                if scan
                    .schema()
                    .columns()
                    .iter()
                    .any(|c| c.name == CORPUS_NAME)
                {
                    return Err(Error::user(format!(
                        "{} stores a column {CORPUS_NAME}, which of several corpora says which one a row is of",
                        corpus.root().display()
                    ))
                    .hint("query this corpus by itself, or annotate the layer again with another name"));
                }
                columns.insert(0, lit(corpus.name()).alias(CORPUS_NAME));
            }
            let one = scan.project(columns)?;
            union = Some(match union {
                None => one,
                Some(before) => before.union_by_name(one.build()?)?,
            });
        }
        let plan = union.ok_or_else(|| Error::internal("a query needs a corpus"))?;
        let plan = if several {
            // By name: columns that only some corpora have come last, hidden ones behind them.
            let hidden = names.hidden();
            let (last, mut columns): (Vec<Expr>, Vec<Expr>) = plan
                .schema()
                .columns()
                .into_iter()
                .map(Expr::Column)
                .partition(|c| hidden.contains(&c.schema_name().to_string()));
            columns.extend(last);
            plan.project(columns)?
        } else {
            plan
        };
        Ok(Arc::new(ViewTable::new(plan.build()?, None)))
    }

    /// What planning failed at, in words about the query and the corpus.
    fn explain_error(&self, sql: &str, names: &Names, error: DataFusionError) -> Error {
        let sql = self.source.as_deref().unwrap_or(sql);
        match names::unknown_name(&error) {
            Some(Unknown::Column(name, valid)) => {
                if let Some((_, why)) = names.no_verdicts.iter().find(|(n, _)| *n == name) {
                    let hint = why.next_step().map(str::to_string);
                    let place = names::place(&self.origin, sql, &name);
                    let error = Error::user(format!("{place}: {}", why.message()));
                    return match hint {
                        Some(hint) => error.hint(hint),
                        None => error,
                    };
                }
                self.unknown_column(sql, &name, &valid)
            }
            Some(Unknown::Table(name)) => Error::user(format!(
                "{}: there is no table {name}",
                names::place(&self.origin, sql, &name)
            ))
            .hint(format!(
                "the documents and their annotations are the table `{CORPUS}`"
            )),
            Some(Unknown::Function(name, near)) => {
                let error = Error::user(format!(
                    "{}: there is no function {name}",
                    names::place(&self.origin, sql, &name)
                ));
                match near_miss(&name, near.as_deref()) {
                    Some(near) => error.hint(format!("did you mean {near}?")),
                    None => error.hint("`corpusql functions` lists those of this program"),
                }
            }
            None => match names::parser_error(&error) {
                Some(e) => super::select::syntax_error(&self.origin, e),
                None => self.cannot_plan(error),
            },
        }
    }

    /// The cause itself comes first, where it is of the query.
    fn cannot_plan(&self, error: DataFusionError) -> Error {
        let error = Error::from(error);
        let of_outer = ["ScalarSubquery(", "OuterReferenceColumn("];
        if of_outer.iter().any(|what| error.message().contains(what)) {
            return Error::user(format!(
                "{}: a subquery that reads the query around it needs an equality with it",
                self.origin
            ))
            .hint("compare with = as in WHERE d.source = c.source, or write a JOIN");
        }
        if error.kind() == crate::error::Kind::Internal
            || std::error::Error::source(&error).is_some()
        {
            return error.context(format!("{} cannot be planned", self.origin));
        }
        let words = Error::user(format!("{}: {}", self.origin, error.message()));
        match error.next_step() {
            Some(hint) => words.hint(hint),
            None => words,
        }
    }

    fn unknown_column(&self, sql: &str, name: &str, valid: &[String]) -> Error {
        let place = names::place(&self.origin, sql, name);
        for corpus in &self.corpora {
            let stale = corpus
                .layers()
                .iter()
                .find(|l| l.stale().is_some() && l.schema().index_of(name).is_ok());
            if let Some(layer) = stale {
                return Error::user(format!(
                    "{place}: the column {name} is stored in layer {} of {}, which is out of date: {}",
                    layer.name(),
                    corpus.name(),
                    layer.stale().unwrap_or_default()
                ))
                .hint(format!(
                    "`{}` brings it up to date",
                    layer.command(corpus.root())
                ));
            }
        }
        let verdicts: Vec<String> = self
            .settings
            .library()
            .names(Kind::Filter)
            .map(verdict_column)
            .collect();
        let functions = self.engine.functions();
        let known = valid
            .iter()
            .map(String::as_str)
            .chain(functions.virtual_columns().map(|c| c.name))
            .chain(verdicts.iter().map(String::as_str));
        let error = Error::user(format!("{place}: there is no column {name}"));
        // Signatures and fingerprints: layers of one column, of the same name.
        if self
            .settings
            .library()
            .names(Kind::Layer)
            .any(|layer| layer == name)
        {
            return error.hint(format!("`corpusql annotate CORPUS {name}` makes it"));
        }
        match near_miss(name, known) {
            Some(near) if near.to_lowercase() != near => {
                error.hint(format!("did you mean \"{near}\"? capitals need the quotes"))
            }
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint(match distinct::preset_of(name) {
                Some(preset) => format!("if {preset} is a preset, `corpusql dedup CORPUS {preset}` makes it"),
                None => "`corpusql inspect CORPUS` lists the stored columns, `corpusql functions` the computed ones".to_string(),
            }),
        }
    }
}

impl Planned {
    /// The columns that come out.
    pub fn schema(&self) -> SchemaRef {
        self.physical.schema()
    }

    /// What a user should know of the answer: layers left out, columns that are out of date.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The optimised logical plan.
    pub fn logical(&self) -> &LogicalPlan {
        &self.logical
    }

    /// The physical plan; its metrics fill while it runs.
    pub fn physical(&self) -> &Arc<dyn ExecutionPlan> {
        &self.physical
    }

    /// The rows: in (part, row) order where the query orders nothing, the same for any threads.
    pub async fn stream(self) -> Result<SendableRecordBatchStream> {
        Ok(execute_stream(self.physical, self.context)?)
    }

    /// The rows of each partition by themselves, for those whose answer does not depend on their order.
    pub fn partitions(self) -> Partitions {
        let plan = match self.physical.downcast_ref::<InOrderExec>() {
            Some(in_order) if in_order.fetch().is_none() => Arc::clone(in_order.input()),
            _ => self.physical,
        };
        Partitions {
            plan,
            context: self.context,
        }
    }

    /// All rows.
    pub async fn collect(self) -> Result<Vec<RecordBatch>> {
        Ok(collect(self.physical, self.context).await?)
    }
}

/// The partitions of a query's rows.
#[derive(Debug)]
pub struct Partitions {
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
}

impl Partitions {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.plan.output_partitioning().partition_count()
    }

    /// The rows of one.
    pub fn stream(&self, partition: usize) -> Result<SendableRecordBatchStream> {
        Ok(self.plan.execute(partition, Arc::clone(&self.context))?)
    }
}

/// What the names of a query mean.
struct Names {
    of_corpora: Vec<OfCorpus>,
    /// Verdict columns and the expressions they stand for.
    verdicts: BTreeMap<String, SqlExpr>,
    /// Names that look like verdicts, and why they are none.
    no_verdicts: Vec<(String, Error)>,
    warnings: Vec<String>,
}

/// What the names mean in one corpus.
struct OfCorpus {
    /// Columns to compute: named, not stored.
    computed: BTreeSet<String>,
    /// Stored columns that are out of date.
    left_out: BTreeSet<String>,
}

impl Names {
    fn resolve(planner: &Planner<'_>, sql: &str, statement: &Statement) -> Result<Self> {
        let functions = planner.engine.functions();
        let mut words = names::words(sql);
        let mut calls = calls::over_texts(statement, functions);
        let mut verdicts = BTreeMap::new();
        let mut no_verdicts = Vec::new();
        for word in words.clone() {
            if split_verdict(&word).is_none() {
                continue;
            }
            match planner.settings.verdict(&word) {
                Ok(Some(mut verdict)) => {
                    words.extend(names::words(&verdict.to_string()));
                    calls.extend(calls::replace(&mut verdict, functions));
                    verdicts.insert(word, verdict);
                }
                Ok(None) => {}
                Err(e) => no_verdicts.push((word, e)),
            }
        }
        let named: Vec<&VirtualColumn> = functions
            .virtual_columns()
            .filter(|c| words.contains(c.name) || words.contains(c.function))
            .collect();
        let mut warnings = Vec::new();
        let mut stale = Vec::new();
        for corpus in &planner.corpora {
            warnings.extend(corpus.warnings());
            let (left_out, said) = stale_columns(planner, corpus)?;
            warnings.extend(said);
            stale.push(left_out);
        }
        // A signal that one corpus stores is part of `*`, so the others compute it.
        let mut elsewhere: BTreeSet<&str> = BTreeSet::new();
        if planner.corpora.len() > 1 {
            for (corpus, left_out) in planner.corpora.iter().zip(&stale) {
                elsewhere.extend(
                    functions
                        .virtual_columns()
                        .map(|c| c.name)
                        .filter(|name| is_stored(corpus, left_out, name)),
                );
            }
        }
        let mut of_corpora = Vec::new();
        for (corpus, left_out) in planner.corpora.iter().zip(stale) {
            let mut computed: BTreeSet<String> = named
                .iter()
                .map(|c| c.name)
                .chain(elsewhere.iter().copied())
                .filter(|name| !is_stored(corpus, &left_out, name))
                .map(str::to_string)
                .chain(calls.iter().cloned())
                .collect();
            if words.contains(ID) && !is_stored(corpus, &left_out, ID) {
                computed.insert(ID.to_string());
            }
            for place in [PART, POSITION] {
                if words.contains(place) && !planner.wanted.is_empty() {
                    computed.insert(place.to_string());
                }
            }
            for column in &named {
                if let Some(missing) = column.missing
                    && !is_stored(corpus, &left_out, column.name)
                {
                    return Err(Error::user(format!(
                        "{} needs {}, and none is loaded",
                        column.name, missing.what
                    ))
                    .hint(format!("{} loads it", missing.option)));
                }
            }
            let missing: BTreeSet<String> = computed
                .iter()
                .filter_map(|name| functions.computed(name))
                .flat_map(|c| c.inputs)
                .filter(|input| {
                    functions.computed(input).is_none() && !is_stored(corpus, &left_out, input)
                })
                .collect();
            for input in missing {
                warnings.push(format!(
                    "{} has no column {input}: signals that read it are NULL; `corpusql ingest --map {input}=COLUMN` maps one",
                    corpus.name()
                ));
            }
            of_corpora.push(OfCorpus { computed, left_out });
        }
        Ok(Self {
            of_corpora,
            verdicts,
            no_verdicts,
            warnings,
        })
    }

    /// The columns of the table that `*` leaves out: stored nowhere, or verdicts.
    fn hidden(&self) -> Vec<String> {
        let mut everywhere: BTreeSet<&String> = match self.of_corpora.split_first() {
            None => BTreeSet::new(),
            Some((first, rest)) => first
                .computed
                .iter()
                .filter(|name| rest.iter().all(|of| of.computed.contains(*name)))
                .collect(),
        };
        everywhere.extend(self.verdicts.keys());
        everywhere.into_iter().cloned().collect()
    }
}

fn is_stored(corpus: &Corpus, left_out: &BTreeSet<String>, column: &str) -> bool {
    corpus
        .stored_column(column)
        .is_some_and(|(layer, _)| !is_left_out(corpus, layer, left_out, column))
}

fn is_left_out(corpus: &Corpus, layer: &Layer, left_out: &BTreeSet<String>, column: &str) -> bool {
    layer.name() != corpus.documents().name() && left_out.contains(column)
}

/// Columns of `corpus` named like a signal that were computed by another or an older definition, and words
/// about them.
fn stale_columns(
    planner: &Planner<'_>,
    corpus: &Corpus,
) -> Result<(BTreeSet<String>, Vec<String>)> {
    let functions = planner.engine.functions();
    let mut columns = BTreeSet::new();
    let mut warnings = Vec::new();
    for layer in corpus.readable_layers().skip(1) {
        let mut here = Vec::new();
        let mut others = Vec::new();
        for column in &layer.manifest().columns {
            let Some(signal) = functions.virtual_column(&column.name) else {
                continue;
            };
            let now = fingerprint::of_expression(
                &signal.call,
                &[(signal.function.to_string(), signal.fingerprint)],
                &column.data_type,
            );
            if column.definition != signal.call {
                columns.insert(column.name.clone());
                others.push(column.name.as_str());
            } else if column.fingerprint != now {
                columns.insert(column.name.clone());
                here.push(column.name.as_str());
            }
        }
        if !others.is_empty() {
            warnings.push(format!(
                "{} of layer {} of {} are not what functions of the same name give, and are computed instead; `corpusql annotate` with --prefix or other names in the SQL keeps both",
                others.join(", "),
                layer.name(),
                corpus.name()
            ));
        }
        if !here.is_empty() {
            warnings.push(format!(
                "{} of layer {} of {} were made by another definition or word list and are computed instead; `corpusql annotate {} {}` brings them up to date",
                here.join(", "),
                layer.name(),
                corpus.name(),
                corpus.root().display(),
                layer.name()
            ));
        }
    }
    Ok((columns, warnings))
}

/// A verdict as an expression over the table. `coalesce(rule, false)` becomes `rule IS TRUE`, which means
/// the same and which the scan can take apart.
fn verdict_expr(
    state: &SessionState,
    verdict: &SqlExpr,
    schema: &DFSchema,
) -> Result<Expr, DataFusionError> {
    let expr = state.create_logical_expr(&verdict.to_string(), schema)?;
    expr.transform_up(|expr| match expr {
        Expr::ScalarFunction(mut call)
            if call.func.name() == "coalesce" && call.args.get(1) == Some(&lit(false)) =>
        {
            Ok(Transformed::yes(Expr::IsTrue(Box::new(
                call.args.swap_remove(0),
            ))))
        }
        other => Ok(Transformed::no(other)),
    })
    .map(|t| t.data)
}

fn verdict_error(name: &str, corpus: &Corpus, error: DataFusionError) -> Error {
    let filter = split_verdict(name).map_or(name, |(filter, _)| filter);
    match names::unknown_name(&error) {
        Some(Unknown::Column(column, _)) => Error::user(format!(
            "filter {filter} needs the column {column}, which {} does not have and which is no signal",
            corpus.name()
        ))
        .hint("annotate the layer that has it, or ingest with --map"),
        _ => Error::from(error).context(format!("filter {filter} does not fit {}", corpus.name())),
    }
}
