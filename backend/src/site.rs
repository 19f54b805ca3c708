//! A site without a server: the dashboard, the engine that answers it in the browser, and what is known of an estate, as
//! plain files.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use blake3::Hasher;
use shared::answers;
use shared::history::History;
use shared::model::instant::Instant;
use shared::stored::{self, SiteHead};

use crate::cache::Cache;
use crate::commands::with_progress;
use crate::estate::{Estate, Progress};
use crate::serving::assets::{ASSETS, Asset, ENGINE_FOLDER};

/// The paths of the dashboard's pages: each gets a document of its own, because a server of files knows no other.
const PAGES: [&str; 15] = [
    "identities",
    "identity",
    "credentials",
    "certificates",
    "reviews",
    "leads",
    "findings",
    "finding",
    "rules",
    "compliance",
    "access",
    "history",
    "kpis",
    "what-if",
    "sources",
];
/// What most servers of files send for a path that they do not have.
const NOT_FOUND: &str = "404.html";

/// Writes a site that is given its files by whoever opens it.
///
/// # Errors
/// When the folder is not empty or cannot be written, or this binary has no dashboard.
pub fn write_app(folder: &Path) -> anyhow::Result<()> {
    write_pages(folder, "app.html")
}

/// Writes a site of an estate. `as_of` overrides the newest snapshot's own instant.
///
/// # Errors
/// As [`write_app`], and when a snapshot cannot be read.
pub fn write_site(folder: &Path, estate: &Estate, as_of: Option<Instant>, cache: &Cache) -> anyhow::Result<()> {
    write_pages(folder, "site.html")?;
    let data = folder.join("data");
    let mut version = Hasher::new();
    let mut write = |name: &str, bytes: Vec<u8>| {
        version.update(&bytes);
        write(&data.join(name), &bytes)
    };
    let newest = estate.snapshots.len() - 1;
    let mut snapshots = estate.snapshot_names();
    let mut history = History::default();
    for (index, snapshot) in snapshots.iter_mut().enumerate() {
        let progress = Arc::new(Progress::default());
        let as_of = as_of.filter(|_| index == newest);
        let loaded = with_progress(&progress, || estate.load(index, as_of, &progress, cache))?;
        estate.keep(&loaded, cache);
        snapshot.as_of = loaded.analysis.snapshot.as_of;
        history.add(answers::summary(&snapshot.name, &loaded.analysis));
        let sections = stored::packed(stored::analysis_sections(&loaded.analysis));
        write(&format!("snapshot-{index}.bin"), sections)?;
    }
    write("history.bin", stored::packed(stored::history_sections(&history)))?;
    let head = SiteHead {
        version: version.finalize().to_hex()[..16].to_owned(),
        snapshots,
        config: estate.config.to_text(),
        files: (0..=newest).map(|index| estate.input_files(index)).collect(),
    };
    self::write(&data.join("estate.bin"), &stored::packed(stored::site_sections(&head)))
}

fn write_pages(folder: &Path, document: &str) -> anyhow::Result<()> {
    let document = format!("{ENGINE_FOLDER}{document}");
    let Some(page) = ASSETS.iter().find(|asset| asset.path == document) else {
        bail!("this binary was built without the dashboard; build it with `cargo xtask run`");
    };
    match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => bail!("the folder `{}` is not empty; name a new one", folder.display()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot list `{}`", folder.display()));
        }
        Ok(false) | Err(_) => {}
    }
    let is_document = |asset: &&Asset| asset.path.ends_with(".html");
    for asset in ASSETS.iter().filter(|asset| !is_document(asset)) {
        write(&folder.join(asset.path), asset.plain)?;
    }
    let documents = PAGES.map(|page| format!("{page}/index.html"));
    for name in documents.iter().map(String::as_str).chain(["index.html", NOT_FOUND]) {
        write(&folder.join(name), page.plain)?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let cannot = || format!("cannot write `{}`", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(cannot)?;
    }
    fs::write(path, bytes).with_context(cannot)
}
