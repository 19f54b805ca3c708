//! What is wrong: every finding, the worst first.

use leptos::prelude::*;
use shared::api::findings::FindingRow;
use shared::api::query::{Facet, SortColumn};

use crate::components::badges::severity_word;
use crate::components::columns;
use crate::components::list_page::{ListColumn, ListKind, ListPage, RowContext, Shown, name_cell};
use crate::components::moment::text_or;
use crate::components::tabs::tabs;
use crate::links::{self, List};
use crate::ui::html::html;

#[component]
pub fn FindingsPage() -> impl IntoView {
    let kind = ListKind {
        list: List::Findings,
        title: "Findings",
        noun: ("finding", "findings"),
        columns: columns(),
        card,
        href,
    };
    html! { <ListPage kind=kind chart=|| html! { <FindingTabs shown=Tab::List /> } /> }
}

/// The ways to look at findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    List,
    Rules,
    Standards,
}

#[component]
pub fn FindingTabs(shown: Tab) -> impl IntoView {
    let titles = [
        (Tab::List, "Each finding"),
        (Tab::Rules, "By rule"),
        (Tab::Standards, "By standard"),
    ];
    tabs("Findings", shown, &titles, |tab, snapshot| match tab {
        Tab::List => links::facet_rows(List::Findings, Vec::new(), snapshot),
        Tab::Rules => links::rules(snapshot),
        Tab::Standards => links::compliance(snapshot),
    })
}

fn href(row: &FindingRow, context: &RowContext) -> Option<String> {
    Some(links::finding(&row.key, context.snapshot.as_deref()))
}

fn card(row: &FindingRow, context: &RowContext) -> AnyView {
    let below = [
        Some(row.subject_name.clone()),
        row.environment.clone(),
        row.team.clone(),
    ];
    let below = below.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    html! {
        <span class="row-card">
            {name_cell(row.title.clone(), Some(below), href(row, context))}
            <span class="row-card-foot">
                {severity_word(&row.severity)} {waived(row)}
                <span class="muted cut">{row.observed.clone()}</span>
            </span>
        </span>
    }
}

fn waived(row: &FindingRow) -> Option<AnyView> {
    row.waived_by.clone().map(|by| {
        let title = format!("Waived by {by}: {}", row.waived_because.clone().unwrap_or_default());
        html! { <span class="tag" title=title>"Waived"</span> }
    })
}

fn columns() -> Vec<ListColumn<FindingRow>> {
    vec![
        ListColumn::new(
            "severity",
            "Severity",
            "minmax(96px, 0.6fr)",
            Some(SortColumn::Severity),
            Shown::Always,
            |row, _| {
                html! { <span title=row.because.clone()>{severity_word(&row.severity)}</span> }
            },
        ),
        ListColumn::new(
            "title",
            "Finding",
            "minmax(204px, 1.4fr)",
            Some(SortColumn::Rule),
            Shown::Always,
            |row, context| {
                let waived = row.waived_by.as_ref().map(|by| format!("Waived by {by}"));
                name_cell(row.title.clone(), waived, href(row, context))
            },
        ),
        ListColumn::new(
            "subject",
            "About",
            "minmax(150px, 1.4fr)",
            Some(SortColumn::Name),
            Shown::AtFirst,
            |row, context| match &row.identity {
                Some(identity) => {
                    let href = links::identity(identity, context.snapshot.as_deref());
                    html! { <a class="cut" href=href>{row.subject_name.clone()}</a> }
                }
                None => text_or(Some(row.subject_name.clone()), "Not named"),
            },
        ),
        ListColumn::new(
            "observed",
            "Seen",
            "minmax(190px, 2fr)",
            None,
            Shown::AtFirst,
            |row, _| text_or(Some(row.observed.clone()), "Not reported"),
        ),
        ListColumn::new(
            "threshold",
            "Limit",
            "minmax(80px, 0.5fr)",
            None,
            Shown::OnDemand,
            |row, _| text_or(row.threshold.clone(), "None"),
        ),
        ListColumn::new(
            "because",
            "Severe because",
            "minmax(150px, 1.2fr)",
            None,
            Shown::OnDemand,
            |row, _| text_or(Some(row.because.clone()), ""),
        ),
        columns::kind(Shown::OnDemand),
        columns::environment(Shown::AtFirst),
        columns::owner(Shown::AtFirst),
        columns::team(Shown::OnDemand),
        columns::source(Shown::OnDemand),
        ListColumn::new(
            "waived",
            "Waiver",
            "minmax(84px, 0.5fr)",
            None,
            Shown::OnDemand,
            |row, _| match waived(row) {
                Some(tag) => tag,
                None => html! { <span class="muted">"None"</span> },
            },
        ),
    ]
}

/// The findings of one rule.
pub fn of_rule(code: &str, more: Vec<(Facet, String)>, snapshot: Option<&str>) -> String {
    let filters = std::iter::once((Facet::Rule, code.to_owned())).chain(more);
    links::facet_rows(List::Findings, filters.collect(), snapshot)
}
