//! Every `.slt` file beside this one, over the corpus of [`corpora`](super::corpora).

use std::fs;
use std::path::Path;
use std::sync::Arc;

use corpusql::corpus::Corpus;
use corpusql::error::Error;
use corpusql::session::Engine;
use sqllogictest::{DB, DBOutput, DefaultColumnType, Runner};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{corpora, rows};

struct Queries {
    runtime: Arc<Runtime>,
    engine: Arc<Engine>,
    corpus: Arc<Corpus>,
}

impl DB for Queries {
    type Error = Error;
    type ColumnType = DefaultColumnType;

    fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Error> {
        let rows = self
            .runtime
            .block_on(rows(&self.engine, &self.corpus, sql))?;
        let columns = rows[0].split(" | ").count();
        Ok(DBOutput::Rows {
            types: vec![DefaultColumnType::Any; columns],
            rows: rows[1..]
                .iter()
                .map(|row| row.split(" | ").map(str::to_string).collect())
                .collect(),
        })
    }
}

#[test]
fn query_files() {
    let runtime = Arc::new(Runtime::new().expect("a runtime"));
    let folder = TempDir::new().expect("a folder");
    let corpus = runtime.block_on(corpora::write(folder.path()));
    let engine = Arc::new(corpora::engine(2, 64));
    let queries = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql");
    let mut files: Vec<_> = fs::read_dir(queries)
        .expect("the folder of queries")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "slt"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let mut runner = Runner::new(|| {
            let queries = Queries {
                runtime: Arc::clone(&runtime),
                engine: Arc::clone(&engine),
                corpus: Arc::clone(&corpus),
            };
            async { Ok(queries) }
        });
        if let Err(e) = runner.run_file(&file) {
            panic!("{}", e.display(false));
        }
    }
}
