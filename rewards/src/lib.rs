//! What each slot pass is worth, and the exact split of a pool.
