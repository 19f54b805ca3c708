//! The dashboard where there is no server: as a site with its data, and as a page that is given files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use e2e::{DESKTOP, FileServer, PHONE, Page, Rollcall, Theme, journey};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::estate;
use crate::pages::{PAGES, wait_for_rows};

/// What is asked of a server and of the engine, for each route and each sort of answer.
const ADDRESSES: [&str; 40] = [
    "/api/v1/overview",
    "/api/v1/overview?snapshot=2026-09-30",
    "/api/v1/kpis",
    "/api/v1/identities?facets=yes",
    "/api/v1/identities?kind=user&sort=-last_used_at&limit=2&offset=1",
    "/api/v1/identities?snapshot=2026-09-30&kpi=owner&verdict=fail",
    "/api/v1/identity?id=arn:aws:iam::111122223333:user/old-batch",
    "/api/v1/identity?id=nobody",
    "/api/v1/credentials?facets=yes",
    "/api/v1/certificates",
    "/api/v1/findings?facets=yes",
    "/api/v1/rules",
    "/api/v1/compliance",
    "/api/v1/sources",
    "/api/v1/history",
    "/api/v1/history?from=1999-01-01",
    "/api/v1/trends",
    "/api/v1/durations",
    "/api/v1/leads",
    "/api/v1/reviews",
    "/api/v1/review?owner=jo@acme.example",
    "/api/v1/what-if?access_key_max_age_days=20",
    "/api/v1/what-if/trend?access_key_max_age_days=20",
    "/api/v1/story",
    "/api/v1/what-if?stale=20",
    "/api/v1/graph/nodes?q=a",
    "/api/v1/graph/neighbours?node=identity:arn:aws:iam::111122223333:user/ci-deploy",
    "/api/v1/graph/reach?node=identity:arn:aws:iam::111122223333:user/ci-deploy",
    "/api/v1/graph/who-can-reach?node=administrators",
    "/api/v1/graph/paths?from=identity:arn:aws:iam::111122223333:user/ci-deploy&to=administrators",
    "/api/v1/nothing",
    "/api/v1/export/identities?format=csv",
    "/api/v1/export/credentials?format=json&status=active",
    "/api/v1/export/findings?format=xlsx",
    "/api/v1/export/identities?format=doc",
    "/api/v1/report?format=html",
    "/api/v1/report?format=json&environment=prod&compare=2026-09-30",
    "/api/v1/report?format=csv&snapshot=2026-09-30",
    "/api/v1/report?format=xlsx",
    "/api/v1/report?format=pdf",
];

/// The answer to each, as the page gets it: status, kind and bytes.
fn answers(page: &Page) -> Result<Vec<Value>> {
    let ask = "return (async () => {
        const all = [];
        for (const address of arguments[0]) {
            const answer = await fetch(address);
            const bytes = new Uint8Array(await answer.arrayBuffer());
            let text = '';
            for (const byte of bytes) text += String.fromCharCode(byte);
            all.push([address, answer.status, answer.headers.get('content-type'), btoa(text)]);
        }
        return all;
    })()";
    let answers = page.evaluate(ask, vec![json!(ADDRESSES.as_slice())])?;
    answers.as_array().cloned().context("no answers")
}

fn assert_same(server: &[Value], engine: &[Value]) -> Result<()> {
    for (server, engine) in server.iter().zip(engine) {
        let start = |answer: &Value| answer.to_string().chars().take(400).collect::<String>();
        ensure!(
            server == engine,
            "the server answers {}, the engine {}",
            start(server),
            start(engine)
        );
    }
    ensure!(server.len() == engine.len() && engine.len() == ADDRESSES.len());
    Ok(())
}

/// Runs `rollcall export` with the folder that it writes as its last argument.
fn export(arguments: &[&str]) -> Result<(FileServer, PathBuf, TempDir)> {
    let folder = tempfile::tempdir()?;
    let site = folder.path().join("site");
    let status = Rollcall::command()?.arg("export").args(arguments).arg(&site).status()?;
    ensure!(status.success(), "`rollcall export {}` fails", arguments.join(" "));
    Ok((FileServer::start(&site)?, site, folder))
}

fn wait_until_filled(page: &Page) -> Result<()> {
    page.wait_for("the page to be filled", |page| {
        Ok(page.css(".skeleton").count()? == 0 && page.css("#boot").count()? == 0)
    })
}

/// Finds an identity in the access graph, and asks what it reaches.
fn walk_the_graph(page: &Page) -> Result<()> {
    page.role("link", "Access graph").click()?;
    page.role("searchbox", "Find a node").type_text("old-batch")?;
    page.css(".explorer-results a[data-key^='identity:'][data-key$='user/old-batch']")
        .click()?;
    page.css(".explorer-side .explorer-name").wait()?;
    page.css("[data-key=reach]").click()?;
    page.text("By distance").wait()
}

/// Saves the filtered rows as a person does, and returns the file's text.
fn save_as_csv(page: &Page) -> Result<String> {
    page.evaluate(
        "const made = URL.createObjectURL.bind(URL);
         URL.createObjectURL = blob => { blob.text().then(text => { window.saved = text }); return made(blob) };
         HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download }",
        Vec::new(),
    )?;
    page.role("button", "Export").click()?;
    page.role("link", "CSV, for spreadsheets").click()?;
    let saved = |page: &Page| page.evaluate("return [window.saved ?? null, window.savedAs ?? null]", Vec::new());
    page.wait_for("the saved file", |page| Ok(saved(page)?[0].is_string()))?;
    let saved = saved(page)?;
    ensure!(
        saved[1] == "rollcall-identities-2026-10-31.csv",
        "it is saved as {}",
        saved[1]
    );
    Ok(saved[0].as_str().unwrap_or_default().to_owned())
}

/// Filters the identities down to one and saves that.
fn filter_and_save(page: &Page) -> Result<()> {
    page.role("searchbox", "Filter identities").type_text("batch")?;
    wait_for_rows(page, 1)?;
    let saved = save_as_csv(page)?;
    ensure!(saved.lines().count() == 2 && saved.contains("old-batch"), "{saved}");
    Ok(())
}

fn write_estate() -> Result<TempDir> {
    let estate = tempfile::tempdir()?;
    estate::write_twice(estate.path())?;
    Ok(estate)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

#[test]
fn a_site_shows_every_page_from_files_alone() -> Result<()> {
    let estate = write_estate()?;
    let (server, site, _folder) = export(&["site", text(estate.path()), "--no-cache"])?;
    for secret in ["salt", "/api/v1/events"] {
        let known = fs::read_to_string(site.join("index.html"))?;
        ensure!(!known.contains(secret), "the page says `{secret}`");
    }
    journey("site", |page| {
        for (path, heading) in PAGES {
            page.goto(&server.url(path))?;
            page.role("heading", heading).wait()?;
            page.text("What is missing").wait()?;
            wait_until_filled(page)?;
            page.wait_for_path(path)?;
        }
        page.goto(&server.url("/identities?snapshot=2026-09-30"))?;
        wait_for_rows(page, 3)?;

        page.goto(&server.url("/"))?;
        page.css("a.number[href*='kpi=owner&verdict=fail']").nth(0).click()?;
        page.role("heading", "Identities").wait()?;
        wait_for_rows(page, 4)?;
        page.evaluate("location.reload()", Vec::new())?;
        wait_for_rows(page, 4)?;
        filter_and_save(page)?;
        walk_the_graph(page)
    })
}

#[test]
fn a_site_may_lie_in_a_folder() -> Result<()> {
    let estate = write_estate()?;
    let root = tempfile::tempdir()?;
    let server = FileServer::start(root.path())?;
    let base = "/org/nhi";
    for (what, name) in [("site", "nhi"), ("app", "app")] {
        let mut command = Rollcall::command()?;
        command.args(["export", what]);
        if what == "site" {
            command.args([text(estate.path()), "--no-cache"]);
        }
        let folder = root.path().join("org").join(name);
        let status = command
            .arg(&folder)
            .args(["--base", &format!("/org/{name}")])
            .status()?;
        ensure!(status.success(), "`rollcall export {what}` fails");
    }
    journey("site-in-a-folder", |page| {
        for (path, heading) in PAGES {
            page.goto(&server.url(&format!("{base}{path}")))?;
            page.role("heading", heading).wait()?;
            wait_until_filled(page)?;
        }
        page.goto(&server.url(&format!("{base}/")))?;
        page.css("a.number[href*='kpi=owner&verdict=fail']").nth(0).click()?;
        page.role("heading", "Identities").wait()?;
        wait_for_rows(page, 4)?;
        page.wait_for_path(&format!("{base}/identities?kpi=owner&verdict=fail"))?;
        page.evaluate("location.reload()", Vec::new())?;
        wait_for_rows(page, 4)?;
        filter_and_save(page)?;
        walk_the_graph(page)?;
        let outside = page.evaluate(
            "return [...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))
                .filter(href => href.startsWith('/') && !href.startsWith('/api/') && !href.startsWith(arguments[0]))",
            vec![json!(base)],
        )?;
        ensure!(outside == json!([]), "these links lead out of the site: {outside}");

        page.goto(&server.url("/org/app/"))?;
        page.text("From now on this page cannot connect").wait()?;
        page.take_console_errors()?;
        page.give_files("#drop-folder", &[estate.path()])?;
        page.role("heading", "Overview").wait()?;
        walk_the_graph(page)
    })
}

#[test]
fn a_site_answers_as_the_server_does() -> Result<()> {
    let estate = write_estate()?;
    let rollcall = Rollcall::start(&["serve", text(estate.path()), "--no-cache"])?;
    let (server, _, _folder) = export(&["site", text(estate.path()), "--no-cache"])?;
    journey("site-answers", |page| {
        page.goto(&rollcall.url("/"))?;
        wait_until_filled(page)?;
        let expected = answers(page)?;
        // What is asked for and is not there is in the console.
        page.take_console_errors()?;
        page.goto(&server.url("/"))?;
        wait_until_filled(page)?;
        assert_same(&expected, &answers(page)?)
    })
}

/// Every way out of a page and a worker that a script has, tried; the ways that were open.
const TRY_ALL: &str = "return (async () => {
    const address = location.origin + '/?secret';
    const settled = (target, good, bad) => new Promise(done => {
        for (const name of good) target.addEventListener(name, () => done(true));
        for (const name of bad) target.addEventListener(name, () => done(false));
    });
    const open = [];
    const ways = {
        fetch: () => ownFetch(address).then(() => true, () => false),
        elsewhere: () => ownFetch('https://example.com/').then(() => true, () => false),
        request: () => { const r = new XMLHttpRequest(); r.open('GET', address); const s = settled(r, ['load'], ['error']); r.send(); return s },
        socket: () => { try { return settled(new WebSocket('ws://' + location.host), ['open'], ['error']) } catch { return false } },
        events: () => { const s = new OwnEventSource(address); return settled(s, ['open'], ['error']) },
        image: () => { const i = new Image(); const s = settled(i, ['load'], ['error']); i.src = address; return s },
        script: () => { const s = document.createElement('script'); const t = settled(s, ['load'], ['error']); s.src = address; document.head.append(s); return t },
        style: () => { const l = document.createElement('link'); const t = settled(l, ['load'], ['error']); l.rel = 'stylesheet'; l.href = address; document.head.append(l); return t },
        module: () => import(address).then(() => true, () => false),
        frame: () => { const f = document.createElement('iframe'); f.src = address; document.body.append(f); return new Promise(done => setTimeout(() => done(false), 300)) },
        worker: () => { try { return settled(new OwnWorker('/explorer.js', { type: 'module' }), ['message'], ['error']) } catch { return false } },
        blob: () => {
            const code = `fetch('${address}').then(() => true, () => false).then(postMessage)`;
            const worker = new OwnWorker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
            return new Promise(done => { worker.onmessage = ({ data }) => done(data) });
        },
    };
    for (const [name, way] of Object.entries(ways)) if (await way()) open.push(name);
    return [Object.keys(ways).length, open];
})()";

#[test]
fn a_page_reads_the_files_that_it_is_given_and_connects_to_nothing() -> Result<()> {
    let estate = write_estate()?;
    let rollcall = Rollcall::start(&["serve", text(estate.path()), "--no-cache"])?;
    let (server, _, _folder) = export(&["app"])?;
    journey("app", |page| {
        page.goto(&rollcall.url("/"))?;
        wait_until_filled(page)?;
        let expected = answers(page)?;
        page.take_console_errors()?;

        page.run_first(
            "window.ownFetch = fetch.bind(window); window.OwnWorker = Worker; window.OwnEventSource = EventSource",
        )?;
        page.goto(&server.url("/identities"))?;
        page.text("From now on this page cannot connect").wait()?;
        let asked = server.asked();
        ensure!(asked.iter().all(|target| !target.contains("secret")));
        let tried = page.evaluate(TRY_ALL, Vec::new())?;
        ensure!(tried == json!([12, []]), "these ways are open: {tried}");
        // The page says in its console what its policy refused.
        let refused = page.take_console_errors()?;
        ensure!(
            refused
                .iter()
                .any(|entry| entry.contains("connect-src 'none'") || entry.contains("default-src 'none'")),
            "{refused:?}"
        );
        for (size, viewport) in [("desktop", DESKTOP), ("phone", PHONE)] {
            for (look, theme) in [("light", Theme::Light), ("dark", Theme::Dark)] {
                page.screenshot(&format!("app-{size}-{look}"), viewport, theme)?;
            }
        }
        page.set_viewport(DESKTOP)?;

        page.give_files("#drop-folder", &[estate.path()])?;
        page.role("heading", "Identities").wait()?;
        wait_for_rows(page, 6)?;
        assert_same(&expected, &answers(page)?)?;

        for title in [
            "Overview",
            "Credentials",
            "Certificates",
            "Findings",
            "History",
            "KPIs",
            "Sources",
        ] {
            page.role("link", title).click()?;
            page.role("heading", title).wait()?;
            wait_until_filled(page)?;
        }
        walk_the_graph(page)?;
        page.role("link", "Identities").click()?;
        wait_for_rows(page, 6)?;
        filter_and_save(page)?;
        ensure!(
            server.asked() == asked,
            "the page asked for {:?}",
            &server.asked()[asked.len()..]
        );
        Ok(())
    })
}

#[test]
fn what_cannot_be_read_as_an_estate_is_said() -> Result<()> {
    let empty = tempfile::tempdir()?;
    fs::write(empty.path().join("rollcall.toml"), "[estate]\nnmae = \"Acme\"\n")?;
    fs::write(empty.path().join("notes.json"), "{}")?;
    let (server, _, _folder) = export(&["app"])?;
    journey("app-problem", |page| {
        page.goto(&server.url("/"))?;
        page.text("From now on this page cannot connect").wait()?;
        page.take_console_errors()?;
        page.give_files("#drop-folder", &[empty.path()])?;
        page.text("`nmae`").wait()?;
        Ok(())
    })
}

#[test]
fn an_estate_and_single_exports_may_be_dropped() -> Result<()> {
    let estate = write_estate()?;
    let (server, _, _folder) = export(&["app"])?;
    let sources = estate.path().join("2026-10-31");
    let export = sources.join("aws-prod/credential-report.csv");
    journey("app-drop", |page| {
        // The folder of an estate is the estate, its snapshots are told apart; what is in one is one snapshot.
        let dropped: [(&[&Path], usize, usize); 3] = [
            (&[estate.path()], 6, 2),
            (&[&sources.join("aws-prod"), &sources.join("k8s-shop")], 6, 1),
            (&[&export], 4, 1),
        ];
        for (paths, n_rows, n_snapshots) in dropped {
            page.goto(&server.url("/identities"))?;
            page.text("From now on this page cannot connect").wait()?;
            page.take_console_errors()?;
            page.drop_files(paths)?;
            wait_for_rows(page, n_rows)?;
            let snapshots = page.css(".picker-select option").count()?;
            ensure!(snapshots == n_snapshots, "{paths:?}: {snapshots} snapshots");
        }
        Ok(())
    })
}
