//! Paths: layers from left to right, so that edges lead rightwards, with few crossings.
//!
//! After Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system structures", 1981): layers
//! by the longest way, bends where an edge passes a layer, order by the mean of the neighbours.

use std::collections::BTreeMap;

/// How often the order within the layers is improved, to the right and back.
const N_SWEEPS: usize = 8;

/// Where nodes and edges are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layered {
    /// For each node: x is the layer, and two nodes or bends of a layer are at least one apart.
    pub positions: Vec<[f32; 2]>,
    /// For each edge, where it passes the layers between its ends, from its start to its end: no node is there.
    pub bends: Vec<Vec<[f32; 2]>>,
}

/// Lays out nodes `0..n_nodes`. An edge leads rightwards, unless it closes a circle; an edge to its own node has no way.
pub fn layered(n_nodes: usize, edges: &[(u32, u32)]) -> Layered {
    let is_back = back_edges(n_nodes, edges);
    let turned = edges.iter().zip(&is_back);
    let turned = turned.map(|(&(from, to), is_back)| if *is_back { (to, from) } else { (from, to) });
    let ahead: Vec<(u32, u32)> = turned.collect();
    let layer_of = layers(n_nodes, &ahead);
    let mut sheet = Sheet::new(n_nodes, &ahead, &layer_of);
    for sweep in 0..N_SWEEPS {
        sheet.order(sweep % 2 == 0);
    }
    for sweep in 0..N_SWEEPS {
        sheet.straighten(sweep % 2 == 0);
    }
    sheet.centre();
    let x = layer_of.iter().map(|layer| *layer as f32);
    let bends = ahead.iter().zip(&is_back).map(|(edge, is_back)| {
        let first = layer_of[edge.0 as usize] + 1;
        let items = sheet.bends.get(edge).map_or(&[][..], Vec::as_slice);
        let places = items.iter().enumerate();
        let mut places: Vec<[f32; 2]> = places
            .map(|(at, item)| [(first + at) as f32, sheet.y[*item as usize]])
            .collect();
        if *is_back {
            places.reverse();
        }
        places
    });
    Layered {
        bends: bends.collect(),
        positions: x.zip(&sheet.y).map(|(x, y)| [x, *y]).collect(),
    }
}

/// For each edge, whether it leads back to where a walk came from: with these turned there are no circles.
fn back_edges(n_nodes: usize, edges: &[(u32, u32)]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Walk {
        Ahead,
        On,
        Done,
    }
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); n_nodes];
    for (at, &(from, _)) in edges.iter().enumerate() {
        next[from as usize].push(at);
    }
    let mut state = vec![Walk::Ahead; n_nodes];
    let mut is_back = vec![false; edges.len()];
    for start in 0..n_nodes as u32 {
        if state[start as usize] != Walk::Ahead {
            continue;
        }
        state[start as usize] = Walk::On;
        let mut walk = vec![(start, 0)];
        while let Some((node, n_done)) = walk.pop() {
            let Some(&edge) = next[node as usize].get(n_done) else {
                state[node as usize] = Walk::Done;
                continue;
            };
            walk.push((node, n_done + 1));
            let to = edges[edge].1;
            match state[to as usize] {
                Walk::On => is_back[edge] = true,
                Walk::Done => {}
                Walk::Ahead => {
                    state[to as usize] = Walk::On;
                    walk.push((to, 0));
                }
            }
        }
    }
    is_back
}

/// For each node, how long the longest way to it is; where nothing leads there, one less than for what it leads to.
fn layers(n_nodes: usize, edges: &[(u32, u32)]) -> Vec<usize> {
    let mut layers = vec![0; n_nodes];
    // There are no circles, so the longest way has fewer steps than there are nodes.
    for _ in 0..n_nodes {
        let mut is_settled = true;
        for &(from, to) in edges.iter().filter(|(from, to)| from != to) {
            let layer = layers[from as usize] + 1;
            if layers[to as usize] < layer {
                layers[to as usize] = layer;
                is_settled = false;
            }
        }
        if is_settled {
            break;
        }
    }
    let mut is_led_to = vec![false; n_nodes];
    let mut nearest = vec![usize::MAX; n_nodes];
    for &(from, to) in edges.iter().filter(|(from, to)| from != to) {
        is_led_to[to as usize] = true;
        nearest[from as usize] = nearest[from as usize].min(layers[to as usize]);
    }
    for node in 0..n_nodes {
        if !is_led_to[node] && nearest[node] != usize::MAX {
            layers[node] = nearest[node] - 1;
        }
    }
    layers
}

/// Nodes and bends in their layers.
struct Sheet {
    /// For each layer its nodes and bends, from above to below.
    layers: Vec<Vec<u32>>,
    /// For each node and bend, those that it is joined to in the layer before, and in the one after.
    before: Vec<Vec<u32>>,
    after: Vec<Vec<u32>>,
    /// For each edge, its bends from left to right.
    bends: BTreeMap<(u32, u32), Vec<u32>>,
    y: Vec<f32>,
}

impl Sheet {
    fn new(n_nodes: usize, edges: &[(u32, u32)], layer_of: &[usize]) -> Sheet {
        let n_layers = layer_of.iter().max().map_or(0, |last| last + 1);
        let mut sheet = Sheet {
            layers: vec![Vec::new(); n_layers],
            before: vec![Vec::new(); n_nodes],
            after: vec![Vec::new(); n_nodes],
            bends: BTreeMap::new(),
            y: Vec::new(),
        };
        for (node, layer) in layer_of.iter().enumerate() {
            sheet.layers[*layer].push(node as u32);
        }
        for &(from, to) in edges {
            if from == to || sheet.bends.contains_key(&(from, to)) {
                continue;
            }
            let mut last = from;
            let mut bends = Vec::new();
            for layer in layer_of[from as usize] + 1..layer_of[to as usize] {
                let bend = sheet.before.len() as u32;
                bends.push(bend);
                sheet.layers[layer].push(bend);
                sheet.before.push(Vec::new());
                sheet.after.push(Vec::new());
                sheet.join(last, bend);
                last = bend;
            }
            sheet.join(last, to);
            sheet.bends.insert((from, to), bends);
        }
        sheet.y = vec![0.0; sheet.before.len()];
        for layer in &sheet.layers {
            for (place, item) in layer.iter().enumerate() {
                sheet.y[*item as usize] = place as f32;
            }
        }
        sheet
    }

    fn join(&mut self, from: u32, to: u32) {
        self.after[from as usize].push(to);
        self.before[to as usize].push(from);
    }

    /// The mean place of what an item is joined to on one side; its own when that is nothing.
    fn mean(&self, item: u32, is_rightwards: bool) -> f32 {
        let joined = match is_rightwards {
            true => &self.before[item as usize],
            false => &self.after[item as usize],
        };
        match joined.len() {
            0 => self.y[item as usize],
            n => joined.iter().map(|other| self.y[*other as usize]).sum::<f32>() / n as f32,
        }
    }

    fn visit(&mut self, is_rightwards: bool, mut change: impl FnMut(&mut Sheet, &mut Vec<u32>)) {
        let n_layers = self.layers.len();
        for at in 0..n_layers {
            let at = if is_rightwards { at } else { n_layers - 1 - at };
            let mut layer = std::mem::take(&mut self.layers[at]);
            change(self, &mut layer);
            self.layers[at] = layer;
        }
    }

    /// Orders each layer by the means of the one that was ordered before.
    fn order(&mut self, is_rightwards: bool) {
        self.visit(is_rightwards, |sheet, layer| {
            layer.sort_by(|a, b| sheet.mean(*a, is_rightwards).total_cmp(&sheet.mean(*b, is_rightwards)));
            for (place, item) in layer.iter().enumerate() {
                sheet.y[*item as usize] = place as f32;
            }
        });
    }

    /// Moves each layer's items towards their means, in their order and one apart.
    fn straighten(&mut self, is_rightwards: bool) {
        self.visit(is_rightwards, |sheet, layer| {
            let wanted: Vec<f32> = layer.iter().map(|item| sheet.mean(*item, is_rightwards)).collect();
            let mut least = f32::MIN;
            let mut n_too_far = 0.0;
            for (item, wanted) in layer.iter().zip(&wanted) {
                let y = wanted.max(least);
                n_too_far += y - wanted;
                sheet.y[*item as usize] = y;
                least = y + 1.0;
            }
            // What was pushed down is shared out, so that as much lies above its mean as below.
            let shift = n_too_far / layer.len().max(1) as f32;
            for item in layer.iter() {
                sheet.y[*item as usize] -= shift;
            }
        });
    }

    fn centre(&mut self) {
        let low = self.y.iter().copied().fold(f32::MAX, f32::min);
        let high = self.y.iter().copied().fold(f32::MIN, f32::max);
        for y in &mut self.y {
            *y -= (low + high) / 2.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How many pairs of edges between neighbouring layers cross.
    fn n_crossings(positions: &[[f32; 2]], edges: &[(u32, u32)]) -> usize {
        let place = |node: u32| positions[node as usize];
        let mut n = 0;
        for (index, &(a, b)) in edges.iter().enumerate() {
            for &(c, d) in &edges[..index] {
                let same = place(a)[0] == place(c)[0] && place(b)[0] == place(d)[0];
                let left = place(a)[1] - place(c)[1];
                let right = place(b)[1] - place(d)[1];
                n += usize::from(same && left * right < 0.0);
            }
        }
        n
    }

    #[test]
    fn a_chain_is_straight_and_a_fork_does_not_cross() {
        let chain = layered(3, &[(0, 1), (1, 2)]);
        assert_eq!(chain.positions, [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]);
        // Two ways that stand crossed in the order of the nodes.
        let edges = [(0, 1), (0, 2), (1, 4), (2, 3), (3, 5), (4, 5)];
        let positions = layered(6, &edges).positions;
        assert_eq!(n_crossings(&positions, &edges), 0, "{positions:?}");
        let x: Vec<f32> = positions.iter().map(|place| place[0]).collect();
        assert_eq!(x, [0.0, 1.0, 1.0, 2.0, 2.0, 3.0]);
    }

    #[test]
    fn an_edge_past_a_layer_bends_around_its_nodes() {
        let Layered { positions, bends } = layered(3, &[(0, 1), (1, 2), (0, 2)]);
        let [[x, y]] = bends[2][..] else { panic!("{bends:?}") };
        assert_eq!(x, positions[1][0]);
        assert!((positions[1][1] - y).abs() > 0.999, "{positions:?} {bends:?}");
    }

    #[test]
    fn an_edge_back_has_a_way_of_its_own() {
        let Layered { positions, bends } = layered(4, &[(0, 1), (1, 2), (2, 3), (3, 0)]);
        let x: Vec<f32> = positions.iter().map(|place| place[0]).collect();
        assert_eq!(x, [0.0, 1.0, 2.0, 3.0]);
        let [[first, above], [second, _]] = bends[3][..] else {
            panic!("{bends:?}")
        };
        assert_eq!((first, second), (2.0, 1.0));
        assert!((positions[2][1] - above).abs() > 0.999);
    }

    #[test]
    fn what_nothing_leads_to_stands_beside_what_it_leads_to() {
        let positions = layered(4, &[(0, 1), (1, 2), (3, 2)]).positions;
        assert_eq!(positions[3][0], 1.0);
    }

    proptest! {
        #[test]
        fn edges_lead_rightwards_and_nodes_do_not_touch(
            edges in prop::collection::vec((0u32..9, 0u32..9), 0..20),
        ) {
            let Layered { positions, bends } = layered(9, &edges);
            let is_back = back_edges(9, &edges);
            for (&(from, to), is_back) in edges.iter().zip(&is_back) {
                let (start, end) = (positions[from as usize][0], positions[to as usize][0]);
                prop_assert!(start < end || *is_back || from == to, "{from} to {to}");
                prop_assert!(start >= end || !*is_back, "{from} back to {to}");
            }
            // What is turned closes a circle: without circles nothing is.
            if edges.iter().all(|(from, to)| from < to) {
                prop_assert!(!is_back.contains(&true));
            }
            let mut ways = Vec::from_iter(edges.iter().copied().zip(&bends));
            for ((from, to), bends) in &ways {
                let n_layers = (positions[*from as usize][0] - positions[*to as usize][0]).abs();
                prop_assert_eq!(bends.len() as f32, (n_layers - 1.0).max(0.0));
            }
            // The two ways between two nodes may be one.
            ways.sort_by_key(|((from, to), _)| (*from.min(to), *from.max(to)));
            ways.dedup_by_key(|((from, to), _)| (*from.min(to), *from.max(to)));
            let mut places = positions.clone();
            places.extend(ways.into_iter().flat_map(|(_, bends)| bends));
            for (index, a) in places.iter().enumerate() {
                prop_assert!(a.iter().all(|number| number.is_finite()));
                for b in &places[..index] {
                    prop_assert!(a[0] != b[0] || (a[1] - b[1]).abs() > 0.999);
                }
            }
        }
    }
}
