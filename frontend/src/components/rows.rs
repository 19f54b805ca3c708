//! The rows of a list, fetched in pages around what is in sight.

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
use crate::ui::follow::effect;

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
    asked: RwSignal<Vec<usize>>,
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
    pages: Vec<Kept>,
}

/// One page, by its number, and the turn that asked for it.
struct Kept {
    page: usize,
    turn: u32,
    rows: Arc<Vec<AnyRow>>,
}

impl Rows {
    /// Follows a query and what is seen of its rows. The query's own window is not used.
    pub fn follow(list: List, read: ReadRows, query: Memo<Option<ListQuery>>, seen: RwSignal<Range<usize>>) -> Self {
        let rows = Rows {
            read,
            held: RwSignal::new(Held {
                turn: 0,
                pages: Vec::new(),
            }),
            summary: RwSignal::new(Summary::default()),
            stage: RwSignal::new(Stage::First),
            asked: RwSignal::new(Vec::new()),
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
            let kept = held.page(index / PAGE_ROWS)?;
            kept.rows.get(index % PAGE_ROWS).cloned()
        })
    }

    /// A row, when it is there.
    pub fn get_untracked(self, index: usize) -> Option<AnyRow> {
        untrack(|| self.get(index))
    }

    /// The first page of each question: it brings the counts.
    fn follow_query(self, list: List, query: Memo<Option<ListQuery>>) {
        let live = expect_context::<Live>();
        let mut before = None;
        effect(move || {
            let now = query.get();
            live.edition.track();
            self.retries.track();
            let is_same = before.as_ref().is_some_and(|before| *before == now);
            before = Some(now.clone());
            let Some(wanted) = now else { return };
            let turn = self.held.with_untracked(|held| held.turn) + 1;
            self.held.update_untracked(|held| held.turn = turn);
            self.asked.update_untracked(Vec::clear);
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
            held.keep(0, turn, page.rows);
        });
        self.stage.set(Stage::Ready);
    }

    /// Asks for what is in sight and not there, nearest first, a few at a time.
    fn follow_window(self, list: List, query: Memo<Option<ListQuery>>, seen: RwSignal<Range<usize>>) {
        effect(move || {
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
                let is_missing = |page: &usize| held.page(*page).is_none_or(|kept| kept.turn != held.turn);
                let missing: Vec<_> = (first..=last).filter(is_missing).collect();
                (held.turn, missing)
            });
            let free = MAX_ASKED.saturating_sub(asked.len());
            for page in missing.into_iter().filter(|page| !asked.contains(page)).take(free) {
                self.asked.update(|asked| asked.push(page));
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
                self.asked.try_update(|asked| asked.retain(|known| *known != page));
            };
            match result {
                Ok(answer) => {
                    self.held.update(|held| {
                        held.keep(page, turn, answer.rows);
                        drop_far(&mut held.pages, near);
                    });
                    done();
                }
                Err(_) => set_timeout(done, RETRY),
            }
        });
    }
}

impl Held {
    fn page(&self, page: usize) -> Option<&Kept> {
        self.pages.iter().find(|kept| kept.page == page)
    }

    fn keep(&mut self, page: usize, turn: u32, rows: Vec<AnyRow>) {
        self.pages.retain(|kept| kept.page != page);
        let rows = Arc::new(rows);
        self.pages.push(Kept { page, turn, rows });
    }
}

/// Lets go of the pages that are farthest from what was seen.
fn drop_far(pages: &mut Vec<Kept>, near: usize) {
    while pages.len() > MAX_KEPT {
        let far = pages.iter().map(|kept| near.abs_diff(kept.page)).max();
        pages.retain(|kept| Some(near.abs_diff(kept.page)) != far);
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
        let kept = |page| Kept {
            page,
            turn: 1,
            rows: Arc::default(),
        };
        let mut pages: Vec<Kept> = (0..100).map(kept).collect();
        drop_far(&mut pages, 70);
        let (first, last) = (pages[0].page, pages[pages.len() - 1].page);
        assert_eq!((pages.len(), first, last), (MAX_KEPT, 40, 99));
    }

    #[test]
    fn a_page_is_asked_for_by_its_offset() {
        let query = page_query(&ListQuery::parse("q=a&offset=7").unwrap(), 3, FacetWish::None);
        assert_eq!(query.to_query_string(), "q=a&offset=300&limit=100");
    }
}
