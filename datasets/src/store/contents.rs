//! An object whose bytes are read as they are needed.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use super::{OBJECT_BYTES_MAX, Store, StoreError, key};
use crate::durable::{disk, open, read_whole};

/// A file of no more is read at once: that takes no longer than reading parts of it.
const WHOLE_BYTES: u64 = 1 << 20;

/// What is in an object. What is in a folder is read only when it is opened.
#[derive(Debug, Clone)]
pub enum Contents {
    /// All of it.
    Whole(Bytes),
    /// The file of it, if it is still there.
    InFolder(PathBuf),
}

/// What is in an object that was opened: of a large file no more is read than is asked for.
#[derive(Debug, Clone)]
pub enum Opened {
    /// All of it.
    Whole(Bytes),
    /// A file as it was when it was opened: objects are replaced, never changed.
    File(Arc<File>),
}

impl Store {
    /// What is in an object; none if there is none, as there is for a key that can name none.
    ///
    /// # Errors
    /// Those of [`Store::get`].
    pub async fn contents(&self, path: &str) -> Result<Option<Contents>, StoreError> {
        match (&self.folder, key(path)) {
            (Some(folder), Ok(key)) => Ok(Some(Contents::InFolder(folder.place_of(&key)))),
            _ => Ok(self.get(path).await?.map(Contents::from)),
        }
    }
}

impl Contents {
    /// Opens it; none if its file is not there. Blocks where a file is read.
    ///
    /// # Errors
    /// [`StoreError::Disk`] if it cannot be read.
    pub fn open(&self) -> Result<Option<Opened>, StoreError> {
        match self {
            Self::Whole(bytes) => Ok(Some(Opened::Whole(bytes.clone()))),
            Self::InFolder(place) => open_file(place).map_err(|source| disk(place, source)),
        }
    }
}

fn open_file(place: &Path) -> io::Result<Option<Opened>> {
    let Some((file, size_bytes)) = open(place)? else { return Ok(None) };
    Ok(Some(if size_bytes > WHOLE_BYTES {
        Opened::File(file.into())
    } else {
        Opened::Whole(read_whole(&file, size_bytes)?)
    }))
}

impl From<Bytes> for Contents {
    fn from(whole: Bytes) -> Self {
        Self::Whole(whole)
    }
}

impl Length for Opened {
    fn len(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::File(file) => file.metadata().map_or(0, |metadata| metadata.len()),
        }
    }
}

impl ChunkReader for Opened {
    type T = BufReader<Rest>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(Rest { opened: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        // What a file says of itself is not believed: no memory is taken for bytes that it does not have, nor for more
        // than any object may take.
        let is_there = start.checked_add(length as u64).is_some_and(|end| end <= self.len());
        if !is_there || length as u64 > OBJECT_BYTES_MAX {
            return Err(ParquetError::EOF(format!("{length} bytes from byte {start} are not there, or too many")));
        }
        match self {
            Self::Whole(bytes) => Ok(bytes.slice(start as usize..start as usize + length)),
            Self::File(file) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, start)?;
                Ok(bytes.into())
            }
        }
    }
}

/// From some byte on.
#[derive(Debug)]
pub struct Rest {
    opened: Opened,
    at: u64,
}

impl Read for Rest {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = match &self.opened {
            Opened::Whole(bytes) => bytes.get(self.at as usize..).unwrap_or_default().read(into)?,
            Opened::File(file) => file.read_at(into, self.at)?,
        };
        self.at += read as u64;
        Ok(read)
    }
}
