//! One function for each route: an analysis in, a wire type out. The command line calls the same ones.

mod check;
mod compliance;
mod durations;
pub mod graph;
mod history;
mod identity;
mod kpis;
mod overview;
mod reference;
mod report;
mod rules;
mod safe_to_act;
mod sarif;
mod smallest_change;
mod sources;
mod tables;
mod what_if;

pub use check::check;
pub use compliance::compliance;
pub use durations::durations;
pub use history::{history, summary, trends};
pub use identity::{evidence, identity};
pub use kpis::{kpi_values, kpis};
pub use overview::overview;
pub use reference::reference_pages;
pub use report::{Material, report};
pub use rules::rules;
pub use safe_to_act::safe_to_act;
pub use sarif::sarif;
pub use smallest_change::smallest_change;
pub use sources::sources;
pub use tables::{certificates, credentials, findings, identities};
pub use what_if::what_if;
