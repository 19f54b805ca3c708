//! Who may act as an AWS role: its trust policy, principal by principal.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::aws_policy::{Flaw, Members, Object, Policy, Statement, Texts};
use crate::model::access_policy::{AwsStatement, Conditional, Effect, Matched};
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::pattern;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::strings::Strings;

/// One way in: who, how, and what stands before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trust {
    pub actor: Principal,
    pub kind: TrustKind,
    pub guard: TrustGuard,
}

/// The actions by which a principal takes on a role. `sts:TagSession` and its like only go with them.
const ASSUME_ACTIONS: [&str; 3] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
];

/// The service that takes on roles for the pods of EKS clusters in the role's own account, and tags its sessions with
/// namespace and service account.
/// <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html>
pub const EKS_POD_IDENTITY: &str = "pods.eks.amazonaws.com";

/// A role's trust policy.
#[derive(Debug)]
pub struct TrustPolicy {
    /// Who is let in: the allowed, without those whom a statement denies always. A denial of them at times is a guard.
    pub let_in: Vec<Trust>,
    /// What it says, for a request to be held against. Statements about something else stand empty in their places.
    pub statements: Vec<AwsStatement>,
}

pub fn trust_policy(policy: &Policy<'_>, strings: &mut Strings) -> Result<TrustPolicy, Flaw> {
    let mut let_in = Vec::new();
    let mut shut_out: Vec<(Principal, Conditional)> = Vec::new();
    let mut statements = Vec::with_capacity(policy.statement.0.len());
    for (index, statement) in policy.statement.0.iter().enumerate() {
        let member = format!(".Statement[{index}]");
        let at = |flaw: Flaw| Flaw {
            member: format!("{member}{}", flaw.member),
            ..flaw
        };
        let statement = statement.object("", "a statement").map_err(at)?;
        if !is_about_assuming(statement).map_err(at)? {
            statements.push(AwsStatement::default());
            continue;
        }
        let conditions = statement.conditions().map_err(at)?;
        let mut named = principals(statement).map_err(at)?;
        let mut typed = statement.typed(policy.words(), strings).map_err(at)?;
        if typed.effect == Effect::Deny {
            // One session of a role is not the role.
            named.retain(|(_, text)| !text.contains(":assumed-role/"));
        }
        typed.principals = (named.iter())
            .map(|(kind, text)| actor(kind, text, strings).0)
            .collect();
        match typed.effect {
            Effect::Allow => {
                for principal in named {
                    add(principal, &conditions, strings, &mut let_in);
                }
            }
            Effect::Deny => {
                let when = match conditions.is_empty() {
                    true => Conditional::Always,
                    false => Conditional::OnCondition,
                };
                shut_out.extend(typed.principals.iter().map(|principal| (*principal, when)));
            }
        }
        // A trust policy is about its role and nothing else.
        typed.resources = Matched::NoneOf(Vec::new());
        statements.push(typed);
    }
    let is_shut_out = |actor: Principal, at: Conditional| {
        (shut_out.iter()).any(|(denied, when)| *when == at && is_within(actor, *denied, strings))
    };
    let_in.retain(|trust: &Trust| !is_shut_out(trust.actor, Conditional::Always));
    for trust in &mut let_in {
        if trust.guard == TrustGuard::Open && is_shut_out(trust.actor, Conditional::OnCondition) {
            trust.guard = TrustGuard::OtherCondition;
        }
    }
    Ok(TrustPolicy { let_in, statements })
}

/// Whether whoever is denied covers all of an actor. An account as principal stands for all that is in it.
fn is_within(actor: Principal, denied: Principal, strings: &Strings) -> bool {
    match (denied, actor) {
        (Principal::Anyone, _) => true,
        (Principal::Account(account), Principal::Identity(handle)) => {
            strings.get(handle.text).split(':').nth(4) == Some(strings.get(account))
        }
        (Principal::Federated { issuer, subject: None }, Principal::Federated { issuer: of, .. }) => issuer == of,
        (_, _) => denied == actor,
    }
}

fn is_about_assuming(statement: &Statement<'_>) -> Result<bool, Flaw> {
    let names = |texts: &Texts<'_>, action| texts.iter().any(|pattern| pattern::covers(pattern, action));
    Ok(match (&statement.action, &statement.not_action) {
        (_, Some(none_of)) => {
            none_of.sound(".NotAction")?;
            ASSUME_ACTIONS.iter().any(|action| !names(none_of, action))
        }
        (Some(any_of), None) => {
            any_of.sound(".Action")?;
            ASSUME_ACTIONS.iter().any(|action| names(any_of, action))
        }
        (None, None) => false,
    })
}

/// The principals of a statement with their type: `("AWS", "arn:…")`. `NotPrincipal` is everybody but a few, and so
/// everybody.
fn principals<'s>(statement: &'s Statement<'_>) -> Result<Vec<(&'s str, &'s str)>, Flaw> {
    const MEMBER: &str = ".Principal";
    let by_type: &Members<'_, Texts<'_>> = match (&statement.principal, &statement.not_principal) {
        (_, Some(_)) => return Ok(vec![("AWS", "*")]),
        (Some(Object::Text(text)), None) => return Ok(vec![("AWS", text.as_ref())]),
        (Some(principal), None) => principal.object(MEMBER, "`*` or an object")?,
        (None, None) => {
            return Err(Flaw {
                member: MEMBER.to_owned(),
                found: "nothing".to_owned(),
                expected: "whom the role trusts",
            });
        }
    };
    let mut all = Vec::new();
    for (kind, texts) in &by_type.0 {
        all.extend(texts.sound(MEMBER)?.iter().map(|text| (kind.as_ref(), text)));
    }
    Ok(all)
}

/// Operator, key and values of a condition.
pub type Condition<'s> = (&'s str, &'s str, &'s Texts<'s>);

fn add(principal: (&str, &str), conditions: &[Condition<'_>], strings: &mut Strings, trusts: &mut Vec<Trust>) {
    let (kind, text) = principal;
    let guard = guard(conditions);
    let mut push = |actor, kind| trusts.push(Trust { actor, kind, guard });
    let (any, how) = actor(kind, text, strings);
    let mut n_named = 0;
    if let Principal::Federated { issuer, subject: None } = any {
        for subject in subjects(conditions) {
            n_named += 1;
            let subject = Some(strings.intern(subject));
            push(Principal::Federated { issuer, subject }, how);
        }
    }
    if let Principal::PlatformService(issuer) = any
        && text == EKS_POD_IDENTITY
    {
        for subject in pod_subjects(conditions) {
            n_named += 1;
            let subject = Some(strings.intern(&subject));
            push(Principal::Federated { issuer, subject }, TrustKind::Federates);
        }
    }
    if n_named == 0 {
        push(any, how);
    }
}

/// Who a principal of this type is, and how it comes to act as a role.
pub fn actor(kind: &str, text: &str, strings: &mut Strings) -> (Principal, TrustKind) {
    if text == "*" {
        (Principal::Anyone, TrustKind::Assumes)
    } else if kind.eq_ignore_ascii_case("Service") {
        (Principal::PlatformService(strings.intern(text)), TrustKind::Assumes)
    } else if kind.eq_ignore_ascii_case("Federated") {
        let issuer = strings.intern(issuer(text));
        (Principal::Federated { issuer, subject: None }, TrustKind::Federates)
    } else if kind.eq_ignore_ascii_case("AWS") {
        (aws_principal(text, strings), TrustKind::Assumes)
    } else {
        (Principal::Named(strings.intern(text)), TrustKind::Assumes)
    }
}

/// An account, user, role or session. What AWS leaves of a deleted user or role (`AIDA…`, `AROA…`) is only a name.
fn aws_principal(text: &str, strings: &mut Strings) -> Principal {
    if is_account_id(text) {
        return Principal::Account(strings.intern(text));
    }
    let mut parts = text.splitn(6, ':');
    let mut part = || parts.next().unwrap_or_default();
    let (arn, partition, service, _region, account, resource) = (part(), part(), part(), part(), part(), part());
    let handle = |text: &str, strings: &mut Strings| {
        Principal::Identity(Handle {
            kind: HandleKind::Arn,
            text: strings.intern(text),
        })
    };
    if arn != "arn" || text.contains(['*', '?']) {
        return Principal::Named(strings.intern(text));
    }
    match (service, resource.split_once('/')) {
        ("iam", None) if resource == "root" && is_account_id(account) => Principal::Account(strings.intern(account)),
        ("iam", Some(("user" | "role", _))) => handle(text, strings),
        ("sts", Some(("assumed-role", session))) => {
            let role = session.split('/').next().unwrap_or(session);
            handle(&format!("arn:{partition}:iam::{account}:role/{role}"), strings)
        }
        _ => Principal::Named(strings.intern(text)),
    }
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The issuer in a provider's ARN (`…:oidc-provider/host/path`, `…:saml-provider/name`), or the text itself, such as
/// `accounts.google.com`.
pub fn issuer(text: &str) -> &str {
    [":oidc-provider/", ":saml-provider/"]
        .iter()
        .find_map(|marker| text.split_once(marker))
        .map_or(text, |(_, issuer)| issuer)
}

/// The subjects that conditions ask for; several in one list are alternatives.
pub fn subjects<'s>(conditions: &[Condition<'s>]) -> impl Iterator<Item = &'s str> {
    conditions
        .iter()
        .find(|(operator, key, values)| is_claim(key, &["sub"]) && asks_for_text(operator).is_some() && narrows(values))
        .into_iter()
        .flat_map(|(_, _, values)| values.iter())
}

/// The service accounts that conditions on EKS's session tags let in, as their own tokens name them. Patterns name none.
fn pod_subjects(conditions: &[Condition<'_>]) -> Vec<String> {
    let tagged = |tag: &str| {
        let found = conditions.iter().find(|(operator, key, values)| {
            let name = key.rsplit_once('/').map(|(_, name)| name);
            name == Some(tag) && asks_for_text(operator) == Some(Asked::Always) && values.iter().all(is_literal)
        });
        found.into_iter().flat_map(|(_, _, values)| values.iter())
    };
    tagged("kubernetes-namespace")
        .flat_map(|namespace| {
            tagged("kubernetes-service-account")
                .map(move |account| format!("system:serviceaccount:{namespace}:{account}"))
        })
        .collect()
}

fn is_literal(value: &str) -> bool {
    !value.contains(['*', '?'])
}

/// The strongest thing that a statement's conditions check.
pub fn guard(conditions: &[Condition<'_>]) -> TrustGuard {
    let mut guard = TrustGuard::Open;
    for (operator, key, values) in conditions {
        let found = match asks_for_text(operator) {
            // `*` is met by everything.
            Some(_) if !narrows(values) => TrustGuard::Open,
            Some(asked) if key.eq_ignore_ascii_case("sts:ExternalId") => match asked {
                Asked::Always => TrustGuard::ExternalId,
                // Who leaves the external id out comes in.
                Asked::WhenPresent => TrustGuard::Open,
            },
            Some(_) if is_claim(key, &["sub", "aud"]) || key.ends_with("/kubernetes-service-account") => {
                TrustGuard::SubjectOrAudience
            }
            Some(_) | None => TrustGuard::OtherCondition,
        };
        guard = stronger(guard, found);
    }
    guard
}

fn stronger(one: TrustGuard, other: TrustGuard) -> TrustGuard {
    let strength = |guard| match guard {
        TrustGuard::Open => 0,
        TrustGuard::OtherCondition => 1,
        TrustGuard::SubjectOrAudience => 2,
        TrustGuard::ExternalId => 3,
    };
    if strength(other) > strength(one) { other } else { one }
}

/// Whether a condition also fails when the request lacks the key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Always,
    WhenPresent,
}

/// Whether an operator asks a text to be one of the values: `StringEquals`, `ForAnyValue:StringLike`, ….
fn asks_for_text(operator: &str) -> Option<Asked> {
    let lower = operator.to_ascii_lowercase();
    let (is_for_all, rest) = match lower.strip_prefix("forallvalues:") {
        Some(rest) => (true, rest),
        None => (false, lower.strip_prefix("foranyvalue:").unwrap_or(&lower)),
    };
    let (is_if_exists, rest) = match rest.strip_suffix("ifexists") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    matches!(rest, "stringequals" | "stringequalsignorecase" | "stringlike").then_some(if is_for_all || is_if_exists {
        Asked::WhenPresent
    } else {
        Asked::Always
    })
}

fn narrows(values: &Texts<'_>) -> bool {
    values.iter().all(|value| !value.bytes().all(|b| b == b'*'))
}

/// Whether a condition key is one of these claims of a token: `token.actions.githubusercontent.com:sub`, `SAML:aud`.
fn is_claim(key: &str, claims: &[&str]) -> bool {
    key.rsplit_once(':')
        .is_some_and(|(_, claim)| claims.iter().any(|known| claim.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(statements: &str) -> Vec<String> {
        let json = format!("{{\"Statement\":{statements}}}");
        let policy: Policy<'_> = serde_json::from_str(&json).unwrap();
        let mut strings = Strings::default();
        let trusts = trust_policy(&policy, &mut strings).unwrap().let_in;
        let text = |sym| strings.get(sym);
        trusts
            .iter()
            .map(|trust| {
                let actor = match trust.actor {
                    Principal::Identity(handle) => format!("identity {}", text(handle.text)),
                    Principal::Account(sym) => format!("account {}", text(sym)),
                    Principal::PlatformService(sym) => format!("service {}", text(sym)),
                    Principal::Federated { issuer, subject } => {
                        format!("federated {} {}", text(issuer), subject.map_or("any", text))
                    }
                    Principal::Named(sym) => format!("named {}", text(sym)),
                    Principal::Anyone => "anyone".to_owned(),
                    other => format!("{other:?}"),
                };
                format!("{actor} {:?} {:?}", trust.kind, trust.guard)
            })
            .collect()
    }

    fn of_aws(principal: &str) -> Vec<String> {
        check(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":{principal}}},"Action":"sts:AssumeRole"}}"#
        ))
    }

    #[test]
    fn every_kind_of_principal_is_told_apart() {
        for (text, actor) in [
            ("\"123456789012\"", "account 123456789012"),
            ("123456789012", "account 123456789012"),
            ("\"arn:aws-cn:iam::123456789012:root\"", "account 123456789012"),
            (
                "\"arn:aws:iam::123456789012:role/a/b\"",
                "identity arn:aws:iam::123456789012:role/a/b",
            ),
            (
                "\"arn:aws:sts::123456789012:assumed-role/b/session\"",
                "identity arn:aws:iam::123456789012:role/b",
            ),
            ("\"AROAEXAMPLE\"", "named AROAEXAMPLE"),
            (
                "\"arn:aws:sts::123456789012:federated-user/x\"",
                "named arn:aws:sts::123456789012:federated-user/x",
            ),
            ("[\"*\"]", "anyone"),
        ] {
            assert_eq!(of_aws(text), [format!("{actor} Assumes Open")]);
        }
        assert_eq!(
            check(r#"{"Effect":"Allow","Principal":"*","Action":["sts:TagSession","STS:assume*"]}"#),
            ["anyone Assumes Open"]
        );
        assert_eq!(
            check(r#"{"Effect":"Allow","NotPrincipal":{"AWS":"123456789012"},"NotAction":"sts:TagSession"}"#),
            ["anyone Assumes Open"]
        );
        assert!(check(r#"{"Effect":"Allow","Principal":"*","Action":"sts:TagSession"}"#).is_empty());
    }

    #[test]
    fn a_federation_has_the_subjects_that_its_conditions_name() {
        let github = |condition: &str| {
            check(&format!(
                r#"{{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Condition":{{{condition}}},
                "Principal":{{"Federated":"arn:aws:iam::123456789012:oidc-provider/host/id/1"}}}}"#
            ))
        };
        assert_eq!(
            github(r#""StringLike":{"host/id/1:sub":["a","b*"]}"#),
            [
                "federated host/id/1 a Federates SubjectOrAudience",
                "federated host/id/1 b* Federates SubjectOrAudience"
            ]
        );
        assert_eq!(
            github(r#""StringEquals":{"host/id/1:aud":"sts.amazonaws.com"}"#),
            ["federated host/id/1 any Federates SubjectOrAudience"]
        );
        // These let any subject in.
        for condition in [r#""StringLike":{"host/id/1:sub":"*"}"#, ""] {
            assert_eq!(github(condition), ["federated host/id/1 any Federates Open"]);
        }
        assert_eq!(
            github(r#""StringNotEquals":{"host/id/1:sub":"a"}"#),
            ["federated host/id/1 any Federates OtherCondition"]
        );
        assert_eq!(
            check(
                r#"{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"x"}},
                "Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/Okta"}}"#
            ),
            ["federated Okta any Federates SubjectOrAudience"]
        );
    }

    #[test]
    fn pod_identity_lets_in_whom_the_session_tags_name() {
        let pods = |condition: &str| {
            check(&format!(
                r#"{{"Effect":"Allow","Principal":{{"Service":"pods.eks.amazonaws.com"}},
                "Action":["sts:AssumeRole","sts:TagSession"],"Condition":{{{condition}}}}}"#
            ))
        };
        assert_eq!(
            pods(
                r#""StringEquals":{"aws:RequestTag/kubernetes-namespace":"shop","aws:RequestTag/kubernetes-service-account":["api","cron"]}"#
            ),
            [
                "federated pods.eks.amazonaws.com system:serviceaccount:shop:api Federates SubjectOrAudience",
                "federated pods.eks.amazonaws.com system:serviceaccount:shop:cron Federates SubjectOrAudience"
            ]
        );
        for (condition, guard) in [
            ("", "Open"),
            (
                r#""StringEquals":{"aws:RequestTag/kubernetes-namespace":"shop"}"#,
                "OtherCondition",
            ),
            (
                r#""StringLike":{"aws:RequestTag/kubernetes-namespace":"*","aws:RequestTag/kubernetes-service-account":"api-*"}"#,
                "SubjectOrAudience",
            ),
        ] {
            assert_eq!(
                pods(condition),
                [format!("service pods.eks.amazonaws.com Assumes {guard}")],
                "{condition}"
            );
        }
    }

    #[test]
    fn a_guard_must_be_one() {
        for (condition, guard) in [
            (r#""StringEquals":{"sts:ExternalId":"x"}"#, "ExternalId"),
            (r#""StringLike":{"sts:externalid":"x-*"}"#, "ExternalId"),
            (r#""StringLike":{"sts:ExternalId":"*"}"#, "Open"),
            (r#""StringEqualsIfExists":{"sts:ExternalId":"x"}"#, "Open"),
            (r#""ForAllValues:StringEquals":{"sts:ExternalId":"x"}"#, "Open"),
            (r#""Bool":{"aws:MultiFactorAuthPresent":true}"#, "OtherCondition"),
            (
                r#""Bool":{"aws:MultiFactorAuthPresent":true},"StringEquals":{"sts:ExternalId":"x"}"#,
                "ExternalId",
            ),
        ] {
            let said = check(&format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"123456789012"}},"Action":"sts:AssumeRole","Condition":{{{condition}}}}}"#
            ));
            assert_eq!(said, [format!("account 123456789012 Assumes {guard}")], "{condition}");
        }
    }

    #[test]
    fn who_is_denied_is_not_trusted() {
        let allow =
            r#"{"Effect":"Allow","Principal":{"AWS":["111111111111","222222222222"]},"Action":"sts:AssumeRole"}"#;
        let with = |deny: &str| check(&format!("[{allow},{deny}]"));
        assert_eq!(
            with(r#"{"Effect":"Deny","Principal":{"AWS":"111111111111"},"Action":"sts:*"}"#),
            ["account 222222222222 Assumes Open"]
        );
        assert!(with(r#"{"Effect":"Deny","Principal":"*","Action":"*"}"#).is_empty());
        // Who is in a denied account is denied, and who is not the denied one of an account is not.
        let one =
            r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/a"},"Action":"sts:AssumeRole"}"#;
        let denied = r#"{"Effect":"Deny","Principal":{"AWS":"111111111111"},"Action":"sts:*"}"#;
        assert!(check(&format!("[{one},{denied}]")).is_empty());
        assert_eq!(
            with(r#"{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111111111111:role/a"},"Action":"sts:*"}"#),
            ["account 111111111111 Assumes Open", "account 222222222222 Assumes Open"]
        );
        assert_eq!(
            with(
                r#"{"Effect":"Deny","Principal":{"AWS":"111111111111"},"Action":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#
            ),
            [
                "account 111111111111 Assumes OtherCondition",
                "account 222222222222 Assumes Open"
            ]
        );
        assert_eq!(
            with(
                r#"{"Effect":"Deny","Principal":"*","Action":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}"#
            ),
            [
                "account 111111111111 Assumes OtherCondition",
                "account 222222222222 Assumes OtherCondition"
            ]
        );
    }
}
