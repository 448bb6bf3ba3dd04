//! Measures a text, for the tests of signals.

use crate::document::{Analyzer, Row};
use crate::lists::Lists;
use crate::signal::{Measure, Signal};

/// The value of a signal that is no list, of an English text.
pub(crate) fn value(signal: &Signal, text: &str) -> Option<f64> {
    value_in(signal, text, Some("en"))
}

/// The value of a signal that is no list.
pub(crate) fn value_in(signal: &Signal, text: &str, language: Option<&str>) -> Option<f64> {
    let items = items(signal, text, language);
    assert_eq!(items.len(), 1, "{} is no list", signal.name);
    items[0]
}

/// The items of a list.
pub(crate) fn list(signal: &Signal, text: &str) -> Vec<Option<f64>> {
    items(signal, text, Some("en"))
}

fn items(signal: &Signal, text: &str, language: Option<&str>) -> Vec<Option<f64>> {
    let mut analyzer = Analyzer::new();
    let row = Row {
        text,
        language,
        ..Row::default()
    };
    let document = analyzer.analyze(row, signal.needs, Lists::builtin());
    let mut items = Vec::new();
    match signal.measure {
        Measure::Int(measure) => items.push(measure(&document).map(|value| value as f64)),
        Measure::Float(measure) => items.push(measure(&document)),
        Measure::FloatList(measure) => measure(&document, &mut items),
        Measure::UIntList(measure) => {
            let mut ends = Vec::new();
            measure(&document, &mut ends);
            items.extend(ends.into_iter().map(|end| Some(f64::from(end))));
        }
    }
    items
}
