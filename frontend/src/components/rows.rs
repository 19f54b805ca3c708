//! The rows of a list, fetched in pages around what is in sight.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::query::{FacetWish, ListQuery};
use shared::api::{FacetCounts, Page};
use shared::model::instant::Instant;

use crate::client::{self, AnyRow, ClientError, ReadRows};
use crate::links::List;
use crate::live::Live;

/// Rows of one request: a few screens.
const PAGE_ROWS: usize = 100;
/// Requests at a time; more would only make those for rows scrolled past compete with those in sight.
const MAX_ASKED: usize = 2;
/// Pages that are kept: 6,000 rows around what was seen last.
const MAX_KEPT: usize = 60;
/// Before a page that failed is asked for again.
const RETRY: Duration = Duration::from_secs(3);

/// Rows by position, with what the list says of itself.
#[derive(Clone, Copy)]
pub struct Rows {
    read: ReadRows,
    held: RwSignal<Held>,
    pub summary: RwSignal<Summary>,
    pub stage: RwSignal<Stage>,
    asked: RwSignal<BTreeSet<usize>>,
    retries: RwSignal<u32>,
}

/// What is known of a list apart from its rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub as_of: Option<Instant>,
    pub n_matching: usize,
    pub n_total: usize,
    pub facets: Vec<FacetCounts>,
}

/// How far the first answer to a query has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Nothing was ever shown.
    First,
    /// The rows of the query before are still shown.
    Changing,
    Ready,
    Failed(ClientError),
}

struct Held {
    /// Which question the pages answer; older ones are shown until newer ones are there.
    turn: u32,
    pages: BTreeMap<usize, (u32, Arc<Vec<AnyRow>>)>,
}

impl Rows {
    /// Follows a query and what is seen of its rows. The query's own window is not used.
    pub fn follow(list: List, read: ReadRows, query: Memo<Option<ListQuery>>, seen: RwSignal<Range<usize>>) -> Self {
        let rows = Rows {
            read,
            held: RwSignal::new(Held {
                turn: 0,
                pages: BTreeMap::new(),
            }),
            summary: RwSignal::new(Summary::default()),
            stage: RwSignal::new(Stage::First),
            asked: RwSignal::new(BTreeSet::new()),
            retries: RwSignal::new(0),
        };
        rows.follow_query(list, query);
        rows.follow_window(list, query, seen);
        rows
    }

    pub fn retry(self) {
        self.retries.update(|n| *n += 1);
    }

    /// A row, when it is there. Tracks.
    pub fn get(self, index: usize) -> Option<AnyRow> {
        self.held.with(|held| {
            let (_, rows) = held.pages.get(&(index / PAGE_ROWS))?;
            rows.get(index % PAGE_ROWS).cloned()
        })
    }

    /// A row, when it is there.
    pub fn get_untracked(self, index: usize) -> Option<AnyRow> {
        untrack(|| self.get(index))
    }

    /// The first page of each question: it brings the counts.
    fn follow_query(self, list: List, query: Memo<Option<ListQuery>>) {
        let live = expect_context::<Live>();
        Effect::new(move |before: Option<Option<ListQuery>>| {
            let now = query.get();
            live.edition.track();
            self.retries.track();
            let Some(wanted) = now.clone() else { return now };
            let is_same = before.is_some_and(|before| before == now);
            let turn = self.held.with_untracked(|held| held.turn) + 1;
            self.held.update_untracked(|held| held.turn = turn);
            self.asked.update_untracked(BTreeSet::clear);
            if self.stage.with_untracked(|stage| !matches!(stage, Stage::First)) && !is_same {
                self.stage.set(Stage::Changing);
            }
            spawn_local(async move {
                let result = client::any_rows(list, page_query(&wanted, 0, FacetWish::Counted), self.read).await;
                if self.held.try_with_untracked(|held| held.turn) != Some(turn) {
                    return;
                }
                match result {
                    Ok(page) => self.take_first(turn, page, is_same),
                    Err(ClientError::Unreachable)
                        if is_same && self.stage.with_untracked(|stage| *stage == Stage::Ready) => {}
                    Err(error) => self.stage.set(Stage::Failed(error)),
                }
            });
            now
        });
    }

    fn take_first(self, turn: u32, page: Page<AnyRow>, is_same: bool) {
        self.summary.set(Summary {
            as_of: Some(page.as_of),
            n_matching: page.n_matching,
            n_total: page.n_total,
            facets: page.facets,
        });
        self.held.update(|held| {
            // The same question of a new state: rows that are in sight stay until their successors come.
            if !is_same {
                held.pages.clear();
            }
            held.pages.insert(0, (turn, Arc::new(page.rows)));
        });
        self.stage.set(Stage::Ready);
    }

    /// Asks for what is in sight and not there, nearest first, a few at a time.
    fn follow_window(self, list: List, query: Memo<Option<ListQuery>>, seen: RwSignal<Range<usize>>) {
        Effect::new(move |_| {
            let seen = seen.get();
            let n_rows = self.summary.with(|summary| summary.n_matching);
            let asked = self.asked.get();
            if self.stage.get() != Stage::Ready || n_rows == 0 {
                return;
            }
            let Some(wanted) = query.get_untracked() else { return };
            let first = seen.start / PAGE_ROWS;
            let last = seen.end.saturating_sub(1).min(n_rows - 1) / PAGE_ROWS;
            let (turn, missing) = self.held.with(|held| {
                let is_missing = |page: &usize| held.pages.get(page).is_none_or(|(turn, _)| *turn != held.turn);
                let missing: Vec<_> = (first..=last).filter(is_missing).collect();
                (held.turn, missing)
            });
            let free = MAX_ASKED.saturating_sub(asked.len());
            for page in missing.into_iter().filter(|page| !asked.contains(page)).take(free) {
                self.asked.update(|asked| {
                    asked.insert(page);
                });
                self.ask(
                    list,
                    page_query(&wanted, page, FacetWish::None),
                    page,
                    turn,
                    seen.start / PAGE_ROWS,
                );
            }
        });
    }

    fn ask(self, list: List, query: ListQuery, page: usize, turn: u32, near: usize) {
        spawn_local(async move {
            let result = client::any_rows(list, query, self.read).await;
            if self.held.try_with_untracked(|held| held.turn) != Some(turn) {
                return;
            }
            let done = move || {
                self.asked.try_update(|asked| asked.remove(&page));
            };
            match result {
                Ok(answer) => {
                    self.held.update(|held| {
                        held.pages.insert(page, (turn, Arc::new(answer.rows)));
                        drop_far(&mut held.pages, near);
                    });
                    done();
                }
                Err(_) => set_timeout(done, RETRY),
            }
        });
    }
}

/// Lets go of the pages that are farthest from what was seen.
fn drop_far<T>(pages: &mut BTreeMap<usize, T>, near: usize) {
    while pages.len() > MAX_KEPT {
        let far = match (pages.first_key_value(), pages.last_key_value()) {
            (Some((first, _)), Some((last, _))) if near.abs_diff(*first) > near.abs_diff(*last) => *first,
            (_, Some((last, _))) => *last,
            (_, None) => return,
        };
        pages.remove(&far);
    }
}

fn page_query(query: &ListQuery, page: usize, facets: FacetWish) -> ListQuery {
    ListQuery {
        offset: page * PAGE_ROWS,
        limit: Some(PAGE_ROWS),
        facets,
        ..query.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_far_from_sight_are_let_go() {
        let mut pages: BTreeMap<usize, ()> = (0..100).map(|page| (page, ())).collect();
        drop_far(&mut pages, 70);
        assert_eq!(pages.len(), MAX_KEPT);
        assert!(pages.contains_key(&70) && !pages.contains_key(&0));
    }

    #[test]
    fn a_page_is_asked_for_by_its_offset() {
        let query = page_query(&ListQuery::parse("q=a&offset=7").unwrap(), 3, FacetWish::None);
        assert_eq!(query.to_query_string(), "q=a&offset=300&limit=100");
    }
}
