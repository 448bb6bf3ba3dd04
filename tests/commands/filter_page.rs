//! The page of `filter --html`, figure by figure, and what a sample says of all documents: all of it is counted
//! again over the stored columns by another engine.

use polars::prelude::*;
use serde_json::Value;

use super::filter_views::{Again, Bound, amount, annotate, annotated, list, report, text};
use super::support::{Folder, WEB_MAPS, repository};

/// What stands between two marks, for every time that they stand there.
fn between<'a>(html: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    html.split(from)
        .skip(1)
        .map(|rest| rest.split(to).next().unwrap_or_default())
        .collect()
}

/// The only such place.
fn the<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    let found = between(html, from, to);
    assert_eq!(found.len(), 1, "{from} … {to}");
    found[0]
}

fn section<'a>(page: &'a str, id: &str) -> &'a str {
    the(page, &format!("<section id=\"{id}\">"), "</section>")
}

/// The words of a piece of HTML.
fn words(html: &str) -> String {
    let mut words = String::new();
    let mut inside = true;
    for c in html.chars() {
        match c {
            '<' => inside = false,
            '>' => inside = true,
            c if inside => words.push(c),
            _ => {}
        }
    }
    words
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Numbers written as people read them.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn percent(part: u64, whole: u64) -> String {
    let share = part as f64 * 100.0 / whole as f64;
    match () {
        () if part == 0 => "0%".into(),
        () if part == whole => "100%".into(),
        () if share < 0.05 => "<0.1%".into(),
        () if share >= 99.95 => ">99.9%".into(),
        () => format!("{share:.1}%"),
    }
}

/// The width of a piece of a bar.
fn width(part: u64, whole: u64) -> String {
    format!("{:.3}", part as f64 * 100.0 / whole as f64)
}

/// Documents and tokens in the words of the page.
fn in_words(amount: [u64; 4]) -> String {
    format!(
        "{} documents, {} tokens",
        grouped(amount[0]),
        grouped(amount[3])
    )
}

/// A threshold as the page shows it: four digits behind the first, or a whole number.
fn threshold(value: f64) -> String {
    if value.fract() == 0.0 {
        return grouped(value as u64);
    }
    let digits = (4.0 - value.abs().log10().floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{value:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A number as the page writes it.
fn number(text: &str) -> f64 {
    let plain = text.replace([',', '%'], "");
    plain.parse().expect("a number")
}

/// The corners of a line or an area, each so far to the right and down.
fn corners(html: &str, class: &str) -> Vec<(f64, f64)> {
    let path = the(html, &format!("<path class=\"{class}\" d=\"M"), "\"");
    let corners = path.trim_end_matches('Z').split('L');
    corners
        .map(|corner| {
            let (x, y) = corner.split_once(' ').expect("a place");
            (number(x), number(y))
        })
        .collect()
}

/// The labels of an axis: where each stands, and what it says.
fn labels(html: &str, class: &str, axis: &str) -> Vec<(f64, f64)> {
    let labels = between(html, &format!("<text class=\"{class}\""), "</text>");
    labels
        .into_iter()
        .map(|label| {
            let place = the(label, &format!(" {axis}=\""), "\"");
            let says = label.split('>').nth(1).expect("a label");
            (number(place), number(says))
        })
        .collect()
}

/// The share in percent that a place so far down stands for, and what one step down is.
fn shares(html: &str) -> (impl Fn(f64) -> f64, f64) {
    let levels = labels(html, "left", "y");
    let (low, high) = (levels[0], levels[levels.len() - 1]);
    let step = (high.1 - low.1) / (low.0 - high.0).abs();
    // Labels stand four below their lines.
    let share = move |y: f64| low.1 + (y + 4.0 - low.0) / (high.0 - low.0) * (high.1 - low.1);
    (share, step)
}

/// The same bins as the page's: 1, 2, 3 to 4, 5 to 8, …
fn bin(size: u64) -> (u64, u64) {
    let mut to = 1;
    while to < size {
        to *= 2;
    }
    (to / 2 + 1, to)
}

/// What the documents amount to whose place is in `rows`.
fn sum(again: &Again, rows: impl IntoIterator<Item = usize>) -> [u64; 4] {
    let mut sum = [0; 4];
    for row in rows {
        sum.iter_mut()
            .zip(again.amounts[row])
            .for_each(|(s, a)| *s += a);
    }
    sum
}

/// A document for each of the quickstart's, some of them copies of each other.
fn with_duplicates() -> Folder {
    let folder = annotated();
    folder.ok(&["dedup", "corpus", "exact", "--quiet"]);
    folder
}

struct Clusters {
    cluster: Vec<Option<String>>,
    size: Vec<u64>,
    rank: Vec<u64>,
    duplicate: Vec<bool>,
}

impl Clusters {
    fn read(folder: &Folder) -> Self {
        let frame = folder.layer("corpus", "exact");
        let numbers = |name: &str| -> Vec<u64> {
            let column = frame.column(name).expect("a column");
            let column = column.cast(&DataType::UInt64).expect("numbers");
            column.u64().expect("numbers").iter().flatten().collect()
        };
        let cluster = frame.column("exact_cluster").expect("a column");
        let cluster = cluster.cast(&DataType::String).expect("strings");
        let duplicate = frame.column("exact_duplicate").expect("a column");
        Self {
            cluster: cluster
                .str()
                .expect("strings")
                .iter()
                .map(|c| c.map(str::to_string))
                .collect(),
            size: numbers("exact_cluster_size"),
            rank: numbers("exact_rank"),
            duplicate: duplicate.bool().expect("a bool").iter().flatten().collect(),
        }
    }

    /// Of `rows`, the first of each cluster by rank.
    fn chosen(&self, rows: &[usize]) -> Vec<usize> {
        let is_first = |row: usize| {
            rows.iter().all(|other| {
                self.cluster[*other] != self.cluster[row] || self.rank[row] <= self.rank[*other]
            })
        };
        rows.iter().copied().filter(|row| is_first(*row)).collect()
    }
}

const FILTERS: [&str; 3] = ["corpus", "rpv2_gopher", "rpv2_c4"];

#[test]
fn every_figure_of_a_page_is_found_again() {
    let folder = with_duplicates();
    let more = [
        "--by",
        "source",
        "--target",
        "60k",
        "--show-removed",
        "30",
        "--html",
        "page.html",
    ];
    let found = report(&folder, &[&FILTERS[..], &more].concat());
    let page = std::fs::read_to_string(folder.path("page.html")).expect("a page");
    let again = Again::read(&folder);
    let (rules, failures) = (Again::rules(), again.failures());
    let all = 0..again.ids.len();
    let total = again.sum(|_| true);
    let passes = |row: usize| !failures[row].contains(&true);
    let kept = again.sum(passes);

    // What passes.
    let lead = the(&page, "<p class=\"lead\">", "</p>");
    let shares: Vec<String> = between(lead, "<strong>", "</strong>")
        .into_iter()
        .map(words)
        .collect();
    assert_eq!(
        shares,
        [percent(kept[0], total[0]), percent(kept[3], total[3])]
    );
    let tiles: Vec<(String, String)> = between(&page, "<div><dt>", "</div>")
        .into_iter()
        .map(|tile| {
            let tile = tile
                .replace("</dt><dd>", "\u{1}")
                .replace("</dd><dd class=\"note\">", "\u{1}");
            let parts: Vec<String> = tile.split('\u{1}').map(words).collect();
            (parts[0].clone(), format!("{} {}", parts[1], parts[2]))
        })
        .collect();
    let alone = |at: usize| again.sum(|row| failures[row][at])[0];
    let strictest = (0..rules.len())
        .rev()
        .max_by_key(|at| alone(*at))
        .expect("a rule");
    let of = |unit: usize| format!("{} of {}", grouped(kept[unit]), grouped(total[unit]));
    let expected = [
        ("documents kept", of(0)),
        ("characters kept", of(1)),
        ("tokens kept", format!("{}, tokens_rough", of(3))),
        (
            "strictest rule",
            format!(
                "{} {} documents fail it",
                rules[strictest].1,
                grouped(alone(strictest))
            ),
        ),
    ];
    let expected: Vec<(String, String)> = expected
        .into_iter()
        .map(|(name, value)| (name.to_string(), value))
        .collect();
    assert_eq!(tiles, expected);

    // The bar of all documents, and its legend.
    let first_of = |row: usize| failures[row].iter().position(|fails| *fails);
    let of_filter = |at: usize| rules[at].0;
    let first_by =
        |filter: &str| again.sum(|r| first_of(r).is_some_and(|at| of_filter(at) == filter));
    let pieces = between(the(&page, "<div class=\"stack\"", "</div>"), "width:", "%");
    let parts = [kept, first_by("rpv2_gopher"), first_by("rpv2_c4")];
    assert_eq!(pieces, parts.map(|part| width(part[0], total[0])));
    let legend = between(&page, "<ul class=\"legend\">", "</ul>")[0];
    let legend: Vec<String> = between(legend, "<b>", "</b>")
        .into_iter()
        .map(words)
        .collect();
    assert_eq!(legend, parts.map(|part| percent(part[0], total[0])));

    // The funnel.
    let funnel = section(&page, "rules");
    let rows: Vec<&str> = between(the(funnel, "</thead>", "</table>"), "<tr", "</tr>");
    assert_eq!(
        rows.len(),
        rules.len() + 2,
        "a row for each rule and filter"
    );
    let mut left = total[0];
    let mut at = 0;
    for row in rows {
        let is_filter = row.starts_with(" class=\"filter\"");
        let name = words(the(row, "<th scope=\"row\">", "</th>"));
        let amounts: [[u64; 4]; 3] = if is_filter {
            let of_it = |r: usize| of_filter(r) == name;
            let fails = |row: usize| (0..rules.len()).any(|r| of_it(r) && failures[row][r]);
            let others = |row: usize| (0..rules.len()).any(|r| !of_it(r) && failures[row][r]);
            let keeps = again.sum(|row| !fails(row));
            let said = words(&format!("<td{}", the(row, "<td class=\"wide\"", "</td>")));
            assert_eq!(
                said,
                format!("keeps {} by itself", percent(keeps[0], total[0]))
            );
            assert!(row.contains(&in_words(keeps)), "{name}");
            [
                first_by(&name),
                again.sum(fails),
                again.sum(|r| fails(r) && !others(r)),
            ]
        } else {
            let undefined = again.sum(|r| rules[at].2[0].1(&again, r).is_none())[0];
            let expected = match undefined {
                0 => rules[at].1.to_string(),
                many => format!("{}NULL in {}", rules[at].1, grouped(many)),
            };
            assert_eq!(name, expected);
            let many = |row: usize| failures[row].iter().filter(|f| **f).count();
            let first = again.sum(|r| first_of(r) == Some(at));
            left -= first[0];
            let bar = between(the(row, "<div class=\"bar\">", "</div>"), "width:", "%");
            let mut expected = vec![width(left, total[0]), width(first[0], total[0])];
            expected.retain(|width| width != "0.000");
            assert_eq!(bar, expected, "{name}");
            let only = again.sum(|r| failures[r][at] && many(r) == 1);
            let alone = again.sum(|r| failures[r][at]);
            at += 1;
            [first, alone, only]
        };
        for (of, amount) in ["first", "alone", "only"].into_iter().zip(amounts) {
            let cell = the(row, &format!("data-name=\"{of}\""), "</td>");
            match amount[0] {
                0 => assert_eq!(words(&format!("<td{cell}")), "––", "{name} {of}"),
                _ => {
                    let shares = format!(
                        "{}{}",
                        percent(amount[0], total[0]),
                        percent(amount[3], total[3])
                    );
                    assert_eq!(the(cell, "title=\"", "\""), in_words(amount), "{name} {of}");
                    assert_eq!(words(&format!("<td{cell}")), shares, "{name} {of}");
                }
            }
        }
    }
    assert_eq!(left, kept[0], "what is left after all rules is kept");

    // The matrix.
    let matrix = section(&page, "overlap");
    let fails = |row: usize, filter: &str| {
        (0..rules.len()).any(|r| of_filter(r) == filter && failures[row][r])
    };
    let cells = between(matrix, "title=\"", "</td>");
    let pairs = [("rpv2_gopher", "rpv2_c4"), ("rpv2_c4", "rpv2_gopher")];
    assert_eq!(cells.len(), pairs.len());
    for (cell, (keeper, dropper)) in cells.into_iter().zip(pairs) {
        let keeps = again.sum(|r| !fails(r, keeper));
        let both = again.sum(|r| !fails(r, keeper) && fails(r, dropper));
        let shares = format!(
            "{}{}",
            percent(both[0], keeps[0]),
            percent(both[3], keeps[3])
        );
        assert_eq!(words(&format!("<td title=\"{cell}")), shares);
        assert!(cell.starts_with(&in_words(both)), "{cell}");
        assert!(matrix.contains(&format!("{} documents</small>", grouped(keeps[0]))));
    }

    // The groups.
    let groups = between(section(&page, "groups"), "<tr><th scope=\"row\"", "</tr>");
    assert_eq!(groups.len(), list(&found["groups"]).len());
    for (html, group) in groups.into_iter().zip(list(&found["groups"])) {
        let source = group["key"]["source"].as_str();
        let of_it = |row: usize| again.sources[row].as_deref() == source;
        let (total, kept) = (again.sum(of_it), again.sum(|r| of_it(r) && passes(r)));
        let name = words(&format!(
            "<th{}",
            html.split("</th>").next().unwrap_or_default()
        ));
        assert_eq!(name, source.unwrap_or("NULL"));
        let cell = |of: &str| the(html, &format!("data-name=\"{of}\""), "</td>");
        let value = |of: &str| words(&format!("<td{}", cell(of)));
        assert_eq!(value("documents"), grouped(total[0]));
        for (of, unit) in [("documents", 0), ("tokens", 3)] {
            let of_kept = format!("{of} kept");
            assert_eq!(
                value(&of_kept),
                percent(kept[unit], total[unit]),
                "{source:?}"
            );
            assert_eq!(
                the(cell(&of_kept), "title=\"", "\""),
                format!("{} {of}", grouped(kept[unit]))
            );
        }
        let alone = |at: usize| again.sum(|r| of_it(r) && failures[r][at])[0];
        let most = (0..rules.len())
            .rev()
            .max_by_key(|at| alone(*at))
            .expect("a rule");
        let most = match alone(most) {
            0 => "–".to_string(),
            many => format!("{} {}", rules[most].1, percent(many, total[0])),
        };
        assert_eq!(value("removes most"), most, "{source:?}");
    }

    // The sizes of clusters.
    let clusters = Clusters::read(&folder);
    let html = section(&page, "clusters");
    let duplicates = clusters.duplicate.iter().filter(|d| **d).count() as u64;
    assert!(duplicates > 0, "the quickstart has copies");
    let said = format!(
        "{} duplicates of {} documents, {}",
        grouped(duplicates),
        grouped(total[0]),
        percent(duplicates, total[0])
    );
    assert!(words(html).contains(&said), "{said}");
    let mut rows = 0;
    for row in between(html, "<tr><th scope=\"row\">", "</tr>") {
        let size = row.split("</th>").next().unwrap_or_default();
        let of_it = |row: &usize| {
            let (from, to) = bin(clusters.size[*row]);
            let name = if from == to {
                grouped(to)
            } else {
                format!("{}–{}", grouped(from), grouped(to))
            };
            name == size
        };
        let documents = all.clone().filter(of_it).count() as u64;
        let copies = all
            .clone()
            .filter(of_it)
            .filter(|r| clusters.duplicate[*r])
            .count() as u64;
        rows += documents;
        let figure = |many: u64| {
            if many == 0 {
                "–".to_string()
            } else {
                grouped(many)
            }
        };
        assert_eq!(
            between(row, "<td class=\"n\">", "</td>"),
            [figure(documents), figure(copies)]
        );
    }
    assert_eq!(rows, total[0], "every document is in a row");

    // The curves.
    let figures = between(section(&page, "thresholds"), "<figure>", "</figure>");
    let curves = list(&found["sweep"]["curves"]);
    assert_eq!(figures.len(), curves.len());
    for curve in curves {
        let name = text(&curve["name"]);
        let html = figures
            .iter()
            .find(|f| words(the(f, "<figcaption><b>", "</b>")) == name)
            .expect("a figure");
        check_curve(html, name, &again, total);
    }

    // Some of what is removed.
    let removed = section(&page, "removed");
    assert_eq!(between(removed, "<article>", "</article>").len(), 30);
    for html in between(removed, "<summary>", "</summary>") {
        let rule = words(the(html, "<b>", "</b>"));
        let at = rules.iter().position(|r| r.1 == rule).expect("a rule");
        let first = again.sum(|r| first_of(r) == Some(at))[0];
        assert!(
            words(html).contains(&format!("first to remove {} documents", grouped(first))),
            "{html}"
        );
    }
}

/// Holds a curve's picture, table and target against the documents.
fn check_curve(html: &str, name: &str, again: &Again, total: [u64; 4]) {
    let (rules, failures) = (Again::rules(), again.failures());
    let (at, bound): (usize, &Bound) = rules
        .iter()
        .enumerate()
        .find_map(|(at, (_, _, bounds))| Some((at, bounds.iter().find(|b| b.0 == name)?)))
        .expect("a threshold");
    // The documents that count, each with the value that the threshold is compared with.
    let counting: Vec<(usize, f64)> = (0..again.ids.len())
        .filter(|row| (0..rules.len()).all(|r| r == at || !failures[*row][r]))
        .filter(|row| {
            rules[at]
                .2
                .iter()
                .all(|b| b.0 == name || again.passes(*row, b, b.3))
        })
        .filter_map(|row| Some((row, bound.1(again, row)?)))
        .collect();
    let keeps = |threshold: f64| {
        let passes = |value: f64| {
            if bound.2 {
                value >= threshold
            } else {
                value <= threshold
            }
        };
        let rows = counting.iter().filter(|(_, value)| passes(*value));
        sum(again, rows.map(|(row, _)| *row))
    };
    let mut values: Vec<f64> = counting
        .iter()
        .map(|(_, value)| *value)
        .chain([bound.3])
        .collect();
    values.sort_by(f64::total_cmp);
    values.dedup();

    let rows = between(the(html, "<tbody>", "</tbody>"), "<tr", "</tr>");
    assert!(
        rows.iter().any(|row| row.starts_with(" class=\"now\"")),
        "{name}"
    );
    for row in rows {
        let shown = the(row, "<th scope=\"row\">", "</th>");
        let found = values
            .iter()
            .copied()
            .filter(|v| threshold(*v) == shown)
            .any(|value| {
                let kept = keeps(value);
                let shares = format!(
                    "{shown}{}{}{}",
                    grouped(kept[0]),
                    percent(kept[0], total[0]),
                    percent(kept[3], total[3])
                );
                words(&format!("<tr{row}")) == shares
                    && row.contains(&format!("{} tokens", grouped(kept[3])))
            });
        assert!(found, "{name}: {row}");
    }

    // The strictest threshold that keeps 60,000 tokens.
    let mut strictest: Vec<f64> = counting.iter().map(|(_, value)| *value).collect();
    strictest.sort_by(|a, b| {
        if bound.2 {
            b.total_cmp(a)
        } else {
            a.total_cmp(b)
        }
    });
    let target = words(the(html, "<p class=\"target\">", "</p>"));
    let reached = strictest.into_iter().find(|t| keeps(*t)[3] >= 60_000);
    match reached {
        Some(found) => assert_eq!(
            target,
            format!(
                "{} keeps {} tokens",
                threshold(found),
                grouped(keeps(found)[3])
            ),
            "{name}"
        ),
        None => assert!(
            target.starts_with("No threshold keeps 60,000 tokens"),
            "{name}"
        ),
    }

    // The line, by the labels of its axes: each point stands where what it keeps says.
    let mut ticks = labels(html, "below", "x");
    ticks.extend(labels(html, "below end", "x"));
    let (share, step) = shares(html);
    let corners = corners(html, "curve");
    let last = corners.len() - 1;
    // Its mark stands where the tokens are that it keeps: a rhombus, drawn from its upper corner.
    if let Some(found) = reached {
        let mark = the(html, "<path class=\"target\" d=\"M", "l");
        let (_, y) = mark.split_once(' ').expect("a place");
        let kept = keeps(found)[3] as f64 * 100.0 / total[3] as f64;
        let shown = share(number(y) + 4.5);
        assert!((shown - kept).abs() <= step, "{name}: {shown}%, not {kept}");
    }
    // Every other corner is a threshold; without two labels the axis says no more than the order.
    let [first_tick, .., last_tick] = ticks.as_slice() else {
        return;
    };
    let logarithmic = last_tick.1 / first_tick.1 >= 9.0 && first_tick.1 > 0.0;
    let scale = |value: f64| if logarithmic { value.ln() } else { value };
    let value_at = |x: f64| {
        let part = (x - first_tick.0) / (last_tick.0 - first_tick.0);
        let value = scale(first_tick.1) + part * (scale(last_tick.1) - scale(first_tick.1));
        if logarithmic { value.exp() } else { value }
    };
    for (x, y) in corners[..last].iter().skip(1).step_by(2) {
        let (from, to) = (value_at(x - 0.3), value_at(x + 0.3));
        let [a, b] = [from, to].map(|t| keeps(t)[0] as f64 * 100.0 / total[0] as f64);
        let found = share(*y);
        assert!(
            (a.min(b) - step..=a.max(b) + step).contains(&found),
            "{name}: {found}% at {from} to {to}, not {a} to {b}"
        );
    }
    // Between two of few values nothing changes, so each step is as high as what its middle keeps.
    if values.len() > 100 {
        return;
    }
    for pair in corners[..last].windows(2).skip(1) {
        let ((left, y), (right, same)) = (pair[0], pair[1]);
        if y == same && right - left > 2.0 {
            let kept = keeps(value_at((left + right) / 2.0))[0] as f64 * 100.0 / total[0] as f64;
            let found = share(y);
            assert!(
                (found - kept).abs() <= step,
                "{name}: {found}% between {} and {}, not {kept}",
                value_at(left),
                value_at(right)
            );
        }
    }
}

#[test]
fn choosing_one_of_each_cluster_is_found_again() {
    let folder = with_duplicates();
    let more = ["--distinct", "exact", "--html", "page.html"];
    let found = report(&folder, &[&FILTERS[..1], &["rpv2_c4"], &more].concat());
    let page = std::fs::read_to_string(folder.path("page.html")).expect("a page");
    let (again, clusters) = (Again::read(&folder), Clusters::read(&folder));
    let (rules, failures) = (Again::rules(), again.failures());
    let passes =
        |row: usize| (0..rules.len()).all(|r| rules[r].0 != "rpv2_c4" || !failures[row][r]);
    let passing: Vec<usize> = (0..again.ids.len()).filter(|row| passes(*row)).collect();
    let (total, kept) = (again.sum(|_| true), sum(&again, passing.clone()));
    let left = sum(&again, clusters.chosen(&passing));
    let gone: [u64; 4] = std::array::from_fn(|unit| kept[unit] - left[unit]);
    assert!(gone[0] > 0);
    assert_eq!(amount(&found["distinct"][0]["kept"]), left);
    assert_eq!(amount(&found["distinct"][0]["duplicates"]), gone);
    let row = the(
        section(&page, "rules"),
        "duplicates among those kept",
        "</tr>",
    );
    assert_eq!(
        between(row, "width:", "%"),
        [width(left[0], total[0]), width(gone[0], total[0])]
    );
    assert_eq!(the(row, "title=\"", "\""), in_words(gone));
    let tile = the(&page, "<div><dt>one of each exact", "</div>");
    let expected = format!(
        "{}without {} duplicates, {} tokens",
        grouped(left[0]),
        grouped(gone[0]),
        grouped(gone[3])
    );
    assert_eq!(words(tile), expected);
}

/// Documents in many small clusters that resemble each other inside: parts in the order of their sources.
fn many_clusters() -> Folder {
    let folder = Folder::new();
    let input = |name: &str| repository(&format!("queries/recipes/quickstart/{name}"));
    let library = input("library.parquet");
    let web = input("web.parquet");
    let ingest = |file: &str, maps: &[&str]| {
        let fixed = ["ingest", file, "--to", "corpus", "--part-size", "30KB"];
        folder.ok(&[&fixed[..], maps].concat());
    };
    let maps = ["--map", "id=key", "--map", "text=body", "--language", "en"];
    ingest(library.to_str().expect("a path"), &maps);
    ingest(web.to_str().expect("a path"), &WEB_MAPS);
    annotate(&folder);
    folder
}

/// How many of the intervals hold the truth.
#[derive(Default)]
struct Coverage {
    held: u64,
    all: u64,
}

impl Coverage {
    /// An estimate in the two units, and the truth: a part of a whole.
    fn add(&mut self, estimate: &Value, part: [u64; 4], whole: [u64; 4]) {
        for (unit, name) in [(0, "documents"), (1, "characters"), (3, "tokens")] {
            let truth = part[unit] as f64 / whole[unit] as f64;
            // One cluster alone says nothing of others.
            let Some(interval) = estimate[name]["interval"].as_array() else {
                continue;
            };
            let [low, high] = [0, 1].map(|end| interval[end].as_f64().expect("a number"));
            let share = estimate[name]["share"].as_f64().expect("a number");
            assert!(0.0 <= low && low <= share && share <= high && high <= 1.0);
            self.all += 1;
            self.held += u64::from(low - 1e-12 <= truth && truth <= high + 1e-12);
        }
    }
}

#[test]
fn the_band_of_a_sample_is_where_its_intervals_end() {
    let folder = many_clusters();
    let more = [
        "--sample",
        "20%",
        "--sweep",
        "max_words_without_letters",
        "--html",
        "page.html",
    ];
    let found = report(&folder, &[&FILTERS[..], &more].concat());
    let points = list(&found["sweep"]["curves"][0]["points"]);
    let page = std::fs::read_to_string(folder.path("page.html")).expect("a page");
    let curves = section(&page, "thresholds");
    let (share, step) = shares(curves);
    let (curve, band) = (corners(curves, "curve"), corners(curves, "band"));
    assert_eq!(band.len(), 2 * curve.len());
    let (below, above) = band.split_at(curve.len());
    let mut wide = 0;
    for ((at, below), above) in curve.iter().zip(below).zip(above.iter().rev()) {
        assert_eq!([below.0, above.0], [at.0, at.0]);
        wide += usize::from(below.1 - above.1 > 3.0);
        let shown = [at.1, below.1, above.1].map(&share);
        let same = |point: &&Value| {
            let of = &point["estimate"]["documents"];
            let [share, low, high] = [&of["share"], &of["interval"][0], &of["interval"][1]]
                .map(|number| number.as_f64().expect("a number"));
            let near = |(shown, real): (f64, f64)| (shown - 100.0 * real).abs() <= step * 0.2;
            shown.into_iter().zip([share, low, high]).all(near)
        };
        assert!(points.iter().any(|p| same(&p)), "{at:?}: {shown:?}");
    }
    assert!(wide > curve.len() / 2, "a band that is seen");
}

#[test]
fn intervals_of_samples_hold_what_is_true_of_all() {
    let folder = many_clusters();
    let again = Again::read(&folder);
    let (rules, failures) = (Again::rules(), again.failures());
    let total = again.sum(|_| true);
    let of_code = |row: usize| again.sources[row].as_deref() == Some("dc-code");
    let fails = |row: usize, filter: &str| {
        (0..rules.len()).any(|r| rules[r].0 == filter && failures[row][r])
    };
    let [mut shares, mut rare, mut overlaps, mut groups, mut points] =
        std::array::from_fn(|_| Coverage::default());
    for seed in 0..40 {
        let seed = seed.to_string();
        let more = [
            "--sample",
            "20%",
            "--seed",
            &seed,
            "--by",
            "source",
            "--sweep",
            "max_words_without_letters",
        ];
        let found = report(&folder, &[&FILTERS[..], &more].concat());
        let sample = &found["sample"];
        assert!(sample["clusters"].as_u64() > Some(20), "{sample}");
        let estimates = &sample["estimates"];
        let kept = again.sum(|r| !failures[r].contains(&true));
        shares.add(&estimates["kept"], kept, total);
        let mut at = 0;
        for filter in list(&estimates["filters"]) {
            for rule in list(&filter["rules"]) {
                let truth = again.sum(|r| failures[r][at]);
                let coverage = match truth[0] as f64 / (total[0] as f64) < 0.02 {
                    true => &mut rare,
                    false => &mut shares,
                };
                coverage.add(&rule["alone"], truth, total);
                at += 1;
            }
        }
        for pair in list(&found["overlap"]) {
            let (keeper, dropper) = (text(&pair["kept_by"]), text(&pair["dropped_by"]));
            let keeps = again.sum(|r| !fails(r, keeper));
            let both = again.sum(|r| !fails(r, keeper) && fails(r, dropper));
            overlaps.add(&pair["estimate"], both, keeps);
        }
        for group in list(&found["groups"]) {
            if group["key"]["source"] == "dc-code" {
                let kept = again.sum(|r| of_code(r) && !failures[r].contains(&true));
                groups.add(&group["estimates"]["kept"], kept, again.sum(of_code));
            }
        }
        let curve = &found["sweep"]["curves"][0];
        let at = rules
            .iter()
            .position(|r| r.1 == "words_with_letters")
            .expect("a rule");
        let every = list(&curve["points"]).iter().step_by(9);
        for point in every {
            let threshold = point["threshold"].as_f64().expect("a number") * (1.0 + 1e-15);
            let truth = again.sum(|row| {
                let others = (0..rules.len()).any(|r| r != at && failures[row][r]);
                let value = again.at("rps_doc_frac_no_alph_words", row);
                !others && value.is_some_and(|v| v <= threshold)
            });
            points.add(&point["estimate"], truth, total);
        }
    }
    for (name, coverage) in [
        ("shares", shares),
        ("rare ones", rare),
        ("overlaps", overlaps),
        ("groups", groups),
        ("points of a curve", points),
    ] {
        let held = coverage.held as f64 / coverage.all as f64;
        println!(
            "{name}: {} of {} intervals hold the truth, {held:.3}",
            coverage.held, coverage.all
        );
        assert!(held >= 0.9, "{name}: {held}");
    }
}

#[test]
fn tokens_are_found_by_one_rule() {
    let folder = Folder::new();
    folder.write("in.jsonl", r#"{"id":"a","text":"one two three"}"#);
    folder.ok(&["ingest", "in.jsonl", "--to", "web"]);
    folder.write(
        "long.sql",
        "-- params:\n--   least: 5\nSELECT text_chars >= $least AS long_enough",
    );
    let store = |column: &str, value: u64, layer: &str| {
        folder.write(
            "tokens.sql",
            format!("SELECT CAST({value} AS BIGINT) AS {column} FROM corpus"),
        );
        folder.ok(&["annotate", "web", "--sql", "tokens.sql", "--layer", layer]);
    };
    let target = || report(&folder, &["web", "./long.sql", "--target", "2"]);
    let counted = |column: &str, tokens: u64| {
        let found = target();
        assert_eq!(found["tokens_column"], column);
        assert_eq!(found["target"]["unit"], "tokens");
        assert_eq!(amount(&found["kept"])[3], tokens);
        let mixture = folder.ok(&["mix", "web", "--format", "csv"]);
        assert!(mixture.contains(column), "{mixture}");
    };
    let found = target();
    assert!(found["tokens_column"].is_null());
    assert_eq!(found["target"]["unit"], "characters");
    // Whatever the layer is called; a layer `tokens` comes first.
    store("tokens_mine", 3, "counts");
    counted("tokens_mine", 3);
    store("tokens_own", 4, "tokens");
    counted("tokens_own", 4);
}
