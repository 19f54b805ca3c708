//! What explicit denials in AWS policies leave of what others allow, taken together: writing, reading, or nothing.

use super::evaluate::{Asker, Document};
use super::request::{Target, Unknown};
use super::resource::{Among, leaves_some};
use super::standing::is_reading;
use crate::access::decision::Holds;
use crate::access::standing::Tier;
use crate::model::access_policy::{AwsStatement, Effect, Matched};
use crate::model::strings::{Strings, Sym};

/// Whether something is written or read when denials took their part: those that deny this surely, at least.
///
/// Each statement that allows is held against the denials that are about all its resources, taken together. One that is
/// about some of them leaves the others.
pub fn left(asker: &Asker<'_>, sureness: Holds) -> Tier {
    let (policies, strings) = (&asker.policies, &asker.snapshot.strings);
    let is_certain = sureness == Holds::Yes;
    // Whole, or what of it is no mere reading.
    let among = |matched: &Matched, only_writing: bool, is_inverted: bool| {
        let (patterns, is_excluded) = match matched {
            Matched::AnyOf(patterns) => (patterns, is_inverted),
            Matched::NoneOf(patterns) => (patterns, !is_inverted),
        };
        let texts = patterns.iter().map(|pattern| strings.get(*pattern));
        Among::of_actions(
            texts.filter(|text| is_excluded || !only_writing || !is_reading(text)),
            is_excluded,
        )
    };
    let request = asker.request("", Target::Some("*"), &[]);
    // What is not known of a variable lets a statement be about as much as it may, but a denial that must be sure.
    let resources = |statement: &AwsStatement, unknown: Unknown| {
        request.among(&statement.resources, strings, unknown, &mut Vec::new())
    };
    let of_effect = |effect: Effect| {
        let statements = policies.held.iter().flat_map(|held| {
            let statements = held.statements().iter();
            statements.map(|statement| (held.is_disputed, statement))
        });
        statements.filter(move |(_, statement)| statement.effect == effect)
    };
    let denials: Vec<&AwsStatement> = of_effect(Effect::Deny)
        .filter(|(is_disputed, denial)| !is_certain || !is_disputed && denial.conditions.is_empty())
        .map(|(_, denial)| denial)
        .collect();
    // Most denials are about something else, which their first letters tell.
    for (_, allow) in of_effect(Effect::Allow) {
        if let Matched::AnyOf(patterns) = &allow.actions
            && patterns.iter().any(|pattern| !is_reading(strings.get(*pattern)))
            && !denials.iter().any(|denial| may_take(denial, allow, strings))
        {
            return Tier::Write;
        }
    }
    let of_denials = match is_certain {
        true => Unknown::IsNone,
        false => Unknown::IsAny,
    };
    let denials: Vec<(&Matched, Among)> = (denials.into_iter())
        .filter_map(|denial| Some((&denial.actions, resources(denial, of_denials)?)))
        .collect();
    let everything = || Among::of_actions(["*"], false);
    let all_actions = Matched::NoneOf(Vec::new());
    let allowed =
        of_effect(Effect::Allow).filter_map(|(_, allow)| Some((&allow.actions, resources(allow, Unknown::IsAny)?)));
    let administrators = policies
        .held
        .iter()
        .filter(|held| matches!(held.document, Document::Everything));
    let allowed = allowed.chain(administrators.map(|_| (&all_actions, everything())));
    let mut left = Tier::Nothing;
    for (allow, on) in allowed {
        let whole = among(allow, false, false);
        let bearing: Vec<&Matched> = (denials.iter())
            .filter(|(denied, _)| leaves_some(&[whole.clone(), among(denied, false, false)]))
            .filter(|(_, denied_on)| !leaves_some(&[on.clone(), denied_on.clone().inverted()]))
            .map(|(denied, _)| *denied)
            .collect();
        let is_left = |only_writing: bool| {
            let first = among(allow, only_writing, false);
            let others = bearing.iter().map(|denied| among(denied, only_writing, true));
            leaves_some(&std::iter::once(first).chain(others).collect::<Vec<_>>())
        };
        if is_left(true) {
            return Tier::Write;
        }
        if left == Tier::Nothing && is_left(false) {
            left = Tier::Read;
        }
    }
    left
}

/// Whether a denial may be about some action of a statement and about all its resources, by how their patterns begin: never
/// `false` where it is.
fn may_take(denial: &AwsStatement, allow: &AwsStatement, strings: &Strings) -> bool {
    let fixed = |pattern: Sym| {
        let text = strings.get(pattern);
        &text.as_bytes()[..text.find(['*', '?', '$']).unwrap_or(text.len())]
    };
    let may_meet = |a: Sym, b: Sym| {
        let (a, b) = (fixed(a), fixed(b));
        let n = a.len().min(b.len());
        a[..n].eq_ignore_ascii_case(&b[..n])
    };
    let of_actions = match (&denial.actions, &allow.actions) {
        (Matched::AnyOf(denied), Matched::AnyOf(allowed)) => {
            allowed.iter().any(|a| denied.iter().any(|b| may_meet(*a, *b)))
        }
        (_, _) => true,
    };
    let of_resources = || match (&denial.resources, &allow.resources) {
        (Matched::AnyOf(denied), Matched::AnyOf(allowed)) => {
            allowed.iter().all(|a| denied.iter().any(|b| may_meet(*a, *b)))
        }
        (_, _) => true,
    };
    of_actions && of_resources()
}
