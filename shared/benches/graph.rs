//! Questions to a graph of 250,000 nodes and 6.3 million edges: how long the slowest of many take, and what it weighs.
//!
//! `cargo bench -p shared --bench graph`. Degrees are as uneven as those of real estates (a few roles that most may
//! assume, most that few may), and four of five edges stay inside a part of 500 nodes, as they do inside an account.

// A bench looks at the clock and prints what it measured.
#![allow(clippy::print_stderr, clippy::disallowed_methods)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use shared::graph::adjacency::{Adjacency, Direction, Edge, NodeId};
use shared::graph::cut::fewest;
use shared::graph::paths::{several, shortest};
use shared::graph::reach::{Caps, reach};
use shared::model::relation::Relation;

const N_NODES: u32 = 250_000;
const N_EDGES: usize = 6_300_000;
const N_PART: u32 = 500;

/// A sequence of numbers that look random and are the same in every run: xorshift.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (((self.0 >> 32) * u64::from(n)) >> 32) as u32
    }

    /// Small numbers far more often than large ones.
    fn uneven(&mut self, n: u32) -> u32 {
        let share = f64::from(self.below(1 << 20) + 1) / f64::from(1u32 << 20);
        (share.powi(4) * f64::from(n)) as u32 % n
    }
}

fn edges() -> Vec<Edge> {
    let mut draw = Draw(0x9E37_79B9_7F4A_7C15);
    (0..N_EDGES)
        .map(|origin| {
            let from = draw.below(N_NODES);
            let to = match draw.below(5) {
                0 => draw.uneven(N_NODES),
                _ => from - from % N_PART + draw.uneven(N_PART),
            };
            Edge {
                from: NodeId(from),
                to: NodeId(to),
                relation: Relation::ALL[draw.below(14) as usize],
                origin: origin as u32,
            }
        })
        .collect()
}

/// The median and the 95th percentile of asking from many places.
fn percentiles(name: &str, mut ask: impl FnMut(NodeId, NodeId)) {
    let mut draw = Draw(7);
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let (from, to) = (NodeId(draw.below(N_NODES)), NodeId(draw.below(N_NODES)));
            let start = Instant::now();
            ask(from, to);
            start.elapsed()
        })
        .collect();
    times.sort();
    eprintln!(
        "{name}: median {:?}, p95 {:?}, slowest {:?}",
        times[100], times[190], times[199]
    );
}

fn graph(c: &mut Criterion) {
    let edges = edges();
    let start = Instant::now();
    let adjacency = Adjacency::new(N_NODES as usize, edges);
    eprintln!(
        "{N_NODES} nodes, {N_EDGES} edges: put in place in {:?}, {} MB",
        start.elapsed(),
        adjacency.n_bytes() / 1_000_000
    );
    let caps = Caps::default();
    let walk = |from, direction| {
        black_box(reach(&adjacency, &[from], direction, caps, |_| true))
            .nodes
            .len()
    };
    percentiles("reach", |from, _| {
        black_box(walk(from, Direction::Out));
    });
    percentiles("who can reach", |from, _| {
        black_box(walk(from, Direction::In));
    });
    percentiles("shortest path", |from, to| {
        drop(black_box(shortest(&adjacency, from, to, caps, |_| true)))
    });
    percentiles("three paths", |from, to| {
        drop(black_box(several(&adjacency, from, to, 3, caps, |_| true)))
    });
    c.bench_function("reach", |b| b.iter(|| walk(NodeId(1), Direction::Out)));
    c.bench_function("who can reach", |b| b.iter(|| walk(NodeId(1), Direction::In)));
    c.bench_function("shortest path", |b| {
        b.iter(|| shortest(&adjacency, NodeId(1), NodeId(N_NODES - 1), caps, |_| true))
    });
    let mut slow = c.benchmark_group("slow");
    slow.sample_size(10);
    slow.bench_function("smallest change", |b| {
        b.iter(|| fewest(&adjacency, &[NodeId(1)], &[NodeId(N_NODES - 1)], |_| true))
    });
    slow.finish();
}

criterion_group!(benches, graph);
criterion_main!(benches);
