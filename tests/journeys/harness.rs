//! The harness itself, on pages that need no server: what it finds, waits for and refuses.

use anyhow::Result;
use e2e::{DESKTOP, Key, PHONE, Theme, journey};
use serde_json::json;

const PAGE: &str = r#"data:text/html;charset=utf-8,<!DOCTYPE html><html lang="en"><title>Harness</title>
<link rel="icon" href="data:,">
<style>body { background: white } @media (prefers-color-scheme: dark) { body { background: black } }</style>
<h1>Harness</h1>
<button aria-label="Add one">%2B</button> <button disabled>Add two</button> <button hidden>Add three</button>
<output role="status">0</output>
<label>Name <input></label>
<p>Typed: <b></b></p>
<script>
  const [button, output, input, typed] = ['button', 'output', 'input', 'b'].map(tag => document.querySelector(tag));
  button.onclick = () => setTimeout(() => { output.textContent = Number(output.textContent) %2B 1 }, 200);
  input.oninput = () => { typed.textContent = input.value };
  onkeydown = event => { if (event.ctrlKey %26%26 event.key === 'k') { event.preventDefault(); input.focus() } };
</script>"#;

#[test]
fn elements_are_found_by_role_text_and_selector_and_changes_are_awaited() -> Result<()> {
    journey("harness", |page| {
        page.goto(PAGE)?;
        assert_eq!(page.title()?, "Harness");
        page.role("heading", "Harness").wait()?;
        page.role("button", "Add one").click()?;
        page.role("status", None).wait_for_text("1")?;

        // What assistive technology does not get is not found.
        assert_eq!(page.role("button", None).count()?, 2);
        assert_eq!(page.role("button", "Add three").count()?, 0);
        assert_eq!(page.css("button").count()?, 3);
        assert_eq!(
            page.role("button", "Add two").attribute("disabled")?.as_deref(),
            Some("true")
        );
        assert_eq!(page.css("button").nth(0).attribute("disabled")?, None);

        page.keys(&(Key::Control + "k"))?;
        page.keys("vault")?;
        page.text("Typed: vault").wait()?;
        page.role("textbox", "Name").type_text("-agent")?;
        page.text("vault-agent").wait_for_text("vault-agent")?;
        assert_eq!(
            page.role("textbox", "Name").property("value")?.as_deref(),
            Some("vault-agent")
        );
        page.role("textbox", "Name").clear()?;
        page.text("vault-agent").wait_until_gone()?;
        assert_eq!(page.evaluate("return arguments[0] + 1", vec![json!(1)])?, 2);
        Ok(())
    })
}

#[test]
fn screenshots_have_the_size_and_theme_asked_for() -> Result<()> {
    journey("harness-screenshots", |page| {
        page.goto(PAGE)?;
        for (name, viewport, theme, background) in [
            ("harness-desktop-light", DESKTOP, Theme::Light, "rgba(255, 255, 255, 1)"),
            ("harness-phone-dark", PHONE, Theme::Dark, "rgba(0, 0, 0, 1)"),
        ] {
            let picture = std::fs::read(page.screenshot(name, viewport, theme)?)?;
            let size = |at: usize| {
                picture[at..at + 4]
                    .iter()
                    .fold(0, |size, byte| size << 8 | u32::from(*byte))
            };
            // A PNG's width and height follow its signature and the header of its first chunk.
            assert_eq!((size(16), size(20)), (viewport.width, viewport.height));
            assert_eq!(page.css("body").style("background-color")?, background);
        }
        Ok(())
    })
}

#[test]
fn an_error_in_the_console_fails_the_journey() {
    let broken = "data:text/html,<link rel=icon href=data:,><script>throw Error('broken on purpose')</script>";
    let outcome = journey("harness-console", |page| page.goto(broken));
    if std::env::var_os("ROLLCALL_SKIP_BROWSER").is_none() {
        let error = format!("{:#}", outcome.unwrap_err());
        assert!(
            error.contains("1 errors") && error.contains("broken on purpose"),
            "{error}"
        );
    }

    let provoked = journey("harness-console-provoked", |page| {
        page.goto(broken)?;
        assert_eq!(page.take_console_errors()?.len(), 1);
        Ok(())
    });
    provoked.unwrap();
}
