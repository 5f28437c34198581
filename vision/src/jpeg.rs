//! The structure of a JPEG, read without decoding it (ITU-T T.81, annex B).

/// What the markers of a JPEG say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Structure {
    pub width_px: u32,
    pub height_px: u32,
    /// Number of scans: 1 for baseline, about ten for progressive.
    pub scans: u32,
    /// Bytes before the data of the first scan.
    pub header_bytes: usize,
    /// Whether the end marker was reached.
    pub complete: bool,
}

const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

/// Walks all markers once; `None` when the file is no JPEG.
pub(crate) fn structure(bytes: &[u8]) -> Option<Structure> {
    let mut rest = bytes.strip_prefix(&[0xff, START_OF_IMAGE])?;
    let mut found = Structure::default();
    while let [0xff, marker, tail @ ..] = rest {
        rest = match *marker {
            // A marker may be preceded by any number of fill bytes.
            0xff => &rest[1..],
            END_OF_IMAGE => {
                found.complete = true;
                break;
            }
            0x01 | 0xd0..=0xd7 => tail,
            marker => {
                let &[high, low, ..] = tail else { break };
                let length = usize::from(u16::from_be_bytes([high, low]));
                let Some((segment, after)) = tail.split_at_checked(length.max(2)) else { break };
                if found.scans == 0 {
                    found.header_bytes = bytes.len() - after.len();
                }
                found.read(marker, segment);
                if marker == START_OF_SCAN { skip_entropy_coded(after) } else { after }
            }
        };
    }
    Some(found)
}

impl Structure {
    fn read(&mut self, marker: u8, segment: &[u8]) {
        // SOF0 to SOF15 without DHT, JPG and DAC.
        let frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if let (true, &[_, _, _, h1, h0, w1, w0, ..]) = (frame, segment) {
            self.height_px = u16::from_be_bytes([h1, h0]).into();
            self.width_px = u16::from_be_bytes([w1, w0]).into();
        }
        self.scans += u32::from(marker == START_OF_SCAN);
    }
}

/// Entropy-coded data ends at the first `ff` that is neither stuffed (`ff 00`) nor a restart marker. It is nearly all of
/// a file, and `ff` is rare in it.
fn skip_entropy_coded(bytes: &[u8]) -> &[u8] {
    let ends = |at: &usize| bytes.get(at + 1).is_some_and(|next| !matches!(next, 0x00 | 0xd0..=0xd7));
    memchr::memchr_iter(0xff, bytes).find(ends).map_or(&[], |at| &bytes[at..])
}
