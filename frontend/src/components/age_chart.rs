//! Active credentials by age and kind, each part a link to its rows.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::overview::AgeRow;
use shared::api::query::Facet;
use shared::charts::Ink;
use shared::charts::columns::{Columns, svg};

use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow, nothing_drawn};
use crate::ui::html::html;
use crate::{format, links, words};

const HEIGHT: u32 = 232;
const TITLE: &str = "How old are credentials?";

pub fn age_chart(ages: &[AgeRow], snapshot: Option<&str>) -> AnyView {
    let Some(first) = ages.first() else {
        return nothing_drawn(TITLE, "No export lists an active credential.");
    };
    // The most frequent kinds have an ink each; the others share the last.
    let n_own = if ages.len() > Ink::SERIES.len() {
        Ink::SERIES.len() - 1
    } else {
        ages.len()
    };
    let (own, others) = ages.split_at(n_own);
    let mut series: Vec<(String, Ink)> = own
        .iter()
        .zip(Ink::SERIES)
        .map(|(row, ink)| (words::sentence(&row.kind), ink))
        .collect();
    let mut groups: Vec<&[AgeRow]> = own.iter().map(std::slice::from_ref).collect();
    if !others.is_empty() {
        series.push(("Other kinds".to_owned(), Ink::Series6));
        groups.push(others);
    }
    let n_of = |group: &[AgeRow], bucket: usize| -> u64 {
        group
            .iter()
            .filter_map(|row| row.buckets.get(bucket))
            .map(|bucket| bucket.n)
            .sum()
    };
    let rows = first.buckets.iter().enumerate().map(|(at, bucket)| {
        let cells = groups.iter().map(|group| {
            let kinds = group.iter().map(|row| (Facet::Kind, row.kind.clone()));
            let filters = std::iter::once((Facet::Age, bucket.value.clone()))
                .chain(kinds)
                .collect();
            TwinCell {
                text: format::number(n_of(group, at)),
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
    let data = Columns {
        categories: first
            .buckets
            .iter()
            .map(|bucket| words::bucket(&bucket.value).to_owned())
            .collect(),
        series: series.clone(),
        values: groups
            .iter()
            .map(|group| (0..first.buckets.len()).map(|at| n_of(group, at)).collect())
            .collect(),
        unit: "credentials".to_owned(),
        beside: Vec::new(),
    };
    let total: u64 = ages.iter().flat_map(|row| &row.buckets).map(|bucket| bucket.n).sum();
    let old: u64 = ages
        .iter()
        .flat_map(|row| &row.buckets)
        .filter(|bucket| bucket.value == "older")
        .map(|bucket| bucket.n)
        .sum();
    let line = format!(
        "{} of {} active credentials are over a year old",
        format::number(old),
        format::number(total)
    );
    let draw: Draw = Arc::new(move |width, paint| svg(&data, width, HEIGHT, paint));
    html! {
        <ChartFrame title=TITLE line=line draw=draw twin=twin legend=series />
    }
}
