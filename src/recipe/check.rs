//! A recipe held against what is there, before the first document is read: paths, names, queries.
//!
//! Steps are looked at in order, with the columns that the corpus is going to have by then. What comes
//! out are the requests that the steps run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::sql::sqlparser::ast::Expr;

use super::columns::Columns;
use super::fields::{Located, Problems, did_you_mean};
use super::steps::{
    Action, AnnotateStep, Choice, DecontaminateStep, DedupStep, ExportStep, FilterStep, IngestStep,
    MixStep, OutputFields, Recipe, Step,
};
use super::tree::Place;
use crate::annotate::{AnnotateRequest, LayerSource};
use crate::corpus::Corpus;
use crate::decontaminate;
use crate::dedup::{self, Preset};
use crate::error::{Error, Result};
use crate::export::{self, ExportRequest};
use crate::filter;
use crate::ingest::{self, FieldMap, IngestRequest};
use crate::mix;
use crate::output::{self, Output};
use crate::query::{Condition, Distinct, LayerFile, Library, Settings, condition};
use crate::session::Engine;

/// A step that can be run.
pub struct Task {
    /// Where it stands in the recipe.
    pub place: Place,
    /// What it is called in a recipe.
    pub name: &'static str,
    /// The corpus that it works on.
    pub corpus: PathBuf,
    /// What it does.
    pub work: Work,
}

/// What a step does.
pub enum Work {
    /// Files become documents.
    Ingest(IngestRequest),
    /// Signals become stored columns.
    Annotate(Vec<AnnotateRequest>),
    /// Duplicates become clusters: of these corpora together, by each of these presets.
    Dedup(Vec<PathBuf>, Vec<Preset>),
    /// Documents that hold pieces of evaluation sets are marked.
    Decontaminate(decontaminate::Request, Output),
    /// The filter report.
    Filter(filter::Request, Output),
    /// Statistics of the mixture; a column to pivot by, and the figure it shows.
    Mix(mix::Request, Option<(String, String)>, Output),
    /// Shards for training.
    Export(ExportRequest),
}

/// Checks a recipe whose relative paths start at `base`; what is wrong goes to `problems`.
pub async fn check(
    engine: &Engine,
    recipe: &Recipe,
    base: &Path,
    problems: &mut Problems,
) -> Result<Vec<Task>> {
    let settings = Settings::load(engine.options())?;
    let mut checker = Checker {
        engine,
        base,
        settings,
        corpora: BTreeMap::new(),
        is_incomplete: recipe.is_incomplete,
        written: Vec::new(),
        problems,
    };
    let mut tasks = Vec::with_capacity(recipe.steps.len());
    for step in &recipe.steps {
        if let Some(task) = checker.step(step).await {
            tasks.push(task);
        }
    }
    Ok(tasks)
}

struct Checker<'a> {
    engine: &'a Engine,
    base: &'a Path,
    settings: Settings,
    /// The columns that each corpus has by now; `None` when that cannot be known.
    corpora: BTreeMap<PathBuf, Option<Columns>>,
    /// Whether steps are missing that may make a corpus, or columns of it.
    is_incomplete: bool,
    /// Folders that steps before write.
    written: Vec<PathBuf>,
    problems: &'a mut Problems,
}

impl Checker<'_> {
    async fn step(&mut self, step: &Step) -> Option<Task> {
        let corpus = self.path(&step.corpus.value);
        let place = step.place;
        let work = match &step.action {
            Action::Ingest(ingest) => self.ingest(&corpus, ingest).map(Work::Ingest),
            other => {
                let columns = self.columns_of(&corpus, &step.corpus);
                match other {
                    Action::Annotate(annotate) => self
                        .annotate(&corpus, columns, annotate)
                        .await
                        .map(Work::Annotate),
                    Action::Dedup(dedup) => self.dedup(&corpus, step, dedup).await,
                    Action::Decontaminate(step) => {
                        self.decontaminate(&corpus, columns, step, place)
                    }
                    Action::Filter(filter) => self.filter(columns, filter).await,
                    Action::Mix(mix) => self.mix(columns, mix).await,
                    Action::Export(export) => self.export(columns, export).await.map(Work::Export),
                    Action::Ingest(_) => None,
                }
            }
        };
        Some(Task {
            place: step.place,
            name: step.action.name(),
            corpus,
            work: work?,
        })
    }

    /// A path of the recipe.
    fn path(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }

    /// A name, or the path that it is.
    fn name_or_path(&self, name: &str) -> String {
        if Library::is_path(name) {
            self.path(name).to_string_lossy().into_owned()
        } else {
            name.to_string()
        }
    }

    /// `Err` becomes a problem at `place`.
    fn note<T>(&mut self, place: Place, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.add_error(place, &error);
                None
            }
        }
    }

    /// The columns of a corpus by now; `None` where that cannot be known.
    fn columns_of(&mut self, corpus: &Path, at: &Located<String>) -> Option<Columns> {
        if let Some(columns) = self.corpora.get(corpus) {
            return columns.clone();
        }
        let opened = if self.is_incomplete {
            Ok(None)
        } else if corpus.exists() {
            Corpus::open(corpus).map(|c| Some(Columns::new(&c.stored_schema())))
        } else {
            Err(Error::user(format!(
                "there is no corpus {}, and no step before makes it",
                corpus.display()
            ))
            .hint("begin with an ingest step"))
        };
        // Said once; what else is wrong is looked for all the same.
        let columns = self.note(at.place, opened).flatten();
        self.corpora.insert(corpus.to_path_buf(), columns.clone());
        columns
    }

    fn ingest(&mut self, corpus: &Path, step: &IngestStep) -> Option<IngestRequest> {
        // The first ingest fixes the columns of the documents.
        let is_first = !self.corpora.contains_key(corpus);
        if is_first {
            let stored = Corpus::open(corpus).map(|c| Columns::new(&c.stored_schema()));
            let stored = stored.ok().filter(|_| !self.is_incomplete);
            self.corpora.insert(corpus.to_path_buf(), stored);
        }
        if let (Some(language), true) = (&step.language, step.detect_language) {
            let message = "language and detect_language both say what the language is";
            self.problems
                .add_with_hint(language.place, message, Some("keep one of them".into()));
        }
        let mut pairs = Vec::new();
        for (base, input) in &step.map {
            pairs.push((base.value.clone(), input.value.clone()));
            let alone = FieldMap::new(pairs[pairs.len() - 1..].to_vec());
            self.note(base.place, alone)?;
        }
        let first = step.map.first().map(|(base, _)| base.place);
        let map = FieldMap::new(pairs);
        let map = self.note(first.unwrap_or_default(), map)?;
        let mut request = IngestRequest {
            map,
            language: step.language.as_ref().map(|l| l.value.clone()),
            detect_language: step.detect_language,
            source: step.source.as_ref().map(|s| s.value.clone()),
            part_size: step.part_size.unwrap_or(ingest::DEFAULT_PART_SIZE),
            in_place: step.in_place,
            strict: step.strict,
            again: step.again,
            ..IngestRequest::new(Vec::new(), corpus.to_path_buf())
        };
        let mut known = true;
        for input in &step.inputs {
            let path = self.path(&input.value);
            request.inputs.push(path.to_string_lossy().into_owned());
            if self.is_written_before(&path) {
                known = false;
                continue;
            }
            let alone = IngestRequest {
                inputs: vec![path.to_string_lossy().into_owned()],
                map: FieldMap::default(),
                ..request.clone()
            };
            let found = ingest::check_inputs(&alone);
            known &= self.note(input.place, found).is_some();
        }
        let columns = if known {
            let planned = ingest::planned_columns(&request);
            // Where a field of the map is what is wrong, the map is the place to look.
            let place = planned.as_ref().err().and_then(|e| {
                let named = |field: &str| e.message().contains(&format!("the column {field},"));
                let wrong = step.map.iter().find(|(_, input)| named(&input.value));
                wrong.map(|(_, input)| input.place)
            });
            let inputs = step.inputs.first().map(|i| i.place).unwrap_or_default();
            self.note(place.unwrap_or(inputs), planned)
        } else {
            None
        };
        if let (Some(schema), true, false) = (columns, is_first, self.is_incomplete) {
            self.corpora
                .entry(corpus.to_path_buf())
                .and_modify(|known| *known = known.take().or(Some(Columns::new(&schema))));
        }
        Some(request)
    }

    async fn annotate(
        &mut self,
        corpus: &Path,
        columns: Option<Columns>,
        step: &AnnotateStep,
    ) -> Option<Vec<AnnotateRequest>> {
        let mut columns = columns;
        let mut requests = Vec::new();
        let prefix = step.prefix.as_ref().map(|p| p.value.clone());
        for layer in &step.layers {
            let name = self.name_or_path(&layer.value);
            let file = self.settings.library().layer(&name);
            let Some(file) = self.note(layer.place, file) else {
                continue;
            };
            let source = if Library::is_path(&name) {
                LayerSource::File {
                    path: PathBuf::from(&name),
                    layer: file.name().to_string(),
                }
            } else {
                LayerSource::Named(name)
            };
            self.layer_columns(&mut columns, &file, prefix.as_deref(), layer.place)
                .await;
            requests.push(AnnotateRequest {
                source,
                prefix: prefix.clone(),
            });
        }
        if let (Some(sql), Some(layer)) = (&step.sql, &step.layer) {
            let path = self.path(&sql.value);
            let text = std::fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e));
            let file = text.and_then(|text| {
                LayerFile::parse(&layer.value, &path.display().to_string(), &text)
            });
            if let Some(file) = self.note(sql.place, file) {
                self.layer_columns(&mut columns, &file, prefix.as_deref(), sql.place)
                    .await;
                requests.push(AnnotateRequest {
                    source: LayerSource::File {
                        path,
                        layer: layer.value.clone(),
                    },
                    prefix: prefix.clone(),
                });
            }
        }
        self.corpora.insert(corpus.to_path_buf(), columns);
        (!requests.is_empty()).then_some(requests)
    }

    async fn dedup(&mut self, corpus: &Path, step: &Step, found: &DedupStep) -> Option<Work> {
        let mut corpora: Vec<(PathBuf, &Located<String>)> = Vec::new();
        for named in &found.corpora {
            let path = self.path(&named.value);
            if corpora.iter().any(|(before, _)| *before == path) {
                let message = format!("the corpus {} is named twice", path.display());
                self.problems.add(named.place, message);
            } else {
                corpora.push((path, named));
            }
        }
        if corpora.is_empty() {
            corpora.push((corpus.to_path_buf(), &step.corpus));
        }
        let verify = match &found.verify {
            None => None,
            Some(text) => match text.value.parse::<f64>().ok() {
                Some(similarity) if (0.0..=1.0).contains(&similarity) => Some(similarity),
                _ => {
                    let message = format!(
                        "verify takes a similarity from 0 to 1, found `{}`",
                        text.value
                    );
                    self.problems.add(text.place, message);
                    None
                }
            },
        };
        let named = found.presets.iter().map(|n| (n, Preset::named(&n.value)));
        let minhash = found.minhash.iter();
        let minhash = minhash.map(|n| (n, dedup::of_parameters(&n.value)));
        let key = found.key.iter();
        let key = key.map(|(key, n)| (n, dedup::of_expression(&key.value, &n.value)));
        let mut presets: Vec<Preset> = Vec::new();
        for (named, preset) in named.chain(minhash).chain(key) {
            let preset = preset.and_then(|preset| match verify {
                Some(similarity) => preset.verified(similarity),
                None => Ok(preset),
            });
            let Some(preset) = self.note(named.place, preset) else {
                continue;
            };
            if presets.iter().any(|before| before.name == preset.name) {
                let message = format!("{} is named twice", preset.name);
                self.problems.add(named.place, message);
                continue;
            }
            for (corpus, at) in &corpora {
                let mut columns = self.columns_of(corpus, at);
                for read in preset.way.reads() {
                    let file = match &read.sql {
                        Some(sql) => LayerFile::parse(&read.layer, &preset.name, sql),
                        None => self.settings.library().layer(&read.layer),
                    };
                    if let Some(file) = self.note(named.place, file) {
                        self.layer_columns(&mut columns, &file, None, named.place)
                            .await;
                    }
                }
                if let Some(columns) = &mut columns {
                    columns.extend(preset.way.fields(&preset.name));
                }
                self.corpora.insert(corpus.clone(), columns);
            }
            presets.push(preset);
        }
        let corpora = corpora.into_iter().map(|(path, _)| path).collect();
        (!presets.is_empty()).then_some(Work::Dedup(corpora, presets))
    }

    fn decontaminate(
        &mut self,
        corpus: &Path,
        columns: Option<Columns>,
        step: &DecontaminateStep,
        place: Place,
    ) -> Option<Work> {
        let (name, at) = match &step.method {
            Some(method) => (method.value.as_str(), method.place),
            None => (decontaminate::Kind::Datatrove.name(), place),
        };
        let changes = decontaminate::Changes {
            n: step.ngram,
            query: step.query_ngrams,
            no_across: step.no_overlap_ngrams,
        };
        let method = self.note(at, decontaminate::Method::new(name, changes))?;
        let value = |field: &Option<Located<String>>| field.as_ref().map(|f| f.value.clone());
        let request = decontaminate::Request {
            method,
            against: step.against.iter().map(|f| self.path(&f.value)).collect(),
            fields: decontaminate::Fields {
                query: value(&step.query_field),
                label: value(&step.label_field),
            },
            layer: value(&step.layer),
        };
        let files = step.against.first().map_or(place, |file| file.place);
        let output = self.output(&step.output);
        self.note(files, request.check(self.engine))?;
        let columns = columns.map(|mut columns| {
            columns.extend(request.columns());
            columns
        });
        self.corpora.insert(corpus.to_path_buf(), columns);
        Some(Work::Decontaminate(request, output?))
    }

    /// Checks a layer's expressions and adds its columns.
    async fn layer_columns(
        &mut self,
        columns: &mut Option<Columns>,
        file: &LayerFile,
        prefix: Option<&str>,
        place: Place,
    ) {
        let Some(known) = columns else {
            return;
        };
        let mut made = Vec::new();
        for item in file.columns() {
            match known.check(self.engine, &self.settings, &item.expr).await {
                Ok(data_type) => {
                    let name = format!("{}{}", prefix.unwrap_or_default(), item.name);
                    made.push(Field::new(name, data_type, true));
                }
                Err(error) => {
                    let context = format!(
                        "{}, line {}, column {}",
                        file.origin(),
                        item.line,
                        item.name
                    );
                    self.problems.add_error(place, &error.context(context));
                }
            }
        }
        known.extend(made);
    }

    /// Filters, condition and parameters of a step: names of the filters, and what they mean.
    async fn choice(
        &mut self,
        columns: Option<&Columns>,
        choice: &Choice,
    ) -> Option<(Vec<String>, Settings)> {
        let mut settings = self.settings.clone();
        let mut named = Vec::new();
        let mut fine = true;
        for filter in &choice.filters {
            let names = settings.name_filters(&[self.name_or_path(&filter.value)]);
            match self.note(filter.place, names) {
                Some(names) => named.extend(names.into_iter().map(|name| (filter.place, name))),
                None => fine = false,
            }
        }
        for (name, value) in &choice.set {
            let set = settings.set(&format!("{}={}", name.value, value.value));
            fine &= self.note(name.place, set).is_some();
        }
        for (place, name) in &named {
            let Some(rules) = self.note(*place, settings.rules(name)) else {
                fine = false;
                continue;
            };
            for rule in rules {
                let checked = self.planned(columns, &settings, &rule.expr).await;
                let checked =
                    checked.map_err(|e| e.context(format!("filter {name}, rule {}", rule.name)));
                fine &= self.note(*place, checked).is_some();
            }
        }
        if let Some(text) = &choice.condition {
            match self.note(text.place, condition::parse("where", &text.value)) {
                Some(condition) => {
                    let checked = self.planned(columns, &settings, &condition.expr).await;
                    fine &= self.note(text.place, checked).is_some();
                }
                None => fine = false,
            }
        }
        let names = named.into_iter().map(|(_, name)| name).collect();
        fine.then_some((names, settings))
    }

    /// Plans a condition over the columns, where they are known.
    async fn planned(
        &self,
        columns: Option<&Columns>,
        settings: &Settings,
        expr: &Expr,
    ) -> Result<()> {
        match columns {
            Some(columns) => is_condition(columns.check(self.engine, settings, expr).await?),
            None => Ok(()),
        }
    }

    /// A condition that has been checked.
    fn condition(&self, choice: &Choice) -> Option<Condition> {
        let text = choice.condition.as_ref()?;
        condition::parse("where", &text.value).ok()
    }

    /// Of which clusters one document is chosen, and how; `None` where something is wrong with it.
    async fn distinct(
        &mut self,
        columns: Option<&Columns>,
        settings: &Settings,
        choice: &Choice,
    ) -> Option<Option<Distinct>> {
        let presets: Vec<String> = choice.distinct.iter().map(|p| p.value.clone()).collect();
        let first = choice.distinct.first().or(choice.keep.as_ref());
        let place = choice.keep.as_ref().or(first).map(|located| located.place);
        let keep = choice.keep.as_ref().map(|keep| keep.value.as_str());
        let distinct = Distinct::parse(&presets, keep, "");
        let distinct = self.note(place.unwrap_or_default(), distinct)?;
        let (Some(chosen), Some(columns)) = (&distinct, columns) else {
            return Some(distinct);
        };
        let mut fine = true;
        for preset in &choice.distinct {
            let mut needed = chosen.needed();
            let missing = needed.find(|(of, name)| *of == preset.value && !columns.is_stored(name));
            if let Some((_, name)) = missing {
                let message = format!("distinct: there is no column `{name}`");
                let hint = format!(
                    "`dedup: {{ presets: [{}] }}` is the step that makes it",
                    preset.value
                );
                self.problems
                    .add_with_hint(preset.place, message, Some(hint));
                fine = false;
            }
        }
        if let (Some(keep), Some(place)) = (chosen.keep(), place) {
            let mut types = Vec::new();
            for expr in keep.expressions() {
                let checked = columns.check(self.engine, settings, expr).await;
                types.push(self.note(place, checked)?);
            }
            self.note(place, keep.check_types(&types))?;
        }
        fine.then_some(distinct)
    }

    /// Names of columns.
    fn names(&mut self, columns: Option<&Columns>, settings: &Settings, names: &[Located<String>]) {
        for name in names {
            if let Some(columns) = columns {
                let checked = columns.check_name(self.engine, settings, &name.value);
                self.note(name.place, checked);
            }
        }
    }

    async fn filter(&mut self, columns: Option<Columns>, step: &FilterStep) -> Option<Work> {
        let chosen = self.choice(columns.as_ref(), &step.choice).await;
        let settings = chosen
            .as_ref()
            .map_or_else(|| self.settings.clone(), |(_, s)| s.clone());
        self.names(columns.as_ref(), &settings, &step.by);
        let distinct = self
            .distinct(columns.as_ref(), &settings, &step.choice)
            .await;
        let output = self.output(&step.output)?;
        let (filters, settings) = chosen?;
        let request = filter::Request {
            filters,
            condition: self.condition(&step.choice),
            distinct: distinct?,
            by: step.by.iter().map(|by| by.value.clone()).collect(),
            tokens: None,
            sweep: Vec::new(),
            target: None,
            show_removed: 0,
            sample: None,
            seed: 0,
            settings,
        };
        Some(Work::Filter(request, output))
    }

    async fn mix(&mut self, columns: Option<Columns>, step: &MixStep) -> Option<Work> {
        let chosen = self.choice(columns.as_ref(), &step.choice).await;
        let settings = chosen
            .as_ref()
            .map_or_else(|| self.settings.clone(), |(_, s)| s.clone());
        self.names(columns.as_ref(), &settings, &step.by);
        let distinct = self
            .distinct(columns.as_ref(), &settings, &step.choice)
            .await;
        let output = self.output(&step.output);
        if let Some(pivot) = &step.pivot
            && !step.by.iter().any(|by| by.value == pivot.value)
        {
            let by: Vec<&str> = step.by.iter().map(|by| by.value.as_str()).collect();
            let message = format!(
                "pivot is one of the columns of `by` ({}); found `{}`",
                by.join(", "),
                pivot.value
            );
            let hint = did_you_mean(&pivot.value, by);
            self.problems.add_with_hint(pivot.place, message, hint);
        }
        let (filters, settings) = chosen?;
        let request = mix::Request {
            by: step.by.iter().map(|by| by.value.clone()).collect(),
            filters,
            condition: self.condition(&step.choice),
            distinct: distinct?,
            settings,
        };
        let value = step.value.as_ref().map_or("documents", |v| &v.value);
        let pivot = step
            .pivot
            .as_ref()
            .map(|p| (p.value.clone(), value.to_string()));
        Some(Work::Mix(request, pivot, output?))
    }

    async fn export(
        &mut self,
        columns: Option<Columns>,
        step: &ExportStep,
    ) -> Option<ExportRequest> {
        let chosen = self.choice(columns.as_ref(), &step.choice).await;
        let settings = chosen
            .as_ref()
            .map_or_else(|| self.settings.clone(), |(_, s)| s.clone());
        for column in &step.columns {
            let parsed = export::parse_columns("columns", &column.value);
            let Some(items) = self.note(column.place, parsed) else {
                continue;
            };
            for item in items {
                if let Some(columns) = &columns {
                    let checked = columns.check(self.engine, &settings, &item.expr).await;
                    self.note(column.place, checked);
                }
            }
        }
        let distinct = self
            .distinct(columns.as_ref(), &settings, &step.choice)
            .await;
        let format = match &step.format {
            Some(format) => self.one_of::<export::Format>("format", format)?,
            None => export::Format::default(),
        };
        let to = self.path(&step.to.value);
        self.note(step.to.place, export::check_folder(&to))?;
        self.written.push(to.clone());
        let (filters, settings) = chosen?;
        Some(ExportRequest {
            filters,
            condition: self.condition(&step.choice),
            distinct: distinct?,
            columns: step.columns.iter().map(|c| c.value.clone()).collect(),
            to,
            format,
            shard_size: step.shard_size.unwrap_or(export::SHARD_SIZE),
            overwrite: step.overwrite,
            settings,
        })
    }

    fn output(&mut self, fields: &OutputFields) -> Option<Output> {
        let format = match &fields.format {
            Some(format) => self.one_of::<output::Format>("format", format)?,
            None => output::Format::default(),
        };
        let file = fields.file.as_ref().map(|file| self.path(&file.value));
        if let (Some(file), Some(at)) = (&file, &fields.file) {
            let folder = file.parent().filter(|p| !p.as_os_str().is_empty());
            if folder.is_some_and(|folder| !folder.is_dir()) && !self.is_written_before(file) {
                let message = format!("the folder of {} does not exist", file.display());
                self.problems
                    .add_with_hint(at.place, message, Some("make it first".into()));
            }
        }
        if format == output::Format::Parquet
            && file.is_none()
            && let Some(at) = &fields.format
        {
            self.problems.add(
                at.place,
                "parquet needs the key `output`, the file to write",
            );
        }
        Some(Output {
            format,
            output: file,
        })
    }

    /// Whether a step before writes `path`, or a folder that it lies in.
    fn is_written_before(&self, path: &Path) -> bool {
        self.written.iter().any(|folder| path.starts_with(folder))
    }

    /// A value out of a few.
    fn one_of<T: ValueEnum>(&mut self, key: &str, text: &Located<String>) -> Option<T> {
        if let Ok(value) = T::from_str(&text.value, false) {
            return Some(value);
        }
        let known: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|v| Some(v.to_possible_value()?.get_name().to_string()))
            .collect();
        let message = format!(
            "{key} is one of {}; found `{}`",
            known.join(", "),
            text.value
        );
        let hint = did_you_mean(&text.value, known.iter().map(String::as_str));
        self.problems.add_with_hint(text.place, message, hint);
        None
    }
}

/// A condition is true or false.
fn is_condition(data_type: DataType) -> Result<()> {
    match data_type {
        DataType::Boolean | DataType::Null => Ok(()),
        other => Err(Error::user(format!(
            "a condition is true or false; this is a value of type {other}"
        ))),
    }
}
