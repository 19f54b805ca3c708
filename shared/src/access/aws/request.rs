//! What is known of a request to AWS: who asks, for what, and which of the keys that conditions look at.

use super::resource::{Among, Compared, Glob};
use crate::access::decision::{Dependency, Holds};
use crate::model::access_policy::Matched;
use crate::model::identity::IdentityKind;
use crate::model::instant::Instant;
use crate::model::principal::HandleKind;
use crate::model::snapshot::{IdentityId, Snapshot};
use crate::model::strings::Strings;

/// Keys of the request that whoever asks knows, each with its values; a key without values is absent.
pub type Given<'a> = &'a [(&'a str, &'a [&'a str])];

/// A request, as far as it is known.
pub struct Request<'a> {
    pub action: &'a str,
    pub target: Target<'a>,
    pub principal: &'a Principal<'a>,
    pub given: Given<'a>,
    /// When.
    pub at: Instant,
}

/// What the request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// One resource, by its ARN.
    One(&'a str),
    /// Any resource that this pattern covers: is there one?
    Some(&'a str),
}

/// Who asks, as condition keys and policy variables name it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Principal<'s> {
    pub arn: Option<&'s str>,
    pub account: Option<&'s str>,
    /// `None` for what has no user name: a role.
    pub user_name: Option<&'s str>,
    /// `AIDA…`; a role's session adds its own name.
    pub unique_id: Option<&'s str>,
    pub kind: PrincipalKind,
}

/// What AWS calls a principal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrincipalKind {
    User,
    #[default]
    AssumedRole,
    Account,
}

/// What a variable stands for whose value is not known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    IsAny,
    IsNone,
}

/// The value of a condition key.
pub enum Value {
    Unknown,
    /// The request has no such key.
    Absent,
    Texts(Vec<String>),
}

impl<'s> Principal<'s> {
    pub fn new(snapshot: &'s Snapshot, id: IdentityId) -> Self {
        let identity = snapshot.identity(id);
        let handle = |kind: HandleKind| {
            let mut handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
            let handle = handles.find(|handle| handle.kind == kind)?;
            Some(snapshot.strings.get(handle.text))
        };
        let kind = match identity.kind {
            IdentityKind::User => PrincipalKind::User,
            IdentityKind::Root => PrincipalKind::Account,
            IdentityKind::Role
            | IdentityKind::ServiceAccount
            | IdentityKind::Application
            | IdentityKind::ManagedIdentity
            | IdentityKind::Workload
            | IdentityKind::Device
            | IdentityKind::Pipeline
            | IdentityKind::Integration
            | IdentityKind::HostAccount
            | IdentityKind::DatabaseAccount
            | IdentityKind::Robot
            | IdentityKind::Agent
            | IdentityKind::Human
            | IdentityKind::Unclassified => PrincipalKind::AssumedRole,
        };
        Self {
            arn: handle(HandleKind::Arn),
            account: identity.account.map(|account| snapshot.strings.get(account)),
            user_name: (kind == PrincipalKind::User).then(|| snapshot.strings.get(identity.name)),
            unique_id: handle(HandleKind::AwsUniqueId),
            kind,
        }
    }
}

impl Request<'_> {
    /// What the request has under a condition key, whose case does not matter.
    pub fn value(&self, key: &str) -> Value {
        if let Some((_, values)) = self.given.iter().find(|(given, _)| given.eq_ignore_ascii_case(key)) {
            return match values.is_empty() {
                true => Value::Absent,
                false => Value::Texts(values.iter().map(|value| (*value).to_owned()).collect()),
            };
        }
        let known = |value: Option<&str>| match value {
            Some(value) => Value::Texts(vec![value.to_owned()]),
            None => Value::Unknown,
        };
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        let principal = self.principal;
        if is("aws:PrincipalArn") {
            known(principal.arn)
        } else if is("aws:PrincipalAccount") {
            known(principal.account)
        } else if is("aws:PrincipalType") {
            let kind = match principal.kind {
                PrincipalKind::User => "User",
                PrincipalKind::AssumedRole => "AssumedRole",
                PrincipalKind::Account => "Account",
            };
            Value::Texts(vec![kind.to_owned()])
        } else if is("aws:PrincipalIsAWSService") {
            Value::Texts(vec!["false".to_owned()])
        } else if is("aws:username") {
            match principal.kind {
                PrincipalKind::User => known(principal.user_name),
                PrincipalKind::AssumedRole | PrincipalKind::Account => Value::Absent,
            }
        } else if is("aws:userid") {
            match principal.kind {
                PrincipalKind::User => known(principal.unique_id),
                PrincipalKind::Account => known(principal.account),
                PrincipalKind::AssumedRole => Value::Unknown,
            }
        } else if is("aws:CurrentTime") {
            Value::Texts(vec![self.at.to_string()])
        } else if is("aws:EpochTime") {
            Value::Texts(vec![self.at.0.to_string()])
        } else if is("aws:ResourceAccount") {
            match self.target {
                Target::One(resource) => known(account_in(resource)),
                Target::Some(_) => Value::Unknown,
            }
        } else {
            Value::Unknown
        }
    }

    /// A text of a policy with its variables filled in.
    pub fn filled(&self, text: &str, needs: &mut Vec<Dependency>) -> Value {
        let mut filled = String::with_capacity(text.len());
        let mut is_known = true;
        let mut rest = text;
        while let Some((before, name, after)) = next_variable(rest) {
            filled.push_str(before);
            match self.variable(name, needs) {
                Value::Texts(values) => filled.push_str(values.first().map_or("", String::as_str)),
                Value::Absent => return Value::Absent,
                Value::Unknown => is_known = false,
            }
            rest = after;
        }
        match is_known {
            true => {
                filled.push_str(rest);
                Value::Texts(vec![filled])
            }
            false => Value::Unknown,
        }
    }

    /// A pattern with its variables filled in, and whether all are known. `None` when one has no value here: then the
    /// pattern covers nothing.
    pub fn glob(&self, pattern: &str, compared: Compared, needs: &mut Vec<Dependency>) -> Option<(Glob, Holds)> {
        let mut known = Holds::Yes;
        let mut is_absent = false;
        let glob = Glob::new(pattern, compared, |name| match self.variable(name, needs) {
            Value::Texts(values) => values.into_iter().next(),
            Value::Absent => {
                is_absent = true;
                None
            }
            Value::Unknown => {
                known = Holds::Maybe;
                None
            }
        });
        (!is_absent).then_some((glob, known))
    }

    /// Which resources these are, with what is known of the variables in them; `None` when they are none.
    pub fn among(
        &self,
        resources: &Matched,
        strings: &Strings,
        unknown: Unknown,
        needs: &mut Vec<Dependency>,
    ) -> Option<Among> {
        let (patterns, is_excluded) = match resources {
            Matched::AnyOf(patterns) => (patterns, false),
            Matched::NoneOf(patterns) => (patterns, true),
        };
        let mut globs = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            if let Some((glob, known)) = self.glob(strings.get(*pattern), Compared::ByPart, needs) {
                // Of what is excluded, the less is known the more may be left.
                let takes_unknown = (unknown == Unknown::IsAny) != is_excluded;
                if known == Holds::Yes || takes_unknown {
                    globs.push(glob);
                }
            }
        }
        (is_excluded || !globs.is_empty()).then_some(Among { globs, is_excluded })
    }

    /// What stands for `${name}` or `${name, 'default'}`; `${*}`, `${?}` and `${$}` are the signs themselves.
    fn variable(&self, name: &str, needs: &mut Vec<Dependency>) -> Value {
        if matches!(name, "*" | "?" | "$") {
            return Value::Texts(vec![name.to_owned()]);
        }
        let (key, default) = match name.split_once(',') {
            Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
            None => (name.trim(), None),
        };
        match (self.value(key), default) {
            (Value::Absent, Some(default)) => Value::Texts(vec![default.to_owned()]),
            (Value::Unknown, _) => {
                needs.push(Dependency::Condition(key.to_owned()));
                Value::Unknown
            }
            (value, _) => value,
        }
    }
}

/// The account that an ARN names; none in that of a bucket, and of what AWS has for everybody.
pub fn account_in(arn: &str) -> Option<&str> {
    let account = arn.strip_prefix("arn:")?.split(':').nth(3)?;
    Some(account).filter(|account| !matches!(*account, "" | "*" | "aws"))
}

fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
