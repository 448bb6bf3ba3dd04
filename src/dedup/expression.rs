//! Documents for which an expression of the user's has the same value.

use super::Preset;
use super::clusters::{Clusters, Survivor};
use super::keys::Keys;
use super::way::Read;
use crate::corpus::layout::check_layer_name;
use crate::corpus::{KEY, NAME, in_quotes};
use crate::error::{Error, Result};
use crate::query::condition;
use crate::query::select::Place;

/// A preset `name` whose documents belong together when `expression`, SQL over one document, has the same value for them.
///
/// The values are a layer of their own, `NAME_key`: it is checked, made and brought up to date as any layer is, so that
/// more documents do not have the values of the old ones made again.
pub fn of_expression(expression: &str, name: &str) -> Result<Preset> {
    let place = Place {
        file: "--key",
        what: "a key",
    };
    let expr = condition::expression(
        place,
        expression,
        "lower(url)",
        "a key is one expression; join several as in concat_ws(' ', title, author)",
    )?;
    check_name(name)?;
    let column = format!("{name}{KEY}");
    let sql = format!("SELECT {expr} AS {column} FROM corpus");
    let links = Keys {
        keys: vec![column.clone()],
        functions: &[],
        signature: None,
        demand: None,
        priority: None,
        read: Some(Read {
            layer: column,
            sql: Some(sql),
        }),
    };
    let survivor = Survivor::First;
    let about = format!("documents with the same value of {expr}");
    Ok(Preset {
        arguments: format!("--key {} {NAME}{name}", in_quotes(&expr.to_string())),
        ..Preset::new(name, about, Clusters { links, survivor })
    })
}

/// The user can give clusters this name.
pub(super) fn check_name(name: &str) -> Result<()> {
    check_layer_name(name)?;
    if Preset::named(name).is_ok() {
        return Err(
            Error::user(format!("{name} is the name of a published preset"))
                .hint("take another, so that nobody takes one for the other"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_one_expression_over_a_document() -> Result<()> {
        let preset = of_expression("nullif(lower(url), '') -- of pages", "by_page")?;
        assert_eq!(
            preset.arguments,
            "--key 'nullif(lower(url), '\\'''\\'')' --name by_page"
        );
        let reads = preset.way.reads();
        let reads: Vec<_> = reads
            .iter()
            .map(|read| (read.layer.as_str(), read.sql.as_deref()))
            .collect();
        let sql = "SELECT nullif(lower(url), '') AS by_page_key FROM corpus";
        assert_eq!(reads, [("by_page_key", Some(sql))]);
        for (key, name, expected) in [
            ("lower(", "a", "--key: expected an expression"),
            ("", "a", "--key is empty"),
            (
                "url, id",
                "a",
                "--key, line 1, column 4: expected the end of the key, found ,",
            ),
            (
                "min(url)",
                "a",
                "the aggregate `min(…)` has no place in a key",
            ),
            ("url", "By page", "`By page` is no name for a layer"),
            ("url", "documents", "`documents` is not an annotation layer"),
            ("url", "exact", "exact is the name of a published preset"),
        ] {
            let error = of_expression(key, name).expect_err(key);
            assert!(error.message().contains(expected), "{}", error.message());
        }
        Ok(())
    }
}
