//! The frontend's files. Any path that is no file is a page, and pages are all one document.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use shared::api::route;
use shared::diagnostic::shorten;

use super::failure::Failure;
use super::negotiation::{accepts, is_current};
use crate::serving::App;
use crate::serving::assets::{Asset, ENGINE_FOLDER};

/// What the page at `/` asks for first, so that browsers fetch it beside the program instead of after it.
const OVERVIEW_ASKS: [&str; 3] = [route::OVERVIEW, route::TRENDS, route::RULES];

pub async fn file(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    let is_served = |asset: &&Asset| !asset.path.starts_with(ENGINE_FOLDER);
    let find = |path: &str| app.assets.iter().filter(is_served).find(|asset| asset.path == path);
    let path = uri.path().trim_start_matches('/');
    let is_page = !path.rsplit('/').next().unwrap_or_default().contains('.') || path.contains(':');
    match find(path).or_else(|| find("index.html").filter(|_| is_page)) {
        Some(asset) if path.is_empty() && uri.query().is_none() => {
            let mut response = send(asset, &headers);
            let links = OVERVIEW_ASKS.map(|address| format!("<{address}>; rel=preload; as=fetch; crossorigin"));
            let links = HeaderValue::from_str(&links.join(", "));
            response
                .headers_mut()
                .extend(links.ok().map(|links| (header::LINK, links)));
            response
        }
        Some(asset) => send(asset, &headers),
        None if is_page => {
            let message = "this binary was built without the dashboard; build it with `cargo xtask run`\n";
            (StatusCode::NOT_FOUND, message).into_response()
        }
        None => Failure::not_found(format!("there is no file `{}`", shorten(path))).into_response(),
    }
}

fn send(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let etag = format!("W/\"{:016x}\"", asset.digest);
    let (bytes, encoding) = match (asset.brotli, asset.gzip) {
        (Some(brotli), _) if accepts(headers, "br") => (brotli, Some("br")),
        (_, Some(gzip)) if accepts(headers, "gzip") => (gzip, Some("gzip")),
        (_, _) => (asset.plain, None),
    };
    let mut response = match is_current(headers, &etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(Bytes::from_static(bytes))),
    };
    let encoding = encoding.filter(|_| response.status() == StatusCode::OK);
    let sent = response.headers_mut();
    sent.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type()));
    sent.insert(header::CACHE_CONTROL, HeaderValue::from_static(asset.cached()));
    sent.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    sent.extend(HeaderValue::from_str(&etag).ok().map(|etag| (header::ETAG, etag)));
    sent.extend(encoding.map(|name| (header::CONTENT_ENCODING, HeaderValue::from_static(name))));
    response
}
