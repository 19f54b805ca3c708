//! What comes out of a printer: no page of paper is empty, and a list says what it leaves out.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use e2e::{Page, Rollcall, journey};

use crate::estate;

/// Service accounts beside those of the small estate: more than a list draws at once.
const N_ACCOUNTS: usize = 120;

/// Every page that people print.
const PAGES: [&str; 14] = [
    "/",
    "/identities",
    "/credentials",
    "/certificates",
    "/findings",
    "/rules",
    "/compliance",
    "/reviews",
    "/leads",
    "/history",
    "/kpis",
    "/sources",
    "/identity?id=arn:aws:iam::111122223333:user/old-batch",
    "/access?node=identity:arn:aws:iam::111122223333:user/old-batch",
];

/// The text of each page of paper; `None` where nothing is installed that reads it.
fn printed(page: &Page, url: &str) -> Result<Option<Vec<String>>> {
    page.goto(url)?;
    page.wait_for("the page to be filled", |page| {
        Ok(page.css(".skeleton").count()? == 0 && page.css("#boot").count()? == 0)
    })?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("page.pdf");
    fs::write(&file, page.print()?)?;
    let Ok(read) = Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output() else {
        return Ok(None);
    };
    ensure!(read.status.success(), "pdftotext cannot read {url}: {read:?}");
    let text = String::from_utf8(read.stdout)?;
    // Each page ends with a form feed.
    let pages = text.strip_suffix('\u{c}').unwrap_or(&text).split('\u{c}');
    Ok(Some(pages.map(str::to_owned).collect()))
}

#[test]
fn no_page_of_paper_is_empty_and_lists_say_what_they_leave_out() -> Result<()> {
    let root = tempfile::tempdir()?;
    estate::write_twice(root.path())?;
    let mut accounts = String::from(r#"{"apiVersion": "v1", "kind": "List", "metadata": {}, "items": ["#);
    for n in 0..N_ACCOUNTS {
        let comma = if n == 0 { "" } else { "," };
        write!(
            accounts,
            r#"{comma}{{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {{"name": "printed-{n:03}",
            "namespace": "shop", "uid": "p-{n}", "creationTimestamp": "2025-01-01T00:00:00Z"}}}}"#
        )?;
    }
    accounts += "]}";
    fs::write(root.path().join("2026-10-31/k8s-shop/more.json"), accounts)?;
    let rollcall = Rollcall::start(&["serve", &root.path().to_string_lossy()])?;

    journey("printing", |page| {
        for path in PAGES {
            let Some(pages) = printed(page, &rollcall.url(path))? else {
                println!("skipped: there is no pdftotext (Debian: poppler-utils)");
                return Ok(());
            };
            let empty = pages.iter().position(|text| text.trim().is_empty());
            ensure!(empty.is_none(), "{path}: page {empty:?} of {} is empty", pages.len());
            let title = page.css("h1").read()?;
            ensure!(pages[0].contains(title.trim()), "{path}: no title on its first page");
        }

        let pages = printed(page, &rollcall.url("/identities?q=printed"))?.unwrap_or_default();
        let paper = pages.concat();
        let n_rows = paper.matches("printed-").count();
        let says = format!("Rows 1 to {n_rows} of {N_ACCOUNTS} are printed here.");
        ensure!(n_rows > 0 && n_rows < N_ACCOUNTS, "{n_rows} rows are on the paper");
        ensure!(paper.contains(&says), "no {says:?} in:\n{paper}");

        let pages = printed(page, &rollcall.url("/identities?kind=user"))?.context("pdftotext is gone")?;
        ensure!(
            !pages.concat().contains("are printed here"),
            "a whole list leaves nothing out"
        );
        Ok(())
    })
}
