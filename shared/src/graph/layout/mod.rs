//! Where to draw nodes: one file for each way. Pure and the same on every machine; `Force` runs in the page's worker.
//!
//! Positions are two numbers a node, x to the right and y down, in units of about a node and its label apart; whoever
//! draws them scales. Nodes are `0..n_nodes` of what is on screen, not those of the whole graph.

pub mod force;
mod landmarks;
pub mod layered;
pub mod radial;
mod tree;

/// The larger of two numbers. `f32::max` also looks for what is no number, which takes a call for each where code is
/// compiled for size: a third of a layout's time.
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}
