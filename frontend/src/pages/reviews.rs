//! Access reviews: whose are due, what an owner is to review, and how: a file goes out, a table comes back.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::query::DEFAULT_LIMIT;
use shared::api::reviews::{OwnerReviews, Review, ReviewCounts, ReviewQuery, ReviewRow, ReviewState, Reviews};
use shared::model::instant::Instant;

use crate::client::{self, Outcome};
use crate::components::badges::badge;
use crate::components::export_menu::export_of_snapshot;
use crate::components::kpi_tile::sentence_case;
use crate::components::moment::moment;
use crate::components::page_head::PageHead;
use crate::components::pager::pager;
use crate::links::{self, Place};
use crate::ui::asynchronous;
use crate::ui::copy::copy_button;
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::ui::icon::Icon;
use crate::url_state::{use_review_query, use_snapshot};
use crate::{format, words};

/// Of nobody.
const NOBODY: &str = "Nobody recorded";
/// Columns of numbers on a phone.
const N_NARROW: usize = 4;

#[component]
pub fn ReviewsPage() -> impl IntoView {
    let snapshot = use_snapshot();
    let asked = use_review_query();
    let page = move || match asked.get() {
        None => owners(snapshot),
        Some(_) => one_owner(memo(move || asked.get().unwrap_or_default())),
    };
    html! { <div class="page reviews">{page}</div> }
}

fn owners(snapshot: Memo<Option<String>>) -> AnyView {
    let answer = client::reviews(snapshot);
    let line = move || match answer.outcome() {
        Outcome::Ready(reviews) => holds_for(reviews.period_days, &reviews.period_set_by),
        Outcome::Loading | Outcome::Failed(_) => "\u{a0}".to_owned(),
    };
    html! {
        <PageHead title="Reviews" line=move || html! { {line} }>
            {export_of_snapshot("reviews")}
        </PageHead>
        {asynchronous::show(answer, move |reviews| all(&reviews, snapshot.get_untracked().as_deref()))}
    }
}

fn holds_for(period_days: u32, set_by: &str) -> String {
    format!("Is the access still needed? An owner's answer holds for {period_days} days ({set_by}).")
}

fn all(reviews: &Arc<Reviews>, snapshot: Option<&str>) -> AnyView {
    let not_measured = reviews
        .not_measured
        .as_deref()
        .map(|why| html! { <p class="card-line">{format!("{}.", sentence_case(why))}</p> });
    let rows = reviews.owners.iter().map(|owner| owner_row(owner, snapshot));
    let heads = counted().into_iter().enumerate().map(|(at, (title, why, _))| {
        html! { <th scope="col" class=number_class(at) title=why>{title}</th> }
    });
    html! {
        <section class="card" aria-labelledby="title-owners">
            <h2 class="card-title" id="title-owners">"Whose reviews are due?"</h2>
            {not_measured}
            <div class="table-scroll">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Owner"</th>
                            {heads.collect_view()}
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                    <tfoot>
                        <tr>
                            <th scope="row">"All"</th>
                            {cells(&reviews.total)}
                        </tr>
                    </tfoot>
                </table>
            </div>
        </section>
        {how_to(None)}
    }
}

/// A number of an owner's identities: its title, what it means, and where it stands.
type Counted = (&'static str, &'static str, fn(&ReviewCounts) -> usize);

/// What is counted. A phone has room for the first [`N_NARROW`].
fn counted() -> [Counted; 8] {
    [
        ("To review", "Void, overdue or never reviewed", |counts| {
            counts.n_to_review
        }),
        ("Void", "Decided on, and the access has changed since", |counts| {
            counts.n_void
        }),
        ("Overdue", "The last review is older than it may be", |counts| {
            counts.n_overdue
        }),
        ("Never", "No review is on record", |counts| counts.n_never),
        ("Not known", "The snapshot does not hold all of the access", |counts| {
            counts.n_unknown
        }),
        ("In time", "Reviewed, and nothing has changed since", |counts| {
            counts.n_in_time
        }),
        (
            "Not done",
            "Decided to change or remove, and the access is still what it was",
            |counts| counts.n_not_carried_out,
        ),
        ("Identities", "Non-human identities in scope", |counts| {
            counts.n_identities
        }),
    ]
}

fn cells(counts: &ReviewCounts) -> AnyView {
    let cells = counted().into_iter().enumerate().map(|(at, (_, _, count))| {
        html! { <td class=number_class(at) class:muted=count(counts) == 0>{format::count(count(counts))}</td> }
    });
    html! { {cells.collect_view()} }
}

fn number_class(at: usize) -> &'static str {
    if at < N_NARROW {
        "is-number"
    } else {
        "is-number only-wide"
    }
}

fn owner_row(owner: &OwnerReviews, snapshot: Option<&str>) -> AnyView {
    let href = links::review(owner.owner.as_deref().unwrap_or_default(), 0, snapshot);
    html! {
        <tr>
            <th scope="row"><a href=href>{owner.owner.clone().unwrap_or_else(|| NOBODY.to_owned())}</a></th>
            {cells(&owner.counts)}
        </tr>
    }
}

/// The command that makes the files, and where the answer goes.
fn how_to(owner: Option<&str>) -> AnyView {
    let owner = owner.map_or_else(|| "TEAM".to_owned(), |owner| owner.replace('"', "\\\""));
    let command = format!("rollcall review export ESTATE --owner \"{owner}\" --out outbox");
    html! {
        <section class="card" aria-labelledby="title-how">
            <h2 class="card-title" id="title-how">"How is one done?"</h2>
            <div class="command-box">
                <pre class="command" tabindex="0">{command.clone()}</pre>
                {copy_button(command)}
            </div>
            <p class="card-line">
                "It writes a page to read and a table to fill in. The owner writes keep, change or remove; put the table into the folder "
                <code>"reviews"</code>
                " of the estate, beside the snapshots. A decision is void once the access changes."
            </p>
        </section>
    }
}

fn one_owner(asked: Memo<ReviewQuery>) -> AnyView {
    let answer = client::review(asked);
    let snapshot = use_snapshot();
    let title = move || {
        let owner = asked.with(|asked| asked.owner.clone());
        if owner.is_empty() { NOBODY.to_owned() } else { owner }
    };
    let line = move || match answer.outcome() {
        Outcome::Ready(review) => holds_for(review.period_days, &review.period_set_by),
        Outcome::Loading | Outcome::Failed(_) => "\u{a0}".to_owned(),
    };
    html! {
        <nav class="crumbs" aria-label="Above this page">
            <a href=move || links::place(Place::Reviews, snapshot.get().as_deref())>"Reviews"</a>
        </nav>
        <PageHead title=Signal::derive(title) line=move || html! { {line} } />
        {asynchronous::show(answer, move |review| of_owner(&review, asked.get_untracked().snapshot.as_deref()))}
    }
}

fn of_owner(review: &Arc<Review>, snapshot: Option<&str>) -> AnyView {
    let rows: Vec<_> = review
        .rows
        .iter()
        .map(|row| identity_row(row, review.as_of, snapshot))
        .collect();
    let facts = counted().map(|(title, why, count)| {
        html! {
            <div class="fact" title=why>
                <dt>{title}</dt>
                <dd>{format::count(count(&review.counts))}</dd>
            </div>
        }
    });
    let owner = review.owner.as_deref().unwrap_or_default();
    let shown = review.offset..review.offset + rows.len();
    let at = |offset| links::review(owner, offset, snapshot);
    html! {
        <section class="card" aria-labelledby="title-rows">
            <h2 class="card-title" id="title-rows">"What is to review first?"</h2>
            <dl class="facts review-counts">{facts.collect_view()}</dl>
            <div class="table-scroll">
                <table class="table is-stackable">
                    <thead>
                        <tr>
                            <th scope="col">"Identity"</th>
                            <th scope="col">"Review"</th>
                            <th scope="col">"Comes to"</th>
                            <th scope="col">"Last used"</th>
                            <th scope="col">"Would break"</th>
                            <th scope="col">"Findings"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {pager(shown, review.counts.n_identities, ("identity", "identities"), DEFAULT_LIMIT, &at)}
        </section>
        {how_to(Some(owner))}
    }
}

fn identity_row(row: &ReviewRow, as_of: Instant, snapshot: Option<&str>) -> AnyView {
    let below = [
        Some(words::sentence(&row.kind)),
        Some(row.source.clone()),
        row.environment.clone(),
    ];
    let below = below.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let comes_to = match row.tier == row.at_most {
        true => words::sentence(&row.tier),
        false => format!(
            "{}, perhaps {}",
            words::sentence(&row.tier),
            words::sentence(&row.at_most).to_ascii_lowercase()
        ),
    };
    let decided = row.decision.as_ref().map(|decision| {
        let by = row
            .decided_by
            .as_ref()
            .map(|by| format!(" by {by}"))
            .unwrap_or_default();
        format!("{}{by}", words::sentence(decision))
    });
    let reviewed = row.reviewed_at.map(|at| moment(at, as_of));
    html! {
        <tr>
            <th scope="row">
                <span class="cell-name">
                    <a class="breakable" href=links::identity(&row.identity, snapshot)>{row.name.clone()}</a>
                    <span class="cell-below">{below}</span>
                </span>
            </th>
            <td data-head="Review">
                <span class="cell-name">
                    <span>{state_badge(row.state)} " " {reviewed}</span>
                    <span class="cell-below">{decided}</span>
                </span>
            </td>
            <td data-head="Comes to">{comes_to}</td>
            <td data-head="Last used">{sentence_case(row.last_used.trim_start_matches("last used "))}</td>
            <td data-head="Would break">{told(&row.would_break, "Nothing that was read")}</td>
            <td data-head="Findings">{told(&row.findings, "None")}</td>
        </tr>
    }
}

/// The first phrase, and all of them on hover.
fn told(phrases: &[String], none: &'static str) -> AnyView {
    match phrases {
        [] => html! { <span class="muted">{none}</span> },
        [first, rest @ ..] => {
            let more = (!rest.is_empty()).then(|| format!(" +{}", rest.len()));
            html! { <span class="breakable" title=phrases.join("\n")>{first.clone()} <span class="muted">{more}</span></span> }
        }
    }
}

/// How a review stands.
fn state_badge(state: ReviewState) -> AnyView {
    match state {
        ReviewState::Void => badge("is-fail", Icon::Changed, "Void"),
        ReviewState::Overdue => badge("is-warning", Icon::Calendar, "Overdue"),
        ReviewState::Never => badge("is-warning", Icon::Warning, "Never"),
        ReviewState::Unknown => badge("is-unknown", Icon::Unknown, "Not known"),
        ReviewState::InTime => badge("is-pass", Icon::Pass, "In time"),
    }
}
