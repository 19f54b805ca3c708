//! The house rules that a compiler does not know. Each failure says how to mend it.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers, lowest first: a module may use those before it, and none after.
const LAYERS: [&str; 20] = [
    "diagnostic",
    "model",
    "format",
    "reading",
    "kpi::catalog",
    "config",
    "access",
    "connectors",
    "merge",
    "graph",
    "api",
    "words",
    "estate",
    "analysis",
    "history",
    "stored",
    "answers",
    "charts",
    "export",
    "routes",
];

/// Modules that stand on one layer because they are one: the verdicts, the findings, the numbers and the lists over them.
const TOGETHER: [(&str, &str); 5] = [
    // The words of rules are data that the configuration names.
    ("rules::codes", "kpi::catalog"),
    ("lists", "analysis"),
    ("kpi::formulas", "analysis"),
    ("kpi::leads", "analysis"),
    ("rules", "analysis"),
];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let named = files.into_iter().map(|file| {
        let name = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(&file).unwrap())
    });
    named.collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// The layer of a path such as `kpi::formulas::judge` or of a file such as `kpi/formulas.rs`.
fn layer(path: &str) -> Option<usize> {
    let path = TOGETHER
        .iter()
        .find(|(name, _)| path.starts_with(name))
        .map_or(path, |(_, layer)| layer);
    LAYERS
        .iter()
        .position(|layer| path == *layer || path.starts_with(&format!("{layer}::")))
}

#[test]
fn modules_use_only_lower_layers() {
    for (file, text) in sources() {
        let module = file.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        if module == "lib" || module == "kpi" {
            continue;
        }
        let own = layer(&module)
            .unwrap_or_else(|| panic!("src/{file} is on no layer: add its module to LAYERS in tests/suite/tidy.rs"));
        // Tests may look upwards: they compare layers with each other.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for used in code.split("crate::").skip(1) {
            let used: String = used
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || "_:".contains(*c))
                .collect();
            let used = used.trim_end_matches(':');
            if let Some(used_layer) = layer(used) {
                assert!(
                    used_layer <= own,
                    "src/{file} uses crate::{used}, which stands above it: move what is shared down, or the caller up \
                     (layers, lowest first: {LAYERS:?})"
                );
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for (file, text) in sources() {
        assert!(
            text.starts_with("//!"),
            "src/{file} lacks its header: begin with `//!` and one sentence on what it is"
        );
    }
}

#[test]
fn no_drawer_for_odds_and_ends() {
    for (file, _) in sources() {
        let stem = file.trim_end_matches(".rs").rsplit('/').next().unwrap().to_owned();
        let banned = ["utils", "util", "helpers", "helper", "common", "misc"];
        assert!(
            !banned.contains(&stem.as_str()),
            "src/{file}: name the file after the noun it is about"
        );
    }
}

#[test]
fn connectors_follow_the_registry() {
    let sources = sources();
    for connector in shared::connectors::CONNECTORS {
        let file = format!("connectors/{}.rs", connector.id);
        let text = sources.iter().find(|(name, _)| *name == file).map(|(_, text)| text);
        let text = text.unwrap_or_else(|| panic!("connector `{}` must live in src/{file}", connector.id));
        let (at_const, at_parse) = (text.find("CONNECTOR: Connector"), text.find("fn parse("));
        assert!(at_const < at_parse, "src/{file}: the CONNECTOR comes before `parse`");
        assert!(
            !connector.cannot_tell.is_empty(),
            "connector `{}`: every export has something it cannot tell",
            connector.id
        );
    }
}

#[test]
fn nothing_here_is_unsafe_or_silenced() {
    for (file, text) in sources() {
        assert!(!text.contains("unsafe {"), "src/{file}: `shared` needs no unsafe code");
        for (number, line) in text.lines().enumerate() {
            let is_bare = line.trim_start().starts_with("#[allow") && !line.contains("//");
            assert!(
                !is_bare,
                "src/{file} line {}: say beside the `allow` why it is right",
                number + 1
            );
        }
    }
}
