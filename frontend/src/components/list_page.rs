//! A page that is a list: filters, search, table, columns, export. The three inventories differ only in what they pass.

use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude::*;
use serde::de::DeserializeOwned;
use shared::api::query::{Direction, Facet, FindingFilter, KpiFilter, ListQuery, SortColumn};
use shared::kpi::catalog;
use shared::model::instant::Instant;
use shared::model::ratio::Verdict;

use super::export_menu::export_menu;
use super::facet_panel::FacetPanel;
use super::page_head::PageHead;
use super::rows::{Rows, Stage};
use super::text_filter::TextFilter;
use crate::client::{self, AnyRow, ReadRows};
use crate::links::{self, List, Place};
use crate::ui::asynchronous::failure;
use crate::ui::dialog::Dialog;
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::ui::menu::Menu;
use crate::ui::states::EmptyState;
use crate::ui::virtual_table::{Align, Column, DrawRow, Layout, Order, VirtualTable};
use crate::url_state::{self, Step, use_go, use_list_query};
use crate::{format, theme, words};

/// What makes one list.
pub struct ListKind<Row: 'static> {
    pub list: List,
    pub title: &'static str,
    /// One of its rows, and many.
    pub noun: (&'static str, &'static str),
    pub columns: Vec<ListColumn<Row>>,
    /// A row on a narrow screen.
    pub card: fn(&Row, &RowContext) -> AnyView,
    /// What opens a row.
    pub href: fn(&Row, &RowContext) -> Option<String>,
}

/// A column of a list.
pub struct ListColumn<Row> {
    pub id: &'static str,
    pub title: &'static str,
    pub track: &'static str,
    align: Align,
    pub sort: Option<SortColumn>,
    pub shown: Shown,
    cell: Draw<AnyView>,
    row: PhantomData<fn(&Row)>,
}

/// What is drawn of a row. The page is compiled once for rows of all kinds, and each column knows its own kind.
type Draw<T> = Arc<dyn Fn(&AnyRow, &RowContext) -> Option<T> + Send + Sync>;

fn draw<Row: 'static, T: 'static>(of_row: fn(&Row, &RowContext) -> T) -> Draw<T> {
    Arc::new(move |row, context| Some(of_row(row.of::<Row>()?, context)))
}

impl<Row: 'static> ListColumn<Row> {
    /// A column of text. `track` is a CSS grid track.
    pub fn new(
        id: &'static str,
        title: &'static str,
        track: &'static str,
        sort: Option<SortColumn>,
        shown: Shown,
        cell: fn(&Row, &RowContext) -> AnyView,
    ) -> Self {
        ListColumn {
            id,
            title,
            track,
            align: Align::Start,
            sort,
            shown,
            cell: draw(cell),
            row: PhantomData,
        }
    }

    /// The same for numbers, whose digits stand below one another.
    pub fn of_numbers(self) -> Self {
        ListColumn {
            align: Align::End,
            ..self
        }
    }

    fn of_any_row(self) -> ListColumn<AnyRow> {
        ListColumn {
            id: self.id,
            title: self.title,
            track: self.track,
            align: self.align,
            sort: self.sort,
            shown: self.shown,
            cell: self.cell,
            row: PhantomData,
        }
    }
}

/// Whether a column is there before anybody chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Always,
    AtFirst,
    OnDemand,
}

/// What a cell needs to know beside its row.
#[derive(PartialEq)]
pub struct RowContext {
    pub as_of: Instant,
    pub snapshot: Option<String>,
}

/// Placeholder rows before the first answer.
const N_PLACEHOLDERS: usize = 24;

#[component]
pub fn ListPage<Row: DeserializeOwned + Send + Sync + 'static>(
    kind: ListKind<Row>,
    /// Above the table: what the list looks like as a whole.
    #[prop(optional, into)]
    chart: Option<ViewFn>,
) -> impl IntoView {
    let columns = kind.columns.into_iter().map(ListColumn::of_any_row);
    list_page(
        AnyKind {
            list: kind.list,
            title: kind.title,
            noun: kind.noun,
            columns: columns.collect(),
            card: draw(kind.card),
            href: draw(kind.href),
            read: client::read_rows::<Row>,
        },
        chart,
    )
}

/// A [`ListKind`] of rows of whichever kind.
struct AnyKind {
    list: List,
    title: &'static str,
    noun: (&'static str, &'static str),
    columns: Vec<ListColumn<AnyRow>>,
    card: Draw<AnyView>,
    href: Draw<Option<String>>,
    read: ReadRows,
}

fn list_page(kind: AnyKind, chart: Option<ViewFn>) -> AnyView {
    let AnyKind {
        list,
        title,
        noun,
        columns: all_columns,
        card,
        href,
        read,
    } = kind;
    let parsed = use_list_query();
    let query = memo(move || parsed.get().ok());
    let go = use_go();
    let seen = RwSignal::new(0..0_usize);
    let rows = Rows::follow(list, read, query, seen);
    let summary = rows.summary;
    let n_matching = memo(move || summary.with(|summary| summary.n_matching));
    let context = memo(move || {
        Arc::new(RowContext {
            as_of: summary.with(|summary| summary.as_of).unwrap_or(Instant(0)),
            snapshot: query.with(|query| query.as_ref().and_then(|query| query.snapshot.clone())),
        })
    });

    let all_columns = Arc::new(all_columns);
    let choice = ColumnChoice::new(list, &all_columns);
    let columns = {
        let all_columns = Arc::clone(&all_columns);
        memo(move || {
            let chosen = choice.chosen.get();
            let shown = all_columns.iter().filter(|column| chosen.contains(&column.id));
            shown
                .map(|column| Column {
                    id: column.id,
                    title: column.title,
                    meaning: words::meaning(column.title),
                    track: column.track,
                    align: column.align,
                    sort_key: column.sort.map(SortColumn::id),
                })
                .collect::<Vec<_>>()
        })
    };
    let draw_row: DrawRow = {
        let all_columns = Arc::clone(&all_columns);
        Arc::new(move |index, layout| {
            let row = rows.get(index)?;
            let context = context.get();
            Some(match layout {
                Layout::Cards => vec![card(&row, &context)?],
                Layout::Table => {
                    let chosen = choice.chosen.get();
                    let shown = all_columns.iter().filter(|column| chosen.contains(&column.id));
                    shown.filter_map(|column| (column.cell)(&row, &context)).collect()
                }
            })
        })
    };
    let order = memo(move || {
        let sort = query.with(|query| query.as_ref().and_then(|query| query.sort))?;
        let order = match sort.direction {
            Direction::Ascending => Order::Ascending,
            Direction::Descending => Order::Descending,
        };
        Some((sort.column.id(), order))
    });
    let on_order = Callback::new(move |key: &'static str| {
        if let (Some(query), Some(column)) = (query.get_untracked(), SortColumn::from_id(key)) {
            go.run((links::list(list, &url_state::sorted_by(&query, column)), Step::Recorded));
        }
    });
    let on_open = Callback::new(move |index: usize| {
        let link = rows
            .get_untracked(index)
            .and_then(|row| href(&row, &context.get_untracked())?);
        if let Some(link) = link {
            go.run((link, Step::Recorded));
        }
    });
    let asked = memo(move || query.with(|query| query.as_ref().map(ListQuery::to_query_string).unwrap_or_default()));
    let is_first = memo(move || rows.stage.with(|stage| *stage == Stage::First));
    let is_busy = memo(move || rows.stage.with(|stage| matches!(stage, Stage::First | Stage::Changing)));
    let n_drawn = memo(move || {
        if is_first.get() {
            N_PLACEHOLDERS
        } else {
            n_matching.get()
        }
    });

    let n_filters = memo(move || query.with(|query| query.as_ref().map_or(0, |query| query.filters.len())));
    let filters_open = RwSignal::new(false);
    let line = move || {
        if is_first.get() {
            return "Loading".to_owned();
        }
        let (n_matching, n_total) = summary.with(|summary| (summary.n_matching as u64, summary.n_total as u64));
        if n_matching == n_total {
            format::counted(n_total, noun.0, noun.1)
        } else {
            format!(
                "{} of {}",
                format::number(n_matching),
                format::counted(n_total, noun.0, noun.1)
            )
        }
    };
    let text = memo(move || query.with(|query| query.as_ref().map(|query| query.text.clone()).unwrap_or_default()));
    let with_text = move |text: String| {
        let query = query.get_untracked().unwrap_or_default();
        links::list(list, &ListQuery { text, ..query })
    };
    let retry = Callback::new(move |()| rows.retry());
    // One memo, so that the table stays in the document while its rows change.
    let cover = memo(move || {
        if let Err(bad) = parsed.get() {
            return Some(Cover::BadLink(bad.to_string()));
        }
        match rows.stage.get() {
            Stage::Failed(error) => Some(Cover::Failed(error)),
            Stage::Ready if n_matching.get() == 0 => Some(Cover::Empty),
            Stage::First | Stage::Changing | Stage::Ready => None,
        }
    });
    let cover_view = move || {
        cover.get().map(|cover| {
            let content = match cover {
                Cover::BadLink(cause) => bad_link(list, &cause),
                Cover::Failed(error) => failure(&error, retry),
                Cover::Empty => empty(list, noun.1, &query.get_untracked().unwrap_or_default()),
            };
            html! { <div class="list-cover">{content}</div> }
        })
    };
    html! {
        <div class="page list-page">
            <PageHead
                title=title
                line=move || html! { <span role="status" aria-live="polite">{line}</span> }
            >
                <div class="only-wide">
                    <ColumnMenu columns=all_columns choice=choice />
                </div>
                {export_menu(list.id(), asked, memo(move || format!("{} rows, as filtered", format::count(n_matching.get()))))}
            </PageHead>
            {chart.map(|chart| chart.run())}
            <div class="list-bar">
                <TextFilter noun=noun.1 text=text link=Callback::new(with_text) />
                <button type="button" class="button only-narrow" on:click=move |_| filters_open.set(true)>
                    {icon(Icon::Filter)}
                    {move || match n_filters.get() {
                        0 => "Filters".to_owned(),
                        n => format!("Filters ({n})"),
                    }}
                </button>
                <SortSelect list=list query=query columns=columns />
                <Chips list=list query=query />
            </div>
            <div class="list-body">
                <aside class="list-side only-wide" aria-label="Filters">
                    <div class="list-side-scroll">
                    <Show
                        when=move || !is_first.get()
                        fallback=|| html! { <div class="skeleton-stack"><div class="skeleton skeleton-side"></div></div> }
                    >
                        <FacetPanel list=list query=query summary=summary />
                    </Show>
                    </div>
                </aside>
                <div class="list-table">
                    <VirtualTable
                        label=title
                        columns=columns
                        n_rows=n_drawn
                        draw_row=draw_row
                        order=order
                        on_order=on_order
                        on_open=on_open
                        seen=seen
                        reset=asked
                        busy=is_busy
                    />
                    {cover_view}
                </div>
            </div>
            <Dialog title="Filters" open=filters_open>
                <Show when=move || filters_open.get()>
                    <FacetPanel list=list query=query summary=summary />
                    <button type="button" class="button button-main dialog-done" on:click=move |_| filters_open.set(false)>
                        {move || format!("Show {}", format::counted(n_matching.get() as u64, noun.0, noun.1))}
                    </button>
                </Show>
            </Dialog>
        </div>
    }
}

/// What lies over the table when it has no rows to show.
#[derive(Clone, PartialEq)]
enum Cover {
    BadLink(String),
    Failed(client::ClientError),
    Empty,
}

fn bad_link(list: List, cause: &str) -> AnyView {
    let cause = format!("{cause}.");
    html! {
        <EmptyState title="This link asks for something that the list does not have">
            <p>{cause}</p>
            <a class="button" href=links::list(list, &ListQuery::default())>
                "Show the whole list"
            </a>
        </EmptyState>
    }
}

fn empty(list: List, noun: &str, query: &ListQuery) -> AnyView {
    if url_state::is_filtered(query) {
        let all = links::list(list, &url_state::without_filters(query));
        html! {
            <EmptyState title=format!("No {noun} match")>
                <p>"Take a filter away, or look for other words."</p>
                <a class="button" href=all>
                    "Clear all filters"
                </a>
            </EmptyState>
        }
    } else {
        let sources = links::place(Place::Sources, query.snapshot.as_deref());
        html! {
            <EmptyState title=format!("No export of this snapshot lists {noun}")>
                <p>"Sources shows what was read, and the commands that make exports which do."</p>
                <a class="button" href=sources>
                    "Go to sources"
                </a>
            </EmptyState>
        }
    }
}

/// What narrows the list, each with a way to take it away.
#[component]
fn Chips(list: List, query: Memo<Option<ListQuery>>) -> impl IntoView {
    let shown = move || {
        let query = query.get()?;
        let snapshot = query.snapshot.clone();
        if query.filters.is_empty() && query.kpi.is_none() && query.finding.is_none() {
            return None;
        }
        let chip = |label: String, value: String, without: ListQuery| {
            html! {
                <li class="chip">
                    <span class="chip-label">{label.clone()}</span>
                    <span class="chip-value">{value.clone()}</span>
                    <a class="chip-away" href=links::list(list, &without) data-noscroll aria-label=format!("Remove {label} {value}")>
                        {icon(Icon::Close)}
                    </a>
                </li>
            }
        };
        let facets = query.filters.iter().map(|(facet, value)| {
            let without = url_state::toggled(&query, *facet, value);
            chip(
                words::facet(*facet).to_owned(),
                words::facet_value(*facet, value),
                without,
            )
        });
        let kpi = query.kpi.as_ref().map(|KpiFilter { kpi, verdict }| {
            let title = catalog::find(kpi).map_or(kpi.as_str(), |kpi| kpi.title);
            let without = ListQuery {
                kpi: None,
                ..query.clone()
            };
            let value = verdict.map_or("counted", |verdict| match verdict {
                Verdict::Pass => "holds",
                Verdict::Fail => "fails",
                Verdict::Unknown => "unknown",
            });
            chip(title.to_owned(), value.to_owned(), without)
        });
        let finding = query.finding.as_ref().map(|FindingFilter { rule, verdict }| {
            let without = ListQuery {
                finding: None,
                ..query.clone()
            };
            let value = match verdict {
                Verdict::Pass => "not found",
                Verdict::Fail => "found",
                Verdict::Unknown => "unknown",
            };
            chip(words::facet_value(Facet::Rule, rule), value.to_owned(), without)
        });
        let kpi_link = query.kpi.as_ref().map(|filter| {
            html! {
                <li>
                    <a class="chip-link" href=links::kpi(&filter.kpi, snapshot.as_deref())>
                        "How this is counted"
                    </a>
                </li>
            }
        });
        let clear = links::list(list, &url_state::without_filters(&query));
        Some(html! {
            <ul class="chips" aria-label="Active filters">
                {kpi}
                {finding}
                {facets.collect_view()}
                <li>
                    <a class="chip-link" href=clear data-noscroll>
                        "Clear all"
                    </a>
                </li>
                {kpi_link}
            </ul>
        })
    };
    html! { {shown} }
}

/// The order on screens without column heads.
#[component]
fn SortSelect(list: List, query: Memo<Option<ListQuery>>, columns: Memo<Vec<Column>>) -> impl IntoView {
    let go = use_go();
    let value = move || {
        let sort = query.with(|query| query.as_ref().and_then(|query| query.sort));
        ListQuery {
            sort,
            ..ListQuery::default()
        }
        .to_query_string()
    };
    let on_change = move |event| {
        let asked = ListQuery::parse(&event_target_value(&event)).unwrap_or_default();
        if let Some(query) = query.get_untracked() {
            let changed = ListQuery {
                sort: asked.sort,
                ..query
            };
            go.run((links::list(list, &changed), Step::Recorded));
        }
    };
    let options = move || {
        let keys: Vec<_> = columns.with(|columns| columns.iter().filter_map(|column| column.sort_key).collect());
        keys.into_iter()
            .filter_map(SortColumn::from_id)
            .flat_map(|column| {
                let title = words::sort_column(column);
                [
                    (format!("sort={}", column.id()), format!("{title} ↑")),
                    (format!("sort=-{}", column.id()), format!("{title} ↓")),
                ]
            })
            .map(|(key, title)| {
                let is_chosen = key == value();
                html! {
                    <option value=key selected=is_chosen>
                        {title}
                    </option>
                }
            })
            .collect_view()
    };
    html! {
        <label class="only-narrow list-sort">
            <span class="visually-hidden">"Order"</span>
            <select class="field" on:change=on_change>
                <option value="">"Order"</option>
                {options}
            </select>
        </label>
    }
}

/// Which columns this browser shows.
#[derive(Clone, Copy)]
struct ColumnChoice {
    chosen: RwSignal<Vec<&'static str>>,
    key: &'static str,
}

impl ColumnChoice {
    fn new(list: List, columns: &[ListColumn<AnyRow>]) -> Self {
        let key = match list {
            List::Identities => "rollcall.columns.identities",
            List::Credentials => "rollcall.columns.credentials",
            List::Certificates => "rollcall.columns.certificates",
            List::Findings => "rollcall.columns.findings",
        };
        let stored = theme::stored(key);
        let is_chosen = |column: &&ListColumn<AnyRow>| match (&stored, column.shown) {
            (_, Shown::Always) => true,
            (Some(stored), _) => stored.split(',').any(|id| id == column.id),
            (None, shown) => shown == Shown::AtFirst,
        };
        let chosen = columns.iter().filter(is_chosen).map(|column| column.id).collect();
        ColumnChoice {
            chosen: RwSignal::new(chosen),
            key,
        }
    }

    fn toggle(self, id: &'static str) {
        self.chosen.update(|chosen| {
            if chosen.contains(&id) {
                chosen.retain(|known| *known != id);
            } else {
                chosen.push(id);
            }
        });
        theme::store(self.key, &self.chosen.get_untracked().join(","));
    }
}

#[component]
fn ColumnMenu(columns: Arc<Vec<ListColumn<AnyRow>>>, choice: ColumnChoice) -> impl IntoView {
    html! {
        <Menu label="Columns" symbol=Icon::Columns>
            {columns
                .iter()
                .map(|column| {
                    let (id, title, shown) = (column.id, column.title, column.shown);
                    html! {
                        <label class="menu-item">
                            <input
                                type="checkbox"
                                class="checkbox"
                                prop:checked=move || choice.chosen.with(|chosen| chosen.contains(&id))
                                disabled=shown == Shown::Always
                                title=(shown == Shown::Always).then_some("This column is always shown")
                                on:change=move |_| choice.toggle(id)
                            />
                            {title}
                        </label>
                    }
                })
                .collect_view()}
        </Menu>
    }
}

/// The cell that names a row and opens it.
pub fn name_cell(name: String, below: Option<String>, href: Option<String>) -> AnyView {
    let below = below.map(|below| html! { <span class="cell-below cut">{below}</span> });
    match href {
        Some(href) => html! {
            <span class="cell-name">
                <a class="row-link cut" href=href tabindex="-1" title=name.clone()>
                    {name.clone()}
                </a>
                {below}
            </span>
        },
        None => html! {
            <span class="cell-name">
                <span class="cut" title=name.clone()>
                    {name.clone()}
                </span>
                {below}
            </span>
        },
    }
}
