//! From an identity into the access graph.

use leptos::prelude::*;
use shared::api::explorer::View;

use crate::links;
use crate::ui::html::html;

/// What can be asked of the graph about an identity.
pub fn access_links(identity: &str, snapshot: Option<&str>) -> AnyView {
    let ask = |view: View, title: &'static str| {
        html! { <li><a href=links::access(identity, view, snapshot)>{title}</a></li> }
    };
    html! {
        <section class="card" aria-labelledby="title-access-graph">
            <h2 class="card-title" id="title-access-graph">"In the access graph"</h2>
            <ul class="ids">
                {ask(View::Reach, "What it reaches")}
                {ask(View::WhoCanReach, "Who can act as it")}
                {ask(View::Neighbours, "Its neighbours")}
                {ask(View::Paths, "A path from it")}
            </ul>
        </section>
    }
}
