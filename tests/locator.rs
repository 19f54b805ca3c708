//! How a journey points at an element: looked up anew for every step, and waited for.

use std::fmt;

use anyhow::{Result, anyhow, bail};
use fantoccini::Locator as WebDriverLocator;
use fantoccini::elements::Element;
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::page::Page;

/// Points at one element. Every step waits until exactly one is there and the step can be done with it.
#[derive(Clone)]
pub struct Locator<'a> {
    page: &'a Page,
    by: By<'a>,
    nth: Option<usize>,
}

#[derive(Clone, Copy)]
enum By<'a> {
    Role { role: &'a str, name: Option<&'a str> },
    Text(&'a str),
    Css(&'a str),
}

impl<'a> Locator<'a> {
    pub(crate) fn role(page: &'a Page, role: &'a str, name: Option<&'a str>) -> Self {
        Locator {
            page,
            by: By::Role { role, name },
            nth: None,
        }
    }

    pub(crate) fn text(page: &'a Page, text: &'a str) -> Self {
        Locator {
            page,
            by: By::Text(text),
            nth: None,
        }
    }

    pub(crate) fn css(page: &'a Page, selector: &'a str) -> Self {
        Locator {
            page,
            by: By::Css(selector),
            nth: None,
        }
    }

    /// The one at `index` in document order, counted from 0, where several match.
    pub fn nth(mut self, index: usize) -> Self {
        self.nth = Some(index);
        self
    }

    /// Waits until it is there.
    pub fn wait(&self) -> Result<()> {
        self.step("find", |_| Ok(()))
    }

    /// Waits until none is there.
    pub fn wait_until_gone(&self) -> Result<()> {
        self.page.retry(|_| match self.count()? {
            0 => Ok(()),
            n_elements => Err(anyhow!("{self} should be gone, {n_elements} are there")),
        })
    }

    /// Waits until its visible text, white space collapsed, is `expected`.
    pub fn wait_for_text(&self, expected: &str) -> Result<()> {
        self.step("read", |element| {
            let text = self.shown(element)?;
            if text != expected {
                bail!("it shows `{text}`, not `{expected}`");
            }
            Ok(())
        })
    }

    pub fn click(&self) -> Result<()> {
        self.step("click", |element| Ok(self.page.browser().wait(element.click())?))
    }

    /// Types `text` at the end of what is in the field.
    pub fn type_text(&self, text: &str) -> Result<()> {
        self.step("type into", |element| {
            Ok(self.page.browser().wait(element.send_keys(text))?)
        })
    }

    /// Empties a field as people do. WebDriver's own command fires no `input` event.
    pub fn clear(&self) -> Result<()> {
        let keys: String = [
            Key::Control.to_string(),
            "a".to_owned(),
            Key::Null.to_string(),
            Key::Backspace.to_string(),
        ]
        .concat();
        self.step("clear", |element| {
            Ok(self.page.browser().wait(element.send_keys(&keys))?)
        })
    }

    /// Chooses an `<option>` by what it shows.
    pub fn select(&self, label: &str) -> Result<()> {
        self.step("select in", |element| {
            Ok(self.page.browser().wait(element.select_by_label(label))?)
        })
    }

    /// Visible text, white space collapsed.
    pub fn read(&self) -> Result<String> {
        self.step("read", |element| self.shown(element))
    }

    /// An attribute as the document has it now; `None` if it is absent.
    pub fn attribute(&self, name: &str) -> Result<Option<String>> {
        self.step("read", |element| Ok(self.page.browser().wait(element.attr(name))?))
    }

    /// A property of the DOM object, for example the `value` of an input.
    pub fn property(&self, name: &str) -> Result<Option<String>> {
        self.step("read", |element| Ok(self.page.browser().wait(element.prop(name))?))
    }

    /// A computed style.
    pub fn style(&self, name: &str) -> Result<String> {
        self.step("read", |element| {
            Ok(self.page.browser().wait(element.css_value(name))?)
        })
    }

    /// How many match now, without waiting.
    pub fn count(&self) -> Result<usize> {
        Ok(self.all()?.len())
    }

    fn step<T>(&self, what: &str, mut act: impl FnMut(&Element) -> Result<T>) -> Result<T> {
        let outcome = self.page.retry(|_| act(&self.one()?));
        outcome.map_err(|error| error.context(format!("cannot {what} {self}")))
    }

    fn shown(&self, element: &Element) -> Result<String> {
        let text = self.page.browser().wait(element.text())?;
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn one(&self) -> Result<Element> {
        let mut elements = self.all()?;
        let n_elements = elements.len();
        match self.nth {
            Some(index) if index < n_elements => Ok(elements.swap_remove(index)),
            Some(_) => bail!("only {n_elements} are there"),
            None if n_elements == 1 => Ok(elements.swap_remove(0)),
            None if n_elements == 0 => bail!("none is there"),
            None => bail!("{n_elements} match; say more exactly which, or use `nth`"),
        }
    }

    fn all(&self) -> Result<Vec<Element>> {
        let browser = self.page.browser();
        match self.by {
            By::Css(selector) => Ok(browser.wait(browser.client().find_all(WebDriverLocator::Css(selector)))?),
            By::Text(text) => self.elements(self.page.evaluate(INNERMOST_WITH_TEXT, vec![json!(text)])?),
            By::Role { role, name } => self.by_role(role, name),
        }
    }

    /// Asks Chromium's own accessibility tree, so that roles and names are those that assistive technology gets.
    fn by_role(&self, role: &str, name: Option<&str>) -> Result<Vec<Element>> {
        let browser = self.page.browser();
        let document = browser.devtools("Runtime.evaluate", json!({ "expression": "document" }))?;
        let mut query = json!({ "objectId": document["result"]["objectId"], "role": role });
        if let Some(name) = name {
            query["accessibleName"] = json!(name);
        }
        let answer = browser.devtools("Accessibility.queryAXTree", query)?;
        let nodes = answer["nodes"].as_array().cloned().unwrap_or_default();
        // DevTools and WebDriver name elements differently; the page itself hands them over.
        for node in nodes.iter().filter(|node| node["ignored"] != true) {
            let node = browser.devtools("DOM.resolveNode", json!({ "backendNodeId": node["backendDOMNodeId"] }))?;
            let hand_over = json!({
                "objectId": node["object"]["objectId"],
                "functionDeclaration": "function () { (window.e2eFound ??= []).push(this); }",
            });
            browser.devtools("Runtime.callFunctionOn", hand_over)?;
        }
        self.elements(self.page.evaluate(TAKE_FOUND, Vec::new())?)
    }

    fn elements(&self, references: Value) -> Result<Vec<Element>> {
        let references = references.as_array().cloned().unwrap_or_default();
        let element = |reference: &Value| {
            let id = reference[ELEMENT_KEY].as_str()?;
            Some(Element::from_element_id(
                self.page.browser().client().clone(),
                id.to_owned().into(),
            ))
        };
        references
            .iter()
            .map(|reference| element(reference).ok_or_else(|| anyhow!("`{reference}` is no element")))
            .collect()
    }
}

impl fmt::Display for Locator<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            By::Role { role, name: Some(name) } => write!(formatter, "the {role} `{name}`")?,
            By::Role { role, name: None } => write!(formatter, "the {role}")?,
            By::Text(text) => write!(formatter, "the text `{text}`")?,
            By::Css(selector) => write!(formatter, "`{selector}`")?,
        }
        match self.nth {
            Some(index) => write!(formatter, " [{index}]"),
            None => Ok(()),
        }
    }
}

/// The key of an element reference, fixed by the WebDriver standard.
const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";

const TAKE_FOUND: &str = "
    const found = window.e2eFound ?? [];
    delete window.e2eFound;
    return found.filter(element => element.isConnected);
";

const INNERMOST_WITH_TEXT: &str = r"
    const wanted = arguments[0].replace(/\s+/g, ' ').trim();
    const shows = element => element.checkVisibility({ visibilityProperty: true })
        && (element.innerText ?? element.textContent).replace(/\s+/g, ' ').includes(wanted);
    const innermost = element => {
        const inner = [...element.children].filter(shows).flatMap(innermost);
        return inner.length > 0 ? inner : [element];
    };
    return shows(document.body) ? innermost(document.body) : [];
";
