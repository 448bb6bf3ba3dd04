//! Calls that are columns: `rps_doc_word_count(text)` is the column `rps_doc_word_count`, and
//! `rps_doc_word_count(some_text(text))` is the column of that name over a text made from the text.
//! As columns they are computed in one pass with others over the same text.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use corpusql_udfs::Functions;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Value, Visit, VisitMut, Visitor,
    VisitorMut,
};

use super::select::{last_name, normalised};

/// A column, and the table that the arguments of its call name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledColumn {
    /// The table in front of the arguments.
    pub table: Option<Ident>,
    /// The column.
    pub name: String,
}

impl CalledColumn {
    /// The column as SQL.
    pub fn into_expr(self) -> Expr {
        let ident = Ident::with_quote('"', self.name);
        match self.table {
            None => Expr::Identifier(ident),
            Some(table) => Expr::CompoundIdentifier(vec![table, ident]),
        }
    }
}

/// The column that `expr` stands for, if it is a call on columns of one table.
pub fn column_of(expr: &Expr, functions: &Functions) -> Option<CalledColumn> {
    let Expr::Function(function) = expr else {
        return None;
    };
    let FunctionArguments::List(arguments) = &function.args else {
        return None;
    };
    if !arguments.clauses.is_empty()
        || arguments.duplicate_treatment.is_some()
        || function.over.is_some()
        || function.filter.is_some()
    {
        return None;
    }
    let name = last_name(&function.name)?;
    let column = functions.virtual_columns().find(|c| {
        c.function == name
            && c.inputs.len() + usize::from(c.literal.is_some()) == arguments.args.len()
            && c.literal
                .is_none_or(|value| arguments.args.last().and_then(literal) == Some(value))
    })?;
    let mut table: Option<Option<Ident>> = None;
    let mut text = None;
    for (argument, input) in arguments.args.iter().zip(&column.inputs) {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument else {
            return None;
        };
        let of = match argument {
            Expr::Function(_) => column_of(argument, functions)?,
            Expr::Identifier(ident) => CalledColumn {
                table: None,
                name: normalised(ident),
            },
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, ident] => CalledColumn {
                    table: Some(table.clone()),
                    name: normalised(ident),
                },
                _ => return None,
            },
            _ => return None,
        };
        let first = table.get_or_insert_with(|| of.table.clone());
        if first.as_ref().map(normalised) != of.table.as_ref().map(normalised) {
            return None;
        }
        if of.name != *input {
            // Only the text can be another than the documents'.
            if *input != "text" || !column.cost.reads_text() {
                return None;
            }
            text = Some(of.name);
        }
    }
    Some(CalledColumn {
        table: table.flatten(),
        name: match text {
            None => column.name.to_string(),
            Some(text) => functions.over(column.name, &text)?,
        },
    })
}

/// The string that an argument is.
fn literal(argument: &FunctionArg) -> Option<&str> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Replaces calls in `expr` that are columns; returns those over texts that are made.
pub fn replace(expr: &mut Expr, functions: &Functions) -> BTreeSet<String> {
    struct Replace<'a> {
        functions: &'a Functions,
        found: BTreeSet<String>,
    }
    impl VisitorMut for Replace<'_> {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Some(column) = column_of(expr, self.functions) {
                if is_call(&column.name) {
                    self.found.insert(column.name.clone());
                }
                *expr = column.into_expr();
            }
            ControlFlow::Continue(())
        }
    }
    let mut replace = Replace {
        functions,
        found: BTreeSet::new(),
    };
    let _ = VisitMut::visit(expr, &mut replace);
    replace.found
}

/// The columns over texts that are made, which calls in `statement` may stand for.
pub fn over_texts(statement: &Statement, functions: &Functions) -> BTreeSet<String> {
    struct Find<'a> {
        functions: &'a Functions,
        found: BTreeSet<String>,
    }
    impl Visitor for Find<'_> {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Some(column) = column_of(expr, self.functions)
                && is_call(&column.name)
            {
                self.found.insert(column.name);
            }
            ControlFlow::Continue(())
        }
    }
    let mut find = Find {
        functions,
        found: BTreeSet::new(),
    };
    let mut inner = statement;
    while let Statement::Explain(explain) = inner {
        inner = &explain.statement;
    }
    if let Statement::Statement(statement) = inner {
        let _ = Visit::visit(statement.as_ref(), &mut find);
    }
    find.found
}

fn is_call(column: &str) -> bool {
    column.contains('(')
}
