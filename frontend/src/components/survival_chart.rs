//! How long until a credential is replaced: the curve of one kind, or of all.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::history::{Durations, SurvivalPoint};
use shared::charts::questions::{self, HOW_LONG};
use shared::charts::survival;

use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow, nothing_drawn};
use crate::ui::html::html;
use crate::{format, words};

const HEIGHT: u32 = 232;

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
        return nothing_drawn(HOW_LONG, text);
    };
    let data = questions::rotation(curve);
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
    let n_without_age = durations.n_without_age as u64;
    let left_out = (n_without_age > 0).then(|| {
        let n = format::counted(n_without_age, "credential is", "credentials are");
        html! { <p class="chart-rest">{format!("{n} not in it: no export says when they were made.")}</p> }
    });
    html! {
        <ChartFrame title=HOW_LONG line=questions::rotation_line(curve) draw=draw twin=twin>
            {left_out}
        </ChartFrame>
    }
}
