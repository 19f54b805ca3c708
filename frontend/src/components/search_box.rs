//! The way to everything by keyboard: `/` or Ctrl-K focuses it, letters find pages and identities, Enter opens the chosen
//! one or lists all identities that match.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::query::ListQuery;
use shared::api::rows::IdentityRow;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, SubmitEvent};

use super::shell::place_title;
use crate::links::{self, List, Place};
use crate::theme::{Look, Theme};
use crate::ui::follow::effect;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::url_state::{Step, use_go, use_snapshot};
use crate::{client, words};

/// Between the last letter and the question.
const TYPING_PAUSE: Duration = Duration::from_millis(120);
/// Identities among the choices.
const N_IDENTITIES: usize = 6;

/// Something to choose, with what it is.
#[derive(Clone)]
struct Choice {
    title: String,
    hint: String,
    leads: Leads,
}

#[derive(Clone)]
enum Leads {
    To(String),
    Look(Theme),
}

#[component]
pub fn SearchBox() -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let snapshot = use_snapshot();
    let look = expect_context::<Look>();
    let go = use_go();
    let typed = RwSignal::new(String::new());
    let is_open = RwSignal::new(false);
    let found = RwSignal::new(Vec::<IdentityRow>::new());
    let active = RwSignal::new(None::<usize>);
    // Escape goes back to where the shortcut was pressed.
    let before = StoredValue::new_local(None::<HtmlElement>);
    let on_shortcut = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        let is_command = (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k");
        let is_slash = event.key() == "/" && !event.ctrl_key() && !event.meta_key() && !is_typing(&event);
        if !(is_command || is_slash) {
            return;
        }
        if let Some(input) = input.get_untracked() {
            event.prevent_default();
            let focused = document()
                .active_element()
                .filter(|focused| !input.is_same_node(Some(focused)));
            before.set_value(focused.and_then(|focused| focused.dyn_into().ok()));
            let _ = input.focus();
            input.select();
            is_open.set(true);
        }
    });
    on_cleanup(move || on_shortcut.remove());

    // Identities that hold the words, once the typing pauses; the answer to other words is dropped.
    effect(move || {
        let words = typed.get().trim().to_owned();
        active.set(None);
        if words.is_empty() {
            found.set(Vec::new());
            return;
        }
        let ask = move || {
            if typed.with_untracked(|typed| typed.trim() != words) {
                return;
            }
            let query = ListQuery {
                snapshot: snapshot.get_untracked(),
                text: words.clone(),
                limit: Some(N_IDENTITIES),
                ..ListQuery::default()
            };
            spawn_local(async move {
                if let Ok(page) = client::rows::<IdentityRow>(List::Identities, query).await
                    && typed.with_untracked(|typed| typed.trim() == words)
                {
                    found.set(page.rows);
                }
            });
        };
        set_timeout(ask, TYPING_PAUSE);
    });
    let choices = Memo::new_with_compare(
        move |_| typed.with(|typed| choices(typed.trim(), &found.get(), snapshot.get().as_deref())),
        |_, _| true,
    );
    let close = move || {
        is_open.set(false);
        typed.set(String::new());
        if let Some(input) = input.get_untracked() {
            let _ = input.blur();
        }
    };
    let follow = Callback::new(move |choice: Choice| {
        close();
        match choice.leads {
            Leads::To(link) => go.run((link, Step::Recorded)),
            Leads::Look(theme) => look.theme.set(theme),
        }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let chosen = active
            .get_untracked()
            .and_then(|at| choices.with_untracked(|all| all.get(at).cloned()));
        let words = typed.with_untracked(|typed| typed.trim().to_owned());
        match chosen {
            Some(choice) => follow.run(choice),
            None => {
                close();
                go.run((
                    links::search(&words, snapshot.get_untracked().as_deref()),
                    Step::Recorded,
                ));
            }
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let n = choices.with_untracked(Vec::len);
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            // One to the left, in a ring.
            "ArrowUp" => n,
            "Escape" => {
                close();
                if let Some(before) = before.try_update_value(Option::take).flatten() {
                    let _ = before.focus();
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        is_open.set(true);
        active
            .update(|active| *active = Some(active.map_or(step - 1, |at| (at + step) % (n + 1))).filter(|at| *at < n));
    };
    let list = move || {
        is_open.get().then(|| {
            let rows = choices.get().into_iter().enumerate().map(|(at, choice)| {
                let Choice { title, hint, .. } = choice.clone();
                html! {
                    <li
                        role="option"
                        class="search-choice"
                        id=choice_id(at)
                        aria-selected=move || (active.get() == Some(at)).to_string()
                        on:mousedown=move |event: web_sys::Event| event.prevent_default()
                        on:click=move |_| follow.run(choice.clone())
                    >
                        <span class="cut">{title}</span>
                        <span class="muted">{hint}</span>
                    </li>
                }
            });
            html! {
                <ul class="search-choices" role="listbox" id="search-choices" aria-label="Pages and identities">
                    {rows.collect_view()}
                </ul>
            }
        })
    };
    html! {
        <form class="search" role="search" on:submit=on_submit>
            {icon(Icon::Search)}
            <input
                class="search-input"
                type="text"
                role="combobox"
                node_ref=input
                placeholder="Search"
                aria-label="Search pages and identities"
                aria-autocomplete="list"
                aria-controls=move || is_open.get().then_some("search-choices")
                aria-expanded=move || is_open.get().to_string()
                aria-activedescendant=move || active.get().map(choice_id)
                aria-keyshortcuts="Control+K Meta+K /"
                autocomplete="off"
                spellcheck="false"
                prop:value=typed
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    is_open.set(true);
                }
                on:focus=move |_| is_open.set(true)
                on:blur=move |_| is_open.set(false)
                on:keydown=on_key
            />
            <kbd class="search-key" aria-hidden="true">"Ctrl K"</kbd>
            {list}
        </form>
    }
}

fn choice_id(at: usize) -> String {
    format!("search-choice-{at}")
}

/// Pages, looks and identities that match; without words, the pages.
fn choices(typed: &str, found: &[IdentityRow], snapshot: Option<&str>) -> Vec<Choice> {
    let of_page = |title: &str, link: String| Choice {
        title: title.to_owned(),
        hint: "Page".to_owned(),
        leads: Leads::To(link),
    };
    let places = Place::ALL.map(|place| of_page(place_title(place), links::place(place, snapshot)));
    let more = [
        of_page("Findings by rule", links::rules(snapshot)),
        of_page("Findings by standard", links::compliance(snapshot)),
        of_page("What if a limit were another", links::what_if_none(snapshot)),
    ];
    let looks = Theme::ALL.map(|theme| Choice {
        title: format!("{} theme", theme.title()),
        hint: "Look".to_owned(),
        leads: Leads::Look(theme),
    });
    let is_meant = |choice: &Choice| holds(&choice.title, typed);
    let commands = places
        .into_iter()
        .chain(more)
        .chain(looks.into_iter().filter(|_| !typed.is_empty()));
    let identities = found.iter().map(|row| Choice {
        title: row.name.clone(),
        hint: words::sentence(&row.kind),
        leads: Leads::To(links::identity(&row.id, snapshot)),
    });
    let more = (found.len() == N_IDENTITIES).then(|| Choice {
        title: format!("All identities with “{typed}”"),
        hint: "List".to_owned(),
        leads: Leads::To(links::search(typed, snapshot)),
    });
    commands.filter(is_meant).chain(identities).chain(more).collect()
}

/// Whether a title holds all words, whatever their case.
fn holds(title: &str, words: &str) -> bool {
    let title = title.to_ascii_lowercase();
    words
        .split_whitespace()
        .all(|word| title.contains(&word.to_ascii_lowercase()))
}

/// Whether a key goes into a field.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_find_pages_in_any_order_and_case() {
        let titles = |typed: &str| -> Vec<String> {
            choices(typed, &[], None)
                .into_iter()
                .map(|choice| choice.title)
                .collect()
        };
        assert_eq!(titles("STANDARD find"), ["Findings by standard"]);
        assert_eq!(titles("dark"), ["Dark theme"]);
        assert!(titles("no such page").is_empty());
        // Without words the looks would only be in the way.
        assert_eq!(titles("").len(), Place::ALL.len() + 3);
    }
}
