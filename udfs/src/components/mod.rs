//! Connected components of links, as an aggregate.
//!
//! Deduplication yields pairs: two documents share a key. What belongs together follows from all pairs at once, so it
//! is an aggregate over them; `unnest` makes rows of its answer.

mod trees;

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, ListArray, StructArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

use self::trees::{Node, Trees};
use crate::definition::{Argument, ArgumentType, Definition, Family, list_of, sql_type};

/// The family.
static FAMILY: Family = Family {
    name: "components",
    title: "Aggregates",
    about: "Functions of all rows of a group",
};

/// What the aggregates say about themselves, and the aggregates.
pub(crate) fn aggregates() -> Vec<(Definition, Arc<AggregateUDF>)> {
    let definition = definition();
    let aggregate = ConnectedComponents {
        signature: Signature::user_defined(Volatility::Immutable),
        documentation: definition.documentation(),
    };
    vec![(definition, Arc::new(AggregateUDF::from(aggregate)))]
}

fn definition() -> Definition {
    Definition {
        family: &FAMILY,
        name: NAME,
        arguments: vec![
            Argument {
                name: "node",
                accepts: ArgumentType::Key,
                meaning: "one end of a link",
            },
            Argument {
                name: "other",
                accepts: ArgumentType::Key,
                meaning: "the other end; NULL links the node to nothing",
            },
        ],
        repeated: None,
        returns: list_of(DataType::Struct(pairs(&DataType::Int64))),
        definition: "The connected components of all links of a group: every node once, in order, with the smallest node that it is connected to, directly or through others (itself where there is none). `unnest` makes rows of them. Takes memory for every node, none for links. The answer depends on no order of rows.",
        strict: false,
        undefined: "there is no node",
        range: None,
        source: "CorpuSQL",
        example: (
            "connected_components(2, 1)",
            "[{node: 1, component: 1}, {node: 2, component: 1}]",
        ),
        version: 1,
    }
}

const NAME: &str = "connected_components";

/// A node and its component.
fn pairs(node: &DataType) -> Fields {
    let field = |name| Field::new(name, node.clone(), true);
    Fields::from(vec![field("node"), field("component")])
}

/// `connected_components`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ConnectedComponents {
    signature: Signature,
    documentation: Documentation,
}

impl AggregateUDFImpl for ConnectedComponents {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, found: &[DataType]) -> Result<Vec<DataType>> {
        let [node, other] = found else {
            return plan_err!(
                "{NAME}(node, other): expected 2 arguments, found {}",
                found.len()
            );
        };
        let text = |found: &DataType| ArgumentType::Text.accepts(found);
        let number = |found: &DataType| found.is_integer() || found.is_null();
        if number(node) && number(other) {
            Ok(vec![DataType::Int64; 2])
        } else if text(node) && text(other) {
            Ok(vec![DataType::Utf8View; 2])
        } else {
            plan_err!(
                "{NAME}(node, other): expected two whole numbers or two strings, found {} and {}",
                sql_type(node),
                sql_type(other)
            )
        }
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments.first() {
            Some(node) => Ok(list_of(DataType::Struct(pairs(node)))),
            None => plan_err!("{NAME}(node, other): expected 2 arguments, found none"),
        }
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format_state_name(arguments.name, "components");
        let data_type = arguments.return_field.data_type().clone();
        Ok(vec![Arc::new(Field::new(name, data_type, true))])
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(match arguments.expr_fields.first().map(|f| f.data_type()) {
            Some(DataType::Utf8View) => Box::new(Accumulated::<Box<str>>::default()),
            _ => Box::new(Accumulated::<i64>::default()),
        })
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

/// The links of a group so far.
#[derive(Debug, Default)]
struct Accumulated<N> {
    trees: Trees<N>,
}

impl<N: Node> Accumulated<N> {
    fn link(&mut self, nodes: &ArrayRef, others: &ArrayRef) {
        let (nodes, others) = (N::read(nodes), N::read(others));
        for (node, other) in nodes.into_iter().zip(others) {
            self.trees.link(node, other);
        }
    }

    /// All nodes with their components, as a list; NULL without nodes.
    fn answer(&mut self) -> ScalarValue {
        let (nodes, components) = self.trees.components();
        let rows = nodes.len();
        let (nodes, components) = (N::array(nodes), N::array(components));
        let fields = pairs(nodes.data_type());
        let item = Arc::new(Field::new_list_field(
            DataType::Struct(fields.clone()),
            true,
        ));
        let list = if rows == 0 {
            ListArray::new_null(item, 1)
        } else {
            let pairs = StructArray::new(fields, vec![nodes, components], None);
            ListArray::new(
                item,
                OffsetBuffer::from_lengths([rows]),
                Arc::new(pairs),
                None,
            )
        };
        ScalarValue::List(Arc::new(list))
    }
}

impl<N: Node> Accumulator for Accumulated<N> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.link(&values[0], &values[1]);
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for list in states[0].as_list::<i32>().iter().flatten() {
            let pairs = list.as_struct();
            self.link(pairs.column(0), pairs.column(1));
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.answer()])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.answer())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.trees.bytes()
    }
}
