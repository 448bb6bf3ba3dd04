//! The table of figures.

use std::sync::LazyLock;

/// The names of the thresholds, as they are in FineWeb-2's configuration; its lists by n are one name for each n.
pub const NAMES: [&str; 16] = [
    "language_score",
    "dup_line_frac",
    "top_2_gram",
    "top_3_gram",
    "top_4_gram",
    "dup_5_gram",
    "dup_6_gram",
    "dup_7_gram",
    "dup_8_gram",
    "dup_9_gram",
    "dup_10_gram",
    "line_punct_thr",
    "new_line_ratio",
    "min_avg_word_length",
    "max_avg_word_length",
    "max_non_alpha_words_ratio",
];

/// The tokeniser that is here, as datatrove's table calls it.
const HERE: &str = "SpaCyTokenizer en";

/// The figures of a language.
pub(super) struct Language {
    /// ISO 639-3 and script: `fry_Latn`.
    code: &'static str,
    /// Whether its words can be cut here.
    pub(super) words_are_here: bool,
    thresholds: [Option<f64>; NAMES.len()],
    pub(super) stop_words: Vec<&'static str>,
}

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let table = include_str!("../../data/fineweb2.tsv");
    table.lines().skip(1).map(language).collect()
});

fn language(line: &'static str) -> Language {
    let mut cells = line.split('\t');
    let mut cell = || cells.next().unwrap_or_default();
    Language {
        code: cell(),
        words_are_here: cell() == HERE,
        thresholds: NAMES.map(|_| cell().parse().ok()),
        stop_words: cell().split(' ').collect(),
    }
}

/// The figures of a language by its code.
pub(super) fn find(code: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.code == code)
}

/// A threshold of a language, the latter as FineWeb-2 writes it (`fry_Latn`), the former as a place in [`NAMES`]. `None`
/// for a language that is not in the table.
pub fn threshold(language: &str, name: usize) -> Option<f64> {
    *find(language)?.thresholds.get(name)?
}

#[cfg(test)]
mod tests {
    use super::{LANGUAGES, NAMES, threshold};

    #[test]
    fn every_figure_is_there() {
        let header = include_str!("../../data/fineweb2.tsv")
            .lines()
            .next()
            .unwrap_or_default();
        let expected = ["language", "words"].into_iter().chain(NAMES);
        assert!(header.split('\t').eq(expected.chain(["stopwords"])));
        for language in LANGUAGES.iter() {
            assert!(
                language.thresholds.iter().all(Option::is_some),
                "{}",
                language.code
            );
            assert!(
                language.stop_words.iter().all(|word| !word.is_empty()),
                "{}",
                language.code
            );
        }
        let here = LANGUAGES.iter().filter(|language| language.words_are_here);
        let here: Vec<_> = here.map(|language| language.code).collect();
        assert_eq!(here, ["frr_Latn", "fry_Latn", "sco_Latn", "stq_Latn"]);
    }

    #[test]
    fn figures_are_those_of_the_language() {
        let of = |language, name| {
            let place = NAMES.iter().position(|known| *known == name)?;
            threshold(language, place)
        };
        assert_eq!(of("deu_Latn", "language_score"), Some(0.821));
        assert_eq!(of("deu_Latn", "dup_10_gram"), Some(0.098));
        assert_eq!(of("cmn_Hani", "max_avg_word_length"), Some(5.0));
        assert_eq!(of("cmn_Hani", "max_non_alpha_words_ratio"), Some(0.735));
        assert_eq!(of("spa_Latn", "top_2_gram"), Some(0.156));
        assert_eq!(of("tel_Telu", "max_avg_word_length"), Some(68.0));
        assert_eq!(of("cmn_Latn", "language_score"), None);
    }
}
