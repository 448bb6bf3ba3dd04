//! The splitters and the simplified text as functions.

use super::punkt_like;
use super::simplify::simplify;
use super::spacy_en::SpacyEn;
use super::splitters::{uax29, whitespace, wordpunct};
use crate::signal::Input;
use crate::transform::{PiecesFunction, TextFunction};

/// Where datatrove's functions are defined.
const DATATROVE: &str = "datatrove 0.10.1, https://github.com/huggingface/datatrove";
/// Where the tokeniser is defined.
const SPACY: &str = "spaCy 3.8, https://github.com/explosion/spaCy";

/// What whitespace separates.
pub static WHITESPACE_WORDS: PiecesFunction = PiecesFunction {
    name: "whitespace_words",
    definition: "What whitespace separates, by Python's str.split.",
    source: "Python 3.11",
    example: ("whitespace_words('Yes, it does.')", "[Yes,, it, does.]"),
    version: 1,
    split: |text, emit| whitespace(text).for_each(emit),
};

/// Runs of word characters and of others.
pub static WORDPUNCT_WORDS: PiecesFunction = PiecesFunction {
    name: "wordpunct_words",
    definition: "The longest runs of word characters (letters, numerals, _) and of other characters that are no whitespace: the raw words of RedPajama-V2.",
    source: "NLTK's wordpunct_tokenize",
    example: ("wordpunct_words('It''s 3.5')", "[It, ', s, 3, ., 5]"),
    version: 1,
    split: |text, emit| wordpunct(text).for_each(emit),
};

/// Words of Unicode's rules.
pub static UAX29_WORDS: PiecesFunction = PiecesFunction {
    name: "uax29_words",
    definition: "What lies between the word boundaries of UAX #29, whitespace aside; punctuation marks are words.",
    source: "Unicode Standard Annex #29",
    example: ("uax29_words('It''s 3.5!')", "[It's, 3.5, !]"),
    version: 1,
    split: |text, emit| uax29(text).for_each(emit),
};

/// Words of spaCy.
pub static SPACY_EN_WORDS: PiecesFunction = PiecesFunction {
    name: "spacy_en_words",
    definition: "The tokens of spaCy's blank English pipeline that are no whitespace; punctuation marks are words.",
    source: SPACY,
    example: (
        "spacy_en_words('It''s (not) 5km.')",
        "[It, 's, (, not, ), 5, km, .]",
    ),
    version: 1,
    split: |text, emit| SpacyEn::new().words(text, emit),
};

/// Sentences of spaCy.
pub static SPACY_EN_SENTENCES: PiecesFunction = PiecesFunction {
    name: "spacy_en_sentences",
    definition: "The sentences of spaCy's sentencizer over its blank English pipeline, cut as datatrove cuts them: each goes from the end of the one before to the end of its last token, the last one to the end of the text; together they are the text.",
    source: DATATROVE,
    example: ("spacy_en_sentences('Yes. It does!')", "[Yes.,  It does!]"),
    version: 1,
    split: |text, emit| SpacyEn::new().sentences(text, emit),
};

/// Sentences much like Punkt's.
pub static PUNKT_LIKE_SENTENCES: PiecesFunction = PiecesFunction {
    name: "punkt_like_sentences",
    definition: "Sentences much like those of NLTK's Punkt model for English: a word that ends with . ! or ?, closing marks aside, ends one. A full stop does not behind a listed abbreviation or a second one, unless a listed word that often begins sentences is next; behind a number before a small letter or a mark; and behind most single letters. A mark inside of a word that a closing or opening mark follows is one too, and of several ! or ? at the end of the text the last is a sentence of its own. Lists stand for Punkt's statistics on words that begin sentences, on case and on collocations.",
    source: "CorpuSQL, after Kiss and Strunk (2006)",
    example: (
        "punkt_like_sentences('Mr. Doe left. He ran.')",
        "[Mr. Doe left., He ran.]",
    ),
    version: 2,
    split: |text, emit| punkt_like::sentences(text, emit),
};

/// datatrove's simplified text.
pub static DATATROVE_SIMPLIFIED_TEXT: TextFunction = TextFunction {
    name: "datatrove_simplified_text",
    definition: "The form in which datatrove compares texts: in lower case; every decimal number, perhaps with one separator inside, as 0; datatrove's PUNCTUATION as spaces; spaces collapsed and trimmed; canonically decomposed, without nonspacing marks.",
    undefined: "never",
    inputs: &[Input::Text],
    source: DATATROVE,
    example: ("datatrove_simplified_text('Déjà vu: 3.14!')", "deja vu 0"),
    version: 1,
    write: |row, _, out| {
        simplify(row.text, out);
        true
    },
};
