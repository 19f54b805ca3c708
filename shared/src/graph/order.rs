//! In which order things that reach each other must be replaced: who can read others' new secrets comes first.

use super::adjacency::{Adjacency, Direction, NodeId};

/// Groups nodes, given with everything that they reach, so that no group reaches one before it. Nodes of one group all
/// reach each other. (Strongly connected components, by Tarjan's algorithm without recursion.)
///
/// `nodes` must hold whatever the first of them reaches; edges to other nodes are passed over.
pub fn groups(adjacency: &Adjacency, nodes: &[NodeId]) -> Vec<Vec<NodeId>> {
    let mut number = vec![NONE; adjacency.n_nodes()];
    for (index, node) in nodes.iter().enumerate() {
        number[node.0 as usize] = index as u32;
    }
    let mut found_at = vec![NONE; nodes.len()];
    // The earliest node that is known to be in the same group.
    let mut earliest = vec![0; nodes.len()];
    let mut is_open = vec![false; nodes.len()];
    let mut open: Vec<u32> = Vec::new();
    let mut n_found = 0;
    let mut groups = Vec::new();
    for start in 0..nodes.len() as u32 {
        if found_at[start as usize] != NONE {
            continue;
        }
        let mut walk = vec![(start, 0)];
        while let Some((at, n_done)) = walk.pop() {
            let index = at as usize;
            if n_done == 0 {
                (found_at[index], earliest[index]) = (n_found, n_found);
                n_found += 1;
                open.push(at);
                is_open[index] = true;
            }
            if let Some(link) = adjacency.access_at(nodes[index], Direction::Out, n_done) {
                walk.push((at, n_done + 1));
                let to = number[link.node.0 as usize];
                if to != NONE && found_at[to as usize] == NONE {
                    walk.push((to, 0));
                } else if to != NONE && is_open[to as usize] {
                    earliest[index] = earliest[index].min(found_at[to as usize]);
                }
                continue;
            }
            if let Some((before, _)) = walk.last() {
                earliest[*before as usize] = earliest[*before as usize].min(earliest[index]);
            }
            if earliest[index] == found_at[index] {
                let mut group = Vec::new();
                while let Some(member) = open.pop() {
                    is_open[member as usize] = false;
                    group.push(nodes[member as usize]);
                    if member == at {
                        break;
                    }
                }
                group.sort_unstable();
                groups.push(group);
            }
        }
    }
    groups.reverse();
    groups
}

const NONE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::adjacency::tests::small;
    use super::super::reach::{Caps, reach};
    use super::*;

    proptest! {
        #[test]
        fn nobody_reaches_a_group_before_his_own((n_nodes, edges) in small()) {
            let adjacency = Adjacency::new(n_nodes, edges);
            let reaches = |from, to| {
                reach(&adjacency, &[from], Direction::Out, Caps::default(), |_| true).nodes.contains(&to)
            };
            let nodes = reach(&adjacency, &[NodeId(0)], Direction::Out, Caps::default(), |_| true).nodes;
            let groups = groups(&adjacency, &nodes);
            let mut grouped: Vec<NodeId> = groups.iter().flatten().copied().collect();
            let mut expected = nodes.clone();
            grouped.sort();
            expected.sort();
            prop_assert_eq!(grouped, expected);
            for (at, group) in groups.iter().enumerate() {
                for (other_at, other) in groups.iter().enumerate() {
                    for (a, b) in group.iter().flat_map(|a| other.iter().map(move |b| (*a, *b))) {
                        if other_at <= at {
                            prop_assert_eq!(reaches(a, b), other_at == at);
                        }
                    }
                }
            }
        }
    }
}
