//! Numbers of things, for maps that hold a state for each: below 2^53, where JavaScript still tells them apart.

use h3o::CellIndex;
use waymark_datasets::{ClipId, Digest, FrameId};

/// Cells of one resolution have different numbers.
pub(super) fn of_cell(cell: CellIndex) -> u64 {
    u64::from(cell) & ((1 << 52) - 1)
}

/// The first 52 bits.
pub(super) fn of_frame(frame: FrameId) -> u64 {
    first_digits(&frame.to_string())
}

/// The first 52 bits.
pub(super) fn of_clip(clip: ClipId) -> u64 {
    first_digits(&clip.to_string())
}

/// 52 bits of a hash.
pub(super) fn of_text(text: &str) -> u64 {
    first_digits(&Digest::of(text.as_bytes()).to_string())
}

fn first_digits(hexadecimal: &str) -> u64 {
    hexadecimal.get(..13).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}
