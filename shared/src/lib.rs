//! Everything about Rollcall that is true without IO: bytes in, answers out.
//!
//! The modules are layers, and each may use only those before it:
//! `model ← reading ← connectors ← merge`, `model ← access ← rules ← analysis ← kpi ← history ← {stored, api, charts}`.
//! `tests/suite/tidy.rs` enforces that. Nothing here touches a file, a clock, a thread, the network or the environment,
//! so the same code runs in the server and, compiled to WebAssembly, in the browser.

pub mod access;
pub mod analysis;
pub mod answers;
pub mod api;
pub mod charts;
pub mod config;
pub mod connectors;
pub mod diagnostic;
pub mod estate;
pub mod export;
pub mod format;
pub mod graph;
pub mod history;
pub mod kpi;
pub mod lists;
pub mod merge;
pub mod model;
pub mod reading;
pub mod routes;
pub mod rules;
pub mod stored;
pub mod words;
