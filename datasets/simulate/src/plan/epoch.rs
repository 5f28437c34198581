//! The two states of a town.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{PlanError, quoted};

/// One of two states of the town: between them some signs go and others come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TownEpoch {
    /// Before the change.
    #[serde(rename = "1")]
    One,
    /// After it.
    #[serde(rename = "2")]
    Two,
}

impl FromStr for TownEpoch {
    type Err = PlanError;
    fn from_str(text: &str) -> Result<Self, PlanError> {
        match text {
            "1" => Ok(Self::One),
            "2" => Ok(Self::Two),
            _ => Err(PlanError::Epoch(quoted(text))),
        }
    }
}

impl fmt::Display for TownEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "1",
            Self::Two => "2",
        })
    }
}
