//! The frame of a chart: the question it answers, the same data as a table, and both as files.

use leptos::prelude::*;

use super::save;
use crate::ui::icon::{Icon, icon};
use crate::ui::menu::Menu;

/// The data of a chart as a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Twin {
    pub heads: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A chart that can be read as a table and saved.
#[component]
pub fn ChartFrame(
    #[prop(into)] title: String,
    #[prop(into)] question: String,
    /// Drawn by `shared::charts`; markup of our own, in which every name is escaped.
    svg: String,
    twin: Twin,
) -> impl IntoView {
    let shows_table = RwSignal::new(false);
    let file_name = save::file_name(&title);
    let (svg, twin) = (StoredValue::new(svg), StoredValue::new(twin));
    let file_name = StoredValue::new(file_name);
    let content = {
        let title = title.clone();
        move || {
            if shows_table.get() {
                twin.with_value(twin_table)
            } else {
                view! {
                    <div class="chart-picture" role="img" aria-label=format!("{title}. The same data is in the table.") inner_html=svg.get_value()></div>
                }
                .into_any()
            }
        }
    };
    view! {
        <section class="card chart">
            <header class="card-head">
                <div>
                    <h3 class="card-title">{title}</h3>
                    <p class="card-line">{question}</p>
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
                        <button
                            type="button"
                            class="menu-item"
                            on:click=move |_| svg.with_value(|svg| save::svg(&file_name.get_value(), svg))
                        >
                            "SVG"
                        </button>
                        <button
                            type="button"
                            class="menu-item"
                            on:click=move |_| svg.with_value(|svg| save::png(&file_name.get_value(), svg))
                        >
                            "PNG"
                        </button>
                        <button
                            type="button"
                            class="menu-item"
                            on:click=move |_| twin.with_value(|twin| save::csv(&file_name.get_value(), twin))
                        >
                            "CSV"
                        </button>
                    </Menu>
                </div>
            </header>
            {content}
        </section>
    }
}

fn twin_table(twin: &Twin) -> AnyView {
    let heads = twin.heads.iter().map(|head| view! { <th scope="col">{head.clone()}</th> }).collect_view();
    let rows = twin.rows.iter().map(|row| {
        let cells = row.iter().map(|cell| view! { <td>{cell.clone()}</td> }).collect_view();
        view! { <tr>{cells}</tr> }
    });
    view! {
        <div class="table-scroll">
            <table class="table">
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
