//! Icons: the symbols of `index.html`, by name. Always beside a word or with a label on the control.

use leptos::prelude::*;

use crate::ui::html::html;

macro_rules! icons {
    ($($name:ident => $id:literal),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Icon { $($name),* }

        impl Icon {
            #[cfg(test)]
            const ALL: &[Icon] = &[$(Icon::$name),*];

            fn reference(self) -> &'static str {
                match self { $(Icon::$name => concat!("#i-", $id)),* }
            }
        }
    };
}

icons! {
    Overview => "overview",
    Identities => "identities",
    Credentials => "credentials",
    Certificates => "certificates",
    History => "history",
    Kpis => "kpis",
    Sources => "sources",
    Search => "search",
    System => "system",
    Light => "light",
    Dark => "dark",
    Down => "down",
    Right => "right",
    Narrow => "narrow",
    Close => "close",
    Pass => "pass",
    Fail => "fail",
    Unknown => "unknown",
    Warning => "warning",
    Info => "info",
    Save => "save",
    Columns => "columns",
    Filter => "filter",
    UpArrow => "up-arrow",
    DownArrow => "down-arrow",
    Sort => "sort",
    Table => "table",
    File => "file",
    Retry => "retry",
    Calendar => "calendar",
    Rise => "rise",
    Fall => "fall",
    Same => "same",
    Plus => "plus",
    Minus => "minus",
    Changed => "changed",
    Copy => "copy",
    Findings => "findings",
    Reviews => "reviews",
    Leads => "leads",
    Access => "access",
}

/// An icon of the size of the text around it.
pub fn icon(icon: Icon) -> AnyView {
    html! {
        <svg class="icon" aria-hidden="true">
            <use href=icon.reference() />
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_is_drawn_and_every_drawing_is_an_icon() {
        let page = include_str!("../../index.html");
        for icon in Icon::ALL {
            let symbol = format!("<symbol id=\"{}\"", &icon.reference()[1..]);
            assert_eq!(page.matches(&symbol).count(), 1, "{icon:?}");
        }
        // Drawn by `frontend/explorer`.
        let of_explorer = ["i-fit", "i-pin", "i-undo"];
        for symbol in of_explorer.map(|id| format!("<symbol id=\"{id}\"")) {
            assert_eq!(page.matches(&symbol).count(), 1, "{symbol}");
        }
        assert_eq!(page.matches("<symbol ").count(), Icon::ALL.len() + of_explorer.len());
    }
}
