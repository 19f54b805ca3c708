//! What a request says of what it has and takes.

use axum::http::{HeaderMap, HeaderName, header};

/// Whether the asker has this version already.
pub fn is_current(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |etag: &str| etag.trim().trim_start_matches("W/").to_owned();
    parts(headers, header::IF_NONE_MATCH).any(|known| known.trim() == "*" || opaque(known) == opaque(etag))
}

/// Whether the asker takes this content coding.
pub fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    parts(headers, header::ACCEPT_ENCODING).any(|part| {
        let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
        let quality = parameters.trim().strip_prefix("q=").map(str::parse::<f32>);
        name.trim().eq_ignore_ascii_case(coding) && !matches!(quality, Some(Ok(0.0)))
    })
}

fn parts(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_coding_of_no_quality_is_not_accepted() {
        for (header, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("br", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(header))]);
            assert_eq!(accepts(&headers, "gzip"), expected, "{header}");
        }
    }

    #[test]
    fn a_version_is_known_under_any_spelling() {
        for (header, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(header))]);
            assert_eq!(is_current(&headers, "W/\"a\""), expected, "{header}");
        }
    }
}
