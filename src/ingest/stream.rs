//! The bytes of an input, unpacked, its file hashed on the way.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use super::hash::{BlockHasher, Blocks};
use super::inputs::{Compression, Input};
use crate::error::{Error, Result};

/// Bytes read from a packed file at a time.
const READ_BYTES: usize = 256 * 1024;
/// The largest window of `zstd --long`; memory is taken for the window that a frame declares.
const ZSTD_WINDOW_LOG: u32 = 31;

/// Where a stream stands after a read.
pub enum Filled {
    /// There are more bytes now.
    More,
    /// The end of the file.
    End,
    /// The packed bytes are damaged from here on.
    Broken(String),
}

/// An input's bytes, unpacked.
pub struct Stream {
    path: PathBuf,
    packed: Packed,
    read: u64,
    broken: Option<String>,
}

enum Packed {
    Plain(Box<HashedFile>),
    Gzip(Box<MultiGzDecoder<BufReader<HashedFile>>>),
    Zstd(Box<ZstdDecoder<'static, BufReader<HashedFile>>>),
}

impl Stream {
    /// Opens `input`.
    pub fn open(input: &Input) -> Result<Self> {
        let file = File::open(&input.path).map_err(|e| Error::io("open", &input.path, e))?;
        let file = HashedFile {
            file,
            hasher: BlockHasher::default(),
            read: 0,
            failed: false,
        };
        let buffered = |file| BufReader::with_capacity(READ_BYTES, file);
        let packed = match input.compression {
            Compression::Plain => Packed::Plain(Box::new(file)),
            Compression::Gzip => Packed::Gzip(Box::new(MultiGzDecoder::new(buffered(file)))),
            Compression::Zstd => {
                let mut decoder = ZstdDecoder::with_buffer(buffered(file))
                    .map_err(|e| Error::io("unpack", &input.path, e))?;
                decoder
                    .window_log_max(ZSTD_WINDOW_LOG)
                    .map_err(|e| Error::io("unpack", &input.path, e))?;
                Packed::Zstd(Box::new(decoder))
            }
        };
        Ok(Self {
            path: input.path.clone(),
            packed,
            read: 0,
            broken: None,
        })
    }

    /// Appends up to `limit` bytes to `buffer`.
    pub fn fill(&mut self, buffer: &mut Vec<u8>, limit: usize) -> Result<Filled> {
        if let Some(why) = &self.broken {
            return Ok(Filled::Broken(why.clone()));
        }
        let start = buffer.len();
        let reader: &mut dyn Read = match &mut self.packed {
            Packed::Plain(file) => file,
            Packed::Gzip(decoder) => decoder,
            Packed::Zstd(decoder) => decoder,
        };
        // Grows no further than the bytes that are really there.
        let outcome = reader.take(limit as u64).read_to_end(buffer);
        let filled = buffer.len() - start;
        match outcome {
            Ok(0) => Ok(Filled::End),
            Ok(_) => Ok(Filled::More),
            Err(e) if self.file().failed => Err(Error::io("read", &self.path, e)),
            // What was unpacked before the damage is kept.
            Err(e) => {
                self.broken = Some(e.to_string());
                if filled > 0 {
                    return Ok(Filled::More);
                }
                Ok(Filled::Broken(e.to_string()))
            }
        }
    }

    /// Bytes of the file read since the last call.
    pub fn progress(&mut self) -> u64 {
        let read = self.file().read;
        read - std::mem::replace(&mut self.read, read)
    }

    /// Reads what is left of the file and gives the hashes of its blocks.
    pub fn finish(mut self) -> Result<Blocks> {
        let path = std::mem::take(&mut self.path);
        io::copy(self.file(), &mut io::sink()).map_err(|e| Error::io("read", &path, e))?;
        Ok(std::mem::take(&mut self.file().hasher).finish())
    }

    fn file(&mut self) -> &mut HashedFile {
        match &mut self.packed {
            Packed::Plain(file) => file,
            Packed::Gzip(decoder) => decoder.get_mut().get_mut(),
            Packed::Zstd(decoder) => decoder.get_mut().get_mut(),
        }
    }
}

/// A file that is hashed as it is read, and remembers whether reading it failed: what the decoders
/// say otherwise is about the contents.
struct HashedFile {
    file: File,
    hasher: BlockHasher,
    read: u64,
    failed: bool,
}

impl Read for HashedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer) {
            Ok(read) => {
                self.hasher.update(&buffer[..read]);
                self.read += read as u64;
                Ok(read)
            }
            Err(e) => {
                self.failed |= e.kind() != io::ErrorKind::Interrupted;
                Err(e)
            }
        }
    }
}
