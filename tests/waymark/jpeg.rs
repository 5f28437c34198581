//! JPEG files as bytes: what is in their headers, and where their pixels begin.

use std::collections::HashMap;

/// Markers of a JPEG with their contents, and what follows the first scan's header.
pub fn segments(jpeg: &[u8]) -> (Vec<(u8, &[u8])>, &[u8]) {
    assert_eq!(jpeg[..2], [0xff, 0xd8]);
    let mut segments = Vec::new();
    let mut rest = &jpeg[2..];
    loop {
        assert_eq!(rest[0], 0xff, "a marker is due");
        let length = 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        segments.push((rest[1], &rest[4..length]));
        let is_scan = rest[1] == 0xda;
        rest = &rest[length..];
        if is_scan {
            return (segments, rest);
        }
    }
}

/// The first 4 KiB of compressed pixels of every input, by their first 8 bytes.
pub struct Starts<'a>(HashMap<&'a [u8], Vec<&'a [u8]>>);

impl<'a> Starts<'a> {
    pub fn of(inputs: &'a [Vec<u8>]) -> Self {
        let mut starts: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
        for input in inputs {
            let (_, scan) = segments(input);
            starts.entry(&scan[..8]).or_default().push(&scan[..4_096]);
        }
        Self(starts)
    }

    /// Whether any of them is anywhere in `content`.
    pub fn are_in(&self, content: &[u8]) -> bool {
        let starts_at = |(at, first): (usize, &[u8])| {
            self.0.get(first).is_some_and(|starts| starts.iter().any(|start| content[at..].starts_with(start)))
        };
        content.windows(8).enumerate().any(starts_at)
    }
}
