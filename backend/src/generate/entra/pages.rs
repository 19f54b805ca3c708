//! A collection of Microsoft Graph, page by page.

use std::path::Path;

use anyhow::Result;

use crate::generate::Estate;
use crate::generate::dirt::Export;
use crate::generate::draw::Draw;
use crate::generate::json::{Document, Json};
use crate::generate::truth::SnapshotTruth;

const INDENT: &[u8] = b"  ";
/// Graph returns at most this many objects a page.
const PAGE_LIMIT: u64 = 999;

/// A collection written in Graph's pages.
pub struct GraphPages<'a> {
    estate: &'a Estate,
    folder: &'a Path,
    /// The name of the files.
    collection: &'static str,
    /// What follows `$metadata#` in the context.
    pub context: String,
    /// What follows the version in a page's address.
    pub path: String,
    pub version: &'static str,
    total: u64,
    page_size: u64,
    n_written: u64,
    last_page: LastPage,
    open: Option<Document<Export>>,
}

/// Whether the last page was fetched. One that was not leaves a next link behind that leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LastPage {
    Fetched,
    Forgotten,
}

impl<'a> GraphPages<'a> {
    pub fn new(
        estate: &'a Estate,
        folder: &'a Path,
        collection: &'static str,
        total: u64,
        last_page: LastPage,
    ) -> Self {
        // Small tenants ask for small pages, so that they have several too.
        let page_size = if total > PAGE_LIMIT {
            PAGE_LIMIT
        } else {
            total.div_ceil(3).max(10)
        };
        Self {
            estate,
            folder,
            collection,
            context: collection.to_owned(),
            path: collection.to_owned(),
            version: "v1.0",
            total,
            page_size,
            n_written: 0,
            last_page,
            open: None,
        }
    }

    /// How many of the rows reach a file.
    pub fn n_kept(&self) -> u64 {
        match self.last_page {
            LastPage::Forgotten if self.total > self.page_size => (self.total - 1) / self.page_size * self.page_size,
            LastPage::Forgotten | LastPage::Fetched => self.total,
        }
    }

    /// Writes the next row, unless it stands on a page that nobody fetched. `az` sorts the members of an object.
    pub fn item(&mut self, row: Json, truth: &mut SnapshotTruth) -> Result<()> {
        if self.n_written.is_multiple_of(self.page_size) {
            self.end_page(truth)?;
            self.begin_page(truth)?;
        }
        self.n_written += 1;
        if let Some(document) = &mut self.open {
            document.item(&row.sorted())?;
        }
        Ok(())
    }

    fn begin_page(&mut self, truth: &mut SnapshotTruth) -> Result<()> {
        let page = self.n_written / self.page_size + 1;
        let name = format!("{}_{page}.json", self.collection);
        if self.n_written >= self.n_kept() && self.n_written > 0 {
            truth.fault(&self.folder.join(&name), "page missing after a next link");
            return Ok(());
        }
        let mut document = Document::object(Export::text(&self.estate.dirt, self.folder, &name)?, INDENT)?;
        let graph = format!("https://graph.microsoft.com/{}", self.version);
        document.member("@odata.context", format!("{graph}/$metadata#{}", self.context))?;
        if self.n_written + self.page_size < self.total {
            let token = Draw::new(self.estate.seed, self.collection, page, self.total).hex(44);
            let link = format!("{graph}/{}?$top={}&$skiptoken={token}", self.path, self.page_size);
            document.member("@odata.nextLink", link)?;
        }
        document.begin_list("value")?;
        self.open = Some(document);
        Ok(())
    }

    fn end_page(&mut self, truth: &mut SnapshotTruth) -> Result<()> {
        if let Some(mut document) = self.open.take() {
            document.end_list()?;
            let (path, quirks) = document.end_object()?.finish()?;
            truth.file(&path, &quirks);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let source = self.folder.file_name().unwrap_or_default().to_string_lossy();
            if quirks.is_empty() && self.estate.dirt.strikes("duplicate page", 0.01, &source, &name) {
                let copy = path.with_extension("copy.json");
                std::fs::copy(&path, &copy)?;
                truth.file(&copy, &["duplicate page"]);
            }
        }
        Ok(())
    }

    /// Completes the collection; an empty one is a page too.
    pub fn close(mut self, truth: &mut SnapshotTruth) -> Result<()> {
        if self.n_written == 0 {
            self.begin_page(truth)?;
        }
        self.end_page(truth)
    }
}
