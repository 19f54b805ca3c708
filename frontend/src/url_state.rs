//! The URL is the state: what a page shows is read from the location, and every change is a step to another one.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use shared::api::query::{BadQuery, Direction, Facet, ListQuery, Sort, SortColumn, pairs};

/// Whether going back should return to the state before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A choice: back undoes it.
    Recorded,
    /// One of many small changes, such as a typed letter.
    Replacing,
}

/// The snapshot that the URL names; `None` is the newest.
pub fn use_snapshot() -> Memo<Option<String>> {
    let search = use_location().search;
    Memo::new(move |_| search.with(|search| parameter(search, "snapshot")))
}

/// One parameter of the URL.
pub fn use_parameter(key: &'static str) -> Memo<Option<String>> {
    let search = use_location().search;
    Memo::new(move |_| search.with(|search| parameter(search, key)))
}

/// The filters, order and snapshot that the URL asks for.
pub fn use_list_query() -> Memo<Result<ListQuery, BadQuery>> {
    let search = use_location().search;
    Memo::new(move |_| search.with(|search| ListQuery::parse(search)))
}

/// Goes to a link of [`crate::links`].
pub fn use_go() -> Callback<(String, Step)> {
    let navigate = StoredValue::new_local(use_navigate());
    Callback::new(move |(link, step): (String, Step)| {
        let options = NavigateOptions {
            replace: step == Step::Replacing,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate.with_value(|navigate| navigate(&link, options));
    })
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
    !query.text.is_empty() || !query.filters.is_empty() || query.kpi.is_some()
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
