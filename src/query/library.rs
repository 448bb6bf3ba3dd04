//! The library of queries: built into the binary, and the user's folder, which comes first.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::filter_file::FilterFile;
use super::header::{self, FilterHeader, Header};
use super::layer_file::LayerFile;
use crate::error::{Error, Result, near_miss};
use crate::session::Options;

/// Every query under `queries/`: kind, name, text.
static BUILT_IN: &[(Kind, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/queries.rs"));

/// What a query is for; each kind has a folder of its own.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Columns to store
    Layer,
    /// Rules
    Filter,
    /// How much of each source
    Mixture,
    /// Figures to read
    Report,
    /// A whole run
    Recipe,
}

impl Kind {
    /// All kinds, in the order in which a run uses them.
    pub const ALL: [Self; 5] = [
        Self::Layer,
        Self::Filter,
        Self::Mixture,
        Self::Report,
        Self::Recipe,
    ];

    /// The folder of this kind.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Layer => "layers",
            Self::Filter => "filters",
            Self::Mixture => "mixtures",
            Self::Report => "reports",
            Self::Recipe => "recipes",
        }
    }

    /// What files of this kind end in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Recipe => "yaml",
            _ => "sql",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Layer => "layer",
            Self::Filter => "filter",
            Self::Mixture => "mixture",
            Self::Report => "report",
            Self::Recipe => "recipe",
        })
    }
}

/// One query file.
#[derive(Clone, Debug)]
pub struct QueryFile {
    /// What it is for.
    pub kind: Kind,
    /// The file's name, without what it ends in.
    pub name: String,
    /// Where it stands: a path, or its place in the repository where it is built in.
    pub origin: String,
    /// What it says.
    pub text: Cow<'static, str>,
}

impl QueryFile {
    fn read(kind: Kind, path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        let name = path
            .file_stem()
            .and_then(|n| n.to_str())
            .ok_or_else(|| Error::user(format!("{} has no name to call it by", path.display())))?;
        Ok(Self {
            kind,
            name: name.to_string(),
            origin: path.display().to_string(),
            text: Cow::Owned(text),
        })
    }

    /// One line on what it keeps or what comes out, and where that is published.
    pub fn summary(&self) -> Result<Summary> {
        Ok(match self.kind {
            Kind::Filter => {
                let header: FilterHeader = header::parse(&self.origin, &self.text)?;
                Summary {
                    what: header.keeps,
                    source: header.source,
                }
            }
            Kind::Recipe => serde_yaml::from_str(&self.text)
                .map_err(|e| header::yaml_error(&self.origin, &e))?,
            Kind::Layer | Kind::Mixture | Kind::Report => {
                let header: Header = header::parse(&self.origin, &self.text)?;
                Summary {
                    what: header.what,
                    source: header.source,
                }
            }
        })
    }
}

/// What a list of queries shows of each.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// What it keeps, or what comes out.
    pub what: String,
    /// Where its rules or definitions are published.
    pub source: String,
}

/// All queries that can be named.
#[derive(Clone, Debug)]
pub struct Library {
    files: BTreeMap<(Kind, String), QueryFile>,
}

impl Library {
    /// The queries that are built into the binary.
    pub fn built_in() -> Self {
        let files = BUILT_IN.iter().map(|&(kind, name, text)| {
            let file = QueryFile {
                kind,
                name: name.to_string(),
                origin: format!("queries/{}/{name}.{}", kind.folder(), kind.extension()),
                text: Cow::Borrowed(text),
            };
            ((kind, name.to_string()), file)
        });
        Self {
            files: files.collect(),
        }
    }

    /// The built-in queries, and over them those of the user's folder.
    pub fn load(options: &Options) -> Result<Self> {
        let mut library = Self::built_in();
        if let Some(folder) = &options.queries {
            library.add_folder(folder)?;
        }
        Ok(library)
    }

    /// Whether an argument names a file, not a query of the library.
    pub fn is_path(argument: &str) -> bool {
        argument.contains(['/', '\\']) || argument.ends_with(".sql") || argument.ends_with(".yaml")
    }

    /// Adds the query in `path` under its file's name, over one of the same name; returns the name.
    pub fn add(&mut self, kind: Kind, path: &Path) -> Result<String> {
        let file = QueryFile::read(kind, path)?;
        let name = file.name.clone();
        self.files.insert((kind, name.clone()), file);
        Ok(name)
    }

    /// All queries, by kind and name.
    pub fn files(&self) -> impl Iterator<Item = &QueryFile> {
        self.files.values()
    }

    /// The names of a kind.
    pub fn names(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.files()
            .filter(move |f| f.kind == kind)
            .map(|f| f.name.as_str())
    }

    /// The query of this kind and name.
    pub fn find(&self, kind: Kind, name: &str) -> Result<&QueryFile> {
        if let Some(file) = self.files.get(&(kind, name.to_string())) {
            return Ok(file);
        }
        let error = Error::user(format!("no {kind} is named `{name}`"));
        Err(match near_miss(name, self.names(kind)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!(
                "`corpusql queries` lists them; a {kind} of your own is named by its path, as in ./{name}.{}",
                kind.extension()
            )),
        })
    }

    /// A filter by name or path.
    pub fn filter(&self, name: &str) -> Result<FilterFile> {
        let file = self.open(Kind::Filter, name)?;
        FilterFile::parse(&file.name, &file.origin, &file.text)
    }

    /// A layer's query by name or path.
    pub fn layer(&self, name: &str) -> Result<LayerFile> {
        let file = self.open(Kind::Layer, name)?;
        LayerFile::parse(&file.name, &file.origin, &file.text)
    }

    /// A query of any kind by name or path, unparsed.
    pub fn open(&self, kind: Kind, name: &str) -> Result<Cow<'_, QueryFile>> {
        if Self::is_path(name) {
            return Ok(Cow::Owned(QueryFile::read(kind, Path::new(name))?));
        }
        self.find(kind, name).map(Cow::Borrowed)
    }

    fn add_folder(&mut self, folder: &Path) -> Result<()> {
        let kinds: Vec<Kind> = Kind::ALL
            .into_iter()
            .filter(|k| folder.join(k.folder()).is_dir())
            .collect();
        if kinds.is_empty() {
            let what = if folder.is_dir() {
                "has none of the folders layers, filters, mixtures, reports and recipes"
            } else {
                "is no folder"
            };
            return Err(Error::user(format!(
                "--queries {} {what}",
                folder.display()
            )));
        }
        for kind in kinds {
            let inner = folder.join(kind.folder());
            for entry in fs::read_dir(&inner).map_err(|e| Error::io("list", &inner, e))? {
                let path = entry.map_err(|e| Error::io("list", &inner, e))?.path();
                if path.extension().is_some_and(|e| e == kind.extension()) {
                    self.add(kind, &path)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use corpusql_udfs::{Functions, Lists};

    use super::super::filter_file::PREFIX;
    use super::*;

    #[test]
    fn every_built_in_query_says_what_it_is_and_parses() {
        let library = Library::built_in();
        for file in library.files() {
            let summary = file.summary().unwrap();
            assert!(!summary.what.is_empty(), "{}: no first line", file.origin);
            match file.kind {
                Kind::Filter => {
                    assert!(!summary.source.is_empty(), "{}: no source", file.origin);
                    let filter = library.filter(&file.name).unwrap();
                    assert!(!filter.rules(|_| None).unwrap().is_empty());
                }
                Kind::Layer => {
                    assert!(!library.layer(&file.name).unwrap().columns().is_empty());
                }
                Kind::Mixture | Kind::Report | Kind::Recipe => {}
            }
        }
        for kind in Kind::ALL {
            assert!(library.names(kind).next().is_some(), "no {kind}");
        }
    }

    #[test]
    fn no_name_means_two_things() {
        let functions = Functions::new(Arc::new(Lists::builtin().clone()));
        let library = Library::built_in();
        let columns: BTreeSet<&str> = functions
            .virtual_columns()
            .map(|c| c.name)
            .chain([
                "id", "text", "url", "source", "date", "language", "license", "metadata",
            ])
            .collect();
        for column in &columns {
            assert!(
                !column.starts_with(PREFIX),
                "column {column} would be taken for a verdict"
            );
        }
        for name in library.names(Kind::Filter) {
            assert!(
                !columns.contains(name),
                "filter {name} has the name of a column"
            );
            for rule in library.filter(name).unwrap().rule_names() {
                assert!(
                    !columns.contains(rule),
                    "rule {rule} of {name} has the name of a column"
                );
                assert!(
                    library.find(Kind::Filter, rule).is_err(),
                    "rule {rule} of {name} has the name of a filter"
                );
            }
        }
    }

    #[test]
    fn a_users_folder_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let filters = folder.path().join("filters");
        fs::create_dir(&filters).unwrap();
        fs::write(filters.join("rpv2_c4.sql"), "SELECT a AS only_this").unwrap();
        fs::write(filters.join("notes.txt"), "no query").unwrap();
        let options = Options {
            queries: Some(folder.path().to_path_buf()),
            ..Options::default()
        };
        let library = Library::load(&options).unwrap();
        let rules: Vec<String> = library
            .filter("rpv2_c4")
            .unwrap()
            .rule_names()
            .map(str::to_string)
            .collect();
        assert_eq!(rules, ["only_this"]);
        assert!(library.filter("rpv2_gopher").is_ok());
    }

    #[test]
    fn near_names_are_suggested() {
        let library = Library::built_in();
        let error = library.filter("rpv2_goper").unwrap_err();
        assert_eq!(error.message(), "no filter is named `rpv2_goper`");
        assert_eq!(error.next_step(), Some("did you mean `rpv2_gopher`?"));
    }
}
