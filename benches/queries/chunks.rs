//! Where the text lies in the files of a corpus.

use std::fs::File;
use std::path::PathBuf;

use corpusql::corpus::Corpus;
use datafusion::parquet::file::metadata::ParquetMetaDataReader;

use crate::setup::Outcome;

/// The chunks of the column `text` in the parts of the documents: file, offset, bytes.
pub fn text_chunks(corpus: &Corpus) -> Outcome<Vec<(PathBuf, u64, u64)>> {
    let layer = corpus.documents();
    let mut chunks = Vec::new();
    for part in 0..layer.manifest().parts.len() {
        let path = layer.part_path(part);
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&File::open(&path)?)?;
        for row_group in metadata.row_groups() {
            let columns = row_group.columns().iter();
            let text = columns.filter(|c| c.column_path().string() == "text");
            chunks.extend(
                text.map(|c| c.byte_range())
                    .map(|(at, len)| (path.clone(), at, len)),
            );
        }
    }
    Ok(chunks)
}
