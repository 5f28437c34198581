//! The first 127 bytes of an archive.

/// Where its sections lie (offset and length), and what they hold.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::http) struct Header {
    pub(super) root: (u64, u64),
    pub(super) metadata: (u64, u64),
    pub(super) leaves: (u64, u64),
    pub(super) data: (u64, u64),
    pub(super) is_internal_gzip: bool,
    /// Whether tiles are packed by gzip; else they are as they are.
    pub(in crate::http) is_tile_gzip: bool,
    /// The coarsest and the finest zoom.
    pub(in crate::http) zooms: (u8, u8),
    /// West, south, east, north in degrees.
    pub(in crate::http) bounds: [f64; 4],
    /// Longitude, latitude and zoom to begin with.
    pub(in crate::http) centre: (f64, f64, u8),
}

const BYTES: usize = 127;
const MAGIC_AND_VERSION: &[u8] = b"PMTiles\x03";
const PLAIN: u8 = 1;
const GZIP: u8 = 2;
const VECTOR_TILES: u8 = 1;

impl Header {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let bytes: &[u8; BYTES] = bytes.first_chunk().ok_or("it is shorter than its header")?;
        if !bytes.starts_with(MAGIC_AND_VERSION) {
            return Err("it is no PMTiles archive of version 3");
        }
        let section = |at: usize| (number(bytes, at), number(bytes, at + 8));
        let degrees = |at: usize| f64::from(i32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))) / 1e7;
        if bytes[99] != VECTOR_TILES {
            return Err("its tiles are no vector tiles");
        }
        Ok(Self {
            root: section(8),
            metadata: section(24),
            leaves: section(40),
            data: section(56),
            is_internal_gzip: is_gzip(bytes[97])?,
            is_tile_gzip: is_gzip(bytes[98])?,
            zooms: (bytes[100], bytes[101]),
            bounds: [102, 106, 110, 114].map(degrees),
            centre: (degrees(119), degrees(123), bytes[118]),
        })
    }
}

fn is_gzip(compression: u8) -> Result<bool, &'static str> {
    match compression {
        PLAIN => Ok(false),
        GZIP => Ok(true),
        _ => Err("it is packed in a way that is not read"),
    }
}

fn number(bytes: &[u8; BYTES], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}
