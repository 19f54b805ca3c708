//! Why nothing recognised a file: what it is, and which export comes nearest.

use super::{CONNECTORS, Mark};
use crate::diagnostic::Diagnostic;
use crate::reading::probe::{Format, Probe};
use crate::reading::table;

/// What a file that nothing recognises has, by the names that signatures know. Other names are only counted: what
/// stands in the place of a name may be a password.
fn known_among(what: &str, parts: &str, names: Vec<&str>, is_known: fn(&str) -> bool) -> String {
    /// Enough for every export; a map has a name for each of its rows.
    const MAX_NAMES: usize = 100;
    let compared = names.iter().copied().take(MAX_NAMES);
    let known: Vec<_> = compared.filter(|name| is_known(name)).take(8).collect();
    match (names.len(), known.as_slice()) {
        (0, _) => format!("{what} without {parts}"),
        (_, []) => format!("{what}, none of whose {parts} is known"),
        (_, [..]) => format!("{what} with the known {parts} {}", known.join(", ")),
    }
}

fn marks() -> impl Iterator<Item = Mark> {
    let signatures = CONNECTORS.iter().flat_map(|connector| connector.signatures);
    signatures.copied().flatten().copied()
}

/// Whether some connector's signature names this outermost member.
fn is_known_member(name: &str) -> bool {
    marks().any(|mark| match mark {
        Mark::Has(path) | Mark::Lacks(path) | Mark::Equals(path, _) | Mark::Contains(path, _) => {
            path.split(['.', '[']).next() == Some(name)
        }
        Mark::OnlyMembers(names) => names.contains(&name),
        Mark::RowHas(member) | Mark::RowLacks(member) => member.eq_ignore_ascii_case(name),
        Mark::Is(_)
        | Mark::Begins(_)
        | Mark::FirstLine(_)
        | Mark::ColonFields(_)
        | Mark::Accounts(_)
        | Mark::SudoRules
        | Mark::HostVariable(_)
        | Mark::Text(_)
        | Mark::Column(_)
        | Mark::AnyColumn(_)
        | Mark::AnyColumnLike(_)
        | Mark::NoColumnLike(_)
        | Mark::OnlyColumns(_) => false,
    })
}

/// Whether some connector's signature names this column.
fn is_known_column(name: &str) -> bool {
    let name = table::folded(name);
    let is_like = |known: &&str| table::folded(known) == name;
    marks().any(|mark| match mark {
        Mark::Column(column) => is_like(&column),
        Mark::AnyColumn(columns) | Mark::OnlyColumns(columns) | Mark::NoColumnLike(columns) => {
            columns.iter().any(is_like)
        }
        Mark::AnyColumnLike(groups) => groups.iter().copied().flatten().any(is_like),
        Mark::Is(_)
        | Mark::Begins(_)
        | Mark::FirstLine(_)
        | Mark::ColonFields(_)
        | Mark::Accounts(_)
        | Mark::SudoRules
        | Mark::HostVariable(_)
        | Mark::Text(_)
        | Mark::Has(_)
        | Mark::Lacks(_)
        | Mark::OnlyMembers(_)
        | Mark::RowHas(_)
        | Mark::RowLacks(_)
        | Mark::Equals(..)
        | Mark::Contains(..) => false,
    })
}

/// The code of the error that a tool wrote instead of its answer. Only a code: its sentence may quote anything.
fn refusal<'p>(probe: &'p Probe<'_>) -> Option<&'p str> {
    let is_code = |code: &&str| {
        (1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(&b))
    };
    let value = |path: &str| probe.value(path);
    let says = |path: &str, expected: &str| value(path).is_some_and(|value| value.eq_ignore_ascii_case(expected));
    let code = match probe.format {
        // `An error occurred (AccessDenied) when calling the ListUsers operation: …`
        Format::Text => {
            let (before, after) = probe.text.split_once("An error occurred (")?;
            before.trim().is_empty().then_some(after.split(')').next()?)
        }
        // Microsoft and Google; Okta and Salesforce; GitHub; Kubernetes; Slack.
        Format::Json => (value("error.code").filter(|_| probe.has("error.message")))
            .or_else(|| value("errorCode").filter(|_| probe.has("errorSummary") || probe.has("message")))
            .or_else(|| value("status").filter(|_| probe.has("message") && probe.has("documentation_url")))
            .or_else(|| value("reason").filter(|_| says("kind", "Status") && says("status", "Failure")))
            .or_else(|| value("error").filter(|_| says("ok", "false"))),
        Format::Empty
        | Format::Yaml
        | Format::Table
        | Format::Xml
        | Format::Pem
        | Format::Der
        | Format::JavaKeyStore
        | Format::Binary => None,
    };
    code.filter(is_code)
}

/// Why nothing recognised a file: the connector that came nearest, and what it missed.
pub(super) fn unrecognised(probe: &Probe<'_>) -> Diagnostic {
    if let Some(code) = refusal(probe) {
        return Diagnostic::error(
            "whole file",
            format!("an error in the place of an answer: `{code}`"),
            "the answer of the command that writes the export",
            "the call failed, as a rule for want of a right: see to it and export again; what it would have told is unknown",
        );
    }
    let found = match probe.format {
        Format::Empty => "an empty file".to_owned(),
        Format::Table => {
            let columns = probe.columns().iter().map(String::as_str).collect();
            known_among("a table", "columns", columns, is_known_column)
        }
        Format::Json | Format::Yaml => {
            let members = probe.paths().filter(|path| !path.contains(['.', '['])).collect();
            known_among(probe.format.name(), "members", members, is_known_member)
        }
        Format::Xml | Format::Pem | Format::Der | Format::JavaKeyStore | Format::Text | Format::Binary => {
            probe.format.name().to_owned()
        }
    };
    let nearest = CONNECTORS
        .iter()
        .flat_map(|connector| connector.signatures.iter().map(move |marks| (connector, *marks)))
        .filter(|(_, marks)| marks.iter().all(|mark| mark.is_of(probe.format)))
        .map(|(connector, marks)| {
            let n_held = marks.iter().filter(|mark| mark.tells() && mark.holds(probe)).count();
            (n_held * 100 / marks.len().max(1), connector, marks)
        })
        // Less than half is no likeness.
        .filter(|(held, ..)| *held >= 50)
        .max_by_key(|(held, ..)| *held);
    let expected = match nearest {
        Some((_, connector, marks)) => {
            let missing: Vec<_> = marks
                .iter()
                .filter(|mark| !mark.holds(probe))
                .map(|mark| mark.describe(probe))
                .collect();
            format!(
                "nearest is {}, which also has {}",
                connector.title,
                missing.join(" and ")
            )
        }
        None => "an export of one of the known connectors".to_owned(),
    };
    let help = match probe.format {
        Format::Json | Format::Table => {
            "see docs/connectors.md for the command that writes each export, and for `[[inventory]]`, which tells what \
             the columns of a list of your own mean; remove the file if it is neither"
        }
        Format::Empty
        | Format::Yaml
        | Format::Xml
        | Format::Pem
        | Format::Der
        | Format::JavaKeyStore
        | Format::Text
        | Format::Binary => {
            "see docs/connectors.md for the command that writes each export; remove the file if it is none"
        }
    };
    Diagnostic::error("whole file", found, expected, help)
}

#[cfg(test)]
mod tests {
    use crate::connectors::read;

    #[test]
    fn an_error_in_the_place_of_an_answer_is_told_by_its_code() {
        let check = |text: &str| {
            let reading = read("s", "f.json", text.as_bytes(), "");
            assert!(reading.connector.is_none(), "{text}");
            reading.diagnostics[0].found.clone()
        };
        for (text, code) in [
            (
                r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}"#,
                "Authorization_RequestDenied",
            ),
            (
                r#"{"error":{"code":403,"message":"Permission denied","status":"PERMISSION_DENIED"}}"#,
                "403",
            ),
            (
                r#"{"errorCode":"E0000006","errorSummary":"You do not have permission","errorCauses":[]}"#,
                "E0000006",
            ),
            (
                r#"[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]"#,
                "INVALID_SESSION_ID",
            ),
            (
                r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}"#,
                "404",
            ),
            (
                r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"Forbidden","code":403}"#,
                "Forbidden",
            ),
            (r#"{"ok":false,"error":"missing_scope"}"#, "missing_scope"),
            (
                "\nAn error occurred (AccessDenied) when calling the ListUsers operation: User is not authorized\n",
                "AccessDenied",
            ),
        ] {
            assert_eq!(check(text), format!("an error in the place of an answer: `{code}`"));
        }
        // A sentence is no code, and may hold anything.
        assert!(!check(r#"{"ok":false,"error":"the password hunter2 is wrong"}"#).contains("hunter2"));
    }

    #[test]
    fn nothing_is_near_that_is_not_like_it() {
        for (text, found) in [
            (r#"["ci","deploy"]"#, "JSON without members"),
            (r#"{"dependencies":{"a":"1"}}"#, "JSON, none of whose members is known"),
            ("hello: world\nx: /y\n", "YAML, none of whose members is known"),
            ("just some words\n/x :/ y\n", "text"),
        ] {
            let reading = read("s", "f", text.as_bytes(), "");
            assert_eq!(reading.diagnostics[0].found, found);
            assert_eq!(
                reading.diagnostics[0].expected, "an export of one of the known connectors",
                "{text}"
            );
        }
    }

    #[test]
    fn what_a_scanner_found_is_no_inventory() {
        for (text, column) in [
            (
                "ACCOUNT_NAME;CHECK_ID;STATUS;SEVERITY;RESOURCE_UID\nacme;iam_1;FAIL;high;r-1\n",
                "check_id",
            ),
            ("ID,Name,CVSSSeverity,Status\n1,zlib,High,Open\n", "cvssseverity"),
            ("File,Category,Name,CWEs\na.c,buffer,strcpy,CWE-120\n", "cwes"),
            (
                "id,title,severity_rating,state,source,reporter\n7,Leak,high,open,platform,ann\n",
                "severity_rating",
            ),
            (
                "username,title,source,state,vulnerability_references\nann,Leak,platform,open,n/a\n",
                "vulnerability_references",
            ),
        ] {
            let reading = read("s", "f.csv", text.as_bytes(), "");
            assert!(reading.connector.is_none(), "{text}");
            let [diagnostic] = reading.diagnostics.as_slice() else {
                panic!("{:?}", reading.diagnostics);
            };
            assert!(
                diagnostic.expected.contains(&format!("no column `{column}`")),
                "{diagnostic:?}"
            );
            assert!(diagnostic.help.contains("`[[inventory]]`"), "{diagnostic:?}");
        }
    }

    #[test]
    fn a_log_of_events_is_no_inventory() {
        for text in [
            "action,actor,user,repo,created_at\norg.add_member,mona,hubot,,2026-10-01\n",
            "ID,Author ID,Author Name,Entity ID,Entity Type,Entity Path,Target ID,Target Type,Target Details,Action,IP Address,Created At\n\
             1,2,ann,3,Group,acme,4,User,bob,Added,192.0.2.1,2026-10-01\n",
            "RecordId,CreationDate,RecordType,Operation,UserId,AuditData\n1,2026-10-01,8,Add,ann,{}\n",
        ] {
            let reading = read("s", "f.csv", text.as_bytes(), "");
            assert!(reading.connector.is_none(), "{text}");
        }
    }
}
