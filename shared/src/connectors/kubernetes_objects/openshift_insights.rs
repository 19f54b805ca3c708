//! What the OpenShift insights archive sums up by itself: all service accounts, the ingress controllers' certificates.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::values::{Members, Text};
use super::{Reader, member};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::reading::absent::nothing_if_null;
use crate::reading::json::Row;
use crate::reading::loose::number;
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;

/// `config/serviceaccounts.json` of OpenShift insights.
#[derive(Deserialize)]
#[serde(expecting = "the totals and the namespaces")]
struct RawServiceAccounts<'a> {
    #[serde(default, rename = "TOTAL_COUNT", deserialize_with = "number")]
    n_total: Option<u64>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    namespaces: Members<'a>,
}

#[derive(Deserialize)]
#[serde(expecting = "a service account")]
struct RawListedAccount<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

/// A row of `aggregated/ingress_controllers_certs.json` of OpenShift insights.
#[derive(Deserialize)]
#[serde(expecting = "a certificate")]
struct RawIngressCertificate<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(default)]
    not_before: Moment,
    #[serde(default)]
    not_after: Moment,
}

impl Reader<'_> {
    pub(super) fn account_summary(&mut self, row: &Row<'_>, raw: &RawValue) {
        let Some(summary) = member::<RawServiceAccounts<'_>>(row, "serviceAccounts", Some(raw), &mut self.diagnostics)
        else {
            return;
        };
        let mut n_listed = 0;
        for (namespace, accounts) in &summary.namespaces.0 {
            let list = format!("serviceAccounts.namespaces.{namespace}");
            let Some(accounts) =
                member::<OneOrMany<RawListedAccount<'_>>>(row, &list, Some(accounts), &mut self.diagnostics)
            else {
                continue;
            };
            for (index, account) in accounts.0.iter().enumerate() {
                n_listed += 1;
                let place = self.batch.item(&list, index);
                let handle = self.account_handle(namespace, &account.name.0);
                let fact = self.listed_account(handle, namespace, &account.name.0, place);
                self.state_account(namespace, handle, fact);
            }
        }
        if let Some(n_total) = summary.n_total.filter(|n_total| *n_total > n_listed) {
            self.batch.gaps.push(format!(
                "the archive lists {n_listed} of the cluster's {n_total} service accounts: export them with `kubectl get sa -A -o json`"
            ));
        }
    }

    pub(super) fn ingress_certificate(&mut self, row: &Row<'_>) {
        let Some(found) = row.parse::<RawIngressCertificate<'_>>(&mut self.diagnostics) else {
            return;
        };
        let key = self.secret_key(&found.namespace.0, &found.name.0);
        let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, row.place(&mut self.batch));
        fact.name = Some(self.joined(&[&found.namespace.0, "/", &found.name.0]));
        fact.created_at = found
            .not_before
            .instant(|| format!("{}.not_before", row.name()), &mut self.diagnostics);
        fact.expires_at = found
            .not_after
            .expiry(|| format!("{}.not_after", row.name()), &mut self.diagnostics);
        fact.status = CredentialStatus::Active;
        self.batch.credentials.push(fact);
    }
}
