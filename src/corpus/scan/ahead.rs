//! Sources side by side, their batches one after the other.
//!
//! So many sources run at a time, ahead of the one that is being read as far as a bound of bytes allows that
//! they share. Beside it each may have one batch waiting, so the one that is read goes on whatever the others
//! hold. A source that has finished makes room for the next one at once, and readers that share threads give
//! theirs to the others when they end.

use std::future::{self, Future};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::internal_err;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation};
use futures::stream::{BoxStream, StreamExt};
use futures::{TryStreamExt, stream};
use tokio::sync::mpsc::error::SendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

/// Bytes that all sources together may be ahead of their reader: for each that runs, and at most, where memory
/// is not limited.
const AHEAD_BYTES: usize = 64 << 20;
const MOST_BYTES: usize = 1 << 30;
/// The share of a limit of memory that they may take instead.
const SHARE_OF_LIMIT: usize = 8;
/// The unit in which they are counted.
const KIB: usize = 1024;
/// Sources that may be finished and unread, for each that runs.
const FINISHED_PER_RUNNING: usize = 4;

/// How many sources may run at a time.
#[derive(Clone, Debug)]
pub enum Running {
    /// So many.
    Always(usize),
    /// This one's share of threads: more as other readers end, so that no thread idles beside the last of them.
    Share(Arc<Place>),
}

impl Running {
    /// How many at most.
    pub fn most(&self) -> usize {
        match self {
            Self::Always(running) => (*running).max(1),
            Self::Share(place) => place.threads.count.max(1),
        }
    }

    /// Waits until more than `running` may run.
    async fn more_than(&self, running: usize) {
        match self {
            Self::Always(most) if running < (*most).max(1) => {}
            Self::Always(_) => future::pending().await,
            Self::Share(place) => {
                let threads = &place.threads;
                let mut left = threads.left.subscribe();
                // `place` holds the sender, so that this ends with a share.
                let _: Result<_, watch::error::RecvError> =
                    left.wait_for(|left| threads.share(*left) > running).await;
            }
        }
    }
}

/// Threads that several readers share.
#[derive(Debug)]
pub struct Threads {
    count: usize,
    readers: usize,
    /// Readers that have not ended.
    left: watch::Sender<usize>,
}

impl Threads {
    /// So many, for so many readers, whether they run yet or not.
    pub fn new(count: usize, readers: usize) -> Arc<Self> {
        Arc::new(Self {
            count,
            readers,
            left: watch::Sender::new(readers),
        })
    }

    /// The share of one reader, which does not grow.
    pub fn fixed(&self) -> Running {
        Running::Always(self.share(self.readers))
    }

    /// The share of one reader, which goes to the others when it is dropped.
    pub fn growing(self: &Arc<Self>) -> Running {
        Running::Share(Arc::new(Place {
            threads: Arc::clone(self),
        }))
    }

    fn share(&self, readers: usize) -> usize {
        self.count.div_ceil(readers.max(1)).max(1)
    }
}

/// A reader's place among those that share threads.
#[derive(Debug)]
pub struct Place {
    threads: Arc<Threads>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let left = &self.threads.left;
        left.send_modify(|readers| *readers = readers.saturating_sub(1));
    }
}

/// Bytes that `running` sources together may be ahead.
pub fn room(pool: &dyn MemoryPool, running: usize) -> usize {
    let most = AHEAD_BYTES.saturating_mul(running.max(1)).min(MOST_BYTES);
    match pool.memory_limit() {
        MemoryLimit::Finite(bytes) => most.min(bytes / SHARE_OF_LIMIT),
        _ => most,
    }
}

/// What a running source hands over.
enum Message {
    /// A batch, the room it takes until it is read, and its bytes.
    Batch(RecordBatch, OwnedSemaphorePermit, usize),
    /// The source failed.
    Failed(DataFusionError),
    /// The source is complete. Without this word one that died would look like a short one.
    End,
}

type Source = mpsc::UnboundedReceiver<Message>;

/// The batches of sources `0..count` in this order; `running` of them run at a time, together at most `room`
/// bytes and a batch each ahead, and what is ahead is counted in `reservation`.
pub fn in_order<F>(
    count: usize,
    running: Running,
    room: usize,
    reservation: MemoryReservation,
    start: F,
) -> BoxStream<'static, Result<RecordBatch>>
where
    F: Fn(usize) -> Result<BoxStream<'static, Result<RecordBatch>>> + Send + Sync + 'static,
{
    let (queue, sources) = mpsc::channel(running.most() * FINISHED_PER_RUNNING);
    let reservation = Arc::new(reservation);
    let reader = Reader {
        sources,
        current: None,
        ended: 0,
        count,
        reservation: Arc::clone(&reservation),
        _scheduler: SpawnedTask::spawn(schedule(
            count,
            running,
            (room / KIB).max(1),
            reservation,
            Arc::new(start),
            queue,
        )),
    };
    stream::try_unfold(reader, |mut reader| async move {
        Ok(reader.next().await?.map(|batch| (batch, reader)))
    })
    .boxed()
}

/// Starts the sources in order, each as soon as one that runs has finished.
async fn schedule<F>(
    count: usize,
    running: Running,
    room: usize,
    reservation: Arc<MemoryReservation>,
    start: Arc<F>,
    queue: mpsc::Sender<Source>,
) where
    F: Fn(usize) -> Result<BoxStream<'static, Result<RecordBatch>>> + Send + Sync + 'static,
{
    let shared = Arc::new(Semaphore::new(room));
    let mut tasks = JoinSet::new();
    for number in 0..count {
        loop {
            tokio::select! {
                biased;
                () = running.more_than(tasks.len()) => break,
                _ = tasks.join_next() => {}
            }
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        let (start, reservation) = (Arc::clone(&start), Arc::clone(&reservation));
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            let ended = match start(number) {
                Ok(batches) => run(batches, (room, shared), &reservation, &sender).await,
                Err(e) => Err(e),
            };
            // A reader that has gone wants no word.
            let _: Result<(), SendError<Message>> = sender.send(match ended {
                Ok(()) => Message::End,
                Err(e) => Message::Failed(e),
            });
        });
        if queue.send(receiver).await.is_err() {
            return;
        }
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

/// Hands the batches of one source to `sender` while there is room: so many KiB that all share, or that for one
/// batch.
fn run(
    mut batches: BoxStream<'static, Result<RecordBatch>>,
    (room, shared): (usize, Arc<Semaphore>),
    reservation: &MemoryReservation,
    sender: &mpsc::UnboundedSender<Message>,
) -> impl Future<Output = Result<()>> + Send {
    let own = Arc::new(Semaphore::new(1));
    async move {
        while let Some(batch) = batches.try_next().await? {
            let bytes = batch.columns().iter().map(sliced_bytes).sum::<usize>();
            let wanted = (bytes / KIB).clamp(1, room);
            let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
            let permit = tokio::select! {
                biased;
                permit = Arc::clone(&own).acquire_owned() => permit,
                permit = Arc::clone(&shared).acquire_many_owned(wanted) => permit,
            };
            let Ok(permit) = permit else {
                return Ok(());
            };
            reservation.grow(bytes);
            if sender.send(Message::Batch(batch, permit, bytes)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

struct Reader {
    sources: mpsc::Receiver<Source>,
    current: Option<Source>,
    ended: usize,
    count: usize,
    reservation: Arc<MemoryReservation>,
    _scheduler: SpawnedTask<()>,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let Some(current) = &mut self.current else {
                self.current = self.sources.recv().await;
                if self.current.is_some() {
                    continue;
                }
                if self.ended < self.count {
                    return internal_err!("the scheduler of a plan's partitions ended early");
                }
                return Ok(None);
            };
            match current.recv().await {
                Some(Message::Batch(batch, _room, bytes)) => {
                    self.reservation.shrink(bytes);
                    return Ok(Some(batch));
                }
                Some(Message::Failed(e)) => return Err(e),
                Some(Message::End) => {
                    self.ended += 1;
                    self.current = None;
                }
                None => return internal_err!("partition {} ended without a word", self.ended),
            }
        }
    }
}

/// The bytes of an array's own rows: buffers that other slices share are counted by what is in use.
pub fn sliced_bytes(array: &ArrayRef) -> usize {
    match array.data_type() {
        DataType::Utf8View => 16 * array.len() + array.as_string_view().total_buffer_bytes_used(),
        DataType::BinaryView => 16 * array.len() + array.as_binary_view().total_buffer_bytes_used(),
        _ => array
            .to_data()
            .get_slice_memory_size()
            .unwrap_or_else(|_| array.get_array_memory_size()),
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_reader_that_ends_gives_its_share_to_the_others() {
        let threads = Threads::new(4, 2);
        let (first, second) = (threads.growing(), threads.growing());
        let may = |running: &Running, more| running.more_than(more).now_or_never().is_some();
        assert!(may(&first, 1) && !may(&first, 2));
        drop(second);
        assert!(may(&first, 3) && !may(&first, 4));
        assert_eq!((first.most(), threads.fixed().most()), (4, 2));
    }
}
