//! The statistics for people: the frames, printed.

use polars::prelude::{AnyValue, Column, DataFrame};

use super::{AMOUNTS, Chosen, FIGURE, Mixture, QUANTILES, is_amount, kept, shaping, share_of};
use crate::error::Result;
use crate::output::grid::{Grid, bytes, count, percent};

/// Rows shown; what lies beyond is counted and said.
const MOST_ROWS: usize = 200;

/// How a pivot's cells without documents come out of [`column_cells`].
const NOTHING: [&str; 4] = ["0", "0 B", "–", "NULL"];

impl Mixture {
    /// The groups and their total as text.
    pub fn to_text(&self) -> Result<String> {
        let mut text = self.heading()?;
        if self.total.height() == 0 {
            return Ok(text);
        }
        // Two figures in a column of the frame are one column of figures for the eye: amount and share.
        let mut columns: Vec<(&str, String)> = Vec::new();
        for name in [
            "documents",
            "documents_share",
            "characters",
            "characters_share",
            "bytes",
        ] {
            let title = if name.ends_with("_share") { "" } else { name };
            columns.push((title, name.to_string()));
        }
        let tokens = self.amounts.get(AMOUNTS.len()).map(String::as_str);
        columns.extend(tokens.map(|name| (name, name.to_string())));
        let amounts = columns.len();
        columns.push(("min", "min_characters".to_string()));
        for ((name, _, _), title) in QUANTILES.iter().zip(["p25", "median", "p75", "p90"]) {
            columns.push((title, (*name).to_string()));
        }
        columns.push(("max", "max_characters".to_string()));
        for filter in &self.filters {
            columns.push(("documents", kept(filter, "documents_share")));
            columns.push(("characters", kept(filter, "characters_share")));
            columns.extend(tokens.map(|name| ("tokens", kept(filter, &share_of(name)))));
        }
        let keys = self.by.len();
        let mut grid = Grid::new((0..keys).map(|_| false).chain(columns.iter().map(|_| true)));
        let mut heads = vec![(String::new(), keys), ("all".to_string(), amounts)];
        heads.push(("length in characters".to_string(), 6));
        let of_filter = 2 + usize::from(tokens.is_some());
        heads.extend(
            self.filters
                .iter()
                .map(|f| (format!("kept by {f}"), of_filter)),
        );
        grid.heads(heads);
        grid.row(
            self.by
                .iter()
                .map(String::as_str)
                .chain(columns.iter().map(|(title, _)| *title)),
        );
        grid.rule();
        let shown = self.groups.height().min(MOST_ROWS);
        if keys > 0 {
            let names = self.by.iter().map(String::as_str);
            let cells = cells(
                &self.groups,
                names.chain(columns.iter().map(|(_, n)| n.as_str())),
            )?;
            for row in 0..shown {
                grid.row(cells.iter().map(|column| column[row].as_str()));
            }
            if self.groups.height() > shown {
                grid.text(more(self.groups.height() - shown));
            }
            grid.rule();
        }
        let total = cells(&self.total, columns.iter().map(|(_, n)| n.as_str()))?;
        let mut row: Vec<&str> = vec![""; keys];
        if let Some(first) = row.first_mut() {
            *first = "total";
        }
        row.extend(total.iter().map(|column| column[0].as_str()));
        grid.row(row);
        text.push('\n');
        text.push_str(&grid.render());
        Ok(text)
    }

    /// A pivot as text; where its figure can be summed, with sums.
    pub(super) fn pivot_to_text(&self, frame: &DataFrame, value: &str) -> Result<String> {
        let mut text = self.heading()?;
        text.push_str(&format!("{value}\n\n"));
        let is_key = |name: &str| name == FIGURE || self.by.iter().any(|k| k == name);
        let (keys, figures): (Vec<&Column>, Vec<&Column>) =
            frame.columns().iter().partition(|c| is_key(c.name()));
        let summed = is_amount(value);
        let mut grid = Grid::new(
            keys.iter()
                .map(|_| false)
                .chain((0..=figures.len()).map(|_| true)),
        );
        let names = keys.iter().chain(&figures).map(|c| c.name().as_str());
        grid.row(names.chain(summed.then_some("total")));
        grid.rule();
        let mut cells = Vec::new();
        for column in &keys {
            cells.push(column_cells(column, column.name())?);
        }
        for column in &figures {
            let mut figures = column_cells(column, value)?;
            // Most of a pivot may be nothing, which should look like it.
            for cell in figures.iter_mut().filter(|c| NOTHING.contains(&c.as_str())) {
                *cell = "·".to_string();
            }
            cells.push(figures);
        }
        if summed {
            let sums = sums(&figures)?;
            cells.push(column_cells(&sums, value)?);
        }
        for row in 0..frame.height().min(MOST_ROWS) {
            grid.row(cells.iter().map(|column| column[row].as_str()));
        }
        if frame.height() > MOST_ROWS {
            grid.text(more(frame.height() - MOST_ROWS));
        }
        if summed {
            grid.rule();
            let mut total: Vec<String> = vec![String::new(); keys.len()];
            if let Some(first) = total.first_mut() {
                *first = "total".to_string();
            }
            for column in figures.iter().copied().chain([&sums(&figures)?]) {
                let values = column.u64().map_err(shaping)?;
                let sum: u64 = values.iter().flatten().sum();
                let sum = Column::new("total".into(), [sum]);
                total.extend(column_cells(&sum, value)?);
            }
            grid.row(total);
        }
        text.push_str(&grid.render());
        Ok(text)
    }

    /// What was counted.
    fn heading(&self) -> Result<String> {
        let corpora = self.corpora.join(", ");
        let all = format!("{} documents", count(self.documents));
        let condition = self.condition.as_ref().map(|c| c.replace('\n', " "));
        if let Some(chosen) = &self.distinct {
            return self.chosen_heading(&corpora, &all, condition, chosen);
        }
        Ok(match condition {
            None => format!("{corpora}: {all}\n"),
            Some(condition) if self.total.height() == 0 => {
                format!("{corpora}: none of {all} meets {condition}; nothing to count\n")
            }
            Some(condition) => {
                let selected = count(self.selected()?);
                format!("{corpora}: {selected} of {all}, where {condition}\n")
            }
        })
    }

    /// What was counted of clusters.
    fn chosen_heading(
        &self,
        corpora: &str,
        all: &str,
        condition: Option<String>,
        chosen: &Chosen,
    ) -> Result<String> {
        let of_those = match (condition, &chosen.filters[..]) {
            (None, []) => String::new(),
            (None, filters) => format!(", that pass {}", filters.join(" and ")),
            (Some(condition), []) => format!(", where {condition}"),
            (Some(condition), filters) => {
                format!(
                    ", where {condition} and that pass {}",
                    filters.join(" and ")
                )
            }
        };
        if self.total.height() == 0 {
            return Ok(format!(
                "{corpora}: none of {all}{of_those}; nothing to count\n"
            ));
        }
        Ok(format!(
            "{corpora}: {} of {all}{of_those}: {}; without {} duplicates\n",
            count(self.selected()?),
            chosen.words,
            count(chosen.duplicates)
        ))
    }

    /// How many documents were counted.
    fn selected(&self) -> Result<u64> {
        let selected = self.total.column("documents").map_err(shaping)?;
        let selected = selected.u64().map_err(shaping)?.get(0);
        Ok(selected.unwrap_or(0))
    }
}

/// The sum of each row.
fn sums(columns: &[&Column]) -> Result<Column> {
    let mut sums = vec![0_u64; columns.first().map_or(0, |c| c.len())];
    for column in columns {
        for (sum, value) in sums.iter_mut().zip(column.u64().map_err(shaping)?.iter()) {
            *sum += value.unwrap_or(0);
        }
    }
    Ok(Column::new("total".into(), sums))
}

fn more(rows: usize) -> String {
    format!("… and {rows} more rows; --format csv, json, jsonl or parquet writes them all")
}

/// The cells of the columns `names`.
fn cells<'a>(frame: &DataFrame, names: impl Iterator<Item = &'a str>) -> Result<Vec<Vec<String>>> {
    names
        .map(|name| column_cells(frame.column(name).map_err(shaping)?, name))
        .collect()
}

/// A column as text; its name says what kind of number it holds.
fn column_cells(column: &Column, figure: &str) -> Result<Vec<String>> {
    (0..column.len())
        .map(|row| {
            Ok(match column.get(row).map_err(shaping)? {
                AnyValue::Null if figure.ends_with("_share") => "–".to_string(),
                AnyValue::Null => "NULL".to_string(),
                AnyValue::UInt64(n) if figure.ends_with("bytes") && is_amount(figure) => bytes(n),
                AnyValue::UInt64(n) if is_amount(figure) || figure.ends_with("_characters") => {
                    count(n)
                }
                AnyValue::Float64(x) if figure.ends_with("_share") => percent(x * 100.0),
                other => match other.get_str() {
                    Some(text) => text.to_string(),
                    None => other.to_string(),
                },
            })
        })
        .collect()
}
