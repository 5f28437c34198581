//! Single values out of a TIFF structure, as EXIF uses it.
//!
//! Nothing is collected: a directory is searched for one tag at a time. Readers that first list every field can be
//! made to list the same directory millions of times, by pointers that all lead to it.

/// A TIFF structure in memory.
pub(super) struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

/// Where a directory of tags begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Directory(usize);

/// One tag's value.
pub(super) struct Value<'a> {
    tiff: &'a Tiff<'a>,
    kind: u16,
    data: &'a [u8],
}

/// An honest directory has some dozens of entries.
const ENTRIES_MAX: usize = 1_024;
const ENTRY_BYTES: usize = 12;

impl<'a> Tiff<'a> {
    /// Reads the byte order; none if it has none.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = match bytes.get(..4)? {
            b"MM\0*" => true,
            b"II*\0" => false,
            _ => return None,
        };
        Some(Self { bytes, big_endian })
    }

    /// The first directory.
    pub(super) fn first(&self) -> Option<Directory> {
        self.u32(4).map(Directory)
    }

    /// The directory that `tag` of `directory` points to.
    pub(super) fn below(&self, directory: Directory, tag: u16) -> Option<Directory> {
        self.find(directory, tag)?.number(0).map(|at| Directory(at as usize))
    }

    /// The value of the first entry with `tag`.
    pub(super) fn find(&self, directory: Directory, tag: u16) -> Option<Value<'_>> {
        let count = usize::from(self.u16(directory.0)?).min(ENTRIES_MAX);
        let entries = directory.0 + 2;
        let at = (0..count).map(|i| entries + i * ENTRY_BYTES).find(|&at| self.u16(at) == Some(tag))?;
        let kind = self.u16(at + 2)?;
        let bytes = self.u32(at + 4)?.checked_mul(unit_bytes(kind)?)?;
        // Up to four bytes stand in the entry itself, in place of the offset.
        let start = if bytes <= 4 { at + 8 } else { self.u32(at + 8)? };
        Some(Value { tiff: self, kind, data: self.bytes.get(start..start.checked_add(bytes)?)? })
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    /// As an offset or a count.
    fn u32(&self, at: usize) -> Option<usize> {
        number_u32(self.bytes, at, self.big_endian).map(|number| number as usize)
    }
}

const BYTE: u16 = 1;
const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const SIGNED_RATIONAL: u16 = 10;

fn unit_bytes(kind: u16) -> Option<usize> {
    match kind {
        BYTE | ASCII => Some(1),
        SHORT => Some(2),
        LONG => Some(4),
        RATIONAL | SIGNED_RATIONAL => Some(8),
        _ => None,
    }
}

impl Value<'_> {
    /// Text up to the first NUL, without white space around it; none if it is empty or not ASCII.
    pub(super) fn text(&self) -> Option<&str> {
        let text = self.data.split(|&byte| byte == 0).next()?;
        let text = str::from_utf8(text).ok()?.trim();
        (self.kind == ASCII && text.is_ascii() && !text.is_empty()).then_some(text)
    }

    /// Whole number `index`.
    pub(super) fn number(&self, index: usize) -> Option<u32> {
        match self.kind {
            BYTE => self.data.get(index).map(|&byte| byte.into()),
            SHORT => {
                let bytes = *self.data.get(2 * index..)?.first_chunk()?;
                let short = if self.tiff.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
                Some(short.into())
            }
            LONG => number_u32(self.data, 4 * index, self.tiff.big_endian),
            _ => None,
        }
    }

    /// Fraction `index`; none if it has no denominator, as writers say that a value is unknown.
    pub(super) fn ratio(&self, index: usize) -> Option<f64> {
        let above = number_u32(self.data, 8 * index, self.tiff.big_endian)?;
        let below = number_u32(self.data, 8 * index + 4, self.tiff.big_endian)?;
        let ratio = match self.kind {
            RATIONAL => f64::from(above) / f64::from(below),
            SIGNED_RATIONAL => f64::from(above.cast_signed()) / f64::from(below.cast_signed()),
            _ => return None,
        };
        ratio.is_finite().then_some(ratio)
    }
}

fn number_u32(bytes: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let bytes = *bytes.get(at..)?.first_chunk()?;
    Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}
