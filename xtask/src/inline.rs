//! Rids a page of inline code, so that its Content-Security-Policy needs no exception.
//!
//! Trunk writes its loader as an inline module script. Here every inline script moves to a file that is named by its
//! content, and whatever else the policy would block (style elements and attributes, event handler attributes,
//! `javascript:` links) is an error, because the browser would only report it at run time.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, rewrite_str, text};
use sha2::{Digest, Sha384};

use crate::digest;

/// A page without inline code, and the files that its scripts became.
pub struct Externalized {
    pub html: String,
    pub scripts: Vec<Script>,
}

pub struct Script {
    pub name: String,
    pub content: String,
}

/// Moves every inline script of `html` into a file, referenced from `public_url` with its integrity.
///
/// Fails if inline code of another kind remains, naming each place.
pub fn externalize(html: &str, public_url: &str) -> Result<Externalized> {
    let scripts = inline_scripts(html)?;
    let html = reference(html, public_url, &scripts)?;
    let leftovers = blocked(&html)?;
    if !leftovers.is_empty() {
        bail!(
            "the page holds inline code that its Content-Security-Policy blocks: {}",
            leftovers.join("; ")
        );
    }
    Ok(Externalized { html, scripts })
}

/// Checks every `integrity` attribute of the page against the file in `dist` that it speaks of.
pub fn check_integrity(html: &str, dist: &Path) -> Result<()> {
    let mut faults = Vec::new();
    for_each_element(html, "[integrity]", |element| {
        let link = element.get_attribute("src").or_else(|| element.get_attribute("href"));
        let integrity = element.get_attribute("integrity").unwrap_or_default();
        let Some(link) = link else {
            faults.push(format!("<{}> has an integrity but no file", element.tag_name()));
            return;
        };
        let name = link.trim_start_matches('/');
        match fs::read(dist.join(name)) {
            Ok(content) if integrity == integrity_of(&content) => {}
            Ok(content) => faults.push(format!(
                "`{name}` is {}, the page says {integrity}",
                integrity_of(&content)
            )),
            Err(error) => faults.push(format!("`{name}`: {error}")),
        }
    })?;
    if !faults.is_empty() {
        bail!(
            "the page's integrity attributes do not fit its files: {}",
            faults.join("; ")
        );
    }
    Ok(())
}

fn inline_scripts(html: &str) -> Result<Vec<Script>> {
    let contents: RefCell<Vec<String>> = RefCell::default();
    let mut foreign = Vec::new();
    rewrite_str(
        html,
        RewriteStrSettings::new()
            .append_element_content_handler(element!("script:not([src])", |element| {
                contents.borrow_mut().push(String::new());
                if !is_javascript(element.get_attribute("type").as_deref()) {
                    foreign.push(element.get_attribute("type").unwrap_or_default());
                }
                Ok(())
            }))
            .append_element_content_handler(text!("script:not([src])", |chunk| {
                if let Some(content) = contents.borrow_mut().last_mut() {
                    content.push_str(chunk.as_str());
                }
                Ok(())
            })),
    )
    .map_err(|error| anyhow!("cannot parse the page: {error}"))?;
    if !foreign.is_empty() {
        // Import maps and speculation rules cannot live in a file of their own.
        bail!(
            "the page holds inline scripts of type `{}`, which no file can replace",
            foreign.join("`, `")
        );
    }
    let scripts = contents.into_inner().into_iter().map(|content| {
        // What Trunk imports lies beside the script; said so, it does wherever the site lies.
        let content = content.replace("from '/", "from './");
        Script {
            name: format!("boot-{}.js", digest::short(content.as_bytes())),
            content,
        }
    });
    Ok(scripts.collect())
}

fn reference(html: &str, public_url: &str, scripts: &[Script]) -> Result<String> {
    let mut remaining = scripts.iter();
    rewrite_str(
        html,
        RewriteStrSettings::new().append_element_content_handler(element!("script:not([src])", |element| {
            let script = remaining.next().ok_or("a script appeared from nowhere")?;
            element.set_inner_content("", ContentType::Text);
            element.set_attribute("src", &format!("{public_url}{}", script.name))?;
            element.set_attribute("integrity", &integrity_of(script.content.as_bytes()))?;
            element.remove_attribute("nonce");
            Ok(())
        })),
    )
    .map_err(|error| anyhow!("cannot rewrite the page: {error}"))
}

/// Everything in the page that a policy without `unsafe-inline` blocks, as sentences.
fn blocked(html: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for_each_element(html, "*", |element| {
        let tag = element.tag_name();
        if tag == "style" || (tag == "script" && !element.has_attribute("src")) {
            found.push(format!("a <{tag}> element"));
        }
        for attribute in element.attributes() {
            let name = attribute.name();
            let value = attribute.value();
            let runs_code = name.starts_with("on") || value.trim_start().to_lowercase().starts_with("javascript:");
            if runs_code || name == "style" {
                found.push(format!("`{name}=\"{value}\"` on <{tag}>"));
            }
        }
    })?;
    Ok(found)
}

fn for_each_element(html: &str, selector: &str, mut visit: impl FnMut(&Element<'_, '_>)) -> Result<()> {
    rewrite_str(
        html,
        RewriteStrSettings::new().append_element_content_handler(element!(selector, |element| {
            visit(element);
            Ok(())
        })),
    )
    .map_err(|error| anyhow!("cannot parse the page: {error}"))?;
    Ok(())
}

/// The types that make a browser run a script; others are data or instructions to the browser.
fn is_javascript(kind: Option<&str>) -> bool {
    matches!(
        kind,
        None | Some("" | "module" | "text/javascript" | "application/javascript")
    )
}

/// The value of an `integrity` attribute, by the hash that Trunk uses.
pub fn integrity_of(content: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!DOCTYPE html><html><head>
<script src="/theme.js"></script>
<script type="module" nonce="x">
import init from '/app.js';
if (1 < 2 && "</p>") await init();
</script>
</head><body><main>Loading</main><script>go()</script></body></html>"#;

    #[test]
    fn inline_scripts_become_files_in_page_order() {
        let page = externalize(PAGE, "/").unwrap();
        let contents: Vec<&str> = page.scripts.iter().map(|script| script.content.as_str()).collect();
        assert_eq!(
            contents,
            [
                "\nimport init from './app.js';\nif (1 < 2 && \"</p>\") await init();\n",
                "go()"
            ]
        );
        let [module, classic] = page.scripts.as_slice() else {
            panic!("two scripts")
        };
        let expected = format!(
            r#"<!DOCTYPE html><html><head>
<script src="/theme.js"></script>
<script type="module" src="/{}" integrity="{}"></script>
</head><body><main>Loading</main><script src="/{}" integrity="{}"></script></body></html>"#,
            module.name,
            integrity_of(module.content.as_bytes()),
            classic.name,
            integrity_of(b"go()"),
        );
        assert_eq!(page.html, expected);
        assert_eq!(
            integrity_of(b""),
            "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb"
        );
    }

    #[test]
    fn a_page_without_inline_code_stays_as_it_is() {
        let html = r#"<link rel="stylesheet" href="/a.css"><script type="module" src="/b.js"></script>"#;
        let page = externalize(html, "/").unwrap();
        assert_eq!(page.html, html);
        assert!(page.scripts.is_empty());
    }

    #[test]
    fn other_inline_code_is_refused_with_its_place() {
        let html = r#"<style>a{}</style><p style="color:red" onclick="x()">a</p><a href=" JavaScript:x()">b</a>"#;
        let error = externalize(html, "/").err().unwrap().to_string();
        assert_eq!(
            error,
            "the page holds inline code that its Content-Security-Policy blocks: a <style> element; \
             `style=\"color:red\"` on <p>; `onclick=\"x()\"` on <p>; `href=\" JavaScript:x()\"` on <a>"
        );
    }

    #[test]
    fn an_import_map_is_refused() {
        let error = externalize(r#"<script type="importmap">{}</script>"#, "/")
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "the page holds inline scripts of type `importmap`, which no file can replace"
        );
    }

    #[test]
    fn integrity_is_checked_against_the_files() {
        let dist = tempfile::tempdir().unwrap();
        fs::write(dist.path().join("a.js"), "go()").unwrap();
        let page = |integrity: &str| format!(r#"<script src="/a.js" integrity="{integrity}"></script>"#);
        check_integrity(&page(&integrity_of(b"go()")), dist.path()).unwrap();
        check_integrity(&page(&integrity_of(b"stop()")), dist.path()).unwrap_err();
        check_integrity(r#"<link href="/gone.css" integrity="sha384-x">"#, dist.path()).unwrap_err();
    }
}
