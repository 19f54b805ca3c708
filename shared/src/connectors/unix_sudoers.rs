//! Who may act as whom on a Unix host: `/etc/sudoers` and the files of `/etc/sudoers.d`.
//!
//! The files themselves. <https://www.sudo.ws/docs/man/sudoers.man/>
//!
//! Read: user specifications with their aliases: users, groups (`%wheel`), hosts, as whom, commands, `NOPASSWD`. A line
//! goes on behind a backslash. Who may run `ALL`, or a shell, as root is an administrator; what another command lets
//! one do cannot be told from its name.
//!
//! Cannot tell: who is in a group (`/etc/group`), and what files that are included say.

use std::collections::BTreeMap;

use super::{Connector, Input, Mark, host};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::grant::GrantFact;
use crate::model::instant::Expiry;
use crate::model::principal::Principal;
use crate::model::provenance::Place;

pub const CONNECTOR: Connector = Connector {
    id: "unix_sudoers",
    title: "Sudo rules (`/etc/sudoers`)",
    vendor: "Unix",
    command: "ssh HOST sudo cat /etc/sudoers > HOST/etc/sudoers   # and each file of /etc/sudoers.d into HOST/etc/sudoers.d",
    cannot_tell: &[
        "who is in a group: add `/etc/group`",
        "what an allowed command lets one do: an editor opens a shell",
        "when a rule was last used: that is in the log of sudo",
    ],
    signatures: &[
        &[Mark::FirstLine("ALL=(")],
        &[Mark::FirstLine("ALL = (")],
        &[Mark::FirstLine("NOPASSWD:")],
        &[Mark::FirstLine("ALL=ALL")],
        &[Mark::FirstLine("Defaults"), Mark::Text("ALL=(")],
        &[Mark::FirstLine("Defaults"), Mark::Text("NOPASSWD:")],
        &[Mark::FirstLine("Defaults"), Mark::Text("@includedir")],
        &[Mark::FirstLine("_Alias"), Mark::Text("=(")],
        &[Mark::SudoRules],
    ],
    parse,
};

/// The most users and hosts, aliases spelt out, that one line may stand for: more are a mistake, or aliases that grow
/// into each other.
const MAX_EXPANDED: usize = 10_000;

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let lines = logical_lines(input.text);
    let lines = lines.into_iter().map(|(line, number)| (line, Place::Line(number)));
    let host = host::locate(input).host;
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    read_rules(
        &lines.collect::<Vec<_>>(),
        host,
        input.source,
        &mut batch,
        &mut diagnostics,
    );
    (batch, diagnostics)
}

/// Reads the lines of one host.
pub(super) fn read_rules(
    lines: &[(String, Place)],
    host: &str,
    source: &str,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let mut reader = Reader {
        source,
        host,
        aliases: BTreeMap::new(),
        batch,
        diagnostics,
    };
    // Aliases may be defined behind their use.
    for (line, _) in lines {
        reader.define(line);
    }
    for (line, place) in lines {
        reader.rule(line, *place);
    }
}

/// The words that begin a definition of members.
const ALIASES: [&str; 5] = ["User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias", "Cmd_Alias"];

/// Whether a text begins as a file of rules does: with a definition or a rule, as a rule behind defaults.
pub(super) fn begins_with_rules(text: &str) -> bool {
    const MAX_BYTES: usize = 64 << 10;
    let beginning = &text[..text.floor_char_boundary(MAX_BYTES)];
    let mut lines = beginning.lines().map(str::trim);
    let first = lines.find(|line| {
        let is_default = line.strip_prefix("Defaults").is_some_and(|rest| {
            rest.starts_with(|next: char| next.is_whitespace() || matches!(next, ':' | '@' | '!' | '>'))
        });
        !line.is_empty() && !line.starts_with('#') && !is_default
    });
    first.is_some_and(|line| match line.split_once(char::is_whitespace) {
        Some((kind, rest)) if ALIASES.contains(&kind) => rest.contains('='),
        _ => is_rule(line),
    })
}

/// Whether a line is `WHO HOSTS = COMMANDS`. Where the hosts are not `ALL` it must say as whom or with which tag: a
/// shell's `export PATH=/bin` has the same form.
fn is_rule(line: &str) -> bool {
    let Some((left, right)) = line.split_once('=') else {
        return false;
    };
    let left = joined_lists(left);
    let mut words = left.split_whitespace();
    let (Some(who), Some(hosts), None) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    let is_of_names = |c: char| c.is_alphanumeric() || "_.-,!%+#@\\\"/:*".contains(c);
    if !who.chars().all(is_of_names) || !hosts.chars().all(is_of_names) {
        return false;
    }
    let right = right.trim_start();
    let (as_whom, mut rest) = match right.strip_prefix('(').and_then(|right| right.split_once(')')) {
        Some((_, rest)) => (true, rest.trim_start()),
        None => (false, right),
    };
    let mut is_tagged = false;
    while let Some((tag, after)) = rest.split_once(':') {
        if tag.is_empty()
            || !tag
                .trim_end()
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        {
            break;
        }
        (is_tagged, rest) = (true, after.trim_start());
    }
    let command = rest
        .split([',', ' ', '\t'])
        .next()
        .unwrap_or("")
        .trim_start_matches('!');
    let is_alias = command.starts_with(|c: char| c.is_ascii_uppercase())
        && command
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    (hosts == "ALL" || as_whom || is_tagged) && (command.starts_with('/') || is_alias || command == "sudoedit")
}

/// Lines without comments, each with what follows a backslash at its end, and the number of its first.
fn logical_lines(text: &str) -> Vec<(String, u32)> {
    let mut lines: Vec<(String, u32)> = Vec::new();
    let mut goes_on = false;
    for (line, number) in text.lines().zip(1u32..) {
        let line = line.trim();
        let (line, continued) = match line.strip_suffix('\\') {
            Some(line) => (line.trim_end(), true),
            None => (line, false),
        };
        match lines.last_mut().filter(|_| goes_on) {
            Some((open, _)) => {
                open.push(' ');
                open.push_str(line);
            }
            None => lines.push((line.to_owned(), number)),
        }
        goes_on = continued;
    }
    for (line, _) in &mut lines {
        // `#1000` and `#include` are no comments.
        let comment = line.match_indices('#').find(|(at, _)| {
            let rest = &line[at + 1..];
            !rest.starts_with(|next: char| next.is_ascii_digit()) && !rest.starts_with("include")
        });
        if let Some((at, _)) = comment {
            line.truncate(at);
        }
    }
    lines.retain(|(line, _)| !line.trim().is_empty());
    lines
}

struct Reader<'a> {
    source: &'a str,
    host: &'a str,
    /// Members by name, of all four kinds: names of different kinds do not meet.
    aliases: BTreeMap<String, Vec<String>>,
    batch: &'a mut Batch,
    diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn define(&mut self, line: &str) {
        let Some((kind, definitions)) = line.split_once(char::is_whitespace) else {
            return;
        };
        if !ALIASES.contains(&kind) {
            return;
        }
        // Several definitions in one line stand between colons.
        for definition in definitions.split(" : ") {
            if let Some((name, members)) = definition.split_once('=') {
                self.aliases.insert(name.trim().to_owned(), list(members));
            }
        }
    }

    fn rule(&mut self, line: &str, place: Place) {
        let first = line.split(char::is_whitespace).next().unwrap_or("");
        if first.ends_with("_Alias") || first.starts_with("Defaults") {
            return;
        }
        if first.trim_start_matches(['@', '#']).starts_with("include") {
            self.diagnostics.push(Diagnostic::info(
                place.to_text(&self.batch.strings),
                line,
                "the included files beside this one",
                "export them as well, into the same folders",
            ));
            return;
        }
        let Some((left, right)) = line.split_once('=') else {
            self.diagnostics.push(Diagnostic::error(
                place.to_text(&self.batch.strings),
                line,
                "a rule such as `deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart api`",
                "this line was left out; check the file with `visudo -c -f`",
            ));
            return;
        };
        let left = joined_lists(left);
        let Some((users, hosts)) = left.trim().rsplit_once(char::is_whitespace) else {
            self.diagnostics.push(Diagnostic::error(
                place.to_text(&self.batch.strings),
                left.trim(),
                "a user and a host before `=`",
                "this line was left out; check the file with `visudo -c -f`",
            ));
            return;
        };
        let (users, hosts) = (self.expanded(&list(users), place), self.expanded(&list(hosts), place));
        let commands = self.commands(right, place);
        for (user, host) in users.iter().flat_map(|user| hosts.iter().map(move |host| (user, host))) {
            if user.starts_with('!') || host.starts_with('!') {
                continue;
            }
            let host = if host == "ALL" { self.host } else { host };
            let subject = self.subject(user, host);
            for command in &commands {
                let role = self.batch.sym(&command.role());
                let resource = Some(self.batch.sym(host));
                self.batch.grants.push(GrantFact {
                    subject,
                    role,
                    policy: None,
                    resource,
                    privilege: command.privilege(),
                    conditional: Conditional::Always,
                    expires_at: Expiry::Never,
                    place,
                });
            }
        }
    }

    fn subject(&mut self, user: &str, host: &str) -> Principal {
        let (source, batch) = (self.source, &mut *self.batch);
        match user.strip_prefix('%') {
            _ if user == "ALL" => Principal::AnyoneAuthenticated,
            Some(group) => host::group(source, host, group.trim_matches('"'), batch),
            None if user.starts_with(['#', '+']) => Principal::Named(batch.sym(&format!("{host} {user}"))),
            None => Principal::Identity(host::account(source, host, user.trim_matches('"'), batch)),
        }
    }

    /// Members with all aliases among them spelt out.
    fn expanded(&mut self, members: &[String], place: Place) -> Vec<String> {
        let mut expanded = Vec::new();
        // Each with the aliases it stands in, which may name themselves.
        let mut open: Vec<(String, Vec<String>)> = members.iter().rev().map(|it| (it.clone(), Vec::new())).collect();
        while let Some((member, within)) = open.pop() {
            if expanded.len() + open.len() > MAX_EXPANDED {
                self.diagnostics.push(Diagnostic::error(
                    place.to_text(&self.batch.strings),
                    format!("more than {MAX_EXPANDED} users, hosts or commands, aliases spelt out"),
                    format!("at most {MAX_EXPANDED}"),
                    "the rest of this line was left out",
                ));
                break;
            }
            match self.aliases.get(&member) {
                Some(_) if within.contains(&member) => {}
                Some(members) => {
                    let mut within = within;
                    within.push(member);
                    open.extend(members.iter().rev().map(|it| (it.clone(), within.clone())));
                }
                None => expanded.push(member),
            }
        }
        expanded
    }

    /// What stands behind `=`: `(as whom) TAG: command, command`. As whom and tags hold until others are given.
    fn commands(&mut self, right: &str, place: Place) -> Vec<Command> {
        let mut commands = Vec::new();
        let (mut as_whom, mut needs_password) = ("root".to_owned(), true);
        for item in list(right) {
            let mut rest = item.as_str();
            if let Some((whom, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
                let user = whom.split(':').next().unwrap_or(whom).trim();
                as_whom = if user.is_empty() { "the same user" } else { user }.to_owned();
                rest = after.trim_start();
            }
            while let Some((tag, after)) = rest.split_once(':') {
                let tag = tag.trim();
                if tag.is_empty() || !tag.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
                    break;
                }
                match tag {
                    "NOPASSWD" => needs_password = false,
                    "PASSWD" => needs_password = true,
                    _ => {}
                }
                rest = after.trim_start();
            }
            for text in self.expanded(&[rest.to_owned()], place) {
                // What is taken away from `ALL` can be had through it in another way.
                if !text.is_empty() && !text.starts_with('!') {
                    commands.push(Command {
                        text,
                        as_whom: as_whom.clone(),
                        needs_password,
                    });
                }
            }
        }
        commands
    }
}

/// One command that may be run.
struct Command {
    text: String,
    as_whom: String,
    needs_password: bool,
}

impl Command {
    /// The command as a reader knows it: `sudo NOPASSWD: /usr/bin/journalctl`.
    fn role(&self) -> String {
        let tag = if self.needs_password { "" } else { "NOPASSWD: " };
        match self.as_whom.as_str() {
            "root" | "ALL" => format!("sudo {tag}{}", self.text),
            whom => format!("sudo -u {whom} {tag}{}", self.text),
        }
    }

    fn privilege(&self) -> Option<Privilege> {
        if !matches!(self.as_whom.as_str(), "root" | "ALL") {
            return Some(Privilege::Limited);
        }
        let program = self.text.split_whitespace().next().unwrap_or("");
        let name = program.rsplit('/').next().unwrap_or(program);
        match name {
            "ALL" | "su" | "sh" | "bash" | "dash" | "zsh" | "ksh" | "visudo" => Some(Privilege::Administrator),
            // Many programs start others.
            _ => None,
        }
    }
}

/// The elements of a list between commas, except where a backslash or brackets hold a comma.
fn list(text: &str) -> Vec<String> {
    let mut elements = vec![String::new()];
    let (mut escaped, mut depth) = (false, 0u32);
    for c in text.chars() {
        match c {
            ',' if !escaped && depth == 0 => elements.push(String::new()),
            _ => {
                match c {
                    '(' if !escaped => depth += 1,
                    ')' if !escaped => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if let Some(element) = elements.last_mut() {
                    element.push(c);
                }
            }
        }
        escaped = c == '\\' && !escaped;
    }
    let elements = elements.into_iter().map(|element| element.trim().to_owned());
    elements.filter(|element| !element.is_empty()).collect()
}

/// A list without spaces around its commas.
fn joined_lists(text: &str) -> String {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_told_by_their_grammar() {
        for text in [
            "backup ALL=/usr/bin/rsync\n",
            "%wheel ALL = ALL\n",
            "# of the shop\nDefaults env_reset\nCmnd_Alias SVC = /bin/systemctl\ndeploy ALL = SVC\n",
            "deploy web01, web02 = (app) /usr/bin/rsync\n",
            "ci build01 = NOPASSWD: /usr/bin/make\n",
            "Defaults !lecture\nann, bob ALL = (root) sudoedit /etc/hosts\n",
        ] {
            assert!(begins_with_rules(text), "{text}");
        }
        for text in [
            "",
            "export PATH=/usr/bin:/bin\n",
            "export A=(b) c\n",
            "key = value\n",
            "Defaults\nname,owner\n",
            "set x = ALL\n",
            "SELECT * FROM a WHERE b = /c\n",
            "a b c = ALL\n",
        ] {
            assert!(!begins_with_rules(text), "{text}");
        }
    }
}
