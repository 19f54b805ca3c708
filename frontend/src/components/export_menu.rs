//! Exactly what a table shows, as a file.

use leptos::prelude::*;

use crate::links::{self, ExportFormat};
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::ui::icon::Icon;
use crate::ui::menu::Menu;
use crate::url_state::use_snapshot;

/// The table of a route of the API, for a query of it; `note` says how much that is.
pub fn export_menu(table: &'static str, query: Memo<String>, note: Memo<String>) -> AnyView {
    let link = move |format: ExportFormat, title: &'static str| {
        let href = move || query.with(|query| links::export(table, format, query));
        html! { <a class="menu-item" href=href download rel="external">{title}</a> }
    };
    html! {
        <Menu label="Export" symbol=Icon::Save>
            <p class="menu-note">{note}</p>
            {link(ExportFormat::Csv, "CSV, for spreadsheets")}
            {link(ExportFormat::Xlsx, "XLSX, with typed cells")}
            {link(ExportFormat::Json, "JSON, for programs")}
        </Menu>
    }
}

/// A table that is of the snapshot as it is.
pub fn export_of_snapshot(table: &'static str) -> AnyView {
    let snapshot = use_snapshot();
    let query = memo(move || links::snapshot_query(snapshot.get().as_deref()));
    export_menu(table, query, memo(|| "All of this page's table".to_owned()))
}
