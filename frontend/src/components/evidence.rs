//! Where a fact comes from: source, file, and the place in it.

use leptos::prelude::*;
use shared::api::detail::Evidence;

use crate::links;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};

/// A link to the source that says so, with file and place.
pub fn evidence_link(evidence: Evidence, snapshot: Option<&str>) -> AnyView {
    let Evidence {
        source,
        file,
        place,
        connector,
    } = evidence;
    html! {
        <a class="evidence" href=links::source(&source, snapshot) title=format!("Read by {connector}")>
            {icon(Icon::File)}
            <span class="evidence-text">
                {format!("{source} / {file}")} " " <span class="evidence-place">{place}</span>
            </span>
        </a>
    }
}
