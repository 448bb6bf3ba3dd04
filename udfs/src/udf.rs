//! The one adapter that makes every function a DataFusion function.

use std::hash::{Hash, Hasher};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{ScalarValue, internal_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::definition::Definition;
use crate::function::ArrayKernel;
use crate::fused::Fused;
use crate::strings::Strings;

/// How a call is computed.
#[derive(Debug)]
pub(crate) enum Call {
    Document(Fused),
    Arrays(ArrayKernel),
}

#[derive(Debug)]
pub(crate) struct Udf {
    definition: Definition,
    documentation: Documentation,
    /// Any arguments: [`Definition::check`] says what is wrong with them better than a signature would.
    signature: Signature,
    fingerprint: u128,
    call: Call,
}

impl Udf {
    pub(crate) fn new(definition: Definition, fingerprint: u128, call: Call) -> Self {
        Self {
            documentation: definition.documentation(),
            signature: Signature::variadic_any(Volatility::Immutable),
            definition,
            fingerprint,
            call,
        }
    }

    /// The arguments as they are read; scalars stay scalars.
    fn read(&self, args: Vec<ColumnarValue>) -> Result<Vec<ColumnarValue>> {
        let read = |(i, value): (usize, ColumnarValue)| {
            let found = value.data_type();
            let wanted = self.definition.argument(i).accepts.read_as(&found);
            Ok(match value {
                value if found == wanted => value,
                ColumnarValue::Array(array) => ColumnarValue::Array(cast(&array, &wanted)?),
                ColumnarValue::Scalar(scalar) => ColumnarValue::Scalar(scalar.cast_to(&wanted)?),
            })
        };
        args.into_iter().enumerate().map(read).collect()
    }

    fn evaluate(&self, args: &[ColumnarValue], rows: usize) -> Result<ArrayRef> {
        match &self.call {
            Call::Document(fused) => {
                let strings: Vec<_> = args.iter().map(strings).collect::<Result<_>>()?;
                match fused.evaluate_strings(&strings, rows, None)?.pop() {
                    Some(array) => Ok(array),
                    None => internal_err!("{} computed nothing", self.definition.name),
                }
            }
            Call::Arrays(kernel) => {
                let arrays: Vec<_> = args
                    .iter()
                    .map(|arg| arg.to_array(rows))
                    .collect::<Result<_>>()?;
                kernel(&arrays, rows)
            }
        }
    }
}

fn strings(value: &ColumnarValue) -> Result<Strings<'_>> {
    match value {
        ColumnarValue::Array(array) => Strings::of_array(array),
        ColumnarValue::Scalar(scalar) => match scalar.try_as_str() {
            Some(value) => Ok(Strings::Constant(value)),
            None => internal_err!("expected a string, found {}", scalar.data_type()),
        },
    }
}

impl ScalarUDFImpl for Udf {
    fn name(&self) -> &str {
        self.definition.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.definition.check(arg_types)?;
        Ok(self.definition.returns.clone())
    }

    fn is_strict(&self) -> bool {
        self.definition.strict
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let args = self.read(args.args)?;
        if args
            .iter()
            .all(|arg| matches!(arg, ColumnarValue::Scalar(_)))
        {
            let array = self.evaluate(&args, 1)?;
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
                &array, 0,
            )?));
        }
        self.evaluate(&args, rows).map(ColumnarValue::Array)
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

/// A name stands for one definition; the fingerprint covers its version and word lists.
impl PartialEq for Udf {
    fn eq(&self, other: &Self) -> bool {
        (self.definition.name, self.fingerprint) == (other.definition.name, other.fingerprint)
    }
}

impl Eq for Udf {}

impl Hash for Udf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.definition.name, self.fingerprint).hash(state);
    }
}
