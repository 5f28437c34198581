//! Why a question is not answered.

use std::fmt::Display;

/// What is wrong with a question: a code for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// Such as `area_too_large`.
    pub reason: &'static str,
    /// What, and what would be right.
    pub detail: String,
}

impl Refusal {
    /// A refusal for `reason`.
    pub fn new(reason: &'static str, detail: impl Display) -> Self {
        Self { reason, detail: detail.to_string() }
    }

    /// Of a parameter that does not say what it should.
    pub fn parameter(name: &str, expected: impl Display) -> Self {
        Self::new("parameter_malformed", format_args!("{name}: expected {expected}"))
    }
}
