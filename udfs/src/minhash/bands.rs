//! The bands of a signature.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewBuilder, Float64Array, ListBuilder,
};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::FAMILY;
use crate::definition::{Argument, ArgumentType, Definition, list_of};
use crate::function::{Body, Function};

/// The function.
pub(super) fn function() -> Function {
    Function {
        definition: Definition {
            family: &FAMILY,
            name: "minhash_bands",
            arguments: vec![
                Argument {
                    name: "signature",
                    accepts: ArgumentType::Binary,
                    meaning: "a signature",
                },
                Argument {
                    name: "bands",
                    accepts: ArgumentType::Number,
                    meaning: "how many bands",
                },
                Argument {
                    name: "bytes",
                    accepts: ArgumentType::Number,
                    meaning: "bytes of a band: its values times the bytes of a value",
                },
            ],
            repeated: None,
            returns: list_of(DataType::BinaryView),
            definition: "The first bands of a signature. Those of `rpv2` are RedPajama-V2's `signature_sim0.7` (14 bands of 36 bytes), `0.8` (9 of 52), `0.9` (5 of 100) and `1.0` (1 of 512).",
            strict: true,
            undefined: "the signature has fewer bands",
            range: None,
            source: "CorpuSQL",
            example: ("minhash_bands(X'00010203', 2, 2)", "[0001, 0203]"),
            version: 1,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(args: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let signatures = args[0].as_binary_view();
    let numbers: [&Float64Array; 2] = [1, 2].map(|i| args[i].as_primitive());
    let mut lists = ListBuilder::with_capacity(BinaryViewBuilder::new(), rows);
    for row in 0..rows {
        let [bands, bytes] = numbers.map(|n| n.is_valid(row).then(|| n.value(row)));
        let signature = signatures.is_valid(row).then(|| signatures.value(row));
        let Some((used, bytes)) = cut(signature, bands, bytes) else {
            lists.append_null();
            continue;
        };
        for band in used.chunks_exact(bytes) {
            lists.values().try_append_value(band)?;
        }
        lists.append(true);
    }
    Ok(Arc::new(lists.finish()))
}

/// The bytes of all bands, and how many one has.
fn cut(signature: Option<&[u8]>, bands: Option<f64>, bytes: Option<f64>) -> Option<(&[u8], usize)> {
    let bytes = super::whole(bytes?).filter(|&bytes| bytes > 0)?;
    let all = super::whole(bands?)?.checked_mul(bytes)?;
    Some((signature?.get(..all)?, bytes))
}
