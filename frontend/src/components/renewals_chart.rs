//! How many certificates have to be renewed in each week.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::overview::Overview;
use shared::charts::columns;
use shared::charts::questions::{self, HOW_MANY_RENEWALS};

use super::kpi_tile::sentence_case;
use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow, nothing_drawn};
use crate::format;
use crate::ui::html::html;

const HEIGHT: u32 = 232;

pub fn renewals_chart(overview: &Overview) -> AnyView {
    let total: u64 = overview.renewals.iter().map(|week| week.n_certificates).sum();
    let busiest = overview.renewals.iter().max_by_key(|week| week.n_certificates);
    let title = HOW_MANY_RENEWALS;
    let Some(busiest) = busiest.filter(|_| total > 0) else {
        return nothing_drawn(title, "No certificate ends in the next 26 weeks.");
    };
    let line = format!(
        "{} in 26 weeks; the busiest begins on {} with {}",
        format::counted(total, "renewal", "renewals"),
        format::date(busiest.starts_at),
        format::number(busiest.n_certificates)
    );
    let twin = Twin {
        heads: vec!["Week of".to_owned(), "Renewals".to_owned()],
        rows: overview
            .renewals
            .iter()
            .map(|week| TwinRow {
                name: format::date(week.starts_at),
                cells: vec![TwinCell {
                    text: format::number(week.n_certificates),
                    href: None,
                }],
            })
            .collect(),
    };
    let data = questions::renewals(&overview.renewals);
    let draw: Draw = Arc::new(move |width, paint| columns::svg(&data, width, HEIGHT, paint));
    let outlook = overview.tiles.iter().find(|kpi| kpi.id == "certificate.renewals");
    let outlook = outlook.and_then(|kpi| kpi.note.clone()).map(|note| {
        html! { <p class="chart-rest">{format!("{}.", sentence_case(&note))}</p> }
    });
    html! {
        <ChartFrame title=title line=line draw=draw twin=twin>
            {outlook}
        </ChartFrame>
    }
}
