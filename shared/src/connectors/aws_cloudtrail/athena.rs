//! Events as a query of Athena or CloudTrail Lake gives them: a table, in which an object is text such as
//! `{type=IAMUser, arn=arn:aws:iam::1:user/a, sessioncontext={…}}`.
//!
//! <https://docs.aws.amazon.com/athena/latest/ug/cloudtrail-logs.html>

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{Log, RawEvent, RawSessionContext, RawSessionIssuer, RawUserIdentity, Spot};
use crate::reading::table::{Table, TableRow};
use crate::reading::text::Text;

/// How deep objects stand in one another: a session's issuer stands three deep. What is deeper is passed over.
const MAX_DEPTH: usize = 8;

pub(super) fn read(table: &Table, log: &mut Log<'_>) {
    for row in table.rows() {
        read_row(row, log);
    }
}

fn read_row(row: TableRow<'_>, log: &mut Log<'_>) {
    let cell = |column: &str| said(row.get(column));
    let (request, response) = (cell("requestparameters").map(json), cell("responseelements").map(json));
    let raw = |text: &'_ Option<Cow<'_, str>>| text.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let (request, response): (Option<Box<RawValue>>, Option<Box<RawValue>>) = (raw(&request), raw(&response));
    let text = |column: &str| cell(column).map(|cell| Text(Cow::Borrowed(cell)));
    let event = RawEvent {
        user_identity: cell("useridentity").map(user_identity),
        event_time: text("eventtime"),
        event_source: text("eventsource"),
        event_name: text("eventname"),
        aws_region: text("awsregion"),
        source_ip_address: text("sourceipaddress"),
        user_agent: text("useragent"),
        error_code: text("errorcode"),
        request_parameters: request.as_deref(),
        response_elements: response.as_deref(),
        event_category: None,
        detail: None,
        cloud_trail_event: None,
    };
    log.event(&event, Spot::Line(row.line));
}

fn user_identity(cell: &str) -> RawUserIdentity<'_> {
    let members = members(cell);
    let text = |path: &str| members.get(path).map(|text| Text(Cow::Borrowed(*text)));
    RawUserIdentity {
        kind: text("type"),
        principal_id: text("principalid"),
        arn: text("arn"),
        account_id: text("accountid"),
        access_key_id: text("accesskeyid"),
        user_name: text("username"),
        invoked_by: text("invokedby"),
        identity_provider: text("identityprovider"),
        session_context: Some(RawSessionContext {
            session_issuer: text("sessioncontext.sessionissuer.arn").map(|arn| RawSessionIssuer {
                arn: Some(arn),
                principal_id: text("sessioncontext.sessionissuer.principalid"),
            }),
        }),
    }
}

/// What a request or an answer says, as JSON: Athena has it as JSON text, CloudTrail Lake as an object of its own kind.
fn json(cell: &str) -> Cow<'_, str> {
    if serde_json::from_str::<IgnoredAny>(cell).is_ok() {
        return Cow::Borrowed(cell);
    }
    let mut named = BTreeMap::new();
    each_member(cell, |path, text| {
        if let [name] = path {
            named.insert(*name, text);
        }
    });
    serde_json::to_string(&named).map_or(Cow::Borrowed(cell), Cow::Owned)
}

/// The members of an object by their paths in lower case: `sessioncontext.sessionissuer.arn`.
fn members(cell: &str) -> BTreeMap<String, &str> {
    let mut members = BTreeMap::new();
    each_member(cell, |path, text| {
        members.insert(path.join(".").to_lowercase(), text);
    });
    members
}

/// Calls `each` with every member that is text, under the names of those around it.
fn each_member<'t>(cell: &'t str, mut each: impl FnMut(&[&'t str], &'t str)) {
    let mut path: Vec<&str> = Vec::new();
    let mut n_deeper = 0usize;
    let mut rest = cell.trim().strip_prefix('{').unwrap_or_default();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            match n_deeper {
                0 if path.pop().is_none() => return,
                0 => {}
                _ => n_deeper -= 1,
            }
            rest = after;
            continue;
        }
        let Some((name, value)) = rest.split_once('=') else {
            return;
        };
        if let Some(inner) = value.strip_prefix('{') {
            match path.len() {
                MAX_DEPTH => n_deeper += 1,
                _ => path.push(name),
            }
            rest = inner;
            continue;
        }
        let end = value.find('}').unwrap_or(value.len());
        let end = value[..end].find(", ").unwrap_or(end);
        if let Some(text) = said(&value[..end]).filter(|_| n_deeper == 0) {
            path.push(name);
            each(&path, text);
            path.pop();
        }
        rest = &value[end..];
    }
}

fn said(text: &str) -> Option<&str> {
    (!matches!(text.trim(), "" | "null" | "-")).then(|| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_in_cells_are_taken_apart() {
        let check = |cell: &str| {
            let members = members(cell).into_iter();
            let pairs: Vec<_> = members.map(|(path, text)| format!("{path}: {text}")).collect();
            pairs.join("; ")
        };
        for (cell, expected) in [
            ("", ""),
            ("{}", ""),
            (
                "{type=IAMUser, arn=null, userName=a,b=c}",
                "type: IAMUser; username: a,b=c",
            ),
            ("{a={b={c=1}, d=2}, e=3}", "a.b.c: 1; a.d: 2; e: 3"),
            ("{a={}, b={c=", ""),
            ("{a=1}}, b=2", "a: 1"),
        ] {
            assert_eq!(check(cell), expected, "{cell}");
        }
        assert_eq!(check(&format!("{}b=1", "{a=".repeat(100_000))), "");
    }
}
