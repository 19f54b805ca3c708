//! What the snapshot, or a part of it, comes to, as a file to send on.

use leptos::prelude::*;
use shared::api::overview::Overview;
use shared::api::query::Facet;
use shared::api::report::{ReportFormat, ReportQuery};

use crate::client::{Answer, Outcome};
use crate::live::Live;
use crate::ui::html::html;
use crate::ui::icon::Icon;
use crate::ui::menu::Menu;
use crate::{format, links, words};

#[component]
pub fn ReportMenu(snapshot: Memo<Option<String>>, overview: Answer<Overview>) -> impl IntoView {
    let live = expect_context::<Live>();
    let asked = RwSignal::new(ReportQuery::default());
    let link = move |format: ReportFormat, title: &'static str| {
        let href = move || {
            links::report(&ReportQuery {
                format,
                snapshot: snapshot.get(),
                ..asked.get()
            })
        };
        html! { <a class="menu-item" href=href download rel="external">{title}</a> }
    };
    // The snapshots before the one that is shown, the last one first: that is what it is compared with by itself.
    let earlier = move || {
        let shown = snapshot.get();
        let snapshots = live
            .state
            .with(|state| state.as_ref().map(|state| state.snapshots.clone()));
        let earlier = snapshots.into_iter().flatten().rev();
        let mut earlier = earlier.skip_while(|known| shown.as_ref().is_some_and(|shown| known.name != *shown));
        earlier.next();
        let named = earlier.map(|known| (known.name, format::date(known.as_of)));
        choice(
            "Compared with",
            "The one before",
            named.skip(1).collect(),
            move |name| {
                asked.update(|asked| asked.compare = name);
            },
        )
    };
    let scope = move |facet: Facet, values: Vec<String>| {
        let named = values.into_iter().map(|value| {
            let word = words::facet_value(facet, &value);
            (value, word)
        });
        choice(words::facet(facet), "All", named.collect(), move |value| {
            asked.update(|asked| {
                asked.scope.retain(|(known, _)| *known != facet);
                asked.scope.extend(value.map(|value| (facet, value)));
            });
        })
    };
    let parts = move || match overview.outcome() {
        Outcome::Ready(overview) => {
            let heat = &overview.heat;
            let teams = overview.governed.breakdowns.iter().flat_map(|teams| &teams.parts);
            html! {
                {scope(Facet::Environment, heat.environments.clone())}
                {scope(Facet::Team, teams.map(|team| team.value.clone()).collect())}
                {scope(Facet::Source, heat.sources.clone())}
            }
        }
        Outcome::Loading | Outcome::Failed(_) => ().into_any(),
    };
    html! {
        <Menu label="Report" symbol=Icon::Save>
            <div class="report-of">{earlier} {parts}</div>
            {link(ReportFormat::Pdf, "PDF, to send on")}
            {link(ReportFormat::Html, "HTML, one file")}
            {link(ReportFormat::Xlsx, "XLSX, a sheet for each topic")}
            {link(ReportFormat::Csv, "CSV, every number")}
            {link(ReportFormat::Json, "JSON, for programs")}
        </Menu>
    }
}

/// One of several values, or what is first.
fn choice(
    label: &'static str,
    first: &'static str,
    values: Vec<(String, String)>,
    chosen: impl Fn(Option<String>) + 'static,
) -> AnyView {
    let of_index: Vec<String> = values.iter().map(|(value, _)| value.clone()).collect();
    // The first has no index; a value may be empty.
    let on_change = move |event| {
        let at: Option<usize> = event_target_value(&event).parse().ok();
        chosen(at.and_then(|at| of_index.get(at).cloned()));
    };
    let options = values.into_iter().enumerate().map(|(at, (_, word))| {
        html! { <option value=at.to_string()>{word}</option> }
    });
    html! {
        <label>
            <span>{label}</span>
            <select class="field" on:change=on_change>
                <option value="">{first}</option>
                {options.collect_view()}
            </select>
        </label>
    }
}
