//! The reference pages of `docs/` are what the code says.

use std::path::Path;

#[test]
fn pages_are_up_to_date() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    for (name, expected) in shared::answers::reference_pages() {
        let written = std::fs::read_to_string(docs.join(name)).unwrap_or_default();
        assert!(
            written == expected,
            "docs/{name} is not what the code says: run `cargo xtask docs`"
        );
    }
}
