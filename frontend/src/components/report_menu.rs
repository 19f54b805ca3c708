//! What the snapshot comes to, as a file to send on.

use leptos::prelude::*;
use shared::api::report::ReportFormat;

use crate::links;
use crate::ui::html::html;
use crate::ui::icon::Icon;
use crate::ui::menu::Menu;

#[component]
pub fn ReportMenu(snapshot: Memo<Option<String>>) -> impl IntoView {
    let href = move |format| links::report(format, snapshot.get().as_deref());
    html! {
        <Menu label="Report" symbol=Icon::Save>
            <p class="menu-note">"Of this snapshot, compared with the one before"</p>
            <a class="menu-item" href=move || href(ReportFormat::Pdf) download rel="external">
                "PDF, to send on"
            </a>
            <a class="menu-item" href=move || href(ReportFormat::Html) download rel="external">
                "HTML, one file"
            </a>
            <a class="menu-item" href=move || href(ReportFormat::Xlsx) download rel="external">
                "XLSX, a sheet for each topic"
            </a>
            <a class="menu-item" href=move || href(ReportFormat::Csv) download rel="external">
                "CSV, every number"
            </a>
            <a class="menu-item" href=move || href(ReportFormat::Json) download rel="external">
                "JSON, for programs"
            </a>
        </Menu>
    }
}
