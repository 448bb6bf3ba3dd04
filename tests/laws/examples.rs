//! The documented examples run in DataFusion and give the documented answer.

use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::support::{Result, context, functions};

#[tokio::test]
async fn examples_give_the_documented_answer() -> Result {
    let functions = functions()?;
    let context = context(&functions)?;
    let options = FormatOptions::default().with_null("NULL");
    for definition in functions.definitions() {
        let (call, expected) = definition.example;
        assert!(
            call.starts_with(&format!("{}(", definition.name)),
            "{call} does not call {}",
            definition.name
        );
        let batches = context
            .sql(&format!("SELECT {call}"))
            .await?
            .collect()
            .await?;
        let [batch] = batches.as_slice() else {
            return Err(format!("{call}: {} batches", batches.len()).into());
        };
        let column = batch.column(0);
        let found = ArrayFormatter::try_new(column.as_ref(), &options)?
            .value(0)
            .to_string();
        assert_eq!(found, expected, "{call}");
        assert_eq!(*column.data_type(), definition.returns, "{call}");
    }
    Ok(())
}
