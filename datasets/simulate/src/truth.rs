//! The truth as Parquet: what stands where, where the camera was, what each frame shows, who cheats.

mod rows;
mod table;

pub use rows::{AttackRow, BoxRow, ObjectRow, PoseRow, TruthRow};
pub(crate) use table::TableFile;
pub use table::read;
