//! Ranges of the sequence → columns of documents.

use std::ops::Range;
use std::sync::Arc;

use corpusql_text::substrings::{HEADER, without};
use datafusion::arrow::array::{
    AsArray, BooleanBuilder, Int64Builder, ListBuilder, RecordBatch, StringViewBuilder,
};
use datafusion::arrow::datatypes::Int64Type;
use futures::TryStreamExt;

use super::super::way::Run;
use super::FEWEST_CHARACTERS;
use super::chunks::{TEXTS, texts};
use super::find::Ranges;
use crate::corpus::made::MadeLayer;
use crate::error::Result;
use crate::query::planner::Planner;

/// Goes through documents and ranges side by side.
struct Cursor {
    ranges: Ranges,
    /// The range that is not yet behind.
    range: Option<Range<u64>>,
    /// Where the next document begins in the sequence.
    next: u64,
    words: Words,
}

/// What was found.
#[derive(Default)]
struct Words {
    documents: u64,
    ranges: u64,
    bytes: u64,
    all: u64,
}

/// Writes all parts of all layers and makes them visible.
pub(super) async fn write(run: Run<'_>, ranges: Ranges) -> Result<String> {
    let mut cursor = Cursor {
        ranges,
        range: None,
        next: 0,
        words: Words::default(),
    };
    cursor.range = cursor.ranges.next()?;
    let parts: Vec<_> = run.sources.parts().collect();
    let fresh: Vec<_> = run.layers.iter().map(MadeLayer::is_up_to_date).collect();
    let mut written: Vec<Vec<_>> = run.layers.iter().map(|_| Vec::new()).collect();
    for (of, number, rows) in parts {
        let layer = &run.layers[of];
        let corpus = std::slice::from_ref(&run.sources.corpora()[of]);
        let planner = Planner::new(run.engine, corpus)?.with_part(number);
        let finished = if fresh[of] {
            None
        } else {
            layer.finished(number)
        };
        if fresh[of] || finished.is_some() {
            let sql = "SELECT CAST(text_bytes AS BIGINT) AS bytes FROM corpus";
            let mut batches = planner.plan(sql).await?.stream().await?;
            while let Some(batch) = batches.try_next().await? {
                for &bytes in batch.column(0).as_primitive::<Int64Type>().values() {
                    cursor.document(bytes as usize)?;
                }
            }
            written[of].extend(finished);
        } else {
            let mut part = layer.part(number)?;
            let mut batches = planner.plan(TEXTS).await?.stream().await?;
            while let Some(batch) = batches.try_next().await? {
                part.write(&cursor.columns(&batch, layer)?)?;
            }
            written[of].push(part.finish()?);
        }
        run.progress.add(0, 0, rows as u64);
    }
    for ((layer, parts), fresh) in run.layers.into_iter().zip(written).zip(fresh) {
        if !fresh {
            layer.commit(parts)?;
        }
    }
    let Words {
        documents,
        ranges,
        bytes,
        all,
    } = cursor.words;
    Ok(format!(
        "{ranges} ranges in {documents} documents, {bytes} of {all} bytes"
    ))
}

impl Cursor {
    /// The ranges of the document that comes next, within its text.
    fn document(&mut self, bytes: usize) -> Result<Vec<Range<usize>>> {
        let start = self.next + HEADER as u64;
        let end = start + bytes as u64;
        self.next = end;
        let mut inside = Vec::new();
        while let Some(range) = self.range.clone().filter(|range| range.start < end) {
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                inside.push((from - start) as usize..(to - start) as usize);
            }
            if range.end > end {
                break;
            }
            self.range = self.ranges.next()?;
        }
        self.words.all += bytes as u64;
        self.words.documents += u64::from(!inside.is_empty());
        self.words.ranges += inside.len() as u64;
        self.words.bytes += inside.iter().map(|range| range.len() as u64).sum::<u64>();
        Ok(inside)
    }

    /// The columns of the documents that come next.
    fn columns(&mut self, batch: &RecordBatch, layer: &MadeLayer) -> Result<RecordBatch> {
        let places = || ListBuilder::new(Int64Builder::new());
        let (mut starts, mut ends) = (places(), places());
        let mut covered = Int64Builder::new();
        let mut dropped = BooleanBuilder::new();
        let mut cleaned = StringViewBuilder::new();
        let mut rest = String::new();
        for text in &texts(batch)? {
            let text = text.unwrap_or_default();
            let ranges = self.document(text.len())?;
            for range in &ranges {
                starts.values().append_value(range.start as i64);
                ends.values().append_value(range.end as i64);
            }
            starts.append(true);
            ends.append(true);
            covered.append_value(ranges.iter().map(Range::len).sum::<usize>() as i64);
            rest.clear();
            without(text, ranges, &mut rest);
            dropped.append_value(rest.chars().nth(FEWEST_CHARACTERS - 1).is_none());
            cleaned.try_append_value(&rest)?;
        }
        Ok(RecordBatch::try_new(
            Arc::clone(layer.schema()),
            vec![
                Arc::new(starts.finish()),
                Arc::new(ends.finish()),
                Arc::new(covered.finish()),
                Arc::new(dropped.finish()),
                Arc::new(cleaned.finish()),
            ],
        )?)
    }
}
