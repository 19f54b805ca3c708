//! SPIRE registration entries: which workloads get which SPIFFE id.
//!
//! Written by `spire-server entry show -output json`. Numbers of 64 bits are text, as protocol buffers write them.
//! <https://github.com/spiffe/spire-api-sdk/blob/main/proto/spire/api/types/entry.proto>
//! Also read: the file that `spire-server entry create -data` takes, and its list by itself, where ids are text and the
//! members those of <https://github.com/spiffe/spire/blob/main/proto/spire/common/common.proto>.
//!
//! Read: SPIFFE id, parent, selectors, creation, admin and downstream rights, hint. The id's certificates and tokens live
//! for an hour as a rule; nothing is stored.
//!
//! Cannot tell: when a workload last asked for its id, and in which cluster a selector holds.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::grant::{GrantFact, TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, IdentityKind, Presence, Status};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::reading::absent::{nothing_if_null, present};
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "spire_entries",
    title: "Registration entries",
    vendor: "SPIRE",
    command: "spire-server entry show -output json > entries.json",
    cannot_tell: &[
        "when a workload last asked for its identity",
        "in which cluster or on which host a selector holds: the parent's agent says so",
        "who answers for a workload",
    ],
    signatures: &[
        &[Mark::Has("entries[].spiffe_id"), Mark::Has("entries[].parent_id")],
        &[Mark::Has("spiffe_id"), Mark::Has("parent_id"), Mark::Has("selectors")],
        &[Mark::Has("entries"), Mark::Has("next_page_token")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawEntry<'a> {
    #[serde(borrow, default)]
    spiffe_id: Option<RawSpiffeId<'a>>,
    #[serde(borrow, default)]
    parent_id: Option<RawSpiffeId<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    selectors: Vec<RawSelector<'a>>,
    #[serde(default, deserialize_with = "nothing_if_null")]
    admin: bool,
    #[serde(default, deserialize_with = "nothing_if_null")]
    downstream: bool,
    #[serde(default)]
    created_at: Moment,
    /// `0` when the entry has no end.
    #[serde(default, alias = "entryExpiry", alias = "entry_expiry")]
    expires_at: Moment,
    #[serde(borrow, default)]
    hint: Option<Text<'a>>,
}

/// A SPIFFE id in its two parts, or as text.
pub(super) struct RawSpiffeId<'a> {
    pub trust_domain: Option<Text<'a>>,
    pub path: Option<Text<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for RawSpiffeId<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct InParts<'a> {
            #[serde(borrow, default)]
            trust_domain: Option<Text<'a>>,
            #[serde(borrow, default)]
            path: Option<Text<'a>>,
        }

        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = RawSpiffeId<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a SPIFFE id such as `spiffe://example.org/web`, or its trust domain and path")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let InParts { trust_domain, path } = InParts::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(RawSpiffeId { trust_domain, path })
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                let (domain, path) = parts(text);
                Ok(RawSpiffeId {
                    trust_domain: domain.map(|domain| Text(Cow::Borrowed(domain))),
                    path: Some(Text(Cow::Borrowed(path))),
                })
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let (domain, path) = parts(text);
                Ok(RawSpiffeId {
                    trust_domain: domain.map(|domain| Text(Cow::Owned(domain.to_owned()))),
                    path: Some(Text(Cow::Owned(path.to_owned()))),
                })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// The trust domain and the path of `spiffe://example.org/web`: what begins otherwise has no trust domain.
fn parts(id: &str) -> (Option<&str>, &str) {
    match id.strip_prefix("spiffe://") {
        Some(rest) => {
            let (domain, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            (Some(domain), path)
        }
        None => (None, ""),
    }
}

#[derive(Deserialize)]
pub(super) struct RawSelector<'a> {
    #[serde(borrow, default)]
    pub r#type: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub value: Option<Text<'a>>,
}

impl RawSpiffeId<'_> {
    pub(super) fn handle(&self, batch: &mut Batch) -> Option<Handle> {
        let domain = self.trust_domain.as_deref().and_then(present)?;
        let path = self.path.as_deref().unwrap_or("");
        Some(batch.handle(HandleKind::Spiffe, &format!("spiffe://{domain}{path}")))
    }
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["entries"], &mut diagnostics);
    for row in &rows.rows {
        read_entry(row, &mut batch, &mut diagnostics);
    }
    rows.note_pages(&mut batch, "entries");
    (batch, diagnostics)
}

fn read_entry(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawEntry<'_>>(diagnostics) else {
        return;
    };
    let Some((id, handle)) = raw.spiffe_id.as_ref().and_then(|id| Some((id, id.handle(batch)?))) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.spiffe_id", row.name()),
            "no trust domain",
            "a SPIFFE id with `trust_domain` and `path`, or as `spiffe://…`",
            "this entry was left out; export the entries again",
        ));
        return;
    };
    let place = row.place(batch);
    let path = id.path.as_deref().unwrap_or("");
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Workload, place);
    fact.name = batch
        .sym_of(path.rsplit('/').next())
        .or_else(|| batch.sym_of(Some(path)));
    fact.account = batch.sym_of(id.trust_domain.as_deref());
    fact.status = Status::Active;
    fact.created_at = raw
        .created_at
        .instant(|| format!("{}.created_at", row.name()), diagnostics);
    fact.purpose = batch.sym_of(raw.hint.as_deref());
    batch.identities.push(fact);

    let expires_at = raw
        .expires_at
        .expiry(|| format!("{}.expires_at", row.name()), diagnostics);
    let domain = id.trust_domain.as_deref().unwrap_or("");
    for (has, role, privilege) in [
        // An admin may change every entry; a downstream server signs for its own.
        (raw.admin, "admin", Privilege::Administrator),
        (raw.downstream, "downstream", Privilege::Limited),
    ] {
        if has {
            let role = batch.sym(role);
            let resource = Some(batch.sym(&format!("SPIRE server of {domain}")));
            batch.grants.push(GrantFact {
                subject: Principal::Identity(handle),
                role,
                policy: None,
                resource,
                privilege: Some(privilege),
                conditional: Conditional::Always,
                expires_at,
                place,
            });
        }
    }
    let selectors: Vec<String> = raw
        .selectors
        .iter()
        .map(|selector| {
            let part = |text: &Option<Text<'_>>| text.as_deref().unwrap_or("").to_owned();
            format!("{}:{}", part(&selector.r#type), part(&selector.value))
        })
        .collect();
    let parent = raw.parent_id.as_ref().map(|parent| {
        let part = |text: &Option<Text<'_>>| text.as_deref().unwrap_or("").to_owned();
        format!("spiffe://{}{}", part(&parent.trust_domain), part(&parent.path))
    });
    if !selectors.is_empty() {
        let below = parent.map(|parent| format!(" at {parent}")).unwrap_or_default();
        let actor = Principal::Workload(batch.sym(&format!("{}{below}", selectors.join(" "))));
        batch.trusts.push(TrustFact {
            actor,
            target: handle,
            kind: TrustKind::RunsAs,
            guard: TrustGuard::Open,
            presence: Presence::Listed,
            place,
        });
    }
}
