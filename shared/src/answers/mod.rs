//! One function for each route: an analysis in, a wire type out. The command line calls the same ones.

pub mod graph;
mod history;
mod identity;
mod kpis;
mod overview;
mod reference;
mod rules;
mod safe_to_act;
mod smallest_change;
mod sources;
mod tables;

pub use history::{history, summary, trends};
pub use identity::{evidence, identity};
pub use kpis::{kpi_values, kpis};
pub use overview::overview;
pub use reference::reference_pages;
pub use rules::rules;
pub use safe_to_act::safe_to_act;
pub use smallest_change::smallest_change;
pub use sources::sources;
pub use tables::{ExportFormat, certificates, credentials, export, findings, identities};
