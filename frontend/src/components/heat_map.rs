//! Governed share by source and environment, each cell a link to its rows.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::overview::Heat;
use shared::api::query::Facet;
use shared::charts::heat::svg;
use shared::charts::questions::{MAX_SOURCES, WHERE_GOVERNED, governed, mapped_sources};

use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow, nothing_drawn};
use crate::ui::html::html;
use crate::{format, links};

pub fn governed_map(heat: &Heat, snapshot: Option<&str>) -> AnyView {
    if heat.cells.is_empty() {
        return nothing_drawn(WHERE_GOVERNED, "No export lists a non-human identity.");
    }
    let order = mapped_sources(heat);
    let n_left_out = heat.sources.len() - order.len();
    let data = governed(heat);
    let twin = Twin {
        heads: std::iter::once("Source".to_owned())
            .chain(data.columns.iter().cloned())
            .collect(),
        rows: order.iter().map(|source| twin_row(heat, *source, snapshot)).collect(),
    };
    let draw: Draw = Arc::new(move |width, paint| svg(&data, width, paint));
    let line = match n_left_out {
        0 => "Certain share of each source, by environment; darker is better".to_owned(),
        n => format!("The {MAX_SOURCES} sources with most to do; {n} more under Sources. Darker is better"),
    };
    html! { <ChartFrame title=WHERE_GOVERNED line=line draw=draw twin=twin /> }
}

fn twin_row(heat: &Heat, source: usize, snapshot: Option<&str>) -> TwinRow {
    let cell = |environment: usize| {
        let found = heat
            .cells
            .iter()
            .find(|cell| (cell.environment, cell.source) == (environment, source));
        let Some(found) = found else {
            return TwinCell::default();
        };
        let filters = vec![
            (Facet::Environment, heat.environments[environment].clone()),
            (Facet::Source, heat.sources[source].clone()),
        ];
        TwinCell {
            text: format!(
                "{} of {}",
                format::interval(found.governed).unwrap_or_default(),
                format::number(found.governed.population())
            ),
            href: links::kpi_filtered_rows("governed", None, filters, snapshot),
        }
    };
    TwinRow {
        name: heat.sources[source].clone(),
        cells: (0..heat.environments.len()).map(cell).collect(),
    }
}
