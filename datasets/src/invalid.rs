//! The one error of a word that was given a wrong value.

/// A value that a word cannot hold: which word, what was given, what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {value:?} is not valid: expected {expected}")]
pub struct Invalid {
    /// The word, such as `latitude`.
    pub what: &'static str,
    /// What was given, cut to 80 characters.
    pub value: String,
    /// What is allowed, such as `-90..=90 degrees`.
    pub expected: &'static str,
}

/// A hostile value is quoted no longer than this.
const VALUE_CHARS_MAX: usize = 80;

impl Invalid {
    /// Names the word, the value as given and what would have been right.
    pub fn new(what: &'static str, value: impl ToString, expected: &'static str) -> Self {
        let value = value.to_string().chars().take(VALUE_CHARS_MAX).collect();
        Self { what, value, expected }
    }
}
