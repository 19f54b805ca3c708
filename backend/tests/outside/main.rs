//! Rollcall from outside: its HTTP surface in process, without a port, and the built binary.

// Tests say that something is wrong by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod authentication;
mod cached;
mod cli;
mod folder;
mod hostile;
mod http;
mod reload;
mod reports;
mod server;
mod tls;
