//! The reference pages of `docs/`, written from the registries so that they cannot fall behind.

use std::fmt::Write;

use crate::connectors::CONNECTORS;
use crate::kpi::catalog::KPIS;
use crate::model::thresholds::{ThresholdId, Thresholds};

/// Every reference page: its file name below `docs/`, and its text.
pub fn reference_pages() -> [(&'static str, String); 2] {
    [("connectors.md", connectors()), ("kpis.md", kpis())]
}

const NOTE: &str = "<!-- Written by `cargo xtask docs` from the code. Edit that, not this. -->\n";

const SOURCE_TOML: &str = r#"account = "123456789012"  # the account, tenant, project or cluster

[[about]]
file = "last-accessed/ci-*.json"  # a glob over the path below the source
subject = "arn:aws:iam::123456789012:role/ci-deploy"
"#;

fn connectors() -> String {
    let mut page = format!(
        "{NOTE}# Connectors\n\nOne for each export format. Files are recognised by what is in them, never by their name; \
         any encoding, gzip, Zstandard, zip and tar are taken, JSON in any framing.\n\n\
         Some exports do not say whose they are or what they are about. It is then taken from the path, or from \
         `source.toml` in the source's folder:\n\n```toml\n{SOURCE_TOML}```\n"
    );
    for connector in CONNECTORS {
        let _ = write!(
            page,
            "\n## {}\n\n{} · {}\n\n```sh\n{}\n```\n\nIt cannot tell:\n\n",
            connector.id, connector.vendor, connector.title, connector.command
        );
        for sentence in connector.cannot_tell {
            let _ = writeln!(page, "- {sentence}");
        }
    }
    page
}

fn kpis() -> String {
    let mut page = format!(
        "{NOTE}# KPIs\n\nIds are public: never reused, never renamed. A share is an interval: what passes for certain, and \
         what may at best; unknown is never counted as a pass or a fail. Each number's rows are one click away \
         (`kpi=ID&verdict=pass|fail|unknown`).\n"
    );
    for kpi in KPIS {
        let _ = write!(
            page,
            "\n## {}\n\n**{}** {}\n\n{}.\n",
            kpi.id, kpi.title, kpi.question, kpi.formula
        );
        if !kpi.standards.is_empty() {
            let _ = write!(page, "\nAsked for by {}.\n", kpi.standards.join(", "));
        }
        if let Some(pending) = kpi.pending {
            let _ = write!(page, "\nNot measured yet: {pending}.\n");
        }
    }
    page.push_str(
        "\n# Thresholds\n\nOverride each by name in `rollcall.toml`: `[thresholds]`, then `NAME = 60` or \
         `NAME = { value = 60, set_by = \"CISO office\", on = \"2026-02-01\" }`.\n\n| Name | Default | Set by |\n| --- | --- | --- |\n",
    );
    let defaults = Thresholds::default();
    for id in ThresholdId::ALL {
        let threshold = defaults.get(id);
        let _ = writeln!(page, "| `{}` | {} | {} |", id.name(), threshold.value, threshold.set_by);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SourceConfig;

    #[test]
    fn the_example_is_taken() {
        let config = SourceConfig::parse(SOURCE_TOML).unwrap();
        assert!(config.subject_of("last-accessed/ci-1.json").is_some());
    }
}
