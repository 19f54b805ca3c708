//! What the snapshot comes to, as a file to send on.

use leptos::prelude::*;
use shared::api::report::ReportFormat;

use crate::links;
use crate::ui::html::html;
use crate::ui::icon::Icon;
use crate::ui::menu::Menu;

#[component]
pub fn ReportMenu(snapshot: Memo<Option<String>>) -> impl IntoView {
    let link = move |format: ReportFormat, title: &'static str| {
        let href = move || links::report(format, snapshot.get().as_deref());
        html! { <a class="menu-item" href=href download rel="external">{title}</a> }
    };
    html! {
        <Menu label="Report" symbol=Icon::Save>
            <p class="menu-note">"Of this snapshot, compared with the one before"</p>
            {link(ReportFormat::Pdf, "PDF, to send on")}
            {link(ReportFormat::Html, "HTML, one file")}
            {link(ReportFormat::Xlsx, "XLSX, a sheet for each topic")}
            {link(ReportFormat::Csv, "CSV, every number")}
            {link(ReportFormat::Json, "JSON, for programs")}
        </Menu>
    }
}
