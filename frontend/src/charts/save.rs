//! Charts as files: SVG, PNG at twice its size, CSV of the data.

use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement, Url,
};

/// Pixels of a PNG for each of the chart's: sharp in a document.
const PNG_SCALE: f64 = 2.0;

/// `Certificate expiry` as `certificate-expiry`.
pub fn file_name(title: &str) -> String {
    let kept = title.chars().map(|c| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    });
    let joined: String = kept.collect();
    joined
        .split('-')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

pub fn csv(name: &str, csv: &str) {
    save_text(&format!("{name}.csv"), "text/csv", csv);
}

pub fn svg(name: &str, svg: &str) {
    save_text(&format!("{name}.svg"), "image/svg+xml", svg);
}

/// Draws the picture on a canvas and saves that.
pub fn png(name: &str, svg: &str) {
    let name = format!("{name}.png");
    let Some(url) = blob_url("image/svg+xml", svg) else {
        return;
    };
    let Ok(image) = HtmlImageElement::new() else { return };
    let drawn = image.clone();
    let source = url.clone();
    let on_load = Closure::once_into_js(move || {
        if let Some(data_url) = rasterised(&drawn) {
            follow(&data_url, &name);
        }
        let _ = Url::revoke_object_url(&source);
    });
    image.set_onload(Some(on_load.unchecked_ref()));
    image.set_src(&url);
}

fn rasterised(image: &HtmlImageElement) -> Option<String> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    let (width, height) = (
        f64::from(image.width()) * PNG_SCALE,
        f64::from(image.height()) * PNG_SCALE,
    );
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context
        .draw_image_with_html_image_element_and_dw_and_dh(image, 0.0, 0.0, width, height)
        .ok()?;
    canvas.to_data_url().ok()
}

fn save_text(name: &str, mime: &str, text: &str) {
    if let Some(url) = blob_url(mime, text) {
        follow(&url, name);
        let _ = Url::revoke_object_url(&url);
    }
}

fn blob_url(mime: &str, text: &str) -> Option<String> {
    let options = BlobPropertyBag::new();
    options.set_type(mime);
    let parts = JsValue::from(vec![JsValue::from_str(text)]);
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    Url::create_object_url_with_blob(&blob).ok()
}

fn follow(url: &str, name: &str) {
    let link = document()
        .create_element("a")
        .ok()
        .and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(url);
        link.set_download(name);
        link.click();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_chart() {
        assert_eq!(file_name("Renewals, per week"), "renewals-per-week");
    }
}
