//! Signing requests: certificates that the cluster's own signers issued, and who asked for them.

use serde::Deserialize;
use smallvec::smallvec;

use super::values::Text;
use super::{RawMetadata, RawObject, Reader, RoleScope, decode, member, origin_of_user};
use crate::diagnostic::Diagnostic;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind};
use crate::model::principal::Principal;
use crate::model::provenance::Place;
use crate::reading::json::Row;
use crate::reading::moment::Moment;

/// The spec of a signing request. The insights archive writes it without the vendor's camel case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a signing request's spec")]
struct RawSigningRequest<'a> {
    #[serde(borrow, default, alias = "Username")]
    username: Option<Text<'a>>,
    #[serde(borrow, default, alias = "SignerName")]
    signer_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a signing request's status")]
struct RawSigned<'a> {
    #[serde(borrow, default)]
    certificate: Option<Text<'a>>,
    #[serde(default, rename = "Cert")]
    anonymised: Option<RawAnonymised>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAnonymised {
    #[serde(default)]
    not_before: Moment,
    #[serde(default)]
    not_after: Moment,
}

impl Reader<'_> {
    /// A certificate that the cluster's own signers issued, and who asked for it.
    pub(super) fn signing_request(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>) {
        let Some((_, name)) = self.scoped_name(row, metadata, RoleScope::Cluster) else {
            return;
        };
        let place = row.place(&mut self.batch);
        let request = member::<RawSigningRequest<'_>>(row, "spec", object.spec, &mut self.diagnostics);
        if let Some(requester) = request.as_ref().and_then(|request| request.username.as_ref()) {
            self.mention(&requester.0, place);
        }
        let Some(signed) = member::<RawSigned<'_>>(row, "status", object.status, &mut self.diagnostics) else {
            return;
        };
        if let Some(encoded) = signed.certificate.filter(|encoded| !encoded.0.is_empty()) {
            let where_found = format!("{}.status.certificate", row.name());
            let Some(pem) = decode(&encoded.0).and_then(|bytes| String::from_utf8(bytes).ok()) else {
                self.diagnostics.push(Diagnostic::error(
                    where_found,
                    "text that is no base64",
                    "certificates in PEM, in base64",
                    "the certificate was left out; export the request again",
                ));
                return;
            };
            let n_known = self.batch.credentials.len();
            let read = self.certificates(&pem, &where_found);
            let names_user = request
                .and_then(|request| request.signer_name)
                .is_some_and(|signer| signer.0.starts_with("kubernetes.io/kube-apiserver-client"));
            if let Some(leaf) = read.first().copied().filter(|leaf| names_user && *leaf >= n_known) {
                self.certify_user(leaf);
            }
        } else if let Some(issued) = signed.anonymised {
            let key = self.joined(&["k8s-csr:", self.input.source, "/", name]);
            let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, place);
            fact.name = Some(self.batch.sym(name));
            fact.status = CredentialStatus::Active;
            fact.created_at = issued.not_before.instant(
                || format!("{}.Status.Cert.NotBefore", row.name()),
                &mut self.diagnostics,
            );
            fact.expires_at = issued
                .not_after
                .expiry(|| format!("{}.Status.Cert.NotAfter", row.name()), &mut self.diagnostics);
            self.batch.credentials.push(fact);
        }
    }

    /// A client certificate for the API server logs in the user that its common name says.
    fn certify_user(&mut self, leaf: usize) {
        let credential = &self.batch.credentials[leaf];
        let Some(certificate) = &credential.certificate else {
            return;
        };
        let subject = self.batch.strings.get(certificate.subject);
        let Some(name) = subject.split(", ").find_map(|part| part.strip_prefix("CN=")) else {
            return;
        };
        let (name, named) = (name.to_owned(), credential.holder);
        let handle = self.user_handle(&name);
        self.batch.credentials[leaf].holder = Some(handle);
        if let Some(identity) = self
            .batch
            .identities
            .iter_mut()
            .rev()
            .find(|identity| named.is_some_and(|named| identity.handles.contains(&named)))
        {
            identity.handles.insert(0, handle);
            identity.name = Some(self.batch.strings.intern(&name));
            identity.kind = Some(match name.starts_with("system:") {
                true => IdentityKind::Device,
                false => IdentityKind::User,
            });
            identity.origin = origin_of_user(&name);
        }
    }

    fn mention(&mut self, user: &str, place: Place) {
        if user.is_empty() {
            return;
        }
        let handle = match self.user(user) {
            Principal::Identity(handle) => handle,
            _ => self.user_handle(user),
        };
        let mut fact = IdentityFact::mentioned(smallvec![handle], place);
        fact.origin = origin_of_user(user);
        self.batch.identities.push(fact);
    }
}
