//! The access graph. What is on the page below its title draws itself: `frontend/explorer`, a program of its own that is
//! loaded only here. This page hands it the URL, and follows the links that it asks for.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::HtmlElement;
use web_sys::js_sys::Function;

use crate::components::page_head::PageHead;
use crate::live::Live;
use crate::theme::Look;
use crate::ui::follow::effect;
use crate::ui::html::html;
use crate::url_state::{Step, use_go, use_location};

#[wasm_bindgen(inline_js = "export async function load_explorer(root, go) {
    // A site may lie in a folder: see engine/page.js.
    const module = await import(`${document.documentElement.dataset.base ?? ''}/explorer.js`);
    await module.default();
    return new module.Explorer(root, go);
}")]
extern "C" {
    /// As `frontend/explorer/src/main.rs` says.
    #[derive(Clone)]
    type Explorer;

    #[wasm_bindgen(catch)]
    async fn load_explorer(root: &HtmlElement, go: &Function) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn show(this: &Explorer, search: &str);
    #[wasm_bindgen(method)]
    fn refresh(this: &Explorer);
    #[wasm_bindgen(method)]
    fn repaint(this: &Explorer);
    #[wasm_bindgen(method)]
    fn leave(this: &Explorer);
}

#[component]
pub fn AccessPage() -> impl IntoView {
    let live = expect_context::<Live>();
    let look = expect_context::<Look>();
    let search = use_location().search;
    let go = use_go();
    let root = NodeRef::<leptos::html::Div>::new();
    let explorer = RwSignal::new_local(None::<Explorer>);
    let has_failed = RwSignal::new(false);
    let followed = StoredValue::new_local(Closure::<dyn Fn(String, bool)>::new(move |link, is_recorded| {
        let step = if is_recorded { Step::Recorded } else { Step::Replacing };
        go.run((link, step));
    }));
    effect(move || {
        let Some(root) = root.get() else { return };
        spawn_local(async move {
            let go: Option<Function> = followed.try_with_value(|followed| followed.as_ref().clone().into());
            let Some(go) = go else { return };
            match load_explorer(&root, &go).await {
                Ok(loaded) => {
                    let loaded: Explorer = loaded.into();
                    // The page may have been left meanwhile.
                    if explorer.try_set(Some(loaded.clone())).is_some() {
                        loaded.leave();
                    }
                }
                Err(_) => {
                    has_failed.try_set(true);
                }
            }
        });
    });
    effect(move || {
        let search = search.get();
        explorer.with(|explorer| {
            if let Some(explorer) = explorer {
                explorer.show(&search);
            }
        });
    });
    let mut shown = live.edition.get_untracked();
    effect(move || {
        let edition = live.edition.get();
        if let Some(explorer) = explorer.get_untracked().filter(|_| shown != edition) {
            explorer.refresh();
        }
        shown = edition;
    });
    effect(move || {
        look.theme.track();
        if let Some(explorer) = explorer.get_untracked() {
            explorer.repaint();
        }
    });
    on_cleanup(move || {
        if let Some(explorer) = explorer.try_get_untracked().flatten() {
            explorer.leave();
        }
    });
    html! {
        <div class="page access">
            <PageHead title="Access graph" line=|| "Who can become what, and what they reach" />
            {move || has_failed.get().then(|| html! {
                <p role="alert">"The picture could not be loaded. Reload the page if Rollcall was updated."</p>
            })}
            <div class="explorer" node_ref=root></div>
        </div>
    }
}
