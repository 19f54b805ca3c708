//! Who may ask: the names under which the server may be reached, and the ways in on addresses that others can reach.

use std::net::IpAddr;

use anyhow::bail;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};

use super::authentication::Authentication;
use crate::commands::serve::ListenArgs;

/// The rules for requests. By default those of loopback: own names only, everybody.
#[derive(Default)]
pub struct Guard {
    authentication: Authentication,
    extra_hosts: Vec<String>,
}

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub message: &'static str,
}

impl Guard {
    /// # Errors
    /// When the address is not loopback and there is no way in, or as for [`Authentication::new`].
    pub fn new(args: &ListenArgs) -> anyhow::Result<Guard> {
        let authentication = Authentication::new(args)?;
        if !authentication.is_asked() && !args.listen.ip().is_loopback() {
            bail!(
                "{} can be reached from outside this machine, so it needs authentication: write a token into a file \
                 (`openssl rand -hex 16 > token`) and pass `--token-file token`, or see `--password-file` and `--proxy`",
                args.listen
            );
        }
        Ok(Guard {
            authentication,
            extra_hosts: args.allow_host.clone(),
        })
    }

    /// Judges a request by its method and by what it takes this server for, before anything else does.
    pub fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        if method != Method::GET && method != Method::HEAD {
            return Err(Refusal {
                status: StatusCode::METHOD_NOT_ALLOWED,
                message: "only GET and HEAD are served",
            });
        }
        // HTTP/2 has the host in the address and mostly no header for it.
        let host = match headers.get(header::HOST) {
            Some(host) => host.to_str().unwrap_or_default(),
            None => uri.authority().map(Authority::as_str).unwrap_or_default(),
        };
        if !self.is_own_host(host) {
            return Err(Refusal {
                status: StatusCode::MISDIRECTED_REQUEST,
                message: "this server is not known by that name; pass `--allow-host NAME` if it should be",
            });
        }
        // A page of this server has its own host as origin; behind a proxy, the name that the proxy is called by.
        let origin = headers
            .get(header::ORIGIN)
            .map(|origin| origin.to_str().unwrap_or_default());
        let is_own_origin = |origin: &str| {
            let (_, authority) = origin.split_once("://").unwrap_or_default();
            authority.eq_ignore_ascii_case(host) || self.is_extra_host(name_of(authority))
        };
        if origin.is_some_and(|origin| !is_own_origin(origin)) {
            return Err(Refusal {
                status: StatusCode::FORBIDDEN,
                message: "requests from other sites are not answered",
            });
        }
        Ok(())
    }

    /// Judges who asks, after [`Guard::check`].
    pub async fn admit(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<(), Refusal> {
        match self.authentication.admits(peer, headers).await {
            true => Ok(()),
            false => Err(Refusal {
                status: StatusCode::UNAUTHORIZED,
                message: "a token or a password is needed",
            }),
        }
    }

    /// `localhost`, addresses, and names that the user allows. Any other name may be one that somebody else has made to
    /// lead here (DNS rebinding); an address cannot be.
    fn is_own_host(&self, host: &str) -> bool {
        let name = name_of(host);
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok() || self.is_extra_host(name)
    }

    fn is_extra_host(&self, name: &str) -> bool {
        self.extra_hosts.iter().any(|extra| extra.eq_ignore_ascii_case(name))
    }
}

/// A `Host` without port and brackets; `""` when it is none.
fn name_of(host: &str) -> &str {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or_default(),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    if is_port { name } else { "" }
}

/// What the page may load and run: its own files, WebAssembly, and no inline code. `blob:` is the picture of a chart
/// that the page itself makes to save it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Every feature that browsers know by this header, denied.
const PERMISSIONS_POLICY: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), \
    clipboard-read=(), clipboard-write=(), display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), \
    geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), local-fonts=(), \
    magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), picture-in-picture=(), \
    publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), storage-access=(), \
    sync-xhr=(), unload=(), usb=(), window-management=(), xr-spatial-tracking=()";

/// Headers that every answer carries.
pub fn security_headers() -> [(HeaderName, HeaderValue); 8] {
    let value = HeaderValue::from_static;
    [
        (header::CONTENT_SECURITY_POLICY, value(CONTENT_SECURITY_POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, value("nosniff")),
        (header::REFERRER_POLICY, value("no-referrer")),
        (header::X_FRAME_OPTIONS, value("DENY")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            value("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-embedder-policy"),
            value("require-corp"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            value("same-origin"),
        ),
        (HeaderName::from_static("permissions-policy"), value(PERMISSIONS_POLICY)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard {
            authentication: Authentication::default(),
            extra_hosts: vec!["rollcall.example".to_owned()],
        }
    }

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn only_own_names_are_answered() {
        for (host, expected) in [
            ("127.0.0.1:7878", true),
            ("localhost", true),
            ("[::1]:7878", true),
            ("Rollcall.Example:443", true),
            ("192.0.2.7:7878", true),
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("[::1].evil.example", false),
            ("localhost:7878.evil.example", false),
            ("rollcall.example.evil.example", false),
            ("", false),
        ] {
            let checked = guard().check(&Method::GET, &Uri::default(), &headers(&[(header::HOST, host)]));
            assert_eq!(checked.is_ok(), expected, "{host}");
        }
        for (uri, expected) in [("https://localhost/", true), ("https://evil.example/", false)] {
            let checked = guard().check(&Method::GET, &Uri::from_static(uri), &HeaderMap::new());
            assert_eq!(checked.is_ok(), expected, "{uri}");
        }
    }

    #[test]
    fn other_sites_and_other_methods_are_refused() {
        let own = [(header::HOST, "localhost:7878")];
        for (origin, expected) in [
            ("http://localhost:7878", Ok(())),
            ("https://rollcall.example", Ok(())),
            ("https://evil.example", Err(StatusCode::FORBIDDEN)),
            ("http://localhost:3000", Err(StatusCode::FORBIDDEN)),
            ("null", Err(StatusCode::FORBIDDEN)),
            ("localhost:7878", Err(StatusCode::FORBIDDEN)),
        ] {
            let checked = guard().check(
                &Method::GET,
                &Uri::default(),
                &headers(&[own[0].clone(), (header::ORIGIN, origin)]),
            );
            assert_eq!(checked.map_err(|refusal| refusal.status), expected, "{origin}");
        }
        assert_eq!(
            guard()
                .check(&Method::POST, &Uri::default(), &headers(&own))
                .unwrap_err()
                .status,
            StatusCode::METHOD_NOT_ALLOWED
        );
    }
}
