//! What was worked out, as bytes for the cache and for sites without a server, in sections: none has to be in memory together with all others.
//!
//! The bytes mean something only to the build that wrote them. Whoever keeps them sees to that, and to their being whole.

mod analysis;
mod history;
mod packed;
mod site;

use bitcode::DecodeOwned;
use thiserror::Error;

pub use analysis::{analysis_sections, halves, judged, snapshot};
pub use history::{history, history_sections};
pub use packed::{packed, unpacked};
pub use site::{SiteHead, site, site_sections};

/// Why bytes cannot be read.
#[derive(Debug, Error)]
pub enum Unreadable {
    #[error("a section is missing")]
    Missing,
    #[error("a section is of something else: {0}")]
    Section(#[from] bitcode::Error),
    #[error("the sections do not fit together")]
    Unfitting,
}

fn read<T: DecodeOwned>(section: &[u8]) -> Result<T, Unreadable> {
    Ok(bitcode::decode(section)?)
}
