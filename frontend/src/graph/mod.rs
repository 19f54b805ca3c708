//! The picture of the access graph: what to show, where it lies, and the canvas that draws it.

pub mod canvas;
pub mod scene;
