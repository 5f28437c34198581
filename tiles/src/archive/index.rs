//! The archive of a snapshot, in pieces that later snapshots share.
//!
//! `tiles/SNAPSHOT.json` is written last: it names the head (header, directories, metadata) and the parts whose tiles
//! follow it, in order. A part is an archive of its own, named by the hash of what it was made of.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use waymark_datasets::{Digest, Region, Store};

use crate::Error;
use crate::map::{Block, Tally};

/// What the archive of one snapshot is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Of this format and of the way in which tiles are drawn: 1.
    pub version: u32,
    /// SHA-256 of the head, which is `tiles/heads/{sha256}.pmtiles`.
    pub head_sha256: Digest,
    /// What each region adds, in order of region.
    pub regions: Vec<RegionRef>,
    /// Whose tiles follow the head, in order of block.
    pub parts: Vec<PartRef>,
}

/// A region and what of it shows from afar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionRef {
    /// Which.
    pub region: Region,
    /// Hash of what it was drawn from.
    pub key: Digest,
    /// Its coverage as a whole.
    pub tally: Tally,
    /// The blocks in which anything of it is drawn.
    pub blocks: Vec<Block>,
    /// Western, northern, eastern and southern edge, in units of the world (see `World`).
    pub bounds: [i32; 4],
}

/// A block and its tiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRef {
    /// Which.
    pub block: Block,
    /// Hash of what it was drawn from.
    pub key: Digest,
    /// Where its tiles lie in its object.
    pub offset: u64,
    /// Their size.
    pub bytes: u64,
}

/// Goes up with either. See also `DRAWN_AS`.
const VERSION: u32 = 1;
/// Of the index that was written last, or was about to be; a hint at what need not be made anew, nothing else.
pub const LATEST: &str = "tiles/latest.json";

/// Where the index of a snapshot lies.
#[must_use]
pub fn index_key(snapshot: Digest) -> String {
    format!("tiles/{snapshot}.json")
}

fn head_key(sha256: Digest) -> String {
    format!("tiles/heads/{sha256}.pmtiles")
}

impl PartRef {
    /// Where the part lies.
    #[must_use]
    pub fn object(&self) -> String {
        format!("tiles/parts/{}.pmtiles", self.key)
    }
}

impl Index {
    /// The index of `regions` and `parts` below a head.
    #[must_use]
    pub fn of(head: &Bytes, regions: Vec<RegionRef>, parts: Vec<PartRef>) -> Self {
        Self { version: VERSION, head_sha256: Digest::of(head), regions, parts }
    }

    /// That of a snapshot; none if its tiles were not built, or by another version, and have to be built anew.
    ///
    /// # Errors
    /// [`Error`] if it is damaged or the store fails.
    pub async fn read(store: &Store, snapshot: Digest) -> Result<Option<Self>, Error> {
        Self::read_at(store, &index_key(snapshot)).await
    }

    /// The one that was written last, of whichever snapshot; none if it is of another version.
    ///
    /// # Errors
    /// [`Error`] if it is damaged or the store fails.
    pub async fn latest(store: &Store) -> Result<Option<Self>, Error> {
        Self::read_at(store, LATEST).await
    }

    async fn read_at(store: &Store, key: &str) -> Result<Option<Self>, Error> {
        let Some(bytes) = store.get(key).await? else { return Ok(None) };
        let damaged = |error: serde_json::Error| Error::Archive { name: key.into(), problem: error.to_string() };
        let index: Self = serde_json::from_slice(&bytes).map_err(damaged)?;
        Ok((index.version == VERSION).then_some(index))
    }

    /// The first bytes of the archive, up to its tiles; checked against their hash.
    ///
    /// # Errors
    /// [`Error`] if they are missing or damaged.
    pub async fn head(&self, store: &Store) -> Result<Bytes, Error> {
        let key = head_key(self.head_sha256);
        let head = store.get(&key).await?.filter(|head| Digest::of(head) == self.head_sha256);
        head.ok_or_else(|| Error::Archive { name: key, problem: "is missing or damaged".into() })
    }

    /// Writes the head, then the index: from then on the snapshot has tiles.
    ///
    /// # Errors
    /// [`Error::Store`] if the store fails.
    pub async fn write(&self, store: &Store, snapshot: Digest, head: Bytes) -> Result<(), Error> {
        store.create(&head_key(self.head_sha256), head).await?;
        // Structs of strings and numbers always have a JSON form.
        let bytes = Bytes::from(serde_json::to_vec(self).unwrap_or_default());
        // The hint first: whoever finds the index writes nothing any more, so what comes after it may never be written.
        store.put(LATEST, bytes.clone()).await?;
        Ok(store.put(&index_key(snapshot), bytes).await?)
    }
}
