//! A review as the table that its owner fills in, and as one HTML file that needs nothing else: no script, no network, no
//! server. It prints.

use std::fmt::Write as _;

use crate::access::digest::SEPARATOR;
use crate::api::reviews::{Review, ReviewRow, ReviewState};
use crate::connectors::review_csv::COLUMNS;
use crate::diagnostic::printable;
use crate::format::csv::{defused, write_row};

const STYLE: &str = include_str!("review.css");

/// The file. `sheet` is the name of the table that the owner fills in.
pub fn review_page(review: &Review, sheet: &str) -> String {
    let owner = escaped(review.owner.as_deref().unwrap_or("identities that nobody answers for"));
    let estate = review
        .estate
        .as_deref()
        .map_or(String::new(), |name| format!("{}, ", escaped(name)));
    let day = review.as_of.to_date_text();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Access review: {owner}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <h1>Access review: {owner}</h1>\n\
         <p class=\"lead\">{estate}as of {day}. A review holds for {} days ({}).</p>\n",
        review.period_days,
        escaped(&review.period_set_by),
    );
    let counts = &review.counts;
    page.push_str("<dl class=\"counts\">\n");
    for (title, n) in [
        ("identities", counts.n_identities),
        ("to review", counts.n_to_review),
        ("void: access has changed", counts.n_void),
        ("overdue", counts.n_overdue),
        ("never reviewed", counts.n_never),
        ("not known", counts.n_unknown),
        ("decided, not carried out", counts.n_not_carried_out),
    ] {
        // Writing to memory does not fail; likewise below.
        let _ = writeln!(page, "<div><dt>{title}</dt><dd>{n}</dd></div>");
    }
    let _ = write!(
        page,
        "</dl>\n<ol class=\"how\">\n\
         <li>Read what each identity can do, when it was last used, and what would break without it.</li>\n\
         <li>In <code>{}</code>, write <b>keep</b>, <b>change</b> or <b>remove</b> into <code>decision</code>, with the day \
         and your name. Leave open what you cannot decide.</li>\n\
         <li>Hand the table back: it goes into the folder <code>reviews</code> of the estate. A decision holds for the access \
         shown here and is void once that changes; not when those as whom it may act are given something else.</li>\n</ol>\n",
        escaped(sheet),
    );
    for row in &review.rows {
        push_identity(&mut page, row);
    }
    page.push_str("<footer>Written by Rollcall from exported files. What no export tells is not shown, and not known.</footer>\n</body>\n</html>\n");
    page
}

fn push_identity(page: &mut String, row: &ReviewRow) {
    let state = match row.state {
        ReviewState::Void => "void",
        ReviewState::Overdue => "overdue",
        ReviewState::Never => "never reviewed",
        ReviewState::Unknown => "not known",
        ReviewState::InTime => "in time",
    };
    let _ = write!(
        page,
        "<article>\n<span class=\"state\">{state}</span>\n<h2>{}</h2>\n<p class=\"id\">{}</p>\n<dl class=\"facts\">\n",
        escaped(&row.name),
        escaped(&row.identity),
    );
    let place = match &row.environment {
        Some(environment) => format!("{} in {} ({environment})", row.kind.replace('_', " "), row.source),
        None => format!(
            "{} in {}, environment not known",
            row.kind.replace('_', " "),
            row.source
        ),
    };
    push_fact(page, "What it is", &[place]);
    push_fact(
        page,
        "What it is for",
        &[row.purpose.clone().unwrap_or_else(|| "nobody recorded it".to_owned())],
    );
    push_fact(page, "What it comes to", &[tier_in_words(row)]);
    push_list(page, "What it was given", &row.can, "nothing that any export tells");
    push_list(
        page,
        "As whom it may act",
        &row.may_act_as,
        "nobody that any export tells",
    );
    push_fact(page, "Last used", std::slice::from_ref(&row.last_used));
    push_list(
        page,
        "What would break",
        &row.would_break,
        "nothing that any export names",
    );
    push_list(page, "Criteria it fails", &row.failing, "none");
    push_list(page, "Open findings", &row.findings, "none");
    push_fact(page, "Last review", &[state_in_words(row)]);
    page.push_str(
        "</dl>\n<p class=\"decide\"><span>☐ keep</span><span>☐ change</span><span>☐ remove</span><span class=\"line\">why:</span></p>\n</article>\n",
    );
}

fn push_list(page: &mut String, title: &str, phrases: &[String], none: &str) {
    match phrases {
        [] => push_fact(page, title, &[none.to_owned()]),
        phrases => push_fact(page, title, phrases),
    }
}

fn push_fact(page: &mut String, title: &str, phrases: &[String]) {
    let _ = write!(page, "<dt>{title}</dt><dd>");
    match phrases {
        [only] => page.push_str(&escaped(only)),
        phrases => {
            page.push_str("<ul>");
            for phrase in phrases {
                let _ = write!(page, "<li>{}</li>", escaped(phrase));
            }
            page.push_str("</ul>");
        }
    }
    page.push_str("</dd>\n");
}

/// Text that is nothing but text in HTML.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            c => shown.push(c),
        }
    }
    shown
}

/// The table: what the connector `review_csv` reads.
pub fn review_sheet(review: &Review) -> Vec<u8> {
    let mut text = String::new();
    write_row(&mut text, COLUMNS);
    for row in &review.rows {
        write_row(&mut text, COLUMNS.iter().map(|column| defused(&cell(row, column))));
    }
    text.into_bytes()
}

/// What is shown; empty where something is to be filled in.
fn cell(row: &ReviewRow, column: &str) -> String {
    match column {
        "identity" => row.identity.clone(),
        "name" => row.name.clone(),
        "tier" => tier_in_words(row),
        "can" => row.can.join("; "),
        "may_act_as" => row.may_act_as.join("; "),
        "last_used" => row.last_used.clone(),
        "would_break" => row.would_break.join(" "),
        "failing" => row.failing.join("; "),
        "findings" => row.findings.join("; "),
        "review" => state_in_words(row),
        "kind" => row.kind.clone(),
        "source" => row.source.clone(),
        "environment" => row.environment.clone().unwrap_or_default(),
        "purpose" => row.purpose.clone().unwrap_or_default(),
        "access_digest" => row.access_digest.clone(),
        "access_sources" => row.access_sources.join(SEPARATOR),
        _ => String::new(),
    }
}

/// What an identity comes to, as a phrase.
fn tier_in_words(row: &ReviewRow) -> String {
    let words = |tier: &str| match tier {
        "nothing" => "nothing that any export tells".to_owned(),
        "read" => "reads".to_owned(),
        "write" => "changes things".to_owned(),
        "sensitive_data" => "reads secrets or stored data".to_owned(),
        "escalates" => "can become an administrator".to_owned(),
        other => other.to_owned(),
    };
    match row.tier == row.at_most {
        true => words(&row.tier),
        false => format!("{}; perhaps {}", words(&row.tier), words(&row.at_most)),
    }
}

/// How the review of an identity stands, as a phrase.
fn state_in_words(row: &ReviewRow) -> String {
    let on = row.reviewed_at.map(|at| at.to_date_text()).unwrap_or_default();
    let decided = match (&row.decision, &row.decided_by) {
        (Some(decision), Some(who)) => format!(" ({decision}, {who})"),
        (Some(decision), None) => format!(" ({decision})"),
        (None, _) => String::new(),
    };
    match row.state {
        ReviewState::Void => format!("void: reviewed {on}{decided}, and its access has changed since"),
        ReviewState::Overdue => format!("overdue: reviewed {on}{decided}"),
        ReviewState::Never => "never reviewed".to_owned(),
        ReviewState::Unknown => format!("not known: reviewed {on}{decided}"),
        ReviewState::InTime => format!("reviewed {on}{decided}"),
    }
}
