//! WCAG 2.2 AA, as far as a program can tell: axe-core finds nothing on any page, in either theme.

use std::{env, fs};

use anyhow::{Context, Result, ensure};
use e2e::{DESKTOP, PHONE, Page, Theme, journey};
use serde_json::{Value, json};

use crate::estate;

/// Every page, each with as much on it as there can be.
const PAGES: [&str; 20] = [
    "/",
    "/identities?kind=user",
    "/identity?id=arn:aws:iam::111122223333:user/old-batch",
    "/credentials",
    "/certificates",
    "/findings",
    "/finding?key=not_rotated/nothing",
    "/rules",
    "/compliance",
    "/reviews",
    "/reviews?owner=Platform",
    "/leads",
    "/history",
    "/kpis",
    "/what-if?stale_days=30&access_key_max_age_days=10",
    "/sources",
    "/access",
    "/access?view=reach&node=identity:arn:aws:iam::111122223333:user/old-batch",
    "/nowhere",
    "/identities?q=none-has-this-name",
];

/// Runs axe-core and gives back what it found, each with the element.
const FIND: &str = "
    window.found = null;
    const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    axe.run(document, { runOnly: rules, resultTypes: ['violations'] }).then(
        result => {
            window.found = result.violations.flatMap(rule =>
                rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`));
        },
        error => { window.found = [String(error)] },
    );";

/// What axe-core finds on a page that is filled, with everything unfolded.
fn violations(page: &Page, axe: &str) -> Result<Vec<String>> {
    page.evaluate(
        "for (const part of document.querySelectorAll('details')) part.open = true",
        Vec::new(),
    )?;
    page.evaluate(axe, Vec::new())?;
    page.evaluate(FIND, Vec::new())?;
    let found = |page: &Page| page.evaluate("return window.found", Vec::new());
    page.wait_for("axe-core to finish", |page| Ok(found(page)?.is_array()))?;
    let found = found(page)?;
    let texts = found.as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(texts.map(str::to_owned).collect())
}

#[test]
fn a_checker_finds_nothing_on_any_page() -> Result<()> {
    let Some(script) = env::var_os("AXE") else {
        println!("skipped: `AXE` names no axe-core; `cargo xtask test` installs it where there is npm");
        return Ok(());
    };
    let axe = fs::read_to_string(&script).with_context(|| format!("cannot read `{}`", script.display()))?;
    let (rollcall, _estate) = estate::served_twice()?;
    journey("accessibility", |page| {
        page.goto(&rollcall.url("/credentials"))?;
        let held = "return fetch('/api/v1/credentials').then(answer => answer.json()).then(page => page.rows[0].id)";
        let credential = page.evaluate(held, Vec::new())?;
        let acting = format!(
            "/identity?id=arn:aws:iam::111122223333:user/ci-deploy&act={}",
            credential.as_str().context("no credential is listed")?
        );
        let pages = PAGES.into_iter().chain([acting.as_str()]);
        let mut all = Vec::new();
        for path in pages {
            page.goto(&rollcall.url(path))?;
            page.wait_for("the page to be filled", |page| {
                Ok(page.css(".skeleton").count()? == 0 && page.css("#boot").count()? == 0)
            })?;
            for (viewport, theme) in [(DESKTOP, Theme::Light), (DESKTOP, Theme::Dark), (PHONE, Theme::Light)] {
                page.set_viewport(viewport)?;
                page.set_theme(theme)?;
                let found = violations(page, &axe)?;
                all.extend(
                    found
                        .into_iter()
                        .map(|found| format!("{path}, {theme:?}, {} px: {found}", viewport.width)),
                );
            }
        }
        ensure!(all.is_empty(), "{} violations:\n{}", all.len(), all.join("\n"));
        // What was asked for and is not there is in the console.
        page.take_console_errors()?;
        Ok(())
    })
}

/// The checker sees what is wrong: otherwise the test above proves nothing.
#[test]
fn a_checker_finds_what_is_wrong() -> Result<()> {
    let Some(script) = env::var_os("AXE") else {
        println!("skipped: `AXE` names no axe-core");
        return Ok(());
    };
    let axe = fs::read_to_string(script)?;
    journey("accessibility-checker", |page| {
        page.goto("data:text/html,<!DOCTYPE html><html lang=en><title>Bad</title><link rel=icon href=data:,><main><h1>Bad</h1><button></button></main>")?;
        let found = violations(page, &axe)?;
        ensure!(found.iter().any(|found| found.starts_with("button-name")), "{found:?}");
        page.evaluate(
            "document.querySelector('button').textContent = arguments[0]",
            vec![json!("Go")],
        )?;
        ensure!(violations(page, &axe)?.is_empty(), "a sound page has violations");
        Ok(())
    })
}
