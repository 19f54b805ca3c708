//! What would be, were a limit another: who fails then, and the configuration that makes it so.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::what_if::{
    IdentityEffect, KpiEffect, OwnerEffect, ThresholdView, TriedPoint, TriedTrend, WhatIf, WhatIfTrend,
};
use shared::charts::Ink;
use shared::charts::trend::{self as chart, Scale, Standing, TrendPoint};
use shared::kpi::catalog;

use super::kpis::{KpiTabs, Tab};
use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow};
use crate::client::{self, Outcome};
use crate::components::export_menu::export_menu;
use crate::components::kpi_tile::sentence_case;
use crate::components::page_head::PageHead;
use crate::components::trend;
use crate::ui::asynchronous;
use crate::ui::copy::copy_button;
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::ui::states::EmptyState;
use crate::url_state::{Step, use_go, use_location, use_snapshot};
use crate::{format, links, words};

/// Identities and owners that are shown: the first, which the answer puts in order.
const N_SHOWN: usize = 25;

#[component]
pub fn WhatIfPage() -> impl IntoView {
    let search = use_location().search;
    let snapshot = use_snapshot();
    let answer = client::what_if(search);
    let over_time = client::what_if_trend(search);
    let go = use_go();
    let tried = Callback::new(move |(name, value): (String, String)| {
        // The field lets other numbers in, which are no limits.
        if !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        let link = links::what_if(&search.get_untracked(), &name, &value);
        go.run((link, Step::Recorded));
    });
    // The fields stay in the document, and so keep the focus, while answers come and go.
    let limits = Memo::new(move |before: Option<&Vec<ThresholdView>>| match answer.outcome() {
        Outcome::Ready(what_if) => what_if.thresholds.clone(),
        Outcome::Loading | Outcome::Failed(_) => before.cloned().unwrap_or_default(),
    });
    let n_limits = memo(move || limits.with(Vec::len));
    let fields = move || {
        (0..n_limits.get())
            .map(|at| limit_row(limits, at, tried))
            .collect_view()
    };
    let is_tried = memo(move || limits.with(|limits| limits.iter().any(|limit| limit.tried.is_some())));
    let reset = move || {
        is_tried.get().then(|| {
            let link = links::what_if_none(snapshot.get().as_deref());
            html! { <a class="button" href=link data-noscroll>"Back to the limits in force"</a> }
        })
    };
    html! {
        <div class="page what-if">
            <PageHead title="KPIs" line=|| "Try other limits: who would fail, and what to put into rollcall.toml. Nothing is kept.">
                {export_menu("what-if", search, memo(|| "Whom it concerns".to_owned()))}
            </PageHead>
            <KpiTabs shown=Tab::WhatIf />
            <div class="what-if-grid">
                <section class="card" aria-labelledby="title-limits">
                    <h2 class="card-title" id="title-limits">"Limits"</h2>
                    <ul class="limits">{fields}</ul>
                    {reset}
                </section>
                <div class="identity-main">
                    {asynchronous::steady(answer, move |what_if| ready(&what_if, snapshot.get_untracked().as_deref()))}
                    {asynchronous::steady(over_time, move |trend| back_in_time(&trend, &search.get_untracked()))}
                </div>
            </div>
        </div>
    }
}

fn limit_row(limits: Memo<Vec<ThresholdView>>, at: usize, tried: Callback<(String, String)>) -> AnyView {
    let of = move |read: fn(&ThresholdView) -> String| limits.with(|limits| limits.get(at).map(read));
    let key = of(|limit| limit.name.clone()).unwrap_or_default();
    let (title, unit) = words::threshold(&key);
    let is_tried = move || limits.with(|limits| limits.get(at).is_some_and(|limit| limit.tried.is_some()));
    let shown = move || of(|limit| limit.tried.unwrap_or(limit.value).to_string());
    let now = move || {
        of(|limit| match limit.tried {
            Some(_) => format!("{} in force, set by {}", limit.value, limit.set_by),
            None => format!("Set by {}", limit.set_by),
        })
    };
    html! {
        <li class="limit" class:is-tried=is_tried>
            <label class="limit-label">
                <span>{title}</span>
                <input
                    class="field limit-field"
                    type="number"
                    min="0"
                    max="100000"
                    prop:value=shown
                    on:change=move |event| tried.run((key.clone(), event_target_value(&event)))
                />
            </label>
            <span class="limit-unit muted">{unit}</span>
            <span class="cell-below">{now}</span>
        </li>
    }
}

fn ready(what_if: &Arc<WhatIf>, snapshot: Option<&str>) -> AnyView {
    match what_if.thresholds.iter().any(|limit| limit.tried.is_some()) {
        true => effects(what_if, snapshot),
        false => html! {
            <section class="card">
                <EmptyState title="Change a limit to see what it does">
                    <p>"The numbers, owners and identities that it changes come up here."</p>
                </EmptyState>
            </section>
        },
    }
}

fn effects(what_if: &WhatIf, snapshot: Option<&str>) -> AnyView {
    let moved = what_if
        .kpis
        .iter()
        .map(|effect| kpi_row(effect, snapshot))
        .collect_view();
    let owners: Vec<_> = what_if.owners.iter().take(N_SHOWN).map(owner_row).collect();
    let identities: Vec<_> = what_if
        .identities
        .iter()
        .take(N_SHOWN)
        .map(|identity| identity_row(identity, snapshot))
        .collect();
    let more = what_if.n_identities.saturating_sub(identities.len());
    let more = (more > 0).then(|| html! { <p class="card-foot">{format!("Those that would fail most come first. And {} more: /api/v1/what-if lists a thousand.", format::count(more))}</p> });
    let nobody = identities.is_empty();
    html! {
        <section class="card" aria-labelledby="title-effects">
            <h2 class="card-title" id="title-effects">"What it changes"</h2>
            <div class="table-scroll">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"KPI"</th>
                            <th scope="col" class="is-number">"Now"</th>
                            <th scope="col" class="is-number">"Then"</th>
                            <th scope="col" class="is-number">"More fail"</th>
                            <th scope="col" class="is-number">"Fewer fail"</th>
                        </tr>
                    </thead>
                    <tbody>{moved}</tbody>
                </table>
            </div>
        </section>
        <section class="card" aria-labelledby="title-config">
            <h2 class="card-title" id="title-config">"To make it so"</h2>
            <p class="card-line">"Put it below the line [thresholds] of rollcall.toml (add that line where there is none), with your name and the day. Rollcall reads it by itself."</p>
            <div class="command-box">
                <pre class="command" tabindex="0">{what_if.config.clone()}</pre>
                {copy_button(what_if.config.clone())}
            </div>
        </section>
        <section class="card" aria-labelledby="title-whom">
            <h2 class="card-title" id="title-whom">
                "Whom it concerns"
                <span class="count">{format::count(what_if.n_identities)}</span>
            </h2>
            {nobody.then(|| html! { <p class="card-empty">"Nobody: no KPI judges anybody otherwise. Findings are not judged anew here."</p> })}
            {(!nobody).then(|| html! {
                <table class="table is-compact what-if-owners">
                    <thead>
                        <tr>
                            <th scope="col">"Team or owner"</th>
                            <th scope="col" class="is-number">"Fail more"</th>
                            <th scope="col" class="is-number">"Fail less"</th>
                        </tr>
                    </thead>
                    <tbody>{owners}</tbody>
                </table>
                <ul class="ids">{identities}</ul>
                {more}
            })}
        </section>
    }
}

/// How many would have failed all along: a chart for each KPI that would have said something else.
fn back_in_time(trend: &WhatIfTrend, search: &str) -> AnyView {
    if trend.kpis.is_empty() || trend.snapshots.len() < 2 {
        return html! {};
    }
    let is_other = |kpi: &&TriedTrend| kpi.points.iter().any(|point| point.in_force != point.tried);
    let charts: Vec<_> = trend
        .kpis
        .iter()
        .filter(is_other)
        .map(|kpi| html! { <div class="card">{tried_chart(trend, kpi, search)}</div> })
        .collect();
    match charts.is_empty() {
        true => html! { <p class="card card-empty">"In no snapshot would a number have been another."</p> },
        false => html! { {charts} },
    }
}

fn tried_chart(trend: &WhatIfTrend, kpi: &TriedTrend, search: &str) -> AnyView {
    let points = || trend.snapshots.iter().zip(&kpi.points);
    let line = |count: fn(&TriedPoint) -> Option<usize>, word: &str| {
        let point = points().map(|(snapshot, point)| TrendPoint {
            at: snapshot.as_of,
            value: count(point).map(|n| n as f64),
            upper: None,
            standing: match point.comparable {
                true => Standing::Comparable,
                false => Standing::Incomparable,
            },
            label: format!("{}: {} {word}", format::date(snapshot.as_of), fails(count(point))),
        });
        point.collect()
    };
    let data = chart::Trend {
        points: line(|point| point.in_force, "fail"),
        others: line(|point| point.tried, "would fail"),
        scale: Scale::Number,
    };
    let rows = points().map(|(snapshot, point)| {
        let href = Some(links::what_if(search, "snapshot", &snapshot.name));
        let cell = |text, href| TwinCell { text, href };
        let compared = point.reason.clone().unwrap_or_else(|| "comparable".to_owned());
        TwinRow {
            name: format::date(snapshot.as_of),
            cells: vec![
                cell(fails(point.in_force), href.clone()),
                cell(fails(point.tried), href),
                cell(sentence_case(&compared), None),
            ],
        }
    });
    let twin = Twin {
        heads: ["Snapshot", "Fail", "Would fail", "Compared"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
    };
    let legend = vec![
        ("Limits in force".to_owned(), Ink::Series1),
        ("Limits tried".to_owned(), Ink::Series2),
    ];
    let title = format!("{}: how many fail, back in time", kpi_title(&kpi.id));
    let line = "Hollow where sources cannot be compared; a point leads to whom it concerns then";
    let draw: Draw = Arc::new(move |width, paint| chart::svg(&data, width, trend::CHART_HEIGHT, paint));
    html! { <ChartFrame title=title line=line draw=draw twin=twin legend=legend /> }
}

fn fails(n: Option<usize>) -> String {
    n.map_or_else(|| "no number".to_owned(), format::count)
}

fn kpi_title(id: &str) -> String {
    catalog::find(id).map_or_else(|| id.to_owned(), |kpi| kpi.title.to_owned())
}

fn kpi_row(effect: &KpiEffect, snapshot: Option<&str>) -> AnyView {
    let count = |n: usize| if n == 0 { "–".to_owned() } else { format::count(n) };
    html! {
        <tr>
            <th scope="row"><a href=links::kpi(&effect.id, snapshot)>{kpi_title(&effect.id)}</a></th>
            <td class="is-number">{trend::value_text(&effect.unit, effect.before, effect.before_upper)}</td>
            <td class="is-number">{trend::value_text(&effect.unit, effect.after, effect.after_upper)}</td>
            <td class="is-number">{count(effect.n_more)}</td>
            <td class="is-number">{count(effect.n_fewer)}</td>
        </tr>
    }
}

fn owner_row(effect: &OwnerEffect) -> AnyView {
    let owner = effect.owner.clone().unwrap_or_else(|| "Nobody recorded".to_owned());
    html! {
        <tr>
            <th scope="row">{owner}</th>
            <td class="is-number">{format::count(effect.n_more)}</td>
            <td class="is-number">{format::count(effect.n_fewer)}</td>
        </tr>
    }
}

fn identity_row(effect: &IdentityEffect, snapshot: Option<&str>) -> AnyView {
    let titles = |ids: &[String]| {
        let quoted = ids.iter().map(|id| format!("“{}”", kpi_title(id)));
        quoted.collect::<Vec<_>>().join(", ")
    };
    let more = (!effect.more.is_empty()).then(|| format!("would fail {}", titles(&effect.more)));
    let fewer = (!effect.fewer.is_empty()).then(|| format!("would not fail {}", titles(&effect.fewer)));
    let what: Vec<_> = more.into_iter().chain(fewer).collect();
    html! {
        <li>
            <a class="breakable" href=links::identity(&effect.id, snapshot)>{effect.name.clone()}</a>
            <span class="cell-below">{format!(" {}", what.join("; "))}</span>
        </li>
    }
}
