//! The dashboard in the browser.

mod app;
mod charts;
mod client;
mod components;
mod format;
mod links;
mod live;
mod pages;
mod theme;
mod ui;
mod url_state;

use leptos::mount::mount_to_body;
use shared::words;

fn main() {
    std::panic::set_hook(Box::new(|panic| web_sys::console::error_1(&panic.to_string().into())));
    mount_to_body(app::App);
}
