//! Lists that answer at once: which rows match a query, in which order, and how the facets count.
//!
//! Each list is a set of dense columns, made once per snapshot: a facet is one small code per row, an order is one
//! permutation, and the searchable text of all rows is one string. A query is a pass over a few of them.

mod certificates;
mod credentials;
mod findings;
mod identities;
mod within;

use std::sync::OnceLock;

use bitcode::{Decode, Encode};
use hashbrown::HashMap;
use memchr::memmem;

use crate::analysis::Analysis;
use crate::api::query::{
    BadQuery, DEFAULT_LIMIT, Direction, Facet, FacetWish, FindingFilter, ListQuery, MAX_LIMIT, Sort, SortColumn,
};
use crate::api::{FacetCounts, FacetValue};
use crate::kpi::catalog::{KPIS, Table};
use crate::kpi::formulas;
use crate::model::instant::{Expiry, Instant, LastUsed};
use crate::model::ratio::Verdict;
use crate::model::strings::{Strings, Sym};
use crate::rules::codes::Severity;
use crate::rules::{self, RULES};

pub(crate) use certificates::{hash_text, key_text};

pub use certificates::row as certificate_row;
pub use credentials::{holder, row as credential_row};
pub use findings::FindingList;
pub use findings::{place as finding_place, row as finding_row};
pub use identities::row as identity_row;
pub use within::Within;

/// The lists of a snapshot.
#[derive(Default, Encode, Decode)]
pub struct Lists {
    pub identities: List,
    pub credentials: List,
    pub certificates: List,
    pub findings: FindingList,
}

impl Lists {
    /// Makes the columns of all lists.
    pub fn new(analysis: &Analysis) -> Lists {
        let (identities, credentials) = (identities::list(analysis), credentials::list(analysis));
        Lists {
            findings: FindingList::new(&identities, &credentials),
            identities,
            credentials,
            certificates: certificates::list(analysis),
        }
    }

    /// The list that shows the rows of a KPI's table. Findings, of which no KPI counts rows, have one of another kind.
    pub fn of(&self, table: Table) -> Option<&List> {
        match table {
            Table::Identities => Some(&self.identities),
            Table::Credentials => Some(&self.credentials),
            Table::Certificates => Some(&self.certificates),
            Table::Findings | Table::None => None,
        }
    }
}

/// One list, as columns.
#[derive(Default, Encode, Decode)]
pub struct List {
    n_rows: usize,
    facets: Vec<FacetColumn>,
    text: SearchText,
    orders: Vec<(SortColumn, Order)>,
    /// The order when none is asked for; that of the rows otherwise.
    usual: Option<Sort>,
}

/// Each row's value of one facet.
#[derive(Encode, Decode)]
struct FacetColumn {
    facet: Facet,
    codes: Vec<u32>,
    /// The value that each code stands for.
    values: Vec<String>,
}

/// The rows in ascending order; those without a value last. Made when first asked for.
#[derive(Encode, Decode)]
struct Order {
    keys: Keys,
    #[bitcode(skip)]
    sorted: OnceLock<Sorted>,
}

struct Sorted {
    with_value: Vec<u32>,
    without: Vec<u32>,
}

/// What a column is sorted by; `None` and [`NO_RANK`] are rows without a value.
#[derive(Encode, Decode)]
enum Keys {
    Numbers(Vec<Option<i64>>),
    /// Ranks of texts: equal texts have equal ranks.
    Ranks(Vec<u32>),
}

const NO_RANK: u32 = u32::MAX;

/// The names of all rows in lower case, one after another.
#[derive(Default, Encode, Decode)]
struct SearchText {
    text: String,
    /// Where each row's text ends.
    ends: Vec<usize>,
}

/// The rows that answer a query.
pub struct Answer {
    pub rows: Vec<usize>,
    pub n_matching: usize,
    pub facets: Vec<FacetCounts>,
}

/// How many values of one facet an answer lists; the rest are counted.
const MAX_FACET_VALUES: usize = 100;

impl List {
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The rows of one page, with facet counts when wished.
    ///
    /// # Errors
    /// When the query names a facet that this list does not have, or a KPI that does not judge its rows.
    pub fn answer(&self, query: &ListQuery, table: Table, analysis: &Analysis) -> Result<Answer, BadQuery> {
        let n_failed = self.match_rows(query, table, analysis)?;
        let n_matching = n_failed.iter().filter(|n| **n == 0).count();
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
        let rows = self
            .in_order(query.sort)
            .filter(|row| n_failed[*row] == 0)
            .skip(query.offset)
            .take(limit)
            .collect();
        let facets = match query.facets {
            FacetWish::None => Vec::new(),
            FacetWish::Counted => self.count_facets(query, &n_failed),
        };
        Ok(Answer {
            rows,
            n_matching,
            facets,
        })
    }

    /// All rows that match, in order: for exports.
    ///
    /// # Errors
    /// As [`List::answer`].
    pub fn all(&self, query: &ListQuery, table: Table, analysis: &Analysis) -> Result<Vec<usize>, BadQuery> {
        let n_failed = self.match_rows(query, table, analysis)?;
        Ok(self.in_order(query.sort).filter(|row| n_failed[*row] == 0).collect())
    }

    /// For each row, how many of the query's filters it fails. A facet is one filter whatever the number of its
    /// values; what is no facet counts as two, so that a row that fails it counts for no facet.
    fn match_rows(&self, query: &ListQuery, table: Table, analysis: &Analysis) -> Result<Vec<u8>, BadQuery> {
        let mut n_failed = vec![0u8; self.n_rows];
        for facet in chosen_facets(query) {
            let column = self.facet(facet)?;
            let is_chosen = column.chosen(query);
            for (n, code) in n_failed.iter_mut().zip(&column.codes) {
                *n = n.saturating_add(u8::from(!is_chosen[*code as usize]));
            }
        }
        if let Some(filter) = &query.kpi {
            let judge = formulas::judge(&filter.kpi)
                .filter(|(of, _)| *of == table)
                .map(|(_, judge)| judge);
            let judge = judge.ok_or_else(|| unknown_kpi(&filter.kpi, table))?;
            for (row, n) in n_failed.iter_mut().enumerate() {
                let verdict = judge(analysis, row);
                let is_counted = verdict.is_some_and(|verdict| filter.verdict.is_none_or(|wanted| wanted == verdict));
                *n = n.saturating_add(if is_counted { 0 } else { 2 });
            }
        }
        if let Some(filter) = &query.finding {
            let judge = rule_judge(filter, table, analysis)?;
            for (row, n) in n_failed.iter_mut().enumerate() {
                let is_counted = judge(row) == Some(filter.verdict);
                *n = n.saturating_add(if is_counted { 0 } else { 2 });
            }
        }
        for word in query.text.to_lowercase().split_whitespace() {
            let mut has_word = vec![false; self.n_rows];
            self.text.mark(word, &mut has_word);
            for (n, has_word) in n_failed.iter_mut().zip(has_word) {
                *n = n.saturating_add(if has_word { 0 } else { 2 });
            }
        }
        Ok(n_failed)
    }

    fn in_order(&self, sort: Option<Sort>) -> Box<dyn Iterator<Item = usize> + '_> {
        let order = sort.or(self.usual).and_then(|sort| {
            let order = self.orders.iter().find(|(column, _)| *column == sort.column)?;
            Some((order.1.sorted(), sort.direction))
        });
        let to_row = |row: &u32| *row as usize;
        match order {
            None => Box::new(0..self.n_rows),
            Some((sorted, Direction::Ascending)) => {
                Box::new(sorted.with_value.iter().chain(&sorted.without).map(to_row))
            }
            Some((sorted, Direction::Descending)) => {
                Box::new(sorted.with_value.iter().rev().chain(&sorted.without).map(to_row))
            }
        }
    }

    /// Rows that fail no filter count for every facet; rows that fail only one facet's filter count for that facet.
    fn count_facets(&self, query: &ListQuery, n_failed: &[u8]) -> Vec<FacetCounts> {
        self.facets
            .iter()
            // A facet with a value for each row, such as the holder, is a filter but no panel.
            .filter(|column| column.facet != Facet::Holder)
            .map(|column| {
                facet_counts(
                    query,
                    column.facet,
                    &column.values,
                    n_failed,
                    column.codes.iter().copied(),
                )
            })
            .collect()
    }

    /// Each row's value of one facet, as codes with the value of each code.
    pub fn values_of(&self, facet: Facet) -> Option<(&[u32], &[String])> {
        self.facets
            .iter()
            .find(|column| column.facet == facet)
            .map(|column| (&column.codes[..], &column.values[..]))
    }

    fn facet(&self, facet: Facet) -> Result<&FacetColumn, BadQuery> {
        self.facets
            .iter()
            .find(|column| column.facet == facet)
            .ok_or_else(|| BadQuery {
                what: "filter of this list",
                found: facet.id().to_owned(),
                known: self
                    .facets
                    .iter()
                    .map(|column| column.facet.id())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

/// How a rule judges the rows of a list, by the rule's code.
fn rule_judge<'a>(
    filter: &FindingFilter,
    table: Table,
    analysis: &'a Analysis,
) -> Result<Box<dyn Fn(usize) -> Option<Verdict> + 'a>, BadQuery> {
    let rule = rules::find(&filter.rule).filter(|rule| rule.table() == table);
    // Certificates are credentials under other row numbers.
    let of_certificates =
        rules::find(&filter.rule).filter(|rule| table == Table::Certificates && rule.table() == Table::Credentials);
    let rule = rule.or(of_certificates).ok_or_else(|| BadQuery {
        what: "rule of this list",
        found: filter.rule.clone(),
        known: RULES.iter().map(|rule| rule.code).collect::<Vec<_>>().join(", "),
    })?;
    if rule.unmeasured(analysis).is_some() {
        return Ok(Box::new(|_| None));
    }
    let check = rule.check();
    Ok(match of_certificates {
        Some(_) => Box::new(|row| (check.judge)(analysis, analysis.certificates[row].0 as usize)),
        None => Box::new(|row| (check.judge)(analysis, row)),
    })
}

fn chosen_facets(query: &ListQuery) -> Vec<Facet> {
    let mut facets: Vec<Facet> = query.filters.iter().map(|(facet, _)| *facet).collect();
    facets.sort_unstable();
    facets.dedup();
    facets
}

fn unknown_kpi(id: &str, table: Table) -> BadQuery {
    let judges = |id: &str| formulas::judge(id).is_some_and(|(of, _)| of == table);
    let known = KPIS
        .iter()
        .map(|kpi| kpi.id)
        .filter(|id| judges(id))
        .collect::<Vec<_>>()
        .join(", ");
    BadQuery {
        what: "KPI of this list",
        found: id.to_owned(),
        known,
    }
}

impl FacetColumn {
    /// For each code, whether the query chose its value.
    fn chosen(&self, query: &ListQuery) -> Vec<bool> {
        chosen_values(query, self.facet, &self.values)
    }
}

fn chosen_values(query: &ListQuery, facet: Facet, values: &[String]) -> Vec<bool> {
    let is_chosen = |value: &String| query.chosen(facet).any(|chosen| chosen == value);
    values.iter().map(is_chosen).collect()
}

/// Counts the values of one facet, given each row's code and how many filters the row fails.
fn facet_counts(
    query: &ListQuery,
    facet: Facet,
    values: &[String],
    n_failed: &[u8],
    codes: impl Iterator<Item = u32>,
) -> FacetCounts {
    let is_chosen = chosen_values(query, facet, values);
    let is_filtered = query.chosen(facet).next().is_some();
    let mut counts = vec![0usize; values.len()];
    for (n, code) in n_failed.iter().zip(codes) {
        let fails_here = u8::from(is_filtered && !is_chosen[code as usize]);
        counts[code as usize] += usize::from(*n == fails_here);
    }
    let mut counted: Vec<FacetValue> = counts
        .into_iter()
        .zip(values)
        .enumerate()
        .filter(|(code, (n_rows, _))| *n_rows > 0 || (is_filtered && is_chosen[*code]))
        .map(|(_, (n_rows, value))| FacetValue {
            value: value.clone(),
            n_rows,
        })
        .collect();
    let place = |value: &str| scale(facet).iter().position(|step| *step == value);
    counted.sort_by(|a, b| {
        (place(&a.value).cmp(&place(&b.value)))
            .then_with(|| b.n_rows.cmp(&a.n_rows))
            .then_with(|| a.value.cmp(&b.value))
    });
    let n_more = counted.len().saturating_sub(MAX_FACET_VALUES);
    counted.truncate(MAX_FACET_VALUES);
    FacetCounts {
        facet,
        values: counted,
        n_more,
    }
}

/// The values of a facet in the order in which they are read, where they have one. Of others the commonest comes first.
fn scale(facet: Facet) -> Vec<&'static str> {
    let ids = |buckets: &[(&'static str, &str)]| buckets.iter().map(|(id, _)| *id).collect();
    match facet {
        Facet::Age => ids(&AGE_BUCKETS),
        Facet::Expiry => ids(&EXPIRY_BUCKETS),
        Facet::AuthorityExpiry => ids(&AUTHORITY_BUCKETS),
        Facet::LastUsed => LAST_USED_BUCKETS.to_vec(),
        Facet::Severity => Severity::ALL.map(Severity::id).to_vec(),
        Facet::Kind
        | Facet::Class
        | Facet::Origin
        | Facet::Source
        | Facet::Environment
        | Facet::Owner
        | Facet::Team
        | Facet::Status
        | Facet::Lacks
        | Facet::Holder
        | Facet::Role
        | Facet::Trust
        | Facet::Issuer
        | Facet::Key
        | Facet::Rule
        | Facet::Subject
        | Facet::Waived => Vec::new(),
    }
}

impl Order {
    fn sorted(&self) -> &Sorted {
        self.sorted.get_or_init(|| match &self.keys {
            Keys::Numbers(keys) => split(keys.len(), |row| keys[row]),
            Keys::Ranks(ranks) => split(ranks.len(), |row| (ranks[row] != NO_RANK).then_some(ranks[row])),
        })
    }
}

fn split<K: Ord + Copy>(n_rows: usize, key: impl Fn(usize) -> Option<K>) -> Sorted {
    let (mut with_value, without): (Vec<u32>, Vec<u32>) =
        (0..n_rows as u32).partition(|row| key(*row as usize).is_some());
    with_value.sort_by_key(|row| key(*row as usize));
    Sorted { with_value, without }
}

impl SearchText {
    /// Marks the rows whose text holds a word.
    fn mark(&self, word: &str, rows: &mut [bool]) {
        let finder = memmem::Finder::new(word);
        let mut from = 0;
        while let Some(at) = finder.find(&self.text.as_bytes()[from..]) {
            let row = self.ends.partition_point(|end| *end <= from + at);
            rows[row] = true;
            from = self.ends[row];
        }
    }
}

/// Collects the columns of a list.
pub(crate) struct ListBuilder<'s> {
    strings: &'s Strings,
    list: List,
}

impl<'s> ListBuilder<'s> {
    pub fn new(strings: &'s Strings, n_rows: usize) -> Self {
        Self {
            strings,
            list: List {
                n_rows,
                ..List::default()
            },
        }
    }

    /// A facet whose values are symbols; `None` is the value `""`.
    pub fn symbols(&mut self, facet: Facet, value: impl Fn(usize) -> Option<Sym>) {
        let mut by_symbol: HashMap<Option<Sym>, u32> = HashMap::new();
        let mut values = Vec::new();
        let codes = (0..self.list.n_rows)
            .map(|row| {
                let sym = value(row);
                *by_symbol.entry(sym).or_insert_with(|| {
                    values.push(self.strings.get_or_empty(sym).to_owned());
                    values.len() as u32 - 1
                })
            })
            .collect();
        self.list.facets.push(FacetColumn { facet, codes, values });
    }

    /// A facet with few values, given as text.
    pub fn words(&mut self, facet: Facet, value: impl Fn(usize) -> &'static str) {
        let mut values: Vec<String> = Vec::new();
        let codes = (0..self.list.n_rows)
            .map(|row| {
                let word = value(row);
                let code = values.iter().position(|known| known == word).unwrap_or_else(|| {
                    values.push(word.to_owned());
                    values.len() - 1
                });
                code as u32
            })
            .collect();
        self.list.facets.push(FacetColumn { facet, codes, values });
    }

    /// A facet whose value is an index into names.
    pub fn indices(&mut self, facet: Facet, names: Vec<String>, index: impl Fn(usize) -> usize) {
        let codes = (0..self.list.n_rows).map(|row| index(row) as u32).collect();
        self.list.facets.push(FacetColumn {
            facet,
            codes,
            values: names,
        });
    }

    /// The order of the list when none is asked for.
    pub fn usually_by(&mut self, column: SortColumn) {
        self.list.usual = Some(Sort {
            column,
            direction: Direction::Ascending,
        });
    }

    pub fn sort_by_number(&mut self, column: SortColumn, key: impl Fn(usize) -> Option<i64>) {
        let keys = Keys::Numbers((0..self.list.n_rows).map(key).collect());
        self.list.orders.push((
            column,
            Order {
                keys,
                sorted: OnceLock::new(),
            },
        ));
    }

    /// Sorts by text without regard to case.
    pub fn sort_by_symbol(&mut self, column: SortColumn, key: impl Fn(usize) -> Option<Sym>) {
        let of_rows: Vec<Option<Sym>> = (0..self.list.n_rows).map(key).collect();
        let mut distinct: Vec<Sym> = of_rows.iter().copied().flatten().collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct.sort_by_cached_key(|sym| (self.strings.get(*sym).to_lowercase(), *sym));
        let ranks: HashMap<Sym, u32> = distinct.into_iter().zip(0..).collect();
        let keys = Keys::Ranks(
            of_rows
                .iter()
                .map(|sym| sym.map_or(NO_RANK, |sym| ranks[&sym]))
                .collect(),
        );
        self.list.orders.push((
            column,
            Order {
                keys,
                sorted: OnceLock::new(),
            },
        ));
    }

    /// Sorts by the words of a facet that was added before.
    pub fn sort_by_facet(&mut self, column: SortColumn, facet: Facet) {
        let Some(of) = self.list.facets.iter().find(|c| c.facet == facet) else {
            return;
        };
        let mut order: Vec<usize> = (0..of.values.len()).collect();
        order.sort_by(|a, b| of.values[*a].cmp(&of.values[*b]));
        let mut ranks = vec![NO_RANK; of.values.len()];
        for (rank, code) in order.into_iter().enumerate() {
            if !of.values[code].is_empty() {
                ranks[code] = rank as u32;
            }
        }
        let keys = Keys::Ranks(of.codes.iter().map(|code| ranks[*code as usize]).collect());
        self.list.orders.push((
            column,
            Order {
                keys,
                sorted: OnceLock::new(),
            },
        ));
    }

    /// The texts by which rows are found. A text that stands in another of its row, as a name does in an ARN, finds
    /// nothing that the other does not, and is left out.
    pub fn searchable(&mut self, mut texts: impl FnMut(usize, &mut dyn FnMut(&str))) {
        let search = &mut self.list.text;
        for row in 0..self.list.n_rows {
            let row_start = search.text.len();
            texts(row, &mut |text| {
                let start = search.text.len();
                if text.is_ascii() {
                    search.text.push_str(text);
                    search.text[start..].make_ascii_lowercase();
                } else {
                    search.text.push_str(&text.to_lowercase());
                }
                let (before, added) = search.text.as_bytes()[row_start..].split_at(start - row_start);
                match memmem::find(before, added) {
                    Some(_) => search.text.truncate(start),
                    None => search.text.push('\n'),
                }
            });
            // Every row has some text, so that every row has a place of its own.
            search.text.push('\n');
            search.ends.push(search.text.len());
        }
    }

    pub fn build(self) -> List {
        self.list
    }
}

/// The value of the age facet.
pub(crate) fn age_bucket(created_at: Option<Instant>, as_of: Instant) -> &'static str {
    match created_at.map(|at| at.days_until(as_of)) {
        None => "unknown",
        Some(..30) => "30d",
        Some(30..90) => "90d",
        Some(90..180) => "180d",
        Some(180..365) => "365d",
        Some(365..) => "older",
    }
}

/// The values of the age facet with their labels, youngest first.
pub const AGE_BUCKETS: [(&str, &str); 6] = [
    ("30d", "under 30 d"),
    ("90d", "30–89 d"),
    ("180d", "90–179 d"),
    ("365d", "180–364 d"),
    ("older", "1 y and more"),
    ("unknown", "unknown"),
];

/// The value of the expiry facet: the first bucket that the time left fits in, in days of 86,400 seconds.
///
/// At the second of notAfter itself OpenSSL says expired and RFC 5280 not yet. Like every credential, a certificate has
/// ended at its end.
pub(crate) fn expiry_bucket(expires_at: Expiry, as_of: Instant) -> &'static str {
    let end = match expires_at {
        Expiry::At(end) => end,
        Expiry::Never => return "never",
        Expiry::NotReported => return "unknown",
    };
    if end <= as_of {
        return "expired";
    }
    let seconds = end.0 - as_of.0;
    let within = |days: i64| seconds <= days * 86_400;
    match () {
        () if within(7) => "7d",
        () if within(14) => "14d",
        () if within(30) => "30d",
        () if within(47) => "47d",
        () if within(60) => "60d",
        () if within(90) => "90d",
        () => "later",
    }
}

/// The values of the expiry facet with their labels, soonest first.
pub const EXPIRY_BUCKETS: [(&str, &str); 10] = [
    ("expired", "expired"),
    ("7d", "≤ 7 d"),
    ("14d", "8–14 d"),
    ("30d", "15–30 d"),
    ("47d", "31–47 d"),
    ("60d", "48–60 d"),
    ("90d", "61–90 d"),
    ("later", "later"),
    ("never", "no end"),
    ("unknown", "unknown"),
];

/// The value of the facet on authorities: their successors are planned by months and years.
pub(crate) fn authority_bucket(expires_at: Expiry, as_of: Instant) -> &'static str {
    let end = match expires_at {
        Expiry::At(end) => end,
        Expiry::Never => return "never",
        Expiry::NotReported => return "unknown",
    };
    match end {
        end if end <= as_of => "expired",
        end if end <= as_of.plus_months(6) => "6mo",
        end if end <= as_of.plus_months(12) => "12mo",
        end if end <= as_of.plus_months(24) => "24mo",
        _ => "later",
    }
}

/// The values of the facet on authorities with their labels, soonest first.
pub const AUTHORITY_BUCKETS: [(&str, &str); 7] = [
    ("expired", "CA expired"),
    ("6mo", "CA ≤ 6 months"),
    ("12mo", "CA 7–12 months"),
    ("24mo", "CA 13–24 months"),
    ("later", "CA later"),
    ("never", "CA no end"),
    ("unknown", "CA unknown"),
];

pub(crate) fn last_used_bucket(last_used: LastUsed, as_of: Instant) -> &'static str {
    match last_used {
        LastUsed::NotReported => "unknown",
        LastUsed::Never => "never",
        LastUsed::NotWithin { .. } => "older",
        LastUsed::At(at) => match at.days_until(as_of) {
            ..=30 => "30d",
            31..=90 => "90d",
            91..=365 => "365d",
            366.. => "older",
        },
    }
}

/// The values of the facet on last uses, latest first.
const LAST_USED_BUCKETS: [&str; 6] = ["30d", "90d", "365d", "older", "never", "unknown"];

/// The word and the instant of a last use, for rows.
pub(crate) fn last_used_word(last_used: LastUsed) -> (crate::api::rows::LastUsedWord, Option<Instant>) {
    use crate::api::rows::LastUsedWord;
    match last_used {
        LastUsed::At(at) => (LastUsedWord::At, Some(at)),
        LastUsed::Never => (LastUsedWord::Never, None),
        LastUsed::NotWithin { .. } => (LastUsedWord::NotWithin, None),
        LastUsed::NotReported => (LastUsedWord::NotReported, None),
    }
}
