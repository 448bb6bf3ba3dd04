//! Documents by the size of their cluster as bars in SVG, with a table.

use super::super::sizes::{ClusterSizes, SizeBin};
use super::escape::escape;
use crate::output::grid::{count, share};

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 200.0;
/// Room above the bars for their figures, and below for sizes.
const ROOM: [f64; 2] = [20.0, 24.0];
/// With more bars than this, every second has figures.
const FEW: usize = 8;

/// The bars with their name and a table.
pub fn figure(sizes: &ClusterSizes) -> String {
    let bins = &sizes.bins;
    let sum = |of: fn(&SizeBin) -> u64| bins.iter().map(of).sum::<u64>();
    let (documents, duplicates) = (sum(|b| b.documents), sum(|b| b.duplicates));
    let highest = bins.iter().map(|b| b.documents).max().unwrap_or(0).max(1);
    let bottom = HEIGHT - ROOM[1];
    let step = WIDTH / bins.len().max(1) as f64;
    let width = (step * 0.72).min(46.0);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"documents by the size of their cluster, by {}\">\n\
         <path class=\"grid\" d=\"M0 {bottom:.1}H{WIDTH}\"/>\n",
        escape(&sizes.preset)
    );
    for (place, bin) in bins.iter().enumerate() {
        let middle = step * (place as f64 + 0.5);
        // What is there is seen.
        let height = |part: u64| match part {
            0 => 0.0,
            _ => (part as f64 / highest as f64 * (bottom - ROOM[0])).max(1.0),
        };
        let whole = height(bin.documents);
        let drop = height(bin.duplicates).min(whole);
        let left = middle - width / 2.0;
        for (class, top, height) in [
            ("keep", bottom - whole + drop, whole - drop),
            ("drop", bottom - whole, drop),
        ] {
            if height > 0.0 {
                svg.push_str(&format!(
                    "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
                ));
            }
        }
        if bins.len() <= FEW || place.is_multiple_of(2) {
            svg.push_str(&format!(
                "<text class=\"below\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text>\
                 <text class=\"below\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text>\n",
                HEIGHT - 6.0,
                range(bin),
                bottom - whole - 5.0,
                short(bin.documents)
            ));
        }
    }
    svg.push_str("</svg>\n");
    let mut table = "<details><summary>figures</summary>\n<table><thead><tr><th>size</th><th>documents</th><th></th><th>duplicates</th></tr></thead><tbody>\n".to_string();
    for bin in bins {
        table.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            range(bin),
            count(bin.documents),
            share(bin.documents, documents),
            count(bin.duplicates)
        ));
    }
    table.push_str("</tbody></table>\n</details>\n");
    format!(
        "<figure>\n<figcaption><b>{}</b><code>{} duplicates of {} documents, {}</code></figcaption>\n{svg}{table}</figure>\n",
        super::escape::name(&sizes.preset),
        count(duplicates),
        count(documents),
        share(duplicates, documents)
    )
}

fn range(bin: &SizeBin) -> String {
    match bin.from == bin.to {
        true => short(bin.to),
        false => format!("{}–{}", short(bin.from), short(bin.to)),
    }
}

/// A number with few digits: 950, 1.2k, 45k, 3.1M.
fn short(number: u64) -> String {
    let (scaled, unit) = match number {
        0..1_000 => return number.to_string(),
        1_000..1_000_000 => (number as f64 / 1e3, "k"),
        1_000_000..1_000_000_000 => (number as f64 / 1e6, "M"),
        _ => (number as f64 / 1e9, "G"),
    };
    match scaled < 9.95 {
        true => format!("{scaled:.1}{unit}"),
        false => format!("{scaled:.0}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_digits() {
        let shown = [0, 950, 1_234, 45_000, 3_140_000].map(short);
        assert_eq!(shown, ["0", "950", "1.2k", "45k", "3.1M"]);
    }

    #[test]
    fn bars_stay_inside() {
        let bin = |from, to, documents, duplicates| SizeBin {
            from,
            to,
            documents,
            duplicates,
        };
        let sizes = ClusterSizes {
            preset: "a<b".to_string(),
            bins: vec![bin(1, 1, 9000, 0), bin(2, 2, 2, 1), bin(3, 4, 0, 0)],
        };
        let html = figure(&sizes);
        assert_eq!(html.matches("<rect").count(), 2);
        assert!(html.contains("a&lt;b") && !html.contains("a<b"));
        assert!(html.contains("<td>3–4</td><td>0</td>"));
        assert!(!html.contains("=\"-"), "nothing lies outside");
    }
}
