//! What is on screen: nodes, edges, and counts of what is folded away.

use std::collections::BTreeMap;

use shared::api::explorer::Fan;
use shared::api::graph::{NodeView, ReachPage, ReachedRow, StepView};
use shared::charts::svg::text_width;
use shared::graph::adjacency::Direction;
use shared::model::relation::Relation;

use crate::words;

/// The size of a card's text.
pub const NAME_SIZE: f64 = 13.0;
pub const LINE_SIZE: f64 = 11.0;
/// From one line of a name to the next.
pub const NAME_LINE: f64 = 16.0;
/// How much wider strong letters are at most.
pub const STRONG: f64 = 1.2;
/// Where a card's text begins, and the room right of it.
pub const TEXT_AT: f64 = 34.0;
const TEXT_END: f64 = 8.0;
/// Neighbours through one relation before the others are folded into a count.
pub const FAN: usize = 6;
/// Neighbours that another press shows.
pub const FAN_PAGE: usize = 20;

/// Nodes with their places, and the edges between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    pub nodes: Vec<SceneNode>,
    pub edges: Vec<SceneEdge>,
    pub form: Form,
    /// The first so many nodes are what was asked about.
    pub n_starts: usize,
    pub cards: Cards,
}

/// The cards of a scene, which are of one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cards {
    pub width: f64,
    /// Of a name: one, or two.
    pub n_lines: usize,
    /// Free space right of them, for the ways of edges where cards stand below one another; else 0.
    pub beside: f64,
}

impl Cards {
    /// With names on one line.
    const LOW: f64 = 42.0;
    pub const NARROWEST: f64 = 200.0;
    const WIDEST: f64 = 320.0;

    pub fn height(self) -> f64 {
        Cards::LOW + NAME_LINE * (self.n_lines - 1) as f64
    }

    /// How wide a text on them may be.
    fn room(self) -> f64 {
        (self.width - TEXT_AT - TEXT_END) / STRONG
    }
}

impl Default for Cards {
    fn default() -> Self {
        Cards {
            width: Cards::NARROWEST,
            n_lines: 1,
            beside: 0.0,
        }
    }
}

/// How nodes are drawn, unless the picture is too small for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// A card with name and kind.
    #[default]
    Cards,
    /// A mark, and its name beside it where there is room.
    Marks,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SceneNode {
    pub what: What,
    /// The middle.
    pub x: f64,
    pub y: f64,
    /// Somebody put it there.
    pub is_pinned: bool,
    /// What a filter leaves out, where it cannot be left out without tearing the picture apart.
    pub is_faint: bool,
    pub label: String,
    /// What fits on its card: the lines of its name, and what it is.
    pub name: Vec<String>,
    pub line: String,
}

/// What a node on screen stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Node(NodeView),
    /// Further neighbours; the fan is that which shows more of them.
    Folded {
        fan: Fan,
        n: usize,
    },
}

/// The relations from one node to another.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneEdge {
    pub from: usize,
    pub to: usize,
    pub relations: Vec<Relation>,
    /// Whether none of them holds without a condition.
    pub is_conditional: bool,
    /// Where it passes between nodes.
    pub bends: Vec<(f64, f64)>,
}

impl SceneNode {
    fn new(what: What) -> SceneNode {
        let label = match &what {
            What::Node(node) => node.label.clone(),
            What::Folded { n, .. } => format!("{} more", words::count(*n)),
        };
        SceneNode {
            what,
            x: 0.0,
            y: 0.0,
            is_pinned: false,
            is_faint: false,
            label,
            name: Vec::new(),
            line: String::new(),
        }
    }

    /// What its card says of it below its name.
    fn about(&self) -> String {
        match &self.what {
            What::Node(node) => words::line(node),
            What::Folded { fan, .. } => fan.relation.verb().to_owned(),
        }
    }

    /// What tells it apart on screen.
    pub fn id(&self) -> String {
        match &self.what {
            What::Node(node) => node.id.clone(),
            What::Folded { fan, .. } => format!("+{}.{}.{}", fan.direction.id(), fan.relation.id(), fan.node),
        }
    }

    /// A word of the kinds of nodes; empty for what is folded.
    pub fn kind(&self) -> &str {
        match &self.what {
            What::Node(node) => &node.kind,
            What::Folded { .. } => "",
        }
    }
}

/// A text that fits into a width. What is cut out is the middle: the ends tell names apart.
pub fn cut(text: &str, size: f64, room: f64) -> String {
    if text_width(text, size) <= room {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut kept = chars.len() - 1;
    loop {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let shortened: String = chars[..head]
            .iter()
            .chain(&['…'])
            .chain(&chars[chars.len() - tail..])
            .collect();
        if kept == 0 || text_width(&shortened, size) <= room {
            return shortened;
        }
        kept -= 1;
    }
}

/// A name on at most so many lines, broken where its words end. What does not fit is cut out of the last.
fn broken(name: &str, n_lines: usize, room: f64) -> Vec<String> {
    if n_lines < 2 || text_width(name, NAME_SIZE) <= room {
        return vec![cut(name, NAME_SIZE, room)];
    }
    let ends = name.char_indices().map(|(at, c)| at + c.len_utf8());
    let fitting = |end: &usize| text_width(&name[..*end], NAME_SIZE) <= room;
    let fitting: Vec<usize> = ends.take_while(fitting).collect();
    let is_end_of_word = |end: &&usize| {
        let (before, after) = name.split_at(**end);
        before.ends_with([' ', '/', ':', '-', '.', '_', '@'])
            || before.ends_with(|c: char| c.is_ascii_lowercase()) && after.starts_with(|c: char| c.is_ascii_uppercase())
    };
    // A word that is longer than half a line is broken itself.
    let last = fitting.last().copied().unwrap_or(0);
    let end = fitting.iter().rev().find(is_end_of_word).copied();
    let end = end.filter(|end| end * 2 > last).unwrap_or(last);
    let (first, rest) = name.split_at(end);
    vec![
        first.strip_suffix(' ').unwrap_or(first).to_owned(),
        cut(rest, NAME_SIZE, room),
    ]
}

/// Nodes and edges while they are gathered: each once, in the order in which they come.
#[derive(Default)]
struct Gathered {
    scene: Scene,
    nodes: BTreeMap<String, usize>,
    edges: BTreeMap<(usize, usize), usize>,
}

impl Gathered {
    fn node(&mut self, what: What) -> usize {
        let node = SceneNode::new(what);
        let next = self.scene.nodes.len();
        let index = *self.nodes.entry(node.id()).or_insert(next);
        if index == next {
            self.scene.nodes.push(node);
        }
        index
    }

    fn edge(&mut self, from: usize, to: usize, relation: Relation, is_conditional: bool) {
        let next = self.scene.edges.len();
        let index = *self.edges.entry((from, to)).or_insert(next);
        if index == next {
            self.scene.edges.push(SceneEdge {
                from,
                to,
                relations: vec![relation],
                is_conditional,
                bends: Vec::new(),
            });
            return;
        }
        let edge = &mut self.scene.edges[index];
        edge.is_conditional &= is_conditional;
        if !edge.relations.contains(&relation) {
            edge.relations.push(relation);
        }
    }

    fn step(&mut self, step: &StepView) {
        let from = self.node(What::Node(step.from.clone()));
        let to = self.node(What::Node(step.to.clone()));
        // A word that this version does not know has no verb; the table still has its sentence.
        if let Some(relation) = Relation::from_id(&step.relation) {
            self.edge(from, to, relation, step.condition.is_some());
        }
    }
}

/// The edges of one relation on one side of an opened node, as far as they are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct FanShown {
    pub direction: Direction,
    pub relation: Relation,
    pub rows: Vec<StepView>,
    /// How many there are, with these.
    pub n_matching: usize,
    pub n_pages: usize,
}

/// Opened nodes, the first of which was asked about, with what is shown of their fans.
pub fn neighbourhood(opened: &[(NodeView, Vec<FanShown>)]) -> Scene {
    let mut gathered = Gathered::default();
    for (node, fans) in opened {
        let middle = gathered.node(What::Node(node.clone()));
        for fan in fans {
            for step in &fan.rows {
                gathered.step(step);
            }
            let n = fan.n_matching - fan.rows.len();
            if n > 0 {
                let more = Fan {
                    node: node.id.clone(),
                    direction: fan.direction,
                    relation: fan.relation,
                    n_pages: fan.n_pages + 1,
                };
                let folded = gathered.node(What::Folded { fan: more, n });
                let (from, to) = match fan.direction {
                    Direction::Out => (middle, folded),
                    Direction::In => (folded, middle),
                };
                gathered.edge(from, to, fan.relation, false);
            }
        }
    }
    gathered.scene
}

/// The steps of paths, from the node where they begin.
pub fn of_paths<'p>(steps: impl IntoIterator<Item = &'p StepView>) -> Scene {
    let mut gathered = Gathered::default();
    for step in steps {
        gathered.step(step);
    }
    gathered.scene
}

/// What is reached, or reaches, each through one that is nearer. Of those that lead no further, the first few of each
/// relation are shown, and as many pages of the others as `fans` say; all of them when `is_unfolded`.
pub fn of_reach(page: &ReachPage, fans: &[Fan], is_unfolded: bool) -> Scene {
    let mut gathered = Gathered::default();
    gathered.scene.form = Form::Marks;
    let direction = match page.direction.as_str() {
        "in" => Direction::In,
        _ => Direction::Out,
    };
    // Of a thousand administrators those that something is reached through: the others would be a ring of nothing.
    let is_through = |start: &&NodeView| page.rows.iter().any(|row| row.through == start.id);
    let mut starts: Vec<&NodeView> = page.starts.iter().collect();
    if starts.len() > FAN && !is_unfolded {
        starts.retain(is_through);
        if starts.is_empty() {
            starts = page.starts.iter().take(FAN).collect();
        }
    }
    for start in starts {
        gathered.node(What::Node(start.clone()));
    }
    gathered.scene.n_starts = gathered.scene.nodes.len();
    let mut leads_on: BTreeMap<&str, bool> = BTreeMap::new();
    for row in &page.rows {
        leads_on.entry(&row.node.id).or_insert(false);
        leads_on.insert(&row.through, true);
    }
    let mut n_leaves: BTreeMap<(&str, Relation), usize> = BTreeMap::new();
    let mut shown: Vec<(&ReachedRow, Relation)> = Vec::new();
    for row in &page.rows {
        let Some(relation) = Relation::from_id(&row.relation) else {
            continue;
        };
        if !leads_on[row.node.id.as_str()] {
            let n_before = n_leaves.entry((&row.through, relation)).or_insert(0);
            *n_before += 1;
            if !is_unfolded && *n_before > FAN + FAN_PAGE * n_pages(fans, &row.through, direction, relation) {
                continue;
            }
        }
        shown.push((row, relation));
    }
    for (row, relation) in shown {
        let node = gathered.node(What::Node(row.node.clone()));
        // Nearest first, so what it is reached through is there.
        if let Some(&through) = gathered.nodes.get(&row.through) {
            let (from, to) = match direction {
                Direction::Out => (through, node),
                Direction::In => (node, through),
            };
            gathered.edge(from, to, relation, row.conditional);
        }
    }
    if is_unfolded {
        return gathered.scene;
    }
    for ((through, relation), n_leaves) in n_leaves {
        let n_pages = n_pages(fans, through, direction, relation);
        let n = n_leaves.saturating_sub(FAN + FAN_PAGE * n_pages);
        let Some(&middle) = gathered.nodes.get(through).filter(|_| n > 0) else {
            continue;
        };
        let fan = Fan {
            node: through.to_owned(),
            direction,
            relation,
            n_pages: n_pages + 1,
        };
        let folded = gathered.node(What::Folded { fan, n });
        let (from, to) = match direction {
            Direction::Out => (middle, folded),
            Direction::In => (folded, middle),
        };
        gathered.edge(from, to, relation, false);
    }
    gathered.scene
}

/// How many pages of a fan are asked for.
pub fn n_pages(fans: &[Fan], node: &str, direction: Direction, relation: Relation) -> usize {
    let fan = fans
        .iter()
        .find(|fan| fan.node == node && fan.direction == direction && fan.relation == relation);
    fan.map_or(0, |fan| fan.n_pages)
}

impl Scene {
    pub fn find(&self, id: &str) -> Option<usize> {
        let is_it = |node: &SceneNode| match &node.what {
            What::Node(node) => node.id == id,
            What::Folded { .. } => id.starts_with('+') && node.id() == id,
        };
        self.nodes.iter().position(is_it)
    }

    /// The width at which no card needs a second line for its name, within what looks like a card.
    pub fn widest_card(&self) -> f64 {
        let widths = self.nodes.iter().map(|node| {
            let about = text_width(&node.about(), LINE_SIZE);
            text_width(&node.label, NAME_SIZE).max(about)
        });
        let room = widths.fold(0.0, f64::max) * STRONG + TEXT_AT + TEXT_END;
        room.ceil().clamp(Cards::NARROWEST, Cards::WIDEST)
    }

    /// How many lines the longest name takes on cards of a width.
    pub fn n_lines(&self, width: f64) -> usize {
        let cards = Cards {
            width,
            ..Cards::default()
        };
        let is_long = |node: &SceneNode| text_width(&node.label, NAME_SIZE) > cards.room();
        1 + usize::from(self.nodes.iter().any(is_long))
    }

    /// Gives every node a card of this size, and writes it.
    pub fn write_cards(&mut self, cards: Cards) {
        self.cards = cards;
        for node in &mut self.nodes {
            node.name = broken(&node.label, cards.n_lines, cards.room());
            node.line = cut(&node.about(), LINE_SIZE, cards.room());
        }
    }

    /// How much there is to draw.
    pub fn size(&self) -> usize {
        self.nodes.len() + self.edges.len()
    }

    /// Puts a node somewhere by hand. The ways of its edges were made for where it stood.
    pub fn move_to(&mut self, at: usize, (x, y): (f64, f64)) {
        let node = &mut self.nodes[at];
        (node.x, node.y, node.is_pinned) = (x, y, true);
        for edge in self.edges.iter_mut().filter(|edge| edge.from == at || edge.to == at) {
            edge.bends.clear();
        }
    }

    /// The nearest node in a direction, `(1, 0)` being right. What lies along it counts more than what lies beside.
    pub fn towards(&self, from: usize, (right, down): (f64, f64)) -> Option<usize> {
        let start = self.nodes.get(from)?;
        let cost = |node: &SceneNode| {
            let (x, y) = (node.x - start.x, node.y - start.y);
            let along = x * right + y * down;
            let beside = (x * down - y * right).abs();
            (along > 1.0).then_some(along + 3.0 * beside)
        };
        let candidates = self.nodes.iter().enumerate();
        let candidates = candidates.filter_map(|(at, node)| Some((at, cost(node)?)));
        candidates.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
    }

    /// Left, top, right and bottom of everything; `None` when there is nothing.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let (half_width, half_height) = match self.form {
            Form::Cards => (self.cards.width / 2.0, self.cards.height() / 2.0),
            Form::Marks => (24.0, 24.0),
        };
        let beside = self.cards.beside;
        let mut bounds: Option<[f64; 4]> = None;
        let places = self.nodes.iter().map(|node| (node.x, node.y));
        for (x, y) in places.chain(self.edges.iter().flat_map(|edge| edge.bends.iter().copied())) {
            let here = [
                x - half_width,
                y - half_height,
                x + half_width + beside,
                y + half_height,
            ];
            bounds = Some(match bounds {
                None => here,
                Some([left, top, right, bottom]) => [
                    left.min(here[0]),
                    top.min(here[1]),
                    right.max(here[2]),
                    bottom.max(here[3]),
                ],
            });
        }
        bounds
    }
}

#[cfg(test)]
mod tests {
    use shared::model::instant::Instant;

    use super::*;
    use crate::arrange;

    fn node(id: &str) -> NodeView {
        NodeView {
            id: id.into(),
            kind: "identity".into(),
            label: id.into(),
            identity: None,
            source: None,
            environment: None,
            owner: None,
            tier: None,
        }
    }

    fn step(from: &str, to: &str) -> StepView {
        StepView {
            from: node(from),
            relation: "assumes".into(),
            to: node(to),
            sentence: format!("{from} may assume {to}."),
            condition: None,
            meaning: String::new(),
            evidence: Vec::new(),
        }
    }

    fn fan(direction: Direction, rows: Vec<StepView>, n_matching: usize) -> FanShown {
        FanShown {
            direction,
            relation: Relation::Assumes,
            rows,
            n_matching,
            n_pages: 0,
        }
    }

    fn hub() -> Scene {
        let out = (0..6).map(|n| step("hub", &format!("role-{n}"))).collect();
        let into = vec![step("ci", "hub")];
        let fans = vec![fan(Direction::Out, out, 20), fan(Direction::In, into, 1)];
        let mut scene = neighbourhood(&[(node("hub"), fans)]);
        arrange::cards(&mut scene, (1_200.0, 600.0));
        scene
    }

    #[test]
    fn access_runs_from_left_to_right_and_the_rest_of_a_fan_is_counted() {
        let scene = hub();
        let x = |id: &str| scene.nodes[scene.find(id).unwrap()].x;
        assert!(x("ci") < x("hub") && x("hub") < x("role-0"));
        let folded = scene.find("+out.assumes.hub").unwrap();
        assert_eq!(
            (scene.nodes[folded].label.as_str(), scene.nodes[folded].x),
            ("14 more", x("role-0"))
        );
        let What::Folded { fan, n } = &scene.nodes[folded].what else {
            panic!()
        };
        assert_eq!((fan.n_pages, *n), (1, 14));
    }

    #[test]
    fn cards_do_not_touch_and_arrows_find_the_next() {
        let scene = hub();
        for (at, a) in scene.nodes.iter().enumerate() {
            for b in &scene.nodes[at + 1..] {
                assert!((a.x - b.x).abs() > scene.cards.width || (a.y - b.y).abs() > scene.cards.height());
            }
        }
        let hub = scene.find("hub").unwrap();
        let left = scene.towards(hub, (-1.0, 0.0)).unwrap();
        assert_eq!(scene.nodes[left].label, "ci");
        assert_eq!(scene.towards(left, (1.0, 0.0)), Some(hub));
        assert_eq!(scene.towards(left, (-1.0, 0.0)), None);
    }

    #[test]
    fn in_a_narrow_picture_cards_stand_below_one_another() {
        let mut scene = hub();
        arrange::cards(&mut scene, (390.0, 560.0));
        let x = scene.nodes[0].x;
        assert!(scene.nodes.iter().all(|node| node.x == x));
        let y = |id: &str| scene.nodes[scene.find(id).unwrap()].y;
        assert!(y("ci") < y("hub") && y("hub") < y("role-0"));
        let [left, _, right, _] = scene.bounds().unwrap();
        assert!(right - left <= 390.0 && scene.cards.beside > 0.0);
    }

    #[test]
    fn a_long_path_is_read_from_the_top() {
        let nodes: Vec<String> = (0..8).map(|n| format!("node {n}")).collect();
        let steps: Vec<StepView> = nodes.windows(2).map(|ends| step(&ends[0], &ends[1])).collect();
        let mut scene = of_paths(&steps);
        arrange::cards(&mut scene, (880.0, 610.0));
        assert!(
            scene
                .nodes
                .windows(2)
                .all(|two| two[0].x == two[1].x && two[0].y < two[1].y)
        );
    }

    #[test]
    fn of_many_starts_only_those_are_drawn_that_something_is_reached_through() {
        let mut page = reach();
        page.starts
            .extend((0..50).map(|n| node(&format!("administrators of {n}"))));
        let scene = of_reach(&page, &[], false);
        assert_eq!((scene.n_starts, scene.nodes[0].label.as_str()), (1, "start"));
        assert_eq!(of_reach(&page, &[], true).n_starts, 51);
        page.rows.clear();
        assert_eq!(of_reach(&page, &[], false).n_starts, FAN);
    }

    #[test]
    fn names_are_broken_before_they_are_cut() {
        let name = "service account backup-agent/backup-agent-cron";
        let short = "service account backup-agent/cron";
        let mut scene = of_paths(&[step(short, "b")]);
        arrange::cards(&mut scene, (880.0, 610.0));
        assert_eq!(scene.nodes[0].name, [short], "there is room for a wide card");
        let lines = broken(name, 2, 160.0);
        assert_eq!(lines.concat(), name, "broken between two words and not in one");
        assert!(
            lines.len() == 2
                && lines[0].ends_with(['-', '/'])
                && lines.iter().all(|line| text_width(line, NAME_SIZE) <= 160.0)
        );
        let lines = broken("policy AdministratorAccess on 942767039187", 2, 140.0);
        assert_eq!(lines[0], "policy Administrator");
        let lines = broken(&"x".repeat(90), 2, 160.0);
        assert!(lines[1].contains('…') && text_width(&lines[0], NAME_SIZE) <= 160.0);
    }

    #[test]
    fn two_relations_between_two_nodes_are_one_edge() {
        let mut second = step("a", "b");
        second.relation = "impersonates".into();
        second.condition = Some("if".into());
        let scene = of_paths(&[step("a", "b"), second]);
        let [edge] = scene.edges.as_slice() else { panic!() };
        assert_eq!(edge.relations, [Relation::Assumes, Relation::Impersonates]);
        assert!(!edge.is_conditional, "one of them holds always");
    }

    /// `start` reaches a node that leads on to ten others.
    fn reach() -> ReachPage {
        let row = |id: &str, through: &str, n_steps: usize| ReachedRow {
            node: node(id),
            n_steps,
            through: through.into(),
            relation: "assumes".into(),
            conditional: false,
        };
        let mut rows = vec![row("hub", "start", 1)];
        rows.extend((0..10).map(|n| row(&format!("role-{n}"), "hub", 2)));
        ReachPage {
            as_of: Instant(0),
            starts: vec![node("start")],
            direction: "out".into(),
            n_reached: 11,
            n_by_distance: vec![1, 10],
            kinds: Vec::new(),
            environments: Vec::new(),
            stopped: None,
            n_matching: 11,
            offset: 0,
            rows,
        }
    }

    #[test]
    fn what_leads_no_further_is_folded_until_it_is_asked_for() {
        let page = reach();
        let folded = of_reach(&page, &[], false);
        assert_eq!(folded.nodes.len(), 2 + FAN + 1);
        let at = folded.find("+out.assumes.hub").unwrap();
        assert_eq!(folded.nodes[at].label, "4 more");
        let What::Folded { fan, .. } = &folded.nodes[at].what else {
            panic!()
        };
        let opened = of_reach(&page, std::slice::from_ref(fan), false);
        assert_eq!(opened.nodes.len(), 12);
        assert_eq!(of_reach(&page, &[], true), opened);
    }

    #[test]
    fn long_names_keep_both_ends() {
        let name = cut("arn:aws:iam::111122223333:role/a-very-long-name", NAME_SIZE, 120.0);
        assert!(name.starts_with("arn:") && name.ends_with("name") && name.contains('…'));
        assert!(text_width(&name, NAME_SIZE) <= 120.0);
        assert_eq!(cut("short", NAME_SIZE, 120.0), "short");
    }
}
