//! Governed share by source and environment, each cell a link to its rows.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::overview::Heat;
use shared::api::query::Facet;
use shared::charts::heat::{Cell, HeatMap, svg};

use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow, nothing_drawn};
use crate::ui::html::html;
use crate::ui::order::in_order;
use crate::{format, links, words};

/// Sources in the picture; beyond, a map is read no faster than the list behind it.
const MAX_ROWS: usize = 14;

const TITLE: &str = "Where is it governed?";

pub fn governed_map(heat: &Heat, snapshot: Option<&str>) -> AnyView {
    if heat.cells.is_empty() {
        return nothing_drawn(TITLE, "No export lists a non-human identity.");
    }
    let order = order(heat);
    let n_left_out = heat.sources.len() - order.len();
    let columns: Vec<String> = heat
        .environments
        .iter()
        .map(|name| words::facet_value(Facet::Environment, name))
        .collect();
    let cells = heat.cells.iter().filter_map(|cell| {
        Some(Cell {
            row: order.iter().position(|source| *source == cell.source)?,
            column: cell.environment,
            ratio: cell.governed,
        })
    });
    let data = HeatMap {
        rows: order.iter().map(|source| heat.sources[*source].clone()).collect(),
        columns: columns.clone(),
        cells: cells.collect(),
    };
    let twin = Twin {
        heads: std::iter::once("Source".to_owned()).chain(columns).collect(),
        rows: order.iter().map(|source| twin_row(heat, *source, snapshot)).collect(),
    };
    let draw: Draw = Arc::new(move |width, paint| svg(&data, width, paint));
    let line = match n_left_out {
        0 => "Certain share of each source, by environment; darker is better".to_owned(),
        n => format!("The {MAX_ROWS} sources with most to do; {n} more under Sources. Darker is better"),
    };
    html! { <ChartFrame title=TITLE line=line draw=draw twin=twin /> }
}

/// By name while all fit; else those where most is to do.
fn order(heat: &Heat) -> Vec<usize> {
    let mut order: Vec<usize> = (0..heat.sources.len()).collect();
    if heat.sources.len() > MAX_ROWS {
        let n_short = |source: usize| -> u64 {
            let cells = heat.cells.iter().filter(|cell| cell.source == source);
            cells.map(|cell| cell.governed.fail + cell.governed.unknown).sum()
        };
        in_order(&mut order, |source| std::cmp::Reverse(n_short(*source)));
        order.truncate(MAX_ROWS);
    }
    order
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
