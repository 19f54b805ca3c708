//! The inventory.

use leptos::prelude::*;
use shared::api::query::SortColumn;
use shared::api::rows::IdentityRow;

use crate::components::badges::{governed_badge, status_badge};
use crate::components::columns;
use crate::components::list_page::{ListColumn, ListKind, ListPage, RowContext, Shown, name_cell};
use crate::components::moment::{ends, last_used, maybe_moment, text_or};
use crate::links::{self, List};
use crate::ui::html::html;
use crate::{format, words};

#[component]
pub fn IdentitiesPage() -> impl IntoView {
    let kind = ListKind {
        list: List::Identities,
        title: "Identities",
        noun: ("identity", "identities"),
        columns: columns(),
        card,
        href,
    };
    html! { <ListPage kind=kind /> }
}

fn href(row: &IdentityRow, context: &RowContext) -> Option<String> {
    Some(links::identity(&row.id, context.snapshot.as_deref()))
}

fn card(row: &IdentityRow, context: &RowContext) -> AnyView {
    let below = [
        Some(words::sentence(&row.kind)),
        row.environment.clone(),
        row.team.clone().or_else(|| row.owner.clone()),
        Some(row.source.clone()),
    ];
    let below = below.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    html! {
        <span class="row-card">
            {name_cell(row.name.clone(), Some(below), href(row, context))}
            <span class="row-card-foot">{governed_badge(row.governed, &row.failing)}</span>
        </span>
    }
}

fn columns() -> Vec<ListColumn<IdentityRow>> {
    vec![
        ListColumn::new(
            "name",
            "Name",
            "minmax(180px, 2.4fr)",
            Some(SortColumn::Name),
            Shown::Always,
            |row, context| name_cell(row.name.clone(), None, href(row, context)),
        ),
        columns::kind(Shown::AtFirst),
        columns::environment(Shown::AtFirst),
        columns::owner(Shown::AtFirst),
        columns::team(Shown::OnDemand),
        columns::source(Shown::OnDemand),
        ListColumn::new(
            "account",
            "Account",
            "minmax(120px, 1fr)",
            None,
            Shown::OnDemand,
            |row, _| text_or(row.account.clone(), "None"),
        ),
        ListColumn::new(
            "purpose",
            "Purpose",
            "minmax(160px, 1.4fr)",
            None,
            Shown::OnDemand,
            |row, _| text_or(row.purpose.clone(), "None"),
        ),
        ListColumn::new(
            "status",
            "State",
            "minmax(96px, 0.7fr)",
            Some(SortColumn::Status),
            Shown::AtFirst,
            |row, _| status_badge(&row.status),
        ),
        ListColumn::new(
            "class",
            "Human or not",
            "minmax(110px, 0.8fr)",
            None,
            Shown::OnDemand,
            |row, _| words::sentence(&row.class).into_any(),
        ),
        ListColumn::new(
            "last_used_at",
            "Last used",
            "minmax(106px, 0.8fr)",
            Some(SortColumn::LastUsedAt),
            Shown::AtFirst,
            |row, context| last_used(row.last_used_at, row.last_used, context.as_of),
        ),
        ListColumn::new(
            "created_at",
            "Created",
            "minmax(100px, 0.8fr)",
            Some(SortColumn::CreatedAt),
            Shown::OnDemand,
            |row, context| maybe_moment(row.created_at, context.as_of),
        ),
        ListColumn::new(
            "credentials",
            "Credentials",
            "112px",
            Some(SortColumn::Credentials),
            Shown::OnDemand,
            |row: &IdentityRow, _| format::count(row.n_credentials).into_any(),
        )
        .of_numbers(),
        ListColumn::new(
            "expires_at",
            "First ends",
            "minmax(100px, 0.8fr)",
            Some(SortColumn::ExpiresAt),
            Shown::OnDemand,
            |row, context| ends(row.expires_at, "", context.as_of),
        ),
        ListColumn::new(
            "governed",
            "Governed",
            "minmax(140px, 1.2fr)",
            Some(SortColumn::Governed),
            Shown::AtFirst,
            |row, _| governed_badge(row.governed, &row.failing),
        ),
    ]
}
