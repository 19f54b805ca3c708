//! Exactly the rows that are filtered, as a file.

use leptos::prelude::*;
use shared::api::query::ListQuery;

use crate::format;
use crate::links::{self, ExportFormat, List};
use crate::ui::html::html;
use crate::ui::icon::Icon;
use crate::ui::menu::Menu;

#[component]
pub fn ExportMenu(list: List, query: Memo<Option<ListQuery>>, #[prop(into)] n_rows: Signal<usize>) -> impl IntoView {
    let href = move |form: ExportFormat| query.get().map(|query| links::export(list, form, &query));
    html! {
        <Menu label="Export" symbol=Icon::Save>
            <p class="menu-note">{move || format!("{} rows, as filtered", format::count(n_rows.get()))}</p>
            <a class="menu-item" href=move || href(ExportFormat::Csv) download rel="external">
                "CSV, for spreadsheets"
            </a>
            <a class="menu-item" href=move || href(ExportFormat::Xlsx) download rel="external">
                "XLSX, with typed cells"
            </a>
            <a class="menu-item" href=move || href(ExportFormat::Json) download rel="external">
                "JSON, for programs"
            </a>
        </Menu>
    }
}
