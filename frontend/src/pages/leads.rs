//! What identities did lately and never before in one snapshot's logs: to be looked at, never a failure.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::leads::{LeadView, Leads};
use shared::model::instant::Instant;

use crate::client;
use crate::components::evidence::evidence_link;
use crate::components::export_menu::export_of_snapshot;
use crate::components::kpi_tile::sentence_case;
use crate::components::moment::moment;
use crate::components::page_head::PageHead;
use crate::format;
use crate::links::{self, Place};
use crate::ui::asynchronous;
use crate::ui::html::html;
use crate::ui::states::EmptyState;
use crate::url_state::use_snapshot;

#[component]
pub fn LeadsPage() -> impl IntoView {
    let snapshot = use_snapshot();
    let answer = client::leads(snapshot);
    html! {
        <div class="page leads">
            <PageHead
                title="Leads"
                line=|| "What identities did lately and never before in this snapshot's logs. To be looked at: nothing here counts as a failure."
            >
                {export_of_snapshot("leads")}
            </PageHead>
            {asynchronous::show(answer, move |leads| ready(&leads, snapshot.get_untracked().as_deref()))}
        </div>
    }
}

fn ready(leads: &Arc<Leads>, snapshot: Option<&str>) -> AnyView {
    if let Some(why) = &leads.not_measured {
        let why = format!("{}. ", sentence_case(why));
        let sources = links::place(Place::Sources, snapshot);
        return html! {
            <section class="card">
                <EmptyState title="Nothing tells how identities act">
                    <p>{why} <a href=sources>"Which exports tell"</a></p>
                </EmptyState>
            </section>
        };
    }
    let kinds = [
        (
            "human_user_agent",
            "Used by a person?",
            "Somebody came with a person's program",
        ),
        (
            "after_silence",
            "Back after a silence?",
            "Nothing was seen of it for long before",
        ),
        (
            "new_service",
            "A service it never used?",
            "What it was given, and never touched",
        ),
        (
            "new_region",
            "From where it never acted?",
            "A Region or a country that is new",
        ),
        (
            "new_network",
            "From a network it never came from?",
            "An address outside its usual networks",
        ),
        (
            "new_user_agent",
            "With a program it never used?",
            "Versions do not count",
        ),
    ];
    let groups = kinds.map(|(kind, title, line)| {
        let rows: Vec<_> = leads
            .leads
            .iter()
            .filter(|lead| lead.kind == kind)
            .map(|lead| row(lead, leads, snapshot))
            .collect();
        (!rows.is_empty()).then(|| {
            html! {
                <section class="card">
                    <header class="card-head">
                        <div>
                            <h2 class="card-title">{title} <span class="count">{format::count(rows.len())}</span></h2>
                            <p class="card-line">{line}</p>
                        </div>
                    </header>
                    <ul class="lead-list">{rows}</ul>
                </section>
            }
        })
    });
    let none = leads.leads.is_empty().then(|| {
        html! {
            <section class="card">
                <EmptyState title="Everybody did what they always do">
                    <p>"No identity of which the logs speak did anything new."</p>
                </EmptyState>
            </section>
        }
    });
    let more = leads.n_leads.saturating_sub(leads.leads.len());
    let more = (more > 0).then(|| html! { <p class="muted">{format!("And {} more.", format::count(more))}</p> });
    html! {
        <p class="lead-baseline">{baseline(leads)}</p>
        {none}
        {groups.collect_view()}
        {more}
    }
}

/// What is held against what, and of how many.
fn baseline(leads: &Leads) -> String {
    let reach = leads.active_from.zip(leads.active_until);
    let reach = reach.map(|(from, until)| {
        let n_days = format::counted(from.days_until(until).max(0) as u64, "day", "days");
        format!(" ({n_days}: {} to {})", format::date(from), format::date(until))
    });
    let reach = reach.unwrap_or_default();
    let unknown = match leads.n_without_baseline {
        0 => String::new(),
        n => format!(
            " Of {} no habit is known: fewer than {} days with activity.",
            format::count(n),
            leads.min_baseline_days
        ),
    };
    format!(
        "The last {} days of each one's logs against all before in this snapshot's logs{reach}, for {}.{unknown}",
        leads.recent_days,
        format::counted(leads.n_identities as u64, "identity", "identities"),
    )
}

fn row(lead: &LeadView, leads: &Leads, snapshot: Option<&str>) -> AnyView {
    let below = [
        lead.team.clone().or_else(|| lead.owner.clone()),
        lead.environment.clone(),
    ];
    let below = below.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    html! {
        <li class="lead">
            <span class="cell-name">
                <a class="breakable" href=links::identity(&lead.identity, snapshot)>{lead.name.clone()}</a>
                <span class="cell-below">{below}</span>
            </span>
            {told(lead, leads.as_of, snapshot)}
        </li>
    }
}

/// What it did, when, and who says so.
pub fn told(lead: &LeadView, as_of: Instant, snapshot: Option<&str>) -> AnyView {
    html! {
        <span class="cell-name">
            <span>{lead.sentence.clone()}</span>
            <span class="cell-below">{moment(lead.at, as_of)} " " {evidence_link(lead.evidence.clone(), snapshot)}</span>
        </span>
    }
}
