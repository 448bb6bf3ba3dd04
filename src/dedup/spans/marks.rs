//! Pieces that go, by document: found among sorted keys, and sorted again.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{AsArray, RecordBatch, UInt32Array, UInt64Array};
use datafusion::arrow::datatypes::{
    DataType, Field, Int64Type, Schema, SchemaRef, UInt32Type, UInt64Type,
};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::exec_datafusion_err;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{EmptyRecordBatchStream, ExecutionPlan, execute_stream};
use datafusion::prelude::{SessionContext, col};
use futures::{StreamExt, TryStreamExt};

use super::copied::Keep;
use crate::error::{Error, Result};
use crate::session::Engine;

/// Goes through pieces that are sorted by key, and finds those that go.
#[derive(Debug)]
pub struct Groups {
    keep: Keep,
    /// The key of the pieces before, and the document of the first of them.
    group: Option<(u64, u64)>,
    /// Of [`Keep::Alone`], the first piece of the group while no other document has one.
    first: Option<(u64, u32)>,
}

impl Groups {
    /// Before the first piece.
    pub fn new(keep: Keep) -> Self {
        Self {
            keep,
            group: None,
            first: None,
        }
    }

    /// Takes the next piece and hands out those that go.
    pub fn take(&mut self, key: u64, document: u64, position: u32, mut goes: impl FnMut(u64, u32)) {
        match self.group {
            Some((group, owner)) if group == key => {
                if self.keep == Keep::Alone
                    && document != owner
                    && let Some((document, position)) = self.first.take()
                {
                    goes(document, position);
                }
                goes(document, position);
            }
            _ => {
                self.group = Some((key, document));
                self.first = Some((document, position));
            }
        }
    }

    /// The same with columns: keys, documents, positions.
    fn take_batch(&mut self, batch: &RecordBatch) -> DataFusionResult<RecordBatch> {
        let [keys, documents] = [0, 1].map(|i| batch.column(i).as_primitive::<UInt64Type>());
        let positions = batch.column(2).as_primitive::<Int64Type>();
        let (mut marked, mut places) = (Vec::new(), Vec::new());
        let pieces = keys.values().iter().zip(documents.values());
        for ((&key, &document), &position) in pieces.zip(positions.values()) {
            let position = u32::try_from(position).map_err(|_| {
                exec_datafusion_err!("a document has more than {} pieces", u32::MAX)
            })?;
            self.take(key, document, position, |document, position| {
                marked.push(document);
                places.push(position);
            });
        }
        Ok(RecordBatch::try_new(
            schema(),
            vec![
                Arc::new(UInt64Array::from(marked)),
                Arc::new(UInt32Array::from(places)),
            ],
        )?)
    }
}

/// Documents, and the positions of pieces that go.
fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("document", DataType::UInt64, false),
        Field::new("position", DataType::UInt32, false),
    ]))
}

/// Pieces that go, in the order of documents.
pub struct Marks {
    sorted: SendableRecordBatchStream,
    plan: Arc<dyn ExecutionPlan>,
    documents: Vec<u64>,
    positions: Vec<u32>,
    /// The next of them.
    at: usize,
}

impl Marks {
    /// Finds the pieces that go among `pieces`, which are sorted by key, and sorts them by document. What does not fit into
    /// memory is spilled.
    pub async fn find(
        engine: &Engine,
        keep: Keep,
        pieces: SendableRecordBatchStream,
    ) -> Result<Self> {
        let mut groups = Groups::new(keep);
        let marks = pieces.map(move |batch| groups.take_batch(&batch?));
        let marks: SendableRecordBatchStream =
            Box::pin(RecordBatchStreamAdapter::new(schema(), marks));
        let once = Once {
            schema: schema(),
            stream: Mutex::new(Some(marks)),
        };
        let table = StreamingTable::try_new(schema(), vec![Arc::new(once)])?;
        let context =
            SessionContext::new_with_config_rt(engine.config(), Arc::clone(engine.runtime()));
        let order = ["document", "position"].map(|name| col(name).sort(true, false));
        let sorted = context.read_table(Arc::new(table))?.sort(order.to_vec())?;
        let task = Arc::new(sorted.task_ctx());
        let plan = sorted.create_physical_plan().await?;
        Ok(Self {
            sorted: execute_stream(Arc::clone(&plan), task)?,
            plan,
            documents: Vec::new(),
            positions: Vec::new(),
            at: 0,
        })
    }

    /// What sorts them.
    pub fn plan(&self) -> &Arc<dyn ExecutionPlan> {
        &self.plan
    }

    /// The pieces that go of the documents of these numbers, which follow those asked for before. Numbers begin with 1, as
    /// in SQL.
    pub async fn of(&mut self, documents: Range<u64>) -> Result<Vec<Vec<u32>>> {
        let length = usize::try_from(documents.end - documents.start);
        let length = length.map_err(|_| Error::internal("too many documents at once"))?;
        let mut found = vec![Vec::new(); length];
        loop {
            let Some(&document) = self.documents.get(self.at) else {
                let Some(batch) = self.sorted.try_next().await? else {
                    return Ok(found);
                };
                self.documents = batch
                    .column(0)
                    .as_primitive::<UInt64Type>()
                    .values()
                    .to_vec();
                self.positions = batch
                    .column(1)
                    .as_primitive::<UInt32Type>()
                    .values()
                    .to_vec();
                self.at = 0;
                continue;
            };
            if document >= documents.end {
                return Ok(found);
            }
            if document >= documents.start {
                found[(document - documents.start) as usize].push(self.positions[self.at]);
            }
            self.at += 1;
        }
    }
}

/// A stream that is read once, as a table.
struct Once {
    schema: SchemaRef,
    stream: Mutex<Option<SendableRecordBatchStream>>,
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl PartitionStream for Once {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        match stream.take() {
            Some(stream) => stream,
            None => Box::pin(EmptyRecordBatchStream::new(schema())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::{Groups, Keep};

    /// What goes, one piece after the other against all of them.
    fn twin(keep: Keep, pieces: &[(u64, u64, u32)]) -> Vec<(u64, u32)> {
        let mut first = HashMap::new();
        let mut gone = Vec::new();
        for &(key, document, position) in pieces {
            let is_first =
                *first.entry(key).or_insert((document, position)) == (document, position);
            let elsewhere = pieces.iter().any(|&(k, d, _)| k == key && d != document);
            if !is_first || keep == Keep::Alone && elsewhere {
                gone.push((document, position));
            }
        }
        gone
    }

    proptest! {
        #[test]
        fn as_one_by_one(raw in prop::collection::vec((0u64..5, 0u64..6), 0..40)) {
            let mut positions = HashMap::<u64, u32>::new();
            let mut raw = raw;
            raw.sort_by_key(|&(_, document)| document);
            let mut pieces: Vec<(u64, u64, u32)> = raw.into_iter().map(|(key, document)| {
                let position = positions.entry(document).or_default();
                *position += 1;
                (key, document, *position)
            }).collect();
            for keep in [Keep::First, Keep::Alone] {
                let mut expected = twin(keep, &pieces);
                pieces.sort_unstable();
                let mut groups = Groups::new(keep);
                let mut found = Vec::new();
                for &(key, document, position) in &pieces {
                    groups.take(key, document, position, |document, position| found.push((document, position)));
                }
                expected.sort_unstable();
                found.sort_unstable();
                prop_assert_eq!(&found, &expected);
                pieces.sort_by_key(|&(_, document, position)| (document, position));
            }
        }
    }
}
