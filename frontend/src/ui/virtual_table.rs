//! A table of any length that holds only the rows in sight: one tab stop, arrow keys, sortable heads, true row numbers
//! for assistive technology (the ARIA grid pattern).

use std::ops::Range;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::follow::effect;
use super::icon::{Icon, icon};
use super::size::watch_size;

use crate::format;
use crate::ui::follow::memo;
use crate::ui::html::html;

/// A column's head and width.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub id: &'static str,
    pub title: &'static str,
    /// What the head means, where it needs saying.
    pub meaning: Option<&'static str>,
    /// A CSS grid track.
    pub track: &'static str,
    pub align: Align,
    /// What a press on the head sorts by.
    pub sort_key: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Start,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// How a row is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One cell for each column.
    Table,
    /// One cell that says it all, for narrow screens.
    Cards,
}

/// Draws the cells of a row, or `None` while it is not there yet.
pub type DrawRow = Arc<dyn Fn(usize, Layout) -> Option<Vec<AnyView>> + Send + Sync>;

const TABLE_ROW_PX: f64 = 40.0;
const CARD_ROW_PX: f64 = 84.0;
const HEAD_PX: f64 = 36.0;
/// Browsers cut elements off above this height (Firefox at 17.9 million pixels); longer lists are scrolled to scale.
const MAX_CANVAS_PX: f64 = 8_000_000.0;
/// Rows drawn beyond each edge, so that a small scroll shows no gap.
const OVERSCAN: usize = 8;
/// Below this width of the window rows are cards; the same figure stands in `style/ui.css`.
const CARDS_BELOW: &str = "(max-width: 719px)";

#[component]
pub fn VirtualTable(
    #[prop(into)] label: String,
    #[prop(into)] columns: Signal<Vec<Column>>,
    #[prop(into)] n_rows: Signal<usize>,
    draw_row: DrawRow,
    #[prop(into)] order: Signal<Option<(&'static str, Order)>>,
    on_order: Callback<&'static str>,
    on_open: Callback<usize>,
    /// Written by the table: the rows in sight.
    seen: RwSignal<Range<usize>>,
    /// The table goes back to its first row when this changes.
    #[prop(into)]
    reset: Signal<String>,
    #[prop(into)] busy: Signal<bool>,
) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let scroll_px = RwSignal::new(0.0);
    let height_px = RwSignal::new(600.0);
    let layout = RwSignal::new(layout_now());
    let active = RwSignal::new((0_usize, 0_usize));

    let geometry = memo(move || {
        let (row_px, head_px) = match layout.get() {
            Layout::Table => (TABLE_ROW_PX, HEAD_PX),
            Layout::Cards => (CARD_ROW_PX, 0.0),
        };
        Geometry {
            n_rows: n_rows.get(),
            row_px,
            view_px: (height_px.get() - head_px).max(row_px),
        }
    });
    let drawn = memo(move || geometry.get().drawn(scroll_px.get()));
    effect(move || {
        let now = geometry.get().seen(scroll_px.get());
        if seen.get_untracked() != now {
            seen.set(now);
        }
    });
    let mut before = reset.get_untracked();
    effect(move || {
        let now = reset.get();
        if before != now {
            active.set((0, 0));
            if let Some(scroller) = scroller.get_untracked() {
                scroller.set_scroll_top(0);
            }
            scroll_px.set(0.0);
        }
        before = now;
    });
    watch_size(scroller, move |element| {
        let height = f64::from(element.client_height());
        // A hidden table has no height; what it was stays useful.
        if height > 0.0 && height_px.try_get_untracked() != Some(height) {
            height_px.try_set(height);
        }
        if layout.try_get_untracked() != Some(layout_now()) {
            layout.try_set(layout_now());
        }
    });

    let go_to = move |row: usize, column: usize| {
        let geometry = geometry.get_untracked();
        active.set((row, column));
        if let (Some(scroller), Some(top)) = (
            scroller.get_untracked(),
            geometry.scroll_to_show(row, scroll_px.get_untracked()),
        ) {
            scroller.set_scroll_top(top as i32);
            scroll_px.set(f64::from(scroller.scroll_top()));
        }
    };
    let on_key = move |event: KeyboardEvent| {
        // Buttons in the heads keep their keys.
        if event.target() != event.current_target() || event.alt_key() {
            return;
        }
        let geometry = geometry.get_untracked();
        let Some(last_row) = geometry.n_rows.checked_sub(1) else {
            return;
        };
        let last_column = match layout.get_untracked() {
            Layout::Table => columns.with_untracked(|columns| columns.len().saturating_sub(1)),
            Layout::Cards => 0,
        };
        let (row, column) = active.get_untracked();
        let page = ((geometry.view_px / geometry.row_px) as usize).max(1);
        let to_end = event.ctrl_key() || event.meta_key();
        let (row, column) = match event.key().as_str() {
            "ArrowDown" => (row + 1, column),
            "ArrowUp" => (row.saturating_sub(1), column),
            "ArrowRight" => (row, column + 1),
            "ArrowLeft" => (row, column.saturating_sub(1)),
            "PageDown" => (row + page, column),
            "PageUp" => (row.saturating_sub(page), column),
            "Home" if to_end => (0, 0),
            "End" if to_end => (last_row, last_column),
            "Home" => (row, 0),
            "End" => (row, last_column),
            "Enter" => {
                event.prevent_default();
                on_open.run(row);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        go_to(row.min(last_row), column.min(last_column));
    };
    let active_id = move || {
        let (row, column) = active.get();
        drawn.get().rows.contains(&row).then(|| cell_id(row, column))
    };
    // A wide table scrolls sideways to the active cell.
    effect(move || {
        if let Some(cell) = active_id().and_then(|id| document().get_element_by_id(&id))
            && let (Some(scroller), Ok(cell)) = (scroller.get_untracked(), cell.dyn_into::<HtmlElement>())
        {
            let (left, right) = (cell.offset_left(), cell.offset_left() + cell.offset_width());
            if left < scroller.scroll_left() {
                scroller.set_scroll_left(left);
            } else if right > scroller.scroll_left() + scroller.client_width() {
                scroller.set_scroll_left(right - scroller.client_width());
            }
        }
    });
    let tracks = move || columns.with(|columns| columns.iter().map(|c| c.track).collect::<Vec<_>>().join(" "));
    let heads = move || {
        columns
            .get()
            .into_iter()
            .enumerate()
            .map(|(index, column)| head(index, column, order, on_order))
            .collect_view()
    };
    let printed = move || {
        let (rows, n_rows) = (drawn.get().rows, n_rows.get());
        (rows.len() < n_rows).then(|| {
            format!(
                "Rows {} to {} of {} are printed here. Export has all of them.",
                format::count(rows.start + 1),
                format::count(rows.end),
                format::count(n_rows)
            )
        })
    };
    let draw_row = StoredValue::new(draw_row);
    let row_view = move |index: usize| {
        let cells = move || {
            let layout = layout.get();
            match draw_row.with_value(|draw| draw(index, layout)) {
                Some(cells) => cells_view(index, cells, columns, layout, active),
                None => placeholder(index, columns, layout),
            }
        };
        html! {
            <div role="row" class="grid-row" class:is-odd=index % 2 == 1 aria-rowindex=index + 2>
                {cells}
            </div>
        }
    };
    html! {
        <div
            role="grid"
            class="grid"
            class:is-busy=busy
            class:has-cards=move || layout.get() == Layout::Cards
            tabindex="0"
            node_ref=scroller
            aria-label=label
            aria-rowcount=move || n_rows.get() + 1
            aria-colcount=move || match layout.get() {
                Layout::Table => columns.with(Vec::len),
                Layout::Cards => 1,
            }
            aria-busy=move || busy.get().to_string()
            aria-activedescendant=active_id
            style=("--tracks", tracks)
            style=("--row-height", move || px(geometry.get().row_px))
            on:scroll=move |_| {
                if let Some(scroller) = scroller.get_untracked() {
                    scroll_px.set(f64::from(scroller.scroll_top()));
                }
            }
            on:keydown=on_key
        >
            <div role="rowgroup" class="grid-head">
                <div role="row" class="grid-row" aria-rowindex="1">
                    {heads}
                </div>
            </div>
            <div
                role="rowgroup"
                class="grid-canvas"
                style:height=move || px(geometry.get().canvas_px())
            >
                <div
                    role="presentation"
                    class="grid-window"
                    style:transform=move || format!("translateY({})", px(drawn.get().top_px))
                >
                    <For each=move || drawn.get().rows key=|index| *index children=row_view />
                </div>
            </div>
        </div>
        <p class="only-print list-printed">{printed}</p>
    }
}

fn head(
    index: usize,
    column: Column,
    order: Signal<Option<(&'static str, Order)>>,
    on_order: Callback<&'static str>,
) -> AnyView {
    let Some(key) = column.sort_key else {
        return html! {
            <div role="columnheader" class=cell_class(column.align) aria-colindex=index + 1>
                <span class="grid-head-word" title=column.meaning>{column.title}</span>
            </div>
        };
    };
    let own_order = move || order.get().filter(|(sorted, _)| *sorted == key).map(|(_, order)| order);
    let mark = move || match own_order() {
        Some(Order::Ascending) => icon(Icon::UpArrow),
        Some(Order::Descending) => icon(Icon::DownArrow),
        None => icon(Icon::Sort),
    };
    html! {
        <div
            role="columnheader"
            class=cell_class(column.align)
            aria-colindex=index + 1
            aria-sort=move || match own_order() {
                Some(Order::Ascending) => "ascending",
                Some(Order::Descending) => "descending",
                None => "none",
            }
        >
            <button
                type="button"
                class="grid-head-button"
                title=column.meaning
                class:is-sorted=move || own_order().is_some()
                on:click=move |_| on_order.run(key)
            >
                {column.title}
                {mark}
            </button>
        </div>
    }
}

fn cells_view(
    row: usize,
    cells: Vec<AnyView>,
    columns: Signal<Vec<Column>>,
    layout: Layout,
    active: RwSignal<(usize, usize)>,
) -> AnyView {
    let aligns: Vec<Align> = columns.with(|columns| columns.iter().map(|column| column.align).collect());
    cells
        .into_iter()
        .enumerate()
        .map(|(index, cell)| {
            let class = match layout {
                Layout::Table => cell_class(aligns.get(index).copied().unwrap_or(Align::Start)),
                Layout::Cards => "grid-cell is-card",
            };
            html! {
                <div
                    role="gridcell"
                    class=class
                    class:is-active=move || active.get() == (row, index)
                    id=cell_id(row, index)
                    aria-colindex=index + 1
                >
                    {cell}
                </div>
            }
        })
        .collect_view()
        .into_any()
}

/// A row whose content is on its way.
fn placeholder(row: usize, columns: Signal<Vec<Column>>, layout: Layout) -> AnyView {
    let n_cells = match layout {
        Layout::Table => columns.with(Vec::len),
        Layout::Cards => 1,
    };
    // Uneven widths look like text.
    (0..n_cells)
        .map(|index| {
            let width = format!("{}%", 35 + (row * 7 + index * 13) % 40);
            html! {
                <div role="gridcell" class="grid-cell" aria-colindex=index + 1>
                    <span class="skeleton skeleton-line" style:width=width></span>
                </div>
            }
        })
        .collect_view()
        .into_any()
}

fn cell_class(align: Align) -> &'static str {
    match align {
        Align::Start => "grid-cell",
        Align::End => "grid-cell is-end",
    }
}

fn cell_id(row: usize, column: usize) -> String {
    format!("cell-{row}-{column}")
}

fn layout_now() -> Layout {
    match window().match_media(CARDS_BELOW) {
        Ok(Some(query)) if query.matches() => Layout::Cards,
        Ok(_) | Err(_) => Layout::Table,
    }
}

/// A CSS length: whole pixels keep text sharp.
fn px(length: f64) -> String {
    format!("{}px", length.round() as i64)
}

/// Where rows lie in the scrolled area.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Geometry {
    n_rows: usize,
    row_px: f64,
    /// Height in which rows are seen.
    view_px: f64,
}

/// The rows that are in the document and where the first of them lies.
#[derive(Clone, Debug, PartialEq)]
struct Drawn {
    rows: Range<usize>,
    top_px: f64,
}

impl Geometry {
    fn all_px(self) -> f64 {
        self.n_rows as f64 * self.row_px
    }

    fn canvas_px(self) -> f64 {
        self.all_px().min(MAX_CANVAS_PX)
    }

    /// Pixels of the whole list for each pixel of the scroll bar; 1 for lists below the cap.
    fn scale(self) -> f64 {
        if self.all_px() <= MAX_CANVAS_PX {
            1.0
        } else {
            (self.all_px() - self.view_px) / (MAX_CANVAS_PX - self.view_px)
        }
    }

    /// The first row in sight, with the part of it that is scrolled away.
    fn first(self, scroll_px: f64) -> f64 {
        (scroll_px * self.scale() / self.row_px).clamp(0.0, self.n_rows as f64)
    }

    fn seen(self, scroll_px: f64) -> Range<usize> {
        let first = self.first(scroll_px);
        let last = (first + self.view_px / self.row_px).ceil() as usize;
        (first as usize)..last.min(self.n_rows)
    }

    fn drawn(self, scroll_px: f64) -> Drawn {
        let seen = self.seen(scroll_px);
        let start = seen.start.saturating_sub(OVERSCAN);
        let from_first = (self.first(scroll_px) - start as f64) * self.row_px;
        Drawn {
            rows: start..(seen.end + OVERSCAN).min(self.n_rows),
            top_px: scroll_px - from_first,
        }
    }

    /// Where to scroll so that a row is wholly in sight; `None` when it is.
    fn scroll_to_show(self, row: usize, scroll_px: f64) -> Option<f64> {
        let at = scroll_px * self.scale();
        let top = row as f64 * self.row_px;
        let wanted = if top < at {
            top
        } else if top + self.row_px > at + self.view_px {
            top + self.row_px - self.view_px
        } else {
            return None;
        };
        Some(wanted / self.scale())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(n_rows: usize) -> Geometry {
        Geometry {
            n_rows,
            row_px: 40.0,
            view_px: 400.0,
        }
    }

    #[test]
    fn only_rows_in_sight_and_a_few_more_are_drawn() {
        let table = geometry(400_000);
        assert_eq!(table.seen(0.0), 0..10);
        assert_eq!(
            table.drawn(0.0),
            Drawn {
                rows: 0..18,
                top_px: 0.0
            }
        );
        let short = geometry(50_000);
        assert_eq!(short.canvas_px(), 2_000_000.0);
        assert_eq!(short.seen(4_010.0), 100..111);
        assert_eq!(
            short.drawn(4_010.0),
            Drawn {
                rows: 92..119,
                top_px: 92.0 * 40.0
            }
        );
    }

    #[test]
    fn the_end_of_a_list_above_the_cap_can_be_reached() {
        for n_rows in [400_000, 2_000_000] {
            let table = geometry(n_rows);
            assert_eq!(table.canvas_px(), MAX_CANVAS_PX);
            let bottom = MAX_CANVAS_PX - table.view_px;
            assert_eq!(table.seen(bottom).end, n_rows);
            let drawn = table.drawn(bottom);
            let end_px = drawn.top_px + drawn.rows.len() as f64 * table.row_px;
            assert!((end_px - MAX_CANVAS_PX).abs() < 0.01, "{end_px}");
        }
    }

    #[test]
    fn a_step_scrolls_no_further_than_needed() {
        let table = geometry(1_000);
        assert_eq!(table.scroll_to_show(5, 0.0), None);
        assert_eq!(table.scroll_to_show(10, 0.0), Some(40.0));
        assert_eq!(table.scroll_to_show(3, 400.0), Some(120.0));
        let long = geometry(2_000_000);
        let there = long.scroll_to_show(1_500_000, 0.0).unwrap();
        assert!(long.seen(there).contains(&1_500_000));
    }

    #[test]
    fn an_empty_table_draws_nothing() {
        assert_eq!(geometry(0).seen(0.0), 0..0);
        assert_eq!(geometry(0).drawn(0.0).rows, 0..0);
    }
}
