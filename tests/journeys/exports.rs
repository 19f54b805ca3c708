//! What is taken out of the page: reports, lists and charts as files.

use anyhow::{Context, Result, ensure};
use e2e::{Page, journey};
use serde_json::{Value, json};

use crate::estate;
use crate::pages::wait_for_rows;

/// What a link of the page hands out: status, first bytes as Latin-1, and how many there are.
fn fetched(page: &Page, link: &str) -> Result<(String, u64)> {
    let href = page
        .role("link", link)
        .attribute("href")?
        .context("a link without address")?;
    page.evaluate(
        "window.got = null;
         fetch(arguments[0]).then(async answer => {
             const bytes = new Uint8Array(await answer.arrayBuffer());
             window.got = [answer.status, String.fromCharCode(...bytes.slice(0, 400)), bytes.length];
         })",
        vec![json!(href)],
    )?;
    let got = |page: &Page| page.evaluate("return window.got", Vec::new());
    page.wait_for("the file", |page| Ok(got(page)?.is_array()))?;
    let got = got(page)?;
    ensure!(got[0] == 200, "{link}: status {}", got[0]);
    let first = got[1].as_str().unwrap_or_default().to_owned();
    Ok((first, got[2].as_u64().unwrap_or_default()))
}

#[test]
fn a_report_is_of_what_was_chosen_in_five_formats() -> Result<()> {
    let (rollcall, _estate) = estate::served_twice()?;
    journey("report", |page| {
        page.goto(&rollcall.url("/"))?;
        page.text("Where is it governed?").wait()?;
        page.role("button", "Report").click()?;
        page.role("combobox", "Environment").select("prod")?;
        page.role("combobox", "Source").select("aws-prod")?;
        for (link, begins) in [
            ("PDF, to send on", "%PDF-1."),
            ("HTML, one file", "<!doctype html>"),
            ("XLSX, a sheet for each topic", "PK\u{3}\u{4}"),
            ("CSV, every number", ""),
            ("JSON, for programs", "{"),
        ] {
            let (first, n_bytes) = fetched(page, link)?;
            ensure!(
                first.starts_with(begins) && n_bytes > 1_000,
                "{link}: {n_bytes} bytes, {first}"
            );
        }
        let (json, _) = fetched(page, "JSON, for programs")?;
        let json: String = json.split_whitespace().collect();
        let scope = r#""scope":[{"by":"environment","value":"prod"},{"by":"source","value":"aws-prod"}]"#;
        ensure!(json.contains(scope), "{json}");
        ensure!(json.contains(r#""compared_with":{"name":"2026-09-30""#), "{json}");
        page.picture("report-menu")?;
        Ok(())
    })
}

#[test]
fn a_list_comes_in_three_formats() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("list-formats", |page| {
        page.goto(&rollcall.url("/identities?kind=user"))?;
        wait_for_rows(page, 3)?;
        page.role("button", "Export").click()?;
        for (link, begins) in [
            ("CSV, for spreadsheets", "id,name,kind"),
            ("JSON, for programs", "["),
            ("XLSX, with typed cells", "PK\u{3}\u{4}"),
        ] {
            let (first, _) = fetched(page, link)?;
            ensure!(first.starts_with(begins), "{link}: {first}");
        }
        Ok(())
    })
}

#[test]
fn the_tables_of_other_pages_are_files_too() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("tables", |page| {
        for (path, begins) in [
            ("/history?kind=new", "from,to,of,kind,"),
            ("/kpis", "id,title,kind,"),
            ("/what-if?stale_days=1", "id,name,owner,"),
            ("/rules", "code,title,"),
            ("/compliance", "standard,control,"),
            ("/sources", "source,environment,"),
            ("/leads", "kind,identity,"),
            ("/reviews", "owner,identities,"),
        ] {
            page.goto(&rollcall.url(path))?;
            page.role("button", "Export").click()?;
            let (csv, n_bytes) = fetched(page, "CSV, for spreadsheets")?;
            ensure!(csv.starts_with(begins), "{path}: {n_bytes} bytes begin with {csv:?}");
        }
        Ok(())
    })
}

#[test]
fn certificates_have_charts_and_numbers_and_a_chart_is_three_files() -> Result<()> {
    let (rollcall, _estate) = estate::served_with_certificate()?;
    journey("certificates", |page| {
        page.goto(&rollcall.url("/certificates"))?;
        wait_for_rows(page, 1)?;
        page.role("heading", "How many renewals come, week by week?").wait()?;
        page.text("In numbers").click()?;
        page.role("link", "Sound keys").wait()?;
        // One chart, saved as a person does.
        page.evaluate(
            "window.saved = {};
             const made = URL.createObjectURL.bind(URL);
             URL.createObjectURL = blob => { window.blob = blob; return made(blob) };
             HTMLAnchorElement.prototype.click = function () {
                 const [blob, name, href] = [window.blob, this.download, this.href];
                 const kept = href.startsWith('data:') ? Promise.resolve(href.slice(0, 30)) : blob.text();
                 kept.then(text => { window.saved[name] = text });
             }",
            Vec::new(),
        )?;
        page.css(".chart .menu > button").nth(0).click()?;
        for format in ["SVG", "PNG", "CSV"] {
            page.role("button", format).click()?;
        }
        let saved = |page: &Page| page.evaluate("return window.saved", Vec::new());
        page.wait_for("three files", |page| {
            Ok(saved(page)?.as_object().map_or(0, |saved| saved.len()) == 3)
        })?;
        let saved = saved(page)?;
        let text = |end: &str| {
            let name = format!("when-do-certificates-end.{end}");
            saved[&name].as_str().unwrap_or_default().to_owned()
        };
        ensure!(text("svg").starts_with("<svg"), "{saved}");
        ensure!(text("png").starts_with("data:image/png;base64,"), "{saved}");
        // It ends after twenty days.
        let csv = text("csv");
        ensure!(
            csv.lines().any(|line| line.contains("30") && line.ends_with(",1")),
            "{csv}"
        );
        ensure!(
            saved
                .as_object()
                .is_some_and(|saved| saved.values().all(Value::is_string))
        );
        Ok(())
    })
}
