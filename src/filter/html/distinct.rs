//! What choosing one document of each cluster does, on the page.

use super::super::Report;
use super::super::figures::Unit;
use super::escape::{escape, name};
use super::parts::{amount, bar, percent};
use crate::output::grid::{count, share};

impl Report {
    /// The last rows of the funnel.
    pub(super) fn distinct_rows(&self) -> String {
        if self.distinct.is_empty() {
            return String::new();
        }
        let (total, unit) = (self.all.total, self.unit());
        let mut html = "<tbody>\n".to_string();
        for chosen in &self.distinct {
            let gone = &chosen.duplicates;
            html.push_str(&format!(
                "<tr class=\"filter\"><th scope=\"row\">{}</th><td class=\"wide\" colspan=\"4\">one document of each cluster stays, the first in {}</td></tr>\n\
                 <tr><th scope=\"row\">duplicates among those kept</th><td class=\"wide\">{}</td>",
                name(&chosen.preset),
                escape(&chosen.keep),
                bar(
                    &[("keep", chosen.kept.documents), ("twin", gone.documents)],
                    total.documents
                )
            ));
            let none = |of: &str| {
                format!("<td class=\"n none\" data-name=\"{of}\"><b>–</b><small>–</small></td>")
            };
            html.push_str(&match gone.documents {
                0 => none("first"),
                many => format!(
                    "<td class=\"n\" data-name=\"first\" title=\"{}\"><b>{}</b><small>{}</small></td>",
                    amount(gone, unit),
                    escape(&share(many, total.documents)),
                    escape(&share(unit.of(gone), unit.of(&total)))
                ),
            });
            html.push_str(&format!("{}{}</tr>\n", none("alone"), none("only")));
        }
        html.push_str("</tbody>\n");
        html
    }

    /// Tiles of what stays: name, value and note of each.
    pub(super) fn distinct_tiles(&self) -> Vec<[String; 3]> {
        let tile = |chosen: &super::super::Chosen| {
            let (gone, unit) = (&chosen.duplicates, self.unit());
            [
                format!("one of each {}", name(&chosen.preset)),
                count(chosen.kept.documents),
                format!(
                    "without {} duplicates, {} {}",
                    count(gone.documents),
                    count(unit.of(gone)),
                    unit.name()
                ),
            ]
        };
        self.distinct.iter().map(tile).collect()
    }

    /// What is left of all that is kept, and the pieces of the bar for what goes.
    pub(super) fn distinct_stack(&self) -> (u64, String) {
        let total = self.all.total.documents;
        let left = self.distinct.last().map_or(self.all.kept, |c| c.kept);
        let pieces = self.distinct.iter().map(|chosen| {
            format!(
                "<i class=\"twin\" style=\"width:{}%\"></i>",
                percent(Unit::Documents.of(&chosen.duplicates), total)
            )
        });
        (left.documents, pieces.collect())
    }

    /// What the pieces of the bar mean.
    pub(super) fn distinct_legend(&self) -> String {
        let entry = |chosen: &super::super::Chosen| {
            format!(
                "<li><i class=\"twin\"></i>duplicates by {} <b>{}</b></li>",
                name(&chosen.preset),
                escape(&share(
                    chosen.duplicates.documents,
                    self.all.total.documents
                ))
            )
        };
        self.distinct.iter().map(entry).collect()
    }

    /// Why there are no curves, where clusters are chosen from.
    pub(super) fn no_curves(&self) -> &'static str {
        match self.distinct.is_empty() {
            true => "",
            false => {
                "<p class=\"notice\">No curves for other thresholds: with each of them another document of a cluster would be chosen.</p>\n"
            }
        }
    }
}
