//! Light, dark or the system's: stored in the browser, applied before the first paint by `theme.js`.

use leptos::prelude::*;
use web_sys::Storage;

use crate::ui::follow::effect;

const THEME: &str = "rollcall.theme";
const NAVIGATION: &str = "rollcall.navigation";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    fn id(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Theme::System => "System",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }
}

/// The width of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Navigation {
    Wide,
    Narrow,
}

/// How this browser wants the pages to look.
#[derive(Clone, Copy)]
pub struct Look {
    pub theme: RwSignal<Theme>,
    pub navigation: RwSignal<Navigation>,
}

pub fn provide() {
    let stored = stored(THEME);
    let theme = Theme::ALL
        .into_iter()
        .find(|theme| stored.as_deref() == Some(theme.id()));
    let navigation = match self::stored(NAVIGATION).as_deref() {
        Some("narrow") => Navigation::Narrow,
        _ => Navigation::Wide,
    };
    let look = Look {
        theme: RwSignal::new(theme.unwrap_or(Theme::System)),
        navigation: RwSignal::new(navigation),
    };
    provide_context(look);
    effect(move || {
        let theme = look.theme.get();
        mark("data-theme", (theme != Theme::System).then(|| theme.id()));
        store(THEME, theme.id());
    });
    effect(move || {
        let narrow = look.navigation.get() == Navigation::Narrow;
        mark("data-navigation", narrow.then_some("narrow"));
        store(NAVIGATION, if narrow { "narrow" } else { "wide" });
    });
}

/// A value that this browser keeps. `None` too when it keeps nothing at all.
pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

pub fn store(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // A full or forbidden store only means that the choice is forgotten.
        let _ = storage.set_item(key, value);
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

fn mark(attribute: &str, value: Option<&str>) {
    if let Some(root) = document().document_element() {
        let _ = match value {
            Some(value) => root.set_attribute(attribute, value),
            None => root.remove_attribute(attribute),
        };
    }
}
