//! A table for people: numbers to the right, long values cut, a line of column names.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::error::Result;

/// Longest value shown, in characters.
const WIDEST: usize = 60;
/// Rows kept for a table; what lies beyond is counted and said.
const MOST_ROWS: usize = 10_000;

/// Rows being collected; widths are known only at the end.
pub struct Table {
    names: Vec<String>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
    left_out: usize,
}

impl Table {
    /// An empty table with the columns of `schema`.
    pub fn new(schema: &SchemaRef) -> Self {
        Self {
            names: schema.fields().iter().map(|f| f.name().clone()).collect(),
            right: schema
                .fields()
                .iter()
                .map(|f| f.data_type().is_numeric() || f.data_type() == &DataType::Boolean)
                .collect(),
            rows: Vec::new(),
            left_out: 0,
        }
    }

    /// Adds rows.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        let options = FormatOptions::default().with_null("NULL");
        let columns = batch
            .columns()
            .iter()
            .map(|c| ArrayFormatter::try_new(c.as_ref(), &options))
            .collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            if self.rows.len() == MOST_ROWS {
                self.left_out += batch.num_rows() - row;
                break;
            }
            self.rows.push(
                columns
                    .iter()
                    .map(|c| cut(&c.value(row).to_string()))
                    .collect(),
            );
        }
        Ok(())
    }

    /// The table as text.
    pub fn render(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|r| display_width(&r[column]));
            cells
                .chain([display_width(&self.names[column])])
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.names.len()).map(width).collect();
        let mut text = String::new();
        let line = |cells: &[String], text: &mut String| {
            for (column, cell) in cells.iter().enumerate() {
                let pad = " ".repeat(widths[column] - display_width(cell));
                let gap = if column == 0 { "" } else { "  " };
                text.push_str(gap);
                if self.right[column] {
                    text.push_str(&pad);
                    text.push_str(cell);
                } else {
                    text.push_str(cell);
                    text.push_str(&pad);
                }
            }
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        };
        line(&self.names, &mut text);
        let rule: Vec<String> = widths.iter().map(|w| "─".repeat(*w)).collect();
        line(&rule, &mut text);
        for row in &self.rows {
            line(row, &mut text);
        }
        if self.left_out > 0 {
            text.push_str(&format!(
                "… and {} more rows; --format csv, json, jsonl or parquet writes them all\n",
                self.left_out
            ));
        }
        text
    }
}

/// One line of at most [`WIDEST`] characters, control characters made visible.
fn cut(value: &str) -> String {
    let mut short = String::new();
    for (count, c) in value.chars().enumerate() {
        if count == WIDEST {
            short.push('…');
            break;
        }
        match c {
            '\n' => short.push('↵'),
            c if c.is_control() => short.push('\u{fffd}'),
            c => short.push(c),
        }
    }
    short
}

/// Columns on a terminal: wide East Asian characters take two.
pub(super) fn display_width(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x1100..=0x115f
            | 0x2e80..=0xa4cf
            | 0xac00..=0xd7a3
            | 0xf900..=0xfaff
            | 0xfe30..=0xfe6f
            | 0xff00..=0xff60
            | 0xffe0..=0xffe6
            | 0x1f300..=0x1faff
            | 0x20000..=0x3fffd => 2,
            _ => 1,
        })
        .sum()
}
