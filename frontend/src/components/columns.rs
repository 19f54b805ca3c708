//! The columns that every list has: of which kind something is, where it was seen, and who answers for it.

use leptos::prelude::*;
use shared::api::findings::FindingRow;
use shared::api::query::SortColumn;
use shared::api::rows::{CertificateRow, CredentialRow, IdentityRow};

use super::list_page::{ListColumn, Shown};
use super::moment::text_or;
use crate::words;

/// A row of which these columns can be told.
pub trait Subject: 'static {
    fn kind(&self) -> &str;
    fn source(&self) -> &str;
    fn environment(&self) -> &Option<String>;
    fn owner(&self) -> &Option<String>;
    fn team(&self) -> &Option<String>;
}

macro_rules! subjects {
    ($($row:ty),*) => {
        $(
            impl Subject for $row {
                fn kind(&self) -> &str {
                    &self.kind
                }
                fn source(&self) -> &str {
                    &self.source
                }
                fn environment(&self) -> &Option<String> {
                    &self.environment
                }
                fn owner(&self) -> &Option<String> {
                    &self.owner
                }
                fn team(&self) -> &Option<String> {
                    &self.team
                }
            }
        )*
    };
}

subjects!(IdentityRow, CredentialRow, CertificateRow, FindingRow);

pub fn kind<Row: Subject>(shown: Shown) -> ListColumn<Row> {
    let sort = Some(SortColumn::Kind);
    ListColumn::new("kind", "Kind", "minmax(116px, 1fr)", sort, shown, |row, _| {
        words::sentence(row.kind()).into_any()
    })
}

pub fn environment<Row: Subject>(shown: Shown) -> ListColumn<Row> {
    let sort = Some(SortColumn::Environment);
    ListColumn::new(
        "environment",
        "Environment",
        "minmax(100px, 0.8fr)",
        sort,
        shown,
        |row, _| text_or(row.environment().clone(), "None"),
    )
}

pub fn owner<Row: Subject>(shown: Shown) -> ListColumn<Row> {
    let sort = Some(SortColumn::Owner);
    ListColumn::new("owner", "Owner", "minmax(124px, 1.1fr)", sort, shown, |row, _| {
        text_or(row.owner().clone(), "None")
    })
}

pub fn team<Row: Subject>(shown: Shown) -> ListColumn<Row> {
    ListColumn::new("team", "Team", "minmax(110px, 1fr)", None, shown, |row, _| {
        text_or(row.team().clone(), "None")
    })
}

pub fn source<Row: Subject>(shown: Shown) -> ListColumn<Row> {
    let sort = Some(SortColumn::Source);
    ListColumn::new("source", "Source", "minmax(110px, 1fr)", sort, shown, |row, _| {
        text_or(Some(row.source().to_owned()), "None")
    })
}
