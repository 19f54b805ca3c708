//! Any bytes through the connector that `CONNECTOR` names, or through all of them.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared::config::SourceConfig;
use shared::connectors::{self, CONNECTORS, Connector, Input};
use shared::diagnostic::Diagnostics;

static CHOSEN: LazyLock<Vec<&Connector>> = LazyLock::new(|| {
    let Ok(id) = std::env::var("CONNECTOR") else {
        return CONNECTORS.to_vec();
    };
    let chosen: Vec<_> = CONNECTORS.iter().copied().filter(|connector| connector.id == id).collect();
    assert!(!chosen.is_empty(), "no connector `{id}`");
    chosen
});

fuzz_target!(|bytes: &[u8]| {
    let mut diagnostics = Diagnostics::default();
    let (format, text) = connectors::text_of(bytes, &mut diagnostics);
    let config = SourceConfig::default();
    for connector in CHOSEN.iter() {
        let _ = (connector.parse)(Input {
            source: "source",
            path: "fuzz",
            format,
            bytes,
            text: &text,
            salt: "salt",
            config: &config,
        });
    }
    if CHOSEN.len() > 1 {
        let _ = connectors::read("source", "fuzz", bytes, "salt");
    }
});
