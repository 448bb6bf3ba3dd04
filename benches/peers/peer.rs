//! A peer: a Python process that answers questions (`peer.py`).

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::setup::Outcome;

/// An engine in its own process; it ends with this value.
pub struct Peer {
    pub name: String,
    pub version: String,
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts an engine.
    pub fn start(python: &Path, name: &str, threads: usize) -> Outcome<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/peer.py");
        let mut child = Command::new(python)
            .arg(script)
            .args([name, &threads.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start {}: {e}", python.display()))?;
        let answers = child.stdout.take().ok_or("a peer without stdout")?;
        let mut peer = Self {
            name: name.to_string(),
            version: String::new(),
            questions: child.stdin.take(),
            answers: BufReader::new(answers),
            child,
        };
        let hello = peer.answer().map_err(|e| {
            format!("{e}\nhint: python3 -m venv target/peers && target/peers/bin/pip install duckdb polars pyarrow, then --python target/peers/bin/python")
        })?;
        peer.version = hello["version"].as_str().unwrap_or_default().to_string();
        Ok(peer)
    }

    /// The rows of `file` with `u` below a share: seconds, and the answer where it is wanted.
    pub fn late(
        &mut self,
        file: &Path,
        share: f64,
        digest: bool,
    ) -> Outcome<(f64, Option<Answer>)> {
        let file = file.display().to_string();
        let question = json!({"ask": "late", "file": file, "share": share, "digest": digest});
        let found = self.ask(&question)?;
        let answer = found["digest"].as_str().map(|hash| {
            let rows = found["count"].as_u64().unwrap_or_default();
            Ok::<_, std::num::ParseIntError>(Answer::new(rows, hash.parse()?))
        });
        Ok((seconds(&found)?, answer.transpose()?))
    }

    /// All rows of a query, and seconds.
    pub fn rows(&mut self, sql: &str) -> Outcome<(f64, Value)> {
        let mut found = self.ask(&json!({"ask": "groups", "sql": sql}))?;
        Ok((seconds(&found)?, found["rows"].take()))
    }

    fn ask(&mut self, question: &Value) -> Outcome<Value> {
        let questions = self.questions.as_mut().ok_or("a peer without stdin")?;
        writeln!(questions, "{question}")?;
        self.answer()
    }

    fn answer(&mut self) -> Outcome<Value> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(format!("{} ended; its words are above", self.name).into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It ends when there are no more questions. What it says then is of no interest.
        self.questions = None;
        let _ = self.child.wait();
    }
}

fn seconds(found: &Value) -> Outcome<f64> {
    Ok(found["seconds"].as_f64().ok_or("a peer without a clock")?)
}
