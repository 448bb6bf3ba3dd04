//! Below the document: lines, sentences and n-grams that were met before, as spans that can be cut out of the text.
//!
//! ```text
//!  Copied: piece_hashes(text) ─▶ sorted in SQL (spilling) ─▶ which copies go ─▶ sorted by document ─┐
//!  Judged: n-grams of each document ─▶ one document after the other against all seen before ────────┴▶ spans ─▶ parts of the layer
//! ```
//!
//! Texts are read and looked at in parallel; what depends on their order is done in the order of the corpora, so that the
//! result does not depend on threads, batches or parts. A layer holds spans, not texts: `text_without_spans` cuts them out
//! of `text` when it is read, which costs no second copy of it on disk.

mod columns;
mod copied;
mod judged;
mod marks;

use corpusql_text::spans::{BffMode, Grams};

use super::Preset;
use copied::{Copied, Keep};
use judged::Judged;

/// Raised when the same texts give other spans.
const VERSION: u32 = 2;

/// The texts of documents, in order.
const TEXTS: &str = "SELECT text FROM corpus";

/// The published ways.
pub fn presets() -> Vec<Preset> {
    let copied = |name: &'static str, pieces: &'static str, keep, about: &str| {
        Preset::new(name, about, Copied { pieces, keep })
    };
    let judged = |name: &'static str, grams, false_positives, about: &str| {
        Preset::new(
            name,
            about,
            Judged {
                grams,
                false_positives,
            },
        )
    };
    let dolma = |words, stride, threshold| Grams::Dolma {
        words,
        stride,
        threshold,
        skip_empty: true,
    };
    let bff = |mode, min_words| Grams::Bff {
        mode,
        min_words,
        words: 13,
        threshold: 0.8,
    };
    vec![
        copied(
            "ccnet_paragraphs",
            "ccnet_paragraphs",
            Keep::Alone,
            "CCNet as published: lines that several documents have, every copy of them",
        ),
        copied(
            "ccnet_paragraphs_one_pass",
            "ccnet_paragraphs",
            Keep::First,
            "CCNet in one pass: lines that were met before",
        ),
        copied(
            "dolma_paragraphs",
            "dolma_paragraphs",
            Keep::First,
            "Dolma: paragraphs that were met before, exactly as they are",
        ),
        copied(
            "dolma_paragraphs_skip_empty",
            "dolma_paragraphs_skip_empty",
            Keep::First,
            "the same with skip_empty: paragraphs of whitespace stay",
        ),
        copied(
            "dolma_paragraphs_min_20",
            "dolma_paragraphs_min_20",
            Keep::First,
            "the same with skip_empty and min_length 20: shorter paragraphs stay",
        ),
        judged(
            "dolma_ngrams",
            dolma(13, 1, 0.8),
            None,
            "Dolma by_ngram: paragraphs of whose 13-grams 80 % were met before",
        ),
        judged(
            "dolma_ngrams_8_3_50",
            dolma(8, 3, 0.5),
            None,
            "the same with 8-grams at a stride of 3, 50 %",
        ),
        judged(
            "dolma_ngrams_bloom",
            dolma(13, 1, 0.8),
            Some(1e-6),
            "dolma_ngrams by a Bloom filter of 10⁻⁶ false positives, Dolma's rate",
        ),
        judged(
            "bff_old_both",
            bff(BffMode::OldBoth, 13),
            None,
            "DCLM's bff: paragraphs and documents of whose 13-grams more than 80 % were met before",
        ),
        judged(
            "bff_old_both_5_13",
            bff(BffMode::OldBoth, 5),
            None,
            "the same, a paragraph of 5 to 12 words being one n-gram",
        ),
        judged(
            "bff_old_both_bloom",
            bff(BffMode::OldBoth, 13),
            Some(0.01),
            "bff_old_both by a Bloom filter of 1 % false positives, DCLM's rate",
        ),
        judged(
            "bff_paragraphs_5_13",
            bff(BffMode::Paragraph, 5),
            None,
            "bff's mode paragraph: paragraphs only, 5 to 13 words",
        ),
        judged(
            "bff_documents_5_13",
            bff(BffMode::Document, 5),
            None,
            "bff's mode document: documents only, 5 to 13 words",
        ),
        copied(
            "datatrove_sentences",
            "datatrove_sentences",
            Keep::First,
            "datatrove: windows of three sentences that were met before; 50 words and 3 sentences must be left",
        ),
        copied(
            "datatrove_sentences_1_no_min",
            "datatrove_sentences_1_no_min",
            Keep::First,
            "the same by single sentences, without minima",
        ),
        copied(
            "datatrove_lines_no_min",
            "datatrove_lines_no_min",
            Keep::First,
            "the same by windows of three lines, without minima",
        ),
        copied(
            "c4_lines",
            "c4_lines",
            Keep::SmallestUrl,
            "C4's released code: a line stays on one page; 3 sentences must be left",
        ),
    ]
}
