//! X.509 certificates: when they end, whether their lifetime is allowed and their keys are sound.

use leptos::prelude::*;
use shared::api::query::SortColumn;
use shared::api::rows::CertificateRow;
use shared::model::ratio::Verdict;

use crate::client;
use crate::components::badges::{status_badge, verdict_badge};
use crate::components::columns;
use crate::components::expiry_chart::{Counted, expiry_chart};
use crate::components::kpi_tile::KpiStrip;
use crate::components::list_page::{ListColumn, ListKind, ListPage, RowContext, Shown, name_cell};
use crate::components::moment::{absent, ends, maybe_moment, text_or};
use crate::components::renewals_chart::renewals_chart;
use crate::links::{self, List};
use crate::ui::asynchronous;
use crate::ui::html::html;
use crate::url_state::use_snapshot;
use crate::{format, words};

#[component]
pub fn CertificatesPage() -> impl IntoView {
    let kind = ListKind {
        list: List::Certificates,
        title: "Certificates",
        noun: ("certificate", "certificates"),
        columns: columns(),
        card,
        href,
    };
    html! { <ListPage kind=kind chart=|| html! { <Expiry /> } /> }
}

/// How many end when, each count a link; how many have to be renewed in each week; and the way to all their numbers.
#[component]
fn Expiry() -> impl IntoView {
    let snapshot = use_snapshot();
    let answer = client::overview(snapshot);
    html! {
        <details class="strip" open=crate::ui::has_room()>
            <summary class="strip-head"><h2>"Time left, and what has to be renewed"</h2></summary>
            <div class="strip-body strip-pair">
                {asynchronous::show(
                    answer,
                    move |overview| {
                        expiry_chart(&overview.expiring, Counted::Certificates, snapshot.get_untracked().as_deref())
                    },
                )}
                {asynchronous::show(answer, move |overview| renewals_chart(&overview))}
            </div>
        </details>
        <KpiStrip family="certificate." />
    }
}

fn href(row: &CertificateRow, context: &RowContext) -> Option<String> {
    row.holder
        .as_ref()
        .map(|holder| links::identity(holder, context.snapshot.as_deref()))
}

/// Its first alternative name, else its subject.
fn name(row: &CertificateRow) -> String {
    let first = row
        .names
        .first()
        .map(|name| name.split_once(':').map_or(name.as_str(), |(_, name)| name).to_owned());
    first.or_else(|| row.subject.clone()).unwrap_or_else(|| row.id.clone())
}

fn card(row: &CertificateRow, context: &RowContext) -> AnyView {
    let below = [
        row.role.as_deref().map(words::sentence),
        row.issuer.clone(),
        row.environment.clone(),
    ];
    let below = below.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    html! {
        <span class="row-card">
            {name_cell(name(row), Some(below), href(row, context))}
            <span class="row-card-foot">
                {status_badge(&row.status)} {ends(row.expires_at, "", context.as_of)}
            </span>
        </span>
    }
}

fn judged(verdict: Option<Verdict>, pass: &'static str, fail: &'static str) -> AnyView {
    match verdict {
        Some(Verdict::Pass) => verdict_badge(Verdict::Pass, pass),
        Some(Verdict::Fail) => verdict_badge(Verdict::Fail, fail),
        Some(Verdict::Unknown) => verdict_badge(Verdict::Unknown, "Unknown"),
        None => absent("Not limited"),
    }
}

fn columns() -> Vec<ListColumn<CertificateRow>> {
    vec![
        ListColumn::new(
            "name",
            "Name",
            "minmax(180px, 2fr)",
            Some(SortColumn::Name),
            Shown::Always,
            |row, context| name_cell(name(row), None, href(row, context)),
        ),
        ListColumn::new(
            "subject",
            "Subject",
            "minmax(160px, 1.4fr)",
            None,
            Shown::OnDemand,
            |row, _| text_or(row.subject.clone(), "Not reported"),
        ),
        ListColumn::new(
            "expires_at",
            "Ends",
            "minmax(96px, 0.8fr)",
            Some(SortColumn::ExpiresAt),
            Shown::AtFirst,
            |row, context| ends(row.expires_at, "", context.as_of),
        ),
        ListColumn::new(
            "status",
            "State",
            "minmax(96px, 0.7fr)",
            Some(SortColumn::Status),
            Shown::OnDemand,
            |row, _| status_badge(&row.status),
        ),
        ListColumn::new("role", "Use", "minmax(116px, 0.7fr)", None, Shown::AtFirst, |row, _| {
            text_or(row.role.as_deref().map(words::sentence), "Not reported")
        }),
        ListColumn::new(
            "trust",
            "Trust",
            "minmax(84px, 0.6fr)",
            None,
            Shown::OnDemand,
            |row, _| text_or(row.trust.as_deref().map(words::sentence), "Unknown"),
        ),
        ListColumn::new(
            "issuer",
            "Issuer",
            "minmax(140px, 1.3fr)",
            None,
            Shown::AtFirst,
            |row, _| text_or(row.issuer.clone(), "Not reported"),
        ),
        ListColumn::new("key", "Key", "minmax(116px, 0.6fr)", None, Shown::AtFirst, |row, _| {
            text_or(row.key.clone(), "Not reported")
        }),
        ListColumn::new(
            "validity",
            "Lifetime",
            "minmax(110px, 0.8fr)",
            None,
            Shown::AtFirst,
            |row, _| match row.validity_days {
                Some(days) => {
                    let title = format!("{days} days from start to end");
                    html! { <span title=title>{judged(row.validity, "Allowed", "Too long")}</span> }
                }
                None => absent("Not reported"),
            },
        ),
        ListColumn::new(
            "strength",
            "Strength",
            "minmax(100px, 0.8fr)",
            None,
            Shown::AtFirst,
            |row, _| match row.strength {
                Some(_) => judged(row.strength, "Sound", "Weak"),
                None => absent("Not reported"),
            },
        ),
        ListColumn::new(
            "holder",
            "Held by",
            "minmax(130px, 1.2fr)",
            None,
            Shown::OnDemand,
            |row, _| text_or(row.holder_name.clone(), "Not listed"),
        ),
        columns::environment(Shown::OnDemand),
        columns::owner(Shown::OnDemand),
        columns::source(Shown::OnDemand),
        ListColumn::new(
            "places",
            "Places",
            "80px",
            None,
            Shown::OnDemand,
            |row: &CertificateRow, _| format::count(row.n_places).into_any(),
        )
        .of_numbers(),
        ListColumn::new(
            "created_at",
            "Starts",
            "minmax(96px, 0.8fr)",
            Some(SortColumn::CreatedAt),
            Shown::OnDemand,
            |row, context| maybe_moment(row.created_at, context.as_of),
        ),
    ]
}
