//! In how many bits two numbers differ.

use std::sync::Arc;

use corpusql_text::simhash::distance;
use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, UInt64Array};
use datafusion::arrow::compute::binary;
use datafusion::arrow::datatypes::{DataType, Int64Type, UInt64Type};
use datafusion::error::Result;

use super::FAMILY;
use crate::definition::{Argument, ArgumentType, Definition};
use crate::function::{Body, Function};

/// The function.
pub(super) fn function() -> Function {
    let argument = |name| Argument {
        name,
        accepts: ArgumentType::Bits,
        meaning: "64 bits, a fingerprint for instance",
    };
    Function {
        definition: Definition {
            family: &FAMILY,
            name: "hamming_distance",
            arguments: vec![argument("first"), argument("second")],
            repeated: None,
            returns: DataType::Int64,
            definition: "In how many of their 64 bits two whole numbers differ; those of a negative one are its two's complement.",
            strict: true,
            undefined: "never",
            range: Some((0.0, 64.0)),
            source: "CorpuSQL",
            example: ("hamming_distance(12, 10)", "2"),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(args: &[ArrayRef], _rows: usize) -> Result<ArrayRef> {
    let (first, second) = (bits(&args[0]), bits(&args[1]));
    let distances: Int64Array = binary(&first, &second, |a, b| distance(a, b).into())?;
    Ok(Arc::new(distances))
}

/// The bits of whole numbers.
fn bits(numbers: &ArrayRef) -> UInt64Array {
    match numbers.as_primitive_opt::<Int64Type>() {
        Some(signed) => signed.unary(|number: i64| number as u64),
        None => numbers.as_primitive::<UInt64Type>().clone(),
    }
}
