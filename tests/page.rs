//! The one page that a journey looks at.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::locator::Locator;
use crate::screenshots;

/// How long a step is tried. Generous, as machines with two busy cores run journeys, too; a passing step never uses it.
pub const PATIENCE: Duration = Duration::from_secs(15);
const BETWEEN_TRIES: Duration = Duration::from_millis(25);

pub const DESKTOP: Viewport = Viewport {
    width: 1440,
    height: 900,
};
pub const PHONE: Viewport = Viewport {
    width: 390,
    height: 844,
};

pub const WIDE: Viewport = Viewport {
    width: 2560,
    height: 1440,
};

/// CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewport {
    pub width: u32,
    pub height: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    Unlimited,
    /// 1.6 Mb/s down, 750 kb/s up, 150 ms round trip, as Lighthouse has it.
    Slow4g,
    Offline,
}

pub struct Page {
    browser: Browser,
    /// The browser hands each console entry out once.
    errors: RefCell<Vec<String>>,
}

impl Page {
    /// A fresh browser with a [`DESKTOP`] viewport in the light theme.
    pub fn open() -> Result<Self> {
        let page = Page {
            browser: Browser::start()?,
            errors: RefCell::default(),
        };
        page.set_viewport(DESKTOP)?;
        page.set_theme(Theme::Light)?;
        Ok(page)
    }

    /// Loads `url` and returns when its `load` event has fired.
    pub fn goto(&self, url: &str) -> Result<()> {
        let gone = self.browser.wait(self.browser.client().goto(url));
        gone.with_context(|| format!("cannot open `{url}`"))
    }

    /// The element that assistive technology announces with this role and, if given, exactly this name.
    pub fn role<'a>(&'a self, role: &'a str, name: impl Into<Option<&'a str>>) -> Locator<'a> {
        Locator::role(self, role, name.into())
    }

    /// The innermost visible element that shows `text`, whatever its white space.
    pub fn text<'a>(&'a self, text: &'a str) -> Locator<'a> {
        Locator::text(self, text)
    }

    pub fn css<'a>(&'a self, selector: &'a str) -> Locator<'a> {
        Locator::css(self, selector)
    }

    /// Presses keys one after another where the focus is; modifiers stay down until the end, as in
    /// `page.keys(&(Key::Control + "k"))`.
    pub fn keys(&self, keys: &str) -> Result<()> {
        let is_modifier = |key: char| {
            [Key::Control, Key::Shift, Key::Alt, Key::Meta]
                .map(char::from)
                .contains(&key)
        };
        let mut actions = KeyActions::new("keyboard".to_owned());
        for key in keys.chars() {
            actions = actions.then(KeyAction::Down { value: key });
            if !is_modifier(key) {
                actions = actions.then(KeyAction::Up { value: key });
            }
        }
        for key in keys.chars().filter(|key| is_modifier(*key)) {
            actions = actions.then(KeyAction::Up { value: key });
        }
        self.browser.wait(self.browser.client().perform_actions(actions))?;
        Ok(())
    }

    pub fn url(&self) -> Result<String> {
        Ok(self.browser.wait(self.browser.client().current_url())?.into())
    }

    pub fn title(&self) -> Result<String> {
        Ok(self.browser.wait(self.browser.client().title())?)
    }

    /// The document as HTML, as it is now.
    pub fn source(&self) -> Result<String> {
        Ok(self.browser.wait(self.browser.client().source())?)
    }

    /// Runs `script` as a function's body with `arguments` and returns what it returns.
    pub fn evaluate(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.browser.wait(self.browser.client().execute(script, arguments))?)
    }

    /// Tries `condition` until it holds. `what` completes the sentence "waited in vain for …".
    pub fn wait_for(&self, what: &str, mut condition: impl FnMut(&Page) -> Result<bool>) -> Result<()> {
        self.retry(|page| match condition(page)? {
            true => Ok(()),
            false => Err(anyhow!("it does not hold")),
        })
        .with_context(|| format!("waited in vain for {what}"))
    }

    /// Waits until path, query and fragment of the address are `expected`.
    pub fn wait_for_path(&self, expected: &str) -> Result<()> {
        self.retry(|page| {
            let path = page.evaluate("return location.pathname + location.search + location.hash", Vec::new())?;
            match path.as_str() {
                Some(path) if path == expected => Ok(()),
                _ => Err(anyhow!("the address is {path}, not \"{expected}\"")),
            }
        })
    }

    pub fn set_viewport(&self, viewport: Viewport) -> Result<()> {
        let Viewport { width, height } = viewport;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.browser.devtools("Emulation.setDeviceMetricsOverride", metrics)?;
        Ok(())
    }

    /// What the operating system would prefer; the page may choose otherwise.
    pub fn set_theme(&self, theme: Theme) -> Result<()> {
        let value = match theme {
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.browser.devtools("Emulation.setEmulatedMedia", features)?;
        Ok(())
    }

    /// Gives files or a folder to an input of a page, as a person who chooses them does.
    pub fn give_files(&self, selector: &str, paths: &[&Path]) -> Result<()> {
        let expression = format!("document.querySelector({})", json!(selector));
        let found = self
            .browser
            .devtools("Runtime.evaluate", json!({ "expression": expression }))?;
        let files: Vec<String> = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let parameters = json!({ "files": files, "objectId": found["result"]["objectId"] });
        self.browser.devtools("DOM.setFileInputFiles", parameters)?;
        Ok(())
    }

    /// Drops files or folders on the middle of the window, as a person who drags them there does.
    pub fn drop_files(&self, paths: &[&Path]) -> Result<()> {
        let middle = self.evaluate("return [innerWidth / 2, innerHeight / 2]", Vec::new())?;
        let files: Vec<String> = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        for step in ["dragEnter", "dragOver", "drop"] {
            let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
            let parameters = json!({ "type": step, "x": middle[0], "y": middle[1], "data": data });
            self.browser.devtools("Input.dispatchDragEvent", parameters)?;
        }
        Ok(())
    }

    /// Runs a script in every document that is loaded from now on, before its own.
    pub fn run_first(&self, script: &str) -> Result<()> {
        let parameters = json!({ "source": script });
        self.browser
            .devtools("Page.addScriptToEvaluateOnNewDocument", parameters)?;
        Ok(())
    }

    pub fn set_network(&self, network: Network) -> Result<()> {
        // Bytes a second and milliseconds; -1 is no limit.
        let (down, up, latency) = match network {
            Network::Unlimited | Network::Offline => (-1, -1, 0),
            Network::Slow4g => (200_000, 93_750, 150),
        };
        self.browser.devtools("Network.enable", json!({}))?;
        let conditions = json!({
            "offline": network == Network::Offline,
            "downloadThroughput": down,
            "uploadThroughput": up,
            "latency": latency,
        });
        self.browser.devtools("Network.emulateNetworkConditions", conditions)?;
        Ok(())
    }

    /// Makes the page's processor `times` slower than the machine's; 1 is the machine's own speed.
    pub fn slow_processor(&self, times: f64) -> Result<()> {
        self.browser
            .devtools("Emulation.setCPUThrottlingRate", json!({ "rate": times }))?;
        Ok(())
    }

    /// The page as a browser prints it: a PDF.
    pub fn print(&self) -> Result<Vec<u8>> {
        Ok(STANDARD.decode(self.browser.print()?)?)
    }

    /// Changes viewport and theme, for what follows too, and saves the picture as `screenshots/<name>.png` in the
    /// target directory.
    pub fn screenshot(&self, name: &str, viewport: Viewport, theme: Theme) -> Result<PathBuf> {
        self.set_viewport(viewport)?;
        self.set_theme(theme)?;
        self.picture(name)
    }

    /// Saves a picture of the page as it is.
    pub fn picture(&self, name: &str) -> Result<PathBuf> {
        // Two frames: the first may have been laid out before the last change.
        let settled = "document.fonts.ready.then(() => new Promise(done =>
            requestAnimationFrame(() => requestAnimationFrame(() => done()))))";
        let settled = json!({ "expression": settled, "awaitPromise": true });
        self.browser.devtools("Runtime.evaluate", settled)?;
        let picture = self
            .browser
            .devtools("Page.captureScreenshot", json!({ "format": "png" }))?;
        let picture = STANDARD.decode(picture["data"].as_str().unwrap_or_default())?;
        let path = screenshots()?.join(format!("{name}.png"));
        fs::write(&path, picture).with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(path)
    }

    /// Errors in the console since the page was opened: exceptions, failed requests, violated policies.
    pub fn console_errors(&self) -> Result<Vec<String>> {
        let mut errors = self.errors.borrow_mut();
        for entry in self.browser.console()? {
            if entry["level"] == "SEVERE" {
                errors.push(entry["message"].as_str().unwrap_or_default().to_owned());
            }
        }
        Ok(errors.clone())
    }

    /// For a journey that provokes errors on purpose: returns those until now, which then no longer fail it.
    pub fn take_console_errors(&self) -> Result<Vec<String>> {
        self.console_errors()?;
        Ok(self.errors.take())
    }

    pub(crate) fn browser(&self) -> &Browser {
        &self.browser
    }

    /// Tries until it works or [`PATIENCE`] is over, and then returns the last error.
    pub(crate) fn retry<T>(&self, mut attempt: impl FnMut(&Page) -> Result<T>) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match attempt(self) {
                Err(_) if Instant::now() < deadline => {
                    // Inside the runtime, as fantoccini's own task runs only there.
                    self.browser.wait(async { tokio::time::sleep(BETWEEN_TRIES).await });
                }
                outcome => return outcome,
            }
        }
    }
}
