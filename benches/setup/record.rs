//! Figures as rows of `benches/record`.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use super::Outcome;
use super::timing::Took;

const HEADER: &str = "commit,profile,command,input,seconds,cpu_seconds,documents_per_second,mb_per_second,peak_mb,note";

/// What was measured so far.
#[derive(Debug)]
pub struct Record {
    input: String,
    rows: String,
}

impl Record {
    /// Of measurements on `input`.
    pub fn new(input: String) -> Self {
        Self {
            input,
            rows: String::new(),
        }
    }

    /// Adds a measurement; `through` says how many documents and bytes of text went through.
    pub fn add(&mut self, command: &str, took: Took, through: Option<(u64, u64)>, note: &str) {
        self.add_with_peak(command, took, through, None, note);
    }

    /// Adds a measurement with the memory that was resident at most, in MB.
    pub fn add_with_peak(
        &mut self,
        command: &str,
        took: Took,
        through: Option<(u64, u64)>,
        peak: Option<f64>,
        note: &str,
    ) {
        let rate = |amount: u64, scale: f64| format!("{:.1}", amount as f64 / scale / took.seconds);
        let cells = [
            commit(),
            if cfg!(debug_assertions) {
                "dev"
            } else {
                "release"
            }
            .into(),
            command.into(),
            self.input.clone(),
            format!("{:.4}", took.seconds),
            if took.processor > 0.0 {
                format!("{:.2}", took.processor)
            } else {
                String::new()
            },
            through.map_or(String::new(), |(documents, _)| rate(documents, 1.0)),
            through.map_or(String::new(), |(_, bytes)| rate(bytes, 1e6)),
            peak.map_or(String::new(), |peak| format!("{peak:.0}")),
            note.into(),
        ];
        let line: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        // Writing to a string does not fail.
        let _ = writeln!(self.rows, "{}", line.join(","));
    }

    /// Appends to `file`, which need not exist.
    pub fn append_to(&self, file: &Path) -> Outcome<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = !file.exists();
        let mut file = OpenOptions::new().create(true).append(true).open(file)?;
        if new {
            writeln!(file, "{HEADER}")?;
        }
        Ok(file.write_all(self.rows.as_bytes())?)
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_string()
    }
}

/// The commit that is checked out, where there is one.
fn commit() -> String {
    let git = Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .output();
    git.ok().map_or(String::new(), |out| {
        String::from_utf8_lossy(&out.stdout).trim().to_string()
    })
}
