//! A curve as SVG: what each threshold keeps.

use super::super::figures::{Amount, Unit};
use super::super::sweep::{Curve, Point, Target};
use super::super::text::number;
use super::escape::{escape, name};
use super::parts::figure as share_of;
use crate::output::grid::count;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 190.0;
/// Room for the labels: left, top, right, bottom.
const ROOM: [f64; 4] = [44.0, 12.0, 14.0, 26.0];
/// Width of a digit, about.
const DIGIT: f64 = 7.5;
/// What changes this little of all that changes lies outside of the picture.
const TAIL: f64 = 0.005;
/// Thresholds that differ by more than this factor are shown by their logarithms.
const WIDE: f64 = 60.0;
/// Rows of the table below a curve, about.
const ROWS: usize = 8;
/// A curve that changes by less than this share of everything, wherever its threshold is, is flat.
const FLAT: f64 = 0.01;

/// Thresholds as places on the horizontal axis.
struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Axis {
    /// Where the curve changes, and where the threshold is now.
    fn of(curve: &Curve) -> Self {
        let kept = |p: &Point| p.kept.documents as f64;
        let all: Vec<&Point> = curve.points.iter().collect();
        let (first, last) = match (all.first(), all.last()) {
            (Some(first), Some(last)) => (*first, *last),
            _ => return Self::new(curve.threshold, curve.threshold),
        };
        let change = (kept(last) - kept(first)).abs().max(1.0);
        let is_tail = |p: &Point, end: &Point| (kept(p) - kept(end)).abs() <= TAIL * change;
        let low = all.iter().rev().find(|p| is_tail(p, first));
        let high = all.iter().find(|p| is_tail(p, last));
        let low = low.map_or(first.threshold, |p| p.threshold);
        let high = high.map_or(last.threshold, |p| p.threshold);
        Self::new(
            low.min(high).min(curve.threshold),
            high.max(low).max(curve.threshold),
        )
    }

    fn new(low: f64, high: f64) -> Self {
        let (low, high) = match low < high {
            true => (low, high),
            false => (low - 0.5, high + 0.5),
        };
        let logarithmic = low > 0.0 && high / low > WIDE;
        let margin = if logarithmic {
            0.0
        } else {
            (high - low) * 0.03
        };
        Self {
            low: if low == 0.0 { 0.0 } else { low - margin },
            high: high + margin,
            logarithmic,
        }
    }

    fn shows(&self, point: &Point) -> bool {
        (self.low..=self.high).contains(&point.threshold)
    }

    fn scaled(&self, value: f64) -> f64 {
        if self.logarithmic { value.ln() } else { value }
    }

    fn x(&self, threshold: f64) -> f64 {
        let (low, high) = (self.scaled(self.low), self.scaled(self.high));
        let value = self.scaled(threshold.clamp(self.low, self.high));
        let width = WIDTH - ROOM[0] - ROOM[2];
        ROOM[0] + (value - low) / (high - low) * width
    }

    /// Round thresholds inside of the axis.
    fn ticks(&self) -> Vec<f64> {
        if self.logarithmic {
            let powers = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
            let inside = |t: &f64| (self.low..=self.high).contains(t);
            let all: Vec<f64> = powers.map(|p| 10_f64.powi(p)).filter(inside).collect();
            if all.len() >= 2 {
                return all;
            }
        }
        steps(self.low, self.high, 4)
    }
}

/// About so many round numbers from `low` to `high`.
fn steps(low: f64, high: f64, many: u32) -> Vec<f64> {
    let rough = (high - low) / f64::from(many);
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|s| *s >= rough)
        .unwrap_or(rough);
    let mut place = (low / step).ceil();
    let mut found = Vec::new();
    while place * step <= high && found.len() < 12 {
        // `-0` is no number for people.
        found.push(place * step + 0.0);
        place += 1.0;
    }
    found
}

/// Whether a curve says no more than that its threshold hardly matters.
pub fn is_flat(curve: &Curve, total: &Amount, unit: Unit) -> bool {
    [Unit::Documents, unit].into_iter().all(|unit| {
        let kept = || curve.points.iter().map(|p| unit.of(&p.kept));
        let change = kept().max().unwrap_or(0) - kept().min().unwrap_or(0);
        (change as f64) < FLAT * unit.of(total) as f64
    })
}

/// The curve with its name, its axes and a table.
pub fn figure(curve: &Curve, total: &Amount, unit: Unit, target: Option<Target>) -> String {
    let axis = Axis::of(curve);
    let part = |amount: &Amount, unit: Unit| unit.of(amount) as f64 / unit.of(total).max(1) as f64;
    // In a sample, there has to be room for what the share may be.
    let high = |p: &Point| {
        let interval = p.estimate.and_then(|e| e.documents.interval);
        interval.map_or_else(|| part(&p.kept, Unit::Documents), |[_, high]| high)
    };
    let top = curve
        .points
        .iter()
        .filter(|p| axis.shows(p))
        .flat_map(|p| [high(p), part(&p.kept, unit)])
        .fold(0.01, f64::max);
    let ticks = steps(0.0, top, 3);
    let top = top.max(ticks.last().copied().unwrap_or(top)) * 1.04;
    let bottom = HEIGHT - ROOM[3];
    let y = |share: f64| bottom - share / top * (bottom - ROOM[1]);

    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"what {} keeps\">\n",
        escape(&curve.name)
    );
    for tick in ticks {
        svg.push_str(&format!(
            "<path class=\"grid\" d=\"M{:.1} {:.1}H{:.1}\"/><text class=\"left\" x=\"{:.1}\" y=\"{:.1}\">{}%</text>\n",
            ROOM[0],
            y(tick),
            WIDTH - ROOM[2],
            ROOM[0] - 6.0,
            y(tick) + 4.0,
            number(tick * 100.0)
        ));
    }
    let mut free = 0.0;
    for tick in axis.ticks() {
        // Labels stay inside and keep clear of each other.
        let width = number(tick).len() as f64 * DIGIT;
        let (class, left) = match WIDTH - axis.x(tick) < width / 2.0 {
            true => ("below end", axis.x(tick) - width),
            false => ("below", axis.x(tick) - width / 2.0),
        };
        if left < free {
            continue;
        }
        free = left + width + DIGIT;
        svg.push_str(&format!(
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
            axis.x(tick),
            HEIGHT - 6.0,
            number(tick)
        ));
    }
    let path = |unit: Unit| {
        let place = |p: &Point| (axis.x(p.threshold), y(part(&p.kept, unit)));
        line(&corners(curve, place, &axis))
    };
    let band = band(curve, |p, share| (axis.x(p.threshold), y(share)), &axis);
    let documents = path(Unit::Documents);
    svg.push_str(&format!(
        "<path class=\"area\" d=\"{documents}V{bottom:.1}H{:.1}Z\"/>\n{band}<path class=\"other\" d=\"{}\"/>\n<path class=\"curve\" d=\"{documents}\"/>\n",
        ROOM[0],
        path(unit)
    ));
    let (x, at) = (
        axis.x(curve.threshold),
        y(part(&curve.kept, Unit::Documents)),
    );
    svg.push_str(&format!(
        "<path class=\"now\" d=\"M{x:.1} {:.1}V{bottom:.1}\"/><circle class=\"now\" cx=\"{x:.1}\" cy=\"{at:.1}\" r=\"3.6\"/>\n",
        ROOM[1]
    ));
    if let Some(point) = &curve.target {
        let (x, at) = (axis.x(point.threshold), y(part(&point.kept, unit)));
        svg.push_str(&format!(
            "<path class=\"target\" d=\"M{x:.1} {:.1}l4.5 4.5l-4.5 4.5l-4.5 -4.5Z\"/>\n",
            at - 4.5
        ));
    }
    svg.push_str("</svg>\n");
    format!(
        "<figure>\n<figcaption><b>{}</b><code>{} <span>{} {}</span></code></figcaption>\n{svg}{}{}</figure>\n",
        name(&curve.name),
        name(&curve.measures.join(" and ")),
        escape(curve.comparison.symbol()),
        number(curve.threshold),
        reached(curve, target),
        table(curve, total, unit)
    )
}

/// The corners of the curve, a line of steps across the axis, from the left to the right.
fn corners(curve: &Curve, place: impl Fn(&Point) -> (f64, f64), axis: &Axis) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for point in curve.points.iter().filter(|p| axis.shows(p)) {
        let (x, y) = place(point);
        match corners.last() {
            None => corners.push((ROOM[0], y)),
            // A lower bound keeps, up to a value, what it keeps at this value; an upper bound from it on.
            Some((before, _)) if curve.comparison.is_lower_bound() => corners.push((*before, y)),
            Some((_, before)) => corners.push((x, *before)),
        }
        corners.push((x, y));
    }
    if let Some((_, y)) = corners.last() {
        corners.push((WIDTH - ROOM[2], *y));
    }
    corners
}

/// A line through these places.
fn line(places: &[(f64, f64)]) -> String {
    let places = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}"));
    format!("M{}", places.collect::<Vec<_>>().join("L"))
}

/// Of a sample: where the share of all documents lies, above and below the curve.
fn band(curve: &Curve, place: impl Fn(&Point, f64) -> (f64, f64), axis: &Axis) -> String {
    let interval = |p: &Point| p.estimate.and_then(|e| e.documents.interval);
    if curve.points.iter().any(|p| interval(p).is_none()) {
        return String::new();
    }
    let edge = |end: usize| {
        let at = |p: &Point| place(p, interval(p).map_or(0.0, |interval| interval[end]));
        corners(curve, at, axis)
    };
    let around: Vec<_> = edge(0)
        .into_iter()
        .chain(edge(1).into_iter().rev())
        .collect();
    format!("<path class=\"band\" d=\"{}Z\"/>\n", line(&around))
}

/// Which threshold keeps what was asked for.
fn reached(curve: &Curve, target: Option<Target>) -> String {
    let Some(target) = target else {
        return String::new();
    };
    let wanted = format!("{} {}", count(target.amount), target.unit.name());
    match &curve.target {
        Some(point) => format!(
            "<p class=\"target\"><i></i><b>{}</b> keeps {} {}</p>\n",
            number(point.threshold),
            count(target.unit.of(&point.kept)),
            target.unit.name()
        ),
        None => format!(
            "<p class=\"target\">No threshold keeps {wanted}: without it {} are kept.</p>\n",
            count(target.unit.of(&curve.most))
        ),
    }
}

fn table(curve: &Curve, total: &Amount, unit: Unit) -> String {
    let mut html = format!(
        "<details><summary>figures</summary>\n<table><thead><tr><th scope=\"col\">threshold</th><th scope=\"col\">documents</th>\
         <th scope=\"col\">share</th><th scope=\"col\">{}</th></tr></thead><tbody>\n",
        unit.name()
    );
    for point in curve.few(ROWS) {
        let now = match point.threshold == curve.threshold {
            true => " class=\"now\"",
            false => "",
        };
        html.push_str(&format!(
            "<tr{now}><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td title=\"{} {}\">{}</td></tr>\n",
            number(point.threshold),
            count(point.kept.documents),
            share_of(&point.kept, total, Unit::Documents, point.estimate.as_ref()),
            count(unit.of(&point.kept)),
            unit.name(),
            share_of(&point.kept, total, unit, point.estimate.as_ref())
        ));
    }
    html.push_str("</tbody></table>\n</details>\n");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(steps(0.0, 1.0, 4), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(steps(3.0, 41.0, 4), [10.0, 20.0, 30.0, 40.0]);
        assert_eq!(Axis::new(2.0, 5000.0).ticks(), [10.0, 100.0, 1000.0]);
    }

    #[test]
    fn an_axis_has_a_width() {
        let axis = Axis::new(4.0, 4.0);
        assert!(axis.low < 4.0 && axis.high > 4.0);
        assert!(axis.x(4.0) > ROOM[0]);
    }
}
