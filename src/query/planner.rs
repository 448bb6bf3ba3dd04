//! temp
use super::Settings;
use crate::corpus::Corpus;
use crate::error::Result;
use crate::session::Engine;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use std::sync::Arc;
/// x
pub struct Planner<'a> {
    e: &'a Engine,
}
/// x
pub struct Planned {}
#[allow(missing_docs, unused)]
impl<'a> Planner<'a> {
    pub fn new(engine: &'a Engine, corpora: &[Arc<Corpus>]) -> Result<Self> {
        todo!()
    }
    pub fn with_settings(self, s: Settings) -> Self {
        todo!()
    }
    pub fn with_part(self, part: usize) -> Self {
        todo!()
    }
    pub async fn plan(&self, sql: &str) -> Result<Planned> {
        todo!()
    }
}
#[allow(missing_docs, unused)]
impl Planned {
    pub fn schema(&self) -> SchemaRef {
        todo!()
    }
    pub fn warnings(&self) -> &[String] {
        todo!()
    }
    pub async fn stream(self) -> Result<SendableRecordBatchStream> {
        todo!()
    }
    pub async fn collect(self) -> Result<Vec<RecordBatch>> {
        todo!()
    }
}
