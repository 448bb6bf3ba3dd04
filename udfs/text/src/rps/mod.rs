//! The rule signals of RedPajama-V2, bit for bit, quirks included, and companions of their line signals.
//!
//! Words used in the definitions. *Spaces* and *word characters* are those of Python 3.11 (Unicode 14). *Raw
//! words* are the longest runs of word characters (letters, numerals, `_`; not combining marks) and of other
//! characters that are no space. *Raw lines* end behind `\n`. The *normalised text* has no ASCII punctuation
//! (deleted, not replaced), is lowercase, has single spaces and is canonically decomposed; *normalised words*
//! are its words.

use crate::signal::Signal;

pub mod curly_bracket;
pub mod frac_all_caps_words;
pub mod frac_chars_dupe_ngrams;
pub mod frac_chars_top_ngram;
pub mod frac_lines_end_with_ellipsis;
pub mod frac_no_alph_words;
pub mod frac_unique_words;
pub mod ldnoobw_words;
pub mod lines_end;
pub mod lines_ending_with_terminal_punctution_mark;
pub mod lines_javascript_counts;
pub mod lines_num_words;
pub mod lines_numerical_chars_fraction;
pub mod lines_start_with_bulletpoint;
pub mod lines_uppercase_letter_fraction;
pub mod lorem_ipsum;
pub mod mean_word_length;
pub mod num_sentences;
pub mod stop_word_fraction;
pub mod symbol_to_word_ratio;
pub mod unigram_entropy;
pub mod ut1_blacklist;
pub mod word_count;

/// Where the published signals are defined.
const SOURCE: &str =
    "RedPajama-Data v2, https://github.com/togethercomputer/RedPajama-Data (6d2cee9)";

/// The published signals in the order of the `quality_signals` object, then their companions.
pub static SIGNALS: &[&Signal] = &[
    &curly_bracket::SIGNAL,
    &ldnoobw_words::SIGNAL,
    &lorem_ipsum::SIGNAL,
    &stop_word_fraction::SIGNAL,
    &ut1_blacklist::SIGNAL,
    &frac_chars_dupe_ngrams::SIGNAL_10,
    &frac_chars_dupe_ngrams::SIGNAL_5,
    &frac_chars_dupe_ngrams::SIGNAL_6,
    &frac_chars_dupe_ngrams::SIGNAL_7,
    &frac_chars_dupe_ngrams::SIGNAL_8,
    &frac_chars_dupe_ngrams::SIGNAL_9,
    &frac_chars_top_ngram::SIGNAL_2,
    &frac_chars_top_ngram::SIGNAL_3,
    &frac_chars_top_ngram::SIGNAL_4,
    &frac_all_caps_words::SIGNAL,
    &frac_lines_end_with_ellipsis::SIGNAL,
    &frac_no_alph_words::SIGNAL,
    &frac_unique_words::SIGNAL,
    &mean_word_length::SIGNAL,
    &num_sentences::SIGNAL,
    &symbol_to_word_ratio::SIGNAL,
    &unigram_entropy::SIGNAL,
    &word_count::SIGNAL,
    &lines_ending_with_terminal_punctution_mark::SIGNAL,
    &lines_javascript_counts::SIGNAL,
    &lines_num_words::SIGNAL,
    &lines_numerical_chars_fraction::SIGNAL,
    &lines_start_with_bulletpoint::SIGNAL,
    &lines_uppercase_letter_fraction::SIGNAL,
    &lines_end::SIGNAL,
    &lines_ending_with_terminal_punctution_mark::SUM,
    &lines_javascript_counts::SUM,
    &lines_num_words::SUM,
    &lines_numerical_chars_fraction::SUM,
    &lines_start_with_bulletpoint::SUM,
    &lines_uppercase_letter_fraction::SUM,
];
