//! From frames to coverage: one best frame per place and direction.
