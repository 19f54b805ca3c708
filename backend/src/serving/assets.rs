//! The frontend, embedded in the binary.

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where the files are that only a site without a server needs: see [`crate::site`].
pub const ENGINE_FOLDER: &str = "engine/";

/// One file of the built frontend, in the encodings it was packed in.
pub struct Asset {
    /// Without a leading `/`.
    pub path: &'static str,
    pub plain: &'static [u8],
    pub brotli: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
    /// Changes with `plain`.
    pub digest: u64,
}

impl Asset {
    /// How long a browser may keep the file without asking.
    pub fn cached(&self) -> &'static str {
        match self.is_hashed() {
            true => "public, max-age=31536000, immutable",
            false => "no-cache",
        }
    }

    /// What browsers need to be told it is: WebAssembly compiles while it streams only as `application/wasm`.
    pub fn media_type(&self) -> &'static str {
        match self.path.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("wasm") => "application/wasm",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("json" | "webmanifest") => "application/json",
            _ => "application/octet-stream",
        }
    }

    /// Whether the name holds a hash of the contents (`app-0123456789abcdef.js`), so that it may be kept for ever.
    fn is_hashed(&self) -> bool {
        let stem = self.path.rsplit('/').next().unwrap_or(self.path);
        let is_hash = |part: &str| part.len() >= 8 && part.bytes().all(|b| b.is_ascii_hexdigit());
        stem.split(['-', '.', '_']).skip(1).any(is_hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        let asset = |path| Asset {
            path,
            plain: b"",
            brotli: None,
            gzip: None,
            digest: 0,
        };
        assert!(asset("frontend-0a1b2c3d4e5f6789_bg.wasm").is_hashed());
        assert!(!asset("index.html").is_hashed());
        assert!(!asset("favicon.svg").is_hashed());
    }
}
