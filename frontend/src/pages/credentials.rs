//! What identities authenticate with: how old, how used, when it ends.

use leptos::prelude::*;
use shared::api::query::{Facet, SortColumn};
use shared::api::rows::CredentialRow;
use shared::model::ratio::Verdict;

use crate::client;
use crate::components::age_chart::age_chart;
use crate::components::badges::{status_badge, verdict_badge};
use crate::components::columns;
use crate::components::kpi_tile::KpiStrip;
use crate::components::list_page::{ListColumn, ListKind, ListPage, RowContext, Shown, name_cell};
use crate::components::moment::{absent, ends, last_used, maybe_moment, text_or};
use crate::components::retired::retired;
use crate::components::survival_chart::survival_chart;
use crate::links::{self, List};
use crate::ui::asynchronous;
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::url_state::{use_list_query, use_snapshot};
use crate::{format, words};

#[component]
pub fn CredentialsPage() -> impl IntoView {
    let kind = ListKind {
        list: List::Credentials,
        title: "Credentials",
        noun: ("credential", "credentials"),
        columns: columns(),
        card,
        href,
    };
    html! { <ListPage kind=kind chart=|| html! { <Ages /> } /> }
}

/// Active credentials by kind and age, each count a link; and how long until they are replaced, of the kind that the
/// list is narrowed to.
#[component]
fn Ages() -> impl IntoView {
    let snapshot = use_snapshot();
    let answer = client::overview(snapshot);
    let durations = client::durations(snapshot);
    let query = use_list_query();
    let kind = memo(move || {
        let query = query.get().ok()?;
        let mut kinds = query.filters.into_iter().filter(|(facet, _)| *facet == Facet::Kind);
        kinds.next().filter(|_| kinds.next().is_none()).map(|(_, kind)| kind)
    });
    html! {
        <details class="strip" open=crate::ui::has_room()>
            <summary class="strip-head"><h2>"How old, and how soon replaced"</h2></summary>
            <div class="strip-body strip-pair">
                {asynchronous::show(
                    answer,
                    move |overview| age_chart(&overview.ages, snapshot.get_untracked().as_deref()),
                )}
                {asynchronous::show(durations, move |durations| survival_chart(&durations, kind.get().as_deref()))}
            </div>
        </details>
        <KpiStrip family="credential." />
        {retired(durations, snapshot)}
    }
}

fn href(row: &CredentialRow, context: &RowContext) -> Option<String> {
    row.holder
        .as_ref()
        .map(|holder| links::identity(holder, context.snapshot.as_deref()))
}

/// Its own name, else who holds it.
fn name(row: &CredentialRow) -> String {
    row.name.clone().unwrap_or_else(|| row.id.clone())
}

fn card(row: &CredentialRow, context: &RowContext) -> AnyView {
    let below = [
        Some(words::sentence(&row.kind)),
        row.holder_name.clone(),
        row.environment.clone(),
    ];
    let below = below.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    html! {
        <span class="row-card">
            {name_cell(name(row), Some(below), href(row, context))}
            <span class="row-card-foot">
                {rotation(row.rotation)} <span class="muted">{age(row.age_days)}</span>
            </span>
        </span>
    }
}

fn age(days: Option<i64>) -> String {
    days.map_or_else(
        || "Age not reported".to_owned(),
        |days| format!("{} old", format::days_long(days)),
    )
}

/// Whether it is inside its maximum age.
pub fn rotation(rotation: Option<Verdict>) -> AnyView {
    match rotation {
        Some(Verdict::Pass) => verdict_badge(Verdict::Pass, "In time"),
        Some(Verdict::Fail) => verdict_badge(Verdict::Fail, "Overdue"),
        Some(Verdict::Unknown) => verdict_badge(Verdict::Unknown, "Unknown"),
        None => absent("Not rotated"),
    }
}

fn columns() -> Vec<ListColumn<CredentialRow>> {
    vec![
        ListColumn::new(
            "name",
            "Name",
            "minmax(140px, 1.6fr)",
            Some(SortColumn::Name),
            Shown::Always,
            |row, context| name_cell(name(row), None, href(row, context)),
        ),
        columns::kind(Shown::AtFirst),
        ListColumn::new(
            "holder",
            "Held by",
            "minmax(130px, 1.4fr)",
            None,
            Shown::AtFirst,
            |row, _| match row.n_holders {
                0 | 1 => text_or(row.holder_name.clone(), "Not listed"),
                n => {
                    let name = row.holder_name.clone().unwrap_or_default();
                    html! { <span class="cut is-late" title="Shared">{format!("{name} +{} (shared)", n - 1)}</span> }
                }
            },
        ),
        columns::environment(Shown::OnDemand),
        columns::owner(Shown::OnDemand),
        columns::team(Shown::OnDemand),
        columns::source(Shown::OnDemand),
        ListColumn::new(
            "status",
            "State",
            "minmax(96px, 0.7fr)",
            Some(SortColumn::Status),
            Shown::AtFirst,
            |row, _| status_badge(&row.status),
        ),
        ListColumn::new(
            "created_at",
            "Created",
            "minmax(96px, 0.8fr)",
            Some(SortColumn::CreatedAt),
            Shown::AtFirst,
            |row, context| maybe_moment(row.created_at, context.as_of),
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
            "last_used_for",
            "Used for",
            "minmax(120px, 1fr)",
            None,
            Shown::OnDemand,
            |row, _| text_or(row.last_used_for.clone(), "Not reported"),
        ),
        ListColumn::new(
            "expires_at",
            "Ends",
            "minmax(112px, 0.8fr)",
            Some(SortColumn::ExpiresAt),
            Shown::AtFirst,
            |row, context| ends(row.expires_at, &row.expiry, context.as_of),
        ),
        ListColumn::new(
            "rotation",
            "Rotation",
            "minmax(110px, 0.8fr)",
            None,
            Shown::AtFirst,
            |row, _| rotation(row.rotation),
        ),
        ListColumn::new(
            "fingerprint",
            "Fingerprint",
            "minmax(120px, 0.8fr)",
            None,
            Shown::OnDemand,
            |row, _| match row.fingerprint.clone() {
                Some(fingerprint) => html! { <code class="cut">{fingerprint}</code> },
                None => absent("None"),
            },
        ),
    ]
}
