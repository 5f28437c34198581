//! Whether areas cover another one together, pixel by pixel.

use crate::pixel_box::Area;

/// Whether every pixel of `area` lies in one of `covers`.
pub(super) fn is_hidden(area: Area, covers: &[Area]) -> bool {
    let rest = |open: Vec<Area>, cover: &Area| open.into_iter().flat_map(|piece| outside(piece, cover)).collect();
    // The others cover nothing of it, and would only cut it up.
    let touching = covers.iter().filter(|cover| {
        cover.left < area.right && area.left < cover.right && cover.top < area.bottom && area.top < cover.bottom
    });
    touching.fold(vec![area], rest).is_empty()
}

/// What of `area` is not in `cover`: at most a piece above, one below, and one on each side between them.
fn outside(area: Area, cover: &Area) -> impl Iterator<Item = Area> + use<> {
    let between = |at: usize| at.clamp(area.top, area.bottom);
    let (from, to) = (between(cover.top), between(cover.bottom));
    let pieces = [
        Area { bottom: from, ..area },
        Area { top: to, ..area },
        Area { top: from, bottom: to, right: area.right.min(cover.left), ..area },
        Area { top: from, bottom: to, left: area.left.max(cover.right), ..area },
    ];
    pieces.into_iter().filter(|piece| piece.left < piece.right && piece.top < piece.bottom)
}
