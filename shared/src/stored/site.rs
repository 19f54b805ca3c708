//! What a site without a server knows of its estate beside the analyses and the history.

use bitcode::{Decode, Encode};

use super::{Unreadable, read};
use crate::api::SnapshotName;
use crate::api::report::InputFile;

/// An estate as it was when the site was written.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct SiteHead {
    /// Changes with everything that is in the site.
    pub version: String,
    /// Oldest first; never empty.
    pub snapshots: Vec<SnapshotName>,
    /// What is in force, as a `rollcall.toml`, without the salt.
    pub config: String,
    /// What each snapshot was read from, for its reports.
    pub files: Vec<Vec<InputFile>>,
}

/// The one section of what a site knows.
pub fn site_sections(head: &SiteHead) -> impl Iterator<Item = Vec<u8>> {
    std::iter::once(bitcode::encode(head))
}

/// What the site knows of which this is the section.
///
/// # Errors
/// When it is a section of something else.
pub fn site(sections: &[&[u8]]) -> Result<SiteHead, Unreadable> {
    match sections {
        [head] => read(head),
        _ => Err(Unreadable::Missing),
    }
}
