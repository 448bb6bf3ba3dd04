//! The steps of a checked recipe, one after another; or what they would do.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::check::{Task, Work};
use crate::annotate::{self, AnnotateRequest, LayerSource};
use crate::corpus::Corpus;
use crate::decontaminate;
use crate::dedup::{self, Preset};
use crate::error::{Error, Result};
use crate::export;
use crate::filter;
use crate::ingest;
use crate::mix;
use crate::progress::say;
use crate::session::Engine;

/// Runs those steps of `recipe` that are not done yet.
pub async fn run(engine: &Engine, recipe: &Path, tasks: Vec<Task>) -> Result<()> {
    let started = Instant::now();
    let quiet = engine.options().quiet;
    let (of, mut skipped) = (tasks.len(), 0);
    for (number, task) in tasks.into_iter().enumerate() {
        let (place, title) = (task.place, task.title());
        let step = format!("step {} of {of}", number + 1);
        let in_recipe =
            |e: Error| e.context(format!("{}:{place}: {step}, {title}", recipe.display()));
        if let State::Done(what) = task.state(engine).await.map_err(in_recipe)? {
            skipped += 1;
            if !quiet {
                say(format_args!("{step}: {title}: skipped, {what} before"));
            }
            continue;
        }
        if !quiet {
            say(format_args!("{step}: {title}"));
        }
        task.run(engine).await.map_err(in_recipe)?;
    }
    if !quiet {
        let seconds = started.elapsed().as_secs_f64();
        let done = count(of - skipped, "step");
        say(format_args!(
            "{}: {done} done, {skipped} skipped, {seconds:.1} s",
            recipe.display()
        ));
    }
    Ok(())
}

/// How far a step is.
enum State {
    /// An earlier run has done it.
    Done(String),
    /// There is something to do.
    ToDo(String),
    /// It is done anew in every run.
    Always(String),
}

/// A line for each step.
pub async fn plan(engine: &Engine, tasks: Vec<Task>) -> Result<String> {
    let mut text = String::new();
    // Corpora that a step before would change: what is stored there now says nothing of later steps.
    let mut changing: BTreeSet<PathBuf> = BTreeSet::new();
    for (number, task) in tasks.iter().enumerate() {
        let works_on = task.corpora();
        let is_changing = works_on.iter().any(|corpus| changing.contains(*corpus));
        let state = if is_changing && !matches!(task.work, Work::Ingest(_)) {
            match task.work {
                Work::Filter(..) | Work::Mix(..) => State::Always("a report".into()),
                _ => State::ToDo("after the steps before".into()),
            }
        } else {
            task.state(engine).await?
        };
        let (mark, words) = match &state {
            State::Done(words) => ("done", words),
            State::ToDo(words) => ("to do", words),
            State::Always(words) => ("each run", words),
        };
        let changes = matches!(
            task.work,
            Work::Ingest(_) | Work::Annotate(_) | Work::Dedup(..) | Work::Decontaminate(..)
        );
        if changes && matches!(state, State::ToDo(_)) {
            changing.extend(works_on.into_iter().cloned());
        }
        let _ = writeln!(
            text,
            "{:>2}  {mark:<8}  {}: {words}",
            number + 1,
            task.title()
        );
    }
    Ok(text)
}

fn open(root: &Path) -> Result<[Arc<Corpus>; 1]> {
    Ok([Arc::new(Corpus::open(root)?)])
}

/// The layers that a preset reads, as requests.
fn reads(preset: &Preset) -> impl Iterator<Item = AnnotateRequest> {
    preset.way.reads().into_iter().map(AnnotateRequest::from)
}

/// Whether the layer of a preset, and all that it reads, is there and up to date in every corpus.
async fn is_deduplicated(engine: &Engine, corpora: &[PathBuf], preset: &Preset) -> Result<bool> {
    for corpus in corpora {
        for request in reads(preset) {
            if annotate::pending(engine, corpus, &request).await?.parts > 0 {
                return Ok(false);
            }
        }
    }
    dedup::is_done(engine, corpora, preset)
}

impl Task {
    /// The corpora that it works on.
    fn corpora(&self) -> Vec<&PathBuf> {
        match &self.work {
            Work::Dedup(corpora, _) => corpora.iter().collect(),
            _ => vec![&self.corpus],
        }
    }

    /// What it is, in a few words.
    fn title(&self) -> String {
        let object = match &self.work {
            Work::Ingest(request) => match &request.inputs[..] {
                [first, _, more @ ..] => format!("{first} and {} more", more.len() + 1),
                inputs => inputs.concat(),
            },
            Work::Annotate(requests) => {
                let names = requests.iter().map(|r| match &r.source {
                    LayerSource::Named(name) => name.as_str(),
                    LayerSource::File { layer, .. } | LayerSource::Sql { layer, .. } => {
                        layer.as_str()
                    }
                });
                names.collect::<Vec<_>>().join(", ")
            }
            Work::Dedup(corpora, presets) => {
                let presets: Vec<&str> = presets.iter().map(|p| p.name.as_str()).collect();
                match corpora.len() {
                    1 => presets.join(", "),
                    n => format!("{} in {n} corpora", presets.join(", ")),
                }
            }
            Work::Decontaminate(request, _) => {
                let files = request.against.iter().map(|f| f.display().to_string());
                let files: Vec<_> = files.collect();
                format!(
                    "by {} against {}",
                    request.method.kind.name(),
                    files.join(", ")
                )
            }
            Work::Filter(request, _) => request.filters.join(", "),
            Work::Mix(request, ..) => format!("by {}", request.by.join(", ")),
            Work::Export(request) => format!("to {}", request.to.display()),
        };
        format!("{} {object}", self.name)
    }

    async fn run(self, engine: &Engine) -> Result<()> {
        match self.work {
            Work::Ingest(request) => {
                let summary = ingest::ingest(engine, &request).await?;
                // The first line is what the progress has said.
                if !engine.options().quiet {
                    let more = summary.to_string();
                    more.lines().skip(1).for_each(say);
                }
            }
            Work::Annotate(requests) => {
                annotate::annotate(engine, &self.corpus, &requests).await?;
            }
            Work::Dedup(corpora, presets) => {
                for preset in &presets {
                    for corpus in &corpora {
                        let requests: Vec<_> = reads(preset).collect();
                        annotate::annotate(engine, corpus, &requests).await?;
                    }
                    dedup::dedup(engine, &corpora, preset).await?;
                }
            }
            Work::Decontaminate(request, output) => {
                let roots = [&self.corpus];
                let report = decontaminate::decontaminate(engine, &roots, &request).await?;
                warn(engine, &report.warnings);
                if !engine.options().quiet {
                    say(report.words());
                }
                report.write(&output)?;
            }
            Work::Filter(request, output) => {
                let report = filter::report(engine, &open(&self.corpus)?, &request).await?;
                warn(engine, &report.warnings);
                report.write(&output)?;
            }
            Work::Mix(request, pivot, output) => {
                let mixture = mix::mix(engine, &open(&self.corpus)?, &request).await?;
                warn(engine, &mixture.warnings);
                let pivot = pivot
                    .as_ref()
                    .map(|(column, value)| (column.as_str(), value.as_str()));
                mixture.write(pivot, &output)?;
            }
            Work::Export(request) => {
                let summary = export::export(engine, &open(&self.corpus)?, &request).await?;
                warn(engine, &summary.warnings);
            }
        }
        Ok(())
    }

    async fn state(&self, engine: &Engine) -> Result<State> {
        Ok(match &self.work {
            Work::Ingest(request) => {
                let pending = ingest::pending(request)?;
                let (new, already) = (pending.inputs.len(), pending.already.len());
                if new == 0 {
                    State::Done(format!("{} ingested", count(already, "input")))
                } else {
                    let bytes: u64 = pending.inputs.iter().map(|(_, bytes)| bytes).sum();
                    State::ToDo(format!(
                        "{} with {:.1} MB to read, {already} ingested",
                        count(new, "input"),
                        bytes as f64 / 1e6
                    ))
                }
            }
            Work::Annotate(requests) => {
                let (mut parts, mut of) = (0, 0);
                for request in requests {
                    let pending = annotate::pending(engine, &self.corpus, request).await?;
                    parts += pending.parts;
                    of += pending.of;
                }
                match parts {
                    0 => State::Done(format!("{} computed", count(of, "part"))),
                    _ => State::ToDo(format!("{parts} of {} to compute", count(of, "part"))),
                }
            }
            Work::Dedup(corpora, presets) => {
                let mut todo = 0;
                for preset in presets {
                    todo += usize::from(!is_deduplicated(engine, corpora, preset).await?);
                }
                match todo {
                    0 => State::Done(format!("{} found", count(presets.len(), "layer"))),
                    _ => State::ToDo(format!(
                        "{todo} of {} to find",
                        count(presets.len(), "layer")
                    )),
                }
            }
            Work::Decontaminate(request, _) => {
                match decontaminate::is_done(engine, &[&self.corpus], request)? {
                    true => State::Done("found".into()),
                    false => State::ToDo("all documents".into()),
                }
            }
            Work::Filter(..) | Work::Mix(..) => State::Always("a report".into()),
            Work::Export(request) => {
                match export::pending(engine, &open(&self.corpus)?, request).await? {
                    export::Pending::Done(documents, shards) => State::Done(format!(
                        "{documents} documents in {} written",
                        count(shards, "shard")
                    )),
                    export::Pending::Begun => State::ToDo("begun before".into()),
                    export::Pending::All => State::ToDo("everything".into()),
                }
            }
        })
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

fn warn(engine: &Engine, warnings: &[String]) {
    if !engine.options().quiet {
        warnings
            .iter()
            .for_each(|warning| say(format_args!("warning: {warning}")));
    }
}
