//! A synthetic town whose truth is known.
