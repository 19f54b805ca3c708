//! What stands around every page: navigation, search, snapshot, theme, the state of the server.

use leptos::html;
use leptos::prelude::*;

use super::banners::{Banners, LiveState};
use super::search_box::SearchBox;
use super::snapshot_picker::SnapshotPicker;
use crate::links::{self, Place};
use crate::live::Live;
use crate::theme::{Look, Navigation, Theme};
use crate::ui::follow::effect;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::url_state::{use_location, use_snapshot};

#[component]
pub fn Shell(children: Children) -> impl IntoView {
    let main = NodeRef::<html::Main>::new();
    let path = use_location().path;
    // Another page starts at its top for those who hear it, too.
    let mut before = path.get_untracked();
    effect(move || {
        let now = path.get();
        if before != now
            && let Some(main) = main.get_untracked()
        {
            let _ = main.focus();
        }
        before = now;
    });
    html! {
        <a class="skip" href="#main" rel="external">
            "Skip to content"
        </a>
        <div class="shell">
            <header class="topbar">
                <div class="topbar-search">
                    <SearchBox />
                </div>
                <LiveState />
                <SnapshotPicker />
                <ThemeSwitch />
            </header>
            <NavigationBar />
            <main class="main" id="main" tabindex="-1" node_ref=main>
                <Banners />
                {children()}
            </main>
        </div>
    }
}

fn place_icon(place: Place) -> Icon {
    match place {
        Place::Overview => Icon::Overview,
        Place::Identities => Icon::Identities,
        Place::Credentials => Icon::Credentials,
        Place::Certificates => Icon::Certificates,
        Place::Findings => Icon::Findings,
        Place::Reviews => Icon::Reviews,
        Place::Leads => Icon::Leads,
        Place::Access => Icon::Access,
        Place::History => Icon::History,
        Place::Kpis => Icon::Kpis,
        Place::Sources => Icon::Sources,
    }
}

/// What a place is called.
pub(super) fn place_title(place: Place) -> &'static str {
    match place {
        Place::Overview => "Overview",
        Place::Identities => "Identities",
        Place::Credentials => "Credentials",
        Place::Certificates => "Certificates",
        Place::Findings => "Findings",
        Place::Reviews => "Reviews",
        Place::Leads => "Leads",
        Place::Access => "Access graph",
        Place::History => "History",
        Place::Kpis => "KPIs",
        Place::Sources => "Sources",
    }
}

#[component]
fn NavigationBar() -> impl IntoView {
    let live = expect_context::<Live>();
    let look = expect_context::<Look>();
    let path = use_location().path;
    let snapshot = use_snapshot();
    let estate = move || {
        live.state
            .with(|state| state.as_ref().map(|state| state.estate.clone()))
    };
    let is_narrow = move || look.navigation.get() == Navigation::Narrow;
    let items = Place::ALL.map(|place| {
        html! {
            <li>
                <a
                    class="navigation-link"
                    href=move || links::place(place, snapshot.get().as_deref())
                    aria-current=move || links::is_at(&path.get(), place).then_some("page")
                    title=move || is_narrow().then(|| place_title(place))
                >
                    {icon(place_icon(place))}
                    <span class="navigation-word">{place_title(place)}</span>
                </a>
            </li>
        }
    });
    html! {
        <nav class="navigation" aria-label="Pages">
            <a class="brand" href=move || links::place(Place::Overview, snapshot.get().as_deref()) aria-label=move || is_narrow().then_some("Rollcall")>
                <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
                    <rect x="2" y="2" width="20" height="20" rx="5.5" />
                    <path d="M7 8.2h6M7 12h4.5M7 15.8h6M14.8 12.6l1.7 1.7 2.9-3.7" />
                </svg>
                <span class="brand-name">"Rollcall"</span>
                <span class="brand-estate">{estate}</span>
            </a>
            <ul class="navigation-list">{items.collect_view()}</ul>
            <button
                type="button"
                class="navigation-fold"
                aria-expanded=move || (!is_narrow()).to_string()
                aria-label=move || is_narrow().then_some("Show the names of pages")
                on:click=move |_| {
                    look.navigation
                        .update(|navigation| {
                            *navigation = match navigation {
                                Navigation::Wide => Navigation::Narrow,
                                Navigation::Narrow => Navigation::Wide,
                            };
                        });
                }
            >
                {icon(Icon::Narrow)}
                <span class="navigation-word">"Collapse"</span>
            </button>
        </nav>
    }
}

#[component]
fn ThemeSwitch() -> impl IntoView {
    let look = expect_context::<Look>();
    let choices = Theme::ALL.map(|theme| {
        let symbol = match theme {
            Theme::System => Icon::System,
            Theme::Light => Icon::Light,
            Theme::Dark => Icon::Dark,
        };
        html! {
            <label class="segment" title=theme.title()>
                <input
                    class="segment-input"
                    type="radio"
                    name="theme"
                    prop:checked=move || look.theme.get() == theme
                    on:change=move |_| look.theme.set(theme)
                />
                {icon(symbol)}
                <span class="visually-hidden">{theme.title()}</span>
            </label>
        }
    });
    html! {
        <fieldset class="segments">
            <legend class="visually-hidden">"Theme"</legend>
            {choices.collect_view()}
        </fieldset>
    }
}
