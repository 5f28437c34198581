//! Answers page by page: each goes on where the one before ended, and costs no more than the limits.

use std::ops::Deref;
use std::sync::Arc;

use waymark_datasets::snapshot::SnapshotError;
use waymark_datasets::{Digest, Epoch};

use super::limits::{PARTITIONS_PER_PAGE_MAX, TESTS_PER_PAGE_MAX};
use super::placed::Placing;
use super::view::Held;
use super::{Area, Layer, Placed, Refusal, Shelf, View};

/// What to look for.
pub struct Question<R> {
    /// Where.
    pub area: Area,
    /// As of this epoch; the latest if none.
    pub until: Option<Epoch>,
    /// Which partitions may hold it.
    pub is_possible: Box<dyn Fn(&Held) -> bool + Send + Sync>,
    /// Which rows are wanted.
    pub is_wanted: Box<dyn Fn(&R) -> bool + Send + Sync>,
    /// Rows on a page, at most.
    pub limit: usize,
    /// Where to begin.
    pub from: Cursor,
}

/// A place in a snapshot where a page ends and the next begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    sheaf: usize,
    row: Placing,
}

impl Cursor {
    /// As text, together with the snapshot that it is in.
    #[must_use]
    pub fn token(self, snapshot: Digest) -> String {
        format!("{snapshot}.{}.{}", self.sheaf, self.row)
    }

    /// Reads what [`Cursor::token`] wrote.
    ///
    /// # Errors
    /// [`Refusal`] `token_malformed`.
    pub fn parse(token: &str) -> Result<(Digest, Self), Refusal> {
        let read = || {
            let mut parts = token.splitn(3, '.');
            let snapshot = parts.next()?.parse().ok()?;
            Some((snapshot, Self { sheaf: parts.next()?.parse().ok()?, row: parts.next()?.parse().ok()? }))
        };
        read().ok_or_else(|| Refusal::new("token_malformed", "a token is what a link `next` holds, as it is"))
    }
}

/// Some rows of an answer.
pub struct Page<R> {
    /// In the order of the snapshot.
    pub rows: Vec<Found<R>>,
    /// Where the next page begins; none if this is the last one.
    pub next: Option<Cursor>,
}

/// A row, and those around it.
pub struct Found<R> {
    /// The rows that it was found among.
    pub among: Arc<Placed<R>>,
    /// Its place there.
    pub at: Placing,
}

impl<R: Layer> Deref for Found<R> {
    type Target = R;
    fn deref(&self) -> &R {
        &self.among.rows()[self.at]
    }
}

/// The next page of what is wanted. A page may have fewer rows than its limit, even none, though others follow.
///
/// # Errors
/// [`SnapshotError`] if a table is missing or damaged, or the store fails.
pub async fn search<R: Layer>(shelf: &Shelf, view: &View, asked: &Question<R>) -> Result<Page<R>, SnapshotError> {
    let mut page = Page { rows: Vec::new(), next: None };
    let mut tests_left = TESTS_PER_PAGE_MAX;
    let mut opened = 0;
    for (n, sheaf) in R::sheaves(view.parts(), asked.until).iter().enumerate().skip(asked.from.sheaf) {
        let is_possible = sheaf.0.iter().any(|part| (asked.is_possible)(&view.parts()[*part]));
        if !is_possible || !sheaf.bounds(view.parts()).any(|bounds| asked.area.touches(bounds)) {
            continue;
        }
        if opened == PARTITIONS_PER_PAGE_MAX {
            page.next = Some(Cursor { sheaf: n, row: 0 });
            break;
        }
        let read = if R::IS_TAKEN_UP { 1 } else { sheaf.0.len() };
        opened += read.min(PARTITIONS_PER_PAGE_MAX - opened);
        let among = shelf.rows::<R>(view, sheaf).await?;
        let from = if n == asked.from.sheaf { asked.from.row } else { 0 };
        if let Some(row) = scan(asked, (&among, from), &mut page.rows, &mut tests_left) {
            page.next = Some(Cursor { sheaf: n, row });
            break;
        }
    }
    Ok(page)
}

/// Adds what is wanted from row `from` on; says where it stopped before the end.
fn scan<R: Layer>(
    asked: &Question<R>,
    (among, from): (&Arc<Placed<R>>, Placing),
    rows: &mut Vec<Found<R>>,
    tests_left: &mut u64,
) -> Option<Placing> {
    for at in among.candidates(&asked.area, from) {
        let Some(left) = tests_left.checked_sub(asked.area.cost()) else { return Some(at) };
        *tests_left = left;
        if !among.is_within(at, &asked.area) || !(asked.is_wanted)(&among.rows()[at]) {
            continue;
        }
        if rows.len() == asked.limit {
            return Some(at);
        }
        rows.push(Found { among: among.clone(), at });
    }
    None
}
