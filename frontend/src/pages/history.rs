//! What differs between two snapshots: the numbers first, then each thing that is new, changed, gone or out of sight.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::history::{
    Change, ChangeKind, FieldChange, History, HistoryQuery, SourceComparison, Story, StoryLine, Subject, Trend, Trends,
};
use shared::kpi::catalog;

use crate::client::{self, Outcome};
use crate::components::export_menu::export_menu;
use crate::components::page_head::PageHead;
use crate::components::pager::pager;
use crate::components::text_filter::TextFilter;
use crate::components::trend;
use crate::live::Live;
use crate::ui::asynchronous;
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::ui::states::EmptyState;
use crate::url_state::{Step, use_go, use_history_query};
use crate::{format, links, words};

/// Changes in one answer: a few screens.
const PAGE_ROWS: usize = 100;

#[component]
pub fn HistoryPage() -> impl IntoView {
    let parsed = use_history_query();
    let query = memo(move || parsed.get().unwrap_or_default());
    let from = memo(move || query.with(|query| query.from.clone()));
    let to = memo(move || query.with(|query| query.to.clone()));
    let numbers = client::trends(from, to);
    let told = client::story(from, to);
    let asked = memo(move || HistoryQuery {
        limit: Some(PAGE_ROWS),
        ..query.get()
    });
    let changes = client::history(asked);
    let exported = memo(move || {
        let query = query.get();
        HistoryQuery {
            offset: 0,
            limit: None,
            ..query
        }
        .to_query_string()
    });
    let line = move || match numbers.outcome() {
        Outcome::Ready(trends) => {
            let date = |name: &str| {
                let found = trends.snapshots.iter().find(|snapshot| snapshot.name == name);
                found.map_or_else(|| name.to_owned(), |snapshot| format::date(snapshot.as_of))
            };
            match trends.from == trends.to {
                true => format!("{}, the only snapshot", date(&trends.to)),
                false => format!("From {} to {}", date(&trends.from), date(&trends.to)),
            }
        }
        Outcome::Loading | Outcome::Failed(_) => "\u{a0}".to_owned(),
    };
    // Then the numbers say that there is nothing to compare with.
    let is_alone = move || matches!(numbers.outcome(), Outcome::Ready(trends) if trends.from == trends.to);
    let content = move || match parsed.get() {
        Err(bad) => bad_link(&bad.to_string()),
        Ok(_) => html! {
            {asynchronous::steady(told, move |story| in_short(&story))}
            <section aria-labelledby="title-numbers">
                <h2 class="section-title" id="title-numbers">
                    "What moved"
                </h2>
                {asynchronous::steady(numbers, move |trends| moved(&trends))}
            </section>
            <section aria-labelledby="title-changes" hidden=is_alone>
                <h2 class="section-title" id="title-changes">
                    "What changed"
                </h2>
                <Filters query=query />
                {asynchronous::steady(changes, move |history| differences(&history, &query.get_untracked()))}
            </section>
        },
    };
    html! {
        <div class="page history">
            <PageHead title="History" line=move || html! { {line} }>
                <FromPicker query=query shown=numbers />
                {export_menu("history", exported, memo(|| "What changed, as filtered".to_owned()))}
            </PageHead>
            {content}
        </div>
    }
}

fn bad_link(cause: &str) -> AnyView {
    let cause = format!("{cause}.");
    html! {
        <EmptyState title="This link asks for something that the history does not have">
            <p>{cause}</p>
            <a class="button" href=links::history(&HistoryQuery::default())>
                "Show all changes"
            </a>
        </EmptyState>
    }
}

/// The earlier snapshot; the later one is picked for all pages.
#[component]
fn FromPicker(query: Memo<HistoryQuery>, shown: client::Answer<Trends>) -> impl IntoView {
    let live = expect_context::<Live>();
    let go = use_go();
    let on_change = move |event| {
        let changed = HistoryQuery {
            from: Some(event_target_value(&event)),
            offset: 0,
            ..query.get_untracked()
        };
        go.run((links::history(&changed), Step::Recorded));
    };
    let options = move || {
        let from = match shown.outcome() {
            Outcome::Ready(trends) => Some(trends.from.clone()),
            Outcome::Loading | Outcome::Failed(_) => query.with(|query| query.from.clone()),
        };
        live.state.with(|state| {
            let snapshots = state.iter().flat_map(|state| state.snapshots.iter().rev());
            snapshots
                .map(|snapshot| {
                    let is_chosen = from.as_ref() == Some(&snapshot.name);
                    html! {
                        <option value=snapshot.name.clone() selected=is_chosen>
                            {format::date(snapshot.as_of)}
                        </option>
                    }
                })
                .collect_view()
        })
    };
    html! {
        <label class="picker">
            <span>"Compared with"</span>
            <select class="picker-select" on:change=on_change>
                {options}
            </select>
        </label>
    }
}

/// The whole in a few sentences, each a link to the rows that it speaks of.
fn in_short(story: &Story) -> AnyView {
    if story.lines.is_empty() {
        return html! {};
    }
    let span = format!("{} to {}", format::date(story.from.as_of), format::date(story.to.as_of));
    let lines: Vec<_> = story
        .lines
        .iter()
        .map(|line| story_line(line, &story.to.name))
        .collect();
    html! {
        <section class="card" aria-labelledby="title-story">
            <h2 class="card-title" id="title-story">"In short"</h2>
            <p class="card-line">{span}</p>
            <ul class="story">{lines}</ul>
        </section>
    }
}

fn story_line(line: &StoryLine, to: &str) -> AnyView {
    let (class, symbol, word) = match line.direction.as_str() {
        "better" => ("change-word is-pass", Icon::Pass, "Better: "),
        "worse" => ("change-word is-fail", Icon::Fail, "Worse: "),
        "open" => ("change-word", Icon::Unknown, ""),
        _ => ("change-word", Icon::Changed, ""),
    };
    html! {
        <li class="story-line">
            <span class=class>{icon(symbol)} <span class="visually-hidden">{word}</span></span>
            <a class="breakable" href=links::story_rows(&line.rows, to)>{line.text.clone()}</a>
        </li>
    }
}

/// The KPIs, those that moved first.
fn moved(trends: &Trends) -> AnyView {
    if trends.from == trends.to {
        return html! {
            <EmptyState title="There is nothing to compare with">
                <p>"Choose an older snapshot above. When there is none, the next dated folder beside this one makes the first comparison."</p>
            </EmptyState>
        };
    }
    let has_number = |trend: &&Trend| trend.points.iter().any(|point| point.value.is_some());
    let is_moved = |trend: &&Trend| trend.change.as_ref().is_some_and(|change| change.direction != "same");
    let (moved, rest): (Vec<_>, Vec<_>) = trends.kpis.iter().filter(has_number).partition(is_moved);
    let n_rest = rest.len();
    let table = |kpis: Vec<&Trend>| {
        let rows = kpis.into_iter().map(|trend| number_row(trends, trend)).collect_view();
        html! {
            <div class="table-scroll">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"KPI"</th>
                            <th scope="col">"All snapshots"</th>
                            <th scope="col" class="is-number">"Before"</th>
                            <th scope="col" class="is-number">"After"</th>
                            <th scope="col">"Change"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
    };
    let moved = if moved.is_empty() {
        html! { <p class="card-empty">"No number moved that can be compared."</p> }
    } else {
        table(moved)
    };
    let rest = (n_rest > 0).then(|| {
        html! {
            <details class="kpi-parts">
                <summary>{format!("{n_rest} that stayed, or cannot be compared")}</summary>
                {table(rest)}
            </details>
        }
    });
    html! { <div class="card history-numbers">{moved} {rest}</div> }
}

fn number_row(trends: &Trends, trend: &Trend) -> AnyView {
    let title = catalog::find(&trend.id).map_or_else(|| trend.id.clone(), |kpi| kpi.title.to_owned());
    let at = |name: &str| {
        let index = trends.snapshots.iter().position(|snapshot| snapshot.name == name);
        let point = index.and_then(|index| trend.points.get(index));
        let Some(point) = point.filter(|point| point.value.is_some()) else {
            return html! { <span class="muted">"No number"</span> };
        };
        let text = trend::value_text(&trend.unit, point.value, point.upper);
        html! { <a class="number" href=trend::rows_at(trend, name)>{text}</a> }
    };
    html! {
        <tr>
            <th scope="row">
                <a href=links::kpi(&trend.id, Some(&trends.to))>{title}</a>
            </th>
            <td>{trend::spark(trends, trend)}</td>
            <td class="is-number">{at(&trends.from)}</td>
            <td class="is-number">{at(&trends.to)}</td>
            <td>{trend::change(trends, trend)}</td>
        </tr>
    }
}

fn kind_title(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::New => "New",
        ChangeKind::Changed => "Changed",
        ChangeKind::Gone => "Gone",
        ChangeKind::NotObserved => "Not observed",
        ChangeKind::NotObservedBefore => "Not observed before",
    }
}

/// What a kind means, for those who hover.
fn kind_meaning(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::New => "Only the later snapshot has it",
        ChangeKind::Changed => "Both have it, and say different things of it",
        ChangeKind::Gone => "Only the earlier snapshot has it",
        ChangeKind::NotObserved => "A source of it is missing or partial in the later snapshot: it may still be there",
        ChangeKind::NotObservedBefore => "A source of it is missing or partial in the earlier snapshot: it may be old",
    }
}

fn kind_badge(kind: ChangeKind) -> AnyView {
    let (class, symbol) = match kind {
        ChangeKind::New => ("badge is-new", Icon::Plus),
        ChangeKind::Changed => ("badge is-warning", Icon::Changed),
        ChangeKind::Gone => ("badge is-unknown", Icon::Minus),
        ChangeKind::NotObserved | ChangeKind::NotObservedBefore => ("badge is-unknown is-open", Icon::Unknown),
    };
    html! {
        <span class=class title=kind_meaning(kind)>
            {icon(symbol)}
            {kind_title(kind)}
        </span>
    }
}

/// One thing, and many.
fn subject_words(of: Subject) -> (&'static str, &'static str) {
    match of {
        Subject::Identity => ("Identity", "Identities"),
        Subject::Credential => ("Credential", "Credentials"),
        Subject::Grant => ("Grant", "Grants"),
        Subject::Trust => ("Trust", "Trusts"),
        Subject::Finding => ("Finding", "Findings"),
    }
}

/// Free text, and what else narrows the list, each with a way to take it away.
#[component]
fn Filters(query: Memo<HistoryQuery>) -> impl IntoView {
    let text = memo(move || query.with(|query| query.text.clone()));
    let link = move |text: String| {
        links::history(&HistoryQuery {
            text,
            offset: 0,
            ..query.get_untracked()
        })
    };
    let chips = move || {
        let query = query.get();
        let first = HistoryQuery {
            offset: 0,
            ..query.clone()
        };
        let chip = |label: &'static str, value: String, without: HistoryQuery| {
            html! {
                <li class="chip">
                    <span class="chip-label">{label}</span>
                    <span class="chip-value">{value.clone()}</span>
                    <a class="chip-away" href=links::history(&without) data-noscroll aria-label=format!("Remove {label} {value}")>
                        {icon(Icon::Close)}
                    </a>
                </li>
            }
        };
        let of = query.of.map(|of| {
            let value = subject_words(of).1.to_owned();
            chip(
                "What",
                value,
                HistoryQuery {
                    of: None,
                    ..first.clone()
                },
            )
        });
        let kind = query.kind.map(|kind| {
            let value = kind_title(kind).to_owned();
            chip(
                "Change",
                value,
                HistoryQuery {
                    kind: None,
                    ..first.clone()
                },
            )
        });
        let source = query.source.clone().map(|source| {
            chip(
                "Source",
                source,
                HistoryQuery {
                    source: None,
                    ..first.clone()
                },
            )
        });
        let identity = query.identity.clone().map(|identity| {
            chip(
                "About",
                identity,
                HistoryQuery {
                    identity: None,
                    ..first.clone()
                },
            )
        });
        let chips: Vec<_> = [of, kind, source, identity].into_iter().flatten().collect();
        (!chips.is_empty()).then(|| html! { <ul class="chips">{chips}</ul> })
    };
    html! {
        <div class="list-bar">
            <TextFilter noun="changes" text=text link=Callback::new(link) />
            {chips}
        </div>
    }
}

fn differences(history: &Arc<History>, query: &HistoryQuery) -> AnyView {
    html! {
        {not_compared(&history.sources, query)}
        {counts(history, query)}
        {list(history, query)}
    }
}

/// The sources of which nothing is claimed, each with why.
fn not_compared(sources: &[SourceComparison], query: &HistoryQuery) -> Option<AnyView> {
    let open: Vec<_> = sources.iter().filter(|source| !source.reasons.is_empty()).collect();
    if open.is_empty() {
        return None;
    }
    let n_open = open.len();
    let items = open.into_iter().map(|source| {
        let of_source = HistoryQuery {
            source: Some(source.source.clone()),
            offset: 0,
            ..query.clone()
        };
        html! {
            <li>
                <a href=links::history(&of_source) data-noscroll>{source.source.clone()}</a>
                ": "
                {source.reasons.join("; ")}
            </li>
        }
    });
    let title = format!(
        "{} of {} cannot be compared: what is only in one snapshot of them is not counted as new or gone",
        format::count(n_open),
        format::counted(sources.len() as u64, "source", "sources")
    );
    Some(html! {
        <details class="card missing history-open">
            <summary class="card-title">{icon(Icon::Warning)} {title}</summary>
            <ul class="missing-list">{items.collect_view()}</ul>
        </details>
    })
}

/// How many of what, each count a link to its changes.
fn counts(history: &History, query: &HistoryQuery) -> AnyView {
    let heads = ChangeKind::ALL.map(|kind| {
        html! { <th scope="col" class="is-number" title=kind_meaning(kind)>{kind_title(kind)}</th> }
    });
    let rows = Subject::ALL.map(|of| {
        let cells = ChangeKind::ALL.map(|kind| {
            let found = history.counts.iter().find(|count| (count.of, count.kind) == (of, kind));
            let is_chosen = query.of == Some(of) && query.kind == Some(kind);
            let content = found.map_or_else(
                || html! { <span class="muted">"0"</span> },
                |found| {
                    let chosen = HistoryQuery {
                        of: Some(of),
                        kind: Some(kind),
                        offset: 0,
                        ..query.clone()
                    };
                    let current = is_chosen.then_some("true");
                    html! {
                        <a class="number" href=links::history(&chosen) data-noscroll aria-current=current>
                            {format::count(found.n)}
                        </a>
                    }
                },
            );
            html! { <td class="is-number" class:is-chosen=is_chosen>{content}</td> }
        });
        html! {
            <tr>
                <th scope="row">{subject_words(of).1}</th>
                {cells.into_iter().collect_view()}
            </tr>
        }
    });
    html! {
        <div class="card history-counts">
            <div class="table-scroll">
                <table class="table is-compact">
                    <thead>
                        <tr>
                            <th scope="col">"How many"</th>
                            {heads.into_iter().collect_view()}
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().collect_view()}</tbody>
                </table>
            </div>
        </div>
    }
}

fn list(history: &History, query: &HistoryQuery) -> AnyView {
    if history.changes.is_empty() {
        let is_filtered = query.of.is_some()
            || query.kind.is_some()
            || query.source.is_some()
            || query.identity.is_some()
            || !query.text.is_empty();
        let all = HistoryQuery {
            from: query.from.clone(),
            to: query.to.clone(),
            ..HistoryQuery::default()
        };
        return if is_filtered {
            html! {
                <EmptyState title="No change matches">
                    <p>"Take a filter away, or look for other words."</p>
                    <a class="button" href=links::history(&all)>
                        "Clear all filters"
                    </a>
                </EmptyState>
            }
        } else {
            html! {
                <EmptyState title="Nothing differs between these snapshots">
                    <p>"Compare with an older one, above."</p>
                </EmptyState>
            }
        };
    }
    let rows = history.changes.iter().map(|change| row(change, history)).collect_view();
    let shown = history.offset..history.offset + history.changes.len();
    let at = |offset| {
        links::history(&HistoryQuery {
            offset,
            ..query.clone()
        })
    };
    html! {
        <div class="card history-list">
            <div class="table-scroll">
                <table class="table is-stackable">
                    <thead>
                        <tr>
                            <th scope="col">"What"</th>
                            <th scope="col">"Change"</th>
                            <th scope="col">"How"</th>
                            <th scope="col">"Source"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {pager(shown, history.n_matching, ("change", "changes"), PAGE_ROWS, &at)}
        </div>
    }
}

fn row(change: &Change, history: &History) -> AnyView {
    // What is gone is shown as it was.
    let at = match change.kind {
        ChangeKind::Gone | ChangeKind::NotObserved => &history.from.name,
        ChangeKind::New | ChangeKind::Changed | ChangeKind::NotObservedBefore => &history.to.name,
    };
    let name = match &change.identity {
        Some(identity) => html! {
            <a class="breakable" href=links::identity(identity, Some(at))>{change.name.clone()}</a>
        },
        None => html! { <span class="breakable">{change.name.clone()}</span> },
    };
    let how = match &change.reason {
        Some(reason) => html! { <span class="muted">{reason.clone()}</span> },
        None => html! { <ul class="field-changes">{change.fields.iter().map(field).collect_view()}</ul> },
    };
    html! {
        <tr>
            <th scope="row">
                <span class="cell-name">
                    {name}
                    <span class="cell-below">{subject_words(change.of).0}</span>
                </span>
            </th>
            <td data-head="Change">{kind_badge(change.kind)}</td>
            <td data-head="How">{how}</td>
            <td data-head="Source" class="breakable">{change.sources.join(", ")}</td>
        </tr>
    }
}

fn field(change: &FieldChange) -> AnyView {
    let said = |text: &Option<String>| match text {
        Some(text) => html! { <span class="breakable">{text.clone()}</span> },
        None => html! { <span class="muted">"no export says"</span> },
    };
    html! {
        <li>
            <span class="muted">{words::sentence(&change.field)} ": "</span>
            {said(&change.from)}
            <span class="field-arrow" role="img" aria-label="is now">" → "</span>
            {said(&change.to)}
        </li>
    }
}
