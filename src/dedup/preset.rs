//! What can be run: a name and a way. The published ones are listed here.

use std::sync::Arc;

use super::{Way, keys, minhash, semantic, simhash, spans, substrings};
use crate::error::{Error, Result, near_miss};

/// Where the published presets are from: each way gives its own.
const WAYS: &[fn() -> Vec<Preset>] = &[
    keys::presets,
    minhash::presets,
    simhash::presets,
    substrings::presets,
    spans::presets,
    semantic::presets,
];

/// A way to find duplicates, with a name.
#[derive(Clone, Debug)]
pub struct Preset {
    /// Its name, and that of its layer.
    pub name: String,
    /// What the command takes to run it again: its name, unless it has parameters of the user's.
    pub arguments: String,
    /// What it is, in one line.
    pub about: String,
    /// How it is done.
    pub way: Arc<dyn Way>,
}

impl Preset {
    /// A way under a name.
    pub fn new(name: impl Into<String>, about: impl Into<String>, way: impl Way + 'static) -> Self {
        let name = name.into();
        Self {
            arguments: name.clone(),
            name,
            about: about.into(),
            way: Arc::new(way),
        }
    }

    /// All published presets.
    pub fn all() -> Vec<Self> {
        WAYS.iter().flat_map(|presets| presets()).collect()
    }

    /// The preset of that name; where there is none, what may have been meant.
    pub fn named(name: &str) -> Result<Self> {
        let all = Self::all();
        if let Some(preset) = all.iter().find(|preset| preset.name == name) {
            return Ok(preset.clone());
        }
        if let Some(preset) = substrings::named(name) {
            return Ok(preset);
        }
        let reads = |preset: &&Self| preset.way.reads().iter().any(|read| read.layer == name);
        if let Some(reader) = all.iter().find(reads) {
            return Err(
                Error::user(format!("there is no preset {name}")).hint(format!(
                    "it is a layer that {} reads, and makes",
                    reader.name
                )),
            );
        }
        let names: Vec<_> = all.iter().map(|preset| preset.name.as_str()).collect();
        let error = Error::user(format!("there is no preset {name}"));
        Err(match near_miss(name, names) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint("`corpusql dedup --list` says what each of them does"),
        })
    }

    /// The same under the name `…_verified`, with only those pairs whose sets of shingles have at least this Jaccard similarity.
    pub fn verified(&self, similarity: f64) -> Result<Self> {
        let way = self.way.verified(similarity).ok_or_else(|| {
            Error::user(format!("{} compares no shingles", self.name))
                .hint("leave --verify away, or name presets of MinHash only")
        })?;
        Ok(Self {
            name: format!("{}_verified", self.name),
            arguments: format!("{} --verify {similarity}", self.arguments),
            about: format!("{}; pairs of similarity {similarity} and more", self.about),
            way,
        })
    }

    /// All that is asked of the corpora, for people.
    pub fn script(&self) -> String {
        let mut script = format!("-- {}: {}\n", self.name, self.about);
        for read in self.way.reads() {
            let sql = match &read.sql {
                Some(sql) => sql.replace('\n', " "),
                None => format!("`corpusql queries {}`", read.layer),
            };
            script.push_str(&format!("-- reads the layer {}: {sql}\n", read.layer));
        }
        script.push_str(&format!("-- {}\n", self.way.rule()));
        script.push_str(&self.way.script());
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
        let error = Preset::named("simhash_fingerprint_roots").expect_err("a layer");
        let hint = "it is a layer that simhash_roots reads, and makes";
        assert_eq!(error.next_step(), Some(hint));
    }
}
