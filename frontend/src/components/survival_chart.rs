//! How long until a credential is replaced: the curve of one kind, or of all.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::history::{Durations, Survival, SurvivalPoint};
use shared::charts::survival::{self, Step};

use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow};
use crate::ui::html::html;
use crate::{format, words};

const HEIGHT: u32 = 232;
/// The curve is drawn until this share is left.
const LAST_DRAWN: f64 = 0.1;

/// The curve of `kind`; of all kinds together without one.
pub fn survival_chart(durations: &Durations, kind: Option<&str>) -> AnyView {
    let found = durations.rotation.iter().find(|curve| curve.kind == kind.unwrap_or(""));
    let Some(curve) = found.filter(|curve| curve.n_ended > 0) else {
        let what = match kind {
            Some(kind) => format!("of kind {}", words::sentence(kind).to_ascii_lowercase()),
            None => "with a maximum age".to_owned(),
        };
        let text = match durations.n_snapshots {
            0 | 1 => "How long credentials stay in place is told by several snapshots; there is one.".to_owned(),
            n => format!("No credential {what} was replaced in {} snapshots.", format::count(n)),
        };
        return html! { <p class="card-empty">{text}</p> };
    };
    // Beyond, the few that stay for years would press the curve against its axis; the table has them.
    let n_left = curve.points.iter().position(|point| point.share <= LAST_DRAWN);
    let drawn = n_left.map_or(curve.points.len(), |at| at + 1);
    let steps = curve.points[..drawn].iter().map(|point| Step {
        days: point.days,
        share: point.share,
        lower: point.lower,
        upper: point.upper,
        label: label(point),
    });
    let data = survival::Survival {
        steps: steps.collect(),
        median_days: curve.median_days,
    };
    let row = |point: &SurvivalPoint| {
        let cell = |text: String| TwinCell { text, href: None };
        TwinRow {
            name: format!("{} d", point.days),
            cells: vec![
                cell(format::percent(point.share)),
                cell(format::range(point.lower, point.upper)),
                cell(format::number(point.n_at_risk)),
            ],
        }
    };
    let twin = Twin {
        heads: ["Age", "Still in place", "95% band", "Under observation"]
            .map(str::to_owned)
            .to_vec(),
        rows: curve.points.iter().map(row).collect(),
    };
    let draw: Draw = Arc::new(move |width, paint| survival::svg(&data, width, HEIGHT, paint));
    html! {
        <ChartFrame title="How long until a credential is replaced?" line=line(curve, durations.n_snapshots) draw=draw twin=twin />
    }
}

fn label(point: &SurvivalPoint) -> String {
    format!(
        "{} d: {} still in place ({})",
        point.days,
        format::percent(point.share),
        format::range(point.lower, point.upper)
    )
}

/// The median with its band, or that too few were replaced for one.
fn line(curve: &Survival, n_snapshots: usize) -> String {
    let of = match curve.kind.as_str() {
        "" => "All kinds with a maximum age".to_owned(),
        kind => words::sentence(kind),
    };
    let seen = format!(
        "{} of {} seen replaced in {} snapshots",
        format::count(curve.n_ended),
        format::count(curve.n),
        format::count(n_snapshots)
    );
    let median = match (curve.median_days, curve.median_lower, curve.median_upper) {
        (Some(days), Some(from), Some(to)) => format!("half are replaced within {days} d ({from}–{to} d)"),
        (Some(days), Some(from), None) => format!("half are replaced within {days} d ({from} d or more)"),
        (Some(days), None, _) => format!("half are replaced within {days} d"),
        (None, ..) if curve.n_ended < 10 => "too few for a median".to_owned(),
        (None, ..) => "more than half last longer than was watched".to_owned(),
    };
    format!("{of}: {median}; {seen}")
}
