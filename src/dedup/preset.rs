//! Which documents are duplicates of each other, and which of them stays: the published ways.

use corpusql_text::minhash::{self, PRESETS};

use crate::error::{Error, Result, near_miss};

/// Which document of a cluster stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survivor {
    /// The first in the corpus.
    First,
    /// The one with the smallest id.
    SmallestId,
    /// The root of a union by size over the links in their order; of two equal sizes, the root of a link's first document.
    Largest,
    /// The first in the order of the one band.
    Leading,
}

impl Survivor {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::First => "the first document of a cluster stays",
            Self::SmallestId => "the document with the smallest id stays",
            Self::Largest => "the root of a union by size, in the order of the links, stays",
            Self::Leading => "the first document of a cluster, in the order of the query, stays",
        }
    }
}

/// A way to find duplicates.
#[derive(Clone, Debug)]
pub struct Preset {
    /// Its name, and that of its layer.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: String,
    /// The layer of the query library that holds what its keys are made of.
    pub layer: Option<String>,
    /// The keys as SQL over a document's columns. Documents are linked that have one in common; NULL links nothing.
    pub keys: Vec<String>,
    /// The order of documents with equal keys where it is not that of the corpus.
    pub order: Option<&'static str>,
    /// Which document of a cluster stays.
    pub survivor: Survivor,
}

impl Preset {
    /// All presets.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Self {
                name: "exact",
                about: "documents with the same text".to_string(),
                layer: None,
                keys: vec!["text_hash".to_string()],
                order: None,
                survivor: Survivor::First,
            },
            Self {
                name: "url",
                about: "documents with the same URL in lower case; the longest text stays, up to 262,140 characters"
                    .to_string(),
                layer: None,
                keys: vec!["nullif(lower(url), '')".to_string()],
                order: Some("least(text_chars / 4, 65535) DESC"),
                survivor: Survivor::Leading,
            },
        ];
        all.extend(PRESETS.iter().map(Self::of_minhash));
        all
    }

    fn of_minhash(preset: &minhash::Preset) -> Self {
        let column = format!("minhash_signature_{}", preset.scheme.name);
        let bytes = preset.rows * preset.scheme.width();
        let key = |band| format!("minhash_band({column}, {band}, {bytes})");
        Self {
            name: preset.name,
            about: format!(
                "{}: {} bands of {} values",
                preset.about, preset.bands, preset.rows
            ),
            keys: (0..preset.bands).map(key).collect(),
            order: None,
            survivor: match preset.scheme.name {
                "rpv2" => Survivor::SmallestId,
                "datatrove" | "fineweb" => Survivor::Largest,
                _ => Survivor::First,
            },
            layer: Some(column),
        }
    }

    /// The preset of that name.
    pub fn named(name: &str) -> Result<Self> {
        let all = Self::all();
        if let Some(preset) = all.iter().find(|preset| preset.name == name) {
            return Ok(preset.clone());
        }
        let names: Vec<_> = all.iter().map(|preset| preset.name).collect();
        let error = Error::user(format!(
            "there is no preset {name}, expected one of {}",
            names.join(", ")
        ));
        Err(match near_miss(name, names) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint("`corpusql dedup --list` says what each of them does"),
        })
    }

    /// The query of a band: documents, numbered from 1 in the order of the corpus, with their keys; equal keys stand
    /// side by side.
    pub fn sql(&self, band: usize) -> String {
        let (column, order) = match self.order {
            Some(order) => (
                format!(", {} AS priority", order.trim_end_matches(" DESC")),
                ", priority DESC",
            ),
            None => (String::new(), ""),
        };
        format!(
            "SELECT document, key\n\
             FROM (SELECT row_number() OVER () AS document, {key} AS key{column} FROM corpus) AS keys\n\
             WHERE key IS NOT NULL\n\
             ORDER BY key{order}, document",
            key = self.keys[band],
        )
    }

    /// All that is asked of the corpus, for people.
    pub fn script(&self) -> String {
        let mut script = format!("-- {}: {}\n", self.name, self.about);
        if let Some(layer) = &self.layer {
            script.push_str(&format!(
                "-- reads the layer {layer}: `corpusql queries {layer}`\n"
            ));
        }
        script.push_str(&format!(
            "-- neighbours with equal keys are linked; linked documents are a cluster; {}\n",
            self.survivor.words()
        ));
        for band in 0..self.keys.len() {
            script.push_str(&self.sql(band));
            script.push_str(";\n");
        }
        script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_near_misses_are_named() {
        let all = Preset::all();
        for (i, preset) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| other.name != preset.name));
        }
        let error = Preset::named("minhash_rpv2_0_6").expect_err("no such preset");
        assert_eq!(error.next_step(), Some("did you mean minhash_rpv2_0_7?"));
    }
}
