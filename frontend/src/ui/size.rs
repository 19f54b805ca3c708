//! The size of an element, followed.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlElement, ResizeObserver};

use super::follow::effect;

/// Calls `changed` with the element now and whenever its size changes, until the view is gone.
pub fn watch_size(element: NodeRef<html::Div>, changed: impl Fn(&HtmlElement) + Clone + 'static) {
    let watching = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn Fn()>)>);
    effect(move || {
        let Some(element) = element.get() else { return };
        let element: HtmlElement = element.unchecked_into();
        let measured = element.clone();
        let changed = changed.clone();
        let on_resize = Closure::<dyn Fn()>::new(move || changed(&measured));
        if let Ok(observer) = ResizeObserver::new(on_resize.as_ref().unchecked_ref()) {
            observer.observe(&element);
            watching.set_value(Some((observer, on_resize)));
        }
    });
    on_cleanup(move || {
        watching.try_update_value(|watching| {
            if let Some((observer, _)) = watching.take() {
                observer.disconnect();
            }
        });
    });
}
