//! Any bytes through every connector: the one that recognises them, and all the others by force.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::connectors::{self, CONNECTORS, Input};
use shared::reading::encoding;
use shared::reading::probe::Format;

fuzz_target!(|bytes: &[u8]| {
    let _ = connectors::read("source", "fuzz", bytes, "salt");
    let text = encoding::decode(bytes);
    let format = Format::of(bytes, &text);
    for connector in CONNECTORS {
        let _ = (connector.parse)(Input { source: "source", path: "fuzz", format, bytes, text: &text, salt: "salt" });
    }
});
