//! What is particular to the functions over other columns, and to wrong calls.

use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::support::{Result, context, functions};

async fn evaluate(expression: &str) -> Result<String> {
    let context = context(&functions()?)?;
    let sql = format!("SELECT {expression}");
    let batches = context.sql(&sql).await?.collect().await?;
    let column = batches.first().ok_or("no batch")?.column(0);
    let options = FormatOptions::default().with_null("NULL");
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options)?;
    let values: Vec<_> = (0..column.len())
        .map(|row| formatter.value(row).to_string())
        .collect();
    Ok(values.join(" "))
}

#[tokio::test]
async fn values() -> Result {
    let flagged = |args: &str| format!("lines_flagged_word_fraction({args})");
    let all: Vec<_> = (0..64)
        .map(|i| if i % 2 == 0 { "true" } else { "false" })
        .collect();
    for (expression, expected) in [
        (flagged("[0.5, 0.0], [0, 0], [1, 1], 0.5, 1"), "0.5"),
        (flagged("[0.4, 0.0], [0, 1], [3, 1], 0.5, 1.0"), "0.25"),
        (flagged("[NULL, 0.9], [0, NULL], [NULL, 2], 0.5, 1"), "1.0"),
        (flagged("[0.0], [0.0], [0.0], 0.5, 1"), "NULL"),
        (flagged("[], [], [], 0.5, 1"), "NULL"),
        (flagged("NULL, [0.0], [1.0], 0.5, 1"), "NULL"),
        (flagged("[1.0], [0.0], [1.0], NULL, 1"), "NULL"),
        (flagged("[1.0], [0.0], [2.0], CAST(0.5 AS DECIMAL(3, 2)), CAST(1 AS SMALLINT)"), "1.0"),
        (flagged("u, n, w, m, 1) FROM (VALUES ([0.5], [0.0], [4], 0.5), ([0.5], [0.0], [4], 0.6), (NULL, [0.0], [1], 0.5)) AS t(u, n, w, m"), "1.0 0.0 NULL"),
        ("bit_pattern(true)".into(), "0"),
        ("bit_pattern(false)".into(), "1"),
        ("bit_pattern(NULL, true, NULL)".into(), "5"),
        (format!("bit_pattern({})", all.join(", ")), "12297829382473034410"),
        ("bit_pattern(a, b, true) FROM (VALUES (true, false), (NULL, true), (false, NULL)) AS t(a, b)".into(), "2 1 3"),
        ("url_netloc(NULL)".into(), "NULL"),
        ("text_bytes(NULL)".into(), "NULL"),
    ] {
        assert_eq!(evaluate(&expression).await?, expected, "{expression}");
    }
    Ok(())
}

#[tokio::test]
async fn wrong_calls_say_what_is_wrong() -> Result {
    let many = format!("bit_pattern({})", vec!["true"; 65].join(", "));
    for (expression, expected) in [
        (
            "rps_doc_word_count(1)",
            "rps_doc_word_count(text): argument 1 (text): expected a string, found BIGINT",
        ),
        (
            "rps_doc_word_count(X'00')",
            "rps_doc_word_count(text): argument 1 (text): expected a string, found Binary",
        ),
        (
            "rps_doc_stop_word_fraction('the end')",
            "rps_doc_stop_word_fraction(text, language): expected 2 arguments, found 1",
        ),
        (
            "rps_doc_stop_word_fraction('the end', true)",
            "rps_doc_stop_word_fraction(text, language): argument 2 (language): expected a string, found BOOLEAN",
        ),
        (
            "text_hash('a', 'b')",
            "text_hash(text): expected 1 argument, found 2",
        ),
        (
            "lines_flagged_word_fraction([1.0], ['a'], [1.0], 0.5, 1)",
            "argument 2 (numeric): expected a list of numbers, found VARCHAR[]",
        ),
        (
            "lines_flagged_word_fraction([1.0], [1.0], [1.0], '0.5', 1)",
            "argument 4 (max_uppercase): expected a number, found VARCHAR",
        ),
        (
            "lines_flagged_word_fraction([1.0, 1.0], [1.0], [1.0], 0.5, 1)",
            "expected lists with an item for each line, found lists of 2, 1 and 1 items",
        ),
        (
            "bit_pattern(true, 1)",
            "bit_pattern(condition, …): argument 2 (condition): expected a Boolean, found BIGINT",
        ),
        (
            &many,
            "bit_pattern(condition, …): expected 1 to 64 arguments, found 65",
        ),
    ] {
        match evaluate(expression).await {
            Ok(value) => return Err(format!("{expression} gave {value}").into()),
            Err(error) => {
                let message = error.to_string();
                assert!(message.contains(expected), "{expression}: {message}");
            }
        }
    }
    Ok(())
}
