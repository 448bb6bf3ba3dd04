//! `*` means the stored columns, also where a query names columns that are computed.
//!
//! Computed columns and verdicts are columns of the table `corpus`, so `*` would list those that the query
//! names. They are *hidden*: the star of a query's result leaves them out. The star of a CTE or a derived
//! table keeps them, so that the query around it can name them; there they are hidden again.
//!
//! ```text
//!  WITH c AS (SELECT * FROM corpus WHERE source = 'wiki')     the star keeps rps_doc_word_count
//!  SELECT * FROM c WHERE rps_doc_word_count > 100             the star leaves it out
//! ```
//!
//! On the way, explicit calls like `rps_doc_word_count(text)` on columns of `corpus` become the column.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use corpusql_udfs::Functions;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    ExcludeSelectItem, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement as SqlStatement, TableAlias,
    TableFactor, VisitMut, VisitorMut, WildcardAdditionalOptions,
};

use super::calls;
use super::select::{last_name, normalised};

/// The table's name in queries.
pub const CORPUS: &str = "corpus";

/// Rewrites `statement` for a table `corpus` in which the columns `hidden` are no part of `*`.
pub fn rewrite(statement: &mut Statement, functions: &Functions, hidden: &[String]) {
    match statement {
        Statement::Explain(explain) => rewrite(&mut explain.statement, functions, hidden),
        Statement::Statement(statement) => {
            if let SqlStatement::Query(query) = statement.as_mut() {
                let corpus = Known {
                    hidden: hidden.to_vec(),
                    is_corpus: true,
                };
                let tables = BTreeMap::from([(CORPUS.to_string(), corpus.clone())]);
                let stars = Stars { functions, corpus };
                stars.query(query, &tables, false);
            }
        }
        _ => {}
    }
}

/// What is known of a table in scope.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Columns that its star leaves out.
    hidden: Vec<String>,
    /// Whether it is the corpus itself.
    is_corpus: bool,
}

type Tables = BTreeMap<String, Known>;

/// A table in a FROM clause.
struct Relation {
    name: Option<Ident>,
    known: Known,
    /// Columns that a join's USING has merged with those of tables before.
    merged: Vec<String>,
}

struct Stars<'a> {
    functions: &'a Functions,
    corpus: Known,
}

impl Stars<'_> {
    /// Rewrites a query; with `keep`, its stars keep hidden columns. Returns those it has kept.
    fn query(&self, query: &mut Query, tables: &Tables, keep: bool) -> Vec<String> {
        let mut tables = tables.clone();
        if let Some(with) = &mut query.with {
            for cte in &mut with.cte_tables {
                let keep = !with.recursive && cte.alias.columns.is_empty();
                let hidden = self.query(&mut cte.query, &tables, keep);
                let known = Known {
                    hidden,
                    is_corpus: false,
                };
                tables.insert(normalised(&cte.alias.name), known);
            }
        }
        let kept = self.set_expr(&mut query.body, &tables, keep);
        if let Some(order_by) = &mut query.order_by {
            let calls = self.calls_of(&query.body, &tables);
            self.expressions(order_by, &tables, calls.as_deref());
        }
        kept
    }

    fn set_expr(&self, body: &mut SetExpr, tables: &Tables, keep: bool) -> Vec<String> {
        match body {
            SetExpr::Select(select) => self.select(select, tables, keep),
            SetExpr::Query(query) => self.query(query, tables, keep),
            SetExpr::SetOperation { left, right, .. } => {
                // Both sides must have the same columns, so both keep them or neither does.
                if keep {
                    let (mut kept_left, mut kept_right) = (left.clone(), right.clone());
                    let kept = self.set_expr(&mut kept_left, tables, true);
                    if kept == self.set_expr(&mut kept_right, tables, true) {
                        (*left, *right) = (kept_left, kept_right);
                        return kept;
                    }
                }
                self.set_expr(left, tables, false);
                self.set_expr(right, tables, false);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn select(&self, select: &mut Select, tables: &Tables, keep: bool) -> Vec<String> {
        let mut relations = Vec::new();
        for from in &mut select.from {
            self.factor(&mut from.relation, tables, &mut relations);
            for join in &mut from.joins {
                let before = relations.len();
                self.factor(&mut join.relation, tables, &mut relations);
                let using = using_columns(&join.join_operator);
                if let Some(relation) = relations.get_mut(before) {
                    relation.merged = using;
                }
            }
        }
        let calls = call_scope(&relations);
        self.expressions(select, tables, calls.as_deref());

        let explicit: Vec<String> = select.projection.iter().filter_map(output_name).collect();
        let mut kept = Vec::new();
        let mut hide = |options: &mut WildcardAdditionalOptions, known: &[String]| {
            let (listed, free): (Vec<String>, Vec<String>) = known
                .iter()
                .cloned()
                .partition(|name| explicit.contains(name));
            exclude(options, &listed);
            if keep {
                kept.extend(free);
            } else {
                exclude(options, &free);
            }
        };
        let with_hidden = relations.iter().filter(|r| !r.known.hidden.is_empty());
        let several = with_hidden.count() > 1;
        let mut projection = Vec::with_capacity(select.projection.len());
        for item in select.projection.drain(..) {
            match item {
                SelectItem::Wildcard(options)
                    if several && relations.iter().all(|r| r.name.is_some()) =>
                {
                    // A hidden name is ambiguous among several tables: each table's star, one by one.
                    for relation in &relations {
                        let mut options = options.clone();
                        exclude(&mut options, &relation.merged);
                        hide(&mut options, &relation.known.hidden);
                        let name = relation.name.clone().into_iter().collect::<Vec<_>>();
                        projection.push(SelectItem::QualifiedWildcard(
                            SelectItemQualifiedWildcardKind::ObjectName(ObjectName::from(name)),
                            options,
                        ));
                    }
                }
                SelectItem::Wildcard(mut options) => {
                    for relation in &relations {
                        hide(&mut options, &relation.known.hidden);
                    }
                    projection.push(SelectItem::Wildcard(options));
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    mut options,
                ) => {
                    let wanted = last_name(&name);
                    let relation = relations
                        .iter()
                        .find(|r| r.name.as_ref().map(normalised) == wanted);
                    if let Some(relation) = relation {
                        hide(&mut options, &relation.known.hidden);
                    }
                    projection.push(SelectItem::QualifiedWildcard(
                        SelectItemQualifiedWildcardKind::ObjectName(name),
                        options,
                    ));
                }
                other => projection.push(other),
            }
        }
        select.projection = projection;
        kept
    }

    /// Rewrites what stands in a FROM clause and adds its tables to `relations`.
    fn factor(&self, factor: &mut TableFactor, tables: &Tables, relations: &mut Vec<Relation>) {
        let named = |alias: &Option<TableAlias>| alias.as_ref().map(|a| a.name.clone());
        let renamed =
            |alias: &Option<TableAlias>| alias.as_ref().is_some_and(|a| !a.columns.is_empty());
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let known = match last_name(name) {
                    _ if renamed(alias) => Known::default(),
                    Some(table) if name.0.len() == 1 => {
                        tables.get(&table).cloned().unwrap_or_default()
                    }
                    // With a schema in front it is the corpus, whatever a CTE is called.
                    Some(table) if table == CORPUS => self.corpus.clone(),
                    _ => Known::default(),
                };
                let own = name.0.last().and_then(|part| part.as_ident()).cloned();
                relations.push(Relation {
                    name: named(alias).or(own),
                    known,
                    merged: Vec::new(),
                });
            }
            TableFactor::Derived {
                subquery, alias, ..
            } => {
                let hidden = self.query(subquery, tables, !renamed(alias));
                relations.push(Relation {
                    name: named(alias),
                    known: Known {
                        hidden,
                        is_corpus: false,
                    },
                    merged: Vec::new(),
                });
            }
            TableFactor::NestedJoin {
                table_with_joins, ..
            } => {
                self.factor(&mut table_with_joins.relation, tables, relations);
                for join in &mut table_with_joins.joins {
                    self.factor(&mut join.relation, tables, relations);
                }
            }
            _ => relations.push(Relation {
                name: None,
                known: Known::default(),
                merged: Vec::new(),
            }),
        }
    }

    /// Rewrites the queries inside expressions, and calls that are columns of `calls`.
    fn expressions(&self, node: &mut impl VisitMut, tables: &Tables, calls: Option<&[String]>) {
        let mut visitor = Expressions {
            stars: self,
            tables,
            calls,
            depth: 0,
        };
        let _ = VisitMut::visit(node, &mut visitor);
    }

    /// The tables on whose columns calls in the ORDER BY of `body` may stand.
    fn calls_of(&self, body: &SetExpr, tables: &Tables) -> Option<Vec<String>> {
        let SetExpr::Select(select) = body else {
            return None;
        };
        let mut relations = Vec::new();
        for from in &mut select.from.clone() {
            self.factor(&mut from.relation, tables, &mut relations);
            for join in &mut from.joins {
                self.factor(&mut join.relation, tables, &mut relations);
            }
        }
        call_scope(&relations)
    }
}

/// The names of the tables, if all of them are the corpus.
fn call_scope(relations: &[Relation]) -> Option<Vec<String>> {
    relations
        .iter()
        .map(|r| match &r.name {
            Some(name) if r.known.is_corpus => Some(normalised(name)),
            _ => None,
        })
        .collect()
}

/// Walks expressions, and not into queries, which are rewritten as wholes.
struct Expressions<'a> {
    stars: &'a Stars<'a>,
    tables: &'a Tables,
    calls: Option<&'a [String]>,
    depth: usize,
}

impl VisitorMut for Expressions<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::Subquery(subquery)
            | Expr::Exists { subquery, .. }
            | Expr::InSubquery { subquery, .. } => {
                self.stars.query(subquery, self.tables, false);
            }
            _ => {
                if let Some(column) = self.column_of(expr) {
                    *expr = column;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

impl Expressions<'_> {
    /// The column that a call stands for.
    fn column_of(&self, expr: &Expr) -> Option<Expr> {
        let tables = self.calls?;
        let column = calls::column_of(expr, self.stars.functions)?;
        let known = match &column.table {
            None => true,
            Some(table) => tables.contains(&normalised(table)),
        };
        known.then(|| column.into_expr())
    }
}

/// The name under which an item comes out, where it is written.
fn output_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(Expr::Identifier(ident))
        | SelectItem::ExprWithAlias { alias: ident, .. } => Some(normalised(ident)),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().map(normalised),
        _ => None,
    }
}

/// Adds names to the EXCLUDE list of a star.
fn exclude(options: &mut WildcardAdditionalOptions, names: &[String]) {
    let mut list = match options.opt_exclude.take() {
        None => Vec::new(),
        Some(ExcludeSelectItem::Single(name)) => vec![name],
        Some(ExcludeSelectItem::Multiple(names)) => names,
    };
    let excepted: Vec<String> = options
        .opt_except
        .iter()
        .fold(Vec::new(), |mut all, except| {
            all.push(normalised(&except.first_element));
            all.extend(except.additional_elements.iter().map(normalised));
            all
        });
    for name in names {
        let known = list.iter().any(|n| last_name(n).as_ref() == Some(name));
        if !known && !excepted.contains(name) {
            list.push(ObjectName::from(vec![Ident::with_quote('"', name)]));
        }
    }
    if !list.is_empty() {
        options.opt_exclude = Some(ExcludeSelectItem::Multiple(list));
    }
}

fn using_columns(join: &JoinOperator) -> Vec<String> {
    match join {
        JoinOperator::Join(JoinConstraint::Using(names))
        | JoinOperator::Inner(JoinConstraint::Using(names))
        | JoinOperator::Left(JoinConstraint::Using(names))
        | JoinOperator::LeftOuter(JoinConstraint::Using(names)) => {
            names.iter().filter_map(last_name).collect()
        }
        _ => Vec::new(),
    }
}
