//! The list of findings. Findings are many, so their columns are looked up in those of their subjects.

use bitcode::{Decode, Encode};
use hashbrown::HashMap;

use super::{Answer, List, chosen_facets, chosen_values, facet_counts};
use crate::analysis::Analysis;
use crate::api::findings::FindingRow;
use crate::api::query::{BadQuery, DEFAULT_LIMIT, Direction, Facet, FacetWish, ListQuery, MAX_LIMIT, Sort, SortColumn};
use crate::model::provenance::Place;
use crate::model::snapshot::{Identity, Snapshot};
use crate::rules::severity::Severity;
use crate::rules::{Finding, RULES, Subject};

/// The columns of the list of findings. The rows are those of [`crate::rules::Findings::all`], in that order.
#[derive(Default, Encode, Decode)]
pub struct FindingList {
    columns: Vec<Column>,
}

/// One facet: its values, and how a finding comes to one.
#[derive(Encode, Decode)]
struct Column {
    facet: Facet,
    values: Vec<String>,
    code: Code,
}

/// Where the index of a finding's value is found.
#[derive(Encode, Decode)]
enum Code {
    Rule,
    Severity,
    Subject,
    Waived,
    /// In the list of the finding's subject; what each list's codes are called here.
    OfSubject {
        identities: Vec<u32>,
        credentials: Vec<u32>,
    },
}

impl FindingList {
    pub fn new(identities: &List, credentials: &List) -> FindingList {
        let own = |facet, values: &[&str], code| Column {
            facet,
            values: values.iter().map(|&value| value.to_owned()).collect(),
            code,
        };
        let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
        let mut columns = vec![
            own(Facet::Severity, &Severity::ALL.map(Severity::id), Code::Severity),
            own(Facet::Rule, &codes, Code::Rule),
            own(Facet::Subject, &["identity", "credential"], Code::Subject),
            own(Facet::Waived, &["no", "yes"], Code::Waived),
        ];
        let of_subjects = [
            Facet::Kind,
            Facet::Source,
            Facet::Environment,
            Facet::Owner,
            Facet::Team,
        ];
        columns.extend(of_subjects.map(|facet| {
            let mut known = HashMap::new();
            let mut values = Vec::new();
            let mut adopt = |list: &List| -> Vec<u32> {
                let (_, theirs) = list.values_of(facet).unwrap_or_default();
                let code = |value: &String| {
                    *known.entry(value.clone()).or_insert_with(|| {
                        values.push(value.clone());
                        values.len() as u32 - 1
                    })
                };
                theirs.iter().map(code).collect()
            };
            let code = Code::OfSubject {
                identities: adopt(identities),
                credentials: adopt(credentials),
            };
            Column { facet, values, code }
        }));
        FindingList { columns }
    }

    /// The rows of one page, with facet counts when wished.
    ///
    /// # Errors
    /// When the query names a filter that this list does not have.
    pub fn answer(&self, query: &ListQuery, analysis: &Analysis) -> Result<Answer, BadQuery> {
        let n_failed = self.match_rows(query, analysis)?;
        let matching = self.in_order(query.sort, &n_failed, analysis);
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
        let facets = match query.facets {
            FacetWish::None => Vec::new(),
            FacetWish::Counted => {
                let count = |column: &Column| {
                    let codes = column.codes(analysis);
                    facet_counts(query, column.facet, &column.values, &n_failed, codes)
                };
                self.columns.iter().map(count).collect()
            }
        };
        Ok(Answer {
            n_matching: matching.len(),
            rows: matching.into_iter().skip(query.offset).take(limit).collect(),
            facets,
        })
    }

    /// All rows that match, in order: for exports.
    ///
    /// # Errors
    /// As [`FindingList::answer`].
    pub fn all(&self, query: &ListQuery, analysis: &Analysis) -> Result<Vec<usize>, BadQuery> {
        let n_failed = self.match_rows(query, analysis)?;
        Ok(self.in_order(query.sort, &n_failed, analysis))
    }

    /// For each row, how many of the query's filters it fails, as [`List`] counts them.
    fn match_rows(&self, query: &ListQuery, analysis: &Analysis) -> Result<Vec<u8>, BadQuery> {
        let findings = &analysis.findings.all;
        let mut n_failed = vec![0u8; findings.len()];
        if query.kpi.is_some() || query.finding.is_some() {
            return Err(self.no_filter(if query.kpi.is_some() { "kpi" } else { "finding" }));
        }
        for facet in chosen_facets(query) {
            let column = self.columns.iter().find(|column| column.facet == facet);
            let column = column.ok_or_else(|| self.no_filter(facet.id()))?;
            let is_chosen = chosen_values(query, facet, &column.values);
            for (n, code) in n_failed.iter_mut().zip(column.codes(analysis)) {
                *n = n.saturating_add(u8::from(!is_chosen[code as usize]));
            }
        }
        for word in query.text.to_lowercase().split_whitespace() {
            let has_word = subjects_with(word, analysis);
            let of_rules: Vec<bool> = RULES
                .iter()
                .map(|rule| rule.code.contains(word) || rule.title.to_lowercase().contains(word))
                .collect();
            for (n, finding) in n_failed.iter_mut().zip(findings) {
                let is_found = of_rules[usize::from(finding.rule)] || has_word(finding.subject());
                *n = n.saturating_add(if is_found { 0 } else { 2 });
            }
        }
        Ok(n_failed)
    }

    fn no_filter(&self, found: &str) -> BadQuery {
        let known: Vec<&str> = self.columns.iter().map(|column| column.facet.id()).collect();
        BadQuery {
            what: "filter of this list",
            found: found.to_owned(),
            known: known.join(", "),
        }
    }

    fn in_order(&self, sort: Option<Sort>, n_failed: &[u8], analysis: &Analysis) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..n_failed.len()).filter(|row| n_failed[*row] == 0).collect();
        let Some(sort) = sort else { return rows };
        let facet = match sort.column {
            SortColumn::Severity => Facet::Severity,
            SortColumn::Rule => Facet::Rule,
            SortColumn::Kind => Facet::Kind,
            SortColumn::Source => Facet::Source,
            SortColumn::Environment => Facet::Environment,
            SortColumn::Owner => Facet::Owner,
            SortColumn::Name
            | SortColumn::Status
            | SortColumn::CreatedAt
            | SortColumn::LastUsedAt
            | SortColumn::ExpiresAt
            | SortColumn::Credentials
            | SortColumn::Governed => {
                // Identities are in the order of their ids, and credentials in that of their keys.
                rows.sort_by_key(|row| analysis.findings.all[*row].subject());
                if sort.direction == Direction::Descending {
                    rows.reverse();
                }
                return rows;
            }
        };
        let Some(column) = self.columns.iter().find(|column| column.facet == facet) else {
            return rows;
        };
        let ranks = column.ranks();
        let keys: Vec<Option<u32>> = column.codes(analysis).map(|code| ranks[code as usize]).collect();
        match sort.direction {
            Direction::Ascending => rows.sort_by_key(|row| (keys[*row].is_none(), keys[*row])),
            Direction::Descending => rows.sort_by_key(|row| (keys[*row].is_none(), std::cmp::Reverse(keys[*row]))),
        }
        rows
    }
}

/// Whether a subject's own list finds it by a word.
fn subjects_with<'a>(word: &str, analysis: &'a Analysis) -> impl Fn(Subject) -> bool + use<'a> {
    let mark = |list: &List| {
        let mut has_word = vec![false; list.n_rows];
        list.text.mark(word, &mut has_word);
        has_word
    };
    let identities = mark(&analysis.lists.identities);
    let credentials = mark(&analysis.lists.credentials);
    move |subject| match subject {
        Subject::Identity(id) => identities[id.0 as usize],
        Subject::Credential(id) => credentials[id.0 as usize],
    }
}

impl Column {
    /// The index of each finding's value.
    fn codes<'a>(&'a self, analysis: &'a Analysis) -> impl Iterator<Item = u32> + 'a {
        let codes = |list: &'a List| list.values_of(self.facet).unwrap_or_default().0;
        let of_identities = codes(&analysis.lists.identities);
        let of_credentials = codes(&analysis.lists.credentials);
        analysis.findings.all.iter().map(move |finding| match &self.code {
            Code::Rule => u32::from(finding.rule),
            Code::Severity => finding.severity as u32,
            Code::Subject => match finding.subject() {
                Subject::Identity(_) => 0,
                Subject::Credential(_) => 1,
            },
            Code::Waived => u32::from(finding.waiver.is_some()),
            Code::OfSubject {
                identities,
                credentials,
            } => match finding.subject() {
                Subject::Identity(id) => identities[of_identities[id.0 as usize] as usize],
                Subject::Credential(id) => credentials[of_credentials[id.0 as usize] as usize],
            },
        })
    }

    /// Where each value stands among the values: those of a subject by name, others in their own order. `None` for
    /// "none recorded".
    fn ranks(&self) -> Vec<Option<u32>> {
        let mut order: Vec<usize> = (0..self.values.len()).collect();
        match self.code {
            Code::OfSubject { .. } => order.sort_by_cached_key(|code| self.values[*code].to_lowercase()),
            Code::Rule | Code::Severity | Code::Subject | Code::Waived => {}
        }
        let mut ranks = vec![None; order.len()];
        for (rank, code) in order.into_iter().enumerate() {
            ranks[code] = Some(rank as u32).filter(|_| !self.values[code].is_empty());
        }
        ranks
    }
}

/// One row of the list of findings.
pub fn row(analysis: &Analysis, finding: &Finding) -> FindingRow {
    let snapshot = &analysis.snapshot;
    let rule = finding.rule();
    let subject = About::new(snapshot, finding);
    let check = rule.check();
    let observed = (check.observe)(analysis, finding.row());
    let evidence = observed.evidence;
    let (threshold, threshold_set_by) = observed.limit.map(|limit| (limit.text, limit.set_by)).unzip();
    let owner = subject.identity.map(|identity| identity.owner);
    let waiver = finding.waiver.map(|id| &analysis.config.waivers[id.index()]);
    let text = |sym: Option<_>| sym.map(|sym| snapshot.strings.get(sym).to_owned());
    FindingRow {
        key: format!("{}/{}", rule.code, subject.id),
        rule: rule.code.to_owned(),
        title: rule.title.to_owned(),
        severity: finding.severity.id().to_owned(),
        because: finding.facts(analysis).in_words(),
        subject: subject.word.to_owned(),
        subject_id: subject.id.to_owned(),
        subject_name: subject.name.to_owned(),
        kind: subject.kind.to_owned(),
        identity: text(subject.identity.map(|identity| identity.id)),
        source: subject.source.to_owned(),
        environment: text(subject.environment),
        owner: text(owner.and_then(|owner| owner.text)),
        team: text(owner.and_then(|owner| owner.team)),
        observed: observed.value,
        threshold,
        threshold_set_by,
        file: evidence.map(|evidence| {
            let file = snapshot.file(evidence.file);
            let source = &snapshot.source(file.source).name;
            match source.is_empty() {
                true => file.path.clone(),
                false => format!("{source}/{}", file.path),
            }
        }),
        place: evidence.map(|evidence| evidence.place.to_text(&snapshot.strings)),
        command: (check.command)(analysis, finding.row()),
        waived_by: waiver.map(|waiver| waiver.who.clone()),
        waived_because: waiver.map(|waiver| waiver.why.clone()),
        waived_until: waiver.map(|waiver| waiver.until),
    }
}

/// Where in its file a finding stands.
pub fn place(analysis: &Analysis, finding: &Finding) -> Option<Place> {
    let observed = (finding.rule().check().observe)(analysis, finding.row());
    observed.evidence.map(|evidence| evidence.place)
}

/// What a finding is about.
struct About<'a> {
    word: &'static str,
    id: &'a str,
    name: &'a str,
    kind: &'static str,
    /// The identity itself, or the first that holds the credential.
    identity: Option<&'a Identity>,
    source: &'a str,
    environment: Option<crate::model::strings::Sym>,
}

impl<'a> About<'a> {
    fn new(snapshot: &'a Snapshot, finding: &Finding) -> About<'a> {
        let text = |sym| snapshot.strings.get(sym);
        match finding.subject() {
            Subject::Identity(id) => {
                let identity = snapshot.identity(id);
                About {
                    word: "identity",
                    id: text(identity.id),
                    name: text(identity.name),
                    kind: identity.kind.id(),
                    identity: Some(identity),
                    source: &snapshot.source(identity.source).name,
                    environment: identity.environment,
                }
            }
            Subject::Credential(id) => {
                let credential = snapshot.credential(id);
                let subject = credential.certificate.as_ref().map(|certificate| certificate.subject);
                About {
                    word: "credential",
                    id: text(credential.key),
                    name: text(subject.or(credential.name).unwrap_or(credential.key)),
                    kind: credential.kind.id(),
                    identity: super::credentials::holder(snapshot, credential),
                    source: &snapshot.source(credential.source).name,
                    environment: credential.environment,
                }
            }
        }
    }
}
