//! Shannon entropy (natural logarithm) of the distribution of normalised words, summed in the order of first appearance.

use super::SOURCE;
use crate::document::Document;
use crate::document::Needs;
use crate::round::round8;
use crate::signal::{Input, Measure, Signal};

/// Counts below this are so frequent that their terms are kept.
const KEPT: usize = 64;

fn entropy(document: &Document<'_>) -> Option<f64> {
    let words = document.words() as f64;
    let term = |count: u32| {
        let count = f64::from(count);
        (-count / words) * (count / words).ln()
    };
    let mut kept = [f64::NAN; KEPT];
    let mut sum = 0.0;
    for count in document.word_counts() {
        sum += match kept.get_mut(count as usize) {
            Some(kept) => {
                if kept.is_nan() {
                    *kept = term(count);
                }
                *kept
            }
            None => term(count),
        };
    }
    (words > 0.0).then(|| round8(sum))
}

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_unigram_entropy",
    definition: "Shannon entropy (natural logarithm) of the distribution of normalised words, summed in the order of first appearance. Rounded to 8 decimals.",
    undefined: "no normalised words",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "rps_doc_unigram_entropy('to be or not to be')",
        "1.32966135",
    ),
    version: 1,
    needs: Needs::VOCABULARY,
    measure: Measure::Float(entropy),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn one_distinct_word_has_none() {
        assert_eq!(value(&SIGNAL, "a A a."), Some(0.0));
        assert_eq!(value(&SIGNAL, "a b c d"), Some(1.38629436));
        assert_eq!(value(&SIGNAL, "!"), None);
    }
}
