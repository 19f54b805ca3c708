//! A site without a server: the dashboard, the engine that answers it in the browser, and what is known of an estate, as
//! plain files.

use std::fs;
use std::io;
use std::path::Path;
use std::str::FromStr;
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

/// Where a site lies on its server: `/`, or the path of a folder such as `/nhi`, kept without a `/` at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(String);

impl FromStr for Base {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
        match path.starts_with('/') && !path.contains("//") && path.chars().all(is_plain) {
            true => Ok(Base(path.trim_end_matches('/').to_owned())),
            false => Err("expected `/` or the path of a folder, such as `/nhi`".to_owned()),
        }
    }
}

impl Base {
    /// A document whose links lead below `/`, with links that lead below this.
    fn place(&self, document: &[u8]) -> Vec<u8> {
        let document = String::from_utf8_lossy(document);
        document.replace("=\"/", &format!("=\"{}/", self.0)).into_bytes()
    }
}

/// Writes a site that is given its files by whoever opens it.
///
/// # Errors
/// When the folder is not empty or cannot be written, or this binary has no dashboard.
pub fn write_app(folder: &Path, base: &Base) -> anyhow::Result<()> {
    write_pages(folder, base, "app.html")
}

/// Writes a site of an estate. `as_of` overrides the newest snapshot's own instant.
///
/// # Errors
/// As [`write_app`], and when a snapshot cannot be read.
pub fn write_site(
    folder: &Path,
    base: &Base,
    estate: &Estate,
    as_of: Option<Instant>,
    cache: &Cache,
) -> anyhow::Result<()> {
    write_pages(folder, base, "site.html")?;
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

fn write_pages(folder: &Path, base: &Base, document: &str) -> anyhow::Result<()> {
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
    let page = base.place(page.plain);
    let is_document = |asset: &&Asset| asset.path.ends_with(".html");
    for asset in ASSETS.iter().filter(|asset| !is_document(asset)) {
        write(&folder.join(asset.path), asset.plain)?;
    }
    let documents = PAGES.map(|page| format!("{page}/index.html"));
    for name in documents.iter().map(String::as_str).chain(["index.html", NOT_FOUND]) {
        write(&folder.join(name), &page)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_lies_at_the_root_or_in_a_folder() {
        let placed = |base: &str| {
            let page = br##"<link href="/a.css"><a href="/">Rollcall</a><use href="#i"/>"##;
            base.parse::<Base>()
                .map(|base| String::from_utf8(base.place(page)).unwrap())
        };
        let root = r##"<link href="/a.css"><a href="/">Rollcall</a><use href="#i"/>"##;
        let below = r##"<link href="/org/nhi/a.css"><a href="/org/nhi/">Rollcall</a><use href="#i"/>"##;
        assert_eq!(placed("/").as_deref(), Ok(root));
        assert_eq!(placed("/org/nhi").as_deref(), Ok(below));
        assert_eq!(placed("/org/nhi/").as_deref(), Ok(below));
        for wrong in ["", "nhi", "//evil.example", "/a b", "/a\"b", "https://host/"] {
            placed(wrong).unwrap_err();
        }
    }
}
