//! The whole program, as its users run it: the real binary, real files, real footage where it is at hand.

mod assets;
mod chain;
mod damage;
mod files;
mod finished;
mod floors;
mod footage;
mod privacy;
mod program;
mod readers;
mod refusals;
mod s3;
mod same_bytes;
mod scan;
mod scratch;
mod world;
