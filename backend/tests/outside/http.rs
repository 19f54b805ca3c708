//! Every route, in process: status, headers and body as goldens.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use rollcall::cache::Cache;
use rollcall::routes::router;
use rollcall::serving::assets::Asset;
use rollcall::serving::guard::security_headers;
use rollcall::serving::{App, Guard, Watcher};
use serde_json::Value;
use tower::ServiceExt;

use crate::folder;

/// A dashboard of three files.
const ASSETS: &[Asset] = &[
    asset("index.html", b"<!doctype html><title>Rollcall</title>"),
    asset("app-0123456789abcdef.wasm", b"\0asm"),
    asset("icon.svg", b"<svg/>"),
];

const fn asset(path: &'static str, plain: &'static [u8]) -> Asset {
    Asset {
        path,
        plain,
        brotli: Some(b"in brotli"),
        gzip: Some(b"in gzip"),
        digest: 7,
    }
}

/// A server that has not read anything.
pub fn empty_app() -> Arc<App> {
    Arc::new(App::new(Guard::default(), None, Cache::none(), ASSETS))
}

/// A server that has read an estate.
pub fn app(root: &Path) -> Arc<App> {
    app_with(root, Cache::none())
}

/// A server that has read an estate, or taken it from the cache.
pub fn app_with(root: &Path, cache: Cache) -> Arc<App> {
    let app = Arc::new(App::new(Guard::default(), None, cache, ASSETS));
    Watcher::new(root.to_owned()).look(&app);
    app
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// The answer to a request with these headers, `Host` among them unless given.
pub fn ask(app: &Arc<App>, method: Method, address: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(address);
    if headers.iter().all(|(name, _)| *name != "host") {
        request = request.header("host", "localhost:7878");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let response = router(Arc::clone(app)).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    })
}

pub fn get(app: &Arc<App>, address: &str) -> Answer {
    ask(app, Method::GET, address, &[])
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Status, headers that not every answer has or that follow from the body, and the body; the version of the reading stands for itself.
    fn shown(&self, app: &Arc<App>) -> String {
        let body = match serde_json::from_str::<Value>(&self.body) {
            Ok(value) => serde_json::to_string_pretty(&value).unwrap(),
            Err(_) => self.body.clone(),
        };
        let version = app.served.load().as_ref().map(|served| served.version.clone());
        let shown = format!("{}{body}", self.head());
        version.map_or(shown.clone(), |version| shown.replace(&version, "VERSION"))
    }

    fn head(&self) -> String {
        let mut shown = format!("{}\n", self.status.as_u16());
        for (name, value) in &self.headers {
            if name != "content-length" && security_headers().iter().all(|(always, _)| always != name) {
                writeln!(shown, "{name}: {}", value.to_str().unwrap()).unwrap();
            }
        }
        shown + "\n"
    }
}

/// The keys of an answer with what kinds of value they have; lists by all of their elements.
fn shape(value: &Value) -> Vec<String> {
    fn walk(path: &str, value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    walk(&format!("{path}.{key}"), value, found);
                }
            }
            Value::Array(elements) => {
                for value in elements {
                    walk(&format!("{path}[]"), value, found);
                }
            }
            Value::Null => found.push(format!("{path}: null")),
            Value::Bool(_) => found.push(format!("{path}: bool")),
            Value::Number(_) => found.push(format!("{path}: number")),
            Value::String(_) => found.push(format!("{path}: text")),
        }
    }
    let mut found = Vec::new();
    walk("", value, &mut found);
    found.sort();
    found.dedup();
    found
}

#[test]
fn goldens_of_rows_and_errors() {
    let app = app(&folder::fixture());
    for (name, address) in [
        ("state", "/api/v1/state"),
        ("identities", "/api/v1/identities?facets=yes"),
        ("identities_window", "/api/v1/identities?sort=-name&offset=1&limit=1"),
        (
            "identities_filtered",
            "/api/v1/identities?kpi=owner&verdict=fail&source=aws-prod",
        ),
        ("identities_older", "/api/v1/identities?snapshot=2026-09-30"),
        ("credentials", "/api/v1/credentials"),
        ("certificates", "/api/v1/certificates?expiry=30d"),
        ("findings", "/api/v1/findings?facets=yes"),
        ("findings_filtered", "/api/v1/findings?severity=low&limit=1&sort=-rule"),
        ("identities_with_finding", "/api/v1/identities?finding=unowned"),
        (
            "credentials_unknown",
            "/api/v1/credentials?finding=long_lived&verdict=unknown",
        ),
        ("export_findings", "/api/v1/export/findings?rule=not_rotated"),
        ("history", "/api/v1/history"),
        (
            "history_filtered",
            "/api/v1/history?from=2026-10-31&to=2026-09-30&of=credential&kind=gone&q=backup",
        ),
        ("export_csv", "/api/v1/export/identities"),
        (
            "export_json",
            "/api/v1/export/credentials?format=json&kind=access_key&status=active",
        ),
        ("bad_key", "/api/v1/identities?knd=role"),
        ("bad_sort", "/api/v1/credentials?sort=size"),
        ("bad_verdict", "/api/v1/identities?kpi=owner&verdict=maybe"),
        ("bad_kpi", "/api/v1/certificates?kpi=owner"),
        ("bad_facet", "/api/v1/identities?issuer=x"),
        ("bad_rule", "/api/v1/identities?finding=no_such_rule"),
        ("bad_format", "/api/v1/export/identities?format=doc"),
        ("bad_parameter", "/api/v1/kpis?kind=share"),
        ("bad_change", "/api/v1/history?kind=lost"),
        ("reviews", "/api/v1/reviews"),
        ("review", "/api/v1/review?owner=platform"),
        ("review_of_nobody", "/api/v1/review?owner=nobody"),
        ("bad_review", "/api/v1/review?ownr=platform"),
        ("leads", "/api/v1/leads"),
        ("what_if", "/api/v1/what-if?access_key_max_age_days=20&stale_days=2000"),
        ("story", "/api/v1/story"),
        (
            "what_if_trend",
            "/api/v1/what-if/trend?access_key_max_age_days=20&snapshot=2026-10-31",
        ),
        ("bad_threshold", "/api/v1/what-if?stale=30"),
        ("bad_trend", "/api/v1/trends?snapshot=2026-10-31"),
        ("no_snapshot", "/api/v1/kpis?snapshot=1999-01-01"),
        ("no_past_snapshot", "/api/v1/history?from=1999-01-01"),
        ("no_identity", "/api/v1/identity?id=nobody"),
        ("graph_nodes", "/api/v1/graph/nodes?q=payments&kind=identity"),
        (
            "graph_neighbours",
            "/api/v1/graph/neighbours?node=identity:k8s:k8s-payments/payments/api&direction=out",
        ),
        (
            "graph_reach",
            "/api/v1/graph/reach?node=identity:k8s:k8s-payments/payments/api&kind=resource&kind=role",
        ),
        (
            "graph_who_can_reach",
            "/api/v1/graph/who-can-reach?node=administrators&limit=2",
        ),
        (
            "graph_paths",
            "/api/v1/graph/paths?from=identity:k8s:k8s-payments/payments/api&to=resource:k8s-payments&paths=1",
        ),
        (
            "graph_safe_to_act",
            "/api/v1/graph/safe-to-act?node=credential:aws-key:arn:aws:iam::111122223333:user/ci/ci-deploy/access_key_1",
        ),
        (
            "graph_smallest_change",
            "/api/v1/graph/smallest-change?from=identity:k8s:k8s-payments/payments/api&to=administrators",
        ),
        (
            "graph_no_credential",
            "/api/v1/graph/safe-to-act?node=identity:k8s:k8s-payments/payments/api",
        ),
        ("graph_no_node", "/api/v1/graph/reach?node=identity:nobody"),
        ("graph_no_question", "/api/v1/graph/paths?from=identity:nobody"),
        ("graph_bad_key", "/api/v1/graph/reach?from=identity:nobody"),
        ("graph_bad_kind", "/api/v1/graph/nodes?kind=thing"),
        ("no_route", "/api/v1/nothing"),
        ("no_file", "/nothing.js"),
        ("healthz", "/healthz"),
        ("readyz", "/readyz"),
        ("page", "/identities?kind=role"),
        ("hashed_file", "/app-0123456789abcdef.wasm"),
        ("other_file", "/icon.svg"),
    ] {
        insta::assert_snapshot!(name, get(&app, address).shown(&app));
    }
}

/// These hold all that is known of an estate: what counts is which keys there are, not what this estate has in them.
#[test]
fn goldens_of_shapes() {
    let app = app(&folder::fixture());
    for (name, address) in [
        ("shape_of_overview", "/api/v1/overview"),
        ("shape_of_kpis", "/api/v1/kpis"),
        ("shape_of_sources", "/api/v1/sources"),
        ("shape_of_rules", "/api/v1/rules"),
        ("shape_of_trends", "/api/v1/trends"),
        ("shape_of_durations", "/api/v1/durations"),
        ("shape_of_compliance", "/api/v1/compliance"),
        (
            "shape_of_identity",
            "/api/v1/identity?id=arn:aws:iam::111122223333:user/ci/ci-deploy",
        ),
    ] {
        let answer = get(&app, address);
        let head = answer
            .head()
            .replace(&app.served.load().as_ref().unwrap().version, "VERSION");
        insta::assert_snapshot!(name, head + &shape(&answer.json()).join("\n"));
    }
}

/// A share, a count, a median and a number that is not measured, over both snapshots.
#[test]
fn a_trend_says_what_may_be_compared() {
    let app = app(&folder::fixture());
    let trends = get(&app, "/api/v1/trends").json();
    for id in [
        "owner",
        "nhi.total",
        "credential.age",
        "credential.leaked",
        "time_to_rotate",
    ] {
        let trend = trends["kpis"]
            .as_array()
            .unwrap()
            .iter()
            .find(|trend| trend["id"] == id);
        insta::assert_snapshot!(
            format!("trend_of_{id}"),
            serde_json::to_string_pretty(trend.unwrap()).unwrap()
        );
    }
}

/// Two reports of one account: both statements are there, and what went wrong in other files is, too.
#[test]
fn what_disagrees_or_cannot_be_read_is_said() {
    let app = app(&folder::fixture());
    let sources = get(&app, "/api/v1/sources").json();
    insta::assert_snapshot!(
        "conflicts",
        serde_json::to_string_pretty(&sources["conflicts"]).unwrap()
    );
    let aws = &sources["sources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|source| source["name"] == "aws-prod");
    insta::assert_snapshot!("a_partial_source", serde_json::to_string_pretty(aws.unwrap()).unwrap());
}

#[test]
fn a_known_version_is_not_sent_again() {
    let app = app(&folder::fixture());
    for address in [
        "/api/v1/kpis",
        "/api/v1/identities?kind=user",
        "/icon.svg",
        "/certificates",
    ] {
        let first = get(&app, address);
        let etag = first.headers["etag"].to_str().unwrap();
        let again = ask(&app, Method::GET, address, &[("if-none-match", etag)]);
        assert_eq!(
            (again.status, again.body.as_str()),
            (StatusCode::NOT_MODIFIED, ""),
            "{address}"
        );
        for header in ["etag", "cache-control", "vary"] {
            assert_eq!(again.headers[header], first.headers[header], "{address} {header}");
        }
        let other = ask(&app, Method::GET, address, &[("if-none-match", "\"other\"")]);
        assert_eq!((other.status, other.body), (StatusCode::OK, first.body), "{address}");
    }
}

#[test]
fn head_is_get_without_a_body() {
    let app = app(&folder::fixture());
    for address in [
        "/api/v1/kpis",
        "/api/v1/state",
        "/",
        "/healthz",
        "/metrics",
        "/api/v1/nothing",
    ] {
        let (get, head) = (get(&app, address), ask(&app, Method::HEAD, address, &[]));
        assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{address}");
        assert_eq!(
            head.headers.get("content-type"),
            get.headers.get("content-type"),
            "{address}"
        );
    }
}

#[test]
fn answers_come_in_the_coding_that_is_asked_for() {
    let app = app(&folder::fixture());
    let coding = |address: &str, accepted: &str| {
        let answer = ask(&app, Method::GET, address, &[("accept-encoding", accepted)]);
        assert_eq!(answer.headers["vary"], "accept-encoding");
        answer
            .headers
            .get("content-encoding")
            .map(|coding| coding.to_str().unwrap().to_owned())
    };
    for (address, accepted, expected) in [
        ("/", "gzip, br", Some("br")),
        ("/", "gzip", Some("gzip")),
        ("/", "br;q=0", None),
        ("/api/v1/kpis", "gzip, br", Some("gzip")),
        ("/api/v1/kpis", "identity", None),
    ] {
        assert_eq!(coding(address, accepted).as_deref(), expected, "{address} {accepted}");
    }
    let packed = ask(&app, Method::GET, "/", &[("accept-encoding", "br")]);
    assert_eq!(packed.body, "in brotli");
}

#[test]
fn every_answer_carries_the_security_headers() {
    let app = app(&folder::fixture());
    let mut shown = String::new();
    for (name, value) in security_headers() {
        writeln!(shown, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    insta::assert_snapshot!("security_headers", shown);
    let foreign = [("host", "evil.example")];
    let current = [("if-none-match", "*")];
    for (method, address, headers) in [
        (Method::GET, "/", &[][..]),
        (Method::GET, "/api/v1/kpis", &[]),
        (Method::GET, "/api/v1/kpis", &current),
        (Method::GET, "/api/v1/kpis?knd=1", &[]),
        (Method::GET, "/api/v1/export/identities", &[]),
        (Method::GET, "/metrics", &[]),
        (Method::GET, "/nothing.js", &[]),
        (Method::GET, "/", &foreign),
        (Method::POST, "/", &[]),
    ] {
        let answer = ask(&app, method.clone(), address, headers);
        for (name, value) in security_headers() {
            assert_eq!(answer.headers.get(&name), Some(&value), "{method} {address}");
        }
    }
}

#[test]
fn goldens_of_refusals() {
    let app = app(&folder::fixture());
    let long = format!("/api/v1/identities?q={}", "x".repeat(20_000));
    for (name, method, address, headers) in [
        (
            "foreign_host",
            Method::GET,
            "/api/v1/state",
            &[("host", "evil.example")][..],
        ),
        (
            "foreign_origin",
            Method::GET,
            "/api/v1/state",
            &[("origin", "https://evil.example")],
        ),
        ("other_method", Method::DELETE, "/api/v1/state", &[]),
        ("long_query", Method::GET, &long, &[]),
    ] {
        insta::assert_snapshot!(name, ask(&app, method, address, headers).shown(&app));
    }
}

#[test]
fn before_the_first_reading_it_says_why() {
    let app = empty_app();
    insta::assert_snapshot!("loading_kpis", get(&app, "/api/v1/kpis").shown(&app));
    insta::assert_snapshot!("loading_readyz", get(&app, "/readyz").shown(&app));
    insta::assert_snapshot!("loading_state", get(&app, "/api/v1/state").shown(&app));
    assert_eq!(get(&app, "/healthz").status, StatusCode::OK);
    assert_eq!(get(&app, "/").status, StatusCode::OK);

    let estate = folder::copy();
    std::fs::write(estate.path().join("rollcall.toml"), "[thresholds]\nstale = 1\n").unwrap();
    let broken = self::app(estate.path());
    insta::assert_snapshot!("unreadable_kpis", get(&broken, "/api/v1/kpis").shown(&broken));
    insta::assert_snapshot!("unreadable_readyz", get(&broken, "/readyz").shown(&broken));
}

/// The text format of Prometheus, version 0.0.4: each sample has a family with help and type, named once.
#[test]
fn metrics_are_prometheus_text() {
    let app = app(&folder::fixture());
    let answer = get(&app, "/metrics");
    assert_eq!(
        answer.headers["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert!(answer.body.ends_with('\n'));
    let (mut families, mut series) = (Vec::new(), Vec::new());
    for line in answer.body.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            families.push(help.split_once(' ').unwrap().0);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind, format!("{} gauge", families.last().unwrap()));
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
            assert_eq!(name.split('{').next().unwrap(), *families.last().unwrap(), "{line}");
            series.push(name);
        }
    }
    for names in [&mut families, &mut series] {
        let n = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), n, "{names:?}");
    }
    let kpis = get(&app, "/api/v1/kpis").json();
    let owner = kpis["kpis"]
        .as_array()
        .unwrap()
        .iter()
        .find(|kpi| kpi["id"] == "owner")
        .unwrap();
    for verdict in ["pass", "fail", "unknown"] {
        let line = format!(
            "rollcall_kpi_rows{{id=\"owner\",verdict=\"{verdict}\"}} {}\n",
            owner[verdict]
        );
        assert!(answer.body.contains(&line), "{line} {}", answer.body);
    }
}
