//! Near-duplicates: documents whose MinHash signatures agree in a band. The published ones, and any other parameters.

use corpusql_text::minhash::{Bands, PRESETS, Scheme};

use super::Preset;
use super::clusters::{Clusters, Survivor};
use super::expression::check_name;
use super::keys::{Keys, Signature};
use super::way::Read;
use crate::error::{Error, Result};

/// The published ones.
pub fn presets() -> Vec<Preset> {
    PRESETS
        .iter()
        .map(|published| {
            let about = format!(
                "{}: {} bands of {} values",
                published.about, published.cut.bands, published.cut.rows
            );
            preset(
                published.name.to_string(),
                about,
                published.scheme,
                published.cut,
            )
        })
        .collect()
}

/// A preset with parameters of the user's: `scheme=datatrove,ngram=7,bands=20,rows=5`, or `threshold=0.8` instead of bands
/// and rows.
///
/// Its signatures are those of the scheme's own layer unless `ngram`, `permutations` or `seed` differ.
pub fn of_parameters(parameters: &str) -> Result<Preset> {
    let hint = "as in --minhash scheme=datatrove,ngram=5,bands=20,rows=5, or with threshold=0.8 instead of bands and rows; further: permutations, seed, hash, name";
    let wrong = |what: String| Error::user(format!("--minhash {parameters}: {what}")).hint(hint);
    let (mut scheme, mut name) = (None, None);
    let (mut bands, mut rows, mut threshold) = (None, None, None);
    let mut others = String::new();
    let mut permutations = None;
    for piece in parameters.split(',').map(str::trim) {
        let Some((key, value)) = piece.split_once('=').map(|(k, v)| (k.trim(), v.trim())) else {
            return Err(wrong(format!("'{piece}': expected NAME=VALUE")));
        };
        let number = || {
            let number = value.parse::<usize>().ok().filter(|n| *n > 0);
            number.ok_or_else(|| wrong(format!("'{piece}': expected a whole number above 0")))
        };
        match key {
            "scheme" => scheme = Some(value),
            "name" => name = Some(value.to_string()),
            "bands" => bands = Some(number()?),
            "rows" => rows = Some(number()?),
            "threshold" => {
                let number = value.parse::<f64>().ok();
                let number = number.filter(|t| *t > 0.0 && *t <= 1.0);
                threshold = Some(number.ok_or_else(|| {
                    wrong(format!("'{piece}': expected a similarity above 0, up to 1"))
                })?);
            }
            "permutations" => permutations = Some(number()?),
            "ngram" | "seed" | "hash" => others.push_str(&format!(",{key}={value}")),
            _ => return Err(wrong(format!("there is no parameter {key}"))),
        }
    }
    let scheme = scheme.ok_or_else(|| wrong("no scheme is named".to_string()))?;
    let mut scheme = Scheme::parse(&format!("{scheme}{others}")).map_err(&wrong)?;
    let cut = match (bands, rows, threshold) {
        (Some(bands), Some(rows), None) => Bands { bands, rows },
        (None, None, Some(threshold)) => {
            let permutations = permutations.unwrap_or(scheme.permutations);
            if permutations > MOST_SEARCHED {
                return Err(wrong(format!(
                    "the best of {permutations} permutations are not searched for, expected at most {MOST_SEARCHED}"
                )));
            }
            Bands::for_threshold(threshold, permutations)
                .ok_or_else(|| wrong("there are no permutations".to_string()))?
        }
        _ => return Err(wrong("expected bands and rows, or threshold".to_string())),
    };
    let needed = cut.bands.saturating_mul(cut.rows);
    // datatrove draws as many as it uses, which decides what it draws.
    let exact = threshold.is_none() && is_datatrove(&scheme);
    let drawn = if exact {
        needed
    } else {
        scheme.permutations.max(needed)
    };
    // Those that follow from bands and rows say nothing more.
    let mut label = identifier(&scheme);
    if let Some(permutations) = permutations {
        label.push_str(&format!("_permutations{permutations}"));
    }
    let permutations = permutations.unwrap_or(drawn);
    if needed > permutations {
        return Err(wrong(format!(
            "{} bands of {} values need {needed} permutations, there are {permutations}",
            cut.bands, cut.rows
        )));
    }
    if permutations != scheme.permutations {
        let spec = format!("{},permutations={permutations}", scheme.spec());
        scheme = Scheme::parse(&spec).map_err(&wrong)?;
    }
    let name = name.unwrap_or_else(|| format!("minhash_{label}_{}x{}", cut.bands, cut.rows));
    check_name(&name)?;
    let about = format!(
        "signatures of {}, {} bands of {} values",
        scheme.spec(),
        cut.bands,
        cut.rows
    );
    let given: Vec<&str> = parameters.split(',').map(str::trim).collect();
    Ok(Preset {
        arguments: format!("--minhash {}", given.join(",")),
        ..preset(name, about, scheme, cut)
    })
}

/// Permutations up to which all ways to cut them are compared: time grows with n log n.
const MOST_SEARCHED: usize = 2048;

/// The scheme as part of a layer's name: `datatrove_ngram7_seed3`.
fn identifier(scheme: &Scheme) -> String {
    scheme.spec().replace(',', "_").replace('=', "")
}

fn is_datatrove(scheme: &Scheme) -> bool {
    matches!(scheme.name, "datatrove" | "fineweb")
}

fn preset(name: String, about: String, scheme: Scheme, cut: Bands) -> Preset {
    let column = format!("minhash_signature_{}", identifier(&scheme));
    let bytes = cut.rows * scheme.width();
    let key = |band| format!("minhash_band({column}, {band}, {bytes})");
    let spec = scheme.spec();
    let sql = (spec != scheme.name)
        .then(|| format!("SELECT minhash(text, '{spec}') AS {column} FROM corpus"));
    let links = Keys {
        keys: (0..cut.bands).map(key).collect(),
        functions: &["minhash_band"],
        signature: Some(Signature {
            column: column.clone(),
            scheme,
            cut,
        }),
        demand: None,
        priority: None,
        read: Some(Read { layer: column, sql }),
    };
    let survivor = match scheme.name {
        "text_dedup" | "text_dedup_xxh3" => Survivor::Rank,
        "rpv2" => Survivor::SmallestId,
        _ if is_datatrove(&scheme) => Survivor::Largest,
        _ => Survivor::First,
    };
    Preset::new(name, about, Clusters { links, survivor })
}

/// The probabilities of becoming candidates, for people.
pub fn curve(cut: Bands) -> String {
    let mut similarities = String::from("similarity ");
    let mut probabilities = String::from("probability");
    for percent in [30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 100] {
        let similarity = f64::from(percent) / 100.0;
        similarities.push_str(&format!("  {similarity:.2} "));
        probabilities.push_str(&format!("  {:.3}", cut.probability(similarity)));
    }
    let knee = (1.0 / cut.bands as f64).powf(1.0 / cut.rows as f64);
    format!(
        "{} bands of {} values: documents of similarity s are candidates with probability 1 - (1 - s^{})^{}, which rises fastest near {knee:.3}\n{}\n{probabilities}\n",
        cut.bands,
        cut.rows,
        cut.rows,
        cut.bands,
        similarities.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parameters: &str) -> (String, Vec<Read>) {
        let preset = of_parameters(parameters).expect(parameters);
        let reads = preset.way.reads();
        (preset.name, reads)
    }

    #[test]
    fn parameters_say_what_is_read() {
        let (name, reads) = of("scheme=datatrove,bands=20,rows=5");
        assert_eq!(name, "minhash_datatrove_20x5");
        assert_eq!(
            reads[0].layer,
            "minhash_signature_datatrove_permutations100"
        );
        let (_, reads) = of("scheme=datatrove,bands=14,rows=8");
        assert_eq!(
            (reads[0].layer.as_str(), &reads[0].sql),
            ("minhash_signature_datatrove", &None)
        );
        let (name, reads) = of("scheme=text_dedup, ngram=3, threshold=0.7, name=mine");
        assert_eq!(name, "mine");
        let sql = "SELECT minhash(text, 'text_dedup,ngram=3') AS minhash_signature_text_dedup_ngram3 FROM corpus";
        assert_eq!(reads[0].sql.as_deref(), Some(sql));
        let (name, reads) = of("scheme=rpv2,bands=20,rows=10");
        assert_eq!(name, "minhash_rpv2_20x10");
        assert_eq!(reads[0].layer, "minhash_signature_rpv2_permutations200");
        let preset = of_parameters("scheme=rpv2,threshold=0.8").expect("parameters");
        assert_eq!(preset.way.curve(), Some(Bands { bands: 9, rows: 13 }));
    }

    #[test]
    fn wrong_parameters_are_refused_in_words() {
        for (parameters, expected) in [
            ("datatrove", "'datatrove': expected NAME=VALUE"),
            ("bands=3,rows=4", "no scheme is named"),
            ("scheme=rpv3,threshold=0.8", "there is no scheme 'rpv3'"),
            ("scheme=rpv2", "expected bands and rows, or threshold"),
            (
                "scheme=rpv2,bands=3",
                "expected bands and rows, or threshold",
            ),
            (
                "scheme=rpv2,bands=0,rows=4",
                "'bands=0': expected a whole number above 0",
            ),
            (
                "scheme=rpv2,threshold=2",
                "'threshold=2': expected a similarity",
            ),
            ("scheme=rpv2,hash=md5,threshold=1", "expected hash=xxh64"),
            (
                "scheme=rpv2,words=5,threshold=1",
                "there is no parameter words",
            ),
            (
                "scheme=rpv2,permutations=10,bands=3,rows=4",
                "need 12 permutations, there are 10",
            ),
            (
                "scheme=rpv2,bands=900,rows=900",
                "expected permutations=1 to",
            ),
            (
                "scheme=rpv2,threshold=0.8,name=A b",
                "`A b` is no name for a layer",
            ),
        ] {
            let error = of_parameters(parameters).expect_err(parameters);
            assert!(error.message().contains(expected), "{}", error.message());
            assert!(error.next_step().is_some());
        }
    }
}
