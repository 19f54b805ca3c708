//! A native modal dialog: focus stays inside, Escape closes it.

use leptos::html;
use leptos::prelude::*;
use web_sys::MouseEvent;

use super::follow::effect;
use super::icon::{Icon, icon};

use crate::ui::html::html;

/// A dialog with a title and a way out, shown while `open` holds.
#[component]
pub fn Dialog(#[prop(into)] title: String, open: RwSignal<bool>, children: Children) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if open.get() {
            if !dialog.open() {
                // Fails only for a dialog outside the document.
                let _ = dialog.show_modal();
            }
        } else {
            dialog.close();
        }
    });
    let on_backdrop = move |event: MouseEvent| {
        // The dialog itself is the target only outside its content.
        if event.target() == event.current_target() {
            open.set(false);
        }
    };
    html! {
        <dialog
            class="dialog"
            node_ref=dialog
            aria-label=title.clone()
            on:close=move |_| open.set(false)
            on:click=on_backdrop
        >
            <div class="dialog-content">
                <div class="dialog-head">
                    <h2 class="dialog-title">{title}</h2>
                    <button type="button" class="button button-quiet" aria-label="Close" on:click=move |_| open.set(false)>
                        {icon(Icon::Close)}
                    </button>
                </div>
                {children()}
            </div>
        </dialog>
    }
}
