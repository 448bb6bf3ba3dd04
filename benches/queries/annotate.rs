//! Layers: one signal added to what is there, all of `rpv2`, what more threads give, and all layers of signals in one pass.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use corpusql::annotate::{AnnotateRequest, AnnotateSummary, LayerSource, annotate};
use corpusql::session::on_threads;

use crate::setup::Outcome;
use crate::setup::corpus::{Measured, rpv2};
use crate::setup::options::engine_alone;
use crate::setup::record::Record;
use crate::setup::timing::{Took, median, timed};

/// Of all signals the one whose values differ most from document to document.
const SIGNAL: &str = "rps_doc_unigram_entropy";

/// All layers of signals that need no model.
const LAYERS: [&str; 6] = ["rpv2", "rpv2_lines", "datatrove", "c4", "dclm", "dolma"];

/// Measures it, on the documents without their layers.
pub fn run(measured: &Measured, threads: usize, runs: usize, record: &mut Record) -> Outcome<()> {
    let folder = measured.folder.join("annotated");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let root = folder.join("corpus");
    fs::create_dir_all(root.join("documents"))?;
    for file in fs::read_dir(measured.root.join("documents"))? {
        let file = file?;
        let copy = root.join("documents").join(file.file_name());
        if fs::hard_link(file.path(), &copy).is_err() {
            fs::copy(file.path(), &copy)?;
        }
    }
    let sql = folder.join("signal.sql");
    fs::write(&sql, format!("SELECT {SIGNAL} FROM corpus\n"))?;
    let one = AnnotateRequest {
        source: LayerSource::File {
            path: sql,
            layer: "signal".to_string(),
        },
        prefix: None,
    };
    let through = Some((measured.documents, measured.text_bytes));
    let rate = |took: Took| {
        let megabytes = measured.text_bytes as f64 / 1e6;
        (megabytes / took.seconds, megabytes / took.processor)
    };

    // One signal beside what is there. Its column is one of rpv2, too.
    let before = files(&root)?;
    let (summaries, took) = layers_of(threads, &root, std::slice::from_ref(&one))?;
    let after = files(&root)?;
    let changed = before
        .iter()
        .filter(|(path, seen)| after.get(*path) != Some(seen));
    let changed: Vec<&PathBuf> = changed.map(|(path, _)| path).collect();
    if !changed.is_empty() {
        return Err(format!("a signal was added and these files changed: {changed:?}").into());
    }
    let written: u64 = after
        .iter()
        .filter(|(path, _)| !before.contains_key(*path))
        .map(|(_, (bytes, _))| bytes)
        .sum();
    let each = written as f64 / summaries[0].documents as f64;
    let (per_second, _) = rate(took);
    println!(
        "\nadd one signal, {SIGNAL}: {each:.2} bytes a document written (at most 12), no file changed; {per_second:.1} MB/s"
    );
    let note = format!(
        "queries bench: {SIGNAL}, {each:.2} bytes a document written, no existing file changed; one run"
    );
    record.add(
        "corpusql annotate CORPUS --sql FILE --layer signal",
        took,
        through,
        &note,
    );
    fs::remove_dir_all(root.join("signal"))?;

    // All of rpv2, one thread and all in turn.
    let mut counts = vec![threads];
    if threads > 1 {
        counts.insert(0, 1);
    }
    let mut took = vec![Vec::new(); counts.len()];
    let mut io = (0, 0);
    let mut summaries = Vec::new();
    for _ in 0..runs {
        for (threads, took) in counts.iter().zip(&mut took) {
            forget(&root, &["rpv2"])?;
            let before = bytes_moved();
            let run;
            (summaries, run) = layers_of(*threads, &root, &[rpv2()])?;
            took.push(run);
            let after = bytes_moved();
            io = (after.0 - before.0, after.1 - before.1);
        }
    }
    println!(
        "annotate rpv2: {:.1} bytes a document; read {:.1} MB, written {:.1} MB",
        summaries[0].bytes as f64 / measured.documents as f64,
        io.0 as f64 / 1e6,
        io.1 as f64 / 1e6
    );
    let medians: Vec<Took> = took.iter().map(|runs| median(runs)).collect();
    for (threads, took) in counts.iter().zip(&medians) {
        let (per_second, per_cpu) = rate(*took);
        println!(
            "  {threads} threads: {:.2} s, {per_second:.1} MB/s, {per_cpu:.1} MB per processor second (at least 60)",
            took.seconds
        );
        let note = format!(
            "queries bench: {threads} threads, {per_cpu:.1} MB per processor second; {:.1} MB read, {:.1} MB written",
            io.0 as f64 / 1e6,
            io.1 as f64 / 1e6
        );
        record.add("corpusql annotate CORPUS rpv2", *took, through, &note);
    }
    if let [single, .., all] = medians.as_slice() {
        println!(
            "  {threads} threads are {:.2} times as fast as one",
            single.seconds / all.seconds
        );
    }

    all_layers(measured, threads, runs, &root, record)?;
    fs::remove_dir_all(folder)?;
    Ok(())
}

/// All layers in one pass, one after the other, and `rpv2` alone, in turn.
fn all_layers(
    measured: &Measured,
    threads: usize,
    runs: usize,
    root: &Path,
    record: &mut Record,
) -> Outcome<()> {
    let all = LAYERS.map(|name| AnnotateRequest {
        source: LayerSource::Named(name.to_string()),
        prefix: None,
    });
    let bytes_of = |summaries: &[AnnotateSummary]| -> Vec<u64> {
        summaries.iter().map(|summary| summary.bytes).collect()
    };
    let (mut together, mut in_turn, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        forget(root, &LAYERS)?;
        alone.push(layers_of(threads, root, &[rpv2()])?.1);
        forget(root, &LAYERS)?;
        let mut one_by_one = Vec::new();
        let mut sum = Took::default();
        for layer in &all {
            let (summaries, took) = layers_of(threads, root, std::slice::from_ref(layer))?;
            one_by_one.extend(bytes_of(&summaries));
            sum.seconds += took.seconds;
            sum.processor += took.processor;
        }
        in_turn.push(sum);
        forget(root, &LAYERS)?;
        let (summaries, took) = layers_of(threads, root, &all)?;
        together.push(took);
        if bytes_of(&summaries) != one_by_one {
            return Err("layers of one pass are not those that each pass makes".into());
        }
    }
    let (together, in_turn, alone) = (median(&together), median(&in_turn), median(&alone));
    let megabytes = measured.text_bytes as f64 / 1e6;
    println!(
        "annotate {}: {:.1} MB per processor second in one pass, {:.2} times that of rpv2 (at most 3); one after the other takes {:.2} times as long",
        LAYERS.join(" "),
        megabytes / together.processor,
        together.processor / alone.processor,
        in_turn.processor / together.processor
    );
    let note = format!(
        "queries bench: all layers of signals in one pass, {:.2} times the processor time of rpv2; one after the other {:.2} times as long",
        together.processor / alone.processor,
        in_turn.processor / together.processor
    );
    let through = Some((measured.documents, measured.text_bytes));
    record.add(
        &format!("corpusql annotate CORPUS {}", LAYERS.join(" ")),
        together,
        through,
        &note,
    );
    Ok(())
}

/// Removes layers, where they are there.
fn forget(root: &Path, layers: &[&str]) -> Outcome<()> {
    for layer in layers.iter().map(|layer| root.join(layer)) {
        if layer.exists() {
            fs::remove_dir_all(layer)?;
        }
    }
    Ok(())
}

fn layers_of(
    threads: usize,
    root: &Path,
    requests: &[AnnotateRequest],
) -> Outcome<(Vec<AnnotateSummary>, Took)> {
    let engine = engine_alone(threads)?;
    let (root, requests) = (root.to_path_buf(), requests.to_vec());
    let (summaries, took) = timed(|| {
        on_threads(
            threads,
            async move { annotate(&engine, &root, &requests).await },
        )
    });
    Ok((summaries??, took))
}

/// Bytes that this process has read and written, 0 where the system does not tell (it does on Linux).
fn bytes_moved() -> (u64, u64) {
    let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
    let field = |name: &str| {
        let line = io.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.trim().parse().ok())
            .unwrap_or(0)
    };
    (field("rchar:"), field("wchar:"))
}

/// All files below a folder with their length and the time of their last change.
fn files(folder: &Path) -> Outcome<BTreeMap<PathBuf, (u64, SystemTime)>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let facts = fs::metadata(&path)?;
        if facts.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.insert(path, (facts.len(), facts.modified()?));
        }
    }
    Ok(found)
}
