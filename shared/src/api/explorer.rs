//! What the page of the access graph shows: its URL, all of it.
//!
//! Both the dashboard, which links to the page, and the explorer, which draws it, write and read this.

use super::query::{pairs, query_string};
use crate::access::standing::Tier;
use crate::graph::adjacency::Direction;
use crate::graph::node::NodeKind;
use crate::model::relation::Relation;

/// The page's path.
pub const PATH: &str = "/access";

/// The question, and what of the answer is in sight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExplorerQuery {
    pub snapshot: Option<String>,
    /// What is looked for.
    pub text: String,
    pub view: View,
    /// The id of the node that is asked about; of a path, where it begins.
    pub node: Option<String>,
    /// Where a path ends.
    pub to: Option<String>,
    /// Nodes whose neighbours are shown, too.
    pub open: Vec<String>,
    /// Fans of which more than the first few are shown.
    pub fans: Vec<Fan>,
    /// How many nodes of a reach, or how many paths are shown; the usual number when `None`.
    pub shown: Option<usize>,
    /// Only these are shown; all when empty.
    pub kinds: Vec<NodeKind>,
    pub relations: Vec<Relation>,
    pub environments: Vec<String>,
    pub tiers: Vec<Tier>,
    /// Nodes that were put somewhere.
    pub pins: Vec<Pin>,
    /// The chosen node.
    pub at: Option<String>,
    /// What part of the picture is in sight; all of it when `None`.
    pub camera: Option<Camera>,
}

/// The questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    Neighbours,
    Reach,
    WhoCanReach,
    Paths,
}

impl View {
    pub const ALL: [View; 4] = [View::Neighbours, View::Reach, View::WhoCanReach, View::Paths];

    /// The stable word in URLs.
    pub fn id(self) -> &'static str {
        match self {
            View::Neighbours => "neighbours",
            View::Reach => "reach",
            View::WhoCanReach => "who",
            View::Paths => "paths",
        }
    }
}

/// The edges of one relation on one side of a node, of which `n_pages` are shown beyond the first few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fan {
    pub node: String,
    pub direction: Direction,
    pub relation: Relation,
    pub n_pages: usize,
}

/// A node's place, in the picture's units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    pub node: String,
    pub x: i32,
    pub y: i32,
}

/// The place in the middle of the picture, and how large a unit is, in thousandths of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Camera {
    pub x: i32,
    pub y: i32,
    pub thousandths: u32,
}

impl ExplorerQuery {
    /// Neighbours, reach or paths of one node.
    pub fn about(node: String, view: View, snapshot: Option<&str>) -> ExplorerQuery {
        ExplorerQuery {
            snapshot: snapshot.map(str::to_owned),
            view,
            node: Some(node),
            ..ExplorerQuery::default()
        }
    }

    /// Reads a query string, without `?`. What it does not know is as if it were not there.
    pub fn parse(query: &str) -> ExplorerQuery {
        let mut parsed = ExplorerQuery::default();
        for (key, value) in pairs(query) {
            match key.as_str() {
                "snapshot" => parsed.snapshot = Some(value),
                "q" => parsed.text = value,
                "view" => {
                    parsed.view = View::ALL
                        .into_iter()
                        .find(|view| view.id() == value)
                        .unwrap_or_default()
                }
                "node" => parsed.node = Some(value),
                "to" => parsed.to = Some(value),
                "open" => parsed.open.push(value),
                "fan" => parsed.fans.extend(Fan::parse(&value)),
                "shown" => parsed.shown = value.parse().ok(),
                "kind" => parsed.kinds.extend(NodeKind::from_id(&value)),
                "relation" => parsed.relations.extend(Relation::from_id(&value)),
                "environment" => parsed.environments.push(value),
                "tier" => parsed.tiers.extend(Tier::from_id(&value)),
                "pin" => parsed.pins.extend(Pin::parse(&value)),
                "at" => parsed.at = Some(value),
                "camera" => parsed.camera = Camera::parse(&value),
                _ => {}
            }
        }
        parsed
    }

    /// The link to the page in this state.
    pub fn link(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        pairs.extend(self.snapshot.iter().map(|name| ("snapshot", name.clone())));
        if self.view != View::default() {
            pairs.push(("view", self.view.id().to_owned()));
        }
        pairs.extend(self.node.iter().map(|id| ("node", id.clone())));
        pairs.extend(self.to.iter().map(|id| ("to", id.clone())));
        pairs.extend(self.open.iter().map(|id| ("open", id.clone())));
        pairs.extend(self.fans.iter().map(|fan| ("fan", fan.text())));
        pairs.extend(self.shown.map(|n| ("shown", n.to_string())));
        pairs.extend(self.kinds.iter().map(|kind| ("kind", kind.id().to_owned())));
        pairs.extend(
            self.relations
                .iter()
                .map(|relation| ("relation", relation.id().to_owned())),
        );
        pairs.extend(self.environments.iter().map(|name| ("environment", name.clone())));
        pairs.extend(self.tiers.iter().map(|tier| ("tier", tier.id().to_owned())));
        pairs.extend(
            self.pins
                .iter()
                .map(|pin| ("pin", format!("{}.{}.{}", pin.x, pin.y, pin.node))),
        );
        pairs.extend(self.at.iter().map(|id| ("at", id.clone())));
        if let Some(Camera { x, y, thousandths }) = self.camera {
            pairs.push(("camera", format!("{x}.{y}.{thousandths}")));
        }
        if !self.text.is_empty() {
            pairs.push(("q", self.text.clone()));
        }
        match pairs.is_empty() {
            true => PATH.to_owned(),
            false => [PATH, "?", &query_string(&pairs)].concat(),
        }
    }

    /// Whether something is left out of the picture on purpose.
    pub fn is_filtered(&self) -> bool {
        !(self.kinds.is_empty() && self.relations.is_empty() && self.environments.is_empty() && self.tiers.is_empty())
    }
}

impl Fan {
    fn text(&self) -> String {
        let (direction, relation) = (self.direction.id(), self.relation.id());
        format!("{}.{direction}.{relation}.{}", self.n_pages, self.node)
    }

    fn parse(text: &str) -> Option<Fan> {
        let mut parts = text.splitn(4, '.');
        let n_pages = parts.next()?.parse().ok()?;
        let direction = match parts.next()? {
            "out" => Direction::Out,
            "in" => Direction::In,
            _ => return None,
        };
        let relation = Relation::from_id(parts.next()?)?;
        let node = parts.next()?.to_owned();
        Some(Fan {
            node,
            direction,
            relation,
            n_pages,
        })
    }
}

impl Pin {
    fn parse(text: &str) -> Option<Pin> {
        let mut parts = text.splitn(3, '.');
        let (x, y) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let node = parts.next()?.to_owned();
        Some(Pin { node, x, y })
    }
}

impl Camera {
    fn parse(text: &str) -> Option<Camera> {
        let mut parts = text.splitn(3, '.');
        let (x, y) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let thousandths = parts.next()?.parse().ok().filter(|thousandths| *thousandths > 0)?;
        Some(Camera { x, y, thousandths })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_view_survives_its_url() {
        let query = ExplorerQuery {
            snapshot: Some("2026-10-31".into()),
            text: "ci & cd".into(),
            view: View::Paths,
            node: Some("identity:arn:aws:iam::1:user/a b".into()),
            to: Some("administrators".into()),
            open: vec!["group:a".into(), "group:b".into()],
            fans: vec![Fan {
                node: "group:a.b".into(),
                direction: Direction::In,
                relation: Relation::MemberOf,
                n_pages: 2,
            }],
            shown: Some(600),
            kinds: vec![NodeKind::Identity],
            relations: vec![Relation::Assumes],
            environments: vec!["prod".into(), String::new()],
            tiers: vec![Tier::Administrator],
            pins: vec![Pin {
                node: "policy:x.y".into(),
                x: -12,
                y: 40,
            }],
            at: Some("policy:x@y".into()),
            camera: Some(Camera {
                x: -3,
                y: 7,
                thousandths: 500,
            }),
        };
        let link = query.link();
        let (path, search) = link.split_once('?').unwrap();
        assert_eq!(path, PATH);
        assert_eq!(ExplorerQuery::parse(search), query);
        assert_eq!(ExplorerQuery::default().link(), PATH);
    }

    #[test]
    fn what_means_nothing_is_not_there() {
        let query =
            ExplorerQuery::parse("view=up&fan=x&fan=1.out.likes.a&pin=1.a&camera=0.0.0&kind=user&shown=many&x=y");
        assert_eq!(query, ExplorerQuery::default());
    }
}
