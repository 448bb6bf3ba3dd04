//! Text tables whose cells are words already, and numbers as people read them.

use super::table::display_width;

/// A table of text: columns are padded to their widest cell; lines of text may stand between rows.
#[derive(Debug)]
pub struct Grid {
    right: Vec<bool>,
    lines: Vec<Line>,
}

#[derive(Debug)]
enum Line {
    Row(Vec<String>),
    Heads(Vec<(String, usize)>),
    Text(String),
    Rule,
}

impl Grid {
    /// An empty table; `right` says which columns are aligned to the right.
    pub fn new(right: impl IntoIterator<Item = bool>) -> Self {
        Self {
            right: right.into_iter().collect(),
            lines: Vec::new(),
        }
    }

    /// Adds a row; cells that are missing at its end stay empty.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.lines
            .push(Line::Row(cells.into_iter().map(Into::into).collect()));
    }

    /// Adds a row of heads, each over so many columns.
    pub fn heads<T: Into<String>>(&mut self, heads: impl IntoIterator<Item = (T, usize)>) {
        let heads = heads.into_iter().map(|(head, span)| (head.into(), span));
        self.lines.push(Line::Heads(heads.collect()));
    }

    /// Adds a line of text that takes no part in the columns.
    pub fn text(&mut self, line: impl Into<String>) {
        self.lines.push(Line::Text(line.into()));
    }

    /// Adds a line under every column.
    pub fn rule(&mut self) {
        self.lines.push(Line::Rule);
    }

    /// The table as text.
    pub fn render(&self) -> String {
        let mut widths = vec![0; self.right.len()];
        for line in &self.lines {
            if let Line::Row(cells) = line {
                for (width, cell) in widths.iter_mut().zip(cells) {
                    *width = display_width(cell).max(*width);
                }
            }
        }
        // A head that is wider than its columns widens the last of them.
        for line in &self.lines {
            let Line::Heads(heads) = line else { continue };
            let mut column = 0;
            for (head, span) in heads {
                let end = (column + span).min(widths.len());
                let missing = display_width(head).saturating_sub(span_width(&widths[column..end]));
                if let Some(last) = widths[column..end].last_mut() {
                    *last += missing;
                }
                column = end;
            }
        }
        let mut text = String::new();
        for line in &self.lines {
            let start = text.len();
            match line {
                Line::Heads(heads) => {
                    let mut column = 0;
                    for (head, span) in heads {
                        let end = (column + span).min(widths.len());
                        text.push_str(if column == 0 { "" } else { "  " });
                        text.push_str(&centred(head, span_width(&widths[column..end])));
                        column = end;
                    }
                }
                Line::Text(line) => text.push_str(line),
                Line::Rule => {
                    for (column, width) in widths.iter().enumerate() {
                        text.push_str(if column == 0 { "" } else { "  " });
                        text.push_str(&"─".repeat(*width));
                    }
                }
                Line::Row(cells) => {
                    for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
                        let pad = " ".repeat(width - display_width(cell));
                        text.push_str(if column == 0 { "" } else { "  " });
                        if self.right[column] {
                            text.push_str(&pad);
                            text.push_str(cell);
                        } else {
                            text.push_str(cell);
                            text.push_str(&pad);
                        }
                    }
                }
            }
            text.truncate(start + text[start..].trim_end().len());
            text.push('\n');
        }
        text
    }
}

/// Columns and the gaps between them.
fn span_width(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + widths.len().saturating_sub(1) * 2
}

/// A head in the middle of a line as wide as its columns.
fn centred(head: &str, width: usize) -> String {
    let free = width.saturating_sub(display_width(head));
    if head.is_empty() || free < 4 {
        return format!("{head}{}", " ".repeat(free));
    }
    let left = (free - 2) / 2;
    format!(
        "{} {head} {}",
        "─".repeat(left),
        "─".repeat(free - 2 - left)
    )
}

/// Columns that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    display_width(text)
}

/// `1234567` as `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the unit that suits them: `935 B`, `1.2 MB`.
pub fn bytes(number: u64) -> String {
    let mut value = number as f64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB", "PB"] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    if unit == "B" || value >= 99.95 {
        format!("{value:.0} {unit}")
    } else {
        format!("{value:.1} {unit}")
    }
}

/// `part` of `whole` in percent.
pub fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "–".to_string(),
        _ if part == whole => "100%".to_string(),
        _ => percent(part as f64 * 100.0 / whole as f64),
    }
}

/// What is not nothing does not look like nothing, what is not all does not look like all.
pub fn percent(value: f64) -> String {
    if value == 0.0 {
        "0%".to_string()
    } else if value < 0.05 {
        "<0.1%".to_string()
    } else if (99.95..100.0).contains(&value) {
        ">99.9%".to_string()
    } else if value == 100.0 {
        "100%".to_string()
    } else {
        format!("{value:.1}%")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_padded() {
        let mut grid = Grid::new([false, true]);
        grid.heads([("wide head", 2)]);
        grid.row(["name", "n"]);
        grid.rule();
        grid.row(["日本", "1,000"]);
        grid.text("a longer line between the rows");
        grid.row(["x"]);
        assert_eq!(
            grid.render(),
            "wide head\nname      n\n────  ─────\n日本  1,000\na longer line between the rows\nx\n"
        );
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(share(1, 8), "12.5%");
        assert_eq!(share(1, 1_000_000), "<0.1%");
        assert_eq!(share(999_999, 1_000_000), ">99.9%");
        assert_eq!(share(3, 3), "100%");
        assert_eq!(share(0, 3), "0%");
        assert_eq!(share(0, 0), "–");
        assert_eq!(bytes(935), "935 B");
        assert_eq!(bytes(1_234_567), "1.2 MB");
        assert_eq!(bytes(999_600), "1.0 MB");
        assert_eq!(bytes(123_456_789), "123 MB");
    }
}
