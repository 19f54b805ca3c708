//! Builds what stands around the picture. Nothing here listens: what is pressed says in `data-do` what it does, and one
//! listener on the whole page hears it.

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, Window};

const SVG: &str = "http://www.w3.org/2000/svg";

/// This page's window. The module runs in a window or in a worker; the worker draws nothing.
pub fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

/// An element that is being built. Where there is no document it is nothing, and so is what is done to it.
#[derive(Clone)]
pub struct Built(pub Option<Element>);

/// An element with a class.
pub fn el(tag: &str, class: &str) -> Built {
    let element = document().and_then(|document| document.create_element(tag).ok());
    let built = Built(element);
    if class.is_empty() {
        built
    } else {
        built.attr("class", class)
    }
}

/// An icon of the page's sprite.
pub fn icon(id: &str) -> Built {
    let made = |tag: &str| Built(document().and_then(|document| document.create_element_ns(Some(SVG), tag).ok()));
    made("svg")
        .attr("class", "icon")
        .attr("aria-hidden", "true")
        .with(made("use").attr("href", &format!("#i-{id}")))
}

/// A link to another state of this page, or to another page.
pub fn link(class: &str, href: &str, text: &str) -> Built {
    el("a", class).attr("href", href).text(text)
}

impl Built {
    pub fn attr(self, name: &str, value: &str) -> Built {
        if let Some(element) = &self.0 {
            // Fails for a name that is none.
            let _ = element.set_attribute(name, value);
        }
        self
    }

    /// An attribute that is there or not.
    pub fn flag(self, name: &str, is_set: bool) -> Built {
        if is_set { self.attr(name, "") } else { self }
    }

    pub fn text(self, text: &str) -> Built {
        if let (Some(element), Some(document)) = (&self.0, document()) {
            let _ = element.append_child(&document.create_text_node(text));
        }
        self
    }

    pub fn with(self, child: Built) -> Built {
        if let (Some(element), Some(child)) = (&self.0, &child.0) {
            let _ = element.append_child(child);
        }
        self
    }

    pub fn each(self, children: impl IntoIterator<Item = Built>) -> Built {
        children.into_iter().fold(self, Built::with)
    }
}

/// Puts other children into an element. What had the focus has it again, when it is still there.
pub fn fill(element: &Element, children: impl IntoIterator<Item = Built>) {
    let active = document().and_then(|document| document.active_element());
    let key = active
        .filter(|active| element.contains(Some(active)))
        .and_then(|active| active.get_attribute("data-key"));
    element.set_text_content(None);
    for child in children {
        if let Some(child) = child.0 {
            let _ = element.append_child(&child);
        }
    }
    let Some(key) = key else { return };
    let Ok(keyed) = element.query_selector_all("[data-key]") else {
        return;
    };
    for at in 0..keyed.length() {
        let element = keyed.item(at).and_then(|node| node.dyn_into::<HtmlElement>().ok());
        if let Some(element) = element.filter(|element| element.get_attribute("data-key").as_deref() == Some(&key)) {
            let _ = element.focus();
        }
    }
}
