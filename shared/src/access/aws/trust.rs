//! What the trust policy of a role says to those who would take it on.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::evaluate::{ASSUME_ROLE, Asker, Held, Word, documents, word_to};
use super::request::{self, Request, Target};
use crate::access::decision::{Dependency, Holds, Reason, Says};
use crate::access::index::Index;
use crate::model::access_policy::Effect;
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::principal::Principal;
use crate::model::snapshot::{IdentityId, Snapshot};
use crate::model::strings::Strings;

/// What a trust policy says to an identity.
pub struct Words {
    pub denies: Word,
    /// It is let in by its own name, or as anybody.
    pub by_name: Word,
    /// Its account is let in: whom of it, the policies of the account say.
    pub by_account: Word,
}

/// `None` when no export lists the role, so that whom it trusts is not known.
pub fn words(snapshot: &Snapshot, index: &Index, id: IdentityId, request: &Request<'_>, role: &str) -> Option<Words> {
    let strings = &snapshot.strings;
    let arn = strings.find(role)?;
    let target = index.identity_of_arn(arn)?;
    let account = snapshot.identity(id).account;
    // A session is named without the path of its role.
    let by_trusts = index
        .trusts_to(target, snapshot)
        .filter(|trust| trust.actor_identity == Some(id));
    let names: Vec<Principal> = by_trusts.map(|trust| trust.actor).collect();
    let is_named = |principal: &Principal| {
        let is_arn = |arn| index.identity_of_arn(arn) == Some(id);
        *principal == Principal::Anyone
            || names.contains(principal)
            || matches!(*principal, Principal::Identity(handle) if is_arn(handle.text))
    };
    let is_of_account =
        |principal: &Principal| matches!(*principal, Principal::Account(trusted) if account == Some(trusted));
    let is_either = |principal: &Principal| is_named(principal) || is_of_account(principal);
    let mut words = Words {
        denies: Word::NOTHING,
        by_name: Word::NOTHING,
        by_account: Word::NOTHING,
    };
    let mut is_defined = false;
    for held in documents(index.policies_of(arn, snapshot), None) {
        is_defined = true;
        let word =
            |effect, is_meant: &dyn Fn(&Principal) -> bool| word_among(&held, effect, is_meant, strings, request);
        words.denies = words.denies.or(word(Effect::Deny, &is_either));
        words.by_name = words.by_name.or(word(Effect::Allow, &is_named));
        words.by_account = words.by_account.or(word(Effect::Allow, &is_of_account));
    }
    for trust in index.trusts_to(target, snapshot) {
        // What its policy says needs no other word; what a log saw is one that no policy explains.
        if trust.kind != TrustKind::Assumes || is_defined && trust.guard.is_some() {
            continue;
        }
        let needs = match trust.guard {
            Some(TrustGuard::Open) => Vec::new(),
            Some(TrustGuard::ExternalId) => vec![Dependency::Condition("sts:ExternalId".to_owned())],
            Some(TrustGuard::SubjectOrAudience | TrustGuard::OtherCondition) => {
                vec![Dependency::Export(
                    "the conditions of the role's trust policy, of which only their sort is kept",
                )]
            }
            None => vec![Dependency::Export("the role's trust policy")],
        };
        let word = Word {
            holds: match needs.is_empty() {
                true => Holds::Yes,
                false => Holds::Maybe,
            },
            reason: Some(Reason {
                says: Says::LetsIn,
                name: trust.target.text,
                statement: None,
                grant: None,
                evidence: trust.evidence,
            }),
            needs,
        };
        if is_named(&trust.actor) {
            words.by_name = words.by_name.or(word);
        } else if is_of_account(&trust.actor) {
            words.by_account = words.by_account.or(word);
        }
    }
    Some(words)
}

/// Whether a role lets a service act as it that something in the role's own account uses, and what else would have to hold.
pub fn to_service(asker: &Asker<'_>, role: IdentityId, service: &str) -> (Holds, Vec<Dependency>) {
    let (snapshot, index) = (asker.snapshot, asker.index);
    let strings = &snapshot.strings;
    let arn = super::standing::arn_of(snapshot, role);
    let (Some(service), Some(arn)) = (strings.find(service), arn) else {
        return (Holds::No, Vec::new());
    };
    let is_meant = |principal: &Principal| *principal == Principal::PlatformService(service);
    let defined = strings.find(arn).map_or(&[][..], |id| index.policies_of(id, snapshot));
    if defined.is_empty() {
        let mut trusts = index.trusts_to(role, snapshot);
        let is_open = trusts.any(|trust| {
            trust.kind == TrustKind::Assumes && trust.guard == Some(TrustGuard::Open) && is_meant(&trust.actor)
        });
        let condition = Dependency::Export("the condition on which the role trusts the service");
        return match is_open {
            true => (Holds::Yes, Vec::new()),
            false => (Holds::Maybe, vec![condition]),
        };
    }
    let account = request::account_in(arn);
    let request = Request {
        action: ASSUME_ROLE,
        target: Target::One(arn),
        principal: &request::Principal::default(),
        given: &[
            ("aws:SourceAccount", account.as_slice()),
            ("aws:PrincipalIsAWSService", &["true"]),
        ],
        at: snapshot.as_of,
    };
    let is_denied = |principal: &Principal| *principal == Principal::Anyone || is_meant(principal);
    let (mut lets, mut denies) = (Word::NOTHING, Word::NOTHING);
    for held in documents(defined, None) {
        lets = lets.or(word_among(&held, Effect::Allow, &is_meant, strings, &request));
        denies = denies.or(word_among(&held, Effect::Deny, &is_denied, strings, &request));
    }
    let needs = lets.needs.into_iter().chain(denies.needs);
    (lets.holds.min(denies.holds.opposite()), needs.collect())
}

/// What the statements about some principals say.
fn word_among(
    held: &Held<'_>,
    effect: Effect,
    is_meant: &dyn Fn(&Principal) -> bool,
    strings: &Strings,
    request: &Request<'_>,
) -> Word {
    let mut word = word_to(held, effect, |of| of.iter().any(is_meant), strings, request);
    if let Some(reason) = &mut word.reason
        && effect == Effect::Allow
    {
        reason.says = Says::LetsIn;
    }
    word
}
