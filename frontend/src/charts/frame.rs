//! The frame of a chart: the question it answers, links over its parts, the same data as a table, and both as files.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use shared::charts::svg::{Paint, captioned};
use shared::charts::{Drawing, Ink, Mark};

use super::save;
use crate::live::Live;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::ui::menu::Menu;
use crate::ui::size::watch_size;
use crate::url_state::use_snapshot;

/// Draws a chart of `shared::charts` at a width in pixels.
pub type Draw = Arc<dyn Fn(u32, Paint) -> Drawing + Send + Sync>;

/// The data of a chart as a table. The cell of a mark is in the row of its category, after the name, in the column of
/// its series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Twin {
    pub heads: Vec<String>,
    pub rows: Vec<TwinRow>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TwinRow {
    pub name: String,
    pub cells: Vec<TwinCell>,
}

/// A value, and where its rows are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TwinCell {
    pub text: String,
    pub href: Option<String>,
}

/// The width of files: that of a slide.
const FILE_WIDTH: u32 = 960;

/// A chart that can be followed to its rows, read as a table and saved.
#[component]
pub fn ChartFrame(
    #[prop(into)] title: String,
    /// What it answers, or what it found.
    #[prop(into)]
    line: String,
    draw: Draw,
    twin: Twin,
    /// Names of the series, when there are several.
    #[prop(optional)]
    legend: Vec<(String, Ink)>,
    /// Below the picture.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let shows_table = RwSignal::new(false);
    let file_name = save::file_name(&title);
    let twin = StoredValue::new(twin);
    let draw = StoredValue::new(draw);
    let file = {
        let (title, line, legend) = (title.clone(), line.clone(), legend.clone());
        let (live, snapshot) = (expect_context::<Live>(), use_snapshot());
        move |format: &str| {
            let drawing = draw.with_value(|draw| draw(FILE_WIDTH, Paint::Standalone));
            if format == "csv" {
                return save::csv(&file_name, &drawing.csv);
            }
            let name = snapshot.get_untracked().or_else(|| newest(live));
            let said = [line.clone(), drawing.unit.clone(), name.unwrap_or_default()];
            let said: Vec<String> = said.into_iter().filter(|part| !part.is_empty()).collect();
            let legend = if legend.len() > 1 { &*legend } else { &[] };
            let svg = captioned(&drawing, &title, &said.join(" · "), legend);
            match format {
                "svg" => save::svg(&file_name, &svg),
                _ => save::png(&file_name, &svg),
            }
        }
    };
    let file = StoredValue::new(file);
    let save_as = move |format: &'static str| {
        html! {
            <button type="button" class="menu-item" on:click=move |_| file.with_value(|file| file(format))>
                {format.to_ascii_uppercase()}
            </button>
        }
    };
    let content = move || {
        if shows_table.get() {
            twin.with_value(twin_table)
        } else {
            html! { <Picture draw=draw twin=twin /> }
        }
    };
    let legend = (legend.len() > 1).then(|| {
        let entries = legend.into_iter().map(|(name, ink)| {
            html! { <li class="legend-entry"><span class=format!("legend-key {}", ink.class())></span>{name}</li> }
        });
        html! { <ul class="legend">{entries.collect_view()}</ul> }
    });
    html! {
        <figure class="chart">
            <figcaption class="card-head">
                <div>
                    <h3 class="card-title">{title}</h3>
                    <p class="card-line">{line}</p>
                </div>
                <div class="card-actions">
                    <button
                        type="button"
                        class="button button-quiet"
                        aria-pressed=move || shows_table.get().to_string()
                        on:click=move |_| shows_table.update(|shows| *shows = !*shows)
                    >
                        {icon(Icon::Table)}
                        "Table"
                    </button>
                    <Menu label="Save" symbol=Icon::Save>
                        {save_as("svg")}
                        {save_as("png")}
                        {save_as("csv")}
                    </Menu>
                </div>
            </figcaption>
            {legend}
            {content}
            {children.map(|children| children())}
        </figure>
    }
}

/// The snapshot that is shown where the URL names none.
fn newest(live: Live) -> Option<String> {
    live.state
        .with_untracked(|state| Some(state.as_ref()?.snapshots.last()?.name.clone()))
}

/// In the place of a chart of which every part would be empty: its question, and why nothing answers it.
pub fn nothing_drawn(title: &'static str, why: impl Into<String>) -> AnyView {
    let why: String = why.into();
    html! {
        <header class="card-head">
            <h3 class="card-title">{title}</h3>
        </header>
        <p class="card-empty">{why}</p>
    }
}

/// The picture at the width it has, with a link over each part.
#[component]
fn Picture(draw: StoredValue<Draw>, twin: StoredValue<Twin>) -> impl IntoView {
    let frame = NodeRef::<html::Div>::new();
    let width = RwSignal::new(0_u32);
    watch_size(frame, move |element| {
        let now = element.client_width().max(0) as u32;
        if now > 0 && width.try_get_untracked() != Some(now) {
            width.try_set(now);
        }
    });
    let link = move |mark: Mark| {
        let Mark {
            x,
            y,
            width,
            height,
            category,
            series,
            label,
        } = mark;
        let href = twin.with_value(|twin| twin.rows.get(category)?.cells.get(series)?.href.clone());
        let px = |n: i32| format!("{n}px");
        // Without rows to lead to it is a part of the picture that can be pointed at.
        let role = href.is_none().then_some("img");
        html! {
            <a
                class="chart-mark"
                href=href
                role=role
                title=label.clone()
                aria-label=label.clone()
                style:left=px(x)
                style:top=px(y)
                style:width=px(width)
                style:height=px(height)
            ></a>
        }
    };
    let picture = move || {
        let width = width.get();
        (width > 0).then(|| {
            let Drawing { svg, marks, .. } = draw.with_value(|draw| draw(width, Paint::Themed));
            html! {
                <div class="chart-svg" inner_html=svg></div>
                {marks.into_iter().map(link).collect_view()}
            }
        })
    };
    html! {
        <div class="chart-frame" node_ref=frame>
            {picture}
        </div>
    }
}

fn twin_table(twin: &Twin) -> AnyView {
    let heads = twin.heads.iter().enumerate().map(|(index, head)| {
        let class = if index == 0 { "" } else { "is-number" };
        html! { <th scope="col" class=class>{head.clone()}</th> }
    });
    let rows = twin.rows.iter().map(|row| {
        let cells = row.cells.iter().map(|cell| {
            let content = match cell.href.clone() {
                Some(href) => html! { <a class="number" href=href>{cell.text.clone()}</a> },
                None => cell.text.clone().into_any(),
            };
            html! { <td class="is-number">{content}</td> }
        });
        html! {
            <tr>
                <th scope="row">{row.name.clone()}</th>
                {cells.collect_view()}
            </tr>
        }
    });
    html! {
        <div class="table-scroll">
            <table class="table is-compact">
                <thead>
                    <tr>{heads.collect_view()}</tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}
