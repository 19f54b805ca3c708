//! What stands around the picture: search results, questions, filters, the chosen node, and everything in words.

use std::collections::BTreeMap;

use shared::access::standing::Tier;
use shared::api::detail::Evidence;
use shared::api::explorer::{ExplorerQuery, Fan, View};
use shared::api::graph::{ADMINISTRATORS, CountView, NodeView, NodesPage, PathsView, ReachPage, ReachedRow, StepView};
use shared::api::query::encode;
use shared::graph::node::NodeKind;
use shared::model::relation::Relation;

use crate::dom::{Built, el, icon, link};
use crate::questions;
use crate::scene::{Scene, What};
use crate::words::{count, counted, sentence};

/// Rows of the table: what a person reads through. The export has all.
pub const MAX_ROWS: usize = 200;
/// Paths that one more press adds.
const MORE_PATHS: usize = 5;

/// The questions that can be asked of the node.
pub fn questions(query: &ExplorerQuery) -> Vec<Built> {
    let titles = [
        (View::Neighbours, "Neighbours"),
        (View::Reach, "What it reaches"),
        (View::WhoCanReach, "Who can reach it"),
        (View::Paths, "Paths"),
    ];
    let tab = |(view, title): (View, &str)| {
        let Some(node) = &query.node else { return Built(None) };
        let is_asked = view == query.view;
        // All administrators together are no node: one question can be asked of them.
        if questions::is_about_administrators(query) && view != View::WhoCanReach {
            let why = "Choose one of the administrators first";
            return el("li", "").with(
                el("button", "tab")
                    .attr("type", "button")
                    .attr("aria-disabled", "true")
                    .attr("title", why)
                    .text(title),
            );
        }
        let about = ExplorerQuery::about(node.clone(), view, query.snapshot.as_deref());
        let tab = link("tab", &about.link(), title)
            .attr("data-noscroll", "")
            .attr("data-key", view.id());
        el("li", "").with(if is_asked {
            tab.attr("aria-current", "page")
        } else {
            tab
        })
    };
    if query.node.is_none() {
        return Vec::new();
    }
    vec![
        el("nav", "")
            .attr("aria-label", "Questions")
            .with(el("ul", "tab-list").each(titles.map(tab))),
    ]
}

/// What the search found; a press begins there, or ends the path that is looked for.
pub fn found(query: &ExplorerQuery, page: &NodesPage) -> Vec<Built> {
    if page.rows.is_empty() {
        return vec![el("p", "menu-note").text("No node has these words.")];
    }
    let row = |node: &NodeView| {
        let chosen = match (query.view, &query.node) {
            (View::Paths, Some(_)) => ExplorerQuery {
                text: String::new(),
                to: Some(node.id.clone()),
                shown: None,
                camera: None,
                ..query.clone()
            },
            _ => ExplorerQuery::about(node.id.clone(), View::Neighbours, query.snapshot.as_deref()),
        };
        let entry = el("a", "menu-item")
            .attr("href", &chosen.link())
            .attr("data-key", &node.id)
            .with(key(&node.kind))
            .with(el("span", "explorer-found").text(&node.label))
            .with(el("span", "tag").text(&sentence(&node.kind)));
        el("li", "").with(entry)
    };
    let mut parts = vec![el("ul", "").each(page.rows.iter().map(row))];
    let n_more = page.n_matching - page.rows.len();
    if n_more > 0 {
        parts.push(el("p", "menu-note").text(&format!("{} more; say more words", count(n_more))));
    }
    parts
}

/// What to do before anything is chosen.
pub fn start(query: &ExplorerQuery) -> Vec<Built> {
    let administrators = ExplorerQuery::about(ADMINISTRATORS.to_owned(), View::WhoCanReach, query.snapshot.as_deref());
    let text = "Look for an identity, a role, a credential or a resource above. Its neighbours, what it reaches and who can \
                reach it stand here, each step with the line of the export that says so.";
    vec![
        el("div", "state")
            .with(el("p", "state-title").text("Begin with a name"))
            .with(el("div", "state-text").with(el("p", "").text(text)).with(link(
                "button button-main",
                &administrators.link(),
                "Who can become an administrator",
            ))),
    ]
}

/// What a path still needs.
pub fn no_target() -> Vec<Built> {
    let text = "Look for the node where the path should end, above.";
    vec![
        el("div", "state")
            .with(el("p", "state-title").text("Where to?"))
            .with(el("div", "state-text").with(el("p", "").text(text))),
    ]
}

pub fn failure(sentence: &str) -> Vec<Built> {
    vec![
        el("div", "state")
            .attr("role", "alert")
            .with(
                el("p", "state-title state-title-failed")
                    .with(icon("warning"))
                    .text("This could not be loaded"),
            )
            .with(
                el("div", "state-text")
                    .with(el("p", "").text(sentence))
                    .with(button("retry", "Try again", "retry")),
            ),
    ]
}

pub fn button(action: &str, title: &str, image: &str) -> Built {
    el("button", "button")
        .attr("type", "button")
        .attr("data-do", action)
        .attr("data-key", action)
        .with(icon(image))
        .text(title)
}

/// One of the small buttons in the picture.
fn tool(action: &str, title: &str, keys: &str, face: Built, why_not: Option<&str>) -> Built {
    let title = match why_not {
        Some(why) => format!("{title}: {why}"),
        None => format!("{title} ({keys})"),
    };
    let button = el("button", "button explorer-tool")
        .attr("type", "button")
        .attr("data-do", action)
        .attr("data-key", action)
        .attr("aria-label", &title)
        .attr("title", &title)
        .with(face);
    if why_not.is_some() {
        button.attr("aria-disabled", "true")
    } else {
        button
    }
}

/// Buttons in the picture. Each has a key that does the same.
pub fn tools(can_undo: bool, chosen: Option<&str>, is_pinned: bool) -> Vec<Built> {
    let nothing = (chosen.is_none()).then_some("choose a node first");
    let pin = if is_pinned { "Let go" } else { "Pin" };
    vec![
        tool("zoom-in", "Nearer", "+", icon("plus"), None),
        tool("zoom-out", "Farther", "-", icon("minus"), None),
        tool("fit", "Everything", "0", icon("fit"), None),
        tool("pin", pin, "P", icon("pin"), nothing),
        tool(
            "undo",
            "Undo",
            "U",
            icon("undo"),
            (!can_undo).then_some("nothing was changed here yet"),
        ),
    ]
}

/// Files of what is on screen.
pub fn exports() -> Vec<Built> {
    let entry = |action: &str, title: &str| {
        el("button", "menu-item")
            .attr("type", "button")
            .attr("data-do", action)
            .text(title)
    };
    vec![
        el("details", "menu explorer-menu")
            .with(el("summary", "button").with(icon("save")).text("Save"))
            .with(el("div", "menu-panel").each([
                entry("png", "Picture, PNG"),
                entry("svg", "Picture, SVG"),
                entry("csv", "Steps, CSV for spreadsheets"),
                entry("json", "Nodes and edges, JSON"),
            ])),
    ]
}

/// One filter: its values as checkboxes, each of which leads to another state of the page.
fn filter(title: &str, values: impl Iterator<Item = (String, bool, ExplorerQuery)>, why_not: Option<&str>) -> Built {
    let values: Vec<(String, bool, ExplorerQuery)> = values.collect();
    let n_chosen = values.iter().filter(|(_, is_chosen, _)| *is_chosen).count();
    let summary = match n_chosen {
        0 => title.to_owned(),
        n => format!("{title} · {n}"),
    };
    if let Some(why) = why_not {
        return el("button", "button")
            .attr("type", "button")
            .attr("aria-disabled", "true")
            .attr("title", why)
            .text(title);
    }
    let entry = |(value, is_chosen, query): (String, bool, ExplorerQuery)| {
        let checkbox = el("input", "checkbox")
            .attr("type", "checkbox")
            .attr("data-go", &query.link())
            .attr("data-key", &format!("{title} {value}"))
            .flag("checked", is_chosen);
        el("label", "menu-item").with(checkbox).text(&value)
    };
    el("details", "menu explorer-menu")
        .attr("data-menu", title)
        .with(
            el("summary", "button")
                .attr("data-key", title)
                .flag("data-chosen", n_chosen > 0)
                .text(&summary)
                .with(el("span", "menu-mark").with(icon("down"))),
        )
        .with(el("div", "menu-panel").each(values.into_iter().map(entry)))
}

fn toggled<T: PartialEq + Clone>(values: &[T], value: &T) -> Vec<T> {
    let mut changed: Vec<T> = values.iter().filter(|known| *known != value).cloned().collect();
    if changed.len() == values.len() {
        changed.push(value.clone());
    }
    changed
}

/// The filters, with the environments that are on screen.
pub fn filters(query: &ExplorerQuery, environments: &[String]) -> Vec<Built> {
    if query.node.is_none() {
        return Vec::new();
    }
    let plain = ExplorerQuery {
        camera: None,
        ..query.clone()
    };
    let kinds = NodeKind::ALL.into_iter().map(|kind| {
        let kinds = toggled(&query.kinds, &kind);
        (
            sentence(kind.id()),
            query.kinds.contains(&kind),
            ExplorerQuery { kinds, ..plain.clone() },
        )
    });
    let relations = Relation::ALL.into_iter().map(|relation| {
        let relations = toggled(&query.relations, &relation);
        let is_chosen = query.relations.contains(&relation);
        (
            format!("… {} …", relation.verb()),
            is_chosen,
            ExplorerQuery {
                relations,
                ..plain.clone()
            },
        )
    });
    let mut names: Vec<&String> = environments.iter().chain(&query.environments).collect();
    names.sort();
    names.dedup();
    let environments = names.into_iter().map(|name| {
        let environments = toggled(&query.environments, name);
        let title = if name.is_empty() { "None recorded" } else { name };
        (
            title.to_owned(),
            query.environments.contains(name),
            ExplorerQuery {
                environments,
                ..plain.clone()
            },
        )
    });
    let tiers = Tier::ALL.into_iter().rev().map(|tier| {
        let tiers = toggled(&query.tiers, &tier);
        (
            sentence(tier.id()),
            query.tiers.contains(&tier),
            ExplorerQuery { tiers, ..plain.clone() },
        )
    });
    let paths_are_whole = (query.view == View::Paths).then_some("A path is shown whole");
    let access_only = match query.view {
        View::Neighbours => None,
        View::Reach | View::WhoCanReach => Some("Reach follows every relation that gives access"),
        View::Paths => Some("A path is shown whole"),
    };
    let clear = query.is_filtered().then(|| {
        let all = ExplorerQuery {
            kinds: Vec::new(),
            relations: Vec::new(),
            environments: Vec::new(),
            tiers: Vec::new(),
            ..plain.clone()
        };
        link("button button-quiet", &all.link(), "Clear filters").attr("data-noscroll", "")
    });
    let mut parts = vec![
        filter("Kind", kinds, paths_are_whole),
        filter("Relation", relations, access_only),
        filter("Environment", environments, paths_are_whole),
        filter("Tier", tiers, paths_are_whole),
    ];
    parts.extend(clear);
    parts
}

/// A kind's shape, as the picture draws it.
fn key(kind: &str) -> Built {
    el("span", &format!("graph-key is-{kind}")).attr("aria-hidden", "true")
}

/// The shapes that are on screen.
pub fn legend(scene: &Scene) -> Vec<Built> {
    let kinds = [
        ("identity", "Identity"),
        ("workload", "Workload"),
        ("credential", "Credential"),
        ("role", "Role"),
        ("policy", "Policy"),
        ("group", "Group"),
        ("resource", "Resource"),
        ("trust_source", "From outside"),
        ("owner", "Owner"),
        ("environment", "Environment"),
    ];
    let is_shown = |kind: &str| scene.nodes.iter().any(|node| node.kind() == kind);
    let shown = kinds.into_iter().filter(|(kind, _)| is_shown(kind));
    let mut entries: Vec<Built> = shown
        .map(|(kind, title)| el("li", "legend-entry").with(key(kind)).text(title))
        .collect();
    if scene.nodes.iter().any(|node| node.kind().is_empty()) {
        entries.push(
            el("li", "legend-entry")
                .with(key("folded"))
                .text("Folded: press to show"),
        );
    }
    if scene.edges.iter().any(|edge| edge.is_conditional) {
        entries.push(el("li", "legend-entry").with(key("conditional")).text("On a condition"));
    }
    vec![el("ul", "legend").each(entries)]
}

/// The chosen node: what it is, and what can be asked of it.
pub fn side(query: &ExplorerQuery, node: &NodeView, n_degrees: Option<(usize, usize)>) -> Vec<Built> {
    let snapshot = query.snapshot.as_deref();
    let fact = |title: &str, value: Option<&str>| match value {
        Some(value) => el("div", "fact")
            .with(el("dt", "").text(title))
            .with(el("dd", "").text(value)),
        None => Built(None),
    };
    let tier = node.tier.as_deref().map(|tier| match tier {
        "nothing" => "Nothing that an export tells".to_owned(),
        tier => sentence(tier),
    });
    let degrees = n_degrees.map(|(out, into)| format!("{} out, {} in", count(out), count(into)));
    let facts = el("dl", "facts").each([
        fact("Kind", Some(&sentence(&node.kind))),
        fact("Comes to", tier.as_deref()),
        fact("Source", node.source.as_deref()),
        fact("Environment", node.environment.as_deref()),
        fact("Owner", node.owner.as_deref()),
        fact("Edges", degrees.as_deref()),
    ]);
    let is_open = query.node.as_ref() == Some(&node.id) || query.open.contains(&node.id);
    let expand = match (query.view, is_open) {
        (View::Neighbours, false) => button("open", "Expand", "plus"),
        (View::Neighbours, true) if query.node.as_ref() != Some(&node.id) => button("open", "Fold", "minus"),
        (View::Neighbours | View::Reach | View::WhoCanReach | View::Paths, _) => Built(None),
    };
    let ask = |view: View, title: &str| {
        let about = ExplorerQuery::about(node.id.clone(), view, snapshot);
        el("li", "").with(link("", &about.link(), title).attr("data-key", title))
    };
    let page = match &node.identity {
        Some(identity) => {
            let mut href = format!("/identity?id={}", encode(identity));
            if let Some(snapshot) = snapshot {
                href = format!("/identity?snapshot={}&id={}", encode(snapshot), encode(identity));
            }
            el("li", "").with(link("", &href, "Its page, with every fact"))
        }
        None => Built(None),
    };
    let path_here = match &query.node {
        Some(from) if *from != node.id && from != ADMINISTRATORS => {
            let paths = ExplorerQuery {
                to: Some(node.id.clone()),
                ..ExplorerQuery::about(from.clone(), View::Paths, snapshot)
            };
            el("li", "").with(link("", &paths.link(), "Paths to it from where this began"))
        }
        Some(_) | None => Built(None),
    };
    vec![
        el("h2", "card-title explorer-name")
            .with(key(&node.kind))
            .text(&node.label),
        facts,
        expand,
        el("ul", "ids").each([
            page,
            ask(View::Neighbours, "Begin here"),
            ask(View::Reach, "What it reaches"),
            ask(View::WhoCanReach, "Who can reach it"),
            path_here,
            ask(View::Paths, "A path from it"),
        ]),
    ]
}

/// What a folded count stands for.
pub fn folded_side(fan: &Fan, n: usize) -> Vec<Built> {
    let text = format!(
        "{} through “{}”.",
        counted(n, "more neighbour", "more neighbours"),
        fan.relation.verb()
    );
    vec![
        el("h2", "card-title explorer-name").text("Folded"),
        el("p", "").text(&text),
        button("open", "Show more of them", "plus"),
    ]
}

/// One step as a row: the sentence, what it depends on, what it means, and who says so.
fn step_row(step: &StepView, snapshot: Option<&str>) -> Built {
    let condition = match &step.condition {
        Some(condition) => el("span", "cell-below").text(condition),
        None => Built(None),
    };
    let name = el("span", "cell-name")
        .with(el("span", "").text(&step.sentence))
        .with(condition);
    el("tr", "")
        .with(el("th", "breakable").attr("scope", "row").with(name))
        .with(el("td", "").attr("data-head", "For an attacker").text(&step.meaning))
        .with(
            el("td", "")
                .attr("data-head", "Said by")
                .each(step.evidence.iter().map(|evidence| evidence_link(evidence, snapshot))),
        )
}

fn evidence_link(evidence: &Evidence, snapshot: Option<&str>) -> Built {
    let mut href = "/sources".to_owned();
    if let Some(snapshot) = snapshot {
        href += &format!("?snapshot={}", encode(snapshot));
    }
    // As `source_anchor` of the dashboard's links writes it.
    href += &format!("#source-{}", encode(&evidence.source).replace('%', "."));
    let text = el("span", "evidence-text")
        .text(&format!("{} / {} ", evidence.source, evidence.file))
        .with(el("span", "evidence-place").text(&evidence.place));
    el("a", "evidence")
        .attr("href", &href)
        .attr("title", &format!("Read by {}", evidence.connector))
        .with(icon("file"))
        .with(text)
}

fn table(heads: &[&str], rows: Vec<Built>) -> Built {
    let heads = heads.iter().map(|head| el("th", "").attr("scope", "col").text(head));
    let head = el("thead", "").with(el("tr", "").each(heads));
    let table = el("table", "table is-stackable")
        .with(head)
        .with(el("tbody", "").each(rows));
    el("div", "table-scroll").with(table)
}

fn note(n_shown: usize, n: usize) -> Built {
    match n_shown < n {
        true => el("p", "menu-note").text(&format!("The first {} of {} are listed.", count(n_shown), count(n))),
        false => Built(None),
    }
}

/// Steps in words; those of the chosen node, if one is.
pub fn steps(steps: &[&StepView], chosen: Option<&NodeView>, query: &ExplorerQuery) -> Vec<Built> {
    let snapshot = query.snapshot.as_deref();
    let is_of_chosen = |step: &&&StepView| chosen.is_none_or(|node| step.from.id == node.id || step.to.id == node.id);
    let listed: Vec<&&StepView> = steps.iter().filter(is_of_chosen).collect();
    let title = match chosen {
        Some(node) => format!("In words: {} of {}", counted(listed.len(), "step", "steps"), node.label),
        None => format!("In words: {}", counted(listed.len(), "step", "steps")),
    };
    let n_shown = listed.len().min(MAX_ROWS);
    let rows = listed.iter().take(MAX_ROWS).map(|step| step_row(step, snapshot));
    vec![
        el("h2", "card-title").attr("id", "explorer-words").text(&title),
        table(&["Step", "For an attacker", "Said by"], rows.collect()),
        note(n_shown, listed.len()),
    ]
}

/// That there is no path, or none was found.
pub fn no_path(view: &PathsView) -> Vec<Built> {
    let text = match &view.stopped {
        Some(why) => why.clone(),
        None => format!(
            "No access that was read leads from {} to {}.",
            view.from.label, view.to.label
        ),
    };
    vec![
        el("div", "state")
            .with(el("p", "state-title").text("No path"))
            .with(el("div", "state-text").with(el("p", "").text(&text))),
    ]
}

/// Each path as a sentence, then its steps.
pub fn paths(view: &PathsView, query: &ExplorerQuery) -> Vec<Built> {
    let snapshot = query.snapshot.as_deref();
    let n = view.paths.len();
    let title = format!(
        "In words: {}",
        counted(n, "path, shortest first", "paths, shortest first")
    );
    let mut parts = vec![el("h2", "card-title").attr("id", "explorer-words").text(&title)];
    for path in &view.paths {
        let rows = path.steps.iter().map(|step| step_row(step, snapshot)).collect();
        let section = el("div", "explorer-path")
            .with(el("p", "path-sentence").text(&path.sentence))
            .with(table(&["Step", "For an attacker", "Said by"], rows));
        parts.push(section);
    }
    if let Some(why) = &view.stopped {
        parts.push(el("p", "menu-note").text(why));
    }
    if n >= questions::n_paths(query) && n < shared::api::graph::MAX_PATHS {
        let more = ExplorerQuery {
            shown: Some((n + MORE_PATHS).min(shared::api::graph::MAX_PATHS)),
            camera: None,
            ..query.clone()
        };
        parts.push(link("button", &more.link(), "More paths").attr("data-noscroll", ""));
    }
    parts
}

/// What a reach comes to: how many, how far, of which kinds, and the list.
pub fn reach(page: &ReachPage, scene: &Scene, query: &ExplorerQuery) -> Vec<Built> {
    let snapshot = query.snapshot.as_deref();
    let is_in = page.direction == "in";
    let who = match page.starts.as_slice() {
        [only] => only.label.clone(),
        starts => format!("{} administrators", count(starts.len())),
    };
    let n = counted(page.n_reached, "node", "nodes");
    let title = match is_in {
        true => format!("{n} can reach {who}"),
        false => format!("{who} reaches {n}"),
    };
    let far = page
        .n_by_distance
        .iter()
        .enumerate()
        .filter(|(_, n)| **n > 0)
        .map(|(at, n)| CountView {
            value: counted(at + 1, "step", "steps"),
            n: *n,
        });
    let columns = [
        ("By distance", far.collect::<Vec<CountView>>()),
        ("By kind", page.kinds.clone()),
        ("By environment", page.environments.clone()),
    ];
    let counts = columns.into_iter().map(|(title, counts)| {
        let most = counts.iter().map(|count| count.n).max().unwrap_or(0);
        let bars = counts.iter().map(|entry| {
            let label = if title == "By distance" {
                entry.value.clone()
            } else {
                sentence(&entry.value)
            };
            el("div", "bar")
                .with(el("span", "bar-label").text(&label))
                .with(
                    el("meter", "explorer-meter")
                        .attr("max", &most.to_string())
                        .attr("value", &entry.n.to_string())
                        .attr("aria-hidden", "true"),
                )
                .with(el("span", "bar-number").text(&count(entry.n)))
        });
        el("div", "")
            .with(el("h3", "explorer-counts-title").text(title))
            .with(el("div", "bars").each(bars))
    });
    let is_kept = |at: usize| !scene.nodes[at].is_faint;
    let kept: Vec<usize> = (0..scene.nodes.len()).filter(|at| is_kept(*at)).collect();
    let by_id: BTreeMap<&str, &ReachedRow> = page.rows.iter().map(|row| (row.node.id.as_str(), row)).collect();
    let mut rows = Vec::new();
    for at in kept.iter().take(MAX_ROWS) {
        let What::Node(node) = &scene.nodes[*at].what else {
            continue;
        };
        let Some(row) = by_id.get(node.id.as_str()) else {
            continue;
        };
        let verb = Relation::from_id(&row.relation).map_or(row.relation.as_str(), |relation| relation.verb());
        let about = ExplorerQuery {
            at: Some(node.id.clone()),
            ..query.clone()
        };
        let (from, to) = match (is_in, query.node.clone()) {
            (true, Some(target)) => (node.id.clone(), target),
            (false, Some(start)) => (start, node.id.clone()),
            (_, None) => continue,
        };
        let path = if questions::is_about_administrators(query) {
            Built(None)
        } else {
            let paths = ExplorerQuery {
                to: Some(to),
                ..ExplorerQuery::about(from, View::Paths, snapshot)
            };
            link("", &paths.link(), "Path")
        };
        rows.push(
            el("tr", "")
                .with(
                    el("th", "breakable").attr("scope", "row").with(
                        link("", &about.link(), &node.label)
                            .attr("data-noscroll", "")
                            .attr("data-key", &node.id),
                    ),
                )
                .with(el("td", "").attr("data-head", "Kind").text(&crate::words::line(node)))
                .with(el("td", "").attr("data-head", "Steps").text(&count(row.n_steps)))
                .with(el("td", "").attr("data-head", "Last step").text(verb))
                .with(el("td", "").attr("data-head", "Way").with(path)),
        );
    }
    let n_rows = rows.len();
    let mut parts = vec![
        el("h2", "card-title").attr("id", "explorer-words").text(&title),
        el("div", "explorer-counts").each(counts),
        table(
            &[
                "Node",
                "Is",
                "Steps",
                if is_in { "First step" } else { "Last step" },
                "Way",
            ],
            rows,
        ),
        note(n_rows, page.n_reached),
    ];
    if let Some(why) = &page.stopped {
        parts.push(el("p", "menu-note").text(why));
    }
    parts
}

/// How much of a reach is in the picture, and how to see more.
pub fn coverage(page: &ReachPage, scene: &Scene, query: &ExplorerQuery) -> Vec<Built> {
    let n_drawn = scene.nodes.iter().filter(|node| !node.kind().is_empty()).count() - scene.n_starts;
    let text = match query.is_filtered() {
        true => {
            let n = scene
                .nodes
                .iter()
                .filter(|node| !node.is_faint && !node.kind().is_empty())
                .count();
            format!(
                "{} drawn of {}; {} pass the filters.",
                count(n_drawn),
                count(page.n_reached),
                count(n)
            )
        }
        false => format!("{} drawn of {}.", count(n_drawn), count(page.n_reached)),
    };
    let text = match scene.n_starts < page.starts.len() {
        true => format!(
            "{} of {} administrators are drawn: those that others reach first. {text}",
            count(scene.n_starts),
            count(page.starts.len())
        ),
        false => text,
    };
    let all = page.n_reached.min(questions::MAX_DRAWN);
    let more = if n_drawn < all && query.shown.is_none() {
        let insisted = ExplorerQuery {
            shown: Some(all),
            camera: None,
            ..query.clone()
        };
        link("", &insisted.link(), &format!("Draw all {}", count(all))).attr("data-noscroll", "")
    } else if query.shown.is_some() {
        let folded = ExplorerQuery {
            shown: None,
            camera: None,
            ..query.clone()
        };
        link("", &folded.link(), "Fold").attr("data-noscroll", "")
    } else {
        Built(None)
    };
    vec![el("span", "").text(&text), el("span", "").text(" "), more]
}
