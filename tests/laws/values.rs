//! Types, NULL, ranges; the same values whatever the arrays look like, alone or in one pass.

use std::sync::Arc;

use corpusql_udfs::{Functions, VirtualColumn};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, LargeStringArray, StringArray, StringViewArray, new_null_array,
};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, UInt32Type};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::ColumnarValue;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::support::{Documents, Result, call, functions, udf};

/// Makes an array of one of the forms that strings come in.
type Form = dyn Fn(&[Option<String>]) -> Result<ArrayRef>;

/// A virtual column, computed by its function over arrays made by `array`.
fn alone(
    functions: &Functions,
    column: &VirtualColumn,
    documents: &Documents,
    array: &Form,
) -> Result<ArrayRef> {
    let mut args = Vec::new();
    for input in &column.inputs {
        args.push(ColumnarValue::Array(array(documents.values(input)?)?));
    }
    args.extend(literal(column));
    let rows = documents.rows();
    let value = call(udf(functions, column.function)?, args, rows)?;
    Ok(value.into_array(rows)?)
}

/// The argument that is no column.
fn literal(column: &VirtualColumn) -> Option<ColumnarValue> {
    let value = column.literal?;
    Some(ColumnarValue::Scalar(ScalarValue::Utf8View(Some(
        value.to_string(),
    ))))
}

fn views(values: &[Option<String>]) -> Result<ArrayRef> {
    Ok(Arc::new(values.iter().collect::<StringViewArray>()))
}

#[test]
fn every_form_of_string_gives_the_same() -> Result {
    let functions = functions()?;
    let documents = Documents::odd();
    let forms: [(&str, &Form); 6] = [
        ("Utf8", &|v| Ok(Arc::new(v.iter().collect::<StringArray>()))),
        ("LargeUtf8", &|v| {
            Ok(Arc::new(v.iter().collect::<LargeStringArray>()))
        }),
        ("Dictionary", &|v| {
            let of = DataType::Dictionary(DataType::Int32.into(), DataType::Utf8.into());
            Ok(cast(&views(v)?, &of)?)
        }),
        ("sliced Utf8View", &|v| sliced(views(v)?)),
        ("sliced Utf8", &|v| {
            sliced(cast(&views(v)?, &DataType::Utf8)?)
        }),
        ("sliced LargeUtf8", &|v| {
            sliced(cast(&views(v)?, &DataType::LargeUtf8)?)
        }),
    ];
    for column in functions.virtual_columns() {
        let expected = alone(&functions, column, &documents, &views)?;
        assert_eq!(*expected.data_type(), column.data_type, "{}", column.name);
        assert_eq!(expected.len(), documents.rows(), "{}", column.name);
        for (form, array) in forms {
            let found = alone(&functions, column, &documents, array)?;
            assert_eq!(&found, &expected, "{} of {form}", column.name);
        }
    }
    Ok(())
}

/// The same values, inside of a longer array.
fn sliced(array: ArrayRef) -> Result<ArrayRef> {
    let around = cast(
        &StringArray::from(vec![Some("before and a"), None, Some("Behind.\n")]),
        array.data_type(),
    )?;
    let whole = concat(&[around.as_ref(), array.as_ref(), around.as_ref()])?;
    Ok(whole.slice(around.len(), array.len()))
}

#[test]
fn scalars_give_what_arrays_give() -> Result {
    let functions = functions()?;
    let documents = Documents::odd();
    for column in functions.virtual_columns() {
        let name = column.name;
        let udf = udf(&functions, column.function)?;
        let expected = alone(&functions, column, &documents, &views)?;
        let columns = documents.columns(&column.inputs)?;
        for row in 0..documents.rows() {
            let scalars: Vec<_> = columns
                .iter()
                .map(|array| {
                    Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
                        array, row,
                    )?))
                })
                .chain(literal(column).map(Ok))
                .collect::<Result<_>>()?;
            let ColumnarValue::Scalar(value) = call(udf, scalars.clone(), 7)? else {
                return Err(format!("{name} of scalars is no scalar").into());
            };
            assert_eq!(
                value,
                ScalarValue::try_from_array(&expected, row)?,
                "{name}, row {row}"
            );
            // The first argument as an array, the others as scalars.
            let mut mixed = scalars;
            mixed[0] = ColumnarValue::Array(columns[0].slice(row, 1));
            let found = call(udf, mixed, 1)?.into_array(1)?;
            assert_eq!(&found, &expected.slice(row, 1), "{name}, row {row}");
        }
    }
    Ok(())
}

#[test]
fn null_in_null_out() -> Result {
    let functions = functions()?;
    let documents = Documents::odd();
    for definition in functions.definitions().filter(|d| d.strict) {
        let name = definition.name;
        let udf = udf(&functions, name)?;
        assert!(udf.inner().is_strict(), "{name}");
        let nulls = definition.arguments.iter().map(|_| DataType::Null);
        let nulls = nulls.map(|t| ColumnarValue::Array(new_null_array(&t, 3)));
        let found = call(udf, nulls.collect(), 3)?.into_array(3)?;
        assert_eq!(found.null_count(), 3, "{name} of untyped NULLs");
        assert_eq!(*found.data_type(), definition.returns, "{name}");
    }
    for column in functions.virtual_columns() {
        let values = alone(&functions, column, &documents, &views)?;
        null_where_an_input_is(column, &documents, &values)?;
        if functions
            .definition(column.function)
            .is_some_and(|d| d.undefined == "never")
        {
            let missing = documents.columns(&column.inputs)?;
            for row in 0..documents.rows() {
                let expected = missing.iter().any(|input| input.is_null(row));
                assert_eq!(values.is_null(row), expected, "{}, row {row}", column.name);
            }
        }
    }
    Ok(())
}

fn null_where_an_input_is(
    column: &VirtualColumn,
    documents: &Documents,
    values: &ArrayRef,
) -> Result {
    for input in documents.columns(&column.inputs)? {
        for row in (0..documents.rows()).filter(|&row| input.is_null(row)) {
            assert!(values.is_null(row), "{}, row {row}", column.name);
        }
    }
    Ok(())
}

#[test]
fn values_of_odd_and_golden_documents_are_within_their_range() -> Result {
    let functions = functions()?;
    for documents in [Documents::odd(), Documents::golden()?] {
        for column in functions.virtual_columns() {
            let values = alone(&functions, column, &documents, &views)?;
            within_range(&functions, column, &values)?;
        }
    }
    Ok(())
}

fn within_range(functions: &Functions, column: &VirtualColumn, values: &ArrayRef) -> Result {
    let range = functions.definition(column.function).and_then(|d| d.range);
    let Some((low, high)) = range else {
        return Ok(());
    };
    for value in numbers(values)? {
        assert!(
            (low..=high).contains(&value),
            "{}: {value} is not within {low} and {high}",
            column.name
        );
    }
    Ok(())
}

/// The numbers of an array, or those of its lists.
fn numbers(values: &ArrayRef) -> Result<Vec<f64>> {
    Ok(match values.data_type() {
        DataType::Int64 => {
            let values = values.as_primitive::<Int64Type>();
            values.iter().flatten().map(|x| x as f64).collect()
        }
        DataType::UInt32 => {
            let values = values.as_primitive::<UInt32Type>();
            values.iter().flatten().map(f64::from).collect()
        }
        DataType::Float64 => values
            .as_primitive::<Float64Type>()
            .iter()
            .flatten()
            .collect(),
        DataType::List(_) => numbers(values.as_list::<i32>().values())?,
        other => return Err(format!("a range of values of type {other}").into()),
    })
}

#[test]
fn one_pass_gives_what_each_function_gives() -> Result {
    let functions = functions()?;
    let names: Vec<_> = functions.virtual_columns().map(|c| c.name).collect();
    let fused = functions.fuse(&names)?;
    assert_eq!(fused.inputs(), ["text", "language", "domain", "url"]);
    for documents in [Documents::odd(), Documents::golden()?] {
        let inputs = documents.columns(fused.inputs())?;
        let together = fused.evaluate(&inputs, documents.rows())?;
        assert_eq!(together.len(), names.len());
        for (column, found) in functions.virtual_columns().zip(&together) {
            let expected = alone(&functions, column, &documents, &views)?;
            assert_eq!(found, &expected, "{}", column.name);
        }
    }
    Ok(())
}

#[test]
fn signals_over_a_made_text_measure_that_text() -> Result {
    let functions = functions()?;
    let documents = Documents::odd();
    let texts = functions
        .virtual_columns()
        .filter(|c| c.cost.reads_text() && c.data_type == DataType::Utf8View);
    for text in texts {
        let made = alone(&functions, text, &documents, &views)?;
        let over: Documents = Documents {
            text: made
                .as_string_view()
                .iter()
                .map(|t| t.map(String::from))
                .collect(),
            ..documents.clone()
        };
        let columns: Vec<_> = functions
            .virtual_columns()
            .filter(|c| c.cost.reads_text())
            .collect();
        let names: Vec<_> = columns
            .iter()
            .map(|c| functions.over(c.name, text.name).ok_or("no such column"))
            .collect::<Result<_, _>>()?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let fused = functions.fuse(&names)?;
        assert!(fused.inputs().iter().any(|i| i == text.name));
        let inputs: Vec<_> = fused
            .inputs()
            .iter()
            .map(|input| match input == text.name {
                true => over.column("text"),
                false => over.column(input),
            })
            .collect::<Result<_>>()?;
        let together = fused.evaluate(&inputs, over.rows())?;
        for ((column, name), found) in columns.iter().zip(&names).zip(&together) {
            let expected = alone(&functions, column, &over, &views)?;
            assert_eq!(found, &expected, "{name}");
        }
        // Calls in calls.
        let twice = functions.over("text_chars", names[0]);
        let is_text = columns[0].data_type == DataType::Utf8View;
        assert_eq!(twice.is_some(), is_text, "{twice:?}");
    }
    assert_eq!(functions.over("text_chars", "rps_doc_word_count"), None);
    assert_eq!(functions.over("domain", "text"), None);
    assert!(
        functions
            .fuse(&["rps_doc_word_count(no_such_text(text))"])
            .is_err()
    );
    Ok(())
}

#[test]
fn one_pass_reads_only_what_it_needs() -> Result {
    let functions = functions()?;
    for column in functions.virtual_columns() {
        let fused = functions.fuse(&[column.name])?;
        assert_eq!(fused.inputs(), column.inputs, "{}", column.name);
        let reads_text = column.inputs.contains(&"text");
        assert_eq!(column.cost.reads_text(), reads_text, "{}", column.name);
    }
    let domains = functions.fuse(&["rps_doc_ut1_blacklist", "domain"])?;
    assert_eq!(domains.inputs(), ["domain", "url"]);
    let error = functions
        .fuse(&["domain", "domian"])
        .map(|_| ())
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("there is no virtual column 'domian'")
    );
    Ok(())
}

#[test]
fn lists_are_part_of_the_fingerprint() -> Result {
    let (with, without) = (functions()?, Functions::default());
    for column in with.virtual_columns() {
        let name = column.function;
        assert_eq!(with.fingerprint(name), Some(column.fingerprint), "{name}");
        let same = with.fingerprint(name) == without.fingerprint(name);
        assert_eq!(same, !column.inputs.contains(&"domain"), "{name}");
    }
    Ok(())
}

/// Texts of pieces that the signals look for, and of anything.
fn text() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "a",
        "B",
        "the ",
        "The",
        " und ",
        "word ",
        "x y z a b ",
        "LOUD",
        "1",
        "٣",
        "½",
        "_",
        "-",
        ".",
        "...",
        "…",
        "!",
        "?",
        "\u{201d}",
        "\"",
        "#",
        "{",
        "}",
        "•",
        "–",
        "\n",
        "\n",
        "\r\n",
        " ",
        "\t",
        "\u{a0}",
        "\u{2028}",
        "\u{1f}",
        "javascript ",
        "JavaScript",
        "lorem ipsum",
        "Lorem Ipsum",
        "é",
        "e\u{301}",
        "\u{323}",
        "Σ",
        "ς",
        "İ",
        "ſ",
        "ı",
        "ß",
        "한",
        "中",
        "。",
        "👩‍👧",
        "\u{200b}",
        "\0",
    ]);
    let word =
        prop_oneof![4 => pieces.prop_map(String::from), 1 => any::<char>().prop_map(String::from)];
    proptest::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

fn documents() -> impl Strategy<Value = Documents> {
    let language = select(vec!["en", "de", "bg", "xx"]);
    let domain = select(vec!["adult.example", "all.example", "nowhere.example"]);
    let document = (
        proptest::option::weighted(0.9, text()),
        proptest::option::weighted(0.9, language),
        proptest::option::weighted(0.9, domain),
    );
    proptest::collection::vec(document, 0..12).prop_map(|rows| {
        let mut documents = Documents::default();
        for (text, language, domain) in rows {
            documents.push(text.as_deref(), language, domain);
        }
        documents
    })
}

/// Any columns of any documents, in any order, are what each function gives, and within their laws.
fn check_random(documents: &Documents, chosen: &[usize]) -> Result {
    let functions = functions()?;
    let columns: Vec<_> = functions.virtual_columns().collect();
    let columns: Vec<_> = chosen.iter().map(|&i| columns[i % columns.len()]).collect();
    let names: Vec<_> = columns.iter().map(|c| c.name).collect();
    let fused = functions.fuse(&names)?;
    let inputs = documents.columns(fused.inputs())?;
    let together = fused.evaluate(&inputs, documents.rows())?;
    for (column, found) in columns.iter().zip(&together) {
        let expected = alone(&functions, column, documents, &views)?;
        assert_eq!(found, &expected, "{}", column.name);
        null_where_an_input_is(column, documents, found)?;
        within_range(&functions, column, found)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_columns_of_random_documents(
        documents in documents(),
        chosen in subsequence((0..512).collect::<Vec<_>>(), 0..64).prop_shuffle(),
    ) {
        check_random(&documents, &chosen).map_err(|e| TestCaseError::fail(e.to_string()))?;
    }
}
