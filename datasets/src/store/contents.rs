//! An object whose bytes are read as they are needed.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use object_store::GetResultPayload;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use super::{Store, StoreError, whole};

/// A file of no more is read at once: a clip's table is small, and thousands of them are not kept open.
const WHOLE_BYTES: u64 = 8 << 20;

/// What is in an object: of a large file in a folder, no more is read than is asked for.
#[derive(Debug, Clone)]
pub enum Contents {
    /// All of it.
    Whole(Bytes),
    /// A file as it was when it was opened: objects are replaced, never changed.
    File(Arc<File>),
}

impl Store {
    /// What is in an object; none if there is none, as there is for a key that can name none.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] for what would be read whole, or [`StoreError::Object`] if the store fails.
    pub async fn contents(&self, path: &str) -> Result<Option<Contents>, StoreError> {
        let Some(found) = self.found(path).await? else { return Ok(None) };
        match found.payload {
            GetResultPayload::File(file, _) if found.meta.size > WHOLE_BYTES => Ok(Some(Contents::File(file.into()))),
            _ => whole(path, found).await.map(|bytes| Some(bytes.into())),
        }
    }
}

impl From<Bytes> for Contents {
    fn from(whole: Bytes) -> Self {
        Self::Whole(whole)
    }
}

impl Length for Contents {
    fn len(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::File(file) => file.metadata().map_or(0, |metadata| metadata.len()),
        }
    }
}

impl ChunkReader for Contents {
    type T = BufReader<Rest>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(Rest { contents: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        // What a file says of itself is not believed: no memory is taken for bytes that it does not have.
        if start.checked_add(length as u64).is_none_or(|end| end > self.len()) {
            return Err(ParquetError::EOF(format!("{length} bytes from byte {start} are not all there")));
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
    contents: Contents,
    at: u64,
}

impl Read for Rest {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = match &self.contents {
            Contents::Whole(bytes) => bytes.get(self.at as usize..).unwrap_or_default().read(into)?,
            Contents::File(file) => file.read_at(into, self.at)?,
        };
        self.at += read as u64;
        Ok(read)
    }
}
