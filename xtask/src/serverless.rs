//! The pages of a site without a server, made from the dashboard's own: `site.html`, which shows an estate that lies
//! beside it, and `app.html`, which is given files. `rollcall export` writes them; the server does not serve them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use lol_html::html_content::ContentType;
use lol_html::{RewriteStrSettings, element, rewrite_str};

use crate::inline::{check_integrity, integrity_of};

/// Where the engine and its pages are in `dist/`.
pub const FOLDER: &str = "engine";
/// What Trunk builds of the engine into the top of `dist/`.
const BUILT: [&str; 2] = ["engine.js", "engine_bg.wasm"];
const PAGE: &str = "engine/page.js";
const STYLE: &str = "engine/page.css";

/// A server of files sends no policy, so that the page says its own: as the server's, with workers and an icon that the
/// page makes.
/// `frame-ancestors` is only taken from a server.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self' blob:; \
    base-uri 'none'; form-action 'none'";

/// Which of the two pages.
#[derive(Clone, Copy)]
enum Kind {
    Site,
    App,
}

/// Puts the engine in its place in `staging`, and writes its pages from the dashboard's.
pub fn write(frontend: &Path, staging: &Path, dashboard: &str) -> Result<()> {
    let folder = staging.join(FOLDER);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    for name in BUILT {
        fs::rename(staging.join(name), folder.join(name)).with_context(|| format!("Trunk built no `{name}`"))?;
    }
    for name in ["page.js", "page.css"] {
        let source = frontend.join("engine").join(name);
        fs::copy(&source, folder.join(name)).with_context(|| format!("cannot copy `{}`", source.display()))?;
    }
    let drop = frontend.join("engine/drop.html");
    let drop = fs::read_to_string(&drop).with_context(|| format!("cannot read `{}`", drop.display()))?;
    for (name, kind) in [("site.html", Kind::Site), ("app.html", Kind::App)] {
        let html = page(staging, dashboard, kind, &drop)?;
        check_integrity(&html, staging)?;
        fs::write(folder.join(name), html).with_context(|| format!("cannot write `{name}`"))?;
    }
    Ok(())
}

fn page(staging: &Path, dashboard: &str, kind: Kind, drop: &str) -> Result<String> {
    let integrity = |name: &str| {
        let content = fs::read(staging.join(name)).with_context(|| format!("cannot read `{name}`"))?;
        anyhow::Ok(integrity_of(&content))
    };
    let mode = match kind {
        Kind::Site => "site",
        Kind::App => "files",
    };
    let first = format!(
        "\n<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <script src=\"/{PAGE}\" integrity=\"{}\" data-engine=\"{mode}\"></script>",
        integrity(PAGE)?
    );
    // After the others, which set the order of the layers.
    let last = format!(
        "<link rel=\"stylesheet\" href=\"/{STYLE}\" integrity=\"{}\">",
        integrity(STYLE)?
    );
    let mut settings = RewriteStrSettings::new().append_element_content_handler(element!("meta[charset]", |element| {
        element.after(&first, ContentType::Html);
        Ok(())
    }));
    if let Kind::App = kind {
        // The page starts the dashboard itself, when it has files.
        settings = settings
            .append_element_content_handler(element!("head", |element| {
                element.append(&last, ContentType::Html);
                Ok(())
            }))
            .append_element_content_handler(element!("script[type=module]", |element| {
                element.remove();
                Ok(())
            }))
            .append_element_content_handler(element!("#boot", |element| {
                element.remove_attribute("class");
                element.set_inner_content(drop, ContentType::Html);
                Ok(())
            }));
    }
    rewrite_str(dashboard, settings).map_err(|error| anyhow!("cannot rewrite the page: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DASHBOARD: &str = "<html><head><meta charset=\"utf-8\"><script type=\"module\" src=\"/boot.js\"></script></head>\
        <body><div id=\"boot\" class=\"shell\"><p>Loading</p></div></body></html>";

    fn pages() -> (String, String) {
        let root = tempfile::tempdir().unwrap();
        let (frontend, staging) = (root.path().join("frontend"), root.path().join("staging"));
        fs::create_dir_all(frontend.join("engine")).unwrap();
        fs::create_dir_all(&staging).unwrap();
        for name in BUILT {
            fs::write(staging.join(name), name).unwrap();
        }
        for (name, text) in [("page.js", "go()"), ("page.css", "p{}"), ("drop.html", "<h1>Drop</h1>")] {
            fs::write(frontend.join("engine").join(name), text).unwrap();
        }
        write(&frontend, &staging, DASHBOARD).unwrap();
        assert!(!staging.join("engine.js").exists());
        let read = |name: &str| fs::read_to_string(staging.join(FOLDER).join(name)).unwrap();
        assert_eq!(read("engine.js"), "engine.js");
        (read("site.html"), read("app.html"))
    }

    #[test]
    fn both_pages_say_their_policy_before_anything_is_loaded() {
        let (site, app) = pages();
        for (page, mode) in [(&site, "site"), (&app, "files")] {
            let policy = page.find("http-equiv=\"Content-Security-Policy\"").unwrap();
            assert!(policy < page.find("<script").unwrap());
            assert!(page.contains(&format!("data-engine=\"{mode}\"")), "{page}");
        }
    }

    #[test]
    fn only_the_page_that_is_given_files_waits_for_them() {
        let (site, app) = pages();
        assert!(site.contains("/boot.js") && site.contains("<p>Loading</p>"));
        assert!(!app.contains("/boot.js") && !app.contains("Loading"));
        assert!(
            app.contains("<div id=\"boot\"><h1>Drop</h1></div>") && app.contains(STYLE),
            "{app}"
        );
    }
}
