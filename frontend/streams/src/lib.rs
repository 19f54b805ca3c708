//! Stands in for the crate `wasm-streams`, which Leptos asks for through `server_fn`: it streams bodies of server functions,
//! and Rollcall has none. The real one exports classes to JavaScript, which no linker can leave out of the program
//! (`docs/adr/0015-small-program.md`).

use futures_util::stream::{Pending, Stream, pending};
use wasm_bindgen::JsValue;

/// A stream of the browser that carries what it is made from, and never anything else.
pub struct ReadableStream(web_sys::ReadableStream);

impl ReadableStream {
    /// The stream itself.
    pub fn from_raw(stream: web_sys::ReadableStream) -> Self {
        ReadableStream(stream)
    }

    /// Only a server function that streams its argument would call this.
    pub fn from_stream<S: Stream<Item = Result<JsValue, JsValue>> + 'static>(_: S) -> Self {
        unreachable!("Rollcall has no server functions")
    }

    /// The stream itself.
    pub fn into_raw(self) -> web_sys::ReadableStream {
        self.0
    }

    /// Only a server function that streams its answer would call this: nothing ever comes.
    pub fn into_stream(self) -> Pending<Result<JsValue, JsValue>> {
        pending()
    }
}
