//! The first 127 bytes of an archive.

use std::ops::Range;

/// Length of a header.
pub(super) const HEADER_BYTES: usize = 127;
const MAGIC: &[u8; 8] = b"PMTiles\x03";
/// Header and root directory lie within so many bytes, so that one request fetches both.
pub(super) const FIRST_REQUEST_BYTES: usize = 16_384;
/// Values of the fields that say how something is packed, and what a tile is.
const PLAIN: u8 = 1;
const GZIP: u8 = 2;
const MVT: u8 = 1;

/// A box in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Westernmost degrees east.
    pub west_deg: f64,
    /// Southernmost degrees north.
    pub south_deg: f64,
    /// Easternmost degrees east.
    pub east_deg: f64,
    /// Northernmost degrees north.
    pub north_deg: f64,
}

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    pub(super) root: Range<u64>,
    pub(super) metadata: Range<u64>,
    pub(super) leaves: Range<u64>,
    /// Where the tiles lie in the file.
    pub tiles: Range<u64>,
    /// Places that have a tile.
    pub addressed_tiles: u64,
    /// Entries in its directories, those that point to directories aside.
    pub entries: u64,
    /// Different tiles.
    pub contents: u64,
    /// Whether tiles lie in the order of their ids.
    pub is_clustered: bool,
    pub(super) is_packed: bool,
    /// Whether tiles are gzip files.
    pub are_tiles_packed: bool,
    /// Zoom levels that have tiles.
    pub zooms: (u8, u8),
    /// Where there is anything.
    pub bounds: Bounds,
}

impl Header {
    pub(super) fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend(MAGIC);
        for range in [&self.root, &self.metadata, &self.leaves, &self.tiles] {
            bytes.extend(range.start.to_le_bytes());
            bytes.extend((range.end - range.start).to_le_bytes());
        }
        for count in [self.addressed_tiles, self.entries, self.contents] {
            bytes.extend(count.to_le_bytes());
        }
        let packing = |is_packed: bool| if is_packed { GZIP } else { PLAIN };
        bytes.extend([u8::from(self.is_clustered), packing(self.is_packed), packing(self.are_tiles_packed), MVT]);
        bytes.extend([self.zooms.0, self.zooms.1]);
        let Bounds { west_deg, south_deg, east_deg, north_deg } = self.bounds;
        let e7 = |degrees: f64| ((degrees * 1e7).round() as i32).to_le_bytes();
        [west_deg, south_deg, east_deg, north_deg].map(e7).iter().for_each(|corner| bytes.extend(corner));
        bytes.push(self.center_zoom());
        [(west_deg + east_deg) / 2.0, (south_deg + north_deg) / 2.0].map(e7).iter().for_each(|at| bytes.extend(at));
        let mut header = [0; HEADER_BYTES];
        header.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        header
    }

    /// The deepest zoom level at which all that there is fits on a screen of about two tiles.
    #[must_use]
    pub fn center_zoom(&self) -> u8 {
        let Bounds { west_deg, south_deg, east_deg, north_deg } = self.bounds;
        let span_deg = (east_deg - west_deg).max(north_deg - south_deg).max(1e-9);
        let (least, most) = self.zooms;
        (least..=most).rev().find(|zoom| span_deg <= 2.0 * 360.0 / f64::from(1u32 << (*zoom).min(30))).unwrap_or(least)
    }

    /// Checks that all parts lie where they can.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let bytes: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or("is shorter than a header")?;
        if !bytes.starts_with(MAGIC) {
            return Err("is no PMTiles archive of version 3".into());
        }
        let range = |at: usize| {
            let start = word(bytes, at);
            start.checked_add(word(bytes, at + 8)).map(|end| start..end).ok_or("has a part without an end")
        };
        let is_gzip = |packing: u8| match packing {
            PLAIN => Ok(false),
            GZIP => Ok(true),
            other => Err(format!("is packed in a way that is not read here ({other})")),
        };
        if bytes[99] != MVT || bytes[100] > bytes[101] || bytes[101] > 31 {
            return Err("has no vector tiles, or none at any zoom level".into());
        }
        let degrees = |at: usize| f64::from(i32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))) / 1e7;
        let [west_deg, south_deg, east_deg, north_deg] = [102, 106, 110, 114].map(degrees);
        Ok(Self {
            root: range(8)?,
            metadata: range(24)?,
            leaves: range(40)?,
            tiles: range(56)?,
            addressed_tiles: word(bytes, 72),
            entries: word(bytes, 80),
            contents: word(bytes, 88),
            is_clustered: bytes[96] == 1,
            is_packed: is_gzip(bytes[97])?,
            are_tiles_packed: is_gzip(bytes[98])?,
            zooms: (bytes[100], bytes[101]),
            bounds: Bounds { west_deg, south_deg, east_deg, north_deg },
        })
    }
}

fn word(bytes: &[u8; HEADER_BYTES], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}
