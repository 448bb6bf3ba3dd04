//! Sections of the page: the funnel, the matrix of filters, groups, removed documents.

use super::super::figures::{Amount, FilterFigures, Removed, Unit};
use super::super::listing::{measured, shown};
use super::super::removed::RemovedDocument;
use super::super::text::{bins, share_of, strictest};
use super::super::{Estimate, Report};
use super::escape::{escape, name};
use super::{bars, curve};
use crate::error::Result;
use crate::output::grid::{count, share};

/// Groups shown; what lies beyond is counted and said.
const MOST_GROUPS: usize = 60;

/// A part of a whole in percent, as a length.
pub fn percent(part: u64, whole: u64) -> String {
    format!("{:.3}", part as f64 * 100.0 / whole.max(1) as f64)
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
        let mut body = "<table class=\"funnel\">\n<thead><tr><th>rule</th><th class=\"wide\">documents left after it</th>\
                        <th>first</th><th>alone</th><th>only</th></tr></thead>\n"
            .to_string();
        for (place, filter) in self.all.filters.iter().enumerate() {
            let estimates = estimates.map(|e| &e.filters[place]);
            body.push_str("<tbody>\n");
            if self.all.filters.len() > 1 {
                body.push_str(&self.filter_row(filter, estimates.map(|e| &e.kept)));
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
                body.push_str(&format!(
                    "<tr><th>{}{undefined}</th><td class=\"wide\"><div class=\"bar\"><i class=\"keep\" style=\"width:{}%\"></i>\
                     <i class=\"drop\" style=\"width:{}%\"></i></div></td>{cells}</tr>\n",
                    name(&rule.rule),
                    percent(left, total.documents),
                    percent(first, total.documents)
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
                 Large figures are shares of the documents, small ones of the {}.",
                unit.name()
            ),
            &body,
        )
    }

    fn filter_row(&self, filter: &FilterFigures, estimate: Option<&Estimate>) -> String {
        let kept = share_of(&filter.kept, &self.all.total, Unit::Documents, estimate);
        format!(
            "<tr class=\"filter\"><th colspan=\"5\">{}<small>keeps {kept} by itself</small></th></tr>\n",
            escape(&filter.filter)
        )
    }

    /// What one filter keeps and another drops.
    pub(super) fn matrix(&self) -> String {
        if self.overlap.is_empty() {
            return String::new();
        }
        let unit = self.unit();
        let filters = &self.all.filters;
        let mut body = "<div class=\"scroll\"><table class=\"matrix\">\n<thead><tr><td><span>kept by ↓</span> <span>dropped by →</span></td>".to_string();
        for filter in filters {
            body.push_str(&format!(
                "<th scope=\"col\"><span>{}</span></th>",
                name(&filter.filter)
            ));
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
                    "<td style=\"--heat:{:.1}%\" title=\"{} documents, {} {}\"><b>{}</b><small>{}</small></td>",
                    // The eye tells small shares apart better than large ones.
                    heat.sqrt() * 85.0,
                    count(part.documents),
                    count(unit.of(part)),
                    unit.name(),
                    share(part.documents, whole.documents),
                    share(unit.of(part), unit.of(whole))
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
        let unit = self.unit();
        let mut body = "<div class=\"scroll\"><table class=\"groups\">\n<thead><tr>".to_string();
        for column in &self.by {
            body.push_str(&format!("<th>{}</th>", escape(column)));
        }
        body.push_str(&format!(
            "<th class=\"n\">documents</th><th class=\"n\">kept</th><th class=\"wide\"></th><th class=\"n\">{} kept</th>",
            unit.name()
        ));
        if let Some(last) = self.distinct.last() {
            body.push_str(&format!(
                "<th class=\"n\">one of each {}</th>",
                escape(&last.preset)
            ));
        }
        body.push_str("<th>removes most</th></tr></thead>\n<tbody>\n");
        for (group, key) in self.groups.iter().zip(self.key_cells()?).take(MOST_GROUPS) {
            let (total, kept) = (group.section.total, group.section.kept);
            body.push_str("<tr>");
            for cell in &key {
                let class = if cell == "NULL" {
                    " class=\"null\""
                } else {
                    ""
                };
                body.push_str(&format!(
                    "<th{class}>{}</th>",
                    escape(&shown(&cell.as_str().into()))
                ));
            }
            let most = strictest(&group.section).map_or_else(String::new, |(_, rule, alone)| {
                format!(
                    "{} <small>{}</small>",
                    name(rule),
                    share(alone, total.documents)
                )
            });
            let one_of_each = group.distinct.last().map_or_else(String::new, |chosen| {
                format!("<td class=\"n\">{}</td>", count(chosen.kept.documents))
            });
            body.push_str(&format!(
                "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"wide\"><div class=\"bar\"><i class=\"keep\" style=\"width:{}%\"></i></div></td>\
                 <td class=\"n\">{}</td>{one_of_each}<td>{most}</td></tr>\n",
                count(total.documents),
                share(kept.documents, total.documents),
                percent(kept.documents, total.documents),
                share(unit.of(&kept), unit.of(&total)),
            ));
        }
        body.push_str("</tbody>\n</table></div>\n");
        let more = self.groups.len().saturating_sub(MOST_GROUPS);
        if more > 0 {
            body.push_str(&format!(
                "<p class=\"about\">… and {} smaller groups.</p>\n",
                count(more as u64)
            ));
        }
        Ok(section(
            "groups",
            &format!("By {}", escape(&self.by.join(" and "))),
            "The largest groups first.",
            &body,
        ))
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
             One of each cluster stays, the others are its duplicates.",
            &format!(
                "<ul class=\"legend\"><li><i class=\"keep\"></i>stay</li><li><i class=\"drop\"></i>duplicates</li></ul>\n\
                 <div class=\"curves\">\n{figures}</div>\n"
            ),
        )
    }

    /// What other thresholds would keep.
    pub(super) fn curves(&self) -> String {
        let Some(sweep) = &self.sweep else {
            return String::new();
        };
        let unit = self.unit();
        let mut body = String::new();
        if !sweep.curves.is_empty() {
            body.push_str(&format!(
                "<ul class=\"legend\"><li><i class=\"line\"></i>documents</li><li><i class=\"line dashed\"></i>{}</li>\
                 <li><i class=\"line now\"></i>the threshold now</li></ul>\n<div class=\"curves\">\n",
                unit.name()
            ));
            for swept in &sweep.curves {
                body.push_str(&curve::figure(swept, &self.all.total, unit, self.target));
            }
            body.push_str("</div>\n");
            let bins = bins(&sweep.curves);
            if !bins.is_empty() {
                body.push_str(&format!(
                    "<p class=\"about\">{}</p>\n",
                    escape(bins.trim_end())
                ));
            }
        }
        if !sweep.left_out.is_empty() {
            body.push_str("<p class=\"about\">Not moved: ");
            let rules: Vec<String> = sweep
                .left_out
                .iter()
                .map(|l| format!("<b>{}</b> ({})", escape(&l.rule), escape(&l.why)))
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

    /// Some of the removed documents.
    pub(super) fn documents(&self) -> String {
        if self.removed.is_empty() {
            return String::new();
        }
        let mut body = String::new();
        for of_rule in self
            .removed
            .chunk_by(|a, b| (&a.filter, &a.rule) == (&b.filter, &b.rule))
        {
            let RemovedDocument { filter, rule, .. } = &of_rule[0];
            body.push_str(&format!(
                "<details open>\n<summary><b>{}</b><small>{} · first to remove {} documents</small></summary>\n",
                escape(rule),
                escape(filter),
                count(self.removed_first(filter, rule))
            ));
            for document in of_rule {
                body.push_str(&one(document));
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
        .map(|(name, amount, estimate)| match amount.documents {
            0 => format!("<td class=\"n none\" data-name=\"{name}\">–</td>"),
            many => format!(
                "<td class=\"n\" data-name=\"{name}\" title=\"{} documents\"><b>{}</b><small>{}</small></td>",
                count(many),
                share_of(&amount, total, Unit::Documents, estimate),
                share_of(&amount, total, unit, estimate)
            ),
        })
        .collect()
}

fn one(document: &RemovedDocument) -> String {
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
            "<li><b>{}</b> <code>{}</code></li>\n",
            escape(&failed.rule),
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
                format!("<em>{}</em>", escape(&line.marked_by.join(", "))),
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
