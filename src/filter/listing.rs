//! Removed documents for people.

use super::removed::{FailedRule, RemovedDocument};
use super::text::number;
use super::{Report, lines};
use crate::output::grid::count;

impl Report {
    /// The removed documents that are shown, rule by rule.
    pub(super) fn listing(&self) -> String {
        let mut text = String::new();
        for of_rule in self
            .removed
            .chunk_by(|a, b| (&a.filter, &a.rule) == (&b.filter, &b.rule))
        {
            let RemovedDocument { filter, rule, .. } = &of_rule[0];
            let first = self.removed_first(filter, rule);
            text.push_str(&format!(
                "── {filter}.{rule} removes {} first; {} of them ──\n",
                count(first),
                count(of_rule.len() as u64)
            ));
            for document in of_rule {
                text.push_str(&one(document));
            }
        }
        text
    }

    /// Documents of which a rule is the first that they fail.
    pub(super) fn removed_first(&self, filter: &str, rule: &str) -> u64 {
        let rules = self.all.filters.iter().filter(|f| f.filter == filter);
        rules
            .flat_map(|f| &f.rules)
            .find(|r| r.rule == rule)
            .map_or(0, |r| r.removed.first.documents)
    }
}

fn one(document: &RemovedDocument) -> String {
    let mut about: Vec<String> = document.corpus.iter().cloned().collect();
    about.push(lines::cut(&document.id));
    about.extend(
        document
            .origin
            .iter()
            .map(|(name, value)| format!("{name} {}", shown(value))),
    );
    about.push(format!("{} characters", count(document.characters)));
    about.push(format!("{} lines", count(document.lines)));
    let mut text = format!("{}\n", about.join(" · "));
    for failed in &document.failed {
        text.push_str(&format!(
            "  fails {}.{}: {}\n",
            failed.filter,
            failed.rule,
            measured(failed)
        ));
    }
    let width = document
        .shown
        .last()
        .map_or(1, |line| line.number.to_string().len());
    let mut next = 1;
    for line in &document.shown {
        if line.number > next {
            text.push_str(&format!("   {:>width$} ┊\n", ""));
        }
        next = line.number + 1;
        let (mark, by) = match line.marked_by.is_empty() {
            true => (' ', String::new()),
            false => ('▸', format!("  ◂ {}", line.marked_by.join(", "))),
        };
        text.push_str(&format!(
            " {mark} {:>width$} │ {}{by}\n",
            line.number, line.text
        ));
    }
    if document.lines >= next {
        text.push_str(&format!("   {:>width$} ┊\n", ""));
    }
    text.push('\n');
    text
}

/// What was measured, and what the rule demands.
pub fn measured(failed: &FailedRule) -> String {
    let values: Vec<String> = failed
        .measured
        .iter()
        .map(|m| format!("{} = {}", m.measure, shown(&m.value)))
        .collect();
    // What a rule says of the one measure that it has need not name it again.
    let demands = match failed.measured.as_slice() {
        [one] => failed.demands.strip_prefix(&format!("{} ", one.measure)),
        _ => None,
    };
    format!(
        "{}, demanded {}",
        values.join(", "),
        demands.unwrap_or(&failed.demands)
    )
}

/// A value as people read it.
pub fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "NULL".to_string(),
        serde_json::Value::String(text) => lines::cut(text),
        serde_json::Value::Number(n) => n.as_f64().map_or_else(|| n.to_string(), number),
        other => other.to_string(),
    }
}
