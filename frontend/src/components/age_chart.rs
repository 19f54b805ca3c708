//! Active credentials by age and kind, each part a link to its rows.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::overview::AgeRow;
use shared::api::query::Facet;
use shared::charts::columns::svg;
use shared::charts::questions::{self, HOW_OLD, n_of_age};

use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow, nothing_drawn};
use crate::ui::html::html;
use crate::{format, links, words};

const HEIGHT: u32 = 232;

pub fn age_chart(ages: &[AgeRow], snapshot: Option<&str>) -> AnyView {
    let Some(first) = ages.first() else {
        return nothing_drawn(HOW_OLD, "No export lists an active credential.");
    };
    let (data, groups) = questions::ages(ages);
    let series = data.series.clone();
    let rows = first.buckets.iter().enumerate().map(|(at, bucket)| {
        let cells = groups.iter().map(|group| {
            let kinds = group.iter().map(|row| (Facet::Kind, row.kind.clone()));
            let filters = std::iter::once((Facet::Age, bucket.value.clone()))
                .chain(kinds)
                .collect();
            TwinCell {
                text: format::number(n_of_age(group, at)),
                href: links::kpi_filtered_rows("credential.age", None, filters, snapshot),
            }
        });
        TwinRow {
            name: words::facet_value(Facet::Age, &bucket.value),
            cells: cells.collect(),
        }
    });
    let twin = Twin {
        heads: std::iter::once("Age".to_owned())
            .chain(series.iter().map(|(name, _)| name.clone()))
            .collect(),
        rows: rows.collect(),
    };
    let draw: Draw = Arc::new(move |width, paint| svg(&data, width, HEIGHT, paint));
    html! {
        <ChartFrame title=HOW_OLD line=questions::ages_line(ages) draw=draw twin=twin legend=series />
    }
}
