//! Sections of the page: the funnel, the matrix of filters, groups, removed documents.

use super::super::figures::{Amount, FilterFigures, Removed, Unit};
use super::super::listing::{measured, shown};
use super::super::removed::RemovedDocument;
use super::super::sweep::Curve;
use super::super::text::{bins, margin_of, strictest, wanted};
use super::super::{Estimate, Group, Report};
use super::escape::{escape, name};
use super::{bars, curve};
use crate::error::Result;
use crate::output::grid::{count, share};

/// Groups shown at once.
const FIRST_GROUPS: usize = 20;
/// Groups shown; what lies beyond is counted and said.
const MOST_GROUPS: usize = 200;
/// Rules whose removed documents are unfolded.
const UNFOLDED: usize = 3;

/// A part of a whole in percent, as a length.
pub fn percent(part: u64, whole: u64) -> String {
    format!("{:.3}", part as f64 * 100.0 / whole.max(1) as f64)
}

/// Parts of a whole one after the other, each with its class; what is something is seen.
pub fn bar(parts: &[(&str, u64)], whole: u64) -> String {
    let pieces = parts.iter().filter(|(_, part)| *part > 0);
    let pieces = pieces.map(|(class, part)| {
        format!(
            "<i class=\"{class}\" style=\"width:{}%\"></i>",
            percent(*part, whole)
        )
    });
    format!("<div class=\"bar\">{}</div>", pieces.collect::<String>())
}

fn section(id: &str, title: &str, lead: &str, body: &str) -> String {
    format!(
        "<section id=\"{id}\">\n<h2>{title}</h2>\n<p class=\"about\">{lead}</p>\n{body}</section>\n"
    )
}

impl Report {
    /// The rules in order, and what is left after each.
    pub(super) fn funnel(&self) -> String {
        let unit = self.unit();
        let total = self.all.total;
        let mut left = total.documents;
        let estimates = self.sample.as_ref().map(|s| &s.estimates);
        let kind = |name: &str| {
            format!(
                "<th scope=\"col\" class=\"n\"><span>{name}</span><small>docs</small><small>{}</small></th>",
                unit.short()
            )
        };
        let mut body = format!(
            "<table class=\"funnel\">\n<thead><tr><th scope=\"col\">rule</th>\
             <th scope=\"col\" class=\"wide\">documents left after it</th>{}{}{}</tr></thead>\n",
            kind("first"),
            kind("alone"),
            kind("only")
        );
        for (place, filter) in self.all.filters.iter().enumerate() {
            let estimates = estimates.map(|e| &e.filters[place]);
            body.push_str("<tbody>\n");
            if self.all.filters.len() > 1 {
                body.push_str(&self.filter_row(filter, estimates));
            }
            for (place, rule) in filter.rules.iter().enumerate() {
                let first = rule.removed.first.documents;
                left -= first;
                let cells = cells(
                    &rule.removed,
                    &total,
                    unit,
                    estimates.map(|e| &e.rules[place].removed),
                );
                let undefined = match rule.undefined_documents {
                    0 => String::new(),
                    n => format!("<small>NULL in {}</small>", count(n)),
                };
                let idle = match rule.removed.alone.documents == 0 && estimates.is_none() {
                    true => " class=\"idle\"",
                    false => "",
                };
                body.push_str(&format!(
                    "<tr{idle}><th scope=\"row\">{}{undefined}</th><td class=\"wide\">{}</td>{cells}</tr>\n",
                    name(&rule.rule),
                    bar(&[("keep", left), ("drop", first)], total.documents)
                ));
            }
            body.push_str("</tbody>\n");
        }
        body.push_str(&self.distinct_rows());
        body.push_str("</table>\n");
        section(
            "rules",
            "Rule by rule",
            &format!(
                "<b>First</b>: no rule before it removes the document; these add up, and the bar shows what is left. \
                 <b>Alone</b>: all that fail the rule. <b>Only</b>: what would come back without it. \
                 Shares are of all documents and, small, of all {}.",
                unit.name()
            ),
            &body,
        )
    }

    /// A filter's name, what it keeps, and what all its rules remove together.
    fn filter_row(
        &self,
        filter: &FilterFigures,
        estimates: Option<&FilterFigures<Estimate>>,
    ) -> String {
        let (total, unit) = (self.all.total, self.unit());
        let kept = estimates.map(|e| &e.kept);
        format!(
            "<tr class=\"filter\"><th scope=\"row\">{}</th><td class=\"wide\" title=\"{}\">keeps {} by itself</td>{}</tr>\n",
            name(&filter.filter),
            amount(&filter.kept, unit),
            figure(&filter.kept, &total, Unit::Documents, kept),
            cells(&filter.removed, &total, unit, estimates.map(|e| &e.removed))
        )
    }

    /// What one filter keeps and another drops.
    pub(super) fn matrix(&self) -> String {
        if self.overlap.is_empty() {
            return String::new();
        }
        let unit = self.unit();
        let filters = &self.all.filters;
        let mut body = "<div class=\"scroll\"><table class=\"matrix\">\n<thead><tr><td><span>dropped by →</span> <span>kept by ↓</span></td>".to_string();
        for filter in filters {
            body.push_str(&format!("<th scope=\"col\">{}</th>", name(&filter.filter)));
        }
        body.push_str("</tr></thead>\n<tbody>\n");
        for keeper in filters {
            body.push_str(&format!(
                "<tr><th scope=\"row\">{}<small>{} documents</small></th>",
                name(&keeper.filter),
                count(keeper.kept.documents)
            ));
            for dropper in filters {
                let pair = self
                    .overlap
                    .iter()
                    .find(|p| p.kept_by == keeper.filter && p.dropped_by == dropper.filter);
                let Some(pair) = pair else {
                    body.push_str("<td class=\"self\"></td>");
                    continue;
                };
                let (part, whole) = (&pair.amount, &keeper.kept);
                let heat = part.documents as f64 / whole.documents.max(1) as f64;
                body.push_str(&format!(
                    "<td style=\"--heat:{:.1}%\" title=\"{}\"><b>{}</b><small>{}</small></td>",
                    // The eye tells small shares apart better than large ones.
                    heat.sqrt() * 60.0,
                    amount(part, unit),
                    figure(part, whole, Unit::Documents, pair.estimate.as_ref()),
                    figure(part, whole, unit, pair.estimate.as_ref())
                ));
            }
            body.push_str("</tr>\n");
        }
        body.push_str("</tbody>\n</table></div>\n");
        section(
            "overlap",
            "Where filters disagree",
            &format!(
                "Of what the filter at the left keeps, how much the one above drops: shares of its documents, and, small, of its {}.",
                unit.name()
            ),
            &body,
        )
    }

    /// The figures of each group.
    pub(super) fn groups(&self) -> Result<String> {
        if self.groups.is_empty() {
            return Ok(String::new());
        }
        let rows: Vec<String> = self
            .groups
            .iter()
            .zip(self.key_cells()?)
            .take(MOST_GROUPS)
            .map(|(group, key)| self.group_row(group, &key))
            .collect();
        let (first, others) = rows.split_at(rows.len().min(FIRST_GROUPS));
        let mut body = self.group_table(first);
        if !others.is_empty() {
            body.push_str(&format!(
                "<details>\n<summary>{} smaller groups</summary>\n{}</details>\n",
                count(others.len() as u64),
                self.group_table(others)
            ));
        }
        let more = self.groups.len().saturating_sub(MOST_GROUPS);
        if more > 0 {
            body.push_str(&format!(
                "<p class=\"about\">… and {} groups that are smaller still.</p>\n",
                count(more as u64)
            ));
        }
        Ok(section(
            "groups",
            &format!("By {}", escape(&self.by.join(" and "))),
            "The largest groups first. Shares are of what the group has.",
            &body,
        ))
    }

    fn group_table(&self, rows: &[String]) -> String {
        let mut head = String::new();
        for column in &self.by {
            head.push_str(&format!("<th scope=\"col\">{}</th>", escape(column)));
        }
        head.push_str(&format!(
            "<th scope=\"col\" class=\"n\">documents</th><th scope=\"col\" class=\"wide\">kept</th>\
             <th scope=\"col\" class=\"n\">documents kept</th><th scope=\"col\" class=\"n\">{} kept</th>",
            self.unit().name()
        ));
        if let Some(last) = self.distinct.last() {
            head.push_str(&format!(
                "<th scope=\"col\" class=\"n\">one of each {}</th>",
                name(&last.preset)
            ));
        }
        format!(
            "<table class=\"groups\">\n<thead><tr>{head}<th scope=\"col\">removes most</th></tr></thead>\n<tbody>\n{}</tbody>\n</table>\n",
            rows.concat()
        )
    }

    fn group_row(&self, group: &Group, key: &[String]) -> String {
        let unit = self.unit();
        let (total, kept) = (group.section.total, group.section.kept);
        let estimate = group.estimates.as_ref().map(|e| &e.kept);
        let mut html = "<tr>".to_string();
        for cell in key {
            let class = match cell.as_str() {
                "NULL" => " class=\"null\"",
                _ => "",
            };
            html.push_str(&format!(
                "<th scope=\"row\"{class}>{}</th>",
                escape(&shown(&cell.as_str().into()))
            ));
        }
        html.push_str(&format!(
            "<td class=\"n\" data-name=\"documents\">{}</td>\
             <td class=\"wide\">{}</td>",
            count(total.documents),
            bar(&[("keep", kept.documents)], total.documents),
        ));
        for (unit, of) in [(Unit::Documents, "documents"), (unit, unit.name())] {
            html.push_str(&format!(
                "<td class=\"n\" data-name=\"{of} kept\" title=\"{} {of}\">{}</td>",
                count(unit.of(&kept)),
                figure(&kept, &total, unit, estimate)
            ));
        }
        if let Some(chosen) = group.distinct.last() {
            html.push_str(&format!(
                "<td class=\"n\" data-name=\"one of each\">{}</td>",
                count(chosen.kept.documents)
            ));
        }
        let most = strictest(&group.section).map_or_else(
            || "–".to_string(),
            |(_, rule, alone)| {
                let share = escape(&share(alone, total.documents));
                format!("{} <small>{share}</small>", name(rule))
            },
        );
        html.push_str(&format!(
            "<td class=\"most\" data-name=\"removes most\">{most}</td></tr>\n"
        ));
        html
    }

    /// Documents by the size of their cluster.
    pub(super) fn clusters(&self) -> String {
        if self.clusters.is_empty() {
            return String::new();
        }
        let figures: String = self.clusters.iter().map(bars::figure).collect();
        section(
            "clusters",
            "Documents that belong together",
            "Documents by the size of their cluster, for each layer of duplicates that is stored, before the filters. \
             One of each cluster stays, the others are its duplicates. Bars are as long as documents are many, the longest of each layer as wide as there is room.",
            &format!(
                "<ul class=\"legend\"><li><i class=\"keep\"></i>stay</li><li><i class=\"drop\"></i>duplicates</li></ul>\n\
                 <div class=\"layers\">\n{figures}</div>\n"
            ),
        )
    }

    /// What other thresholds would keep.
    pub(super) fn curves(&self) -> String {
        let Some(sweep) = &self.sweep else {
            return String::new();
        };
        let (total, unit) = (self.all.total, self.unit());
        let mut body = String::new();
        if !sweep.curves.is_empty() {
            body.push_str(&self.legend());
        }
        if let Some(target) = &self.target {
            body.push_str(&format!(
                "<p class=\"about\">For each threshold: the strictest value of those {}.</p>\n",
                wanted(target)
            ));
        }
        let is_flat = |curve: &&Curve| curve::is_flat(curve, &total, unit) && self.target.is_none();
        let figure = |curve: &Curve| curve::figure(curve, &total, unit, self.target);
        for of_filter in sweep.curves.chunk_by(|a, b| a.filter == b.filter) {
            let (flat, bent): (Vec<&Curve>, Vec<&Curve>) = of_filter.iter().partition(is_flat);
            body.push_str(&format!("<h3>{}</h3>\n", name(&of_filter[0].filter)));
            if !bent.is_empty() {
                let figures: String = bent.into_iter().map(figure).collect();
                body.push_str(&format!("<div class=\"curves\">\n{figures}</div>\n"));
            }
            if !flat.is_empty() {
                let names: Vec<String> = flat.iter().map(|curve| name(&curve.name)).collect();
                let figures: String = flat.into_iter().map(figure).collect();
                body.push_str(&format!(
                    "<details>\n<summary>Hardly anything depends on {}</summary>\n<div class=\"curves\">\n{figures}</div>\n</details>\n",
                    names.join(", ")
                ));
            }
        }
        let bins = bins(&sweep.curves);
        if !bins.is_empty() {
            body.push_str(&format!(
                "<p class=\"about\">{}</p>\n",
                escape(bins.trim_end())
            ));
        }
        if !sweep.left_out.is_empty() {
            body.push_str("<p class=\"about\">Not moved: ");
            let rules: Vec<String> = sweep
                .left_out
                .iter()
                .map(|l| format!("<b>{}</b> ({})", name(&l.rule), escape(&l.why)))
                .collect();
            body.push_str(&format!("{}.</p>\n", rules.join("; ")));
        }
        section(
            "thresholds",
            "If a threshold were elsewhere",
            "What would pass if this one threshold were moved and all other rules stayed as they are, as a share of everything that was judged.",
            &body,
        )
    }

    /// What the lines of the curves mean.
    fn legend(&self) -> String {
        let mut html = format!(
            "<ul class=\"legend\"><li><i class=\"line\"></i>documents</li><li><i class=\"line dashed\"></i>{}</li>\
             <li><i class=\"line now\"></i>the threshold now</li>",
            self.unit().name()
        );
        if self.sample.is_some() {
            html.push_str("<li><i class=\"band\"></i>where the share of all documents lies in 19 of 20 samples</li>");
        }
        if self.target.is_some() {
            html.push_str(
                "<li><i class=\"diamond\"></i>the strictest that keeps what is wanted</li>",
            );
        }
        html.push_str("</ul>\n");
        html
    }

    /// Some of the removed documents.
    pub(super) fn documents(&self) -> String {
        if self.removed.is_empty() {
            return String::new();
        }
        let mut body = String::new();
        let of_rules = self
            .removed
            .chunk_by(|a, b| (&a.filter, &a.rule) == (&b.filter, &b.rule));
        for (place, of_rule) in of_rules.enumerate() {
            let RemovedDocument { filter, rule, .. } = &of_rule[0];
            body.push_str(&format!(
                "<details{}>\n<summary><b>{}</b><small>{} · first to remove {} documents; {} shown</small></summary>\n",
                if place < UNFOLDED { " open" } else { "" },
                name(rule),
                name(filter),
                count(self.removed_first(filter, rule)),
                of_rule.len()
            ));
            for document in of_rule {
                body.push_str(&one(document, self.all.filters.len() > 1));
            }
            body.push_str("</details>\n");
        }
        section(
            "removed",
            "Some of what is removed",
            "Drawn by a hash of the id, each rule and source in turn. Marked lines break the rule by themselves, or repeat where it is on repetition.",
            &body,
        )
    }
}

/// First, alone, only.
fn cells(
    removed: &Removed,
    total: &Amount,
    unit: Unit,
    estimates: Option<&Removed<Estimate>>,
) -> String {
    let figures = [
        ("first", removed.first, estimates.map(|e| &e.first)),
        ("alone", removed.alone, estimates.map(|e| &e.alone)),
        ("only", removed.only, estimates.map(|e| &e.only)),
    ];
    figures
        .into_iter()
        .map(|(name, part, estimate)| match part.documents {
            0 if estimate.is_none() => {
                format!("<td class=\"n none\" data-name=\"{name}\"><b>–</b><small>–</small></td>")
            }
            _ => format!(
                "<td class=\"n\" data-name=\"{name}\" title=\"{}\"><b>{}</b><small>{}</small></td>",
                amount(&part, unit),
                figure(&part, total, Unit::Documents, estimate),
                figure(&part, total, unit, estimate)
            ),
        })
        .collect()
}

/// Documents and text in words, for those who point at a share.
pub fn amount(amount: &Amount, unit: Unit) -> String {
    format!(
        "{} documents, {} {}",
        count(amount.documents),
        count(unit.of(amount)),
        unit.name()
    )
}

/// A share, and how far it can be off where it is that of a sample.
pub fn figure(part: &Amount, whole: &Amount, unit: Unit, estimate: Option<&Estimate>) -> String {
    let share = escape(&share(unit.of(part), unit.of(whole)));
    match margin_of(unit, estimate) {
        None => share,
        Some(margin) => format!("{share}<i>{}</i>", escape(&margin)),
    }
}

fn one(document: &RemovedDocument, with_filters: bool) -> String {
    let mut html = format!(
        "<article>\n<h3><bdi>{}</bdi></h3>\n<p class=\"origin\">",
        escape(&shown(&document.id.as_str().into()))
    );
    for name in document.corpus.iter() {
        html.push_str(&format!("<span>{}</span>", escape(name)));
    }
    for (name, value) in &document.origin {
        html.push_str(&format!(
            "<span>{} <bdi>{}</bdi></span>",
            escape(name),
            escape(&shown(value))
        ));
    }
    html.push_str(&format!(
        "<span>{} characters</span><span>{} {}</span></p>\n<ul class=\"failed\">\n",
        count(document.characters),
        count(document.lines),
        if document.lines == 1 { "line" } else { "lines" }
    ));
    for failed in &document.failed {
        html.push_str(&format!(
            "<li>{}<b>{}</b> <code>{}</code></li>\n",
            match with_filters {
                true => format!("<small>{}.</small>", name(&failed.filter)),
                false => String::new(),
            },
            name(&failed.rule),
            escape(&measured(failed))
        ));
    }
    html.push_str("</ul>\n<div class=\"lines\">\n");
    let mut next = 1;
    for line in &document.shown {
        if line.number > next {
            html.push_str("<p class=\"gap\"></p>\n");
        }
        next = line.number + 1;
        let (class, by) = match line.marked_by.is_empty() {
            true => ("", String::new()),
            false => (
                " class=\"marked\"",
                format!("<em>{}</em>", name(&line.marked_by.join(", "))),
            ),
        };
        html.push_str(&format!(
            "<p{class}><span>{}</span><bdi dir=\"auto\">{}</bdi>{by}</p>\n",
            line.number,
            escape(&line.text)
        ));
    }
    if document.lines >= next {
        html.push_str("<p class=\"gap\"></p>\n");
    }
    html.push_str("</div>\n</article>\n");
    html
}
