//! What `rollcall.toml` waives: who answers for it, why, and until when.

use leptos::prelude::*;
use shared::api::findings::{Rules, WaiverView};
use shared::api::query::Facet;
use shared::rules::codes;

use crate::format;
use crate::pages::findings::of_rule;
use crate::ui::html::html;

/// Those that are over come first: `rollcall check` fails by them.
pub fn waivers(rules: &Rules, snapshot: Option<&str>) -> Option<AnyView> {
    let (over, others): (Vec<_>, Vec<_>) = rules.waivers.iter().partition(|waiver| waiver.is_expired);
    let rows = over.into_iter().chain(others).map(|waiver| row(waiver, snapshot));
    let rows = rows.collect_view();
    (!rules.waivers.is_empty()).then(|| {
        html! {
            <section aria-labelledby="title-waivers">
                <h2 class="section-title" id="title-waivers">"Waivers"</h2>
                <div class="card">
                    <table class="table is-stackable">
                        <thead>
                            <tr>
                                <th scope="col">"Rule"</th>
                                <th scope="col">"Of"</th>
                                <th scope="col">"Who and why"</th>
                                <th scope="col">"Until"</th>
                                <th scope="col">"Waives"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        }
    })
}

fn row(waiver: &WaiverView, snapshot: Option<&str>) -> AnyView {
    let until = format::date(waiver.until);
    let until = match waiver.is_expired {
        true => html! { <span class="is-late">{format!("{until}, over")}</span> },
        false => html! { <span>{until}</span> },
    };
    let waives = match waiver.n_findings {
        0 => html! { <span class="muted">"Nothing"</span> },
        n => {
            let href = of_rule(&waiver.rule, vec![(Facet::Waived, "yes".to_owned())], snapshot);
            html! { <a class="number" href=href>{format::counted(n, "finding", "findings")}</a> }
        }
    };
    html! {
        <tr>
            <td data-head="Rule">{codes::title(&waiver.rule).unwrap_or_default()}</td>
            <td data-head="Of"><code>{waiver.subject.clone()}</code></td>
            <td data-head="Who and why">{format!("{}: {}", waiver.who, waiver.why)}</td>
            <td data-head="Until">{until}</td>
            <td data-head="Waives">{waives}</td>
        </tr>
    }
}
