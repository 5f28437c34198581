//! What one question may cost. More is refused with a reason, or answered over several pages.

/// Rows of one page, at most.
pub const PAGE_ROWS_MAX: usize = 10_000;
/// Rows of one page, unless asked otherwise.
pub const PAGE_ROWS: usize = 1_000;
/// Corners of a polygon or points of a line.
pub const VERTICES_MAX: usize = 1_000;
/// Area of a polygon, in square kilometres: about that of Iceland. A box may be larger: it is cheap to test.
pub const POLYGON_KM2_MAX: f64 = 100_000.0;
/// Radius around a point, in metres.
pub const RADIUS_M_MAX: f64 = 50_000.0;
/// Distance from a line, in metres.
pub const BUFFER_M_MAX: f64 = 1_000.0;
/// Length of a line, in metres.
pub const LINE_M_MAX: f64 = 1_000_000.0;
/// Partitions that are opened for one page; the next page goes on where this one ends.
pub const PARTITIONS_PER_PAGE_MAX: usize = 64;
/// Tests of a position against an edge for one page; the next page goes on where this one ends.
pub const TESTS_PER_PAGE_MAX: u64 = 20_000_000;
/// Ids that may be asked for at once.
pub const IDS_MAX: usize = 1_000;
