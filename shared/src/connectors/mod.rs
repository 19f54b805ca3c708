//! One file per export format. This file is the registry.
//!
//! # How to add a connector
//!
//! 1. Write `<vendor>_<noun>.rs` in the order: `//!` (what the export is, the command that makes it, the vendor's
//!    page, the fields read, what it cannot tell), the `CONNECTOR`, private `Raw…` structs in the vendor's words,
//!    `parse`, then the mapping into the model's words.
//! 2. Add its `mod` line and its line in [`CONNECTORS`] below.
//! 3. Put `basic.*`, `empty.*` and `malformed.*` into `testdata/connectors/<id>/`, run
//!    `INSTA_UPDATE=always cargo test -p shared --test suite connectors`, and read the goldens that it writes beside them.
//!
//! A test fails until all of that is there. The documentation and the Sources page come from the registry.

mod active_directory;
mod active_directory_accounts;
mod akeyless_auth_methods;
mod akeyless_items;
mod ansible_inventory;
mod ansible_vault;
mod aws_access_analyzer;
mod aws_account_authorization_details;
mod aws_acm_certificates;
mod aws_agentcore_identities;
mod aws_bedrock_agents;
mod aws_cloudtrail;
mod aws_credential_report;
mod aws_eks_access;
mod aws_export;
mod aws_identity_providers;
mod aws_iot_certificates;
mod aws_last_accessed;
mod aws_managed_policies;
mod aws_roles_anywhere;
mod aws_secrets_manager;
mod aws_server_certificates;
mod aws_user_credentials;
mod aws_users_and_roles;
mod azure_deny_assignments;
mod azure_foundry_agents;
mod azure_key_vault_objects;
mod azure_managed_identities;
mod azure_role_assignments;
mod azure_role_definitions;
mod azurehound;
mod bloodhound_directory;
mod conjur_resources;
mod crtsh_certificates;
mod csv_inventory;
mod cyberark_accounts;
mod detect_secrets_baseline;
mod entra_app_role_assignments;
mod entra_applications;
mod entra_federated_credentials;
mod entra_graph;
mod entra_graph_permissions;
mod entra_permission_grants;
mod entra_scubagear_export;
mod entra_service_principals;
mod entra_sign_in_activity;
mod entra_sign_ins;
mod gcp_activity;
mod gcp_api_keys;
mod gcp_asset_policies;
mod gcp_asset_resources;
mod gcp_audit_log;
mod gcp_deny_policies;
mod gcp_iam_policy;
mod gcp_roles;
mod gcp_service_account_keys;
mod gcp_service_accounts;
mod gcp_workload_identity_pools;
mod gitguardian_scan;
mod github;
mod github_app_installations;
mod github_audit_log;
mod github_credential_authorizations;
mod github_deploy_keys;
mod github_oidc_subject;
mod github_personal_access_tokens;
mod github_secret_scanning_alerts;
mod github_secrets;
mod gitlab_access_tokens;
mod gitlab_deploy_keys;
mod gitlab_deploy_tokens;
mod gitlab_secret_detection;
mod gitleaks_findings;
mod host;
mod jenkins_credentials;
mod keytool_list;
mod kubernetes_audit_log;
mod kubernetes_objects;
mod leaked_secret;
mod mcp_clients;
mod mcp_registry;
mod nosey_parker_findings;
mod oauth_clients;
mod okta;
mod okta_api_services;
mod okta_api_tokens;
mod okta_apps;
mod okta_client_secrets;
mod okta_system_log;
mod openssh_keys;
mod osquery_tables;
mod pam360_accounts;
mod postgresql_roles;
mod registry_csv;
pub mod review_csv;
mod roster_csv;
mod salesforce_oauth_tokens;
mod sarif_findings;
mod slack_apps;
mod slack_integration_logs;
mod snowflake_users;
mod spire_agents;
mod spire_entries;
mod sslscan_results;
mod terraform;
mod terraform_show;
mod terraform_state;
mod testssl_results;
mod tls_certificates;
mod trufflehog_findings;
mod uipath_robots;
mod unix_groups;
mod unix_passwd;
mod unix_shadow;
mod unix_sudoers;
mod unrecognised;
mod vault;
mod vault_audit_log;
mod vault_auth_methods;
mod vault_auth_roles;
mod vault_certificates;
mod vault_leases;
mod vault_policies;
mod vault_tokens;
mod veza_csv_templates;
mod veza_oaa_payloads;
mod x509_certificates;

use std::borrow::Cow;

use crate::config::SourceConfig;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::reading::carried;
use crate::reading::encoding;
use crate::reading::json;
use crate::reading::jsonc;
use crate::reading::probe::{Format, Probe};
use crate::reading::recording;
use crate::reading::subject::subject_of;
use crate::reading::table;
use crate::reading::yaml;

/// Every connector, in the order in which their signatures are tried.
pub const CONNECTORS: &[&Connector] = &[
    &aws_account_authorization_details::CONNECTOR,
    &aws_credential_report::CONNECTOR,
    &aws_users_and_roles::CONNECTOR,
    &aws_user_credentials::CONNECTOR,
    &aws_last_accessed::CONNECTOR,
    &aws_managed_policies::CONNECTOR,
    &aws_access_analyzer::CONNECTOR,
    &aws_cloudtrail::CONNECTOR,
    &aws_identity_providers::CONNECTOR,
    &aws_secrets_manager::CONNECTOR,
    &aws_acm_certificates::CONNECTOR,
    &aws_server_certificates::CONNECTOR,
    &aws_iot_certificates::CONNECTOR,
    &aws_eks_access::CONNECTOR,
    &aws_roles_anywhere::CONNECTOR,
    &aws_bedrock_agents::CONNECTOR,
    &aws_agentcore_identities::CONNECTOR,
    &entra_federated_credentials::CONNECTOR,
    &entra_app_role_assignments::CONNECTOR,
    &entra_permission_grants::CONNECTOR,
    &entra_sign_in_activity::CONNECTOR,
    &entra_sign_ins::CONNECTOR,
    &entra_service_principals::CONNECTOR,
    &entra_applications::CONNECTOR,
    &entra_scubagear_export::CONNECTOR,
    &azure_role_assignments::CONNECTOR,
    &azure_role_definitions::CONNECTOR,
    &azure_deny_assignments::CONNECTOR,
    &azure_managed_identities::CONNECTOR,
    &azure_key_vault_objects::CONNECTOR,
    &azurehound::CONNECTOR,
    &gcp_service_accounts::CONNECTOR,
    &gcp_service_account_keys::CONNECTOR,
    &gcp_api_keys::CONNECTOR,
    &gcp_asset_policies::CONNECTOR,
    &gcp_asset_resources::CONNECTOR,
    &gcp_iam_policy::CONNECTOR,
    &gcp_deny_policies::CONNECTOR,
    &gcp_roles::CONNECTOR,
    &gcp_workload_identity_pools::CONNECTOR,
    &gcp_activity::CONNECTOR,
    &gcp_audit_log::CONNECTOR,
    &kubernetes_audit_log::CONNECTOR,
    &kubernetes_objects::CONNECTOR,
    &github_deploy_keys::CONNECTOR,
    &github_app_installations::CONNECTOR,
    &github_personal_access_tokens::CONNECTOR,
    &github_credential_authorizations::CONNECTOR,
    &github_secrets::CONNECTOR,
    &github_secret_scanning_alerts::CONNECTOR,
    &github_audit_log::CONNECTOR,
    &github_oidc_subject::CONNECTOR,
    &gitlab_access_tokens::CONNECTOR,
    &gitlab_deploy_tokens::CONNECTOR,
    &gitlab_deploy_keys::CONNECTOR,
    &gitlab_secret_detection::CONNECTOR,
    &jenkins_credentials::CONNECTOR,
    &vault_auth_methods::CONNECTOR,
    &vault_auth_roles::CONNECTOR,
    &vault_tokens::CONNECTOR,
    &vault_leases::CONNECTOR,
    &vault_certificates::CONNECTOR,
    &vault_policies::CONNECTOR,
    &vault_audit_log::CONNECTOR,
    &terraform_state::CONNECTOR,
    &terraform_show::CONNECTOR,
    &spire_entries::CONNECTOR,
    &spire_agents::CONNECTOR,
    &okta_api_tokens::CONNECTOR,
    &okta_api_services::CONNECTOR,
    &okta_client_secrets::CONNECTOR,
    &okta_apps::CONNECTOR,
    &okta_system_log::CONNECTOR,
    &oauth_clients::CONNECTOR,
    &slack_apps::CONNECTOR,
    &slack_integration_logs::CONNECTOR,
    &salesforce_oauth_tokens::CONNECTOR,
    &bloodhound_directory::CONNECTOR,
    &active_directory_accounts::CONNECTOR,
    &postgresql_roles::CONNECTOR,
    &osquery_tables::CONNECTOR,
    &cyberark_accounts::CONNECTOR,
    &pam360_accounts::CONNECTOR,
    &akeyless_auth_methods::CONNECTOR,
    &akeyless_items::CONNECTOR,
    &veza_oaa_payloads::CONNECTOR,
    &snowflake_users::CONNECTOR,
    &uipath_robots::CONNECTOR,
    &azure_foundry_agents::CONNECTOR,
    &mcp_clients::CONNECTOR,
    &mcp_registry::CONNECTOR,
    &ansible_inventory::CONNECTOR,
    &ansible_vault::CONNECTOR,
    &gitleaks_findings::CONNECTOR,
    &trufflehog_findings::CONNECTOR,
    &detect_secrets_baseline::CONNECTOR,
    &nosey_parker_findings::CONNECTOR,
    &gitguardian_scan::CONNECTOR,
    &sarif_findings::CONNECTOR,
    &unix_passwd::CONNECTOR,
    &unix_shadow::CONNECTOR,
    &unix_groups::CONNECTOR,
    &unix_sudoers::CONNECTOR,
    &openssh_keys::CONNECTOR,
    &testssl_results::CONNECTOR,
    &sslscan_results::CONNECTOR,
    &crtsh_certificates::CONNECTOR,
    &keytool_list::CONNECTOR,
    &x509_certificates::CONNECTOR,
    &conjur_resources::CONNECTOR,
    &veza_csv_templates::CONNECTOR,
    &registry_csv::CONNECTOR,
    &review_csv::CONNECTOR,
    &roster_csv::CONNECTOR,
    // Last, because it takes any table that looks like an inventory.
    &csv_inventory::CONNECTOR,
];

/// What is known about one export format, and the code that reads it.
pub struct Connector {
    /// `<vendor>_<noun>`: the file's stem, the fixtures' folder and the documentation's anchor.
    pub id: &'static str,
    /// The export's name as its vendor writes it.
    pub title: &'static str,
    pub vendor: &'static str,
    /// The command that writes the export.
    pub command: &'static str,
    /// What no reader can learn from this export, one sentence each.
    pub cannot_tell: &'static [&'static str],
    /// Alternatives; a file is this export when every mark of one of them is there.
    pub signatures: &'static [&'static [Mark]],
    /// Reads a recognised file. Never panics; a bad row costs that row.
    pub parse: fn(Input<'_>) -> (Batch, Diagnostics),
}

/// One thing that must be true of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The file has this syntax.
    Is(Format),
    /// JSON (or YAML) has something at this path: `items[].kind`.
    Has(&'static str),
    /// JSON has nothing at this path.
    Lacks(&'static str),
    /// No row of JSON has a member but these.
    OnlyMembers(&'static [&'static str]),
    /// The rows of a Microsoft list, in a page's `value` or by themselves, have this member, in camelCase or, as
    /// PowerShell writes it, in PascalCase.
    RowHas(&'static str),
    /// No row of a Microsoft list has this member.
    RowLacks(&'static str),
    /// The first value at this path is this one, without regard to case.
    Equals(&'static str, &'static str),
    /// The first value at this path contains this text, without regard to case.
    Contains(&'static str, &'static str),
    /// The text begins with this.
    Begins(&'static str),
    /// The first line that is neither blank nor a comment (`#`) contains this. What has a syntax of its own (JSON, YAML,
    /// XML) has no such line, whatever is quoted in it.
    FirstLine(&'static str),
    /// The first line that is neither blank nor a comment (`#`) has this many fields, between colons. What has a syntax
    /// of its own has none, whatever colons are in it.
    ColonFields(usize),
    /// The first line is an account of a host.
    Accounts(host::AccountFile),
    /// The first line is one of sudo's, by its grammar.
    SudoRules,
    /// An inventory of Ansible sets this variable of a host.
    HostVariable(&'static str),
    /// The text contains this, wherever: for formats that have no paths.
    Text(&'static str),
    /// A table has this column.
    Column(&'static str),
    /// A table has one of these columns.
    AnyColumn(&'static [&'static str]),
    /// A table has a column that reads like one of these, which are given in groups of synonyms.
    AnyColumnLike(&'static [&'static [&'static str]]),
    /// A table has no column that reads like one of these.
    NoColumnLike(&'static [&'static str]),
    /// A table has no column but these.
    OnlyColumns(&'static [&'static str]),
}

/// A file as a connector gets it.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The name of the source folder: `k8s-payments`. It scopes names that are unique only inside one system.
    pub source: &'a str,
    /// The path of the file below the source, with `/`.
    pub path: &'a str,
    pub format: Format,
    pub bytes: &'a [u8],
    /// The text, decoded, and YAML turned into JSON; empty when the file is binary.
    pub text: &'a str,
    /// Mixed into fingerprints, so that they mean nothing outside the estate.
    pub salt: &'a str,
    /// What `source.toml` says, and `rollcall.toml` of the source.
    pub config: &'a SourceConfig,
}

impl<'a> Input<'a> {
    /// What the file is about: `source.toml` says it, or the nearest part of the path that is more than generic words
    /// (see [`subject_of`]).
    pub fn subject(&self, generic: &[&str]) -> Option<&'a str> {
        let declared = self.config.subject_of(self.path);
        declared.or_else(|| subject_of(self.path, generic))
    }
}

/// What became of one file.
pub struct Reading {
    /// The connector that read it; `None` when nothing recognised it.
    pub connector: Option<&'static Connector>,
    pub batch: Batch,
    pub diagnostics: Vec<Diagnostic>,
}

/// [`read_in`] a source that has no `source.toml`.
pub fn read(source: &str, path: &str, bytes: &[u8], salt: &str) -> Reading {
    read_in(source, &SourceConfig::default(), path, bytes, salt)
}

/// Recognises and reads one plain file (see [`crate::reading::container`] for packed ones).
pub fn read_in(source: &str, config: &SourceConfig, path: &str, bytes: &[u8], salt: &str) -> Reading {
    let mut diagnostics = Diagnostics::default();
    let (format, text) = text_of(bytes, &mut diagnostics);
    let text: &str = &text;
    // The replacement character is what a cut one is decoded to; a file that holds it itself is whole.
    if text.ends_with('\u{FFFD}') && !bytes.ends_with("\u{FFFD}".as_bytes()) {
        diagnostics.push(Diagnostic::error(
            "end of the file",
            "half a character",
            "a whole one",
            "the copy was cut short: export the file again; what stood before was read",
        ));
    }
    let is_mapped =
        matches!(format, Format::Json | Format::Yaml | Format::Table) && config.inventory_of(path).is_some();
    let connector = is_mapped
        .then_some(&csv_inventory::CONNECTOR)
        .or_else(|| recognise(&Probe::quick(format, bytes, text)))
        .or_else(|| recognise(&Probe::thorough(format, bytes, text)).filter(|_| format == Format::Json))
        .or_else(|| has_certificates(format, text).then_some(&x509_certificates::CONNECTOR))
        .or_else(|| conjur_resources::is_list(format, text).then_some(&conjur_resources::CONNECTOR))
        .or_else(|| vault::is_list(format, source, path, text).then_some(&vault_auth_roles::CONNECTOR));
    let plain = match connector {
        None if text.trim_start().starts_with(['{', '/']) => jsonc::plain(text),
        Some(_) | None => None,
    };
    let (connector, format, text) = match &plain {
        Some(plain) => match recognise(&Probe::quick(Format::Json, bytes, plain)) {
            Some(connector) => (Some(connector), Format::Json, plain.as_str()),
            None => (None, format, text),
        },
        None => (connector, format, text),
    };
    let Some(connector) = connector else {
        let mut batch = Batch::default();
        match json::Empty::of(text).filter(|_| matches!(format, Format::Json | Format::Yaml)) {
            Some(empty) => {
                diagnostics.push(Diagnostic::info(
                    "whole file",
                    "an answer without rows",
                    "rows, where the system has some",
                    "nothing to do; which list it is, it does not say",
                ));
                if empty.is_continued {
                    batch.gaps.push("a page without rows names a next page".to_owned());
                }
            }
            None => diagnostics.push(unrecognised::unrecognised(&Probe::quick(format, bytes, text))),
        }
        return Reading {
            connector: None,
            batch,
            diagnostics: diagnostics.into_vec(),
        };
    };
    let (batch, found) = (connector.parse)(Input {
        source,
        path,
        format,
        bytes,
        text,
        salt,
        config,
    });
    diagnostics.append(found);
    Reading {
        connector: Some(connector),
        batch,
        diagnostics: diagnostics.into_vec(),
    }
}

/// A file's format, and its text as connectors get it: decoded, out of recordings and entries of logs, YAML as JSON, nothing of what is no
/// text.
pub fn text_of<'a>(bytes: &'a [u8], diagnostics: &mut Diagnostics) -> (Format, Cow<'a, str>) {
    let decoded = encoding::decode(bytes);
    let format = Format::of(bytes, &decoded);
    let text = match (format, decoded) {
        (Format::Json, Cow::Borrowed(text)) => unwrapped(text, diagnostics),
        (Format::Json, Cow::Owned(text)) => Cow::Owned(unwrapped(&text, diagnostics).into_owned()),
        (Format::Yaml, decoded) => Cow::Owned(yaml::to_json(&decoded, diagnostics)),
        (Format::Binary | Format::Der | Format::JavaKeyStore, _) => Cow::Borrowed(""),
        (Format::Empty | Format::Table | Format::Xml | Format::Pem | Format::Text, decoded) => decoded,
    };
    (format, text)
}

/// JSON out of recordings, and events out of the entries of a log service.
fn unwrapped<'a>(text: &'a str, diagnostics: &mut Diagnostics) -> Cow<'a, str> {
    match recording::answers(text) {
        Cow::Borrowed(text) => carried::events(text, diagnostics),
        Cow::Owned(text) => Cow::Owned(carried::events(&text, diagnostics).into_owned()),
    }
}

/// Whether a document of something else holds certificates: what a web server, a load balancer or a program keeps of them.
fn has_certificates(format: Format, text: &str) -> bool {
    matches!(format, Format::Json | Format::Yaml) && text.contains("-----BEGIN CERTIFICATE-----")
}

/// The connector whose export this is: the first with a signature that holds.
pub fn recognise(probe: &Probe<'_>) -> Option<&'static Connector> {
    CONNECTORS.iter().copied().find(|connector| connector.holds(probe))
}

/// Whether a connector's signature holds for a plain file, whatever the others say.
pub fn is_recognised_by(connector: &Connector, bytes: &[u8]) -> bool {
    let (format, text) = text_of(bytes, &mut Diagnostics::default());
    connector.holds(&Probe::quick(format, bytes, &text))
}

impl Connector {
    fn holds(&self, probe: &Probe<'_>) -> bool {
        let holds = |marks: &&[Mark]| marks.iter().all(|mark| mark.holds(probe));
        self.signatures.iter().any(holds)
    }
}

impl Mark {
    fn holds(self, probe: &Probe<'_>) -> bool {
        let value = |path: &str| probe.value(path).map(str::to_ascii_lowercase);
        match self {
            Mark::Is(format) => probe.format == format,
            Mark::Has(path) => probe.has(path),
            Mark::Lacks(path) => !probe.has(path),
            Mark::OnlyMembers(names) => probe.paths().all(|path| names.contains(&path)),
            Mark::RowHas(member) => row_has(probe, member),
            Mark::RowLacks(member) => !row_has(probe, member),
            Mark::Equals(path, text) => probe.value(path).is_some_and(|found| found.eq_ignore_ascii_case(text)),
            Mark::Contains(path, text) => value(path).is_some_and(|found| found.contains(&text.to_ascii_lowercase())),
            Mark::Begins(text) => probe.text.starts_with(text),
            Mark::FirstLine(text) => {
                !matches!(probe.format, Format::Json | Format::Yaml | Format::Xml)
                    && first_line(probe.text).contains(text)
            }
            Mark::ColonFields(n) => {
                matches!(probe.format, Format::Text | Format::Table) && first_line(probe.text).split(':').count() == n
            }
            Mark::Accounts(file) => {
                matches!(probe.format, Format::Text | Format::Table) && file.has_line(first_line(probe.text))
            }
            Mark::SudoRules => {
                matches!(probe.format, Format::Text | Format::Table) && unix_sudoers::begins_with_rules(probe.text)
            }
            Mark::HostVariable(name) => ansible_inventory::sets(probe.text, name),
            Mark::Text(text) => memchr::memmem::find(probe.text.as_bytes(), text.as_bytes()).is_some(),
            Mark::Column(name) => probe.has_column(name),
            Mark::AnyColumn(names) => names.iter().any(|name| probe.has_column(name)),
            Mark::AnyColumnLike(groups) => {
                let columns: Vec<_> = probe.columns().iter().map(|column| table::folded(column)).collect();
                let mut names = groups.iter().flat_map(|names| names.iter());
                !columns.is_empty() && names.any(|name| columns.contains(&table::folded(name)))
            }
            Mark::NoColumnLike(names) => columns_like(probe, names).next().is_none(),
            Mark::OnlyColumns(names) => {
                let columns = probe.columns();
                !columns.is_empty() && columns.iter().all(|column| names.contains(&column.as_str()))
            }
        }
    }

    /// Whether a file that has this mark is like the export: many files of other kinds have the others.
    fn tells(self) -> bool {
        /// Shorter text is in files of every kind.
        const MIN_TEXT_BYTES: usize = 6;
        match self {
            Mark::Text(text) => text.len() >= MIN_TEXT_BYTES,
            Mark::Is(_)
            | Mark::Begins(_)
            | Mark::ColonFields(_)
            | Mark::Lacks(_)
            | Mark::OnlyMembers(_)
            | Mark::RowLacks(_)
            | Mark::NoColumnLike(_)
            | Mark::OnlyColumns(_) => false,
            Mark::Has(_)
            | Mark::RowHas(_)
            | Mark::Equals(..)
            | Mark::Contains(..)
            | Mark::FirstLine(_)
            | Mark::Accounts(_)
            | Mark::SudoRules
            | Mark::HostVariable(_)
            | Mark::Column(_)
            | Mark::AnyColumn(_)
            | Mark::AnyColumnLike(_) => true,
        }
    }

    /// Whether a file of this syntax can have the mark.
    fn is_of(self, format: Format) -> bool {
        match self {
            Mark::Is(expected) => expected == format,
            Mark::Has(_)
            | Mark::Lacks(_)
            | Mark::OnlyMembers(_)
            | Mark::RowHas(_)
            | Mark::RowLacks(_)
            | Mark::Equals(..)
            | Mark::Contains(..) => matches!(format, Format::Json | Format::Yaml),
            Mark::Column(_)
            | Mark::AnyColumn(_)
            | Mark::AnyColumnLike(_)
            | Mark::NoColumnLike(_)
            | Mark::OnlyColumns(_) => format == Format::Table,
            Mark::FirstLine(_) | Mark::ColonFields(_) | Mark::Accounts(_) | Mark::SudoRules | Mark::HostVariable(_) => {
                !matches!(format, Format::Json | Format::Yaml | Format::Xml)
            }
            Mark::Begins(_) | Mark::Text(_) => true,
        }
    }

    /// The mark in words, for a file that lacks it.
    fn describe(self, probe: &Probe<'_>) -> String {
        match self {
            Mark::Is(format) => format.name().to_owned(),
            Mark::Has(path) => format!("`{path}`"),
            Mark::Lacks(path) | Mark::RowLacks(path) => format!("no `{path}`"),
            Mark::OnlyMembers(names) => format!("no members but `{}`", names.join("`, `")),
            Mark::RowHas(member) => format!("`{member}`"),
            Mark::Equals(path, text) => format!("`{path}` = `{text}`"),
            Mark::Contains(path, text) => format!("`{path}` with `{text}` in it"),
            Mark::Begins(text) => format!("`{text}` at its beginning"),
            Mark::FirstLine(text) => format!("`{text}` in its first line"),
            Mark::ColonFields(n) => format!("a first line of {n} fields between colons"),
            Mark::Accounts(_) => "an account in its first line".to_owned(),
            Mark::SudoRules => "a rule of sudo in its first line".to_owned(),
            Mark::HostVariable(name) => format!("a host with `{name}`"),
            Mark::Text(text) => format!("`{text}` in it"),
            Mark::Column(name) => format!("a column `{name}`"),
            Mark::AnyColumn(names) => format!("a column `{}`", names.join("` or `")),
            // The first word of each group stands for its synonyms.
            Mark::AnyColumnLike(groups) => {
                let names: Vec<_> = groups.iter().filter_map(|names| names.first().copied()).collect();
                format!("a column such as `{}`", names.join("` or `"))
            }
            Mark::NoColumnLike(names) => {
                let found: Vec<_> = columns_like(probe, names).collect();
                format!("no column `{}`", found.join("` or `"))
            }
            Mark::OnlyColumns(names) => format!("no columns but `{}`", names.join("`, `")),
        }
    }
}

/// The columns of a table that read like one of these names.
fn columns_like<'p>(probe: &'p Probe<'_>, names: &'static [&str]) -> impl Iterator<Item = &'p str> {
    let columns = probe.columns().iter().map(String::as_str);
    columns.filter(|column| names.iter().any(|name| table::folded(name) == table::folded(column)))
}

/// The first line of a text that is neither blank nor a comment (`#`, `//`); `""` when there is none. JSON may be one line of
/// gigabytes, so only so much is looked at as the longest line of a format of lines takes.
fn first_line(text: &str) -> &str {
    const MAX_BYTES: usize = 64 << 10;
    let end = text.floor_char_boundary(MAX_BYTES);
    text[..end]
        .split(['\n', '\r'])
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("//"))
        .unwrap_or("")
}

fn row_has(probe: &Probe<'_>, member: &str) -> bool {
    let (first, rest) = member.split_at(1);
    let pascal = first.to_ascii_uppercase() + rest;
    ["", "value[].", "value."]
        .iter()
        .flat_map(|list| [format!("{list}{member}"), format!("{list}{pascal}")])
        .any(|path| probe.has(&path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;

    #[test]
    fn an_answer_without_rows_is_no_mistake() {
        for text in [
            "[]",
            "[]\n[]\n",
            "null",
            "{}",
            r#"{"Users":[]}"#,
            r#"{"findings":[],"nextToken":null}"#,
            r#"{"status":0,"result":{"records":[],"totalSize":0,"done":true},"warnings":[]}"#,
            "accounts: []\n",
        ] {
            let reading = read("s", "f.json", text.as_bytes(), "");
            let [diagnostic] = reading.diagnostics.as_slice() else {
                panic!("{text}: {:?}", reading.diagnostics);
            };
            assert_eq!(diagnostic.severity, Severity::Info, "{text}");
            assert_eq!(diagnostic.found, "an answer without rows", "{text}");
            assert!(reading.batch.is_complete(), "{text}");
        }
        let continued = read("s", "f.json", br#"{"Events":[],"NextToken":"x"}"#, "");
        assert_eq!(continued.diagnostics[0].found, "an answer without rows");
        assert!(!continued.batch.is_complete());
        for text in [r#"["ci"]"#, "[7]", "[true]", r#"{"a":{"b":"c"}}"#, r#"{"Users":["#] {
            let reading = read("s", "f.json", text.as_bytes(), "");
            assert_eq!(reading.diagnostics[0].severity, Severity::Error, "{text}");
        }
    }

    #[test]
    fn what_names_the_words_of_an_export_is_not_one() {
        for text in [
            "#!/bin/sh\nansible-playbook -e ansible_user=deploy site.yml\n",
            "# Policies\n\nThe policy of the shop:\n\n```hcl\npath \"secret/*\" {\n  capabilities = [\"read\"]\n}\n```\n",
            "resource \"vault_policy\" \"shop\" {\n  policy = <<EOT\npath \"secret/*\" { capabilities = [\"read\"] }\nEOT\n}\n",
            "<?xml version='1.1'?>\n<com.cloudbees.plugins.credentials.CredentialsProviderManager>\n<x>com.cloudbees.plugins.credentials.SystemCredentialsProvider</x>\n</com.cloudbees.plugins.credentials.CredentialsProviderManager>\n",
        ] {
            assert!(read("s", "f", text.as_bytes(), "").connector.is_none(), "{text}");
        }
        let policy = "// of the shop\npath \"secret/*\" {\n  capabilities = [\"read\"]\n}\n";
        let reading = read("s", "f", policy.as_bytes(), "");
        assert_eq!(reading.connector.map(|connector| connector.id), Some("vault_policies"));
    }

    #[test]
    fn what_is_quoted_in_a_syntax_is_no_line_of_a_file() {
        // As JSON, each of these has one line, with as many colons as `passwd`, `shadow` and `group`, or with a rule of
        // sudo or a key in it.
        for text in [
            "name: acme\nversion: 1\nowner: \"\"\npath: https://acme.test:8443/a\nkind: chart\n",
            "a: 1\nb: 2\nc: \"x:/y\"\nd: 3\ne: 4\n",
            "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\nh: 8\n",
            "a: \":x:\"\nb: 2\n",
            "- name: sudo\n  lineinfile:\n    line: \"ci ALL=(ALL) NOPASSWD: ALL\"\n",
            "keys:\n- \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ci\"\n",
        ] {
            assert!(read("s", "f.yaml", text.as_bytes(), "").connector.is_none(), "{text}");
        }
    }

    #[test]
    fn a_file_that_ends_inside_a_character_is_cut() {
        let text = "name,owner,type\na,b,service account ä";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for whole in [text.as_bytes(), &utf16] {
            assert_eq!(read("s", "f.csv", whole, "").diagnostics, []);
            let cut = read("s", "f.csv", &whole[..whole.len() - 1], "");
            assert_eq!(cut.connector.map(|connector| connector.id), Some("csv_inventory"));
            assert_eq!(cut.diagnostics[0].found, "half a character");
        }
    }
}
