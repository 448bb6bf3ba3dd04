//! One band of a signature.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder, Float64Array};
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
            name: "minhash_band",
            arguments: vec![
                Argument {
                    name: "signature",
                    accepts: ArgumentType::Binary,
                    meaning: "a signature",
                },
                Argument {
                    name: "band",
                    accepts: ArgumentType::Number,
                    meaning: "which band, from 0",
                },
                Argument {
                    name: "bytes",
                    accepts: ArgumentType::Number,
                    meaning: "bytes of a band: its values times the bytes of a value",
                },
            ],
            repeated: None,
            returns: DataType::BinaryView,
            definition: "One band of a signature: `bytes` bytes of it from `band` · `bytes`.",
            strict: true,
            undefined: "the signature has no such band",
            range: None,
            source: "CorpuSQL",
            example: ("minhash_band(X'00010203', 1, 2)", "0203"),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(args: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let signatures = args[0].as_binary_view();
    let numbers: [&Float64Array; 2] = [1, 2].map(|i| args[i].as_primitive());
    let mut bands = BinaryViewBuilder::with_capacity(rows);
    for row in 0..rows {
        let [band, bytes] = numbers.map(|n| n.is_valid(row).then(|| n.value(row)));
        let signature = signatures.is_valid(row).then(|| signatures.value(row));
        match cut(signature, band, bytes) {
            Some(band) => bands.try_append_value(band)?,
            None => bands.append_null(),
        }
    }
    Ok(Arc::new(bands.finish()))
}

/// The band, where there is one.
fn cut(signature: Option<&[u8]>, band: Option<f64>, bytes: Option<f64>) -> Option<&[u8]> {
    let bytes = super::whole(bytes?).filter(|&bytes| bytes > 0)?;
    let start = super::whole(band?)?.checked_mul(bytes)?;
    signature?.get(start..start.checked_add(bytes)?)
}
