//! FineWeb-2's thresholds, by language.

use std::sync::Arc;

use corpusql_text::fineweb2::{NAMES, threshold};
use datafusion::arrow::array::{ArrayRef, Float64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::exec_datafusion_err;
use datafusion::error::Result;

use super::FAMILY;
use crate::definition::{Argument, ArgumentType, Definition};
use crate::function::{Body, Function};
use crate::strings::Strings;

/// The function.
pub(super) fn function() -> Function {
    let text = |name, meaning| Argument {
        name,
        accepts: ArgumentType::Text,
        meaning,
    };
    Function {
        definition: Definition {
            family: &FAMILY,
            name: "fineweb2_threshold",
            arguments: vec![
                text("language", "ISO 639-3 and script, `deu_Latn` for instance"),
                text(
                    "name",
                    "language_score, dup_line_frac, top_2_gram to top_4_gram, dup_5_gram to dup_10_gram, line_punct_thr, new_line_ratio, min_avg_word_length, max_avg_word_length or max_non_alpha_words_ratio",
                ),
            ],
            repeated: None,
            returns: DataType::Float64,
            definition: "The threshold of FineWeb-2 for documents in a language, by its name in FineWeb-2's configuration; max_non_alpha_words_ratio is, in spite of its name, the smallest share of words with a letter.",
            strict: true,
            undefined: "the language is none of arb_Arab, ben_Beng, bul_Cyrl, cat_Latn, ces_Latn, cmn_Hani, dan_Latn, deu_Latn, ekk_Latn, ell_Grek, eus_Latn, fas_Arab, fin_Latn, fra_Latn, frr_Latn, fry_Latn, heb_Hebr, hin_Deva, hrv_Latn, hun_Latn, ind_Latn, ita_Latn, jpn_Jpan, kor_Hang, lit_Latn, lvs_Latn, nld_Latn, nob_Latn, pol_Latn, por_Latn, ron_Latn, rus_Cyrl, sco_Latn, slk_Latn, slv_Latn, spa_Latn, srp_Cyrl, stq_Latn, swe_Latn, swh_Latn, tam_Taml, tel_Telu, tha_Thai, ukr_Cyrl, urd_Arab, vie_Latn, zsm_Latn",
            range: Some((0.0, 68.0)),
            source: "FineWeb-2 (arXiv 2506.20920), https://github.com/huggingface/fineweb-2 (configs)",
            example: ("fineweb2_threshold('deu_Latn', 'dup_line_frac')", "0.263"),
            version: 2,
        },
        body: Body::Arrays(evaluate),
        columns: Vec::new(),
    }
}

fn evaluate(args: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let [languages, names] = [Strings::of_array(&args[0])?, Strings::of_array(&args[1])?];
    let value = |row: usize| -> Result<Option<f64>> {
        let (Some(language), Some(name)) = (languages.get(row), names.get(row)) else {
            return Ok(None);
        };
        let known = NAMES.iter().position(|known| *known == name);
        let place = known.ok_or_else(|| {
            exec_datafusion_err!(
                "fineweb2_threshold: expected the name of a threshold, {}; found {name}",
                NAMES.join(", ")
            )
        })?;
        Ok(threshold(language, place))
    };
    let values: Float64Array = (0..rows).map(value).collect::<Result<_>>()?;
    Ok(Arc::new(values))
}
