//! The taggers of Dolma's toolkit (1.2.1) that need no model, score for score, quirks included.
//!
//! Words used in the definitions. *Words* are what is between spaces, as it stands; *spaces* are those of Python
//! 3.11 (Unicode 14). *Lines* are what is between line feeds, so there is one more of them than of line feeds. A
//! name is that of the tagger and of the attribute it writes.

use crate::signal::Signal;

pub mod c4;
pub mod char_length;
pub mod gopher_lines;
pub mod gopher_most_common_ngrams;
pub mod gopher_duplicate_ngrams;
pub mod gopher_words;
pub mod pii;

/// Where the taggers are defined.
const SOURCE: &str = "Dolma toolkit 1.2.1, https://github.com/allenai/dolma (669f534)";

/// The signals, by tagger.
pub static SIGNALS: &[&Signal] = &[
    &gopher_words::CHARACTER_COUNT,
    &gopher_words::WORD_COUNT,
    &gopher_words::MEDIAN_WORD_LENGTH,
    &gopher_words::SYMBOL_TO_WORD_RATIO,
    &gopher_words::FRACTION_OF_WORDS_WITH_ALPHA_CHARACTER,
    &gopher_words::REQUIRED_WORD_COUNT,
    &gopher_lines::BULLETS,
    &gopher_lines::ELLIPSES,
    &gopher_lines::DUPLICATES,
    &gopher_lines::DUPLICATE_CHARACTERS,
    &gopher_most_common_ngrams::SIGNAL_2,
    &gopher_most_common_ngrams::SIGNAL_3,
    &gopher_most_common_ngrams::SIGNAL_4,
    &gopher_duplicate_ngrams::SIGNAL_5,
    &gopher_duplicate_ngrams::SIGNAL_6,
    &gopher_duplicate_ngrams::SIGNAL_7,
    &gopher_duplicate_ngrams::SIGNAL_8,
    &gopher_duplicate_ngrams::SIGNAL_9,
    &gopher_duplicate_ngrams::SIGNAL_10,
    &gopher_lines::BULLETS_V2,
    &gopher_lines::ELLIPSES_V2,
    &gopher_lines::DUPLICATES_V2,
    &c4::LINE_COUNT,
    &c4::LINES_WITH_NO_ENDING_PUNCTUATION,
    &c4::LINES_WITH_TOO_FEW_WORDS,
    &c4::HAS_NAUGHTY_WORD,
    &c4::HAS_JAVASCRIPT,
    &c4::HAS_JAVASCRIPT_V2,
    &c4::HAS_LOREM_IPSUM,
    &c4::HAS_CURLY_BRACE,
    &pii::DOC_COUNT,
    &pii::DOC_FRAC,
    &pii::EMAIL_ADDRESSES,
    &pii::PHONE_NUMBERS,
    &pii::IP_ADDRESSES,
    &char_length::STRIPPED,
];

/// `part / whole`, 0 without a whole: as the taggers divide.
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
