//! A corpus with signatures, fingerprints or embeddings in which clusters are planted.
//!
//! Documents lie in a random order. Six in ten are alone; the others are in clusters of 2, 5 and 50 documents, and
//! one that has a hundredth of all. In every other cluster all bands agree; in the rest, which the large one is of, a document
//! agrees with the next one in a single band, in each case another: only all bands together find these. Fingerprints of a cluster
//! differ from its first in up to two bits, embeddings in their length alone.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use corpusql::annotate::{AnnotateRequest, LayerSource, annotate};
use corpusql::corpus::cutter::Cutter;
use corpusql::corpus::sink::{CONTENT_HASH, PartWriter, is_wide_text, writer_properties};
use corpusql::corpus::{Corpus as Stored, Manifest, Part};
use corpusql::dedup::Preset;
use corpusql::ingest::{IngestRequest, ingest};
use corpusql::query::Planner;
use corpusql::session::{Engine, Options};
use corpusql_text::minhash::PRESETS;
use corpusql_text::simhash;
use datafusion::arrow::array::{
    ArrayRef, AsArray, BinaryViewBuilder, Int64Array, ListArray, RecordBatch, StringArray,
    UInt64Array,
};
use datafusion::arrow::datatypes::{Float32Type, Int64Type};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};
use tokio::runtime::Runtime;

use super::setup::Outcome;

/// The preset of embeddings.
const SEMANTIC: &str = "semantic";
/// Numbers of an embedding.
const DIMENSION: u64 = 64;
/// Documents of a part.
const PART: u64 = 250_000;
/// Rows that are made at once.
const BATCH: u64 = 8192;
/// Tenths of the documents in clusters of so many, the rest in the large one.
const SIZES: [(u64, u64); 4] = [(6, 1), (2, 2), (1, 5), (1, 50)];
/// The large one has this share.
const LARGE: u64 = 100;

/// A corpus that was made.
pub struct Corpus {
    /// Its folder.
    pub root: PathBuf,
    /// Bytes of the layer that is read, or of the inputs where it is none.
    pub bytes: u64,
    runtime: Runtime,
    engine: Engine,
}

/// Where a document stands in its cluster.
#[derive(Clone, Copy)]
struct Member {
    cluster: u64,
    number: u64,
    size: u64,
}

/// Which documents are planted where.
struct Plan {
    documents: u64,
    /// Multiplies the number of a document to its place, and back.
    factor: u64,
    inverse: u64,
}

impl Plan {
    fn new(documents: u64) -> Self {
        let mut factor = (documents * 618 / 1000) | 1;
        while gcd(factor, documents) != 1 {
            factor += 2;
        }
        Self {
            documents,
            factor,
            inverse: inverse(factor, documents),
        }
    }

    /// The place of a document; clusters are neighbours by place.
    fn member(&self, document: u64) -> Member {
        let mut place =
            (u128::from(document) * u128::from(self.factor) % u128::from(self.documents)) as u64;
        let large = self.documents / LARGE;
        if place < large {
            return Member {
                cluster: 1,
                number: place,
                size: large,
            };
        }
        place -= large;
        let left = self.documents - large;
        let mut cluster = 2;
        for (tenths, size) in SIZES {
            let here = left * tenths / 10 / size * size;
            if place < here {
                return Member {
                    cluster: cluster + place / size,
                    number: place % size,
                    size,
                };
            }
            place -= here;
            cluster += here / size + 1;
        }
        Member {
            cluster: cluster + place,
            number: 0,
            size: 1,
        }
    }

    /// The first document of the cluster of each document.
    fn firsts(&self) -> Vec<u32> {
        let mut firsts = vec![u32::MAX; self.documents as usize];
        let mut members: Vec<u32> = Vec::new();
        let mut cluster = u64::MAX;
        let mut name = |members: &mut Vec<u32>| {
            let first = members.iter().min().copied().unwrap_or_default();
            members
                .drain(..)
                .for_each(|member| firsts[member as usize] = first);
        };
        for place in 0..self.documents {
            let document =
                (u128::from(place) * u128::from(self.inverse) % u128::from(self.documents)) as u64;
            let here = self.member(document).cluster;
            if here != cluster {
                name(&mut members);
                cluster = here;
            }
            members.push(document as u32);
        }
        name(&mut members);
        firsts
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The inverse of a number that has no factor in common with the modulus.
fn inverse(number: u64, modulus: u64) -> u64 {
    let (mut r, mut next_r) = (i128::from(modulus), i128::from(number));
    let (mut t, mut next_t) = (0_i128, 1_i128);
    while next_r != 0 {
        let quotient = r / next_r;
        (r, next_r) = (next_r, r - quotient * next_r);
        (t, next_t) = (next_t, t - quotient * next_t);
    }
    t.rem_euclid(i128::from(modulus)) as u64
}

/// What is planted.
enum Planted {
    /// Signatures of MinHash.
    Signatures(Signatures),
    /// Fingerprints of SimHash.
    Fingerprints,
    /// Embeddings, which come with the documents.
    Embeddings,
}

impl Planted {
    /// What a preset compares.
    fn of(preset: &str) -> Outcome<Self> {
        if preset == SEMANTIC {
            return Ok(Self::Embeddings);
        }
        if simhash::PRESETS.iter().any(|known| known.name == preset) {
            return Ok(Self::Fingerprints);
        }
        let published = PRESETS.iter().find(|published| published.name == preset);
        let published = published
            .ok_or_else(|| format!("{preset} is no preset of MinHash, SimHash or {SEMANTIC}"))?;
        Ok(Self::Signatures(Signatures {
            bands: published.cut.bands as u64,
            rows: published.cut.rows as u64,
            values: published.scheme.permutations as u64,
            width: published.scheme.width(),
        }))
    }

    /// The column of some documents in the layer that is read.
    fn column(&self, plan: &Plan, documents: std::ops::Range<u64>) -> ArrayRef {
        match self {
            Self::Signatures(signatures) => {
                let mut bytes = Vec::new();
                let mut made = BinaryViewBuilder::new();
                for document in documents {
                    signatures.write(document, plan.member(document), &mut bytes);
                    made.append_value(&bytes);
                }
                Arc::new(made.finish())
            }
            Self::Fingerprints | Self::Embeddings => {
                let fingerprints = documents.map(|document| fingerprint(plan.member(document)));
                Arc::new(UInt64Array::from_iter_values(fingerprints))
            }
        }
    }
}

/// The fingerprint of a document: that of its cluster, in which the first bits that its number names are others.
fn fingerprint(member: Member) -> u64 {
    let bit = |number: u64| 1 << (number % 64);
    let of_cluster = mix(member.cluster << 8 | 0x5);
    match member.number {
        0 => of_cluster,
        number if number % 2 == 1 => of_cluster ^ bit(mix(number)),
        number => of_cluster ^ (bit(mix(number)) | bit(mix(number) >> 32)),
    }
}

/// The embedding of a document: the direction of its cluster.
fn embedding(member: Member) -> impl Iterator<Item = Option<f32>> {
    let length = (1 + member.number % 7) as f32;
    (0..DIMENSION).map(move |number| {
        let random = mix(member.cluster << 16 | number) >> 40;
        Some((random as f32 / (1 << 23) as f32 - 1.0) * length)
    })
}

/// The signature of a document, as its scheme's look: numbers that are the smallest of as many as the text has shingles.
struct Signatures {
    bands: u64,
    rows: u64,
    values: u64,
    width: usize,
}

impl Signatures {
    fn write(&self, document: u64, member: Member, bytes: &mut Vec<u8>) {
        bytes.clear();
        for band in 0..self.bands {
            let seed = self.seed(document, member, band);
            let shingles = 20 + mix(seed) % 2000;
            for row in 0..self.rows {
                let random = mix(seed ^ (band * self.rows + row + 1) << 40);
                self.push((random >> 3) / shingles, bytes);
            }
        }
        for value in self.bands * self.rows..self.values {
            self.push(mix(document << 20 ^ value) >> 12, bytes);
        }
    }

    fn push(&self, value: u64, bytes: &mut Vec<u8>) {
        let value = if self.width == 4 { value >> 29 } else { value };
        bytes.extend_from_slice(&value.to_be_bytes()[8 - self.width..]);
    }

    /// What a band of a document follows from: those that have it in common agree in it.
    fn seed(&self, document: u64, member: Member, band: u64) -> u64 {
        let Member {
            cluster,
            number,
            size,
        } = member;
        let all_agree = cluster % 2 == 0;
        if size > 1 && all_agree {
            return mix(cluster << 32 | 0xA);
        }
        // With the one before, and with the next.
        if number > 0 && (number - 1) % self.bands == band {
            return mix(cluster << 32 ^ (number - 1) << 2 | 0xB);
        }
        if number + 1 < size && number % self.bands == band {
            return mix(cluster << 32 ^ number << 2 | 0xB);
        }
        mix(document << 2 | 0x1)
    }
}

/// A number that looks random: the finaliser of SplitMix64.
fn mix(number: u64) -> u64 {
    let mut hash = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    hash = (hash ^ hash >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ hash >> 31
}

fn id(document: u64) -> String {
    format!("document-{document:010}")
}

impl Corpus {
    /// Makes it in `folder`, with what `preset` reads.
    pub fn make(folder: &Path, preset: &str, documents: u64, row_group: u64) -> Outcome<Self> {
        let planted = Planted::of(preset)?;
        let has_embeddings = matches!(planted, Planted::Embeddings);
        let plan = Plan::new(documents);
        let inputs = folder.join("inputs");
        fs::create_dir_all(&inputs)?;
        let firsts = plan.firsts();
        in_parts(documents, |part, rows| {
            write_documents(
                &plan,
                &firsts,
                rows,
                row_group,
                has_embeddings,
                &inputs.join(format!("part-{part:05}.parquet")),
            )
        })?;
        let runtime = Runtime::new()?;
        let engine = Engine::new(Options {
            quiet: true,
            ..Options::default()
        })?;
        let root = folder.join("corpus");
        let request = IngestRequest {
            in_place: true,
            ..IngestRequest::new(vec![inputs.display().to_string()], root.clone())
        };
        runtime.block_on(ingest(&engine, &request))?;
        let mut bytes = 0;
        match Preset::named(preset)?.way.reads().pop() {
            Some(read) => {
                // A layer by the book, whose values are those of short texts; then others take their place.
                let request = AnnotateRequest {
                    source: LayerSource::Named(read.layer.clone()),
                    prefix: None,
                };
                runtime.block_on(annotate(&engine, &root, &[request]))?;
                bytes = replace(&root, &read.layer, &plan, &planted)?;
            }
            None => {
                for file in fs::read_dir(&inputs)? {
                    bytes += file?.metadata()?.len();
                }
            }
        }
        Ok(Self {
            root,
            bytes,
            runtime,
            engine,
        })
    }

    /// Compares what was found with what was planted.
    pub fn check(&self, preset: &str) -> Outcome<()> {
        let sql = format!(
            "SELECT count(*), count(*) FILTER (WHERE {preset}_cluster = planted AND {preset}_cluster_size = planted_size), \
             count(*) FILTER (WHERE NOT {preset}_duplicate), count(DISTINCT planted) FROM corpus"
        );
        let corpora = [Arc::new(Stored::open(&self.root)?)];
        let batches = self.runtime.block_on(async {
            Planner::new(&self.engine, &corpora)?
                .plan(&sql)
                .await?
                .collect()
                .await
        })?;
        let number = |column: usize| {
            batches[0]
                .column(column)
                .as_primitive::<Int64Type>()
                .value(0)
        };
        if number(0) != number(1) || number(2) != number(3) {
            return Err(format!(
                "of {} documents {} are in the cluster that was planted; {} stay of {} clusters",
                number(0),
                number(1),
                number(2),
                number(3)
            )
            .into());
        }
        Ok(())
    }
}

/// Makes all parts, by all threads.
fn in_parts(
    documents: u64,
    make: impl Fn(u64, std::ops::Range<u64>) -> Outcome<()> + Sync,
) -> Outcome<()> {
    let parts: Vec<u64> = (0..documents.div_ceil(PART)).collect();
    let threads = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        let shares = parts.chunks(parts.len().div_ceil(threads).max(1));
        let made: Vec<_> = shares
            .map(|share| {
                scope.spawn(|| {
                    let mut parts = share.iter();
                    parts.try_for_each(|part| {
                        let rows = part * PART..((part + 1) * PART).min(documents);
                        make(*part, rows).map_err(|e| e.to_string())
                    })
                })
            })
            .collect();
        for thread in made {
            thread
                .join()
                .map_err(|_| "a thread that makes parts died")??;
        }
        Ok(())
    })
}

fn write_documents(
    plan: &Plan,
    firsts: &[u32],
    rows: std::ops::Range<u64>,
    row_group: u64,
    has_embeddings: bool,
    path: &Path,
) -> Outcome<()> {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1)?);
    let properties = WriterProperties::builder()
        .set_compression(zstd)
        .set_max_row_group_row_count(Some(row_group as usize));
    let mut properties = Some(properties.build());
    let mut writer: Option<ArrowWriter<File>> = None;
    for start in rows.clone().step_by(BATCH as usize) {
        let here = start..(start + BATCH).min(rows.end);
        let ids: StringArray = here.clone().map(|d| Some(id(d))).collect();
        let planted: StringArray = here
            .clone()
            .map(|d| Some(id(firsts[d as usize].into())))
            .collect();
        let sizes: Int64Array = here
            .clone()
            .map(|d| Some(plan.member(d).size as i64))
            .collect();
        let texts: StringArray = here.clone().map(|_| Some("short")).collect();
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(ids)),
            ("text", Arc::new(texts)),
            ("planted", Arc::new(planted)),
            ("planted_size", Arc::new(sizes)),
        ];
        if has_embeddings {
            let lists = here.map(|d| Some(embedding(plan.member(d))));
            let lists = ListArray::from_iter_primitive::<Float32Type, _, _>(lists);
            columns.push(("embedding", Arc::new(lists)));
        }
        let batch = RecordBatch::try_from_iter(columns)?;
        let writer = match &mut writer {
            Some(writer) => writer,
            none => none.insert(ArrowWriter::try_new(
                File::create(path)?,
                batch.schema(),
                properties.take(),
            )?),
        };
        writer.write(&batch)?;
    }
    if let Some(writer) = writer {
        writer.close()?;
    }
    Ok(())
}

/// Writes what is planted in the place of a layer's own values; returns its bytes.
fn replace(root: &Path, layer: &str, plan: &Plan, planted: &Planted) -> Outcome<u64> {
    let folder = root.join(layer);
    let known = Manifest::read(&folder)?.ok_or("no layer to take the place of")?;
    let corpus = Stored::open(root)?;
    let documents = &corpus.documents().manifest().parts;
    let schema = known.schema()?;
    let parts = std::sync::Mutex::new(known.parts.clone());
    in_parts(plan.documents, |number, rows| {
        let number = number as usize;
        // With the facts of the part in whose place it comes, so that it is taken for it.
        let path = folder.join(&known.parts[number].file);
        let reader = SerializedFileReader::new(File::open(&path)?)?;
        let facts = reader.metadata().file_metadata().key_value_metadata();
        let facts: Vec<(&str, String)> = facts
            .into_iter()
            .flatten()
            .filter(|fact| fact.key.starts_with("corpusql.") && fact.key != CONTENT_HASH)
            .filter_map(|fact| Some((fact.key.as_str(), fact.value.clone()?)))
            .collect();
        let properties = writer_properties(&schema, is_wide_text)?;
        let writer = PartWriter::create(&path, &schema, properties)?;
        let mut cutter = Cutter::new(writer, &documents[number].row_groups);
        for start in rows.clone().step_by(BATCH as usize) {
            let column = planted.column(plan, start..(start + BATCH).min(rows.end));
            cutter.write(&RecordBatch::try_new(Arc::clone(&schema), vec![column])?)?;
        }
        let written = cutter.finish(rows.end - rows.start, &facts)?;
        let mut parts = parts.lock().map_err(|_| "a thread died")?;
        parts[number] = Part {
            rows: written.rows,
            row_groups: written.row_groups,
            bytes: written.bytes,
            identity: written.identity,
            ..parts[number].clone()
        };
        Ok(())
    })?;
    let parts = parts.into_inner().map_err(|_| "a thread died")?;
    let bytes = parts.iter().map(|part| part.bytes).sum();
    Manifest::new(layer, known.columns, parts, known.inputs).commit(&folder)?;
    Ok(bytes)
}
