//! Who may ask: the names under which the server may be reached, and the token on addresses that others can reach.

use std::fs;
use std::net::SocketAddr;
use std::sync::OnceLock;

use anyhow::{Context, bail};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use crate::commands::serve::ListenArgs;

/// The rules for requests.
pub struct Guard {
    token: Option<String>,
    extra_hosts: Vec<String>,
    address: OnceLock<SocketAddr>,
}

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub message: &'static str,
}

/// The shortest token that is taken: 16 random bytes in hex are 32 characters.
const MIN_TOKEN_CHARS: usize = 16;

impl Guard {
    /// # Errors
    /// When the address is not loopback and no token is given, or the token cannot be read or is too short.
    pub fn new(args: &ListenArgs) -> anyhow::Result<Guard> {
        let token = match &args.token_file {
            Some(path) => {
                let text = fs::read_to_string(path)
                    .with_context(|| format!("cannot read the token file `{}`", path.display()))?;
                Some(text.trim().to_owned())
            }
            None => None,
        };
        if token.as_ref().is_some_and(|token| token.len() < MIN_TOKEN_CHARS) {
            bail!(
                "the token is too short; use at least {MIN_TOKEN_CHARS} characters, for example from `openssl rand -hex 16`"
            );
        }
        if token.is_none() && !args.listen.ip().is_loopback() {
            bail!(
                "{} can be reached from outside this machine, so it needs authentication: write a token into a file \
                 (`openssl rand -hex 16 > token`) and pass `--token-file token`",
                args.listen
            );
        }
        Ok(Guard {
            token,
            extra_hosts: args.allow_host.clone(),
            address: OnceLock::new(),
        })
    }

    /// Remembers where the server really listens: its own address is a name it may be called by.
    pub fn allow_address(&self, address: SocketAddr) {
        // Set once, at the start.
        let _ = self.address.set(address);
    }

    /// Judges a request before anything else does.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        if method != Method::GET && method != Method::HEAD {
            return Err(Refusal {
                status: StatusCode::METHOD_NOT_ALLOWED,
                message: "only GET and HEAD are served",
            });
        }
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        if !self.is_own_host(host) {
            return Err(Refusal {
                status: StatusCode::MISDIRECTED_REQUEST,
                message: "this server is not known by that name; pass `--allow-host NAME` if it should be",
            });
        }
        let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let is_foreign = origin.is_some_and(|origin| {
            let host = origin.split_once("://").map_or(origin, |(_, host)| host);
            !self.is_own_host(host)
        });
        if is_foreign {
            return Err(Refusal {
                status: StatusCode::FORBIDDEN,
                message: "requests from other sites are not answered",
            });
        }
        match &self.token {
            Some(token) if !presents(headers, token) => Err(Refusal {
                status: StatusCode::UNAUTHORIZED,
                message: "a token is needed",
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Loopback names, the address itself, and names that the user allows. Anything else is DNS rebinding.
    fn is_own_host(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => host.rsplit_once(':').map_or(host, |(name, _)| name),
        };
        let is_address = self
            .address
            .get()
            .is_some_and(|address| name == address.ip().to_string());
        ["localhost", "127.0.0.1", "::1"].contains(&name)
            || is_address
            || self.extra_hosts.iter().any(|extra| extra.eq_ignore_ascii_case(name))
    }
}

/// A bearer token, or the password of HTTP basic (browsers ask people for that).
fn presents(headers: &HeaderMap, token: &str) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let presented = match given.split_once(' ') {
        Some((scheme, bearer)) if scheme.eq_ignore_ascii_case("bearer") => bearer.trim().to_owned(),
        Some((scheme, basic)) if scheme.eq_ignore_ascii_case("basic") => {
            let decoded = STANDARD
                .decode(basic.trim())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            decoded
                .and_then(|pair| pair.split_once(':').map(|(_, password)| password.to_owned()))
                .unwrap_or_default()
        }
        _ => String::new(),
    };
    presented.as_bytes().ct_eq(token.as_bytes()).into()
}

/// Headers that every answer carries.
pub fn security_headers() -> [(HeaderName, HeaderValue); 8] {
    const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
                          font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
                          frame-ancestors 'none'";
    let value = HeaderValue::from_static;
    [
        (header::CONTENT_SECURITY_POLICY, value(POLICY)),
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
        (
            HeaderName::from_static("permissions-policy"),
            value(
                "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()",
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(token: Option<&str>) -> Guard {
        Guard {
            token: token.map(str::to_owned),
            extra_hosts: vec!["rollcall.example".to_owned()],
            address: OnceLock::new(),
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
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
        ] {
            let checked = guard(None).check(&Method::GET, &headers(&[(header::HOST, host)]));
            assert_eq!(checked.is_ok(), expected, "{host}");
        }
    }

    #[test]
    fn other_sites_and_other_methods_are_refused() {
        let own = [(header::HOST, "localhost")];
        let foreign = headers(&[(header::HOST, "localhost"), (header::ORIGIN, "https://evil.example")]);
        assert_eq!(
            guard(None).check(&Method::GET, &foreign).unwrap_err().status,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            guard(None).check(&Method::POST, &headers(&own)).unwrap_err().status,
            StatusCode::METHOD_NOT_ALLOWED
        );
    }

    #[test]
    fn a_token_is_taken_as_bearer_and_as_password() {
        let guard = guard(Some("0123456789abcdef"));
        let check = |value: &str| {
            guard
                .check(
                    &Method::GET,
                    &headers(&[(header::HOST, "localhost"), (header::AUTHORIZATION, value)]),
                )
                .is_ok()
        };
        assert!(check("Bearer 0123456789abcdef"));
        assert!(check(&format!("Basic {}", STANDARD.encode("anyone:0123456789abcdef"))));
        assert!(!check("Bearer 0123456789abcdee"));
        assert!(!check(""));
    }
}
