//! Pages of Microsoft Graph: what they list, whether more follow, and whether all that is announced is there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::model::batch::Batch;
use crate::reading::json::Rows;

/// What a page lists: the part of its `@odata.context` behind `#`, such as `applications`.
pub fn listed_in<'a>(rows: &Rows<'a>, page: usize) -> Option<Cow<'a, str>> {
    let written = rows.page_header(rows.pages.get(page)?, "@odata.context")?;
    // PowerShell 5.1 writes quotes as \u0027.
    let context = match written.contains('\\') {
        true => serde_json::from_str::<String>(&format!("\"{written}\""))
            .ok()
            .map(Cow::Owned)?,
        false => Cow::Borrowed(written),
    };
    Some(match context {
        Cow::Borrowed(text) => Cow::Borrowed(text.split_once('#').map_or(text, |(_, listed)| listed)),
        Cow::Owned(text) => Cow::Owned(
            text.split_once('#')
                .map_or(text.as_str(), |(_, listed)| listed)
                .to_owned(),
        ),
    })
}

/// The pages of one thing that is listed.
#[derive(Default)]
struct Chain {
    n_rows: usize,
    /// The largest `@odata.count` of them.
    announced: usize,
    is_continued: bool,
}

/// Tells the batch how the pages chain, one chain for each thing that is listed; `otherwise` where a page says none.
/// Pages that name no next one and yet announce more rows than there are, are a gap.
pub fn note_pages(rows: &Rows<'_>, batch: &mut Batch, otherwise: &str) {
    let mut chains: BTreeMap<Cow<'_, str>, Chain> = BTreeMap::new();
    for (index, page) in rows.pages.iter().enumerate() {
        let listed = listed_in(rows, index);
        let is_continued = ["@odata.nextLink", "odata.nextLink"]
            .iter()
            .filter_map(|key| rows.page_header(page, key))
            .any(|link| !matches!(link, "" | "null"));
        let (n_continued, n_last) = if is_continued { (1, 0) } else { (0, 1) };
        batch.note_pages(listed.as_deref().unwrap_or(otherwise), n_continued, n_last);
        let chain = chains.entry(listed.unwrap_or(Cow::Borrowed(otherwise))).or_default();
        chain.n_rows += page.rows.len();
        let announced = rows.page_header(page, "@odata.count");
        let announced = announced.and_then(|count| count.parse().ok()).unwrap_or(0);
        chain.announced = chain.announced.max(announced);
        chain.is_continued |= is_continued;
    }
    for (listed, chain) in chains {
        if chain.announced > chain.n_rows && !chain.is_continued {
            batch.gaps.push(format!(
                "`{listed}` is announced with {} rows, and the file holds {}",
                chain.announced, chain.n_rows
            ));
        }
    }
}
