//! Every real file at hand: which connector reads it, whether it holds everything it should, and how many errors it
//! has. The golden is `testdata/real_files.snap`. A refusal is as much of an outcome as a reading.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use shared::connectors;
use shared::diagnostic::Severity;
use shared::reading::container;

use crate::support;

/// What the folder says of itself; no tool wrote it.
const OWN: [&str; 2] = ["SOURCE.txt", "MANIFEST.tsv"];

#[test]
fn every_file_is_read_or_refused_as_before() {
    let Some(root) = support::data("") else {
        return;
    };
    let folder = Folder::look(&root);
    assert!(folder.n_files() > 1_000, "{}", folder.n_files());
    let mut shown = String::new();
    folder.show("", &mut shown);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("real_files", shown));
}

/// What became of the files of a folder and of those below it.
#[derive(Default)]
struct Folder {
    files: BTreeMap<String, String>,
    folders: BTreeMap<String, Folder>,
}

impl Folder {
    fn look(path: &Path) -> Folder {
        let mut folder = Folder::default();
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folder.folders.insert(name, Folder::look(&path));
            } else if !OWN.contains(&name.as_str()) {
                folder.files.insert(name, outcome(&path));
            }
        }
        folder
    }

    fn n_files(&self) -> usize {
        self.files.len() + self.folders.values().map(Folder::n_files).sum::<usize>()
    }

    /// The one outcome of all files, here and below.
    fn whole(&self) -> Option<&str> {
        let here = self.files.values().map(|outcome| Some(outcome.as_str()));
        let mut outcomes = here.chain(self.folders.values().map(Folder::whole));
        let first = outcomes.next()??;
        outcomes.all(|outcome| outcome == Some(first)).then_some(first)
    }

    /// A line for each outcome. The most frequent of a folder is that of all the files which no other line names.
    fn show(&self, path: &str, text: &mut String) {
        if let Some(outcome) = self.whole() {
            writeln!(text, "{path}: {outcome} (all {})", self.n_files()).unwrap();
            return;
        }
        let mut by_outcome: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, outcome) in &self.files {
            by_outcome.entry(outcome).or_default().push(name);
        }
        let most = by_outcome.values().map(Vec::len).max();
        let mut by_outcome: Vec<_> = by_outcome.into_iter().collect();
        by_outcome.sort_by_key(|(_, names)| Some(names.len()) != most);
        if !by_outcome.is_empty() {
            writeln!(text, "{path}:").unwrap();
        }
        for (index, (outcome, names)) in by_outcome.iter().enumerate() {
            match (index, names.len()) {
                (0, n @ 2..) => writeln!(text, "  {outcome} ({n} others)").unwrap(),
                _ => writeln!(text, "  {outcome}: {}", names.join(" ")).unwrap(),
            }
        }
        for (name, folder) in &self.folders {
            folder.show(format!("{path}/{name}").trim_start_matches('/'), text);
        }
    }
}

/// `aws_cloudtrail`, `terraform_state, incomplete, 1 error`, `none`; what the members of an archive say, once each.
fn outcome(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    let source = path.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
    let bytes = fs::read(path).unwrap();
    let mut outcomes = Vec::new();
    container::each_member(name, &bytes, &mut |member| {
        let Ok(bytes) = member.bytes else {
            outcomes.push("no archive that can be opened".to_owned());
            return;
        };
        let reading = connectors::read(source, &member.path, bytes, "salt");
        let Some(connector) = reading.connector else {
            outcomes.push("none".to_owned());
            return;
        };
        let mut outcome = connector.id.to_owned();
        if !reading.batch.is_complete() {
            outcome += ", incomplete";
        }
        let is_error = |severity| severity == Severity::Error;
        match reading.diagnostics.iter().filter(|d| is_error(d.severity)).count() {
            0 => {}
            1 => outcome += ", 1 error",
            n => write!(outcome, ", {n} errors").unwrap(),
        }
        outcomes.push(outcome);
    });
    outcomes.dedup();
    outcomes.join("; ")
}
