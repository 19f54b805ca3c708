//! Access reviews: what goes out to an owner, what comes back, and what becomes of a decision when the access changes.

use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::api::reviews::{Review, ReviewState};
use shared::config::Config;
use shared::connectors::review_csv;
use shared::export::{review_page, review_sheet};
use shared::merge::{AsOf, merge};
use shared::model::instant::Instant;
use shared::model::ratio::Verdict;
use shared::model::snapshot::Seen;

use crate::support::read;

const ROLE: &str = "arn:aws:iam::111122223333:role/deploy";

/// Who may do what in an account: a role with these statements, and one who is nobody's.
fn account(statements: &str) -> String {
    let role = |name: &str, tags: &str, statements: &str| {
        format!(
            r#"{{"Path":"/","RoleName":"{name}","RoleId":"AROA{name}","Arn":"arn:aws:iam::111122223333:role/{name}",
            "CreateDate":"2024-05-01T09:00:00Z","AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Principal":{{"Service":"ec2.amazonaws.com"}},"Action":"sts:AssumeRole"}}]}},
            "InstanceProfileList":[],"RolePolicyList":[{{"PolicyName":"own","PolicyDocument":
            {{"Version":"2012-10-17","Statement":[{statements}]}}}}],"AttachedManagedPolicies":[],"Tags":[{tags}]}}"#
        )
    };
    let owned = r#"{"Key":"Owner","Value":"Payments"},{"Key":"Purpose","Value":"<b>deploys</b> & rolls back"}"#;
    let read = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
    let roles = [role("deploy", owned, statements), role("lost", "", read)].join(",");
    format!(r#"{{"UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[{roles}],"Policies":[]}}"#)
}

const GET: &str = r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"}"#;
const PUT: &str = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::releases/*"}"#;

/// The account as of a day, with the decisions of these tables.
fn estate(as_of: &str, statements: &str, extra: &[(&str, &str, &[u8])]) -> Analysis {
    let mut files = vec![read("aws-prod", "authorization.json", account(statements).as_bytes())];
    files.extend(extra.iter().map(|(source, path, bytes)| read(source, path, bytes)));
    let config = Config::default();
    let as_of = AsOf::Given(Instant::from_text(as_of).unwrap());
    analyze(merge(files, as_of, &config), &config)
}

fn decided_in(analysis: &Analysis, sheet: &[u8], decision: &str, day: &str) -> Vec<u8> {
    let mut reader = csv::Reader::from_reader(sheet);
    let header = reader.headers().unwrap().clone();
    assert!(header.iter().eq(review_csv::COLUMNS.iter().copied()));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let filled = header.iter().zip(&record).map(|(column, cell)| match column {
            "decision" => decision,
            "decided_on" => day,
            "decided_by" => "Jo Mayer",
            _ => cell,
        });
        writer.write_record(filled).unwrap();
    }
    assert!(analysis.snapshot.find(ROLE).is_some());
    writer.into_inner().unwrap()
}

/// The table of the owner's review on a day, as it comes back.
fn decided(statements: &str, decision: &str, day: &str) -> Vec<u8> {
    let analysis = estate(day, statements, &[]);
    let review = answers::review_whole(&analysis, "payments").unwrap();
    decided_in(&analysis, &review_sheet(&review), decision, day)
}

fn review(analysis: &Analysis) -> Review {
    answers::review_whole(analysis, "Payments").unwrap()
}

/// State, criterion, and whether the KPI of late reviews counts it.
fn outcome(analysis: &Analysis) -> (ReviewState, Option<Verdict>, Option<Verdict>) {
    let index = analysis.snapshot.find(ROLE).unwrap().0 as usize;
    let (_, overdue) = shared::kpi::formulas::judge("review.overdue").unwrap();
    (
        review(analysis).rows[0].state,
        analysis.criteria[index][4],
        overdue(analysis, index),
    )
}

const PASS: Option<Verdict> = Some(Verdict::Pass);
const FAIL: Option<Verdict> = Some(Verdict::Fail);
const UNKNOWN: Option<Verdict> = Some(Verdict::Unknown);

#[test]
fn a_decision_holds_for_the_access_it_saw() {
    let sheet = decided(GET, "keep", "2026-10-01");
    let files: [(&str, &str, &[u8]); 1] = [("", "reviews/payments.csv", &sheet)];
    let same = estate("2026-10-31", GET, &files);
    assert_eq!(outcome(&same), (ReviewState::InTime, PASS, PASS));

    let other_order = r#"{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":["*"]}"#;
    assert_eq!(
        outcome(&estate("2026-10-31", other_order, &files)),
        (ReviewState::InTime, PASS, PASS)
    );

    let more = format!("{GET},{PUT}");
    let changed = estate("2026-10-31", &more, &files);
    assert_eq!(outcome(&changed), (ReviewState::Void, FAIL, FAIL));
    let finding = answers::findings(
        &changed,
        &shared::api::query::ListQuery::parse("rule=unreviewed").unwrap(),
    )
    .unwrap();
    let finding = finding.rows.iter().find(|row| row.subject_id == ROLE).unwrap();
    assert_eq!(
        finding.observed,
        "reviewed 2026-10-01, 30 d ago; its access has changed since, so that is void"
    );
    assert_eq!(finding.file.as_deref(), Some("reviews/payments.csv"));

    assert_eq!(
        outcome(&estate("2027-03-01", GET, &files)),
        (ReviewState::Overdue, FAIL, FAIL)
    );
    assert_eq!(
        outcome(&estate("2026-09-01", GET, &files)),
        (ReviewState::Unknown, UNKNOWN, UNKNOWN)
    );
}

/// What is missing may be what was reviewed: that is no change.
#[test]
fn a_partial_source_voids_nothing() {
    let sheet = decided(GET, "keep", "2026-10-01");
    let more = format!("{GET},{PUT}");
    let partial: [(&str, &str, &[u8]); 2] = [
        ("", "reviews/payments.csv", &sheet),
        ("aws-prod", "notes.txt", b"nothing that is an export"),
    ];
    assert_eq!(
        outcome(&estate("2026-10-31", &more, &partial)),
        (ReviewState::Unknown, UNKNOWN, UNKNOWN)
    );
    assert_eq!(
        outcome(&estate("2027-03-01", &more, &partial)),
        (ReviewState::Overdue, FAIL, FAIL)
    );
}

/// Another account lets the role act as one of its own: that is access, and only its export says so.
#[test]
fn what_another_source_said_is_not_gone_when_that_is_missing() {
    let lab = format!(
        r#"{{"UserDetailList":[],"GroupDetailList":[],"Policies":[],"RoleDetailList":[{{"Path":"/","RoleName":"lab",
        "RoleId":"AROALAB","Arn":"arn:aws:iam::444455556666:role/lab","CreateDate":"2024-05-01T09:00:00Z",
        "AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[
        {{"Effect":"Allow","Principal":{{"AWS":"{ROLE}"}},"Action":"sts:AssumeRole"}}]}},
        "InstanceProfileList":[],"RolePolicyList":[],"AttachedManagedPolicies":[],"Tags":[]}}]}}"#
    );
    let closed = lab.replace(ROLE, "arn:aws:iam::444455556666:root");
    let reviewed = estate("2026-10-01", GET, &[("aws-lab", "authorization.json", lab.as_bytes())]);
    let exports = ["aws-lab", "aws-prod"].map(|source| format!("{source}: aws_account_authorization_details"));
    assert_eq!(review(&reviewed).rows[0].access_sources, exports);
    let sheet = decided_in(&reviewed, &review_sheet(&review(&reviewed)), "keep", "2026-10-01");
    let on = |lab: &[(&str, &str, &[u8])]| {
        let mut files: Vec<(&str, &str, &[u8])> = vec![("", "reviews/payments.csv", &sheet)];
        files.extend(lab);
        outcome(&estate("2026-10-31", GET, &files))
    };
    let file = ("aws-lab", "authorization.json", lab.as_bytes());
    let notes = ("aws-lab", "notes.txt", b"nothing that is an export".as_slice());
    let report = b"user,arn,user_creation_time\n<root_account>,arn:aws:iam::444455556666:root,2020-01-01T00:00:00Z\n";
    let same = (ReviewState::InTime, PASS, PASS);
    let nobody_knows = (ReviewState::Unknown, UNKNOWN, UNKNOWN);
    assert_eq!(on(&[file]), same);
    assert_eq!(on(&[]), nobody_knows);
    assert_eq!(on(&[("aws-lab", "report.csv", report)]), nobody_knows);
    let closed = ("aws-lab", "authorization.json", closed.as_bytes());
    assert_eq!(on(&[closed, notes]), nobody_knows);
    assert_eq!(on(&[closed]), (ReviewState::Void, FAIL, FAIL));

    // A table from before there was the column says nothing of where access was stated.
    let text = String::from_utf8(sheet.clone()).unwrap();
    let sheet = text.replace("access_sources", "were").into_bytes();
    let old = estate("2026-10-31", GET, &[("", "reviews/payments.csv", &sheet)]);
    assert_eq!(outcome(&old), (ReviewState::Void, FAIL, FAIL));
}

#[test]
fn of_several_decisions_the_newest_on_this_access_counts() {
    let more = format!("{GET},{PUT}");
    let (first, second) = (
        decided(GET, "keep", "2026-09-20"),
        decided(&more, "change", "2026-10-20"),
    );
    let files: [(&str, &str, &[u8]); 2] = [("", "reviews/1.csv", &first), ("", "reviews/2.csv", &second)];
    let before = estate("2026-10-31", GET, &files);
    let seen = |analysis: &Analysis| {
        let id = analysis.snapshot.find(ROLE).unwrap();
        let review = analysis.snapshot.review_of(id).unwrap();
        (review.decided_at.to_date_text(), review.seen)
    };
    assert_eq!(seen(&before), ("2026-09-20".to_owned(), Seen::Same));
    let after = estate("2026-10-31", &more, &files);
    assert_eq!(seen(&after), ("2026-10-20".to_owned(), Seen::Same));
    assert_eq!(answers::reviews(&after).total.n_not_carried_out, 1);
    // The registry's review is older than the decision that is void: it saw other access too.
    let registry = b"identity,reviewed_on\n*:role/deploy,2026-10-10\n";
    let only_second: [(&str, &str, &[u8]); 2] = [("", "reviews/2.csv", &second), ("", "registry.csv", registry)];
    assert_eq!(outcome(&estate("2026-10-31", GET, &only_second)).0, ReviewState::Void);
    let registry = b"identity,reviewed_on\n*:role/deploy,2026-10-25\n";
    let later: [(&str, &str, &[u8]); 2] = [("", "reviews/2.csv", &second), ("", "registry.csv", registry)];
    assert_eq!(outcome(&estate("2026-10-31", GET, &later)).0, ReviewState::InTime);
}

#[test]
fn owners_are_counted_and_unknown_is_not_never() {
    let analysis = estate("2026-10-31", GET, &[]);
    let reviews = answers::reviews(&analysis);
    assert!(reviews.not_measured.is_some());
    assert_eq!((reviews.total.n_identities, reviews.total.n_never), (2, 2));
    let named: Vec<_> = reviews.owners.iter().map(|it| it.owner.as_deref()).collect();
    assert_eq!(named, [None, Some("Payments")]);
    assert_eq!(answers::review_whole(&analysis, "").unwrap().rows[0].name, "lost");
    assert!(answers::review_whole(&analysis, "Nobody").is_none());
    let sheet = decided(GET, "remove", "2026-10-01");
    let reviewed = estate("2026-10-31", GET, &[("", "reviews/payments.csv", &sheet)]);
    let reviews = answers::reviews(&reviewed);
    assert_eq!(reviews.not_measured, None);
    let counts = reviews.owners.iter().find(|it| it.owner.is_some()).unwrap().counts;
    assert_eq!(
        (counts.n_in_time, counts.n_not_carried_out, counts.n_to_review),
        (1, 1, 0)
    );
}

#[test]
fn the_page_needs_nothing_and_names_cannot_break_it() {
    let more = format!("{GET},{PUT}");
    let page = review_page(&review(&estate("2026-10-31", &more, &[])), "review-payments.csv");
    assert!(page.contains("&lt;b&gt;deploys&lt;/b&gt; &amp; rolls back") && !page.contains("<b>deploys"));
    for needless in ["<script", "http:", "https:", "<link", "<img", "url("] {
        assert!(!page.contains(needless), "{needless}");
    }
    insta::assert_snapshot!(page.split_once("</style>").unwrap().1);
}
