//! Entra federated identity credentials: whose tokens an application accepts in place of a secret.
//!
//! Written by Microsoft Graph (`GET /applications/{id}/federatedIdentityCredentials`), usually in a loop over all
//! applications, and by `az ad app federated-credential list` or `Get-MgApplicationFederatedIdentityCredential`.
//! <https://learn.microsoft.com/graph/api/resources/federatedidentitycredential>
//!
//! Read: id, name, issuer, subject, audiences, claimsMatchingExpression, and the application out of the page's
//! `@odata.context`: `…#applications('<object id>')/federatedIdentityCredentials`.
//!
//! Cannot tell: the application, where the page around the list is missing. The credentials of user-assigned managed
//! identities (`az identity federated-credential list`) are another export.

use super::entra_graph::{Export, Guid, listed_in, note_pages};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::principal::{Handle, HandleKind};
use crate::reading::json;

pub const CONNECTOR: Connector = Connector {
    id: "entra_federated_credentials",
    title: "Entra federated identity credentials",
    vendor: "Microsoft Entra",
    command: "for id in $(az ad app list --all --query '[].id' -o tsv); do az rest --url \"https://graph.microsoft.com/v1.0/applications/$id/federatedIdentityCredentials\"; done > federated-credentials.json",
    cannot_tell: &[
        "the application, unless the page names it in `@odata.context`, or the file is named by its id: keep what Graph answers whole",
        "when a federation was made, and when it was last used",
    ],
    signatures: &[
        &[
            Mark::Contains("@odata.context", "/federatedIdentityCredentials"),
            Mark::Has("value"),
        ],
        &[
            Mark::RowHas("issuer"),
            Mark::RowHas("audiences"),
            Mark::RowHas("name"),
            // Those of a managed identity, which are another export.
            Mark::RowLacks("resourceGroup"),
        ],
    ],
    parse,
};

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut export = Export::default();
    let rows = json::rows(input.text, &["value"], &mut export.diagnostics);
    let mut n_unnamed = 0usize;
    let of_file = match (0..rows.pages.len()).any(|page| target_of_page(&rows, page, &mut export).is_some()) {
        true => None,
        false => export.application_of_file(input),
    };
    let mut page = 0;
    let mut target = target_of_page(&rows, page, &mut export);
    for (index, row) in rows.rows.iter().enumerate() {
        while rows.pages.get(page).is_some_and(|current| current.rows.end <= index) {
            page += 1;
            target = target_of_page(&rows, page, &mut export);
        }
        let is_in_page = rows
            .pages
            .get(page)
            .is_some_and(|current| current.rows.contains(&index));
        let target = target.filter(|_| is_in_page).or(of_file);
        let Some(raw) = row.parse(&mut export.diagnostics) else {
            continue;
        };
        n_unnamed += usize::from(target.is_none());
        let place = row.place(&mut export.batch);
        export.federation(target, raw, place, |member| format!("{}.{member}", row.name()));
    }
    if n_unnamed > 0 {
        export.diagnostics.push(Diagnostic::warning(
            "whole file",
            format!("{n_unnamed} federated credentials, and nothing that says whose they are"),
            "an `@odata.context` such as `…#applications('<object id>')/federatedIdentityCredentials`",
            "keep the whole page that Graph answers with (`az rest`, without `--query`), or export the applications with `$expand=federatedIdentityCredentials`; or name the file by the application's id, here or in `[[about]]` of source.toml",
        ));
        export
            .batch
            .gaps
            .push("the applications that accept these federated credentials are not named".to_owned());
    }
    note_pages(&rows, &mut export.batch, "federatedIdentityCredentials");
    export.finish()
}

/// The application that a page's context names, by its object id or as `appId='…'`.
fn target_of_page(rows: &json::Rows<'_>, page: usize, export: &mut Export) -> Option<Handle> {
    let listed = listed_in(rows, page)?;
    let (_, key) = listed.split_once('(')?;
    let (key, _) = key.split_once(')')?;
    let (kind, quoted) = match key.split_once('=') {
        Some(("appId", quoted)) => (HandleKind::EntraApp, quoted),
        Some(_) => return None,
        None => (HandleKind::EntraObject, key),
    };
    let guid = Guid::parse(quoted.trim_matches('\''))?;
    Some(export.handle(kind, guid))
}
