//! Charts: frames around what `shared::charts` draws, and their files.

pub mod frame;
pub mod save;
