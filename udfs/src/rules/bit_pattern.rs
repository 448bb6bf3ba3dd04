//! Which of several conditions do not hold, as the bits of one number.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::FAMILY;
use crate::definition::{Argument, ArgumentType, Definition};
use crate::function::{Body, Function};

/// The function.
pub(super) fn function() -> Function {
    Function {
        definition: Definition {
            family: &FAMILY,
            name: "bit_pattern",
            arguments: vec![Argument {
                name: "condition",
                accepts: ArgumentType::Boolean,
                meaning: "a condition; the first one is the lowest bit",
            }],
            repeated: Some(u64::BITS as usize),
            returns: DataType::UInt64,
            definition: "A number whose bit `i` is set when condition `i`, counted from 0, is not true; NULL is not true. 0 when all hold.",
            strict: false,
            undefined: "never",
            range: None,
            source: "CorpuSQL",
            example: ("bit_pattern(1 < 2, 2 < 1, NULL)", "6"),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(conditions: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let all = u64::MAX >> (u64::BITS as usize - conditions.len());
    let mut patterns = vec![all; rows];
    for (bit, condition) in conditions.iter().enumerate() {
        let condition = condition.as_boolean();
        let holds = match condition.nulls() {
            Some(valid) => condition.values() & valid.inner(),
            None => condition.values().clone(),
        };
        for row in holds.set_indices() {
            patterns[row] &= !(1 << bit);
        }
    }
    Ok(Arc::new(UInt64Array::from(patterns)))
}
