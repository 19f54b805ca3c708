//! Every connector against its fixtures: `basic.*`, `empty.*`, `malformed.*` and any others it keeps, each with the
//! golden of everything that was read from it, errors included.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use shared::config::SourceConfig;
use shared::connectors::{self, CONNECTORS, Connector, Input, Mark};
use shared::model::batch::Batch;
use shared::model::instant::Instant;
use shared::model::strings::Strings;

fn folder(connector: &Connector) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/connectors")
        .join(connector.id)
}

/// The connector's fixtures, without their goldens, sorted.
fn fixtures(connector: &Connector) -> Vec<PathBuf> {
    let folder = folder(connector);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e != "snap" && e != "new") && file.is_file());
    files.sort();
    files
}

#[test]
fn every_connector_has_its_three_fixtures() {
    for connector in CONNECTORS {
        let files = fixtures(connector);
        for stem in ["basic", "empty", "malformed"] {
            assert!(
                files.iter().any(|file| file.file_stem().is_some_and(|s| s == stem)),
                "{} lacks testdata/connectors/{}/{stem}.*: write a small synthetic one",
                connector.id,
                connector.id
            );
        }
    }
}

/// Rows have the same paths however they are framed, so a path that begins with an array is in no file.
#[test]
fn no_signature_asks_for_a_framing() {
    for connector in CONNECTORS {
        for mark in connector.signatures.iter().copied().flatten() {
            let path = match mark {
                Mark::Has(path) | Mark::Lacks(path) | Mark::Equals(path, _) | Mark::Contains(path, _) => path,
                _ => continue,
            };
            assert!(
                !path.starts_with("[]"),
                "{}: write `{path}` without the array at its beginning",
                connector.id
            );
        }
    }
}

#[test]
fn goldens() {
    for connector in CONNECTORS {
        for file in fixtures(connector) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let bytes = std::fs::read(&file).unwrap();
            let reading = connectors::read("source", &name, &bytes, "salt");
            // An empty list may not say whose it is; its own connector must still read it without a word.
            let is_empty = file.file_stem().is_some_and(|s| s == "empty");
            match reading.connector {
                Some(found) => assert_eq!(found.id, connector.id, "{name} was taken for another export"),
                None => assert!(
                    is_empty,
                    "{} does not recognise its own {name}: {:#?}",
                    connector.id, reading.diagnostics
                ),
            }
            let (batch, diagnostics) = match reading.connector {
                Some(_) => (reading.batch, reading.diagnostics),
                None => {
                    let text = String::from_utf8_lossy(&bytes);
                    let format = shared::reading::probe::Format::of(&bytes, &text);
                    let input = Input {
                        source: "source",
                        path: &name,
                        format,
                        bytes: &bytes,
                        text: &text,
                        salt: "salt",
                        config: &SourceConfig::default(),
                    };
                    let (batch, diagnostics) = (connector.parse)(input);
                    (batch, diagnostics.into_vec())
                }
            };
            let mut shown = describe(&batch);
            for d in &diagnostics {
                writeln!(
                    shown,
                    "{:?} at {}: found {}; expected {}; {}",
                    d.severity, d.place, d.found, d.expected, d.help
                )
                .unwrap();
            }
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(folder(connector));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(name.clone(), shown));
        }
    }
}

/// Tools, shells and test suites wrap one export in many ways. Each says the same.
#[test]
fn framings_make_no_difference() {
    let utf16 = |text: &str| {
        [0xFEFF]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    type Framing = (&'static str, fn(&str) -> String);
    let framings: [Framing; 7] = [
        ("a byte order mark", |text| format!("\u{FEFF}{text}")),
        ("CRLF", |text| text.replace('\n', "\r\n")),
        ("an array of pages", |text| format!("[{text}]")),
        ("an empty answer first", |text| format!("[]\n[]\n[]\n[]\n[]\n{text}")),
        ("a warning first", |text| {
            format!("WARNING: this command is old\n{text}")
        }),
        ("a recording of placebo", |text| {
            format!("{{\"status_code\": 200, \"data\": {text}}}")
        }),
        ("a recording of Cloud Custodian", |text| {
            format!("{{\"headers\": {{}}, \"body\": {text}}}")
        }),
    ];
    let said = |bytes: &[u8]| {
        let reading = connectors::read("source", "basic.json", bytes, "salt");
        let facts = describe(&reading.batch);
        // The same fact stands in another place.
        let facts: Vec<_> = facts
            .lines()
            .map(|line| line.split(", place: ").next().unwrap().to_owned())
            .collect();
        (reading.connector.map(|connector| connector.id), facts)
    };
    for connector in CONNECTORS {
        let Ok(text) = std::fs::read_to_string(folder(connector).join("basic.json")) else {
            continue;
        };
        // Several documents are no one value that could be wrapped.
        if serde_json::from_str::<serde_json::Value>(&text).is_err() {
            continue;
        }
        let plain = said(text.as_bytes());
        assert_eq!(plain.0, Some(connector.id));
        for (framing, frame) in framings {
            assert_eq!(said(frame(&text).as_bytes()), plain, "{} with {framing}", connector.id);
        }
        let encoded: Vec<u8> = utf16(&text);
        assert_eq!(said(&encoded), plain, "{} in UTF-16", connector.id);
    }
}

/// What a file is must not depend on the order of the registry: no other connector's signature holds for it.
#[test]
fn only_its_own_connector_recognises_a_fixture() {
    let mut n_compared = 0;
    for connector in CONNECTORS {
        // An empty list says little; which of two lists of one API it is, the order may decide.
        let tells = |file: &PathBuf| file.file_stem().is_some_and(|stem| stem != "empty");
        for file in fixtures(connector).into_iter().filter(tells) {
            let bytes = std::fs::read(&file).unwrap();
            // The last of all takes any table that looks like an inventory.
            let others = CONNECTORS.iter().filter(|other| other.id != "csv_inventory");
            for other in others.filter(|other| other.id != connector.id) {
                let is_taken = connectors::is_recognised_by(other, &bytes);
                assert!(!is_taken, "{} also looks like {}", file.display(), other.id);
                n_compared += 1;
            }
        }
    }
    assert!(n_compared > 1_000, "{n_compared}");
}

#[test]
fn no_bytes_make_a_connector_panic() {
    for connector in CONNECTORS {
        for file in fixtures(connector) {
            let bytes = std::fs::read(&file).unwrap();
            let step = (bytes.len() / 200).max(1);
            for cut in (0..bytes.len()).step_by(step) {
                connectors::read("source", "cut", &bytes[..cut], "salt");
                let mut flipped = bytes.clone();
                flipped[cut] ^= 0x15;
                connectors::read("source", "flipped", &flipped, "salt");
            }
        }
    }
}

/// Everything in a batch as text, one fact a line.
fn describe(batch: &Batch) -> String {
    let mut lines = Vec::new();
    lines.extend(batch.identities.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.credentials.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.synonyms.iter().map(|synonym| format!("{synonym:?}")));
    lines.extend(batch.grants.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.memberships.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.boundaries.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.denials.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.trusts.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.trust_uses.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.service_uses.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.activities.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.policies.iter().map(|fact| format!("{fact:?}")));
    let listed_of = batch.credentials_listed_of.iter();
    lines.extend(listed_of.map(|kind| format!("All credentials of {kind:?}")));
    lines.extend(batch.homes.iter().map(|home| format!("{home:?}")));
    lines.extend(batch.leaks.iter().map(|fact| format!("{fact:?}")));
    lines.extend(batch.registry.iter().map(|row| format!("{row:?}")));
    lines.extend(batch.people.iter().map(|row| format!("{row:?}")));
    lines.extend(batch.decisions.iter().map(|row| format!("{row:?}")));
    lines.extend(batch.pages.iter().map(|pages| format!("{pages:?}")));
    lines.extend(batch.gaps.iter().map(|gap| format!("Gap {gap}")));
    lines.extend(batch.stated_at.map(|at| format!("Stated at {at}")));
    // What hardly any export says is shown only where one does.
    let unsaid = [
        ", keyed_by: Id",
        ", custody: NotReported",
        ", owners: [], environment: None",
    ];
    lines.iter().fold(String::new(), |text, line| {
        let line = unsaid.iter().fold(line.clone(), |line, field| line.replace(field, ""));
        text + &in_words(&line, &batch.strings) + "\n"
    })
}

/// Replaces `Sym(3)` by the string and `Instant(0)` by the date.
fn in_words(line: &str, strings: &Strings) -> String {
    let texts: Vec<&str> = strings.iter().map(|(_, text)| text).collect();
    let mut words = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("Sym(").into_iter().chain(rest.find("Instant(")).min() {
        let (before, found) = rest.split_at(at);
        let (name, inner) = found.split_once('(').unwrap();
        let (number, after) = inner.split_once(')').unwrap();
        words.push_str(before);
        match name {
            "Sym" => write!(words, "{:?}", texts[number.parse::<usize>().unwrap() - 1]).unwrap(),
            _ => write!(words, "{}", Instant(number.parse().unwrap())).unwrap(),
        }
        rest = after;
    }
    words + rest
}
