//! What `waymark-vision` promises, held against real models, footage and laws.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod assets;
mod chain;
mod cut;
mod hostile;
mod made;
mod open_gop;
mod pack;
mod parity;
mod pixels;
mod privacy;
mod sampling;
mod score;
mod video;
mod witness;
mod yolox;
