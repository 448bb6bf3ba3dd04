//! Documents by the size of their cluster as bars.

use super::super::sizes::{ClusterSizes, SizeBin};
use super::escape::{escape, name};
use super::parts::bar;
use crate::output::grid::{count, share};

/// The bars with their name: a row for each range of sizes.
pub fn figure(sizes: &ClusterSizes) -> String {
    let bins = &sizes.bins;
    let sum = |of: fn(&SizeBin) -> u64| bins.iter().map(of).sum::<u64>();
    let (documents, duplicates) = (sum(|b| b.documents), sum(|b| b.duplicates));
    let highest = bins.iter().map(|b| b.documents).max().unwrap_or(0);
    let mut html = format!(
        "<figure>\n<figcaption><b>{}</b><span>{} duplicates of {} documents, {}</span></figcaption>\n\
         <table class=\"sizes\"><thead><tr><th scope=\"col\">size</th><th scope=\"col\" class=\"wide\">documents</th>\
         <th scope=\"col\" class=\"n\">all</th><th scope=\"col\" class=\"n\">duplicates</th></tr></thead><tbody>\n",
        name(&sizes.preset),
        count(duplicates),
        count(documents),
        escape(&share(duplicates, documents))
    );
    for bin in bins {
        let stay = bin.documents - bin.duplicates.min(bin.documents);
        html.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td class=\"wide\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
            range(bin),
            bar(&[("keep", stay), ("drop", bin.duplicates)], highest),
            figure_of(bin.documents),
            figure_of(bin.duplicates)
        ));
    }
    html.push_str("</tbody></table>\n</figure>\n");
    html
}

fn figure_of(documents: u64) -> String {
    match documents {
        0 => "–".to_string(),
        many => count(many),
    }
}

fn range(bin: &SizeBin) -> String {
    match bin.from == bin.to {
        true => count(bin.to),
        false => format!("{}–{}", count(bin.from), count(bin.to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_each_range() {
        let bin = |from, to, documents, duplicates| SizeBin {
            from,
            to,
            documents,
            duplicates,
        };
        let sizes = ClusterSizes {
            preset: "a<b".to_string(),
            bins: vec![bin(1, 1, 9000, 0), bin(2, 2, 90, 45), bin(3, 4, 0, 0)],
        };
        let html = figure(&sizes);
        assert!(html.contains("a&lt;b") && !html.contains("a<b"));
        assert!(html.contains("45 duplicates of 9,090 documents, 0.5%"));
        assert!(html.contains("width:0.500%"), "45 of 9,000: {html}");
        assert!(html.contains("<th scope=\"row\">3–4</th>"));
    }
}
