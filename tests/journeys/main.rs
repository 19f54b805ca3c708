//! Journeys of Rollcall's users through the built binary; each module is one place they go.

mod accessibility;
mod estate;
mod exports;
mod harness;
mod pages;
mod printing;
mod serverless;
