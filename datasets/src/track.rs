//! Where a device was while it filmed.

use crate::{Heading, Invalid, Position, UtcMillis};

/// One GNSS reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// When.
    pub at: UtcMillis,
    /// Where.
    pub position: Position,
    /// Height in metres above the ellipsoid or the sea: receivers differ and seldom say which.
    pub altitude_m: Option<f64>,
    /// Radius in which the device probably is, in millimetres.
    pub accuracy_mm: Option<u32>,
    /// Course or view direction that the receiver or the camera stated.
    pub heading: Option<Heading>,
}

/// Fixes in strictly increasing time; at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Track(Vec<Fix>);

impl Track {
    /// Sorts by time and keeps the first of fixes at the same moment.
    ///
    /// # Errors
    /// [`Invalid`] when there is none.
    pub fn from_fixes(mut fixes: Vec<Fix>) -> Result<Self, Invalid> {
        fixes.sort_by_key(|fix| fix.at);
        fixes.dedup_by_key(|fix| fix.at);
        if fixes.is_empty() { Err(Invalid::new("track", "", "at least one fix")) } else { Ok(Self(fixes)) }
    }

    /// In order of time.
    #[must_use]
    pub fn fixes(&self) -> &[Fix] {
        &self.0
    }

    /// The first fix.
    #[must_use]
    pub fn first(&self) -> &Fix {
        &self.0[0]
    }

    /// The last fix.
    #[must_use]
    pub fn last(&self) -> &Fix {
        &self.0[self.0.len() - 1]
    }
}
