//! Any two files merged and answered: no input makes the engine panic, and their order does not matter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::analysis::analyze;
use shared::answers;
use shared::config::Config;
use shared::connectors;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;

fn kpis(files: [(&str, &[u8]); 2]) -> String {
    let batches = files.map(|(path, bytes)| {
        let reading = connectors::read("source", path, bytes, "salt");
        FileBatch {
            source: "source".to_owned(),
            path: path.to_owned(),
            connector: reading.connector.map(|connector| connector.id),
            n_bytes: bytes.len() as u64,
            batch: reading.batch,
            diagnostics: reading.diagnostics,
        }
    });
    let config = Config::default();
    let analysis = analyze(merge(batches.into(), AsOf::Given(Instant(1_793_404_800)), &config), &config);
    let _ = answers::overview(&analysis);
    format!("{:?}", answers::kpi_values(&analysis))
}

fuzz_target!(|bytes: &[u8]| {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    assert_eq!(kpis([("a", first), ("b", second)]), kpis([("b", second), ("a", first)]));
});
