//! Units of inputs → parts on disk, on all threads, in bounded memory, in input order.
//!
//! ```text
//!   read ──▶ parse ──▶ cut ──▶ encode ──▶ append ──▶ finish
//!  units    chunks    in order  row groups  in order   part: synced, renamed
//! ```
//!
//! Threads take the step that is nearest to the disk, so what is in memory drains before more is read.
//! Reading pauses when too much is in memory; units behind the first may fill half of it only, so the
//! first one always goes on. When nothing else can be done, it is read whatever the bound says: that
//! is how a record larger than all of the memory passes alone.

use std::collections::VecDeque;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::execution::memory_pool::MemoryReservation;

use super::chunk::{Chunk, Reader};
use super::cutter::{Cut, Cutter, EndOfPart, Remainder};
use super::draft::{Parsed, Rules};
use super::hash::Blocks;
use super::quarantine::file_of_part;
use super::resume::{FACTS, PartFacts};
use super::units::{Unit, Units};
use super::weight::{batch_bytes, string_bytes};
use crate::corpus::Part;
use crate::corpus::layout::{QUARANTINE, part_file};
use crate::corpus::sink::{EncodedRowGroup, FinishedFile, PartWriter, RowGroupEncoder};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Parts in the making, beside the one that is cut.
const OPEN_PARTS: usize = 4;

/// What an ingest runs within.
pub struct Bounds {
    /// Threads.
    pub threads: usize,
    /// Bytes in memory from which on nothing more is read.
    pub memory: usize,
    /// Where what is in memory is accounted for.
    pub reservation: MemoryReservation,
}

/// Runs all units through, and gives the finished parts in order.
pub fn run(
    units: Units,
    cutter: Cutter,
    rules: &Rules,
    root: PathBuf,
    bounds: &Bounds,
    progress: &Progress,
) -> Result<(Vec<(Part, PartFacts)>, Remainder)> {
    let pipeline = Pipeline {
        state: Mutex::new(State {
            units: Some(units),
            cutter: Some(Box::new(cutter)),
            ..State::default()
        }),
        wake: Condvar::new(),
        rules,
        root,
        bounds,
        progress,
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..bounds.threads)
            .map(|_| scope.spawn(|| pipeline.work()))
            .collect();
        for thread in threads {
            if thread.join().is_err() {
                pipeline.fail(Error::internal("a thread of the ingest panicked"));
            }
        }
    });
    let state = pipeline.state.into_inner();
    let state = state.unwrap_or_else(PoisonError::into_inner);
    match (state.error, state.remainder) {
        (Some(error), _) => Err(error),
        (None, Some(remainder)) => Ok((state.finished, remainder)),
        (None, None) => Err(Error::internal("the ingest ended before its inputs")),
    }
}

struct Pipeline<'a> {
    state: Mutex<State>,
    wake: Condvar,
    rules: &'a Rules,
    root: PathBuf,
    bounds: &'a Bounds,
    progress: &'a Progress,
}

#[derive(Default)]
struct State {
    /// Taken while the next unit is opened.
    units: Option<Units>,
    units_ended: bool,
    open: Numbered<OpenUnit>,
    /// Taken while it cuts.
    cutter: Option<Box<Cutter>>,
    parts: Numbered<OpenPart>,
    in_memory: usize,
    busy: usize,
    finished: Vec<(Part, PartFacts)>,
    remainder: Option<Remainder>,
    error: Option<Error>,
}

/// A queue whose members keep their numbers while those before them leave.
struct Numbered<T> {
    members: VecDeque<T>,
    first: usize,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            members: VecDeque::new(),
            first: 0,
        }
    }
}

impl<T> Numbered<T> {
    fn push(&mut self, member: T) {
        self.members.push_back(member);
    }

    fn pop(&mut self) -> Option<T> {
        let member = self.members.pop_front()?;
        self.first += 1;
        Some(member)
    }

    /// Puts a member back that has left last.
    fn unpop(&mut self, member: T) {
        self.members.push_front(member);
        self.first -= 1;
    }

    fn get(&mut self, number: usize) -> Option<&mut T> {
        self.members.get_mut(number.checked_sub(self.first)?)
    }

    fn iter(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        (self.first..).zip(self.members.iter_mut())
    }
}

struct OpenUnit {
    input: usize,
    last: bool,
    /// Taken while it reads, gone at the end.
    reader: Option<Box<dyn Reader>>,
    chunks: Numbered<ChunkState>,
    /// After the end: the hashes of the unit's blocks.
    ended: Option<Blocks>,
}

enum ChunkState {
    Raw(Box<dyn Chunk>),
    Busy,
    Parsed(Parsed, usize),
}

struct OpenPart {
    /// Taken while it writes.
    writer: Option<Box<PartWriter>>,
    groups: Numbered<Group>,
    end: Option<Box<EndOfPart>>,
}

/// A row group between cutter and file.
struct Group {
    state: GroupState,
    queue: VecDeque<(RecordBatch, usize)>,
    ended: bool,
    /// Bytes that the encoder or the encoded group holds.
    held: usize,
}

enum GroupState {
    Open(Box<RowGroupEncoder>),
    Busy,
    Encoded(EncodedRowGroup),
}

/// One step of work, with all that it needs.
enum Step {
    Open(Units),
    Read(usize, Box<dyn Reader>),
    Parse(usize, usize, Box<dyn Chunk>),
    Cut(Box<Cutter>, Cuttable),
    Encode(usize, usize, Box<RowGroupEncoder>, RecordBatch, usize),
    FinishGroup(usize, usize, Box<RowGroupEncoder>),
    Append(Box<PartWriter>, EncodedRowGroup, usize),
    FinishPart(Box<PartWriter>, Box<EndOfPart>),
}

enum Cuttable {
    Chunk(usize, Parsed, usize),
    EndOfUnit(usize, Blocks, bool),
    EndOfAll,
}

/// What is left of what was to be cut.
enum Uncut {
    /// Nothing of a chunk of so many bytes.
    Nothing(usize),
    /// The rest of a chunk, behind the end of a part.
    Rest(Parsed, usize),
    /// All inputs are cut.
    Finished(Remainder),
}

/// What a step leaves behind.
enum Done {
    Opened(Units, Option<Unit>),
    Read(usize, Box<dyn Reader>, Box<dyn Chunk>),
    ReadAll(usize, Blocks),
    Parsed(usize, usize, Parsed, usize, usize),
    Cut(Box<Cutter>, Vec<Cut>, Uncut),
    Encoded(usize, usize, Box<RowGroupEncoder>, usize),
    GroupFinished(usize, usize, EncodedRowGroup),
    Appended(Box<PartWriter>, usize),
    PartFinished(Part, PartFacts),
}

impl Pipeline<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, error: Error) {
        self.lock().error.get_or_insert(error);
        self.wake.notify_all();
    }

    /// One thread: takes steps until there are none left.
    fn work(&self) {
        let mut state = self.lock();
        loop {
            if state.error.is_some() || state.is_done() {
                break;
            }
            let Some(step) = state.next_step(self.bounds) else {
                state = self
                    .wake
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.busy += 1;
            drop(state);
            let outcome = self.run(step);
            state = self.lock();
            state.busy -= 1;
            if let Err(error) = outcome.map(|done| state.apply(done)) {
                state.error.get_or_insert(error);
            }
            self.bounds.reservation.resize(state.in_memory);
            self.wake.notify_all();
        }
        self.wake.notify_all();
    }

    fn run(&self, step: Step) -> Result<Done> {
        Ok(match step {
            Step::Open(mut units) => {
                let unit = units.next()?;
                Done::Opened(units, unit)
            }
            Step::Read(unit, mut reader) => {
                let chunk = reader.next()?;
                self.progress.add(0, 0, reader.progress());
                match chunk {
                    Some(chunk) => Done::Read(unit, reader, chunk),
                    None => Done::ReadAll(unit, reader.finish()?),
                }
            }
            Step::Parse(unit, number, chunk) => {
                let raw = chunk.bytes();
                let parsed = chunk.parse(self.rules)?;
                let bytes = batch_bytes(&parsed.rows) as usize;
                Done::Parsed(unit, number, parsed, raw, bytes)
            }
            Step::Cut(mut cutter, work) => {
                let (cuts, uncut) = match work {
                    Cuttable::Chunk(input, parsed, bytes) => match cutter.push(input, parsed)? {
                        (cuts, Some(rest)) => (cuts, Uncut::Rest(rest, bytes)),
                        (cuts, None) => (cuts, Uncut::Nothing(bytes)),
                    },
                    Cuttable::EndOfUnit(input, blocks, last) => {
                        cutter.end_unit(input, &blocks, last);
                        (Vec::new(), Uncut::Nothing(0))
                    }
                    Cuttable::EndOfAll => {
                        let (cuts, remainder) = cutter.finish();
                        (cuts, Uncut::Finished(remainder))
                    }
                };
                Done::Cut(cutter, cuts, uncut)
            }
            Step::Encode(part, group, mut encoder, batch, bytes) => {
                encoder.write(&batch)?;
                let text = batch.column_by_name("text").map_or(0, |t| string_bytes(t));
                self.progress.add(batch.num_rows() as u64, text, 0);
                Done::Encoded(part, group, encoder, bytes)
            }
            Step::FinishGroup(part, group, encoder) => {
                Done::GroupFinished(part, group, encoder.finish()?)
            }
            Step::Append(mut writer, encoded, held) => {
                writer.append(encoded)?;
                Done::Appended(writer, held)
            }
            Step::FinishPart(writer, end) => {
                let (part, facts) = self.finish_part(*writer, *end)?;
                Done::PartFinished(part, facts)
            }
        })
    }

    /// First the bad records, then the part: a part that is there has its quarantine.
    fn finish_part(&self, writer: PartWriter, end: EndOfPart) -> Result<(Part, PartFacts)> {
        match end.quarantine {
            Some(file) => file.commit()?,
            None => {
                let path = self.root.join(QUARANTINE).join(file_of_part(end.number));
                match fs::remove_file(&path) {
                    Err(e) if e.kind() != ErrorKind::NotFound => {
                        return Err(Error::io("remove what is left in", &path, e));
                    }
                    _ => {}
                }
            }
        }
        let facts = serde_json::to_string(&end.facts)
            .map_err(|e| Error::internal("cannot write a part's facts").caused_by(e))?;
        let FinishedFile {
            rows,
            row_groups,
            bytes,
            identity,
        } = writer.finish(&[(FACTS, facts)])?;
        let part = Part {
            file: part_file(end.number, 1),
            rows,
            row_groups,
            bytes,
            identity,
            text_bytes: Some(end.facts.text_bytes),
            made_from: Default::default(),
        };
        Ok((part, end.facts))
    }
}

impl State {
    fn is_done(&self) -> bool {
        self.remainder.is_some() && self.parts.members.is_empty()
    }

    /// The step nearest to the disk that can be done now.
    fn next_step(&mut self, bounds: &Bounds) -> Option<Step> {
        self.write_step()
            .or_else(|| self.encode_step())
            .or_else(|| self.cut_step())
            .or_else(|| self.parse_step())
            .or_else(|| self.read_step(bounds))
    }

    fn write_step(&mut self) -> Option<Step> {
        let part = self.parts.members.front_mut()?;
        let first = part.groups.members.front_mut();
        match first {
            Some(group) => {
                let writer = part.writer.take()?;
                match std::mem::replace(&mut group.state, GroupState::Busy) {
                    GroupState::Encoded(encoded) => {
                        let held = group.held;
                        part.groups.pop();
                        Some(Step::Append(writer, encoded, held))
                    }
                    other => {
                        group.state = other;
                        part.writer = Some(writer);
                        None
                    }
                }
            }
            None if part.end.is_some() => {
                let writer = part.writer.take()?;
                Some(Step::FinishPart(writer, part.end.take()?))
            }
            None => None,
        }
    }

    fn encode_step(&mut self) -> Option<Step> {
        for (part, open) in self.parts.iter() {
            for (number, group) in open.groups.iter() {
                let ready = !group.queue.is_empty() || group.ended;
                if !ready || !matches!(group.state, GroupState::Open(_)) {
                    continue;
                }
                let taken = std::mem::replace(&mut group.state, GroupState::Busy);
                let GroupState::Open(encoder) = taken else {
                    continue;
                };
                return Some(match group.queue.pop_front() {
                    Some((batch, bytes)) => Step::Encode(part, number, encoder, batch, bytes),
                    None => Step::FinishGroup(part, number, encoder),
                });
            }
        }
        None
    }

    fn cut_step(&mut self) -> Option<Step> {
        self.cutter.as_ref()?;
        // Each part in the making is an open file.
        if self.remainder.is_some() || self.parts.members.len() > OPEN_PARTS {
            return None;
        }
        let work = match self.open.members.front_mut() {
            Some(unit) => match unit.chunks.members.front() {
                Some(ChunkState::Parsed(..)) => match unit.chunks.pop()? {
                    ChunkState::Parsed(parsed, bytes) => Cuttable::Chunk(unit.input, parsed, bytes),
                    _ => return None,
                },
                Some(_) => return None,
                None => {
                    let blocks = unit.ended.take()?;
                    let work = Cuttable::EndOfUnit(unit.input, blocks, unit.last);
                    self.open.pop();
                    work
                }
            },
            None if self.units_ended => Cuttable::EndOfAll,
            None => return None,
        };
        Some(Step::Cut(self.cutter.take()?, work))
    }

    fn parse_step(&mut self) -> Option<Step> {
        for (unit, open) in self.open.iter() {
            for (number, chunk) in open.chunks.iter() {
                if matches!(chunk, ChunkState::Raw(_))
                    && let ChunkState::Raw(raw) = std::mem::replace(chunk, ChunkState::Busy)
                {
                    return Some(Step::Parse(unit, number, raw));
                }
            }
        }
        None
    }

    fn read_step(&mut self, bounds: &Bounds) -> Option<Step> {
        if self.open.members.len() < bounds.threads + 1
            && let Some(units) = self.units.take()
        {
            return Some(Step::Open(units));
        }
        let (in_memory, idle) = (self.in_memory, self.busy == 0);
        for (place, (number, unit)) in self.open.iter().enumerate() {
            let allowed = match place {
                0 => in_memory < bounds.memory || idle,
                _ => in_memory < bounds.memory / 2,
            };
            if allowed && let Some(reader) = unit.reader.take() {
                return Some(Step::Read(number, reader));
            }
        }
        None
    }

    fn apply(&mut self, done: Done) {
        match done {
            Done::Opened(units, Some(unit)) => {
                self.units = Some(units);
                self.open.push(OpenUnit {
                    input: unit.input,
                    last: unit.last,
                    reader: Some(unit.reader),
                    chunks: Numbered::default(),
                    ended: None,
                });
            }
            Done::Opened(_, None) => self.units_ended = true,
            Done::Read(number, reader, chunk) => {
                self.in_memory += chunk.bytes();
                if let Some(unit) = self.open.get(number) {
                    unit.chunks.push(ChunkState::Raw(chunk));
                    unit.reader = Some(reader);
                }
            }
            Done::ReadAll(number, blocks) => {
                if let Some(unit) = self.open.get(number) {
                    unit.ended = Some(blocks);
                }
            }
            Done::Parsed(unit, number, parsed, raw, bytes) => {
                self.in_memory = self.in_memory - raw + bytes;
                let unit = self.open.get(unit);
                if let Some(chunk) = unit.and_then(|unit| unit.chunks.get(number)) {
                    *chunk = ChunkState::Parsed(parsed, bytes);
                }
            }
            Done::Cut(cutter, cuts, uncut) => {
                self.cutter = Some(cutter);
                cuts.into_iter().for_each(|cut| self.apply_cut(cut));
                match uncut {
                    Uncut::Nothing(bytes) => self.in_memory -= bytes,
                    Uncut::Rest(rest, bytes) => {
                        if let Some(unit) = self.open.members.front_mut() {
                            unit.chunks.unpop(ChunkState::Parsed(rest, bytes));
                        }
                    }
                    Uncut::Finished(remainder) => self.remainder = Some(remainder),
                }
            }
            Done::Encoded(part, number, encoder, bytes) => {
                let now = encoder.memory_size();
                let mut before = 0;
                if let Some(group) = self.group(part, number) {
                    before = std::mem::replace(&mut group.held, now);
                    group.state = GroupState::Open(encoder);
                }
                self.in_memory = self.in_memory + now - before - bytes;
            }
            Done::GroupFinished(part, number, encoded) => {
                if let Some(group) = self.group(part, number) {
                    group.state = GroupState::Encoded(encoded);
                }
            }
            Done::Appended(writer, held) => {
                self.in_memory -= held;
                if let Some(part) = self.parts.members.front_mut() {
                    part.writer = Some(writer);
                }
            }
            Done::PartFinished(part, facts) => {
                self.parts.pop();
                self.finished.push((part, facts));
            }
        }
    }

    fn apply_cut(&mut self, cut: Cut) {
        if let Cut::BeginPart(writer) = cut {
            self.parts.push(OpenPart {
                writer: Some(writer),
                groups: Numbered::default(),
                end: None,
            });
            return;
        }
        let Some(part) = self.parts.members.back_mut() else {
            return;
        };
        match cut {
            Cut::BeginPart(_) => {}
            Cut::BeginGroup(encoder) => part.groups.push(Group {
                state: GroupState::Open(encoder),
                queue: VecDeque::new(),
                ended: false,
                held: 0,
            }),
            Cut::Rows(batch, bytes) => {
                if let Some(group) = part.groups.members.back_mut() {
                    self.in_memory += bytes;
                    group.queue.push_back((batch, bytes));
                }
            }
            Cut::EndGroup => {
                if let Some(group) = part.groups.members.back_mut() {
                    group.ended = true;
                }
            }
            Cut::EndPart(end) => part.end = Some(end),
        }
    }

    fn group(&mut self, part: usize, number: usize) -> Option<&mut Group> {
        self.parts.get(part)?.groups.get(number)
    }
}
