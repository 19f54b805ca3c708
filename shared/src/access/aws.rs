//! What one AWS policy document gives.
//!
//! This judges one document alone: other policies of the same principal, permissions boundaries, service control
//! policies and resource policies can only take from it here, and are not looked at.

mod changing;
pub mod condition;
mod denials;
pub mod evaluate;
pub mod request;
pub mod resource;
pub mod standing;
mod trust;

use super::escalation::aws::AWS;
use crate::model::access_policy::{AwsStatement, Conditional, Effect, Matched, Privilege};
use crate::model::pattern;
use crate::model::strings::{Strings, Sym};

/// How much a document gives, and whether always.
///
/// Only everything on everything counts as administrator: an allowed action `*` (or `*:*`) on resource `*`. Neither
/// `NotAction` nor a list of many services does, however near they come. A denial of everything, or of everything
/// but a few actions or resources, takes it away, as do denials of all that changes on everything who may do what; a
/// conditional one makes it conditional. A denial of some other actions leaves an administrator one.
pub fn privilege<'a>(
    statements: impl IntoIterator<Item = &'a AwsStatement>,
    strings: &Strings,
) -> (Privilege, Conditional) {
    let when = |statement: &AwsStatement| match statement.conditions.is_empty() {
        true => Some(Conditional::Always),
        false => Some(Conditional::OnCondition),
    };
    beside(None, statements, strings, when)
}

/// The same, where something without a document gives everything already. `when` says when a statement holds; `None` for
/// never.
fn beside<'a>(
    mut administrator: Option<Conditional>,
    statements: impl IntoIterator<Item = &'a AwsStatement>,
    strings: &Strings,
    when: impl Fn(&AwsStatement) -> Option<Conditional>,
) -> (Privilege, Conditional) {
    let mut limited = None;
    let mut denied = None;
    let mut taken = Vec::new();
    for statement in statements {
        let Some(when) = when(statement) else { continue };
        let (actions, resources) = reaches(statement, strings);
        match (statement.effect, actions, resources) {
            (Effect::Allow, Reach::Everything, Reach::Everything) => keep_surest(&mut administrator, when),
            (Effect::Allow, _, _) => keep_surest(&mut limited, when),
            (Effect::Deny, Reach::Part, Reach::Everything) => taken.push((statement, when)),
            (Effect::Deny, Reach::Part, _) | (Effect::Deny, _, Reach::Part) => {}
            (Effect::Deny, Reach::Everything | Reach::AllBut, Reach::Everything | Reach::AllBut) => {
                keep_surest(&mut denied, when);
            }
        }
    }
    if administrator.is_some() && !taken.is_empty() {
        let is_taken = |at_most: Conditional| {
            let mut changing = (AWS.iter().flat_map(|row| row.needs)).filter(|need| need.action.starts_with("iam:"));
            changing.all(|need| {
                let mut denials = taken.iter().filter(|(_, when)| *when <= at_most);
                denials.any(|(statement, _)| is_about(statement, need.action, strings))
            })
        };
        for when in [Conditional::Always, Conditional::OnCondition] {
            if is_taken(when) {
                keep_surest(&mut denied, when);
            }
        }
    }
    match (administrator, denied) {
        (Some(_), Some(Conditional::OnCondition)) => (Privilege::Administrator, Conditional::OnCondition),
        (Some(when), None) => (Privilege::Administrator, when),
        (Some(_), Some(Conditional::Always)) => (Privilege::Limited, Conditional::Always),
        (None, Some(Conditional::OnCondition)) => (Privilege::Limited, Conditional::OnCondition),
        (None, None | Some(Conditional::Always)) => (Privilege::Limited, limited.unwrap_or_default()),
    }
}

/// What a policy of AWS's own is known to give without its document, by its ARN or name.
///
/// Every other policy gives `None`: its document must be looked at.
pub fn well_known(policy: &str) -> Option<Privilege> {
    let name = match policy.split_once(":iam::aws:policy/") {
        Some((partition, name)) if partition.starts_with("arn:aws") => name,
        Some(_) => return None,
        None => policy,
    };
    (name == "AdministratorAccess").then_some(Privilege::Administrator)
}

/// How much of all there is the patterns of a statement cover.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Everything,
    AllBut,
    Part,
}

/// Whether a statement is about every action on every resource.
fn is_everything_on_everything(statement: &AwsStatement, strings: &Strings) -> bool {
    reaches(statement, strings) == (Reach::Everything, Reach::Everything)
}

/// How much of all actions, and of all resources, a statement is about.
fn reaches(statement: &AwsStatement, strings: &Strings) -> (Reach, Reach) {
    (reach(&statement.actions, strings), reach(&statement.resources, strings))
}

fn reach(matched: &Matched, strings: &Strings) -> Reach {
    let is_any = |list: &[Sym]| list.iter().any(|sym| is_everything(strings.get(*sym)));
    match matched {
        Matched::AnyOf(list) if is_any(list) => Reach::Everything,
        Matched::AnyOf(_) => Reach::Part,
        // All but everything is nothing.
        Matched::NoneOf(list) if is_any(list) => Reach::Part,
        Matched::NoneOf(_) => Reach::AllBut,
    }
}

/// Whether the actions of a statement include this one. Their case does not matter.
fn is_about(statement: &AwsStatement, action: &str, strings: &Strings) -> bool {
    let covers = |pattern: &Sym| pattern::covers(strings.get(*pattern), action);
    match &statement.actions {
        Matched::AnyOf(patterns) => patterns.iter().any(covers),
        Matched::NoneOf(patterns) => !patterns.iter().any(covers),
    }
}

/// `*`, `**`, `*:*`.
fn is_everything(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.split(':').count() <= 2 && pattern.split(':').all(is_stars)
}

fn is_stars(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b == b'*')
}

/// What holds always outweighs what holds on condition.
fn keep_surest(so_far: &mut Option<Conditional>, now: Conditional) {
    *so_far = match (*so_far, now) {
        (Some(Conditional::Always), _) | (_, Conditional::Always) => Some(Conditional::Always),
        (Some(Conditional::OnCondition) | None, Conditional::OnCondition) => Some(Conditional::OnCondition),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::access_policy::AwsCondition;

    /// Statements as `allow * on *`, `deny !iam:* on * if`, parted by `;`.
    fn check(document: &str) -> (Privilege, Conditional) {
        let mut strings = Strings::default();
        let statements: Vec<_> = document
            .split(';')
            .map(|statement| {
                let words: Vec<_> = statement.split_whitespace().collect();
                let mut matched = |text: &str| match text.strip_prefix('!') {
                    Some(text) => Matched::NoneOf(text.split(',').map(|t| strings.intern(t)).collect()),
                    None => Matched::AnyOf(text.split(',').map(|t| strings.intern(t)).collect()),
                };
                let (actions, resources) = (matched(words[1]), matched(words[3]));
                let condition = AwsCondition {
                    operator: strings.intern("Bool"),
                    key: strings.intern("aws:MultiFactorAuthPresent"),
                    values: vec![strings.intern("true")],
                };
                AwsStatement {
                    effect: if words[0] == "deny" {
                        Effect::Deny
                    } else {
                        Effect::Allow
                    },
                    principals: Vec::new(),
                    actions,
                    resources,
                    conditions: words.get(4).map(|_| condition).into_iter().collect(),
                }
            })
            .collect();
        privilege(&statements, &strings)
    }

    const ADMINISTRATOR: (Privilege, Conditional) = (Privilege::Administrator, Conditional::Always);
    const AT_TIMES: (Privilege, Conditional) = (Privilege::Administrator, Conditional::OnCondition);
    const LIMITED: (Privilege, Conditional) = (Privilege::Limited, Conditional::Always);
    const LIMITED_AT_TIMES: (Privilege, Conditional) = (Privilege::Limited, Conditional::OnCondition);

    #[test]
    fn only_everything_on_everything_is_an_administrator() {
        for (document, expected) in [
            ("allow * on *", ADMINISTRATOR),
            ("allow s3:Get*,*:* on arn:aws:s3:::x,*", ADMINISTRATOR),
            ("allow iam:* on *", LIMITED),
            ("allow * on arn:aws:s3:::x", LIMITED),
            ("allow !iam:* on *", LIMITED),
            ("allow * on !arn:aws:s3:::x", LIMITED),
            ("allow * on * if", AT_TIMES),
            ("allow * on * if; allow * on *", ADMINISTRATOR),
            ("allow * on * if; allow s3:* on *", AT_TIMES),
            ("allow s3:* on * if", LIMITED_AT_TIMES),
            ("allow s3:* on * if; allow ec2:* on *", LIMITED),
        ] {
            assert_eq!(check(document), expected, "{document}");
        }
    }

    #[test]
    fn a_denial_of_everything_takes_it_away() {
        for (document, expected) in [
            ("allow * on *; deny * on *", LIMITED),
            ("deny * on *; allow * on *", LIMITED),
            ("allow * on *; deny !iam:* on *", LIMITED),
            ("allow * on *; deny * on !arn:aws:s3:::x", LIMITED),
            ("allow * on *; deny * on * if", AT_TIMES),
            ("allow * on *; deny !sts:* on * if", AT_TIMES),
            ("allow s3:* on *; deny !sts:* on * if", LIMITED_AT_TIMES),
            ("allow * on *; deny s3:* on *", ADMINISTRATOR),
            ("allow * on *; deny * on arn:aws:s3:::x", ADMINISTRATOR),
            ("allow * on *; deny !* on *", ADMINISTRATOR),
            // The same as to allow everything but these.
            ("allow * on *; deny iam:*,sts:*,organizations:* on *", LIMITED),
            ("allow * on *; deny sts:* on *; deny IAM:* on *", LIMITED),
            ("allow * on *; deny iam:* on * if", AT_TIMES),
            ("allow * on *; deny iam:C*,iam:P* on *; deny iam:* on * if", AT_TIMES),
            ("allow * on *; deny iam:Create* on *", ADMINISTRATOR),
            ("allow * on *; deny iam:* on arn:aws:iam::1:role/x", ADMINISTRATOR),
            ("deny * on *", LIMITED),
        ] {
            assert_eq!(check(document), expected, "{document}");
        }
    }

    #[test]
    fn the_administrator_policy_is_known_by_name() {
        for (policy, expected) in [
            (
                "arn:aws:iam::aws:policy/AdministratorAccess",
                Some(Privilege::Administrator),
            ),
            (
                "arn:aws-us-gov:iam::aws:policy/AdministratorAccess",
                Some(Privilege::Administrator),
            ),
            ("AdministratorAccess", Some(Privilege::Administrator)),
            ("arn:aws:iam::123456789012:policy/AdministratorAccess", None),
            ("arn:aws:iam::aws:policy/AdministratorAccess-Amplify", None),
            ("arn:aws:iam::aws:policy/ReadOnlyAccess", None),
        ] {
            assert_eq!(well_known(policy), expected, "{policy}");
        }
    }
}
