//! Governed share by source and environment: a table whose cells are tinted by what fails, each a link to its rows.

use leptos::prelude::*;
use shared::api::overview::Heat;
use shared::api::query::Facet;
use shared::model::ratio::Ratio;

use crate::{format, links, words};

/// Sources shown before "all"; beyond, a table is read no faster than the list behind it.
const N_SHOWN: usize = 10;

#[component]
pub fn HeatMap(heat: Heat, snapshot: Option<String>) -> impl IntoView {
    let is_whole = RwSignal::new(false);
    let n_sources = heat.sources.len();
    let order = order(&heat);
    let heads = heat
        .environments
        .iter()
        .map(|name| view! { <th scope="col">{words::facet_value(Facet::Environment, name)}</th> })
        .collect_view();
    let row = move |source: usize| {
        let cells = (0..heat.environments.len())
            .map(|environment| {
                let cell = heat
                    .cells
                    .iter()
                    .find(|cell| (cell.environment, cell.source) == (environment, source));
                match cell {
                    Some(cell) => {
                        let filters = vec![
                            (Facet::Environment, heat.environments[environment].clone()),
                            (Facet::Source, heat.sources[source].clone()),
                        ];
                        let href = links::kpi_filtered_rows("governed", None, filters, snapshot.as_deref());
                        cell_view(cell.governed, href)
                    }
                    None => view! { <td class="heat-none"><span class="visually-hidden">"None"</span></td> }.into_any(),
                }
            })
            .collect_view();
        view! {
            <tr>
                <th scope="row">
                    <a href=links::source(&heat.sources[source], snapshot.as_deref())>{heat.sources[source].clone()}</a>
                </th>
                {cells}
            </tr>
        }
    };
    let rows = move || {
        let n = if is_whole.get() { n_sources } else { N_SHOWN };
        order.iter().take(n).map(|source| row(*source)).collect_view()
    };
    view! {
        <div class="heat-scroll" tabindex="0" role="group" aria-label="Governed share by source and environment">
            <table class="heat">
                <caption class="visually-hidden">"Governed share by source and environment, with the number of identities"</caption>
                <thead>
                    <tr>
                        <td></td>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {(n_sources > N_SHOWN)
            .then(|| {
                view! {
                    <button
                        type="button"
                        class="button button-quiet"
                        on:click=move |_| is_whole.update(|is_whole| *is_whole = !*is_whole)
                    >
                        {move || {
                            if is_whole.get() {
                                format!("Show the {N_SHOWN} with most to do")
                            } else {
                                format!("Show all {n_sources} sources")
                            }
                        }}
                    </button>
                }
            })}
    }
}

/// By name while all fit; else those first where most fails.
fn order(heat: &Heat) -> Vec<usize> {
    let mut order: Vec<usize> = (0..heat.sources.len()).collect();
    if heat.sources.len() > N_SHOWN {
        let n_short = |source: usize| -> u64 {
            let cells = heat.cells.iter().filter(|cell| cell.source == source);
            cells.map(|cell| cell.governed.fail + cell.governed.unknown).sum()
        };
        order.sort_by_key(|source| std::cmp::Reverse(n_short(*source)));
    }
    order
}

fn cell_view(governed: Ratio, href: Option<String>) -> AnyView {
    let (low, high) = governed.interval().unwrap_or_default();
    let n = format::number(governed.population());
    // Tint by what fails for certain: what is unknown is not a fault.
    let tint = format!("{:.0}%", (1.0 - high) * 100.0);
    let title = format!(
        "{} governed: {} of {n}, {} unknown",
        format::range(low, high),
        format::number(governed.pass),
        format::number(governed.unknown)
    );
    view! {
        <td class="heat-cell" style=("--tint", tint)>
            <a href=href title=title>
                <span class="heat-share">{format::percent_short(low)}</span>
                <span class="heat-count">{n}</span>
            </a>
        </td>
    }
    .into_any()
}
