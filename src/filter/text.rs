//! The report for people.

use super::Report;
use super::figures::{Amount, Removed, Section, Unit};
use super::spread::Estimate;
use super::sweep::{Curve, Point, Sweep, Target};
use super::thresholds::LeftOut;
use crate::error::Result;
use crate::output::grid::{Grid, count, share};

/// Groups shown; what lies beyond is counted and said.
const MOST_GROUPS: usize = 40;
/// Rows of a curve, about.
const CURVE_ROWS: usize = 10;
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
        text.push_str(&self.rules(bars));
        for note in notes(&self.all) {
            text.push_str(&note);
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.kept());
        if !self.overlap.is_empty() {
            text.push('\n');
            text.push_str(&self.overlaps());
        }
        if !self.groups.is_empty() {
            text.push('\n');
            text.push_str(&self.by_group()?);
        }
        if let Some(sweep) = &self.sweep {
            text.push('\n');
            text.push_str(&self.swept(sweep));
        }
        if !self.removed.is_empty() {
            text.push('\n');
            text.push_str(&self.listing());
        }
        Ok(text)
    }

    /// What text is measured in.
    pub(super) fn unit(&self) -> Unit {
        match self.tokens_column {
            Some(_) => Unit::Tokens,
            None => Unit::Characters,
        }
    }

    /// What was judged.
    fn heading(&self) -> String {
        let selected = self.all.total;
        let corpora = self.corpora.join(", ");
        let condition = self.condition.as_ref().map(|c| c.replace('\n', " "));
        let mut text = match condition {
            None if self.sample.is_some() => format!(
                "{corpora}: {} of {}, {}\n",
                count(selected.documents),
                documents(self.documents),
                sizes(selected)
            ),
            None => format!(
                "{corpora}: {}, {}\n",
                documents(self.documents),
                sizes(selected)
            ),
            Some(condition) if selected.documents == 0 => format!(
                "{corpora}: none of {} meets {condition}; nothing to filter\n",
                documents(self.documents)
            ),
            Some(condition) => format!(
                "{corpora}: {} of {}, {}, where {condition}\n",
                count(selected.documents),
                documents(self.documents),
                sizes(selected)
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
        if let Some(sample) = &self.sample {
            text.push_str(&format!(
                "a sample: {} of {} {}, {} documents in them; counts are of the sample, a share lies within ± in 19 of 20 samples\n",
                count(sample.clusters),
                count(sample.of_clusters),
                sample.unit,
                count(sample.documents),
            ));
        }
        if let Some(column) = &self.tokens_column {
            text.push_str(&format!("tokens are those of {column}\n"));
        }
        if let Some(target) = &self.target {
            text.push_str(&format!(
                "wanted of each threshold: the strictest of those {}\n",
                wanted(target)
            ));
        }
        text
    }

    /// The rules of each filter.
    fn rules(&self, bars: bool) -> String {
        let (section, unit) = (&self.all, self.unit());
        let estimates = self.sample.as_ref().map(|s| &s.estimates);
        // Name; then documents, their share, the share of characters, three times; then the bar.
        let mut grid = Grid::new([false].into_iter().chain([true; 9]).chain([false]));
        grid.heads([("", 1), ("alone", 3), ("only", 3), ("first", 3)]);
        grid.row([
            "removes",
            "documents",
            "",
            unit.short(),
            "documents",
            "",
            unit.short(),
            "documents",
            "",
            unit.short(),
        ]);
        grid.rule();
        for (place, filter) in section.filters.iter().enumerate() {
            let estimates = estimates.map(|e| &e.filters[place]);
            grid.text(filter.filter.clone());
            for (place, rule) in filter.rules.iter().enumerate() {
                let estimates = estimates.map(|e| &e.rules[place].removed);
                let mut row = vec![format!("  {}", rule.rule)];
                row.extend(removed(rule.removed, section.total, unit, estimates));
                if bars {
                    row.push(bar(rule.removed, section.total));
                }
                grid.row(row);
            }
            if filter.rules.len() > 1 {
                let mut row = vec!["  = all its rules".to_string()];
                row.extend(removed(
                    filter.removed,
                    section.total,
                    unit,
                    estimates.map(|e| &e.removed),
                ));
                if bars {
                    row.push(bar(filter.removed, section.total));
                }
                grid.row(row);
            }
        }
        for (place, chosen) in self.distinct.iter().enumerate() {
            grid.text(format!("distinct {}", chosen.preset));
            let among = match place {
                0 => "  duplicates among those kept",
                _ => "  duplicates among those left",
            };
            let mut row = vec![among.to_string()];
            // They are chosen last, after all rules: what they would be alone is not asked.
            let of_chosen = Removed {
                first: chosen.duplicates,
                ..Removed::default()
            };
            let cells = removed(of_chosen, section.total, unit, None);
            row.extend(
                (0..6)
                    .map(|_| String::new())
                    .chain(cells.into_iter().skip(6)),
            );
            grid.row(row);
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

    /// What passes.
    fn kept(&self) -> String {
        let section = &self.all;
        let mut units = vec![Unit::Characters];
        if self.tokens_column.is_some() {
            units.push(Unit::Tokens);
        }
        let figures = 2 + 2 * units.len();
        let mut grid = Grid::new([false].into_iter().chain(vec![true; figures]));
        let mut head = vec!["keeps", "documents", ""];
        head.extend(units.iter().flat_map(|unit| [unit.name(), ""]));
        grid.row(head);
        grid.rule();
        let total = section.total;
        units.insert(0, Unit::Documents);
        let mut row = |name: &str, kept: Amount, estimate: Option<&Estimate>| {
            let mut cells = vec![name.to_string()];
            for unit in &units {
                cells.extend([
                    count(unit.of(&kept)),
                    share_of(&kept, &total, *unit, estimate),
                ]);
            }
            grid.row(cells);
        };
        let estimates = self.sample.as_ref().map(|s| &s.estimates);
        for (place, filter) in section.filters.iter().enumerate() {
            let estimate = estimates.map(|e| &e.filters[place].kept);
            row(&filter.filter, filter.kept, estimate);
        }
        if section.filters.len() > 1 {
            row("all of them", section.kept, estimates.map(|e| &e.kept));
        }
        for chosen in &self.distinct {
            row(&format!("one of each {}", chosen.preset), chosen.kept, None);
        }
        let mut text = grid.render();
        for chosen in &self.distinct {
            text.push_str(&format!(
                "one of each {}: of the documents of a cluster that pass, the first in {} stays\n",
                chosen.preset, chosen.keep
            ));
        }
        text
    }

    /// What each filter keeps and another drops, in documents and in the text that tells most.
    fn overlaps(&self) -> String {
        let filters = &self.all.filters;
        let mut grid = Grid::new(
            [false]
                .into_iter()
                .chain(filters.iter().flat_map(|_| [true; 2])),
        );
        let mut heads = vec![("", 1)];
        heads.extend(filters.iter().map(|f| (f.filter.as_str(), 2)));
        for (place, unit) in [Unit::Documents, self.unit()].iter().enumerate() {
            if place > 0 {
                grid.text("");
            }
            grid.heads([("", 1), ("dropped by", 2 * filters.len())]);
            grid.heads(heads.clone());
            grid.row([format!("{} kept by", unit.name())]);
            grid.rule();
            for keeper in filters {
                let mut row = vec![format!("  {}", keeper.filter)];
                for dropper in filters {
                    let pair = self
                        .overlap
                        .iter()
                        .find(|p| p.kept_by == keeper.filter && p.dropped_by == dropper.filter);
                    row.extend(match pair {
                        None => ["·".to_string(), String::new()],
                        Some(pair) => [
                            count(unit.of(&pair.amount)),
                            share_of(&pair.amount, &keeper.kept, *unit, pair.estimate.as_ref()),
                        ],
                    });
                }
                grid.row(row);
            }
        }
        let mut text = grid.render();
        text.push_str("shares are of what the filter at the left keeps\n");
        text
    }

    /// What other thresholds would keep.
    fn swept(&self, sweep: &Sweep) -> String {
        let unit = self.unit();
        let total = self.all.total;
        let mut grid = Grid::new([true, true, true, true, true, false]);
        grid.row(["threshold", "documents", "", unit.name(), ""]);
        grid.rule();
        let row = |point: &Point, note: &str| {
            let kept = point.kept;
            [
                number(point.threshold),
                count(kept.documents),
                share_of(&kept, &total, Unit::Documents, point.estimate.as_ref()),
                count(unit.of(&kept)),
                share_of(&kept, &total, unit, point.estimate.as_ref()),
                note.to_string(),
            ]
        };
        for (place, curve) in sweep.curves.iter().enumerate() {
            if place > 0 {
                grid.text("");
            }
            grid.text(format!(
                "{}.{}: {}",
                curve.filter,
                curve.name,
                demand(curve)
            ));
            let now = |point: &Point| point.threshold == curve.threshold;
            for point in curve.few(CURVE_ROWS) {
                grid.row(row(point, if now(point) { "◂ now" } else { "" }));
            }
            if let Some(target) = self.target {
                let wanted = format!("{} {}", count(target.amount), target.unit.name());
                match &curve.target {
                    Some(point) => grid.row(row(point, &format!("◂ keeps {wanted}"))),
                    None => grid.text(format!(
                        "  no threshold keeps {wanted}: without it {} are kept",
                        count(target.unit.of(&curve.most))
                    )),
                }
            }
        }
        let mut text = grid.render();
        text.push_str("documents that pass all other rules, by where the threshold is\n");
        text.push_str(&bins(&sweep.curves));
        for LeftOut { filter, rule, why } in &sweep.left_out {
            text.push_str(&format!("not moved: {filter}.{rule}, {why}\n"));
        }
        text
    }

    fn by_group(&self) -> Result<String> {
        let filters = &self.all.filters;
        let unit = self.unit();
        let name = unit.name();
        let keys = self.by.len();
        let one_of_each = self.distinct.last();
        let figures = 6
            + if filters.len() > 1 { filters.len() } else { 0 }
            + if one_of_each.is_some() { 2 } else { 0 };
        let mut grid = Grid::new(
            (0..keys)
                .map(|_| false)
                .chain((0..figures).map(|_| true))
                .chain([false]),
        );
        let mut above = vec![("", keys), ("all", 2), ("kept", 4)];
        let mut head: Vec<&str> = self.by.iter().map(String::as_str).collect();
        head.extend(["documents", name, "documents", "", name, ""]);
        let named = one_of_each.map(|chosen| format!("one of each {}", chosen.preset));
        if let Some(named) = &named {
            above.push((named, 2));
            head.extend(["documents", name]);
        }
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
            let estimates = group.estimates.as_ref();
            let mut row = key;
            row.extend([
                count(total.documents),
                count(unit.of(&total)),
                count(kept.documents),
                share_of(&kept, &total, Unit::Documents, estimates.map(|e| &e.kept)),
                count(unit.of(&kept)),
                share_of(&kept, &total, unit, estimates.map(|e| &e.kept)),
            ]);
            if let Some(chosen) = group.distinct.last() {
                row.extend([count(chosen.kept.documents), count(unit.of(&chosen.kept))]);
            }
            if filters.len() > 1 {
                row.extend(section.filters.iter().enumerate().map(|(place, filter)| {
                    let estimate = estimates.map(|e| &e.filters[place].kept);
                    share_of(&filter.kept, &total, Unit::Documents, estimate)
                }));
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

fn removed(
    removed: Removed,
    total: Amount,
    unit: Unit,
    estimates: Option<&Removed<Estimate>>,
) -> [String; 9] {
    let cells = |amount: Amount, estimate: Option<&Estimate>| {
        // Of a sample, nothing may be something.
        if amount.documents == 0 && estimate.is_none() {
            return ["0".to_string(), "·".to_string(), "·".to_string()];
        }
        [
            count(amount.documents),
            share_of(&amount, &total, Unit::Documents, estimate),
            share_of(&amount, &total, unit, estimate),
        ]
    };
    let [a, b, c] = [
        cells(removed.alone, estimates.map(|e| &e.alone)),
        cells(removed.only, estimates.map(|e| &e.only)),
        cells(removed.first, estimates.map(|e| &e.first)),
    ];
    let mut cells = a.into_iter().chain(b).chain(c);
    std::array::from_fn(|_| cells.next().unwrap_or_default())
}

/// A part of the whole, and how far it can be off where it is that of a sample.
pub fn share_of(part: &Amount, whole: &Amount, unit: Unit, estimate: Option<&Estimate>) -> String {
    let share = share(unit.of(part), unit.of(whole));
    match margin_of(unit, estimate) {
        None => share,
        Some(margin) => format!("{share} {margin}"),
    }
}

/// How far the share of a sample can be off, in percent.
pub fn margin_of(unit: Unit, estimate: Option<&Estimate>) -> Option<String> {
    Some(match estimate?.of(unit).margin() {
        None => "±?".to_string(),
        Some(0.0) => "±0".to_string(),
        Some(margin) if margin < 0.0005 => "±<0.1".to_string(),
        Some(margin) => format!("±{:.1}", margin * 100.0),
    })
}

/// How close thresholds may be to each other that are not told apart, where some are not.
pub fn bins(curves: &[Curve]) -> String {
    let mut widths: Vec<(f64, Vec<&str>)> = Vec::new();
    for curve in curves.iter().filter(|curve| !curve.exact) {
        match widths.iter_mut().find(|(w, _)| *w == curve.bin_width) {
            Some((_, names)) => names.push(&curve.name),
            None => widths.push((curve.bin_width, vec![&curve.name])),
        }
    }
    if widths.is_empty() {
        return String::new();
    }
    widths.sort_by(|a, b| a.0.total_cmp(&b.0));
    let of_width = |(width, names): &(f64, Vec<&str>)| {
        // Two digits say enough.
        let step = 10f64.powf(width.log10().floor() - 1.0);
        let percent = (width / step).ceil() * step * 100.0;
        format!("{}% in {}", number(percent), names.join(", "))
    };
    let widths: Vec<String> = widths.iter().map(of_width).collect();
    format!(
        "figures are exact; of thresholds closer to each other than a bin is wide only one is tried: {}\n",
        widths.join("; ")
    )
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

/// What thresholds are to keep, in words.
pub fn wanted(target: &Target) -> String {
    format!(
        "that keep at least {} {}",
        count(target.amount),
        target.unit.name()
    )
}

/// The rule that removes most by itself.
pub fn strictest(section: &Section) -> Option<(&str, &str, u64)> {
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

/// What a threshold demands now.
pub fn demand(curve: &Curve) -> String {
    format!(
        "{} {} {}",
        curve.measures.join(" and "),
        curve.comparison.symbol(),
        number(curve.threshold)
    )
}

/// A threshold with as many digits as people read.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return match value < 0.0 {
            true => format!("-{}", count(value.abs() as u64)),
            false => count(value as u64),
        };
    }
    let digits = (4.0 - value.abs().log10().floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{value:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// How much text, in words.
fn sizes(amount: Amount) -> String {
    let characters = format!("{} characters", count(amount.characters));
    match amount.tokens {
        None => characters,
        Some(tokens) => format!("{characters}, {} tokens", count(tokens)),
    }
}

fn documents(number: u64) -> String {
    match number {
        1 => "1 document".to_string(),
        n => format!("{} documents", count(n)),
    }
}
