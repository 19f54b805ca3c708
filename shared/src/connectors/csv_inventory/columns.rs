//! Where a table has each column, and how it writes its dates.

use smallvec::SmallVec;

use super::headings::*;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::credential::CredentialKind;
use crate::reading::moment::DateOrder;
use crate::reading::table::{Table, folded};

/// Where each column of one table is.
pub(super) struct Columns {
    pub(super) name: Option<usize>,
    pub(super) id: Option<usize>,
    pub(super) arn: Option<usize>,
    pub(super) app_id: Option<usize>,
    pub(super) object_id: Option<usize>,
    /// E-mail addresses of Google's service accounts.
    pub(super) address: Option<usize>,
    pub(super) kind: Option<usize>,
    pub(super) owners: SmallVec<[usize; 3]>,
    pub(super) created: Option<usize>,
    pub(super) last_used: Option<usize>,
    pub(super) rotated: Option<usize>,
    /// What the heading of `rotated` says that the secret is.
    pub(super) rotated_kind: CredentialKind,
    pub(super) expires: Option<usize>,
    pub(super) environment: Option<usize>,
    pub(super) system: Option<usize>,
    pub(super) status: Option<usize>,
    pub(super) enabled: Option<usize>,
    pub(super) disabled: Option<usize>,
    pub(super) secret_kind: Option<usize>,
    pub(super) secret_id: Option<usize>,
    pub(super) secret_place: Option<usize>,
    pub(super) purposes: SmallVec<[usize; 2]>,
    pub(super) order: DateOrder,
}

impl Columns {
    pub(super) fn of(table: &Table, diagnostics: &mut Diagnostics) -> Columns {
        let names: Vec<_> = table.header().iter().map(|column| folded(column)).collect();
        let mut is_read = vec![false; names.len()];
        let mut take = |words: &[&str]| {
            let at = words.iter().find_map(|word| {
                let word = folded(word);
                (0..names.len()).find(|at| !is_read[*at] && names[*at] == word)
            })?;
            is_read[at] = true;
            Some(at)
        };
        let name = take(NAME).or_else(|| take(FALLBACK_NAME));
        let rotated = take(ROTATED);
        let password_changed = take(PASSWORD_CHANGED);
        let mut columns = Columns {
            name,
            arn: take(ARN),
            app_id: take(APP_ID),
            object_id: take(OBJECT_ID),
            id: take(ID),
            address: None,
            kind: take(KIND),
            owners: std::iter::from_fn(|| take(OWNER)).collect(),
            created: take(CREATED),
            last_used: take(LAST_USED),
            rotated: rotated.or(password_changed),
            rotated_kind: match rotated {
                None if password_changed.is_some() => CredentialKind::Password,
                _ => CredentialKind::Unclassified,
            },
            expires: take(EXPIRES),
            environment: take(ENVIRONMENT),
            system: take(SYSTEM),
            status: take(STATUS),
            enabled: take(ENABLED),
            disabled: take(DISABLED),
            secret_kind: take(SECRET_KIND),
            secret_id: take(SECRET_ID),
            secret_place: take(SECRET_PLACE),
            purposes: [take(PURPOSE), take(DESCRIPTION)].into_iter().flatten().collect(),
            order: DateOrder::MonthFirst,
        };
        columns.address = (0..names.len()).filter(|at| !is_read[*at]).find(|at| {
            let is_address = |cell: &str| cell.trim().ends_with(".gserviceaccount.com");
            names[*at] == "email" && table.cells(*at).any(is_address)
        });
        if let Some(at) = columns.address {
            is_read[at] = true;
        }
        let unread: Vec<_> = table
            .header()
            .iter()
            .zip(&is_read)
            .filter(|(column, is_read)| !column.is_empty() && !**is_read)
            .map(|(column, _)| column.as_str())
            .collect();
        if !unread.is_empty() {
            diagnostics.push(Diagnostic::info(
                "header",
                unread.join(", "),
                "columns such as name, type, owner, created, last used, last rotated, expires, environment, status",
                "these columns are not read; rename them if they say one of these things",
            ));
        }
        columns.order = columns.date_order(table, diagnostics);
        columns
    }

    /// The order of day and month in the whole file: dates with slashes are the ones that can be read two ways.
    fn date_order(&self, table: &Table, diagnostics: &mut Diagnostics) -> DateOrder {
        let slashed = || {
            [self.created, self.last_used, self.rotated, self.expires]
                .into_iter()
                .flatten()
                .flat_map(|column| table.cells(column))
                // A point in a time of day is no point in a date.
                .map(|cell| cell.trim().split(' ').next().unwrap_or(""))
                // Not `n/a`, and not `2026/10/31`, which can be read one way only.
                .filter(|cell| {
                    cell.split_once('/')
                        .is_some_and(|(first, _)| first.parse::<u8>().is_ok())
                })
        };
        let proves = |cell: &str| {
            let mut parts = cell.split('/').take(2);
            parts.any(|part| part.parse::<u8>().is_ok_and(|part| (13..=31).contains(&part)))
        };
        if let Some(cell) = slashed().next().filter(|_| !slashed().any(proves)) {
            diagnostics.push(Diagnostic::info(
                "dates",
                cell,
                "a date that can be read one way, such as `2026-10-31`",
                "no date in this file tells day from month, so they were read as month/day/year",
            ));
        }
        DateOrder::of_column(slashed())
    }
}
