//! Drives the built `rollcall` binary from outside, in a real Chromium.
//!
//! A journey reads like its user's steps. Every step waits until it can be done, so that no journey sleeps; and whoever
//! finds elements by role and name tests what assistive technology sees, too:
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use e2e::{Rollcall, journey};
//!
//! let rollcall = Rollcall::start(&["demo"])?;
//! journey("certificates-from-the-overview", |page| {
//!     page.goto(&rollcall.url("/"))?;
//!     page.role("link", "Certificates").click()?;
//!     page.role("heading", "Certificates").wait()?;
//!     page.screenshot("certificates", e2e::DESKTOP, e2e::Theme::Dark)?;
//!     Ok(())
//! })
//! # }
//! ```

mod browser;
mod files;
mod locator;
mod page;
mod process;
mod rollcall;

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
pub use fantoccini::key::Key;

pub use crate::files::FileServer;
pub use crate::locator::Locator;
pub use crate::page::{DESKTOP, Network, PHONE, Page, Theme, Viewport, WIDE};
pub use crate::rollcall::Rollcall;

/// Runs `steps` in a fresh browser and fails on any error in its console.
///
/// What the page looked like when a step failed is kept as `failed-<name>.png` and `failed-<name>.html` among the
/// screenshots. With `ROLLCALL_SKIP_BROWSER=1` nothing runs; a browser that is merely missing is a failure.
pub fn journey(name: &str, steps: impl FnOnce(&Page) -> Result<()>) -> Result<()> {
    if env::var_os("ROLLCALL_SKIP_BROWSER").is_some_and(|value| value == "1") {
        println!("journey `{name}` skipped: ROLLCALL_SKIP_BROWSER=1");
        return Ok(());
    }
    let page = Page::open().with_context(|| format!("journey `{name}`"))?;
    let outcome = steps(&page).and_then(|()| {
        let errors = page.console_errors()?;
        if !errors.is_empty() {
            bail!(
                "the browser's console has {} errors:\n{}",
                errors.len(),
                errors.join("\n")
            );
        }
        Ok(())
    });
    outcome.with_context(|| format!("journey `{name}`; {}", keep_evidence(name, &page)))
}

/// Saves the page as it is, and says where; a browser that no longer answers is part of the message, too.
fn keep_evidence(name: &str, page: &Page) -> String {
    let saved = page.picture(&format!("failed-{name}")).and_then(|picture| {
        fs::write(picture.with_extension("html"), page.source()?)?;
        Ok(format!("the page is kept as `{}` and .html", picture.display()))
    });
    let console = match page.console_errors() {
        Ok(errors) if errors.is_empty() => String::new(),
        Ok(errors) => format!("; console errors: {}", errors.join(" | ")),
        Err(error) => format!("; the console cannot be read: {error:#}"),
    };
    format!(
        "{}{console}",
        saved.unwrap_or_else(|error| format!("the page cannot be kept: {error:#}"))
    )
}

/// `screenshots` in Cargo's target directory, where this test binary lies, too.
fn screenshots() -> Result<PathBuf> {
    let binary = env::current_exe().context("cannot tell where this test binary is")?;
    let target = binary
        .ancestors()
        .find(|folder| folder.ends_with("deps"))
        .and_then(|deps| deps.ancestors().nth(2))
        .with_context(|| format!("`{}` is not in a target directory", binary.display()))?;
    let folder = target.join("screenshots");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    Ok(folder)
}
