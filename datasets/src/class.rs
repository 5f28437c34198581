//! What a detector calls a thing, and what that is to us.

use std::fmt;
use std::str::FromStr;

use crate::Invalid;
use crate::word::serde_as_text;

/// The name of a class, such as `traffic-light`: 1 to 64 of `a-z 0-9 - . /`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassName(String);

impl ClassName {
    const CHARS_MAX: usize = 64;

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClassName {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'.' | b'/');
        if (1..=Self::CHARS_MAX).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(Invalid::new("class", text, "1 to 64 of a-z 0-9 - . /"))
        }
    }
}

impl fmt::Display for ClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(ClassName);

/// What a class is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Shows a person: redacted before anything leaves `vision`.
    Private,
    /// Belongs on a map: a sign, a light.
    Map,
    /// Neither, but worth knowing, such as a vehicle.
    Context,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => "private",
            Self::Map => "map",
            Self::Context => "context",
        })
    }
}
