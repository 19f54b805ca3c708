//! The frontend's files. Any path that is no file is a page, and pages are all one document.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{Failure, accepts, is_current};
use crate::serving::assets::Asset;

pub async fn file(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_page = !path.rsplit('/').next().unwrap_or_default().contains('.') || path.is_empty() || path.contains(':');
    let asset = Asset::find(path).or_else(|| is_page.then(|| Asset::find("index.html")).flatten());
    match asset {
        Some(asset) => send(asset, &headers),
        None if is_page => {
            let message = "this binary was built without the dashboard; build it with `cargo xtask run`";
            (StatusCode::NOT_FOUND, message).into_response()
        }
        None => Failure::new(StatusCode::NOT_FOUND, "not_found", format!("there is no file `{path}`")).into_response(),
    }
}

fn send(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let digest: String = Sha256::digest(asset.plain)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let etag = format!("\"{digest}\"");
    let cache = if asset.is_hashed() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let (bytes, encoding) = match (asset.brotli, asset.gzip) {
        (Some(brotli), _) if accepts(headers, "br") => (brotli, Some("br")),
        (_, Some(gzip)) if accepts(headers, "gzip") => (gzip, Some("gzip")),
        (_, _) => (asset.plain, None),
    };
    let mut response = match is_current(headers, &etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(Bytes::from_static(bytes))),
    };
    let sent = response.headers_mut();
    sent.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type()));
    sent.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    sent.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        sent.insert(header::ETAG, etag);
    }
    if let Some(encoding) = encoding.filter(|_| response.status() == StatusCode::OK) {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}
