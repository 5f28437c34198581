//! The truth as Parquet: what stands where, how the streets run, where the camera was, what each frame shows, who
//! cheats.

mod rows;
mod survey;
mod table;

pub use rows::{AttackRow, BoxRow, ObjectRow, PoseRow, StreetRow, TruthRow};
pub(crate) use survey::survey;
pub(crate) use table::TableFile;
pub use table::read;
