//! Standards, control by control: how far each is measured, and what the rules found for it.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::compliance::{Compliance, ControlState, FrameworkView, Measured};
use shared::api::query::Facet;

use super::findings::{FindingTabs, Tab};
use crate::client;
use crate::components::export_menu::export_of_snapshot;
use crate::components::kpi_tile::sentence_case;
use crate::components::page_head::PageHead;
use crate::links::{self, List};
use crate::ui::asynchronous;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::ui::prose::prose;
use crate::url_state::use_snapshot;
use crate::{format, words};

#[component]
pub fn CompliancePage() -> impl IntoView {
    let snapshot = use_snapshot();
    let answer = client::compliance(snapshot);
    html! {
        <div class="page rules">
            <PageHead title="Findings" line=|| "What the rules found, by standard. Whether that is compliant is for people to say.">
                {export_of_snapshot("compliance")}
            </PageHead>
            <FindingTabs shown=Tab::Standards />
            {asynchronous::show(answer, move |compliance| ready(&compliance, snapshot.get_untracked().as_deref()))}
        </div>
    }
}

fn ready(compliance: &Arc<Compliance>, snapshot: Option<&str>) -> AnyView {
    let frameworks = compliance.frameworks.iter().map(|of| framework(of, snapshot));
    html! { <div class="source-list">{frameworks.collect_view()}</div> }
}

fn framework(of: &FrameworkView, snapshot: Option<&str>) -> AnyView {
    let n = |state: Measured| of.controls.iter().filter(|control| control.state == state).count();
    let n_open: u64 = of.controls.iter().filter(|control| control.n_findings > 0).count() as u64;
    let facts = format!(
        "{} measured · {} partly · {} not measurable",
        n(Measured::Measured),
        n(Measured::Partly),
        n(Measured::NotMeasurable)
    );
    let open = match n_open {
        0 => html! { <span class="badge is-unknown">"No open finding"</span> },
        n => html! {
            <span class="badge is-fail">{icon(Icon::Warning)} {format!("{} with findings", format::counted(n, "control", "controls"))}</span>
        },
    };
    let rows = of.controls.iter().map(|state| control(state, snapshot)).collect_view();
    html! {
        <details class="card source">
            <summary class="source-head">
                <span class="source-name">{of.title.clone()}</span>
                {open}
                <span class="source-facts">{facts}</span>
            </summary>
            <div class="rule-body">
                <table class="table is-stackable">
                    <thead>
                        <tr>
                            <th scope="col">"Control"</th>
                            <th scope="col">"Measured"</th>
                            <th scope="col">"Found"</th>
                            <th scope="col">"By"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}

fn control(state: &ControlState, snapshot: Option<&str>) -> AnyView {
    let (class, symbol, word) = match state.state {
        Measured::Measured => ("badge is-pass", Icon::Pass, "Measured"),
        Measured::Partly => ("badge is-warning", Icon::Warning, "Partly"),
        Measured::NotMeasurable => ("badge is-unknown", Icon::Unknown, "Not measurable"),
    };
    let because = (!state.because.is_empty()).then(|| {
        html! { <span class="cell-below">{prose(&sentence_case(&state.because))}</span> }
    });
    let found = match state.n_findings {
        0 => html! { <span class="muted">"None"</span> },
        n => {
            let rules = state.rules.iter().map(|code| (Facet::Rule, code.clone()));
            let filters = rules.chain([(Facet::Waived, "no".to_owned())]).collect();
            let href = links::facet_rows(List::Findings, filters, snapshot);
            html! { <a class="number" href=href>{format::number(n)}</a> }
        }
    };
    let waived = (state.n_waived > 0).then(|| format!(", {} waived", format::number(state.n_waived)));
    let unknown = (state.n_unknown > 0).then(|| format!(", {} unknown", format::number(state.n_unknown)));
    let rules = state.rules.iter().map(|code| {
        html! { <a class="tag" href=links::rule(code, snapshot)>{words::sentence(code)}</a> }
    });
    html! {
        <tr>
            <th scope="row">
                <span class="cell-name">{state.id.clone()} <span class="cell-below">{state.title.clone()}</span></span>
            </th>
            <td data-head="Measured">
                <span class="cell-name"><span><span class=class>{icon(symbol)} {word}</span></span> {because}</span>
            </td>
            <td data-head="Found"><span>{found} <span class="muted">{waived} {unknown}</span></span></td>
            <td data-head="By"><span class="tags">{rules.collect_view()}</span></td>
        </tr>
    }
}
