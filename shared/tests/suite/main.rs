//! Everything about `shared` that is tested from outside: over our own fixtures, over real files, and over the tree
//! itself. One program, because linking each file alone took most of a test run.

// Tests read files, and say that something is wrong by panicking.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

mod access_aws;
mod access_azure;
mod access_google;
mod access_kubernetes;
mod access_named;
mod access_trusts;
mod access_vault;
mod aws_joins;
mod certificate_names;
mod certificates;
mod connectors;
mod graph;
mod graph_tiers;
mod history;
mod history_oracle;
mod identity;
mod laws;
mod leads;
mod leaks;
mod mapped_inventories;
mod merge;
mod real_access;
mod real_aws;
mod real_azure;
mod real_code_hosts;
mod real_entra;
mod real_files;
mod real_gcp;
mod real_hosts;
mod real_inventory;
mod real_kubernetes;
mod real_scanners;
mod real_terraform;
mod real_tls;
mod real_vault;
mod real_vaults;
mod real_x509;
mod reference;
mod report;
mod reviews;
mod rules;
mod secrets;
mod several_files;
mod stored;
mod subjects;
mod support;
mod survival;
mod terraform_joins;
mod tidy;
