//! What should not work any more, and for how long it went on.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::history::{Durations, Retirement};

use super::kpi_tile::sentence_case;
use crate::client::Answer;
use crate::ui::asynchronous;
use crate::ui::html::html;
use crate::{format, links, words};

/// Rows that are shown; the API has all.
const MAX_ROWS: usize = 20;

/// Each with its reason and its interval; those that are still active first.
pub fn retired(durations: Answer<Durations>, snapshot: Memo<Option<String>>) -> AnyView {
    let table = move |durations: Arc<Durations>| {
        let snapshot = snapshot.get_untracked();
        let rows = durations.retirements.iter().take(MAX_ROWS);
        let rows = rows.map(|row| line(row, snapshot.as_deref())).collect_view();
        let n_more = durations.n_retirements.saturating_sub(MAX_ROWS);
        let more =
            (n_more > 0).then(|| html! { <p class="card-foot">{format!("And {} more.", format::count(n_more))}</p> });
        html! {
            <p class="card-line">{sentence_case(&durations.revocation.note)}</p>
            <table class="table is-compact">
                <thead>
                    <tr>
                        <th scope="col">"What"</th>
                        <th scope="col">"Should have ended because"</th>
                        <th scope="col">"Since"</th>
                        <th scope="col">"Went on for"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {more}
        }
    };
    html! {
        <details class="strip">
            <summary class="strip-head"><h2>"What went on after its end"</h2></summary>
            <div class="strip-body">{asynchronous::show(durations, table)}</div>
        </details>
    }
}

fn line(row: &Retirement, snapshot: Option<&str>) -> AnyView {
    let name = match &row.identity {
        Some(identity) => html! { <a href=links::identity(identity, snapshot)>{row.name.clone()}</a> },
        None => html! { <span>{row.name.clone()}</span> },
    };
    let least = format::days_long(row.at_least_days.into());
    let days = match row.at_most_days {
        Some(most) if most > row.at_least_days => format!("{least} to {}", format::days_long(most.into())),
        Some(_) => least,
        None => format!("{least} at least; still active"),
    };
    html! {
        <tr>
            <td>{name}</td>
            <td>{words::cause(&row.cause)}</td>
            <td>{format::date(row.since)}</td>
            <td>{days}</td>
        </tr>
    }
}
