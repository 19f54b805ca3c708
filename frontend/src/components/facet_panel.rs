//! Filters with counts: values of one facet widen, facets narrow each other.

use leptos::prelude::*;
use shared::api::FacetValue;
use shared::api::query::{Facet, ListQuery};
use web_sys::js_sys::JsString;

use super::rows::Summary;
use crate::format;
use crate::links::{self, List};
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::url_state::{self, Step, use_go};
use crate::words;

/// Values that a facet shows before "more".
const N_SHOWN: usize = 6;
/// From so many values on, a facet has a field to find one.
const N_SEARCHED: usize = 12;

#[component]
pub fn FacetPanel(list: List, query: Memo<Option<ListQuery>>, summary: RwSignal<Summary>) -> impl IntoView {
    let facets = move || {
        summary.with(|summary| {
            let useful = summary.facets.iter().filter(|counts| !counts.values.is_empty());
            useful.map(|counts| counts.facet).collect::<Vec<_>>()
        })
    };
    html! {
        <div class="facets">
            <For
                each=facets
                key=|facet| *facet
                children=move |facet| html! { <FacetGroup list=list facet=facet query=query summary=summary /> }
            />
        </div>
    }
}

#[component]
fn FacetGroup(list: List, facet: Facet, query: Memo<Option<ListQuery>>, summary: RwSignal<Summary>) -> impl IntoView {
    let go = use_go();
    let is_expanded = RwSignal::new(false);
    let wanted = RwSignal::new(String::new());
    let chosen = memo(move || {
        query.with(|query| {
            let chosen = query.iter().flat_map(|query| query.chosen(facet));
            chosen.map(str::to_owned).collect::<Vec<_>>()
        })
    });
    // What is chosen stays in the list, even when nothing is left of it.
    let values = memo(move || {
        summary.with(|summary| {
            let counts = summary.facets.iter().find(|counts| counts.facet == facet);
            let mut values = counts.map(|counts| counts.values.clone()).unwrap_or_default();
            for value in chosen.get() {
                if values.iter().all(|known| known.value != value) {
                    values.push(FacetValue { value, n_rows: 0 });
                }
            }
            values
        })
    });
    let n_more_unlisted = move || {
        summary.with(|summary| {
            let counts = summary.facets.iter().find(|counts| counts.facet == facet);
            counts.map_or(0, |counts| counts.n_more)
        })
    };
    let shown = memo(move || {
        let wanted = lower_case(&wanted.get());
        let is_expanded = is_expanded.get() || !wanted.is_empty();
        let chosen = chosen.get();
        let matching = values
            .get()
            .into_iter()
            .map(|value| value.value)
            .filter(|value| wanted.is_empty() || lower_case(&words::facet_value(facet, value)).contains(&wanted));
        matching
            .enumerate()
            .filter(|(index, value)| is_expanded || *index < N_SHOWN || chosen.contains(value))
            .map(|(_, value)| value)
            .collect::<Vec<_>>()
    });
    let value_view = move |value: String| {
        let text = words::facet_value(facet, &value);
        let class = if value.is_empty() {
            "facet-word is-none"
        } else {
            "facet-word"
        };
        let of_count = value.clone();
        let n_rows = memo(move || {
            values.with(|values| {
                values
                    .iter()
                    .find(|known| known.value == of_count)
                    .map_or(0, |known| known.n_rows)
            })
        });
        let of_check = value.clone();
        let is_chosen = move || chosen.with(|chosen| chosen.contains(&of_check));
        let toggle = move |_| {
            if let Some(query) = query.get_untracked() {
                go.run((
                    links::list(list, &url_state::toggled(&query, facet, &value)),
                    Step::Recorded,
                ));
            }
        };
        html! {
            <li>
                <label class="facet-value">
                    <input type="checkbox" class="checkbox" prop:checked=is_chosen on:change=toggle />
                    <span class=class title=text.clone()>
                        {text.clone()}
                    </span>
                    <span class="facet-count">{move || format::count(n_rows.get())}</span>
                </label>
            </li>
        }
    };
    let n_hidden = move || values.with(Vec::len).saturating_sub(N_SHOWN);
    html! {
        <details class="facet" open=opens_at_first(facet)>
            <summary class="facet-head">
                <span class="facet-mark">{icon(Icon::Right)}</span>
                {words::facet(facet)}
                {move || {
                    let n_chosen = chosen.with(Vec::len);
                    (n_chosen > 0).then(|| html! { <span class="facet-chosen">{n_chosen}</span> })
                }}
            </summary>
            <fieldset class="facet-body">
                <legend class="visually-hidden">{words::facet(facet)}</legend>
                {words::meaning(words::facet(facet)).map(|meaning| html! { <p class="facet-note">{meaning}</p> })}
                <Show when=move || values.with(|values| values.len() >= N_SEARCHED)>
                    <input
                        type="search"
                        class="field facet-search"
                        placeholder="Find"
                        aria-label=format!("Find in {}", words::facet(facet).to_ascii_lowercase())
                        on:input=move |event| wanted.set(event_target_value(&event))
                    />
                </Show>
                <ul class="facet-values">
                    <For each=move || shown.get() key=|value| value.clone() children=value_view />
                </ul>
                <Show when=move || { n_hidden() > 0 && wanted.with(String::is_empty) }>
                    <button
                        type="button"
                        class="facet-more"
                        aria-expanded=move || is_expanded.get().to_string()
                        on:click=move |_| is_expanded.update(|is_expanded| *is_expanded = !*is_expanded)
                    >
                        {move || if is_expanded.get() { "Fewer".to_owned() } else { format!("{} more", n_hidden()) }}
                    </button>
                </Show>
                <Show when=move || { n_more_unlisted() > 0 && is_expanded.get() }>
                    <p class="facet-note">
                        {move || format!("And {} with fewer rows; search above to reach them.", format::count(n_more_unlisted()))}
                    </p>
                </Show>
            </fieldset>
        </details>
    }
}

/// The facets that most questions need; the others wait closed.
fn opens_at_first(facet: Facet) -> bool {
    match facet {
        Facet::Kind
        | Facet::Environment
        | Facet::Source
        | Facet::Team
        | Facet::Status
        | Facet::Age
        | Facet::Expiry
        | Facet::Rule
        | Facet::Severity => true,
        Facet::Class
        | Facet::Origin
        | Facet::Owner
        | Facet::Lacks
        | Facet::Holder
        | Facet::AuthorityExpiry
        | Facet::LastUsed
        | Facet::Role
        | Facet::Trust
        | Facet::Issuer
        | Facet::Key
        | Facet::Subject
        | Facet::Waived => false,
    }
}

/// In lower case, by the browser: Rust's own tables of all scripts would be a thirtieth of the program.
fn lower_case(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}
