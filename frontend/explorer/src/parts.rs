//! The elements of the page that stay while what is in them changes.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlElement, HtmlInputElement};

use crate::dom::{el, fill, icon};

/// The elements that stay.
pub struct Parts {
    pub search: HtmlInputElement,
    pub found: Element,
    pub questions: Element,
    pub filters: Element,
    pub exports: Element,
    pub cover: Element,
    pub loading: Element,
    pub frame: HtmlElement,
    pub canvas: HtmlCanvasElement,
    pub context: CanvasRenderingContext2d,
    pub tools: Element,
    pub legend: Element,
    pub coverage: Element,
    pub side: Element,
    pub words: Element,
    /// What is read aloud.
    pub status: Element,
}

impl Parts {
    /// Builds them in `root`; `None` where there is no canvas.
    pub fn build(root: &HtmlElement) -> Option<Parts> {
        let search = el("input", "field list-search-input")
            .attr("type", "search")
            .attr("aria-label", "Find a node")
            .attr("autocomplete", "off")
            .attr("spellcheck", "false")
            .attr("maxlength", "200");
        let found = el("div", "explorer-results").attr("role", "status");
        let questions = el("div", "explorer-questions");
        let filters = el("div", "explorer-filters")
            .attr("role", "group")
            .attr("aria-label", "Filters");
        let exports = el("div", "explorer-exports");
        let cover = el("div", "card explorer-cover");
        let canvas = el("canvas", "explorer-canvas")
            .attr("tabindex", "0")
            .attr("role", "application")
            .attr("aria-describedby", "explorer-keys");
        let keys = el("p", "explorer-keys").attr("id", "explorer-keys").text(
            "Arrow keys go from node to node, Enter shows its neighbours, plus and minus zoom, 0 shows everything, P pins, \
             U undoes, T goes to the table, Escape chooses nothing.",
        );
        let tools = el("div", "explorer-tools")
            .attr("role", "group")
            .attr("aria-label", "Picture");
        let status = el("p", "visually-hidden").attr("role", "status");
        let frame = el("div", "explorer-frame");
        let legend = el("div", "explorer-legend");
        let coverage = el("p", "explorer-coverage");
        let side = el("section", "card explorer-side").attr("aria-label", "The chosen node");
        let words = el("section", "card explorer-words")
            .attr("aria-labelledby", "explorer-words")
            .attr("tabindex", "-1");
        let bar = el("div", "explorer-bar")
            .with(
                el("div", "explorer-search")
                    .with(el("div", "list-search").with(icon("search")).with(search.clone()))
                    .with(found.clone()),
            )
            .with(filters.clone())
            .with(exports.clone());
        let picture = el("div", "card explorer-picture")
            .with(
                frame
                    .clone()
                    .with(canvas.clone())
                    .with(tools.clone())
                    .with(keys)
                    .with(status.clone()),
            )
            .with(el("div", "explorer-below").with(legend.clone()).with(coverage.clone()));
        let grid = el("div", "explorer-grid").with(picture).with(side.clone());
        let loading = el("div", "skeleton-stack explorer-loading");
        fill(
            root,
            [
                bar,
                questions.clone(),
                cover.clone(),
                loading.clone(),
                grid,
                words.clone(),
            ],
        );
        let canvas: HtmlCanvasElement = canvas.0?.dyn_into().ok()?;
        Some(Parts {
            search: search.0?.dyn_into().ok()?,
            found: found.0?,
            questions: questions.0?,
            filters: filters.0?,
            exports: exports.0?,
            cover: cover.0?,
            loading: loading.0?,
            frame: frame.0?.dyn_into().ok()?,
            context: canvas.get_context("2d").ok()??.dyn_into().ok()?,
            canvas,
            tools: tools.0?,
            legend: legend.0?,
            coverage: coverage.0?,
            side: side.0?,
            words: words.0?,
            status: status.0?,
        })
    }
}
