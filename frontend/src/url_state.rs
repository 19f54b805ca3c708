//! The URL is the state: what a page shows is read from the location, and every change is a step to another one.

use leptos::ev::{self, MouseEvent};
use leptos::prelude::*;
use shared::api::history::HistoryQuery;
use shared::api::query::{BadQuery, Direction, Facet, ListQuery, Sort, SortColumn, pairs};
use shared::api::reviews::ReviewQuery;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement};

use crate::links::{self, List};
use crate::ui::follow::memo;

/// Where the browser is.
#[derive(Clone, Copy)]
pub struct Location {
    address: RwSignal<Address>,
    pub path: Memo<String>,
    /// The query string, without `?`.
    pub search: Memo<String>,
    /// The fragment, with `#` unless it is empty.
    pub hash: Memo<String>,
    /// The list that was left last.
    left: StoredValue<Option<(List, Address)>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Address {
    path: String,
    search: String,
    hash: String,
}

impl Address {
    fn of_window() -> Address {
        let location = window().location();
        // Reading one's own location never fails.
        let search = location.search().unwrap_or_default();
        let path = location.pathname().unwrap_or_default();
        let base = document()
            .document_element()
            .and_then(|root| root.get_attribute("data-base"));
        // In a site without a server that lies in a folder: see `frontend/engine/page.js`.
        let below = base
            .as_deref()
            .and_then(|base| path.strip_prefix(base))
            .unwrap_or(&path);
        Address {
            path: if below.is_empty() { "/" } else { below }.to_owned(),
            search: search.trim_start_matches('?').to_owned(),
            hash: location.hash().unwrap_or_default(),
        }
    }
}

/// Whether going back should return to the state before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A choice: back undoes it.
    Recorded,
    /// One of many small changes, such as a typed letter.
    Replacing,
}

/// Follows the location from now on, and takes the clicks on links to other pages of the dashboard: they change the
/// location without loading the document again.
pub fn provide() {
    let address = RwSignal::new(Address::of_window());
    let location = Location::new(address, None, StoredValue::new(None));
    provide_context(location);
    // Back, forward, and links to a fragment. The listeners live as long as the document.
    window_event_listener(ev::popstate, move |_| address.set(Address::of_window()));
    window_event_listener(ev::click, move |event| {
        if let Some(link) = followed_link(&event) {
            event.prevent_default();
            location.go(&link.href(), Step::Recorded);
            if !link.has_attribute("data-noscroll") {
                window().scroll_to_with_x_and_y(0.0, 0.0);
            }
        }
    });
}

impl Location {
    /// The location as long as it is at `path`, if one is given; after that as it was there last.
    fn new(address: RwSignal<Address>, path: Option<String>, left: StoredValue<Option<(List, Address)>>) -> Self {
        let now = Memo::new(move |before: Option<&Address>| {
            address.with(|address| match (before, &path) {
                (Some(before), Some(path)) if address.path != *path => before.clone(),
                _ => address.clone(),
            })
        });
        Location {
            address,
            path: memo(move || now.with(|address| address.path.clone())),
            search: memo(move || now.with(|address| address.search.clone())),
            hash: memo(move || now.with(|address| address.hash.clone())),
            left,
        }
    }

    /// For a page: when another one is asked for, the page that is left must not read the other's parameters as its own.
    pub fn at_page(self, path: &str) -> Self {
        Location::new(self.address, Some(path.to_owned()), self.left)
    }

    /// The list of this snapshot that was left last, as it was filtered.
    pub fn list_before(self, snapshot: Option<&str>) -> Option<(List, String)> {
        let (list, address) = self.left.get_value()?;
        let is_same = parameter(&address.search, "snapshot").as_deref() == snapshot;
        is_same.then(|| (list, links::searched(list, &address.search)))
    }

    fn go(self, link: &str, step: Step) {
        let here = self.address.get_untracked();
        if let Some(list) = List::ALL
            .into_iter()
            .find(|list| here.path.strip_prefix('/') == Some(list.id()))
        {
            self.left.set_value(Some((list, here)));
        }
        // Fails only where there is no history, as in a document that is being closed.
        if let Ok(history) = window().history() {
            let _ = match step {
                Step::Recorded => history.push_state_with_url(&JsValue::NULL, "", Some(link)),
                Step::Replacing => history.replace_state_with_url(&JsValue::NULL, "", Some(link)),
            };
        }
        self.address.set(Address::of_window());
    }
}

/// The link that a click follows inside the dashboard. The browser keeps those that open elsewhere, save a file, leave
/// the dashboard, or lead to another place of the same page.
fn followed_link(event: &MouseEvent) -> Option<HtmlAnchorElement> {
    let is_plain =
        event.button() == 0 && !(event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key());
    if event.default_prevented() || !is_plain {
        return None;
    }
    let target: Element = event.target()?.dyn_into().ok()?;
    let link: HtmlAnchorElement = target.closest("a[href]").ok()??.dyn_into().ok()?;
    let here = window().location();
    let stays = link.target().is_empty() && !link.has_attribute("download") && link.rel() != "external";
    let is_ours = here.origin().is_ok_and(|origin| origin == link.origin());
    let leaves_page = here.pathname().is_ok_and(|path| path != link.pathname())
        || here.search().is_ok_and(|search| search != link.search());
    (stays && is_ours && (leaves_page || link.hash().is_empty())).then_some(link)
}

pub fn use_location() -> Location {
    expect_context()
}

/// The snapshot that the URL names; `None` is the newest.
pub fn use_snapshot() -> Memo<Option<String>> {
    use_parameter("snapshot")
}

/// One parameter of the URL.
pub fn use_parameter(key: &'static str) -> Memo<Option<String>> {
    let search = use_location().search;
    memo(move || search.with(|search| parameter(search, key)))
}

/// The filters, order and snapshot that the URL asks for.
pub fn use_list_query() -> Memo<Result<ListQuery, BadQuery>> {
    let search = use_location().search;
    memo(move || search.with(|search| ListQuery::parse(search)))
}

/// Whose reviews the URL asks for; `None` where it names no owner.
pub fn use_review_query() -> Memo<Option<ReviewQuery>> {
    let search = use_location().search;
    memo(move || {
        search.with(|search| {
            parameter(search, "owner")?;
            ReviewQuery::parse(search).ok()
        })
    })
}

/// The comparison that the URL asks for; its later snapshot is the one that all pages show.
pub fn use_history_query() -> Memo<Result<HistoryQuery, BadQuery>> {
    let search = use_location().search;
    memo(move || search.with(|search| history_query(search)))
}

fn history_query(search: &str) -> Result<HistoryQuery, BadQuery> {
    let own: Vec<&str> = search
        .split('&')
        .filter(|pair| !pair.starts_with("snapshot="))
        .collect();
    let query = HistoryQuery::parse(&own.join("&"))?;
    Ok(HistoryQuery {
        to: parameter(search, "snapshot"),
        ..query
    })
}

/// Goes to a link of [`crate::links`]. What is in sight stays in sight.
pub fn use_go() -> Callback<(String, Step)> {
    let location = use_location();
    Callback::new(move |(link, step): (String, Step)| location.go(&link, step))
}

/// The value of a key of a query string.
pub fn parameter(search: &str, key: &str) -> Option<String> {
    pairs(search).find(|(found, _)| found == key).map(|(_, value)| value)
}

/// Adds a facet value, or takes it away when it is chosen.
pub fn toggled(query: &ListQuery, facet: Facet, value: &str) -> ListQuery {
    let mut changed = query.clone();
    let before = changed.filters.len();
    changed.filters.retain(|(f, v)| (*f, v.as_str()) != (facet, value));
    if changed.filters.len() == before {
        changed.filters.push((facet, value.to_owned()));
    }
    changed
}

/// The next order after a press on a column's head: ascending, descending, the list's own.
pub fn sorted_by(query: &ListQuery, column: SortColumn) -> ListQuery {
    let direction = match query.sort.filter(|sort| sort.column == column) {
        None => Some(Direction::Ascending),
        Some(Sort {
            direction: Direction::Ascending,
            ..
        }) => Some(Direction::Descending),
        Some(Sort {
            direction: Direction::Descending,
            ..
        }) => None,
    };
    ListQuery {
        sort: direction.map(|direction| Sort { column, direction }),
        ..query.clone()
    }
}

/// The list without any filter, in the same order and snapshot.
pub fn without_filters(query: &ListQuery) -> ListQuery {
    ListQuery {
        snapshot: query.snapshot.clone(),
        sort: query.sort,
        ..ListQuery::default()
    }
}

/// Whether anything narrows the list.
pub fn is_filtered(query: &ListQuery) -> bool {
    !query.text.is_empty() || !query.filters.is_empty() || query.kpi.is_some() || query.finding.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facet_value_goes_on_and_off() {
        let start = ListQuery::parse("kind=role&owner=").unwrap();
        let on = toggled(&start, Facet::Kind, "user");
        assert_eq!(on.to_query_string(), "kind=role&owner=&kind=user");
        assert_eq!(toggled(&on, Facet::Kind, "user"), start);
        assert_eq!(toggled(&start, Facet::Owner, "").to_query_string(), "kind=role");
    }

    #[test]
    fn a_column_head_steps_through_three_orders() {
        let mut query = ListQuery::parse("sort=name").unwrap();
        let mut seen = Vec::new();
        for _ in 0..4 {
            query = sorted_by(&query, SortColumn::CreatedAt);
            seen.push(query.to_query_string());
        }
        assert_eq!(seen, ["sort=created_at", "sort=-created_at", "", "sort=created_at"]);
    }

    #[test]
    fn clearing_filters_keeps_order_and_snapshot() {
        let query = ListQuery::parse("snapshot=a&q=x&kind=role&kpi=owner&verdict=fail&sort=-name").unwrap();
        assert!(is_filtered(&query));
        let cleared = without_filters(&query);
        assert_eq!(cleared.to_query_string(), "snapshot=a&sort=-name");
        assert!(!is_filtered(&cleared));
    }

    #[test]
    fn a_parameter_is_decoded() {
        assert_eq!(parameter("id=a%2Fb&snapshot=x", "id").as_deref(), Some("a/b"));
        assert_eq!(parameter("id=a", "snapshot"), None);
    }
}
