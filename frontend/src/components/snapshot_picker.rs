//! Which snapshot the pages show: the newest, or one by name.

use leptos::prelude::*;

use crate::format;
use crate::links;
use crate::live::Live;
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::url_state::{Step, use_go, use_location, use_snapshot};

#[component]
pub fn SnapshotPicker() -> impl IntoView {
    let live = expect_context::<Live>();
    let location = use_location();
    let chosen = use_snapshot();
    let go = use_go();
    let names = memo(move || {
        live.state.with(|state| {
            let snapshots = state
                .as_ref()
                .map(|state| state.snapshots.as_slice())
                .unwrap_or_default();
            snapshots
                .iter()
                .rev()
                .map(|snapshot| (snapshot.name.clone(), format::date(snapshot.as_of)))
                .collect::<Vec<_>>()
        })
    });
    let on_change = move |event| {
        let name = event_target_value(&event);
        let (path, search) = (location.path.get_untracked(), location.search.get_untracked());
        let snapshot = (!name.is_empty()).then_some(name.as_str());
        go.run((links::at_snapshot(&path, &search, snapshot), Step::Recorded));
    };
    let options = move || {
        let names = names.get();
        let chosen = chosen.get();
        let newest = names.first().map(|(name, _)| name.clone());
        names
            .into_iter()
            .map(|(name, date)| {
                let is_newest = Some(&name) == newest.as_ref();
                // The newest has no name in the URL, so that a bookmark follows it.
                let value = if is_newest { String::new() } else { name.clone() };
                let selected = chosen.as_ref().map_or(is_newest, |chosen| *chosen == name);
                let text = if is_newest { format!("{date} (newest)") } else { date };
                html! {
                    <option value=value selected=selected>
                        {text}
                    </option>
                }
            })
            .collect_view()
    };
    html! {
        <label class="picker" title="Snapshot">
            {icon(Icon::Calendar)}
            <span class="visually-hidden">"Snapshot"</span>
            <select class="picker-select" on:change=on_change disabled=move || names.with(Vec::is_empty)>
                {options}
            </select>
        </label>
    }
}
