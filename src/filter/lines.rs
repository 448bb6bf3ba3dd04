//! The lines of a removed document that its rules object to.
//!
//! A line is marked for a rule when the rule's upper bounds do not hold of that line taken as a document by
//! itself: a line of digits for a rule on digits, a line with a brace for a rule on braces. Lower bounds
//! (too few words) are no line's fault, and a rule that objects to every line says nothing of any. For rules on repetition the lines that stand in the document more
//! than once are marked, too. Rules over columns that are no signals of the text mark nothing.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, visit_expressions_mut};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use serde::Serialize;

use super::scan::BoundRule;
use super::thresholds::columns;
use crate::error::Result;
use crate::session::Engine;

/// Lines of a document that are judged.
const MOST_JUDGED: usize = 2000;
/// Code points of a line that are judged.
const MOST_JUDGED_CHARACTERS: usize = 20_000;
/// Lines that are shown, about.
const MOST_SHOWN: usize = 12;
/// Lines shown of a document without marks.
const UNMARKED_SHOWN: usize = 6;
/// Code points of a line that are shown.
const MOST_CHARACTERS: usize = 240;
/// Signals that are computed from signals from signals …
const MOST_NESTED: usize = 8;
/// What stands in the names of measures of repetition.
const REPETITION: [&str; 4] = ["dup", "repe", "top_", "gram"];

/// A line as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownLine {
    /// Its number in the document, from 1.
    pub number: u64,
    /// It, cut where it is long.
    pub text: String,
    /// The rules that object to it.
    pub marked_by: Vec<String>,
}

/// The lines of one document.
#[derive(Debug)]
pub struct Lines {
    text: String,
    /// The values of the columns that signals read beside the text.
    inputs: Vec<Option<String>>,
}

impl Lines {
    /// The lines of `text`.
    pub fn of(text: String, inputs: Vec<Option<String>>) -> Self {
        Self { text, inputs }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.text.lines().count() as u64
    }

    /// Lines that are judged and not blank.
    fn not_blank(&self) -> usize {
        self.judged().filter(|line| !line.trim().is_empty()).count()
    }

    fn judged(&self) -> impl Iterator<Item = &str> {
        self.text.lines().take(MOST_JUDGED)
    }
}

/// The lines to show of each document, marked by the rules that it fails.
pub async fn mark(
    engine: &Engine,
    rules: &[BoundRule],
    inputs: &[String],
    documents: &[Lines],
    failed: &[Vec<usize>],
) -> Result<Vec<Vec<ShownLine>>> {
    let mut objections: Vec<BTreeMap<usize, Vec<usize>>> = vec![BTreeMap::new(); documents.len()];
    let judged: Vec<(usize, String)> = rules
        .iter()
        .enumerate()
        .filter(|(rule, _)| failed.iter().any(|f| f.contains(rule)))
        .filter_map(|(rule, bound)| {
            let bounds = calls(engine, upper_bounds(&bound.expr)?)?;
            let known = |c: &String| c == "text" || inputs.contains(c);
            columns(&bounds)
                .iter()
                .all(known)
                .then(|| (rule, bounds.to_string()))
        })
        .collect();
    let mut found = judge(engine, &judged, inputs, documents).await?;
    found.retain(|(rule, document, _)| failed[*document].contains(rule));
    found.sort_unstable();
    for of_rule in found.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (rule, document, _) = of_rule[0];
        // A rule that objects to every line says nothing of any.
        if of_rule.len() > 1 && of_rule.len() == documents[document].not_blank() {
            continue;
        }
        for (_, _, line) in of_rule {
            objections[document].entry(*line).or_default().push(rule);
        }
    }
    for (document, lines) in documents.iter().enumerate() {
        let about_repetition: Vec<usize> = failed[document]
            .iter()
            .copied()
            .filter(|rule| {
                let names = columns(&rules[*rule].expr);
                names
                    .iter()
                    .any(|n| REPETITION.iter().any(|r| n.contains(r)))
            })
            .collect();
        if about_repetition.is_empty() {
            continue;
        }
        for line in repeated(lines) {
            let objecting = objections[document].entry(line).or_default();
            objecting.extend(&about_repetition);
            objecting.sort_unstable();
            objecting.dedup();
        }
    }
    let shown = documents.iter().zip(objections);
    Ok(shown
        .map(|(lines, objections)| show(lines, &objections, rules))
        .collect())
}

/// Which rules object to which lines of which documents.
async fn judge(
    engine: &Engine,
    rules: &[(usize, String)],
    inputs: &[String],
    documents: &[Lines],
) -> Result<Vec<(usize, usize, usize)>> {
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let mut state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(engine.config().with_target_partitions(1))
        .with_runtime_env(Arc::clone(engine.runtime()))
        .build();
    engine.functions().register(&mut state)?;
    let context = SessionContext::new_with_state(state);
    let mut fields = vec![Field::new("text", DataType::Utf8, false)];
    fields.extend(
        inputs
            .iter()
            .map(|name| Field::new(name, DataType::Utf8, true)),
    );
    let schema = Arc::new(Schema::new(fields));
    let list: Vec<String> = rules
        .iter()
        .map(|(rule, bounds)| format!("(({bounds}) IS FALSE) AS rule_{rule}"))
        .collect();
    let sql = format!("SELECT {} FROM corpus", list.join(", "));
    let mut found = Vec::new();
    for (document, lines) in documents.iter().enumerate() {
        let text: StringArray = lines
            .judged()
            .map(|line| Some(head(line, MOST_JUDGED_CHARACTERS)))
            .collect();
        let rows = text.len();
        let blank: Vec<bool> = text.iter().flatten().map(|l| l.trim().is_empty()).collect();
        let mut values: Vec<ArrayRef> = vec![Arc::new(text)];
        for value in &lines.inputs {
            let same = vec![value.as_deref(); rows];
            values.push(Arc::new(StringArray::from(same)));
        }
        let batch = RecordBatch::try_new(Arc::clone(&schema), values)?;
        context.deregister_table("corpus")?;
        context.register_batch("corpus", batch)?;
        let mut line = 0;
        for batch in context.sql(&sql).await?.collect().await? {
            for ((rule, _), column) in rules.iter().zip(batch.columns()) {
                let objects = column.as_boolean();
                found.extend(
                    objects
                        .values()
                        .set_indices()
                        .map(|row| line + row)
                        .filter(|line| !blank[*line])
                        .map(|line| (*rule, document, line)),
                );
            }
            line += batch.num_rows();
        }
    }
    Ok(found)
}

/// The lines that stand in the document more than once.
fn repeated(lines: &Lines) -> Vec<usize> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for line in lines.judged() {
        *times.entry(line.trim()).or_default() += 1;
    }
    lines
        .judged()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && times[line.trim()] > 1)
        .map(|(number, _)| number)
        .collect()
}

/// Marked lines with the line before each, or the first lines where none is marked.
fn show(
    lines: &Lines,
    objections: &BTreeMap<usize, Vec<usize>>,
    rules: &[BoundRule],
) -> Vec<ShownLine> {
    let mut places: Vec<usize> = match objections.is_empty() {
        true => (0..UNMARKED_SHOWN).collect(),
        false => vec![0],
    };
    for line in objections.keys() {
        if places.len() >= MOST_SHOWN {
            break;
        }
        places.extend([line.saturating_sub(1), *line]);
        places.sort_unstable();
        places.dedup();
    }
    let mut shown = Vec::new();
    for (number, line) in lines.text.lines().enumerate() {
        if places.last().is_none_or(|last| number > *last) {
            break;
        }
        if places.binary_search(&number).is_err() {
            continue;
        }
        let marked_by = objections.get(&number).map_or_else(Vec::new, |objecting| {
            objecting
                .iter()
                .map(|rule| rules[*rule].name.clone())
                .collect()
        });
        shown.push(ShownLine {
            number: number as u64 + 1,
            text: cut(line),
            marked_by,
        });
    }
    shown
}

/// The first so many code points.
fn head(line: &str, most: usize) -> &str {
    match line.char_indices().nth(most) {
        Some((end, _)) => &line[..end],
        None => line,
    }
}

/// Text cut to what is shown of it. What would steer a terminal or turn the direction of the words around
/// it is shown as U+FFFD: documents are not to be trusted.
pub fn cut(text: &str) -> String {
    let head = head(text, MOST_CHARACTERS);
    let mut shown: String = head
        .chars()
        .map(|c| match c {
            '\t' => ' ',
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                '\u{fffd}'
            }
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect();
    if head.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// What a rule demands from above: its comparisons without those that only bound from below, and without
/// conditions that are no comparisons. `None` where nothing is left.
fn upper_bounds(rule: &Expr) -> Option<Expr> {
    match rule {
        Expr::Nested(inner) => Some(Expr::Nested(Box::new(upper_bounds(inner)?))),
        Expr::IsTrue(inner) => upper_bounds(inner),
        Expr::BinaryOp {
            left,
            op: op @ (BinaryOperator::And | BinaryOperator::Or),
            right,
        } => match (upper_bounds(left), upper_bounds(right)) {
            (Some(left), Some(right)) => Some(Expr::BinaryOp {
                left: Box::new(left),
                op: op.clone(),
                right: Box::new(right),
            }),
            (one, None) | (None, one) => one,
        },
        Expr::BinaryOp { left, op, right } => {
            let upper = match op {
                BinaryOperator::LtEq | BinaryOperator::Lt => !columns(left).is_empty(),
                BinaryOperator::GtEq | BinaryOperator::Gt => !columns(right).is_empty(),
                BinaryOperator::Eq => true,
                _ => false,
            };
            upper.then(|| rule.clone())
        }
        Expr::Between {
            expr,
            negated: false,
            high,
            ..
        } => Some(Expr::BinaryOp {
            left: expr.clone(),
            op: BinaryOperator::LtEq,
            right: high.clone(),
        }),
        _ => None,
    }
}

/// Signals by the calls that compute them.
fn calls(engine: &Engine, mut expr: Expr) -> Option<Expr> {
    let functions = engine.functions();
    for _ in 0..MOST_NESTED {
        let mut replaced = false;
        let _: ControlFlow<()> = visit_expressions_mut(&mut expr, |e| {
            let name = match e {
                Expr::Identifier(ident) => ident.value.clone(),
                Expr::CompoundIdentifier(path) => match path.last() {
                    Some(ident) => ident.value.clone(),
                    None => return ControlFlow::Continue(()),
                },
                _ => return ControlFlow::Continue(()),
            };
            let name = match functions.virtual_column(&name) {
                Some(_) => name,
                None => name.to_lowercase(),
            };
            let Some(column) = functions.virtual_column(&name) else {
                return ControlFlow::Continue(());
            };
            let parsed = Parser::new(&GenericDialect {})
                .try_with_sql(&column.call)
                .and_then(|mut parser| parser.parse_expr());
            if let Ok(call) = parsed {
                *e = call;
                replaced = true;
            }
            ControlFlow::Continue(())
        });
        if !replaced {
            return Some(expr);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::condition;
    use crate::session::Options;

    fn rule(name: &str, sql: &str) -> BoundRule {
        BoundRule {
            filter: "mine".to_string(),
            name: name.to_string(),
            expr: condition::parse("--where", sql).expect("a rule").expr,
        }
    }

    #[test]
    fn only_upper_bounds_are_left() {
        let cases = [
            ("a BETWEEN 1 AND 2", Some("a <= 2")),
            ("a >= 1 AND b < 3", Some("b < 3")),
            ("b IS NULL OR b <= 3", Some("b <= 3")),
            ("a = 0", Some("a = 0")),
            ("2 >= a", Some("2 >= a")),
            ("a > 1", None),
            ("NOT a < 1", None),
        ];
        for (sql, expected) in cases {
            let left = upper_bounds(&rule("r", sql).expr).map(|e| e.to_string());
            assert_eq!(left.as_deref(), expected, "{sql}");
        }
    }

    #[tokio::test]
    async fn lines_are_marked() {
        let engine = Engine::new(Options::default()).expect("an engine");
        let rules = [
            rule("no_braces", "rps_doc_curly_bracket = 0"),
            rule("letters", "rps_doc_frac_no_alph_words <= 0.5"),
            rule("long", "rps_doc_word_count >= 500"),
            rule("varied", "rps_doc_frac_chars_dupe_5grams <= 0.1"),
            rule("stored", "of_another_layer <= 3"),
        ];
        let text = "An opening line\n\nlet x = { y };\n1 2 3 4\nAgain and\nfiller\nAgain and\n";
        let documents = [Lines::of(text.to_string(), Vec::new())];
        let failed = [vec![0, 1, 2, 3, 4]];
        let shown = mark(&engine, &rules, &[], &documents, &failed)
            .await
            .expect("lines");
        let marked: Vec<(u64, Vec<&str>)> = shown[0]
            .iter()
            .filter(|line| !line.marked_by.is_empty())
            .map(|line| {
                (
                    line.number,
                    line.marked_by.iter().map(String::as_str).collect(),
                )
            })
            .collect();
        assert_eq!(
            marked,
            [
                (3, vec!["no_braces"]),
                (4, vec!["letters"]),
                (5, vec!["varied"]),
                (7, vec!["varied"]),
            ]
        );
        // A rule that the document does not fail marks nothing.
        let shown = mark(&engine, &rules, &[], &documents, &[vec![2]])
            .await
            .expect("lines");
        assert_eq!(shown[0].len(), UNMARKED_SHOWN);
    }

    #[test]
    fn long_lines_are_cut() {
        let line = "é".repeat(MOST_CHARACTERS + 1);
        assert_eq!(cut(&line).chars().count(), MOST_CHARACTERS + 1);
        assert!(cut(&line).ends_with('…'));
        assert_eq!(cut("short\ttext"), "short text");
        assert_eq!(cut("\u{1b}[2J\u{202e}x"), "\u{fffd}[2J\u{fffd}x");
    }
}
