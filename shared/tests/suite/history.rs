//! Two snapshots held against each other, over exports.

use std::sync::Arc;

use shared::analysis::analyze;
use shared::answers;
use shared::api::history::{Change, HistoryQuery, Story as Told, StoryTable};
use shared::api::query::{BadQuery, ListQuery};
use shared::api::what_if::TriedPoint;
use shared::config::Config;
use shared::history::{History, Past};
use shared::merge::{AsOf, merge};
use shared::model::instant::Instant;

use crate::support::read;

const OWNED: &str = "name,owner,type,environment\n";

fn past(history: &mut History, day: &str, files: &[(&str, &str)]) {
    let config = Config::default();
    let batches = files
        .iter()
        .map(|(source, text)| read(source, "inventory.csv", text.as_bytes()))
        .collect();
    let as_of = AsOf::Given(Instant::from_text(day).unwrap());
    history.add(answers::summary(day, &analyze(merge(batches, as_of, &config), &config)));
}

fn pair(history: &History) -> (&Past, &Past) {
    (&history.snapshots[0], history.snapshots.last().unwrap())
}

#[test]
fn new_changed_gone_and_not_observed_are_told_apart() {
    let mut history = History::default();
    let crm = format!("{OWNED}stays,ann,service account,prod\nmoves,ann,service account,prod\nends,ann,robot,prod\n");
    let lab = format!("{OWNED}hidden,ann,service account,dev\n");
    past(&mut history, "2026-09-30", &[("crm", &crm), ("lab", &lab)]);
    let crm = format!("{OWNED}stays,ann,service account,prod\nmoves,bob,service account,prod\ncomes,ann,robot,prod\n");
    let hub = format!("{OWNED}found,ann,service account,dev\n");
    past(&mut history, "2026-10-31", &[("crm", &crm), ("hub", &hub)]);
    let (from, to) = pair(&history);
    let view = answers::history(&history, from, to, &HistoryQuery::default());
    let shown: Vec<String> = view
        .changes
        .iter()
        .map(|change| {
            let fields = change.fields.iter().map(|field| {
                let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
                format!(" {}: {} → {}", field.field, word(&field.from), word(&field.to))
            });
            let fields: String = fields.collect();
            let reason = change
                .reason
                .as_ref()
                .map(|reason| format!(" ({reason})"))
                .unwrap_or_default();
            format!("{} {}{fields}{reason}", change.kind.id(), change.name)
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    new comes
    changed moves owner: ann → bob
    gone ends
    not_observed hidden (lab is missing in 2026-10-31)
    not_observed_before found (hub is missing in 2026-09-30)
    ");
    let of_kind = |kind: &str| {
        let query = HistoryQuery::parse(kind).unwrap();
        answers::history(&history, from, to, &query).n_matching
    };
    assert_eq!(
        (of_kind("kind=gone"), of_kind("source=lab"), of_kind("q=MOVES")),
        (1, 1, 1)
    );
    assert_eq!(of_kind("identity=local:crm/moves&of=identity"), 1);
}

/// A finding is gone when its rule passes, or its subject went: not when nobody could judge it, and not when its source is
/// not there.
#[test]
fn findings_are_told_apart_by_key() {
    let mut history = History::default();
    let mut add = |day: &str, files: &[(&str, &str, &str)]| {
        let config = Config::default();
        let batches = files
            .iter()
            .map(|(source, path, text)| read(source, path, text.as_bytes()));
        let as_of = AsOf::Given(Instant::from_text(day).unwrap());
        let analysis = analyze(merge(batches.collect(), as_of, &config), &config);
        history.add(answers::summary(day, &analysis));
    };
    let crm = format!("{OWNED}mended,,service account,prod\nends,,robot,prod\nstays,,robot,prod\n");
    let lab = format!("{OWNED}hidden,,service account,dev\n");
    let reviews = "identity,reviewed_on\n*/stays,2026-01-01\n*/mended,2026-09-01\n";
    add(
        "2026-09-30",
        &[
            ("crm", "a.csv", &crm),
            ("lab", "a.csv", &lab),
            ("", "registry.csv", reviews),
        ],
    );
    let crm = format!("{OWNED}mended,ann,service account,prod\nstays,,robot,prod\ncomes,,robot,prod\n");
    add("2026-10-31", &[("crm", "a.csv", &crm)]);
    let (from, to) = pair(&history);
    let shown = |from: &Past, to: &Past| {
        let query = HistoryQuery::parse("of=finding").unwrap();
        let view = answers::history(&history, from, to, &query);
        assert_eq!(view.changes.len(), view.n_matching);
        let lines = view.changes.iter().map(|change| {
            let reason = change.reason.as_deref().unwrap_or_default();
            format!("{} {} ({}) {reason}", change.kind.id(), change.id, change.name)
        });
        lines
            .map(|line| line.trim_end().to_owned())
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(shown(from, to));
    insta::assert_snapshot!(shown(to, from));
    assert_eq!(shown(to, to), "");
}

/// A policy that says something else under its name is a change of the grants that it stands behind; one that is
/// written in another order is none.
#[test]
fn a_policy_that_is_rewritten_is_a_change_of_its_grants() {
    let role = |actions: &str| {
        format!(
            r#"{{"UserDetailList":[],"GroupDetailList":[],"Policies":[],"RoleDetailList":[{{"Path":"/","RoleName":"app",
            "RoleId":"AROAAPP","Arn":"arn:aws:iam::111122223333:role/app","CreateDate":"2024-05-01T09:00:00Z",
            "AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[]}},"InstanceProfileList":[],
            "RolePolicyList":[{{"PolicyName":"own","PolicyDocument":{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}}}],"AttachedManagedPolicies":[],"Tags":[]}}]}}"#
        )
    };
    let changes = |before: &str, after: &str| {
        let mut history = History::default();
        for (day, actions) in [("2026-09-30", before), ("2026-10-31", after)] {
            let config = Config::default();
            let files = vec![read("prod", "roles.json", role(actions).as_bytes())];
            let as_of = AsOf::Given(Instant::from_text(day).unwrap());
            history.add(answers::summary(day, &analyze(merge(files, as_of, &config), &config)));
        }
        let (from, to) = pair(&history);
        let view = answers::history(&history, from, to, &HistoryQuery::parse("of=grant").unwrap());
        let fields = |change: &Change| change.fields.iter().map(|it| it.field.clone()).collect::<Vec<_>>();
        view.changes
            .iter()
            .map(|change| (change.kind.id(), fields(change)))
            .collect::<Vec<_>>()
    };
    let (get, list) = (r#""s3:GetObject""#, r#""s3:ListBucket""#);
    let (both, turned) = (format!("{get},{list}"), format!("{list},{get}"));
    let rewritten = ("changed", vec!["permissions".to_owned()]);
    assert_eq!(changes(get, &both), [rewritten]);
    assert!(changes(&both, &turned).is_empty());
}

/// Keys that leaked, a role that another account of the estate may act as.
fn leaking(lab: bool, scanners: &[&str], day: &str, history: &mut History) {
    let key = "arn:aws:iam::111122223333:user/ci";
    let report = format!(
        "user,arn,user_creation_time,access_key_1_active,access_key_1_last_rotated\nci,{key},2024-05-01T09:00:00Z,false,N/A\n"
    );
    let role = |account: &str, name: &str, actor: &str| {
        format!(
            r#"{{"UserDetailList":[],"GroupDetailList":[],"Policies":[],"RoleDetailList":[{{"Path":"/","RoleName":"{name}",
            "RoleId":"AROA{name}","Arn":"arn:aws:iam::{account}:role/{name}","CreateDate":"2024-05-01T09:00:00Z",
            "AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{actor}:root"}},"Action":"sts:AssumeRole"}}]}},
            "InstanceProfileList":[],"RolePolicyList":[],"AttachedManagedPolicies":[],"Tags":[]}}]}}"#
        )
    };
    let (prod, other) = (
        role("111122223333", "app", "444455556666"),
        role("444455556666", "lab", "444455556666"),
    );
    // Every scanner finds a key of its own.
    let id = |scanner: &str| format!("AKIAEXAMPLE{:A>9}", scanner.to_uppercase());
    let key = |scanner: &str| {
        format!(
            r#"{{"UserName":"ci","AccessKeyId":"{}","Status":"Active","CreateDate":"2026-09-01T09:00:00Z"}}"#,
            id(scanner)
        )
    };
    let keys = format!(r#"{{"AccessKeyMetadata":[{},{}]}}"#, key("scan"), key("sweep"));
    let found = |scanner: &str| {
        let id = id(scanner);
        format!(r#"[{{"RuleID":"r","StartLine":1,"Commit":"c","File":"f","Secret":"{id}","Match":"{id}","Date":""}}]"#)
    };
    let mut files = vec![
        read("prod", "report.csv", report.as_bytes()),
        read("prod", "roles.json", prod.as_bytes()),
        read("prod", "keys.json", keys.as_bytes()),
    ];
    if lab {
        files.push(read("lab", "roles.json", other.as_bytes()));
    }
    files.extend(
        scanners
            .iter()
            .map(|name| read(name, "found.json", found(name).as_bytes())),
    );
    let config = Config::default();
    let as_of = AsOf::Given(Instant::from_text(day).unwrap());
    history.add(answers::summary(day, &analyze(merge(files, as_of, &config), &config)));
}

/// What rests on another source is neither gone nor new without it, and no change of a number that leans on it is claimed.
#[test]
fn what_rests_on_another_source_needs_it() {
    let changes = |history: &History| {
        let (from, to) = pair(history);
        let query = HistoryQuery::parse("of=finding").unwrap();
        let found = answers::history(history, from, to, &query).changes.into_iter();
        let found = found.filter(|change| {
            ["leaked_and_live", "open_external_trust"]
                .iter()
                .any(|rule| change.id.starts_with(rule))
        });
        found
            .map(|change| {
                format!(
                    "{} {} {}",
                    change.kind.id(),
                    change.name,
                    change.reason.unwrap_or_default()
                )
            })
            .collect::<Vec<_>>()
    };
    let leaked = |history: &History| {
        let (from, to) = pair(history);
        let trends = answers::trends(history, from, to);
        let at = trends
            .kpis
            .iter()
            .position(|trend| trend.id == "credential.leaked")
            .unwrap();
        let trend = trends.kpis[at].clone();
        let comparable: Vec<bool> = trend.points.iter().map(|point| point.comparable).collect();
        (trend.change.is_some(), comparable, trend.note)
    };
    let mut history = History::default();
    leaking(true, &["scan", "sweep"], "2026-09-30", &mut history);
    leaking(true, &["scan"], "2026-10-31", &mut history);
    insta::assert_debug_snapshot!((changes(&history), leaked(&history)));

    let mut history = History::default();
    leaking(true, &["scan", "sweep"], "2026-09-30", &mut history);
    leaking(true, &["scan", "sweep"], "2026-10-31", &mut history);
    assert_eq!(changes(&history), Vec::<String>::new());
    assert_eq!(leaked(&history), (true, vec![true, true], None));

    let mut history = History::default();
    leaking(true, &["scan"], "2026-09-30", &mut history);
    leaking(false, &[], "2026-10-31", &mut history);
    insta::assert_debug_snapshot!(changes(&history));
}

/// Law 5, and that a number over some sources is the number where those are all there is.
#[test]
fn a_change_is_claimed_over_what_can_be_compared_and_no_more() {
    let mut history = History::default();
    let crm = format!("{OWNED}a,ann,service account,prod\nb,,service account,prod\n");
    let lab = format!("{OWNED}c,,service account,dev\nd,,service account,dev\n");
    past(&mut history, "2026-09-30", &[("crm", &crm), ("lab", &lab)]);
    let crm = format!("{OWNED}a,ann,service account,prod\nb,bob,service account,prod\n");
    past(&mut history, "2026-10-31", &[("crm", &crm)]);
    let (from, to) = pair(&history);
    let trends = answers::trends(&history, from, to);
    let owner = trends.kpis.iter().find(|trend| trend.id == "owner").unwrap();
    let change = owner.change.as_ref().unwrap();
    assert_eq!(
        (change.from, change.to, change.direction.as_str()),
        (0.5, 1.0, "better")
    );
    assert_eq!(change.left_out, ["lab"]);
    assert_eq!(owner.note.as_deref(), Some("lab is missing in 2026-10-31"));
    let values = |point: usize| (owner.points[point].value, owner.points[point].like);
    assert_eq!(
        (values(0), values(1)),
        ((Some(0.25), Some(0.5)), (Some(1.0), Some(1.0)))
    );
    assert!(!owner.points[0].comparable && !owner.points[1].comparable);
    let age = trends.kpis.iter().find(|trend| trend.id == "nhi.per_human").unwrap();
    assert_eq!(age.change, None);
    assert_eq!(trends.steady_sources, ["crm"]);
}

const REPORT: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n";

/// A credential report with users, each with when its first key was made and whether it works.
fn report(users: &[(&str, &str, bool)]) -> String {
    let row = |(name, made_on, is_active): &(&str, &str, bool)| {
        format!(
            "{name},arn:aws:iam::111122223333:user/{name},2020-01-01T00:00:00+00:00,false,N/A,N/A,N/A,false,\
             {is_active},{made_on}T00:00:00+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n"
        )
    };
    REPORT.to_owned() + &users.iter().map(row).collect::<String>()
}

fn month(history: &mut History, day: &str, files: &[(&str, &str, String)]) {
    let config = Config::default();
    let batches = files
        .iter()
        .map(|(source, path, text)| read(source, path, text.as_bytes()))
        .collect();
    let as_of = AsOf::Given(Instant::from_text(day).unwrap());
    history.add(answers::summary(day, &analyze(merge(batches, as_of, &config), &config)));
}

/// What a limit would have done in a snapshot is what trying it there does.
#[test]
fn another_limit_is_tried_in_every_snapshot() {
    let config = Config::default();
    let judged = |day: &str, files: &[(&str, String)]| {
        let batches = files
            .iter()
            .map(|(source, text)| read(source, "credential_report.csv", text.as_bytes()));
        let as_of = AsOf::Given(Instant::from_text(day).unwrap());
        Arc::new(analyze(merge(batches.collect(), as_of, &config), &config))
    };
    let aws = report(&[("old", "2026-04-01", true), ("newer", "2026-07-15", true)]);
    let lab = report(&[("lab", "2026-06-15", true)]);
    let months = [
        (
            "2026-07-31",
            judged("2026-07-31", &[("aws", aws.clone()), ("lab", lab)]),
        ),
        ("2026-08-31", judged("2026-08-31", &[("aws", aws.clone())])),
        ("2026-09-30", judged("2026-09-30", &[("aws", aws)])),
    ];
    let mut history = History::default();
    for (name, analysis) in &months {
        history.add(answers::summary(name, analysis));
    }
    let query = "access_key_max_age_days=40";
    let read = |name: &str| -> Result<_, BadQuery> {
        let (_, analysis) = months.iter().find(|(known, _)| *known == name).unwrap();
        Ok(match name {
            "2026-08-31" => Err("torn".to_owned()),
            _ => Ok(Arc::clone(analysis)),
        })
    };
    let to = history.snapshots.last().unwrap();
    let trend = answers::what_if_trend(&history, to, query, read).unwrap();
    let rotation = trend.kpis.iter().find(|kpi| kpi.id == "credential.rotation").unwrap();
    let shown: Vec<String> = trend
        .snapshots
        .iter()
        .zip(&rotation.points)
        .map(|(snapshot, point)| {
            let TriedPoint {
                in_force,
                tried,
                comparable,
                reason,
            } = point;
            format!("{} {in_force:?} {tried:?} {comparable} {reason:?}", snapshot.name)
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
    for (at, (_, analysis)) in months.iter().enumerate().filter(|(at, _)| *at != 1) {
        for effect in answers::what_if(analysis, query).unwrap().kpis {
            let Some(kpi) = trend.kpis.iter().find(|kpi| kpi.id == effect.id) else {
                continue;
            };
            let point = &kpi.points[at];
            let (Some(in_force), Some(tried)) = (point.in_force, point.tried) else {
                assert_eq!(effect.before, None, "{}", effect.id);
                continue;
            };
            assert_eq!(in_force + effect.n_more, tried + effect.n_fewer, "{}", effect.id);
        }
    }
    let nothing = answers::what_if_trend(&history, to, "", |_| -> Result<_, BadQuery> { unreachable!() });
    assert!(nothing.unwrap().kpis.is_empty());
    assert!(answers::what_if_trend(&history, to, "stale=1", read).is_err());
}

/// A story tells what the trends claim, and counts what the list of findings counts.
#[test]
fn a_story_has_the_numbers_of_its_rows() {
    let config = Config::default();
    let mut history = History::default();
    let mut add = |day: &str, files: &[(&str, &str, String)]| {
        let batches = files
            .iter()
            .map(|(source, path, text)| read(source, path, text.as_bytes()));
        let as_of = AsOf::Given(Instant::from_text(day).unwrap());
        let analysis = analyze(merge(batches.collect(), as_of, &config), &config);
        history.add(answers::summary(day, &analysis));
        analysis
    };
    let crm = |owners: &[&str]| {
        let row = |(at, owner): (usize, &&str)| format!("bot-{at},{owner},service account,prod\n");
        OWNED.to_owned() + &owners.iter().enumerate().map(row).collect::<String>()
    };
    let lab = ("lab", "inventory.csv", crm(&["ann"]));
    add(
        "2026-08-31",
        &[("crm", "a.csv", crm(&["", "", "ann", "ann"])), lab.clone()],
    );
    add(
        "2026-09-30",
        &[
            ("crm", "a.csv", crm(&["ann", "", "ann", "ann", "bob"])),
            (
                "aws",
                "roles.json",
                r#"{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#.to_owned(),
            ),
            lab,
        ],
    );
    let trusts =
        include_str!("../../testdata/rules/open_external_trust/aws-prod/authorization_details.json").to_owned();
    let newest = add(
        "2026-10-31",
        &[
            ("crm", "a.csv", crm(&["ann", "ann", "ann", "ann", "bob", "bob"])),
            ("aws", "roles.json", trusts),
        ],
    );
    let (from, to) = pair(&history);
    let told = |story: Told| {
        let lines = story.lines.iter();
        let lines = lines.map(|line| format!("{}: {} {:?}", line.direction, line.text, line.rows));
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(told(answers::story(&history, from, to)));
    insta::assert_snapshot!(told(answers::story(&history, &history.snapshots[1], to)));
    assert_eq!(told(answers::story(&history, to, to)), "");
    let listed = |query: &str| {
        let query = ListQuery::parse(query).unwrap();
        answers::findings(&newest, &query).unwrap().n_matching
    };
    let story = answers::story(&history, &history.snapshots[1], to);
    let critical = story.lines.iter().find(|line| line.rows.of == StoryTable::Findings);
    let n = listed("severity=critical");
    assert!(n > 0 && critical.unwrap().text.starts_with(&format!("{n} critical")));
}

/// By the user of each key: first and last age at which it was seen, and by when it was replaced.
#[test]
fn a_slot_is_followed_until_another_key_takes_it() {
    let mut history = History::default();
    let aws = |users: &[(&str, &str, bool)]| vec![("aws", "credential_report.csv", report(users))];
    let first = [
        ("rotated", "2026-07-11", true),
        ("removed", "2026-07-12", true),
        ("off", "2026-07-13", true),
    ];
    month(&mut history, "2026-07-31", &aws(&first));
    let second = [
        ("rotated", "2026-08-21", true),
        ("off", "2026-07-13", false),
        ("late", "2026-08-01", true),
    ];
    month(&mut history, "2026-08-31", &aws(&second));
    // Nobody looked.
    month(
        &mut history,
        "2026-09-30",
        &[("other", "credential_report.csv", report(&[]))],
    );
    let lives = |n_snapshots| {
        let slots = history.slots(n_snapshots);
        let mut lives: Vec<_> = slots
            .lives
            .iter()
            .map(|(_, life)| (life.seen_from, life.seen_until, life.ended_by))
            .collect();
        lives.sort();
        lives
    };
    // Removed and switched off are not replaced; the key of July is, by the second look.
    let expected = [
        (10, 10, None),
        (18, 18, None),
        (19, 19, None),
        (20, 20, Some(51)),
        (30, 30, None),
    ];
    assert_eq!(lives(2), expected);
    assert_eq!(lives(3), expected, "a source that is missing ends nothing");
}

/// Two Google Cloud keys, or two secrets of an application, have keys of their own: the later takes the earlier's place.
#[test]
fn a_successor_under_another_key_replaces_once() {
    let mut history = History::default();
    let key = |id: u8, made_on: &str| {
        format!(
            "{{\"name\":\"projects/p/serviceAccounts/a@p.iam.gserviceaccount.com/keys/{id:040}\",\
             \"keyType\":\"USER_MANAGED\",\"validAfterTime\":\"{made_on}T00:00:00Z\",\
             \"validBeforeTime\":\"9999-12-31T23:59:59Z\"}}"
        )
    };
    let account = "[{\"name\":\"projects/p/serviceAccounts/a@p.iam.gserviceaccount.com\",\"projectId\":\"p\",\
                   \"uniqueId\":\"100000000000000000001\",\"email\":\"a@p.iam.gserviceaccount.com\"}]";
    let keys = |keys: &[String]| {
        let keys = ("gcp", "keys.json", format!("[{}]", keys.join(",")));
        vec![keys, ("gcp", "accounts.json", account.to_owned())]
    };
    month(
        &mut history,
        "2026-07-31",
        &keys(&[key(1, "2026-07-01"), key(2, "2026-07-02")]),
    );
    month(
        &mut history,
        "2026-08-31",
        &keys(&[key(2, "2026-07-02"), key(3, "2026-08-21")]),
    );
    month(&mut history, "2026-09-30", &keys(&[key(3, "2026-08-21")]));
    let mut lives: Vec<_> = history
        .slots(3)
        .lives
        .iter()
        .map(|(_, life)| (life.seen_from, life.seen_until, life.ended_by))
        .collect();
    lives.sort();
    // One slot whose keys overlap: the first gives way to the second, the second to the third, and that one is there.
    assert_eq!(lives, [(10, 40, None), (29, 60, Some(90)), (30, 30, Some(61))]);
}

#[test]
fn what_is_retired_goes_on_until_it_was_seen_to_be_gone() {
    let mut history = History::default();
    let registry = "identity,owner,retires_on\n*:user/gone,,2026-08-10\n*:user/stays,,2026-08-11\n*:user/far,,2027-01-01\n\
                    *:user/orphan,jo@example.com,\n";
    let roster = "email,name,team,status,left_on\njo@example.com,Jo,Ops,left,2026-07-01\n";
    let all = [
        ("gone", "2026-07-11", true),
        ("stays", "2026-07-12", true),
        ("far", "2026-07-13", true),
    ];
    let mut add = |day, users: &[(&str, &str, bool)]| {
        let files = [
            ("aws", "credential_report.csv", report(users)),
            ("", "registry.csv", registry.to_owned()),
            ("", "roster.csv", roster.to_owned()),
        ];
        month(&mut history, day, &files);
    };
    add("2026-07-31", &all);
    add("2026-08-31", &[all[0], all[1], all[2], ("orphan", "2026-08-02", true)]);
    add("2026-09-30", &[all[1], all[2], ("orphan", "2026-08-02", true)]);
    let durations = answers::durations(&history, 2);
    let shown: Vec<_> = durations
        .retirements
        .iter()
        .map(|retired| {
            (
                retired.name.as_str(),
                retired.cause.as_str(),
                retired.at_least_days,
                retired.at_most_days,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("orphan", "owner_left", 91, None),
            ("stays", "retires", 50, None),
            ("gone", "retires", 21, Some(51)),
        ]
    );
    assert_eq!((durations.revocation.n, durations.revocation.n_ended), (3, 1));
}
