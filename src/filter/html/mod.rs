//! The report as one page for a browser: no script, nothing loaded from anywhere.
//!
//! Documents, ids and names are not to be trusted: every word that is not ours goes through [`escape`], and
//! the page forbids scripts and requests of any kind.

mod bars;
mod curve;
mod distinct;
mod escape;
mod parts;

use std::path::Path;

use self::escape::escape;
use super::Report;
use super::figures::Unit;
use crate::error::{Error, Result};
use crate::output::grid::{count, share};
use crate::output::{self, Format, Output};

const STYLE: &str = include_str!("style.css");
/// Only our own style; no scripts, no requests.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// A page can be written at `target`, which is said before the work, not after it.
pub fn check_target(target: &Path) -> Result<()> {
    let name = target.display();
    if target.is_dir() {
        return Err(Error::user(format!("--html {name} is a folder"))
            .hint("name a file in it, as in --html FOLDER/report.html"));
    }
    match target.parent().filter(|f| !f.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => Err(Error::user(format!(
            "cannot create --html {name}: there is no folder {}",
            folder.display()
        ))
        .hint("make the folder first")),
        _ => Ok(()),
    }
}

impl Report {
    /// Writes the report as a page.
    pub fn write_html(&self, target: &Path) -> Result<()> {
        let output = Output {
            format: Format::Table,
            output: Some(target.to_path_buf()),
        };
        output::write_text(&self.to_html()?, &output)
    }

    /// The report as a page.
    pub fn to_html(&self) -> Result<String> {
        let names: Vec<&str> = self.all.filters.iter().map(|f| f.filter.as_str()).collect();
        let title = format!("{} on {}", names.join(" + "), self.corpora.join(", "));
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
            escape(&title)
        );
        page.push_str(&self.hero(&names));
        if self.all.total.documents > 0 {
            page.push_str(&self.funnel());
            page.push_str(&self.matrix());
            page.push_str(&self.groups()?);
            page.push_str(&self.clusters());
            page.push_str(&self.curves());
            page.push_str(self.no_curves());
            page.push_str(&self.documents());
        }
        page.push_str(&format!(
            "<footer>Written by CorpuSQL {}. All figures of rules come from one scan.</footer>\n</main>\n</body>\n</html>\n",
            env!("CARGO_PKG_VERSION")
        ));
        Ok(page)
    }

    /// What was judged, and what is kept of it.
    fn hero(&self, names: &[&str]) -> String {
        let (total, kept) = (self.all.total, self.all.kept);
        let unit = self.unit();
        let estimate = self.sample.as_ref().map(|s| &s.estimates.kept);
        let mut html = format!(
            "<header>\n<p class=\"eyebrow\">Filter report · {}</p>\n<h1>{}</h1>\n",
            escape(&self.corpora.join(", ")),
            names
                .iter()
                .map(|name| format!("<span>{}</span>", escape::name(name)))
                .collect::<Vec<_>>()
                .join("<b> + </b>")
        );
        html.push_str(&self.setting());
        if total.documents == 0 {
            html.push_str("<p class=\"lead\">No document was selected: there is nothing to filter.</p>\n</header>\n");
            return html;
        }
        let figure = |unit: Unit| parts::figure(&kept, &total, unit, estimate);
        html.push_str(&format!(
            "<p class=\"lead\"><strong>{}</strong> of the documents pass, with <strong>{}</strong> of the {}.</p>\n",
            figure(Unit::Documents),
            figure(unit),
            unit.name()
        ));
        html.push_str(&self.stack());
        html.push_str("<dl class=\"tiles\">\n");
        let mut tile = |name: &str, value: String, note: String| {
            html.push_str(&format!(
                "<div><dt>{name}</dt><dd>{value}</dd><dd class=\"note\">{note}</dd></div>\n"
            ));
        };
        let within = match self.sample.is_some() {
            true => " in the sample",
            false => "",
        };
        let of = |unit: Unit| format!("of {}{within}", count(unit.of(&total)));
        tile("documents kept", count(kept.documents), of(Unit::Documents));
        tile(
            "characters kept",
            count(kept.characters),
            of(Unit::Characters),
        );
        if let Some(column) = &self.tokens_column {
            tile(
                "tokens kept",
                count(unit.of(&kept)),
                format!("{}, {}", of(unit), escape::name(column)),
            );
        }
        for [name, value, note] in self.distinct_tiles() {
            tile(&name, value, note);
        }
        if let Some((_, rule, alone)) = super::text::strictest(&self.all) {
            tile(
                "strictest rule",
                format!("<span>{}</span>", escape::name(rule)),
                format!("{} documents fail it{within}", count(alone)),
            );
        }
        html.push_str("</dl>\n</header>\n");
        html
    }

    /// Conditions, parameters, and whether it is a sample.
    fn setting(&self) -> String {
        let mut html = String::new();
        let mut facts: Vec<String> = Vec::new();
        if let Some(condition) = &self.condition {
            facts.push(format!("where <code>{}</code>", escape(condition)));
        }
        for (name, value) in &self.set {
            let value = super::listing::shown(value);
            facts.push(format!(
                "<code>{} = {}</code>",
                escape(name),
                escape(&value)
            ));
        }
        if !facts.is_empty() {
            html.push_str(&format!("<p class=\"facts\">{}</p>\n", facts.join(" · ")));
        }
        if let Some(sample) = &self.sample {
            html.push_str(&format!(
                "<p class=\"notice\">A sample: {} of {} {}, with {} of {} documents. Counts are those of the sample; \
                 the share of all documents lies within ± in 19 of 20 samples.</p>\n",
                count(sample.clusters),
                count(sample.of_clusters),
                sample.unit,
                count(sample.documents),
                count(self.documents)
            ));
        }
        html
    }

    /// All documents as one bar: what is kept, and what each filter is the first to remove.
    fn stack(&self) -> String {
        let total = self.all.total.documents;
        let (left, twins) = self.distinct_stack();
        let mut html = "<div class=\"stack\" role=\"img\" aria-label=\"kept, and first removed by each filter\">".to_string();
        html.push_str(&format!(
            "<i class=\"keep\" style=\"width:{}%\"></i>",
            parts::percent(left, total)
        ));
        html.push_str(&twins);
        let many = self.all.filters.len();
        for (place, filter) in self.all.filters.iter().enumerate() {
            let strength = 100 - 65 * place / many.max(1);
            html.push_str(&format!(
                "<i class=\"drop\" style=\"width:{}%;--strength:{strength}%\"></i>",
                parts::percent(filter.removed.first.documents, total)
            ));
        }
        html.push_str("</div>\n<ul class=\"legend\">");
        html.push_str(&format!(
            "<li><i class=\"keep\"></i>kept <b>{}</b></li>",
            escape(&share(left, total))
        ));
        html.push_str(&self.distinct_legend());
        for (place, filter) in self.all.filters.iter().enumerate() {
            let strength = 100 - 65 * place / many.max(1);
            html.push_str(&format!(
                "<li><i class=\"drop\" style=\"--strength:{strength}%\"></i>{} <b>{}</b></li>",
                match many {
                    1 => "removed".to_string(),
                    _ => format!("first removed by {}", escape::name(&filter.filter)),
                },
                escape(&share(filter.removed.first.documents, total))
            ));
        }
        html.push_str("</ul>\n");
        html
    }
}
