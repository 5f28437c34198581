//! The words of Waymark as types, and every published table.
