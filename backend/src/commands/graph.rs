//! `rollcall graph`: what reaches what, in sentences or for scripts.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;
use shared::answers::graph::{self, NEIGHBOURS_KEYS, NODES_KEYS, NoAnswer, PATHS_KEYS, REACH_KEYS};
use shared::api::graph::{GraphQuery, NodeView};
use shared::diagnostic::printable;
use shared::graph::adjacency::Direction;

use super::{Format, escaped, read_snapshot, wrong_use};
use crate::cli::EstateArgs;

#[derive(Args)]
pub struct GraphArgs {
    #[arg(value_enum)]
    question: Question,
    #[command(flatten)]
    estate: EstateArgs,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// As in docs/api.md: `q=deploy`, `node=identity:…`, `node=administrators`, `from=…`, `to=…`, `kind=role`, `steps=4`
    query: Vec<String>,
}

/// As the routes below `/api/v1/graph` are called.
#[derive(Clone, Copy, ValueEnum)]
enum Question {
    Nodes,
    Neighbours,
    Reach,
    WhoCanReach,
    Paths,
}

pub fn run(args: GraphArgs) -> anyhow::Result<ExitCode> {
    let keys = match args.question {
        Question::Nodes => NODES_KEYS,
        Question::Neighbours => NEIGHBOURS_KEYS,
        Question::Reach | Question::WhoCanReach => REACH_KEYS,
        Question::Paths => PATHS_KEYS,
    };
    let query: Vec<String> = args.query.iter().map(|pair| pair.replace('+', "%2B")).collect();
    let query = GraphQuery::parse(&query.join("&"), keys).unwrap_or_else(|error| wrong_use(&error.to_string()));
    let analysis = &read_snapshot(&args.estate, query.snapshot.as_deref())?.loaded.analysis;
    let node = |node: &NodeView| format!("{}  {}", node.label, node.id);
    match args.question {
        Question::Nodes => print(&args, &graph::nodes(analysis, &query), |page| {
            page.rows.iter().map(node).collect()
        }),
        Question::Neighbours => print(&args, &answered(graph::neighbours(analysis, &query)), |page| {
            page.rows.iter().map(|step| step.sentence.clone()).collect()
        }),
        Question::Reach | Question::WhoCanReach => {
            let direction = match args.question {
                Question::WhoCanReach => Direction::In,
                Question::Nodes | Question::Neighbours | Question::Reach | Question::Paths => Direction::Out,
            };
            print(&args, &answered(graph::reached(analysis, &query, direction)), |page| {
                let rows = page
                    .rows
                    .iter()
                    .map(|row| format!("{}  {}", row.n_steps, node(&row.node)));
                rows.chain(page.stopped.clone()).collect()
            })
        }
        Question::Paths => print(&args, &answered(graph::paths(analysis, &query)), |found| {
            let paths = found.paths.iter().map(|path| path.sentence.clone());
            paths.chain(found.stopped.clone()).collect()
        }),
    }
}

fn answered<T>(answer: Result<T, NoAnswer>) -> T {
    answer.unwrap_or_else(|error| wrong_use(&error.to_string()))
}

fn print<T: Serialize>(args: &GraphArgs, answer: &T, lines: impl Fn(&T) -> Vec<String>) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", escaped(&serde_json::to_string_pretty(answer)?))?,
        Format::Text => {
            for line in lines(answer) {
                writeln!(out, "{}", printable(&line))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
