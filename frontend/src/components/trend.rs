//! How a number went over the snapshots: what changed, the line beside it, and the whole chart.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::history::{KpiChange, Point, Trend, TrendSnapshot, Trends};
use shared::charts::questions;
use shared::charts::trend::{self, Standing};
use shared::model::ratio::Verdict;

use super::kpi_tile::sentence_case;
use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow};
use crate::client::{Answer, Outcome};
use crate::live::Live;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::{format, links};

pub const CHART_HEIGHT: u32 = 232;
const SPARK_WIDTH: u32 = 112;
const SPARK_HEIGHT: u32 = 30;

/// What changed and the line, beside a number of the Overview. Until the answer comes its place is kept: reading all
/// snapshots for the first time takes a moment.
pub fn beside(id: String, trends: Answer<Trends>) -> AnyView {
    let live = expect_context::<Live>();
    let has_history = move || {
        let n_snapshots = live
            .state
            .with(|state| state.as_ref().map_or(0, |state| state.snapshots.len()));
        n_snapshots > 1
    };
    let now = move || match trends.outcome() {
        Outcome::Loading if has_history() => Some(html! { <span class="trend"></span> }),
        Outcome::Ready(trends) if trends.snapshots.len() > 1 => {
            let trend = trends.kpis.iter().find(|trend| trend.id == id)?;
            Some(html! {
                <span class="trend">{change(&trends, trend)} {spark(&trends, trend)}</span>
            })
        }
        Outcome::Ready(_) | Outcome::Loading | Outcome::Failed(_) => None,
    };
    html! { {now} }
}

/// The rows behind a number of one snapshot; the KPI there, where no list shows them.
pub fn rows_at(trend: &Trend, snapshot: &str) -> String {
    let rows = (trend.unit == "share").then(|| links::kpi_rows(&trend.id, Some(Verdict::Pass), Some(snapshot)));
    rows.flatten().unwrap_or_else(|| links::kpi(&trend.id, Some(snapshot)))
}

/// The change since the earlier snapshot, or that none is claimed and why.
pub fn change(trends: &Trends, trend: &Trend) -> AnyView {
    let since = snapshot(trends, &trends.from).map(|from| format!("since {}", format::day_of_year(from.as_of)));
    let Some(change) = &trend.change else {
        let why = trend
            .note
            .clone()
            .unwrap_or_else(|| "no snapshot before has it".to_owned());
        let title = format!("No change is claimed: {why}");
        return html! { <span class="change-word is-open" title=title>"Not comparable"</span> };
    };
    let difference = difference(&trend.unit, change);
    let is_seen = difference != NO_CHANGE;
    let class = match change.direction.as_str() {
        _ if !is_seen => "change-word",
        "better" => "change-word is-pass",
        "worse" => "change-word is-fail",
        _ => "change-word",
    };
    let symbol = if !is_seen {
        Icon::Same
    } else if change.to > change.from {
        Icon::Rise
    } else {
        Icon::Fall
    };
    let note = (!change.left_out.is_empty()).then(|| {
        let why = trend.note.clone().unwrap_or_default();
        format!("Without {}: {why}", change.left_out.join(", "))
    });
    let part = note
        .is_some()
        .then(|| html! { <span class="visually-hidden">" of what can be compared"</span> });
    let judgement = match change.direction.as_str() {
        "better" | "worse" if is_seen => change.direction.clone(),
        _ => String::new(),
    };
    let is_part = note.is_some();
    html! {
        <span class=class class:is-part=is_part title=note>
            {icon(symbol)}
            <span>
                {difference} " " <span class="visually-hidden">{judgement}</span>
                <span class="change-since">{since}</span>
                {part}
            </span>
        </span>
    }
}

/// What is too small to be written.
const NO_CHANGE: &str = "no change";

/// `+2.3 points`, `-12`
pub fn difference(unit: &str, change: &KpiChange) -> String {
    let by = change.to - change.from;
    let (by, unit) = match unit {
        "share" => (by * 100.0, " points"),
        "days" => (by, " days"),
        _ => (by, ""),
    };
    let text = format::decimal(by);
    match text.as_str() {
        "0" | "-0" => NO_CHANGE.to_owned(),
        _ if by > 0.0 => format!("+{text}{unit}"),
        _ => format!("{text}{unit}"),
    }
}

/// The line alone.
pub fn spark(trends: &Trends, trend: &Trend) -> AnyView {
    let data = data(trends, trend);
    let ends = [data.points.first(), data.points.last()];
    let label: Vec<_> = ends.into_iter().flatten().map(|point| point.label.as_str()).collect();
    let label = label.join("; ");
    let picture = trend::spark(&data, SPARK_WIDTH, SPARK_HEIGHT).svg;
    html! { <span class="spark" role="img" aria-label=label.clone() title=label inner_html=picture></span> }
}

/// The whole chart.
pub fn trend_chart(title: &str, trends: &Trends, trend: &Trend) -> AnyView {
    let data = data(trends, trend);
    let n_open = data
        .points
        .iter()
        .filter(|point| point.standing == Standing::Incomparable)
        .count();
    let line = match n_open {
        0 => "In every snapshot, over the same sources".to_owned(),
        _ => "Hollow where sources were missing or partial, so that no change is claimed".to_owned(),
    };
    let rows = trends.snapshots.iter().zip(&trend.points).map(|(snapshot, point)| {
        let href = point.value.map(|_| rows_at(trend, &snapshot.name));
        let cell = |text: String| TwinCell { text, href: None };
        TwinRow {
            name: format::date(snapshot.as_of),
            cells: vec![
                TwinCell {
                    text: value_text(&trend.unit, point.value, point.upper),
                    href,
                },
                cell(value_text(&trend.unit, point.like, point.like_upper)),
                cell(sentence_case(
                    &point.reason.clone().unwrap_or_else(|| "comparable".to_owned()),
                )),
            ],
        }
    });
    let twin = Twin {
        heads: ["Snapshot", "Number", "Over steady sources", "Compared with the newest"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
    };
    let draw: Draw = Arc::new(move |width, paint| trend::svg(&data, width, CHART_HEIGHT, paint));
    html! { <ChartFrame title=format!("How did “{title}” go over time?") line=line draw=draw twin=twin /> }
}

fn data(trends: &Trends, trend: &Trend) -> trend::Trend {
    questions::trend(trends, trend, |snapshot, point| label(&trend.unit, snapshot, point))
}

fn label(unit: &str, snapshot: &TrendSnapshot, point: &Point) -> String {
    let text = value_text(unit, point.value, point.upper);
    let why = match (&point.reason, point.comparable) {
        (Some(reason), false) => format!(" ({reason})"),
        (Some(_) | None, _) => String::new(),
    };
    format!("{}: {text}{why}", format::date(snapshot.as_of))
}

/// A number of a trend as text.
pub fn value_text(unit: &str, value: Option<f64>, upper: Option<f64>) -> String {
    match (value, unit) {
        (None, _) => "no number".to_owned(),
        (Some(value), "share") => format::range(value, upper.unwrap_or(value)),
        (Some(value), "days") => format!("{} d", format::decimal(value)),
        (Some(value), _) => format::decimal(value),
    }
}

fn snapshot<'t>(trends: &'t Trends, name: &str) -> Option<&'t TrendSnapshot> {
    trends.snapshots.iter().find(|snapshot| snapshot.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_its_sign_and_unit() {
        let change = |from, to| KpiChange {
            from,
            to,
            direction: "moved".into(),
            left_out: Vec::new(),
        };
        assert_eq!(difference("share", &change(0.5, 0.523)), "+2.3 points");
        assert_eq!(difference("identities", &change(20.0, 8.0)), "-12");
        assert_eq!(difference("days", &change(3.0, 3.0)), "no change");
    }

    #[test]
    fn a_number_is_written_in_its_unit() {
        assert_eq!(value_text("share", Some(0.5), Some(0.6)), "50–60%");
        assert_eq!(value_text("days", Some(12.0), None), "12 d");
        assert_eq!(value_text("identities", None, None), "no number");
    }
}
