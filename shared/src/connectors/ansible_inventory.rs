//! Ansible inventory: the hosts that Ansible manages, and the accounts it logs in with.
//!
//! Written by `ansible-inventory --list`, which resolves groups and variables; or the inventory itself as INI.
//! <https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html>
//!
//! Read: hosts, groups and their variables: user, connection, privilege escalation, private key file, passwords. The
//! account that Ansible logs in with is an identity of the inventory, on every host that names it. Of a password in the
//! clear stays a fingerprint; one from a vault or a lookup is only known to exist.
//!
//! Cannot tell: whether the accounts exist on the hosts, and variables from outside the inventory (`group_vars` folders
//! beside an INI file, playbooks, the command line).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::grant::GrantFact;
use crate::model::identity::{Class, IdentityFact, IdentityKind};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::{nothing_if_null, present, yes_or_no};
use crate::reading::fingerprint::fingerprint;
use crate::reading::json;
use crate::reading::probe::Format;

pub const CONNECTOR: Connector = Connector {
    id: "ansible_inventory",
    title: "Inventory",
    vendor: "Ansible",
    command: "ansible-inventory --list > inventory.json",
    cannot_tell: &[
        "whether the accounts exist on the hosts",
        "in INI, variables of `group_vars` and `host_vars` folders: use `ansible-inventory --list`",
        "users and passwords of playbooks, of the command line and of AWX",
        "hosts that name no user: Ansible takes whoever runs it",
    ],
    signatures: &[
        &[Mark::Has("_meta.hostvars")],
        &[Mark::Is(Format::Text), Mark::HostVariable("ansible_user=")],
        &[Mark::Is(Format::Text), Mark::HostVariable("ansible_host=")],
        &[Mark::Is(Format::Text), Mark::HostVariable("ansible_connection=")],
        &[
            Mark::Is(Format::Text),
            Mark::HostVariable("ansible_ssh_private_key_file="),
        ],
    ],
    parse,
};

/// Whether a text is an inventory that sets this variable: behind a host, or by itself below a section. Scripts and
/// programs that name it are none.
pub(super) fn sets(text: &str, variable: &str) -> bool {
    if text.starts_with("#!") {
        return false;
    }
    let mut is_in_section = false;
    for line in text.lines().map(str::trim) {
        is_in_section |= line.starts_with('[') && line.contains(']');
        if !line.contains(variable) || line.starts_with(['#', ';']) {
            continue;
        }
        let mut words = line.split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let is_host = !first.contains('=') && !matches!(first, "export" | "set" | "env" | "ENV" | "ARG");
        let is_behind_host = is_host && second.split_once('=').is_some_and(|(name, _)| is_name(name));
        if is_behind_host || is_in_section && first.starts_with(variable) {
            return true;
        }
    }
    false
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[derive(Deserialize)]
struct RawInventory<'a> {
    #[serde(borrow, rename = "_meta", default, deserialize_with = "nothing_if_null")]
    meta: RawMeta<'a>,
}

#[derive(Default, Deserialize)]
struct RawMeta<'a> {
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    hostvars: BTreeMap<Cow<'a, str>, Option<BTreeMap<Cow<'a, str>, &'a RawValue>>>,
}

/// A host's variables, as text.
type Variables = BTreeMap<String, String>;

/// Hosts that one range such as `web[01:99]` may stand for: more are a mistake. Fewer under the fuzzer, which would spend
/// its time on counting them out.
const MAX_RANGE: u64 = if cfg!(fuzzing) { 20 } else { 10_000 };

/// Hosts of one inventory, ranges counted out.
const MAX_HOSTS: usize = if cfg!(fuzzing) { 1_000 } else { 1_000_000 };

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    if input.format == Format::Text {
        let inventory = Inventory::read(input.text, &mut diagnostics);
        for (host, line) in &inventory.hosts {
            let variables = inventory.variables_of(host);
            login(host, &variables, Place::Line(*line), input, &mut batch);
        }
        batch.keep_first_identities();
        return (batch, diagnostics);
    }
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawInventory<'_>>(&mut diagnostics) else {
            continue;
        };
        for (host, variables) in &raw.meta.hostvars {
            let variables = variables
                .iter()
                .flatten()
                .map(|(name, value)| (name.to_string(), plain(value.get())));
            let place = Place::Path(batch.sym(&format!("_meta.hostvars[\"{host}\"]")));
            login(host, &variables.collect(), place, input, &mut batch);
        }
    }
    batch.keep_first_identities();
    (batch, diagnostics)
}

/// A value as text; an object is one that Ansible's vault encrypted, and stays as it is.
fn plain(json: &str) -> String {
    serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned())
}

/// States the account that Ansible logs in to a host with.
fn login(host: &str, variables: &Variables, place: Place, input: Input<'_>, batch: &mut Batch) {
    // The names of Ansible 1 are still taken.
    let get = |names: &[&str]| names.iter().find_map(|name| present(variables.get(*name)?));
    let Some(user) = get(&["ansible_user", "ansible_ssh_user"]) else {
        return;
    };
    if is_template(user) {
        return;
    }
    let handle = batch.handle(HandleKind::Local, &format!("{}/login/{user}", input.source));
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::HostAccount, place);
    fact.class = Some(Class::NonHuman);
    fact.name = Some(batch.sym(user));
    batch.identities.push(fact);
    let becomes = get(&["ansible_become", "ansible_sudo"]).and_then(yes_or_no);
    let becomes_whom = get(&["ansible_become_user"]).unwrap_or("root");
    let privilege = match becomes {
        _ if user == "root" || user == "Administrator" => Some(Privilege::Administrator),
        Some(true) if becomes_whom == "root" => Some(Privilege::Administrator),
        // A play may still ask for it.
        Some(_) | None => None,
    };
    let role = batch.sym(match privilege {
        Some(Privilege::Administrator) => "login with root",
        Some(Privilege::Limited) | None => "login",
    });
    let resource = Some(batch.sym(host));
    batch.grants.push(GrantFact {
        subject: Principal::Identity(handle),
        role,
        policy: None,
        resource,
        privilege,
        conditional: Conditional::Always,
        expires_at: Expiry::Never,
        place,
    });
    if let Some(path) = get(&["ansible_ssh_private_key_file", "ansible_private_key_file"]) {
        let key = format!("ansible-key-file:{}/{path}", input.source);
        credential(&key, CredentialKind::SshKey, path, None, handle, place, batch);
    }
    for names in [
        &["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"][..],
        &["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"],
    ] {
        if let Some(password) = get(names) {
            let is_vaulted = password.contains("$ANSIBLE_VAULT");
            let hidden = is_template(password) || is_vaulted;
            let known = (!hidden).then(|| fingerprint(input.salt, password.as_bytes()));
            // One password, or one reference to it, on many hosts is one credential. What is encrypted may differ.
            let which = match is_vaulted {
                true => host,
                false => known.as_deref().unwrap_or(password),
            };
            let key = format!("ansible-password:{}/{user}/{}/{which}", input.source, names[0]);
            credential(
                &key,
                CredentialKind::Password,
                names[0],
                known.as_deref(),
                handle,
                place,
                batch,
            );
        }
    }
}

fn credential(
    key: &str,
    kind: CredentialKind,
    name: &str,
    fingerprint: Option<&str>,
    holder: Handle,
    place: Place,
    batch: &mut Batch,
) {
    let key = batch.sym(key);
    let mut fact = CredentialFact::listed(key, kind, place);
    fact.holder = Some(holder);
    fact.name = Some(batch.sym(name));
    fact.fingerprint = batch.sym_of(fingerprint);
    batch.credentials.push(fact);
}

/// A value that stands somewhere else.
fn is_template(value: &str) -> bool {
    value.contains("{{")
}

/// An inventory in INI, unresolved.
#[derive(Default)]
struct Inventory {
    /// With the line on which each stands first.
    hosts: BTreeMap<String, u32>,
    host_variables: BTreeMap<String, Variables>,
    group_variables: BTreeMap<String, Variables>,
    /// Groups by host, and parents by group.
    groups_of: BTreeMap<String, BTreeSet<String>>,
    parents_of: BTreeMap<String, BTreeSet<String>>,
}

impl Inventory {
    fn read(text: &str, diagnostics: &mut Diagnostics) -> Inventory {
        let mut inventory = Inventory::default();
        let (mut group, mut part) = ("ungrouped".to_owned(), "hosts".to_owned());
        for (line, number) in text.lines().zip(1u32..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                let (name, what) = section.split_once(':').unwrap_or((section, "hosts"));
                (group, part) = (name.trim().to_owned(), what.trim().to_owned());
                continue;
            }
            match part.as_str() {
                "vars" => {
                    let variables = inventory.group_variables.entry(group.clone()).or_default();
                    if let Some((name, value)) = line.split_once('=') {
                        variables.insert(name.trim().to_owned(), unquoted(value));
                    }
                }
                "children" => {
                    let child = words(line).into_iter().next().unwrap_or_default();
                    inventory.parents_of.entry(child).or_default().insert(group.clone());
                }
                _ => {
                    let mut words = words(line).into_iter();
                    let pattern = words.next().unwrap_or_default();
                    let variables = words.filter_map(|word| {
                        let (name, value) = word.split_once('=')?;
                        Some((name.to_owned(), unquoted(value)))
                    });
                    let variables: Variables = variables.collect();
                    let Some(hosts) = expanded(&pattern) else {
                        diagnostics.push(Diagnostic::error(
                            format!("line {number}"),
                            pattern,
                            "a host, or a range such as `web[01:20]`",
                            "this line was left out",
                        ));
                        continue;
                    };
                    for host in hosts {
                        if inventory.hosts.len() >= MAX_HOSTS {
                            diagnostics.push(Diagnostic::error(
                                format!("line {number}"),
                                "more hosts",
                                format!("at most {MAX_HOSTS} hosts"),
                                "the rest was left out; split the inventory",
                            ));
                            return inventory;
                        }
                        inventory.hosts.entry(host.clone()).or_insert(number);
                        let known = inventory.host_variables.entry(host.clone()).or_default();
                        known.extend(variables.clone());
                        inventory.groups_of.entry(host).or_default().insert(group.clone());
                    }
                }
            }
        }
        inventory
    }

    /// A host's own variables before its groups', inner groups before outer ones, `all` last.
    fn variables_of(&self, host: &str) -> Variables {
        let mut variables = self.host_variables.get(host).cloned().unwrap_or_default();
        let mut level: BTreeSet<&str> = self
            .groups_of
            .get(host)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let mut seen = BTreeSet::new();
        while !level.is_empty() {
            // Of groups of one depth the last in the alphabet counts.
            for group in level.iter().rev() {
                for (name, value) in self.group_variables.get(*group).into_iter().flatten() {
                    variables.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            seen.extend(level.iter().copied());
            let parents = level.iter().filter_map(|group| self.parents_of.get(*group)).flatten();
            level = parents
                .map(String::as_str)
                .filter(|group| !seen.contains(group))
                .collect();
        }
        for (name, value) in self.group_variables.get("all").into_iter().flatten() {
            variables.entry(name.clone()).or_insert_with(|| value.clone());
        }
        variables
    }
}

/// The words of a line, where quotes keep spaces together and `#` begins a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), c) if c == open => {
                quote = None;
                word.push(c);
            }
            (Some(_), c) => word.push(c),
            (None, '"' | '\'') => {
                quote = Some(character);
                word.push(character);
            }
            (None, '#') if word.is_empty() => break,
            (None, c) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (None, c) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value).to_owned()
}

/// The hosts of a pattern: `web[02:04].acme.test`, `db-[a:c]`, with a step as `[0:10:2]`. `None` for a broken range.
fn expanded(pattern: &str) -> Option<Vec<String>> {
    let Some((before, rest)) = pattern.split_once('[') else {
        // A port, but not an IPv6 address.
        let host = match pattern.split_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => pattern,
        };
        return Some(vec![host.to_owned()]);
    };
    let (range, after) = rest.split_once(']')?;
    let mut parts = range.split(':');
    let (first, last) = (parts.next()?, parts.next()?);
    let step: u64 = parts.next().unwrap_or("1").parse().ok().filter(|step| *step > 0)?;
    let names: Vec<String> = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to && (to - from) / step < MAX_RANGE => {
            let width = if first.starts_with('0') { first.len() } else { 0 };
            let mut names = Vec::new();
            let mut n = from;
            while n <= to {
                names.push(format!("{n:0width$}"));
                n = n.checked_add(step)?;
            }
            names
        }
        (Err(_), Err(_)) => {
            let one = |text: &str| {
                text.bytes()
                    .next()
                    .filter(|b| text.len() == 1 && b.is_ascii_alphabetic())
            };
            let step = usize::try_from(step).ok()?;
            (one(first)?..=one(last)?)
                .step_by(step)
                .map(|b| char::from(b).to_string())
                .collect()
        }
        _ => return None,
    };
    let mut hosts = Vec::new();
    for tail in expanded(after)? {
        hosts.extend(names.iter().map(|name| format!("{before}{name}{tail}")));
        if hosts.len() as u64 > MAX_RANGE {
            return None;
        }
    }
    Some(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_counted_out() {
        let hosts = |pattern| expanded(pattern).map(|hosts| hosts.join(" "));
        assert_eq!(hosts("web[08:10].x").as_deref(), Some("web08.x web09.x web10.x"));
        assert_eq!(hosts("db-[a:c]").as_deref(), Some("db-a db-b db-c"));
        assert_eq!(hosts("n[0:4:2]").as_deref(), Some("n0 n2 n4"));
        assert_eq!(hosts("r[1:2]s[1:2]").as_deref(), Some("r1s1 r2s1 r1s2 r2s2"));
        assert_eq!(hosts("a:2222").as_deref(), Some("a"));
        for broken in [
            "a[1",
            "a[1:99999999]",
            "a[x:1]",
            "a[1:2:0]",
            "a[2:1]",
            "a[1:9000]b[1:9000]",
        ] {
            assert_eq!(hosts(broken), None, "{broken}");
        }
    }

    #[test]
    fn the_nearest_variable_counts() {
        let text = "[web]\na x=\"1 2\"\nb\n[site:children]\nweb\n[web:vars]\nx=3\n[site:vars]\ny=4\nx=5\n[all:vars]\nz='6'\ny=7\n";
        let inventory = Inventory::read(text, &mut Diagnostics::default());
        let shown = |host: &str| format!("{:?}", inventory.variables_of(host));
        assert_eq!(shown("a"), r#"{"x": "1 2", "y": "4", "z": "6"}"#);
        assert_eq!(shown("b"), r#"{"x": "3", "y": "4", "z": "6"}"#);
    }

    #[test]
    fn only_an_inventory_sets_a_variable() {
        for (text, expected) in [
            ("web01 ansible_user=deploy\n", true),
            ("web01 x=1 ansible_user=deploy # main\n", true),
            ("[all:vars]\nansible_user=deploy\n", true),
            ("ansible_user=deploy\n", false),
            ("#!/bin/sh\nweb01 ansible_user=deploy\n", false),
            ("cd x\nansible-playbook -e ansible_user=deploy site.yml\n", false),
            ("export ansible_user=deploy\n", false),
            ("# web01 ansible_user=deploy\n", false),
            ("Set it by `-e ansible_user=deploy` as always.\n", false),
            ("    result = 'ansible_user=%s' % user\n", false),
        ] {
            assert_eq!(sets(text, "ansible_user="), expected, "{text}");
        }
    }

    #[test]
    fn groups_in_a_circle_end() {
        let text = "[a:children]\nb\n[b:children]\na\n[a]\nh\n[a:vars]\nx=1\n";
        assert_eq!(
            Inventory::read(text, &mut Diagnostics::default())
                .variables_of("h")
                .len(),
            1
        );
    }
}
