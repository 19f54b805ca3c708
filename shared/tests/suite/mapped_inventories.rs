//! Lists in words of an organisation's own: `[[inventory]]` in `source.toml` or `rollcall.toml` says what their columns mean.

use shared::config::{Config, SourceConfig};
use shared::connectors::{self, Reading};
use shared::model::instant::{Instant, LastUsed};
use shared::model::strings::Sym;

fn read(config: &str, path: &str, text: &str) -> Reading {
    let config = SourceConfig::parse(config).unwrap();
    let reading = connectors::read_in("cmdb", &config, path, text.as_bytes(), "salt");
    assert_eq!(
        reading.connector.map(|connector| connector.id),
        Some("csv_inventory"),
        "{path}"
    );
    reading
}

/// Names, owners and last uses, one identity a line.
fn told(reading: &Reading) -> Vec<String> {
    let text = |sym: Sym| reading.batch.strings.get(sym);
    let facts = reading.batch.identities.iter();
    let told = facts.map(|fact| {
        let owners: Vec<&str> = fact.owners.iter().map(|owner| text(owner.text)).collect();
        let used = match fact.last_used {
            LastUsed::At(at) => at.to_date_text(),
            other => format!("{other:?}"),
        };
        format!("{} {owners:?} {used}", text(fact.name.unwrap()))
    });
    told.collect()
}

const CMDB: &str = r#"
    [[inventory]]
    file = "*.json"
    list = "records"
    [inventory.columns]
    name = "CI"
    type = "class"
    owner = ["team", "deputy.mail"]
    last_used = "seen.at"
"#;

#[test]
fn json_is_read_as_mapped() {
    let text = r#"{"records": [
        {"ci": "svc-a", "name": "a label", "class": "service account", "team": "payments", "deputy": {"mail": "k@example.com"}, "seen": {"at": "2026-10-01"}},
        {"ci": "svc-b", "class": "robot", "team": null, "seen": {"at": null}}
    ]}"#;
    let reading = read(CMDB, "2026/all.json", text);
    assert_eq!(
        told(&reading),
        [
            "svc-a [\"k@example.com\", \"payments\"] 2026-10-01",
            "svc-b [] NotReported",
        ]
    );
    let found: Vec<_> = reading
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.found.as_str())
        .collect();
    assert_eq!(found, ["other name"]);
}

#[test]
fn a_mapped_column_that_is_not_there_is_told() {
    let reading = read(
        CMDB,
        "lines.json",
        "{\"ci\": \"svc-a\", \"team\": \"t\"}\n{\"ci\": \"svc-b\", \"team\": \"u\"}\n",
    );
    assert_eq!(
        told(&reading),
        ["svc-a [\"t\"] NotReported", "svc-b [\"u\"] NotReported"]
    );
    let found: Vec<_> = reading
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.found.as_str())
        .collect();
    assert_eq!(
        found,
        ["no column `class`", "no column `deputy.mail`", "no column `seen.at`"]
    );
}

#[test]
fn a_table_with_headings_of_its_own_is_read_as_mapped() {
    let config = "[[inventory]]\n[inventory.columns]\nname = \"Kürzel\"\nowner = \"Wer\"\ncreated = \"Seit\"\n";
    let reading = read(config, "liste.csv", "Kürzel;Wer;Seit\nsvc-a;Team A;31.01.2026\n");
    assert_eq!(told(&reading), ["svc-a [\"Team A\"] NotReported"]);
    assert_eq!(reading.batch.identities[0].created_at, Instant::from_text("2026-01-31"));
    let unmapped = connectors::read(
        "cmdb",
        "liste.csv",
        "Kürzel;Wer;Seit\nsvc-a;Team A;31.01.2026\n".as_bytes(),
        "salt",
    );
    assert!(unmapped.connector.is_none());
}

#[test]
fn rollcall_toml_maps_what_a_source_does_not() {
    let estate =
        Config::parse("[[inventory]]\nsource = \"cmdb*\"\ncolumns = { name = \"Kürzel\", owner = \"Wer\" }\n").unwrap();
    let text = "Kürzel;Wer;Chef\nsvc-a;Team A;Jo\n";
    let told_in = |source: &str, own: &str| {
        let own = SourceConfig::parse(own).unwrap();
        let reading = connectors::read_in(
            source,
            &estate.of_source(source, &own),
            "liste.csv",
            text.as_bytes(),
            "salt",
        );
        told(&reading)
    };
    assert_eq!(told_in("cmdb-oslo", ""), ["svc-a [\"Team A\"] NotReported"]);
    let own = "[[inventory]]\ncolumns = { name = \"Kürzel\", owner = \"Chef\" }\n";
    assert_eq!(told_in("cmdb-oslo", own), ["svc-a [\"Jo\"] NotReported"]);
    assert_eq!(told_in("elsewhere", ""), [] as [&str; 0]);
}
