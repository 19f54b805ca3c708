//! The reference pages of `docs/`, written from the registries so that they cannot fall behind.

use std::fmt::Write;

use crate::config::schema;
use crate::connectors::CONNECTORS;
use crate::kpi::catalog::KPIS;
use crate::model::relation::Relation;
use crate::model::thresholds::{ThresholdId, Thresholds};
use crate::rules::RULES;
use crate::rules::severity::{Exposure, Facts, Tier, Works};

/// Every reference page: its file name below `docs/`, and its text.
pub fn reference_pages() -> [(&'static str, String); 5] {
    [
        ("connectors.md", connectors()),
        ("kpis.md", kpis()),
        ("relations.md", relations()),
        ("rules.md", rules()),
        ("rollcall.schema.json", schema()),
    ]
}

const NOTE: &str = "<!-- Written by `cargo xtask docs` from the code. Edit that, not this. -->\n";

const SOURCE_TOML: &str = r#"account = "123456789012"  # the account, tenant, project or cluster

[[about]]
file = "last-accessed/ci-*.json"  # a glob over the path below the source, or over its end
subject = "arn:aws:iam::123456789012:role/ci-deploy"

[[about]]
file = "policy.json"
subject = "projects/acme-prod"  # as the platform writes it; of hosts `web01` or `deploy@web01`

[[inventory]]                     # a list of your own, CSV or JSON, whose columns have other headings
file = "cmdb/*.json"
list = "records"                  # JSON: the member that holds the rows, if one does
[inventory.columns]               # name id arn app_id object_id type owner created last_used last_rotated expires
name = "ci"                       # environment system status enabled disabled secret_type key_id secret_location
owner = ["team", "deputy.mail"]   # purpose description
last_used = "seen"
"#;

fn connectors() -> String {
    let mut page = format!(
        "{NOTE}# Connectors\n\nOne for each export format. Files are recognised by what is in them, never by their name; \
         any encoding, gzip, Zstandard, zip and tar are taken, JSON in any framing.\n\n\
         Some exports do not say whose they are, what they are about, or what their columns mean. It is then taken from the path, or from \
         `source.toml` in the source's folder:\n\n```toml\n{SOURCE_TOML}```\n\n\
         `[[inventory]]` may also stand in [rollcall.toml](configuration.md), with the `source` that it is of.\n"
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

fn rules() -> String {
    let mut page = format!(
        "{NOTE}# Rules\n\nA rule judges one subject, an identity or a credential: it passes, fails (a finding), is unknown, or is \
         not in the rule's population. Codes are public: never reused, never renamed. A finding's key is its rule's code \
         and its subject's id, the same in every snapshot. The rows are one click away: `finding=CODE` lists the subjects \
         that fail, `finding=CODE&verdict=unknown` those that cannot be judged.\n\n\
         Where one command of the vendor remedies a finding and everything that it takes is known, the finding has it as text \
         to copy: of AWS, Google Cloud, Entra, Azure's roles and Kubernetes. For other platforms, and for bindings of \
         Kubernetes, none is given.\n\n\
         ## Severity\n\nIt follows from three facts, and from nothing else: what the identity may do, from where the flaw \
         can be used, and whether the subject still works. What is switched off, revoked or ended is always low.\n\n|  |"
    );
    for exposure in Exposure::ALL {
        let _ = write!(page, " {} |", exposure.title());
    }
    let _ = write!(page, "\n| --- |{}\n", " --- |".repeat(Exposure::ALL.len()));
    for tier in Tier::ALL {
        let _ = write!(page, "| {} |", tier.title());
        for exposure in Exposure::ALL {
            let works = Works::Yes;
            let _ = write!(page, " {} |", Facts { tier, exposure, works }.severity().id());
        }
        page.push('\n');
    }
    for rule in RULES {
        let _ = write!(
            page,
            "\n## {}\n\n**{}** {}\n\n{}\n\nJudges {}.\n",
            rule.code, rule.title, rule.finds, rule.why, rule.population
        );
        page.push_str("\nIt cannot see:\n\n");
        for sentence in rule.cannot_see {
            let _ = writeln!(page, "- {sentence}");
        }
        let references: Vec<String> = rule.references.iter().map(ToString::to_string).collect();
        let _ = write!(
            page,
            "\nRemedy: {}\n\nAsked for by {}.\n",
            rule.remedy,
            references.join(", ")
        );
    }
    page
}

fn relations() -> String {
    let mut page = format!(
        "{NOTE}# Relations\n\nHow one node of the identity graph leads to another. Edges point the way an attacker goes; \
         reach and paths follow those that give access.\n\n| Relation | In a sentence | For an attacker | Stated by | Gives access |\n\
         | --- | --- | --- | --- | --- |\n"
    );
    for relation in Relation::ALL {
        let _ = writeln!(
            page,
            "| `{}` | … {} … | {} | {} | {} |",
            relation.id(),
            relation.verb(),
            relation.meaning(),
            relation.evidence(),
            if relation.is_access() { "yes" } else { "no" }
        );
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
        assert!(config.inventory_of("cmdb/all.json").is_some());
    }
}
