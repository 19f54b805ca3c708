//! What people come for, on an estate of which every number is known.

use std::fs;

use anyhow::{Result, ensure};
use e2e::{DESKTOP, Key, PHONE, Page, Theme, WIDE, journey};
use serde_json::{Value, json};

use crate::estate;

/// Every page, with the heading that says it is there.
pub const PAGES: [(&str, &str); 15] = [
    ("/", "Overview"),
    ("/identities", "Identities"),
    ("/credentials", "Credentials"),
    ("/certificates", "Certificates"),
    ("/findings", "Findings"),
    ("/rules", "Findings"),
    ("/compliance", "Findings"),
    ("/reviews", "Reviews"),
    ("/leads", "Leads"),
    ("/access", "Access graph"),
    ("/history", "History"),
    ("/kpis", "KPIs"),
    ("/what-if", "KPIs"),
    ("/identity?id=arn:aws:iam::111122223333:user/ci-deploy", "ci-deploy"),
    ("/sources", "Sources"),
];

/// Rows of the list in sight, without the head.
fn n_rows(page: &Page) -> Result<Value> {
    page.evaluate(
        "const grid = document.querySelector('[role=grid]');
         return grid && grid.getAttribute('aria-busy') !== 'true' ? Number(grid.getAttribute('aria-rowcount')) - 1 : -1",
        Vec::new(),
    )
}

pub fn wait_for_rows(page: &Page, n: usize) -> Result<()> {
    page.wait_for(&format!("{n} rows"), |page| Ok(n_rows(page)? == n))
}

#[test]
fn every_page_opens_fits_and_says_what_is_partial() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("every-page", |page| {
        for (path, heading) in PAGES {
            page.goto(&rollcall.url(path))?;
            page.role("heading", heading).wait()?;
            page.text("What is missing").wait()?;
            page.wait_for("the page to be filled", |page| {
                Ok(page.css(".skeleton").count()? == 0 && page.css("#boot").count()? == 0)
            })?;
            let name = match path {
                "/" => "overview",
                path => path[1..].split('?').next().unwrap_or_default(),
            };
            for (viewport, size) in [(DESKTOP, "desktop"), (PHONE, "phone"), (WIDE, "wide")] {
                for (theme, look) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
                    page.screenshot(&format!("{name}-{size}-{look}"), viewport, theme)?;
                }
                let overflow =
                    page.evaluate("return document.scrollingElement.scrollWidth - innerWidth", Vec::new())?;
                ensure!(
                    overflow.as_i64() <= Some(0),
                    "{path} is {overflow} px too wide on {size}"
                );
            }
            page.set_viewport(DESKTOP)?;
        }
        Ok(())
    })
}

#[test]
fn what_overview_asks_for_comes_beside_the_program() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("overview-ahead", |page| {
        page.goto(&rollcall.url("/"))?;
        page.wait_for("the page to be filled", |page| {
            Ok(page.css(".skeleton").count()? == 0 && page.css("#boot").count()? == 0)
        })?;
        // Each once: what was fetched ahead is what the program gets.
        let asked = page.evaluate(
            "return performance.getEntriesByType('resource')
                .map(entry => [new URL(entry.name).pathname, entry.initiatorType])
                .filter(([path]) => /overview|trends|rules/.test(path)).sort()",
            Vec::new(),
        )?;
        let ahead = ["overview", "rules", "trends"].map(|name| json!([format!("/api/v1/{name}"), "link"]));
        ensure!(asked == json!(ahead), "asked for {asked}");
        Ok(())
    })
}

#[test]
fn a_number_leads_to_its_rows_and_a_row_to_the_line_that_says_so() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("number-to-line", |page| {
        page.goto(&rollcall.url("/"))?;
        // The first number of failures on the page is that of governed: four of six.
        page.css("a.number[href*='kpi=owner&verdict=fail']").nth(0).click()?;
        page.role("heading", "Identities").wait()?;
        wait_for_rows(page, 4)?;

        page.role("link", "old-batch").click()?;
        page.role("heading", "old-batch").wait()?;
        page.text("Has left").wait()?;
        page.text("line 4").nth(0).wait()?;
        // What stands above the page leads back to the rows that it was chosen from.
        page.css(".crumbs a[href*='kpi=owner&verdict=fail']").click()?;
        wait_for_rows(page, 4)?;
        page.role("link", "old-batch").click()?;
        page.css(".evidence[href*='/sources']").nth(0).click()?;
        page.role("heading", "Sources").wait()?;

        page.evaluate("history.go(-2)", Vec::new())?;
        wait_for_rows(page, 4)
    })
}

#[test]
fn a_list_is_filtered_sorted_and_exported_as_its_address_says() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("list", |page| {
        page.goto(&rollcall.url("/identities"))?;
        wait_for_rows(page, 6)?;
        page.role("checkbox", "User 3").click()?;
        page.wait_for_path("/identities?kind=user")?;
        wait_for_rows(page, 3)?;
        page.role("button", "Last used").click()?;
        page.wait_for_path("/identities?kind=user&sort=last_used_at")?;
        page.role("searchbox", "Filter identities").type_text("deploy")?;
        page.wait_for_path("/identities?q=deploy&kind=user&sort=last_used_at")?;
        wait_for_rows(page, 1)?;

        page.role("button", "Export").click()?;
        let file = page
            .role("link", "CSV, for spreadsheets")
            .attribute("href")?
            .unwrap_or_default();
        page.evaluate(
            "fetch(arguments[0]).then(answer => answer.text()).then(text => { window.exported = text })",
            vec![json!(file)],
        )?;
        let exported = |page: &Page| page.evaluate("return window.exported ?? null", Vec::new());
        page.wait_for("the exported file", |page| Ok(exported(page)?.is_string()))?;
        let text = exported(page)?;
        let lines: Vec<&str> = text.as_str().unwrap_or_default().lines().collect();
        ensure!(lines.len() == 2 && lines[1].contains("user/ci-deploy"), "{lines:?}");

        page.goto(&rollcall.url("/identities?knd=user"))?;
        page.text("This link asks for something that the list does not have")
            .wait()?;
        // The server's refusal is in the console: it was asked for.
        page.take_console_errors()?;
        Ok(())
    })
}

#[test]
fn a_finding_leads_from_its_rule_to_the_line_and_the_remedy() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("findings", |page| {
        page.goto(&rollcall.url("/"))?;
        page.text("What is worst?").wait()?;
        page.css(".top-finding-title").nth(0).click()?;
        page.role("heading", "Findings").wait()?;
        page.goto(&rollcall.url("/rules#not_rotated"))?;
        // The rule that the link names is open. The keys of `old-batch` and `scratch` are too old.
        page.text("Show 2 findings").click()?;
        page.wait_for_path("/findings?rule=not_rotated")?;
        wait_for_rows(page, 2)?;
        page.role("link", "Not rotated in time").nth(0).click()?;
        page.role("heading", "Not rotated in time").wait()?;
        page.text("90 d").nth(0).wait()?;
        page.css(".evidence[href*='/sources']").wait()?;
        page.text("Make a second credential").wait()?;

        page.goto(&rollcall.url("/finding?key=not_rotated/nothing"))?;
        page.text("This snapshot does not have this finding").wait()
    })
}

#[test]
fn a_page_tells_what_an_identity_can_do_and_who_would_break() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("safe-to-act", |page| {
        page.goto(&rollcall.url("/identity?id=arn:aws:iam::111122223333:user/ci-deploy"))?;
        page.role("heading", "What it can do").wait()?;
        page.text("Nothing that an export tells").wait()?;
        page.role("heading", "Who can reach it").wait()?;
        page.role("link", "Safe to replace?").click()?;
        page.text("Who would break").wait()?;
        page.text("user ci-deploy last used it on 2026-10-30").wait()?;
        page.text("Whom to tell").wait()?;
        // The address holds it: a colleague opens the same.
        let address = page.url()?;
        page.goto(&address)?;
        page.text("Who would break").wait()?;
        page.role("link", "Close").click()?;
        page.text("Who would break").wait_until_gone()
    })
}

#[test]
fn a_page_answers_whether_an_identity_may_do_one_thing() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("may", |page| {
        page.goto(&rollcall.url("/identity?id=arn:aws:iam::111122223333:user/ci-deploy"))?;
        page.role("textbox", "Action").type_text("s3:GetObject")?;
        page.role("textbox", "Resource").type_text("arn:aws:s3:::books/2026")?;
        page.role("button", "Ask").click()?;
        page.text("ci-deploy may not do s3:GetObject on arn:aws:s3:::books/2026: nothing allows it.")
            .wait()?;
        page.text("Not looked at:").wait()?;
        // The address asks the same.
        let address = page.url()?;
        page.goto(&address)?;
        page.text("nothing allows it").wait()
    })
}

#[test]
fn a_limit_is_tried_and_comes_back_as_configuration() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("what-if", |page| {
        page.goto(&rollcall.url("/kpis"))?;
        page.role("link", "What if").click()?;
        page.text("Change a limit to see what it does").wait()?;
        // The key of `ci-deploy` is 30 days old.
        let field = page.role("spinbutton", "Rotate access keys every");
        field.clear()?;
        field.type_text("10")?;
        page.keys(&Key::Enter.to_string())?;
        page.wait_for_path("/what-if?access_key_max_age_days=10")?;
        page.text("access_key_max_age_days = { value = 10").wait()?;
        page.role("link", "ci-deploy").wait()?;
        page.role("link", "Back to the limits in force").click()?;
        page.wait_for_path("/what-if")?;
        page.text("Change a limit to see what it does").wait()
    })
}

#[test]
fn a_standard_leads_to_its_rules() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("compliance", |page| {
        page.goto(&rollcall.url("/findings"))?;
        page.role("link", "By standard").click()?;
        page.wait_for_path("/compliance")?;
        page.css("details.source > summary").nth(0).click()?;
        page.text("Not measurable").nth(0).wait()?;
        page.css("details[open] a.tag").nth(0).click()?;
        page.css(".rule > details[open]").wait()
    })
}

#[test]
fn an_owner_leads_to_what_is_to_review_and_how() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("reviews", |page| {
        page.goto(&rollcall.url("/identity?id=arn:aws:iam::111122223333:user/ci-deploy"))?;
        page.role("link", "What they are to review").click()?;
        page.wait_for_path("/reviews?owner=Platform")?;
        page.role("heading", "Platform").wait()?;
        page.text("In time").nth(0).wait()?;
        page.text("review export ESTATE --owner \"Platform\"").wait()?;
        page.role("link", "Reviews").nth(0).click()?;
        page.wait_for_path("/reviews")?;
        page.text("Whose reviews are due?").wait()?;
        page.role("link", "Data").click()?;
        page.wait_for_path("/reviews?owner=Data")?;
        page.text("Overdue").nth(0).wait()?;
        page.role("link", "old-batch").click()?;
        page.role("heading", "old-batch").wait()
    })
}

#[test]
fn what_is_new_in_a_log_is_a_lead_with_its_line() -> Result<()> {
    let (rollcall, estate) = estate::served()?;
    journey("leads", |page| {
        page.goto(&rollcall.url("/leads"))?;
        page.text("Nothing tells how identities act").wait()?;
        let event = json!({
            "eventVersion": "1.11", "eventTime": "2026-10-30T10:00:00Z", "eventSource": "s3.amazonaws.com",
            "eventName": "ListBuckets", "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64)",
            "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ci-deploy", "accountId": "111122223333" }
        });
        let log = json!({ "Records": [event] }).to_string();
        fs::write(estate.path().join("2026-10-31/aws-prod/cloudtrail.json"), log)?;
        page.text("Used by a person?").wait()?;
        page.text("Somebody used it with a browser on 2026-10-30").wait()?;
        page.css(".lead .evidence[href*='/sources']").wait()?;
        page.role("link", "ci-deploy").click()?;
        page.role("heading", "ci-deploy").wait()?;
        page.text("What it did lately and never before").wait()
    })
}

#[test]
fn time_to_rotate_is_a_curve_and_a_table() -> Result<()> {
    let (rollcall, _estate) = estate::served_twice()?;
    journey("time-to-rotate", |page| {
        page.goto(&rollcall.url("/credentials"))?;
        page.text("How long until a credential is replaced?").wait()?;
        page.text("were seen to be replaced").wait()?;
        page.css("figure:has(.chart-mark[aria-label*='still in place'])")
            .wait()?;
        page.css("figure:has(.chart-mark[aria-label*='still in place']) button[aria-pressed]")
            .click()?;
        page.text("Under observation").wait()
    })
}

#[test]
fn pages_and_identities_are_a_few_letters_away() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("palette", |page| {
        page.goto(&rollcall.url("/"))?;
        page.role("heading", "Overview").wait()?;
        page.keys(&(Key::Control + "k"))?;
        page.role("option", None).nth(0).wait()?;
        page.keys("standard")?;
        page.keys(&Key::Down.to_string())?;
        page.keys(&Key::Enter.to_string())?;
        page.wait_for_path("/compliance")?;

        page.keys(&(Key::Control + "k"))?;
        page.keys("old-batch")?;
        page.text("old-batch").wait()?;
        page.keys(&Key::Down.to_string())?;
        page.keys(&Key::Enter.to_string())?;
        page.role("heading", "old-batch").wait()?;

        // Escape leaves everything as it was, the focus too.
        page.evaluate("document.querySelector('main a').focus()", Vec::new())?;
        page.keys("/")?;
        page.role("option", None).nth(0).wait()?;
        page.keys(&Key::Escape.to_string())?;
        page.css("[role=option]").wait_until_gone()?;
        page.css("main a:focus").wait()?;
        page.role("heading", "old-batch").wait()
    })
}

#[test]
fn the_graph_is_searched_walked_and_asked_who_reaches_what() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("access", |page| {
        page.goto(&rollcall.url("/access"))?;
        page.text("Begin with a name").wait()?;
        page.role("searchbox", "Find a node").type_text("old-batch")?;
        let node = "node=identity:arn:aws:iam::111122223333:user/old-batch";
        page.css(&format!(".explorer-results a[href='/access?{node}']"))
            .click()?;
        page.wait_for_path(&format!("/access?{node}"))?;
        page.css(".explorer-side .explorer-name").wait()?;
        page.text("In words").wait()?;
        // The picture is walked by keys; what is chosen stands in the address.
        page.evaluate("document.querySelector('.explorer-canvas').focus()", Vec::new())?;
        page.keys(&Key::Right.to_string())?;
        page.wait_for("a chosen node", |page| Ok(page.url()?.contains("&at=")))?;
        page.keys(&Key::Enter.to_string())?;
        page.wait_for("its neighbours", |page| Ok(page.url()?.contains("&open=")))?;
        page.keys("u")?;
        page.wait_for("the state before", |page| Ok(!page.url()?.contains("&open=")))?;

        page.css("[data-key=reach]").click()?;
        page.wait_for_path(&format!("/access?view=reach&{node}"))?;
        page.text("By distance").wait()?;
        page.css(".explorer-words a[href*='view=paths']").nth(0).click()?;
        page.css(".path-sentence").wait()?;
        page.css(".explorer-words .evidence").nth(0).click()?;
        page.role("heading", "Sources").wait()
    })
}

#[test]
fn a_view_of_the_graph_is_arranged_filtered_saved_and_opened_again() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("access-view", |page| {
        let node = "node=identity:arn:aws:iam::111122223333:user/old-batch";
        page.goto(&rollcall.url(&format!("/access?{node}")))?;
        page.css(".explorer-side .explorer-name").wait()?;
        let has = |part: &'static str| page.wait_for(part, move |page| Ok(page.url()?.contains(part)));
        page.evaluate("document.querySelector('.explorer-canvas').focus()", Vec::new())?;
        page.keys(&Key::Right.to_string())?;
        has("&at=")?;
        page.keys("p")?;
        has("&pin=")?;
        page.keys("u")?;
        page.wait_for("nothing pinned", |page| Ok(!page.url()?.contains("&pin=")))?;
        page.css("[data-key=Tier]").click()?;
        page.css("[data-menu=Tier] input").nth(0).click()?;
        has("&tier=")?;
        page.css("[data-menu=Tier] input").nth(0).click()?;
        page.wait_for("everything again", |page| Ok(!page.url()?.contains("&tier=")))?;
        page.evaluate("document.querySelector('.explorer-canvas').focus()", Vec::new())?;
        page.keys("p")?;
        has("&pin=")?;
        page.keys("+")?;
        has("&camera=")?;

        // Every kind of file is offered.
        page.evaluate(
            "window.saved = []; HTMLAnchorElement.prototype.click = function () { saved.push(this.download) }",
            Vec::new(),
        )?;
        for kind in ["png", "svg", "csv", "json"] {
            let press = "document.querySelector(arguments[0]).click()";
            page.evaluate(press, vec![json!(format!("[data-do={kind}]"))])?;
            let offered = page.evaluate("return saved.at(-1)", Vec::new())?;
            assert_eq!(offered, json!(format!("access-graph.{kind}")));
        }

        // The address is all of it: somebody else sees the same.
        let (address, seen) = (
            page.url()?,
            page.css(".explorer-picture [role=status]").property("textContent")?,
        );
        page.goto(&rollcall.url("/sources"))?;
        page.goto(&address)?;
        page.wait_for("the same", |page| {
            Ok(page.css(".explorer-picture [role=status]").property("textContent")? == seen)
        })?;
        assert_eq!(page.url()?, address);
        page.css("[data-do=pin][aria-label^='Let go']").wait()
    })
}

#[test]
fn what_differs_between_two_snapshots_is_counted_listed_and_followed() -> Result<()> {
    let (rollcall, _estate) = estate::served_twice()?;
    journey("history", |page| {
        page.goto(&rollcall.url("/"))?;
        page.css(".hero .spark").wait()?;
        page.goto(&rollcall.url("/history"))?;
        page.text("From 30 Sep 2026 to 31 Oct 2026").wait()?;
        // September has no export of the cluster: what October lists there may be old.
        page.css("a[href='/history?of=identity&kind=not_observed_before']")
            .wait_for_text("2")?;
        page.css("a[href='/history?of=identity&kind=new']").click()?;
        page.wait_for_path("/history?of=identity&kind=new")?;
        page.text("1–1 of 1 change").wait()?;
        page.role("searchbox", "Filter changes").type_text("nobody")?;
        page.wait_for_path("/history?of=identity&kind=new&q=nobody")?;
        page.text("No change matches").wait()?;
        page.text("Clear all filters").click()?;
        page.css(".history-list a[href='/identity?snapshot=2026-10-31&id=arn:aws:iam::111122223333:user/scratch']")
            .nth(0)
            .click()?;
        page.role("heading", "scratch").wait()?;

        page.goto(&rollcall.url("/history?from=2026-10-31"))?;
        page.text("There is nothing to compare with").wait()?;
        page.goto(&rollcall.url("/history?kind=lost"))?;
        page.text("This link asks for something that the history does not have")
            .wait()?;
        page.take_console_errors()?;
        Ok(())
    })
}

#[test]
fn names_from_exports_are_text() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("hostile-name", |page| {
        page.goto(&rollcall.url("/identities?q=bold"))?;
        wait_for_rows(page, 1)?;
        page.role("link", "shop/<b>bold</b>").click()?;
        page.role("heading", "shop/<b>bold</b>").wait()?;
        ensure!(page.css("main b").count()? == 0, "a name became markup");
        Ok(())
    })
}

#[test]
fn a_changed_estate_reaches_an_open_page_by_itself() -> Result<()> {
    let (rollcall, estate) = estate::served()?;
    journey("reload", |page| {
        page.goto(&rollcall.url("/identities"))?;
        wait_for_rows(page, 6)?;
        let more =
            r#"{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "late", "namespace": "shop"}}"#;
        fs::write(estate.path().join("2026-10-31/k8s-shop/late.json"), more)?;
        wait_for_rows(page, 7)?;

        // A broken configuration keeps the last good state, and says so.
        fs::write(estate.path().join("rollcall.toml"), "[thresholds]\nno_such = 1\n")?;
        page.text("unknown threshold").wait()?;
        wait_for_rows(page, 7)?;
        fs::write(estate.path().join("rollcall.toml"), "")?;
        page.text("unknown threshold").wait_until_gone()
    })
}

#[test]
fn a_server_that_is_gone_is_told_and_what_was_shown_stays() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("gone", |page| {
        page.goto(&rollcall.url("/identities"))?;
        wait_for_rows(page, 6)?;
        drop(rollcall);
        page.text("Not connected").wait()?;
        wait_for_rows(page, 6)?;
        page.take_console_errors()?;
        Ok(())
    })
}

#[test]
fn what_is_not_there_says_what_to_do() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    let empty = tempfile::tempdir()?;
    let bare = e2e::Rollcall::start(&["serve", &empty.path().to_string_lossy()])?;
    journey("absent", |page| {
        page.goto(&rollcall.url("/nowhere"))?;
        page.text("Nothing has this address").wait()?;
        page.role("link", "Go to the overview").click()?;
        page.role("heading", "Overview").wait()?;

        page.goto(&rollcall.url("/identity?id=arn:aws:iam::1:user/none"))?;
        page.text("this snapshot lists no identity `arn:aws:iam::1:user/none`")
            .wait()?;
        page.take_console_errors()?;

        page.goto(&bare.url("/"))?;
        page.text("No export of this snapshot lists an identity or a credential")
            .wait()?;
        page.goto(&bare.url("/identities"))?;
        page.text("No export of this snapshot lists identities").wait()?;
        page.goto(&bare.url("/sources"))?;
        page.text("This snapshot has no source").wait()
    })
}

#[test]
fn everything_is_reached_by_keyboard() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("keyboard", |page| {
        page.goto(&rollcall.url("/"))?;
        page.role("heading", "Overview").wait()?;
        page.keys("/")?;
        page.keys("old-batch")?;
        page.keys(&Key::Enter.to_string())?;
        wait_for_rows(page, 1)?;
        // One stop for the whole grid; arrows move in it, Enter opens.
        page.evaluate("document.querySelector('[role=grid]').focus()", Vec::new())?;
        page.keys(&Key::Down.to_string())?;
        page.keys(&Key::Enter.to_string())?;
        page.role("heading", "old-batch").wait()?;

        // In the graph, arrows go from the search to what it found, and back.
        page.goto(&rollcall.url("/access"))?;
        page.text("Begin with a name").wait()?;
        page.role("searchbox", "Find a node").type_text("old-batch")?;
        page.css(".explorer-results li:nth-child(2) a").wait()?;
        page.keys(&Key::Down.to_string().repeat(2))?;
        page.css(".explorer-results li:nth-child(2) a:focus").wait()?;
        page.keys(&Key::Up.to_string().repeat(2))?;
        page.css(".explorer-search input:focus").wait()?;
        page.keys(&Key::Down.to_string())?;
        page.keys(&Key::Enter.to_string())?;
        page.css(".explorer-side .explorer-name").wait()?;
        // A menu does not stay over what has the focus next.
        page.css("[data-menu=Tier] summary").click()?;
        page.css("[data-menu=Tier][open]").wait()?;
        page.evaluate("document.querySelector('.explorer-canvas').focus()", Vec::new())?;
        page.css("[data-menu=Tier][open]").wait_until_gone()
    })
}

#[test]
fn a_chosen_theme_stays() -> Result<()> {
    let (rollcall, _estate) = estate::served()?;
    journey("theme", |page| {
        page.goto(&rollcall.url("/"))?;
        let background = |page: &Page| page.css("html").style("background-color");
        let light = background(page)?;
        page.role("radio", "Dark").click()?;
        page.wait_for("the dark theme", |page| Ok(background(page)? != light))?;
        page.goto(&rollcall.url("/kpis"))?;
        page.role("heading", "KPIs").wait()?;
        ensure!(background(page)? != light, "the theme was forgotten");
        Ok(())
    })
}
