//! An estate that was read before: the files that `rollcall export site` writes beside the dashboard.

use shared::analysis::{Analysis, judged_before};
use shared::config::Config;
use shared::history::History;
use shared::stored::{self, SiteHead};
use wasm_bindgen::JsValue;
use web_sys::js_sys::{ArrayBuffer, Uint8Array};
use web_sys::{XmlHttpRequest, XmlHttpRequestResponseType};

/// The site, and what it says of itself.
pub struct Site {
    pub head: SiteHead,
    config: Config,
    /// Of its folder, with a slash at the end.
    address: String,
}

impl Site {
    /// # Errors
    /// When its files are not there, or another version of Rollcall wrote them.
    pub fn open(address: String) -> Result<Site, String> {
        let sections = sections(&address, "estate.bin")?;
        let head = stored::site(&slices(&sections)).map_err(|_| unreadable("estate.bin"))?;
        let config = Config::parse(&head.config).map_err(|error| error.to_string())?;
        Ok(Site { head, config, address })
    }

    pub fn analysis(&self, index: usize) -> Result<Analysis, String> {
        let name = format!("snapshot-{index}.bin");
        let sections = sections(&self.address, &name)?;
        let sections = slices(&sections);
        let read = || {
            let [snapshot, judged] = stored::halves(&sections)?;
            let (snapshot, judged) = (stored::snapshot(snapshot)?, stored::judged(judged)?);
            Ok::<_, stored::Unreadable>(judged_before(snapshot, &self.config, judged))
        };
        read().map_err(|_| unreadable(&name))
    }

    pub fn history(&self) -> Result<History, String> {
        let sections = sections(&self.address, "history.bin")?;
        stored::history(&slices(&sections)).map_err(|_| unreadable("history.bin"))
    }
}

fn slices(sections: &[Vec<u8>]) -> Vec<&[u8]> {
    sections.iter().map(Vec::as_slice).collect()
}

fn unreadable(name: &str) -> String {
    format!("`{name}` was written by another version of Rollcall; write the whole site again")
}

fn sections(address: &str, name: &str) -> Result<Vec<Vec<u8>>, String> {
    let bytes = fetch(&format!("{address}{name}"))?;
    stored::unpacked(&bytes).map_err(|_| unreadable(name))
}

/// A file of the site. A worker may wait for it: nobody else is held up.
fn fetch(address: &str) -> Result<Vec<u8>, String> {
    let failed = |_: JsValue| format!("`{address}` cannot be loaded");
    let request = XmlHttpRequest::new().map_err(failed)?;
    request.open_with_async("GET", address, false).map_err(failed)?;
    request.set_response_type(XmlHttpRequestResponseType::Arraybuffer);
    request.send().map_err(failed)?;
    match request.status() {
        Ok(200) => {
            let response = request.response().map_err(failed)?;
            Ok(Uint8Array::new(&ArrayBuffer::from(response)).to_vec())
        }
        Ok(status) => Err(format!("`{address}` cannot be loaded: status {status}")),
        Err(error) => Err(failed(error)),
    }
}
