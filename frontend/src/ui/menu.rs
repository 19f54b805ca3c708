//! A button that opens a small panel: a native disclosure that closes on Escape and on a press elsewhere.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusEvent, KeyboardEvent, MouseEvent};

use super::icon::{Icon, icon};

use crate::ui::html::html;

/// A panel below its button. Its content is ordinary links, buttons or checkboxes.
#[component]
pub fn Menu(
    #[prop(into)] label: Signal<String>,
    /// What the button says to those who do not see the picture, when that is more than the label.
    #[prop(optional, into)]
    name: Option<String>,
    symbol: Icon,
    children: ChildrenFn,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let close_outside = window_event_listener(leptos::ev::click, move |event: MouseEvent| {
        if !open.get_untracked() {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let inside = root
            .get_untracked()
            .is_some_and(|root| root.contains(target.as_ref().map(AsRef::as_ref)));
        if !inside {
            open.set(false);
        }
    });
    on_cleanup(move || close_outside.remove());
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.stop_propagation();
            open.set(false);
            if let Some(button) = button.get_untracked() {
                let _ = button.focus();
            }
        }
    };
    // Else the panel would hide what has the focus next.
    let on_focus_out = move |event: web_sys::Event| {
        let next = event.dyn_ref::<FocusEvent>().and_then(FocusEvent::related_target);
        let next = next.and_then(|next| next.dyn_into::<Element>().ok());
        let is_outside = |next: &Element| root.get_untracked().is_some_and(|root| !root.contains(Some(next)));
        if next.as_ref().is_some_and(is_outside) {
            open.set(false);
        }
    };
    html! {
        <div class="menu" node_ref=root on:keydown=on_key on:focusout=on_focus_out>
            <button
                type="button"
                class="button"
                node_ref=button
                aria-expanded=move || open.get().to_string()
                aria-label=name
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {icon(symbol)}
                <span class="menu-word">{label}</span>
                <span class="menu-mark">{icon(Icon::Down)}</span>
            </button>
            {move || {
                open.get()
                    .then(|| {
                        html! {
                            <div class="menu-panel">
                                {children()}
                            </div>
                        }
                    })
            }}
        </div>
    }
}
