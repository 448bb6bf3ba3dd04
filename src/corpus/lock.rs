//! One writer per layer: a lock file that names its process.
//!
//! The lock is the operating system's lock on the open file, so it goes with the process however
//! that ends; the text inside only tells the next one who holds it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::layout::LOCK;
use crate::error::{Error, Result};

/// Held while a layer is written.
#[derive(Debug)]
pub struct LayerLock {
    _file: File,
}

impl LayerLock {
    /// Takes the lock of the layer in `folder` (which is created), or says who has it.
    pub fn take(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
        let path = folder.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| Error::io("open the lock", &path, e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).unwrap_or_default();
                let holder = holder.trim();
                let holder = if holder.is_empty() {
                    "another process"
                } else {
                    holder
                };
                return Err(Error::user(format!(
                    "{} is being written by {holder}",
                    folder.display()
                ))
                .hint("wait until it has finished, then run this again"));
            }
            Err(TryLockError::Error(e)) => return Err(Error::io("lock", &path, e)),
        }
        let words = format!("process {}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(words.as_bytes()))
            .map_err(|e| Error::io("write the lock", &path, e))?;
        Ok(Self { _file: file })
    }
}
