//! `ORDER BY` over a scan: sort keys and positions first, then text, of the rows that a limit leaves.
//! Text is never sorted.
//!
//! ```text
//!  Sort(limit) ─ Projection ─ Scan(key, text)
//!  Projection ─ Gather(text) ─ Sort(limit) ─ Projection ─ Scan(key, part, row)
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use super::in_order::InOrderExec;
use super::{numbered, with_children};
use crate::corpus::scan::LayeredScanExec;
use crate::corpus::table::Source;

/// With a limit up to this, signals are computed and column chunks without pages are read for the rows that
/// are left; beyond, computing in the order of the documents is cheaper.
const FEW_ROWS: usize = 65_536;

/// A sort of `input` whose wide columns are gathered afterwards; `None` where that does not apply. `one`
/// makes one partition of a plan.
pub fn sort_then_gather(
    keys: &LexOrdering,
    fetch: Option<usize>,
    input: &Arc<dyn ExecutionPlan>,
    one: impl Fn(&Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan>,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let few = fetch.is_some_and(|rows| rows <= FEW_ROWS);
    let Some(chain) = Chain::of(input, few) else {
        return Ok(None);
    };
    let table = chain.scan.table();
    if !table.switches().late || !(few || table.has_small_pages()) {
        return Ok(None);
    }
    let late: Vec<bool> = chain
        .exprs
        .iter()
        .map(|(expr, _)| columns(expr).iter().any(|c| chain.is_late(*c)))
        .collect();
    if !late.contains(&true) {
        return Ok(None);
    }
    // The keys are computed below the sort, from the columns of the scan.
    let keys = keys
        .iter()
        .map(|key| Ok((chain.below_projection(&key.expr)?, key.options)))
        .collect::<Result<Vec<_>>>()?;
    // What the scan still reads: the columns of keys and early expressions, and narrow ones of late
    // expressions.
    let (mut carried, mut gathered) = (BTreeSet::new(), BTreeSet::new());
    let mut read: BTreeSet<usize> = keys.iter().flat_map(|(key, _)| columns(key)).collect();
    for ((expr, _), late) in chain.exprs.iter().zip(&late) {
        for column in columns(expr) {
            match (late, chain.is_late(column)) {
                (false, _) => read.insert(column),
                (true, false) => {
                    carried.insert(column);
                    read.insert(column)
                }
                (true, true) => gathered.insert(column),
            };
        }
    }
    let read: Vec<usize> = read.into_iter().collect();
    let carried: Vec<usize> = carried.into_iter().collect();
    let gathered: Vec<usize> = gathered.into_iter().collect();
    let place = |list: &[usize], column: usize| list.iter().position(|c| *c == column);

    let mut output: Vec<usize> = read.iter().map(|c| chain.scan.output()[*c]).collect();
    output.extend(table.position_columns());
    let scan = chain.scan.with_output(output)?;

    // Below the sort: early expressions, carried columns, the position.
    let mut below: Vec<(Arc<dyn PhysicalExpr>, String)> = Vec::new();
    for ((expr, name), late) in chain.exprs.iter().zip(&late) {
        if !late {
            let expr = renumber(expr, |c| place(&read, c))?;
            below.push((expr, name.clone()));
        }
    }
    let early = below.len();
    for column in &carried {
        let expr = renumber(&chain.column(*column), |c| place(&read, c))?;
        // By its own name: a column of an expression must have that of the field that it reads.
        let name = chain.scan.schema().field(*column).name().clone();
        below.push((expr, name));
    }
    let positions = [below.len(), below.len() + 1];
    for (n, column) in table.position_columns().into_iter().enumerate() {
        let name = table.columns()[column].field.name();
        below.push((Arc::new(Column::new(name, read.len() + n)), name.clone()));
    }
    let mut sort_keys = Vec::new();
    for (key, options) in keys {
        let name = format!("sort key {}", below.len());
        let column = Arc::new(Column::new(&name, below.len()));
        sort_keys.push(PhysicalSortExpr::new(column, options));
        below.push((renumber(&key, |c| place(&read, c))?, name));
    }
    let sorted_columns = below.len();
    let input = chain.rebuild(Arc::new(scan), below)?;

    let Some(keys) = LexOrdering::new(sort_keys) else {
        return Ok(None);
    };
    let sorted = numbered::stable_sort(&keys, fetch, one(&input))?;
    let wanted = gathered.iter().map(|c| chain.scan.output()[*c]).collect();
    let gather = chain.scan.gather(sorted, positions, wanted)?;

    let mut above: Vec<(Arc<dyn PhysicalExpr>, String)> = Vec::new();
    for (number, (expr, name)) in chain.exprs.iter().enumerate() {
        let expr = if late[number] {
            renumber(expr, |c| {
                let carried = place(&carried, c).map(|n| early + n);
                carried.or_else(|| place(&gathered, c).map(|n| sorted_columns + n))
            })?
        } else {
            let at = late[..number].iter().filter(|late| !**late).count();
            Arc::new(Column::new(name, at)) as Arc<dyn PhysicalExpr>
        };
        above.push((expr, name.clone()));
    }
    let plan = ProjectionExec::try_new(above, Arc::new(gather))?;
    Ok(Some(Arc::new(plan)))
}

/// A scan, at most one projection of it, and nodes that leave rows as they are.
struct Chain {
    scan: LayeredScanExec,
    /// From the top, the projection as `None`.
    nodes: Vec<Option<Arc<dyn ExecutionPlan>>>,
    /// What comes out, over the columns of the scan.
    exprs: Vec<(Arc<dyn PhysicalExpr>, String)>,
    /// By column of the scan, whether it can be had later.
    late: Vec<bool>,
}

impl Chain {
    fn of(plan: &Arc<dyn ExecutionPlan>, few: bool) -> Option<Self> {
        let mut nodes = Vec::new();
        let mut exprs = None;
        let mut next = plan;
        let scan = loop {
            if let Some(scan) = next.downcast_ref::<LayeredScanExec>() {
                break scan.clone();
            }
            if let Some(projection) = next.downcast_ref::<ProjectionExec>() {
                let of = projection.expr().iter();
                let of = of.map(|e| (Arc::clone(&e.expr), e.alias.clone())).collect();
                if exprs.replace(of).is_some() {
                    return None;
                }
                nodes.push(None);
            } else if next.is::<InOrderExec>() || next.is::<CooperativeExec>() {
                nodes.push(Some(Arc::clone(next)));
            } else {
                return None;
            }
            next = next.children().first().copied()?;
        };
        let schema = scan.schema();
        let exprs = match exprs {
            Some(exprs) => exprs,
            None => {
                nodes.insert(0, None);
                let fields = schema.fields().iter().enumerate();
                fields
                    .map(|(n, field)| {
                        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), n));
                        (column, field.name().clone())
                    })
                    .collect()
            }
        };
        let demanded = scan.demanded();
        let late = scan
            .output()
            .iter()
            .map(|column| match &scan.table().columns()[*column].source {
                Source::Stored { wide, .. } => *wide,
                Source::Computed { cost, .. } => {
                    few && cost.reads_text() && !demanded.contains(column)
                }
                _ => false,
            })
            .collect();
        Some(Self {
            scan,
            nodes,
            exprs,
            late,
        })
    }

    fn is_late(&self, column: usize) -> bool {
        self.late.get(column).copied().unwrap_or(false)
    }

    /// An expression over what comes out, as one over the columns of the scan.
    fn below_projection(&self, expr: &Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let replaced = Arc::clone(expr).transform_down(|node| {
            let Some(column) = node.downcast_ref::<Column>() else {
                return Ok(Transformed::no(node));
            };
            let (expr, _) = self.exprs.get(column.index()).ok_or_else(|| {
                DataFusionError::Internal(format!("there is no column {}", column.name()))
            })?;
            Ok(Transformed::new(
                Arc::clone(expr),
                true,
                TreeNodeRecursion::Jump,
            ))
        })?;
        Ok(replaced.data)
    }

    fn column(&self, column: usize) -> Arc<dyn PhysicalExpr> {
        let schema = self.scan.schema();
        Arc::new(Column::new(schema.field(column).name(), column))
    }

    /// The same nodes over another scan, with another projection.
    fn rebuild(
        &self,
        scan: Arc<dyn ExecutionPlan>,
        exprs: Vec<(Arc<dyn PhysicalExpr>, String)>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut plan = scan;
        for node in self.nodes.iter().rev() {
            plan = match node {
                Some(node) => with_children(Arc::clone(node), vec![plan])?,
                None => Arc::new(ProjectionExec::try_new(exprs.clone(), plan)?),
            };
        }
        Ok(plan)
    }
}

fn columns(expr: &Arc<dyn PhysicalExpr>) -> Vec<usize> {
    collect_columns(expr).iter().map(Column::index).collect()
}

/// `expr` over columns that stand at other places.
fn renumber(
    expr: &Arc<dyn PhysicalExpr>,
    place: impl Fn(usize) -> Option<usize>,
) -> Result<Arc<dyn PhysicalExpr>> {
    let renumbered = Arc::clone(expr).transform_up(|node| {
        let Some(column) = node.downcast_ref::<Column>() else {
            return Ok(Transformed::no(node));
        };
        let at = place(column.index()).ok_or_else(|| {
            DataFusionError::Internal(format!("the column {} is not carried", column.name()))
        })?;
        let moved: Arc<dyn PhysicalExpr> = Arc::new(Column::new(column.name(), at));
        Ok(Transformed::yes(moved))
    })?;
    Ok(renumbered.data)
}
