//! `cargo xtask bench`: runs the criterion benchmarks of `shared` and prints what they measured as one table.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::{Workspace, run};
use crate::{digest, say};

pub fn bench(workspace: &Workspace, args: &[String]) -> Result<()> {
    let started = SystemTime::now();
    let mut command = workspace.cargo();
    command
        .args(["bench", "--package", "shared", "--benches", "--"])
        .args(args);
    say::step("run the benchmarks of shared", || run(&mut command))?;

    let rows = rows(&workspace.target.join("criterion"), started)?;
    if rows.is_empty() {
        bail!(
            "no benchmark ran: `shared` has none, or the filter `{}` matches none",
            args.join(" ")
        );
    }
    say::line(say::table(["benchmark", "mean", "± std. error", "throughput"], &rows).trim_end());
    Ok(())
}

/// One row for each benchmark whose files below `folder` were written after `started`.
fn rows(folder: &Path, started: SystemTime) -> Result<Vec<[String; 4]>> {
    let mut files = digest::files_below(folder)?;
    files.sort();
    let mut rows = Vec::new();
    for estimates in files.iter().filter(|file| file.ends_with("new/estimates.json")) {
        if fs::metadata(estimates)?.modified()? >= started {
            let benchmark = read(&estimates.with_file_name("benchmark.json"))?;
            rows.push(row(&benchmark, &read(estimates)?)?);
        }
    }
    Ok(rows)
}

fn row(benchmark: &Value, estimates: &Value) -> Result<[String; 4]> {
    let name = benchmark["full_id"].as_str().context("criterion wrote no `full_id`")?;
    let mean = estimates["mean"]["point_estimate"]
        .as_f64()
        .context("criterion wrote no mean")?;
    let error = estimates["mean"]["standard_error"].as_f64().unwrap_or_default();
    let throughput = throughput(&benchmark["throughput"], mean).unwrap_or_default();
    Ok([name.to_owned(), time(mean), time(error), throughput])
}

/// What was handled in a second, from criterion's amount for one iteration and the time it took.
fn throughput(per_iteration: &Value, nanoseconds: f64) -> Option<String> {
    let (unit, amount) = per_iteration.as_object()?.iter().next()?;
    let per_second = amount.as_f64()? / nanoseconds * 1e9;
    Some(match unit.as_str() {
        "Bytes" | "BytesDecimal" => format!("{:.1} MB/s", per_second / 1e6),
        _ => format!("{:.1} k/s", per_second / 1e3),
    })
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

fn read(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("cannot parse `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn criterions_files_become_rows() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("parse/10k/new");
        fs::create_dir_all(&new).unwrap();
        let benchmark = json!({ "full_id": "parse/10k", "throughput": { "Bytes": 4_000_000 } });
        let estimates = json!({ "mean": { "point_estimate": 20_000_000.0, "standard_error": 1_500.0 } });
        fs::write(new.join("benchmark.json"), benchmark.to_string()).unwrap();
        fs::write(new.join("estimates.json"), estimates.to_string()).unwrap();

        let expected = ["parse/10k", "20.00 ms", "1.50 µs", "200.0 MB/s"].map(str::to_owned);
        assert_eq!(rows(folder.path(), SystemTime::UNIX_EPOCH).unwrap(), [expected]);
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        assert!(rows(folder.path(), later).unwrap().is_empty());
    }
}
