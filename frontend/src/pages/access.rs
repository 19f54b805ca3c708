//! The access graph: who can become what, and what they reach; as a picture and as sentences with their evidence.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::graph::{
    ADMINISTRATORS, CountView, NeighboursPage, NodeView, NodesPage, PathView, PathsView, ReachPage, ReachedRow, StepView,
};
use shared::graph::adjacency::Direction;

use crate::client::{self, Answer, ClientError, Outcome};
use crate::components::evidence::evidence_link;
use crate::components::moment::text_or;
use crate::components::page_head::PageHead;
use crate::components::text_filter::TextFilter;
use crate::graph::canvas::GraphCanvas;
use crate::graph::scene::{self, Scene, What};
use crate::links::{self, AccessQuery, AccessView};
use crate::live::Live;
use crate::ui::asynchronous::{self, failure};
use crate::ui::bars::{Bar, bars};
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::ui::states::EmptyState;
use crate::url_state::{Step, use_access_query, use_go};
use crate::{format, words};

#[component]
pub fn AccessPage() -> impl IntoView {
    let query = use_access_query();
    let text = Memo::new(move |_| query.with(|query| query.text.clone()));
    let searched = client::graph_nodes(query);
    let with_text = move |text: String| {
        links::access(&AccessQuery {
            text,
            ..query.get_untracked()
        })
    };
    // The page is drawn anew for another node or view, not for every choice in the picture.
    let subject = Memo::new(move |_| query.with(|query| (query.view, query.node.clone(), query.to.clone())));
    let content = move || match subject.get() {
        (_, None, _) => start(&query.get_untracked()),
        (AccessView::Neighbours, Some(_), _) => html! { {tabs(query)} <Neighbours query=query /> },
        (AccessView::Reach | AccessView::Who, Some(_), _) => html! { {tabs(query)} {reach(query)} },
        (AccessView::Paths, Some(_), to) => html! { {tabs(query)} {paths(query, to.is_some())} },
    };
    html! {
        <div class="page access">
            <PageHead title="Access graph" line=|| "Who can become what, and what they reach" />
            <div class="list-bar">
                <TextFilter noun="nodes" text=text link=Callback::new(with_text) />
                {move || (text.with(|text| !text.is_empty())).then(|| results(query, searched))}
            </div>
            {content}
        </div>
    }
}

/// What is asked when nothing is chosen yet.
fn start(query: &AccessQuery) -> AnyView {
    let administrators = links::access(&AccessQuery {
        snapshot: query.snapshot.clone(),
        view: AccessView::Who,
        node: Some(ADMINISTRATORS.to_owned()),
        ..AccessQuery::default()
    });
    html! {
        <div class="card">
            <EmptyState title="Begin with a name">
                <p>"Look for an identity, a role, a credential or a resource above. Its neighbours, what it reaches and who can reach it stand here, each step with the line of the export that says so."</p>
                <a class="button button-main" href=administrators>
                    "Who can become an administrator"
                </a>
            </EmptyState>
        </div>
    }
}

/// What the search found; a press begins there, or ends the path that is looked for.
fn results(query: Memo<AccessQuery>, searched: Answer<NodesPage>) -> AnyView {
    let link = move |node: &NodeView| {
        let before = query.get();
        let chosen = match (before.view, &before.node) {
            (AccessView::Paths, Some(_)) => AccessQuery {
                text: String::new(),
                to: Some(node.id.clone()),
                ..before
            },
            _ => AccessQuery {
                snapshot: before.snapshot,
                node: Some(node.id.clone()),
                ..AccessQuery::default()
            },
        };
        links::access(&chosen)
    };
    let found = move |page: Arc<NodesPage>| {
        if page.rows.is_empty() {
            return html! { <p class="muted">"No node has these words."</p> };
        }
        let rows = page.rows.iter().map(|node| {
            html! {
                <li>
                    <a class="menu-item" href=link(node)>
                        <span class="cut">{node.label.clone()}</span>
                        <span class="tag">{words::sentence(&node.kind)}</span>
                    </a>
                </li>
            }
        });
        let rows = rows.collect_view();
        let more = (page.n_matching > page.rows.len()).then(|| {
            let n = page.n_matching - page.rows.len();
            html! { <p class="menu-note">{format!("{} more; say more words", format::count(n))}</p> }
        });
        html! { <ul>{rows}</ul> {more} }
    };
    html! { <div class="access-results card" role="status">{asynchronous::steady(searched, found)}</div> }
}

fn tabs(query: Memo<AccessQuery>) -> AnyView {
    let tab = move |view: AccessView, title: &'static str| {
        let href = move || {
            let before = query.get();
            links::access(&AccessQuery {
                snapshot: before.snapshot,
                view,
                node: before.node,
                ..AccessQuery::default()
            })
        };
        let current = move || (query.with(|query| query.view) == view).then_some("page");
        html! {
            <li>
                <a class="tab" href=href aria-current=current data-noscroll>
                    {title}
                </a>
            </li>
        }
    };
    html! {
        <nav aria-label="Questions">
            <ul class="tab-list">
                {tab(AccessView::Neighbours, "Neighbours")} {tab(AccessView::Reach, "What it reaches")}
                {tab(AccessView::Who, "Who can reach it")} {tab(AccessView::Paths, "Paths")}
            </ul>
        </nav>
    }
}

/// The pages that were fetched, by node and direction.
type Fetched = BTreeMap<(String, &'static str), Result<Arc<NeighboursPage>, ClientError>>;

#[component]
fn Neighbours(query: Memo<AccessQuery>) -> impl IntoView {
    let go = use_go();
    let live = expect_context::<Live>();
    let fetched = RwSignal::new(Fetched::new());
    let opened = Memo::new(move |_| {
        query.with(|query| {
            let ids = query.node.iter().chain(&query.open);
            ids.cloned().collect::<Vec<String>>()
        })
    });
    let retries = RwSignal::new(0_u32);
    Effect::new(move |before: Option<(u32, u32)>| {
        let now = (live.edition.get(), retries.get());
        if before.is_some_and(|before| before != now) {
            fetched.set(Fetched::new());
        }
        let snapshot = query.with_untracked(|query| query.snapshot.clone());
        for id in opened.get() {
            for direction in [Direction::Out, Direction::In] {
                let key = (id.clone(), direction.id());
                if fetched.with_untracked(|fetched| fetched.contains_key(&key)) {
                    continue;
                }
                let asking = client::neighbours(&id, direction, snapshot.as_deref());
                spawn_local(async move {
                    let page = asking.await.map(Arc::new);
                    fetched.try_update(|fetched| fetched.insert(key, page));
                });
            }
        }
        now
    });
    // In the order in which the nodes were opened, so that the first stands in the middle.
    let pages = Memo::new(move |_| {
        let ids = opened.get();
        fetched.with(|fetched| {
            let keys = ids.iter().flat_map(|id| [(id.clone(), "out"), (id.clone(), "in")]);
            let pages = keys.filter_map(|key| fetched.get(&key)?.clone().ok());
            pages.collect::<Vec<Arc<NeighboursPage>>>()
        })
    });
    let scene = Memo::new(move |_| {
        let unfolded = query.with(|query| query.unfolded.clone());
        Arc::new(pages.with(|pages| scene::neighbourhood(pages.iter().map(Arc::as_ref), &unfolded)))
    });
    let chosen = Signal::derive(move || query.with(|query| query.at.clone().or_else(|| query.node.clone())));
    let choose = Callback::new(move |at: Option<String>| {
        let changed = AccessQuery {
            at,
            ..query.get_untracked()
        };
        go.run((links::access(&changed), Step::Replacing));
    });
    // A node that is open already shows its folded neighbours.
    let open = Callback::new(move |id: String| {
        let mut changed = query.get_untracked();
        let list = if opened.with_untracked(|opened| opened.contains(&id)) {
            &mut changed.unfolded
        } else {
            &mut changed.open
        };
        if !list.contains(&id) {
            list.push(id);
            go.run((links::access(&changed), Step::Recorded));
        }
    });
    let failed = Memo::new(move |_| {
        fetched.with(|fetched| fetched.values().find_map(|page| page.as_ref().err().cloned()))
    });
    let retry = Callback::new(move |()| retries.update(|n| *n += 1));
    let cover = move || match failed.get() {
        Some(error) => Some(failure(&error, retry)),
        None => pages
            .with(Vec::is_empty)
            .then(|| html! { <div class="skeleton-stack"><div class="skeleton skeleton-block"></div></div> }),
    };
    let side = move || {
        let scene = scene.get();
        let at = chosen.get().and_then(|id| scene.find(&id))?;
        match &scene.nodes[at].what {
            What::Node(node) => Some(chosen_node(node, query, open)),
            What::Folded { .. } => None,
        }
    };
    let sentences = move || {
        let chosen = chosen.get();
        let snapshot = query.with(|query| query.snapshot.clone());
        let is_of_chosen =
            |step: &&StepView| chosen.as_ref().is_none_or(|id| step.from.id == *id || step.to.id == *id);
        pages.with(|pages| {
            let steps: Vec<&StepView> = pages.iter().flat_map(|page| &page.rows).filter(is_of_chosen).collect();
            let n_total: usize = pages
                .iter()
                .filter(|page| Some(&page.node.id) == chosen.as_ref())
                .map(|page| page.n_matching)
                .sum();
            steps_table(&steps, n_total, snapshot.as_deref())
        })
    };
    html! {
        {cover}
        <div class="access-grid">
            <div class="card access-picture">
                <GraphCanvas scene=scene chosen=chosen on_choose=choose on_open=open />
                {legend()}
            </div>
            <aside class="card access-side" aria-label="The chosen node">{side}</aside>
        </div>
        <section class="card" aria-labelledby="title-sentences">
            <h2 class="card-title" id="title-sentences">"In words"</h2>
            {sentences}
        </section>
    }
}

/// The kinds by their shapes, as the picture draws them.
fn legend() -> AnyView {
    let kinds = [
        ("identity", "Identity"),
        ("workload", "Workload"),
        ("credential", "Credential"),
        ("role", "Role or policy"),
        ("group", "Group"),
        ("resource", "Resource"),
        ("trust_source", "From outside"),
    ];
    let entries = kinds.map(|(kind, title)| {
        html! { <li class="legend-entry"><span class=format!("graph-key is-{kind}")></span>{title}</li> }
    });
    html! {
        <ul class="legend">
            {entries.into_iter().collect_view()}
            <li class="legend-entry"><span class="graph-key is-conditional"></span>"On a condition"</li>
        </ul>
    }
}

fn chosen_node(node: &NodeView, query: Memo<AccessQuery>, open: Callback<String>) -> AnyView {
    let snapshot = query.with(|query| query.snapshot.clone());
    let ask = |view: AccessView| {
        links::access(&AccessQuery {
            snapshot: snapshot.clone(),
            view,
            node: Some(node.id.clone()),
            ..AccessQuery::default()
        })
    };
    let is_open = query.with(|query| query.node.as_ref() == Some(&node.id) || query.open.contains(&node.id));
    let fact = |title: &'static str, value: &Option<String>| {
        value.clone().map(|value| {
            html! {
                <div class="fact">
                    <dt>{title}</dt>
                    <dd>{value}</dd>
                </div>
            }
        })
    };
    let id = node.id.clone();
    let page = node.identity.as_ref().map(|identity| {
        html! {
            <li><a href=links::identity(identity, snapshot.as_deref())>"Its page, with every fact"</a></li>
        }
    });
    let is_unfolded = query.with(|query| query.unfolded.contains(&node.id));
    let word = if is_open { "Show all its neighbours" } else { "Expand" };
    html! {
        <h2 class="card-title access-name">{node.label.clone()}</h2>
        <dl class="facts">
            {fact("Kind", &Some(words::sentence(&node.kind)))}
            {fact("Source", &node.source)}
            {fact("Environment", &node.environment)}
            {fact("Owner", &node.owner)}
        </dl>
        <button type="button" class="button" disabled=is_unfolded on:click=move |_| open.run(id.clone())>
            {icon(Icon::Plus)}
            {word}
        </button>
        <ul class="ids">
            {page}
            <li><a href=ask(AccessView::Neighbours)>"Begin here"</a></li>
            <li><a href=ask(AccessView::Reach)>"What it reaches"</a></li>
            <li><a href=ask(AccessView::Who)>"Who can reach it"</a></li>
            <li><a href=ask(AccessView::Paths)>"A path from here"</a></li>
        </ul>
    }
}

/// Steps as sentences, each with what it depends on and the line that says so.
fn steps_table(steps: &[&StepView], n_total: usize, snapshot: Option<&str>) -> AnyView {
    let rows = steps.iter().map(|step| {
        let condition = step
            .condition
            .clone()
            .map(|condition| html! { <span class="cell-below">{condition}</span> });
        let evidence = step
            .evidence
            .iter()
            .map(|evidence| evidence_link(evidence.clone(), snapshot))
            .collect_view();
        html! {
            <tr>
                <th scope="row" class="breakable">
                    <span class="cell-name">
                        <span>{step.sentence.clone()}</span>
                        {condition}
                    </span>
                </th>
                <td data-head="For an attacker">{step.meaning.clone()}</td>
                <td data-head="Said by">{evidence}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let more = (n_total > steps.len()).then(|| {
        let text = format!("The first {} of {} are shown.", format::count(steps.len()), format::count(n_total));
        html! { <p class="card-foot">{text}</p> }
    });
    html! {
        <div class="table-scroll">
            <table class="table is-stackable">
                <thead>
                    <tr>
                        <th scope="col">"Step"</th>
                        <th scope="col">"For an attacker"</th>
                        <th scope="col">"Said by"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {more}
    }
}

fn reach(query: Memo<AccessQuery>) -> AnyView {
    let answer = client::graph_reach(query);
    asynchronous::steady(answer, move |page| reached(&page, &query.get_untracked()))
}

fn reached(page: &ReachPage, query: &AccessQuery) -> AnyView {
    let is_out = page.direction == "out";
    let names: Vec<&str> = page.starts.iter().map(|node| node.label.as_str()).take(2).collect();
    let name = match page.starts.len() {
        0..=2 => names.join(" and "),
        n => format!("{} nodes", format::count(n)),
    };
    let n = format::counted(page.n_reached as u64, "node", "nodes");
    let title = if is_out { format!("{name} reaches {n}") } else { format!("{n} can reach {name}") };
    let stopped = page.stopped.clone().map(|why| {
        html! { <p class="card-line is-late">{format!("There may be more: {why}")}</p> }
    });
    if page.n_reached == 0 {
        return html! {
            <div class="card">
                <EmptyState title=title>
                    <p>"Nothing that was read says otherwise; exports that are missing may."</p>
                </EmptyState>
            </div>
        };
    }
    let by_distance = page.n_by_distance.iter().enumerate().map(|(at, n)| Bar {
        label: format::counted(at as u64 + 1, "step", "steps"),
        pieces: vec![("is-first", *n as u64)],
        number: format::count(*n),
        href: None,
    });
    let count = |count: &CountView, word: fn(&str) -> String| Bar {
        label: word(&count.value),
        pieces: vec![("is-first", count.n as u64)],
        number: format::count(count.n),
        href: None,
    };
    let kinds = page.kinds.iter().filter(|kind| kind.n > 0);
    let kinds = kinds.map(|kind| count(kind, words::sentence)).collect();
    let environment = |name: &str| if name.is_empty() { "None recorded".to_owned() } else { name.to_owned() };
    let environments = page.environments.iter().map(|found| count(found, environment)).collect();
    let part = |title: &'static str, rows: Vec<Bar>| {
        html! { <div><h3 class="card-title">{title}</h3>{bars(rows)}</div> }
    };
    let rows = page.rows.iter().map(|row| reached_row(row, page, query)).collect_view();
    let more = (page.n_matching > page.rows.len()).then(|| {
        let text = format!(
            "The nearest {} of {} are listed.",
            format::count(page.rows.len()),
            format::count(page.n_matching)
        );
        html! { <p class="card-foot">{text}</p> }
    });
    html! {
        <section class="card">
            <h2 class="card-title">{title}</h2>
            {stopped}
            <div class="access-counts">
                {part("How far", by_distance.collect())} {part("What", kinds)} {part("Identities, by environment", environments)}
            </div>
        </section>
        <section class="card">
            <div class="table-scroll">
                <table class="table is-stackable">
                    <thead>
                        <tr>
                            <th scope="col">"Node"</th>
                            <th scope="col">"Environment"</th>
                            <th scope="col">"Owner"</th>
                            <th scope="col" class="is-number">"Steps"</th>
                            <th scope="col">"How"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {more}
        </section>
    }
}

fn reached_row(row: &ReachedRow, page: &ReachPage, query: &AccessQuery) -> AnyView {
    let at = |node: &NodeView| {
        links::access(&AccessQuery {
            snapshot: query.snapshot.clone(),
            node: Some(node.id.clone()),
            ..AccessQuery::default()
        })
    };
    // The path runs from whoever reaches to what is reached.
    let asked = query.node.clone().unwrap_or_default();
    let (from, to) = match page.direction.as_str() {
        "out" => (asked, row.node.id.clone()),
        _ => (row.node.id.clone(), asked),
    };
    let path = links::access(&AccessQuery {
        snapshot: query.snapshot.clone(),
        view: AccessView::Paths,
        node: Some(from),
        to: Some(to),
        ..AccessQuery::default()
    });
    html! {
        <tr>
            <th scope="row">
                <span class="cell-name">
                    <a class="breakable" href=at(&row.node)>{row.node.label.clone()}</a>
                    <span class="cell-below">{words::sentence(&row.node.kind)}</span>
                </span>
            </th>
            <td data-head="Environment">{text_or(row.node.environment.clone(), "None")}</td>
            <td data-head="Owner">{text_or(row.node.owner.clone(), "None")}</td>
            <td data-head="Steps" class="is-number">{row.n_steps}</td>
            <td data-head="How"><a href=path>"Path"</a></td>
        </tr>
    }
}

fn paths(query: Memo<AccessQuery>, has_end: bool) -> AnyView {
    if !has_end {
        let before = query.get_untracked();
        let to_administrators = links::access(&AccessQuery {
            to: Some(ADMINISTRATORS.to_owned()),
            ..before
        });
        return html! {
            <div class="card">
                <EmptyState title="A path to where?">
                    <p>"Look for its other end above; what you choose there ends the path."</p>
                    <a class="button" href=to_administrators>
                        "To any administrator"
                    </a>
                </EmptyState>
            </div>
        };
    }
    let answer = client::graph_paths(query);
    asynchronous::steady(answer, move |found| found_paths(&found, query))
}

fn found_paths(found: &Arc<PathsView>, query: Memo<AccessQuery>) -> AnyView {
    let title = format!("From {} to {}", found.from.label, found.to.label);
    let stopped = found.stopped.clone().map(|why| {
        html! { <p class="card-line">{format!("There may be others: {why}")}</p> }
    });
    if found.paths.is_empty() {
        return html! {
            <div class="card">
                <EmptyState title="No path was found">
                    <p>{format!("{title}: nothing that was read leads there.")}</p>
                    {stopped}
                </EmptyState>
            </div>
        };
    }
    let scene = {
        let found = Arc::clone(found);
        Memo::new(move |_| Arc::new(scene::of_paths(found.paths.iter().flat_map(|path| &path.steps))))
    };
    let go = use_go();
    let chosen = Signal::derive(move || query.with(|query| query.at.clone()));
    let choose = Callback::new(move |at: Option<String>| {
        let changed = AccessQuery {
            at,
            ..query.get_untracked()
        };
        go.run((links::access(&changed), Step::Replacing));
    });
    let open = Callback::new(move |id: String| {
        let begun = AccessQuery {
            snapshot: query.with_untracked(|query| query.snapshot.clone()),
            node: Some(id),
            ..AccessQuery::default()
        };
        go.run((links::access(&begun), Step::Recorded));
    });
    let snapshot = query.with_untracked(|query| query.snapshot.clone());
    let each = found.paths.iter().map(|path| one_path(path, snapshot.as_deref())).collect_view();
    html! {
        <section class="card access-picture is-wide">
            <h2 class="card-title">{title}</h2>
            {stopped}
            <GraphCanvas scene=scene chosen=chosen on_choose=choose on_open=open />
            {legend()}
        </section>
        {each}
    }
}

fn one_path(path: &PathView, snapshot: Option<&str>) -> AnyView {
    let steps: Vec<&StepView> = path.steps.iter().collect();
    let condition = path
        .conditional
        .then(|| html! { " " <span class="tag">"On a condition"</span> });
    html! {
        <section class="card">
            <h2 class="path-sentence">{path.sentence.clone()} {condition}</h2>
            {steps_table(&steps, steps.len(), snapshot)}
        </section>
    }
}
