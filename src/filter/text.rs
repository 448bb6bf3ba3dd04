//! The report for people.

use super::Report;
use super::figures::{Amount, Removed, Section};
use crate::error::Result;
use crate::output::grid::{Grid, count, share};

/// Groups shown; what lies beyond is counted and said.
const MOST_GROUPS: usize = 40;
/// Width of a bar that stands for all documents.
const BAR: usize = 20;

impl Report {
    /// The report as text; `bars` for a terminal.
    pub fn to_text(&self, bars: bool) -> Result<String> {
        let mut text = self.heading();
        if self.all.total.documents == 0 {
            return Ok(text);
        }
        text.push('\n');
        text.push_str(&rules(&self.all, bars));
        for note in notes(&self.all) {
            text.push_str(&note);
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&kept(&self.all));
        if !self.groups.is_empty() {
            text.push('\n');
            text.push_str(&self.by_group()?);
        }
        Ok(text)
    }

    /// What was judged.
    fn heading(&self) -> String {
        let selected = self.all.total;
        let corpora = self.corpora.join(", ");
        let condition = self.condition.as_ref().map(|c| c.replace('\n', " "));
        let mut text = match condition {
            None => format!(
                "{corpora}: {}, {} characters\n",
                documents(self.documents),
                count(selected.characters)
            ),
            Some(condition) if selected.documents == 0 => format!(
                "{corpora}: none of {} meets {condition}; nothing to filter\n",
                documents(self.documents)
            ),
            Some(condition) => format!(
                "{corpora}: {} of {}, {} characters, where {condition}\n",
                count(selected.documents),
                documents(self.documents),
                count(selected.characters)
            ),
        };
        if !self.set.is_empty() {
            let set: Vec<String> = self
                .set
                .iter()
                .map(|(name, value)| match value {
                    serde_json::Value::String(s) => format!("{name} = {s}"),
                    other => format!("{name} = {other}"),
                })
                .collect();
            text.push_str(&format!("with {}\n", set.join(", ")));
        }
        text
    }

    fn by_group(&self) -> Result<String> {
        let filters = &self.all.filters;
        let keys = self.by.len();
        let figures = 6 + if filters.len() > 1 { filters.len() } else { 0 };
        let mut grid = Grid::new(
            (0..keys)
                .map(|_| false)
                .chain((0..figures).map(|_| true))
                .chain([false]),
        );
        let mut above = vec![("", keys), ("all", 2), ("kept", 4)];
        let mut head: Vec<&str> = self.by.iter().map(String::as_str).collect();
        head.extend(["documents", "characters", "documents", "", "characters", ""]);
        if filters.len() > 1 {
            above.push(("documents kept by", filters.len()));
            head.extend(filters.iter().map(|f| f.filter.as_str()));
        }
        head.push("removes most");
        grid.heads(above);
        grid.row(head);
        grid.rule();
        for (group, key) in self.groups.iter().zip(self.key_cells()?).take(MOST_GROUPS) {
            let section = &group.section;
            let (total, kept) = (section.total, section.kept);
            let mut row = key;
            row.extend([
                count(total.documents),
                count(total.characters),
                count(kept.documents),
                share(kept.documents, total.documents),
                count(kept.characters),
                share(kept.characters, total.characters),
            ]);
            if filters.len() > 1 {
                row.extend(
                    section
                        .filters
                        .iter()
                        .map(|f| share(f.kept.documents, total.documents)),
                );
            }
            row.push(
                strictest(section).map_or_else(String::new, |(filter, rule, alone)| {
                    let by = share(alone, total.documents);
                    if filters.len() > 1 {
                        format!("{filter}.{rule} {by}")
                    } else {
                        format!("{rule} {by}")
                    }
                }),
            );
            grid.row(row);
        }
        let more = self.groups.len().saturating_sub(MOST_GROUPS);
        if more > 0 {
            grid.text(format!(
                "… and {more} smaller groups; --format csv, json, jsonl or parquet writes them all"
            ));
        }
        Ok(grid.render())
    }
}

/// The rules of each filter.
fn rules(section: &Section, bars: bool) -> String {
    // Name; then documents, their share, the share of characters, three times; then the bar.
    let mut grid = Grid::new([false].into_iter().chain([true; 9]).chain([false]));
    grid.heads([("", 1), ("alone", 3), ("only", 3), ("first", 3)]);
    grid.row([
        "removes",
        "documents",
        "",
        "chars",
        "documents",
        "",
        "chars",
        "documents",
        "",
        "chars",
    ]);
    grid.rule();
    for filter in &section.filters {
        grid.text(filter.filter.clone());
        for rule in &filter.rules {
            let mut row = vec![format!("  {}", rule.rule)];
            row.extend(removed(rule.removed, section.total));
            if bars {
                row.push(bar(rule.removed, section.total));
            }
            grid.row(row);
        }
        if filter.rules.len() > 1 {
            let mut row = vec!["  = all its rules".to_string()];
            row.extend(removed(filter.removed, section.total));
            if bars {
                row.push(bar(filter.removed, section.total));
            }
            grid.row(row);
        }
    }
    let mut text = grid.render();
    text.push_str(
        "alone: fails the rule · only: fails no other rule · first: fails no rule before it; first and kept add up to all\n",
    );
    if bars {
        text.push_str(
            "bar: documents that fail the rule, of all; solid: that fail no other rule\n",
        );
    }
    text
}

fn removed(removed: Removed, total: Amount) -> [String; 9] {
    let [a, b, c] = [removed.alone, removed.only, removed.first].map(|amount| {
        if amount.documents == 0 {
            return ["0".to_string(), "·".to_string(), "·".to_string()];
        }
        [
            count(amount.documents),
            share(amount.documents, total.documents),
            share(amount.characters, total.characters),
        ]
    });
    let mut cells = a.into_iter().chain(b).chain(c);
    std::array::from_fn(|_| cells.next().unwrap_or_default())
}

/// What the rule alone removes, of all documents; the dark part only it does.
fn bar(removed: Removed, total: Amount) -> String {
    let cells = |documents: u64| {
        let exact = documents as f64 * BAR as f64 / total.documents.max(1) as f64;
        // Something shows as something.
        (exact.round() as usize).max(usize::from(documents > 0))
    };
    let alone = cells(removed.alone.documents);
    let only = cells(removed.only.documents).min(alone);
    format!("{}{}", "█".repeat(only), "░".repeat(alone - only))
}

/// What passes.
fn kept(section: &Section) -> String {
    let mut grid = Grid::new([false, true, true, true, true]);
    grid.row(["keeps", "documents", "", "characters", ""]);
    grid.rule();
    let total = section.total;
    let mut row = |name: &str, kept: Amount| {
        grid.row([
            name.to_string(),
            count(kept.documents),
            share(kept.documents, total.documents),
            count(kept.characters),
            share(kept.characters, total.characters),
        ]);
    };
    for filter in &section.filters {
        row(&filter.filter, filter.kept);
    }
    if section.filters.len() > 1 {
        row("all of them", section.kept);
    }
    grid.render()
}

/// What the figures do not say by themselves.
fn notes(section: &Section) -> Vec<String> {
    let total = section.total.documents;
    let mut notes = Vec::new();
    for filter in section.filters.iter().filter(|f| f.kept.documents == 0) {
        let whole: Vec<&str> = filter
            .rules
            .iter()
            .filter(|r| r.removed.alone.documents == total)
            .map(|r| r.rule.as_str())
            .collect();
        let name = &filter.filter;
        notes.push(match whole.as_slice() {
            [] => format!("{name} keeps nothing: no rule alone removes all, together they do"),
            [one] => format!("{name} keeps nothing: {one} alone removes all"),
            several => format!(
                "{name} keeps nothing: each of {} alone removes all",
                several.join(", ")
            ),
        });
    }
    if section.kept.documents == 0 && notes.is_empty() {
        notes.push("together they keep nothing: each filter removes what the others keep".into());
    }
    for filter in &section.filters {
        let undefined: Vec<String> = filter
            .rules
            .iter()
            .filter(|r| r.undefined_documents > 0)
            .map(|r| format!("{} in {}", r.rule, count(r.undefined_documents)))
            .collect();
        if !undefined.is_empty() {
            notes.push(format!(
                "NULL, which fails, in {}: {} documents",
                filter.filter,
                undefined.join(", ")
            ));
        }
    }
    notes
}

/// The rule that removes most by itself.
fn strictest(section: &Section) -> Option<(&str, &str, u64)> {
    let mut most: Option<(&str, &str, u64)> = None;
    for filter in &section.filters {
        for rule in &filter.rules {
            let alone = rule.removed.alone.documents;
            if alone > most.map_or(0, |(_, _, documents)| documents) {
                most = Some((&filter.filter, &rule.rule, alone));
            }
        }
    }
    most
}

fn documents(number: u64) -> String {
    match number {
        1 => "1 document".to_string(),
        n => format!("{} documents", count(n)),
    }
}
