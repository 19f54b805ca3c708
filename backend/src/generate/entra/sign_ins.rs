//! When each application was last used: `/beta/reports/servicePrincipalSignInActivities`.

use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Tenant;
use super::pages::{GraphPages, LastPage};
use crate::generate::Estate;
use crate::generate::draw::Draw;
use crate::generate::json::{Json, object};
use crate::generate::timeline::{Habit, Life, Population, Snapshot, rfc3339};
use crate::generate::truth::SnapshotTruth;

/// Who signs in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    Application,
    Managed,
    /// A third party's application, which signs in for people.
    ThirdParty,
}

impl Signer {
    fn population(self, tenant: &Tenant) -> &Population {
        match self {
            Self::Application => &tenant.applications,
            Self::Managed => &tenant.managed,
            Self::ThirdParty => &tenant.third_party,
        }
    }

    /// What the signer's app id is drawn by.
    pub fn app_id(self) -> &'static str {
        match self {
            Self::Application => "entra app id",
            Self::Managed => "managed identity app",
            Self::ThirdParty => "third party app",
        }
    }
}

/// The last sign-in that the report shows, if it shows any.
pub fn last_sign_in(estate: &Estate, tenant: &Tenant, snapshot: &Snapshot, signer: Signer, life: &Life) -> Option<i64> {
    let scope = tenant.number as u64 * 4 + signer as u64;
    let mut draw = Draw::new(estate.seed, "entra habit", scope, life.ordinal);
    let habit = Habit::draw(&mut draw, &estate.timeline);
    let mut use_draw = Draw::new(
        estate.seed,
        "entra use",
        ((snapshot.index as u64) << 32) | scope,
        life.ordinal,
    );
    habit.last_used_at(&mut use_draw, life.created_at, snapshot.as_of)
}

/// Writes `servicePrincipalSignInActivities_N.json`.
pub fn write(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let signers = [Signer::Application, Signer::Managed, Signer::ThirdParty];
    let used = |signer: Signer| {
        signer
            .population(tenant)
            .alive(&estate.timeline, snapshot.index)
            .filter_map(move |life| Some((signer, life, last_sign_in(estate, tenant, snapshot, signer, &life)?)))
    };
    let total = signers.iter().map(|signer| used(*signer).count() as u64).sum();
    let collection = "servicePrincipalSignInActivities";
    let mut pages = GraphPages::new(estate, folder, collection, total, LastPage::Fetched);
    pages.version = "beta";
    pages.context = format!("reports/{collection}");
    pages.path = format!("reports/{collection}");
    for (signer, life, at) in signers.into_iter().flat_map(used) {
        let app_id = tenant.guid(estate.seed, signer.app_id(), life.ordinal);
        let mut draw = Draw::new(estate.seed, &app_id, 1, snapshot.index as u64);
        let mut moment = |at: Option<i64>| {
            object! {
                "lastSignInDateTime": at.map(rfc3339),
                "lastSignInRequestId": at.map(|_| draw.guid()),
            }
        };
        let (for_people, for_itself) = match signer {
            Signer::ThirdParty => (Some(at), None),
            Signer::Application | Signer::Managed => (None, Some(at)),
        };
        let row: Json = object! {
            "id": STANDARD.encode(&app_id),
            "appId": app_id,
            "delegatedClientSignInActivity": moment(for_people),
            "delegatedResourceSignInActivity": moment(None),
            "applicationAuthenticationClientSignInActivity": moment(for_itself),
            "applicationAuthenticationResourceSignInActivity": moment(None),
            "lastSignInActivity": moment(Some(at)),
        };
        pages.item(row, truth)?;
    }
    pages.close(truth)
}
