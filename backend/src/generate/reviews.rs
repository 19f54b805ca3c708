//! Access reviews that were held a month before the last snapshot: `rollcall review export` wrote the tables, and an owner
//! filled in a few rows. Since then two of those who were reviewed were given more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use shared::answers;
use shared::export::review_sheet;

use super::aws::{Account, Trust, allow, policy_document};
use super::company::Environment;
use super::draw::DAY;
use super::json::{Json, object};
use super::timeline::{Snapshot, date};
use super::truth::SnapshotTruth;
use super::{Estate, Size};
use crate::cache::Cache;
use crate::estate::{self, Progress};

/// How long after the export the owner hands the table back.
const DAYS_TO_DECIDE: i64 = 3;

/// What the owner decides of one role after the other, and whether it is given more afterwards.
const DECISIONS: [(&str, Afterwards); 6] = [
    ("keep", Afterwards::Same),
    ("keep", Afterwards::GivenMore),
    ("remove", Afterwards::Same),
    ("keep", Afterwards::Same),
    ("change", Afterwards::GivenMore),
    ("keep", Afterwards::Same),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Afterwards {
    Same,
    GivenMore,
}

/// The reviewed roles of one account, by ordinal.
#[derive(Default)]
pub struct Reviews {
    account: usize,
    decided_at: i64,
    decided: BTreeMap<u64, (&'static str, Afterwards)>,
}

impl Reviews {
    /// Roles that no review of the registry is about, and whom only a service may act as, in the first account of
    /// production that has any. Nobody holds reviews in a company of one snapshot, and nobody fills in tables of
    /// hundreds of thousands of rows.
    pub fn plan(estate: &Estate, size: Size) -> Self {
        let timeline = &estate.timeline;
        let Some(before) = timeline.len().checked_sub(2).filter(|_| size.n_nhis < Size::L.n_nhis) else {
            return Self::default();
        };
        let planned = |account: &Account| {
            let last = before + 1;
            let is_at = |ordinal: u64, index: usize| account.roles.has(ordinal, timeline, index);
            let is_there = |ordinal: &u64| is_at(*ordinal, before) && is_at(*ordinal, last);
            // Whom a role that came or went let act as itself can do something else than what was reviewed.
            let is_other = |ordinal: &u64| is_at(*ordinal, before) != is_at(*ordinal, last);
            let callers: BTreeSet<u64> = (0..account.roles.n_born(last))
                .filter(is_other)
                .filter_map(|ordinal| match account.trust(estate, ordinal) {
                    Trust::RoleToRole { caller } => Some(caller),
                    _ => None,
                })
                .collect();
            let is_plain = |ordinal: &u64| {
                let arn = account.arn(&format!("role/{}", account.role_name(estate, *ordinal)));
                let is_reviewed = estate
                    .registry
                    .rows_of(&[arn.as_str()])
                    .any(|row| row.reviewed_at.is_some());
                // Every tenth has a report on what it uses, which would have to tell of what it is given.
                !is_reviewed
                    && !callers.contains(ordinal)
                    && !ordinal.is_multiple_of(10)
                    && matches!(account.trust(estate, *ordinal), Trust::Service(_))
            };
            let ordinals = (0..account.roles.n_born(before)).filter(is_there).filter(is_plain);
            Self {
                account: account.number,
                decided_at: timeline.as_of(before) + DAYS_TO_DECIDE * DAY,
                decided: ordinals.zip(DECISIONS).collect(),
            }
        };
        let of_prod = estate.accounts.iter().filter(|it| it.environment == Environment::Prod);
        let mut planned = of_prod.map(planned);
        planned.find(|it| !it.decided.is_empty()).unwrap_or_default()
    }

    fn of(&self, account: &Account, ordinal: u64) -> Option<(&'static str, Afterwards)> {
        let is_its = account.number == self.account;
        self.decided.get(&ordinal).copied().filter(|_| is_its)
    }

    /// What a role was given since it was reviewed, as an inline policy.
    pub fn given_since(&self, account: &Account, ordinal: u64, snapshot: &Snapshot) -> Option<Json> {
        let (_, afterwards) = self.of(account, ordinal)?;
        (afterwards == Afterwards::GivenMore && snapshot.as_of > self.decided_at).then(|| {
            let queue = format!("arn:aws:sqs:eu-west-1:{}:returns", account.id);
            object! {
                "PolicyName": "hotfix-returns",
                "PolicyDocument": policy_document([allow("sqs:SendMessage", queue)]),
            }
        })
    }

    /// When the review of a role is dated that counts, and what is planted with it; `otherwise` for all others.
    pub fn reviewed_at(
        &self,
        account: &Account,
        ordinal: u64,
        snapshot: &Snapshot,
        arn: &str,
        otherwise: Option<i64>,
        truth: &mut SnapshotTruth,
    ) -> Option<i64> {
        let Some((decision, afterwards)) = self.of(account, ordinal) else {
            return otherwise;
        };
        let state = match afterwards {
            _ if snapshot.as_of < self.decided_at => "later",
            Afterwards::Same => "holds",
            Afterwards::GivenMore => "void",
        };
        truth.review(arn, decision, state);
        (state != "void").then_some(self.decided_at)
    }

    /// Holds the reviews: exports the tables as an owner gets them, and fills in the rows.
    pub fn write(&self, estate: &Estate, out: &Path) -> Result<()> {
        let Some(before) = estate
            .timeline
            .len()
            .checked_sub(2)
            .filter(|_| !self.decided.is_empty())
        else {
            return Ok(());
        };
        let account = &estate.accounts[self.account];
        let read = estate::Estate::open(out)?.load(before, None, &Progress::default(), &Cache::none())?;
        let analysis = read.analysis;
        let snapshot = &analysis.snapshot;
        let mut by_owner: BTreeMap<String, BTreeMap<String, &'static str>> = BTreeMap::new();
        for (ordinal, (decision, _)) in &self.decided {
            let arn = account.arn(&format!("role/{}", account.role_name(estate, *ordinal)));
            let identity = snapshot
                .find(&arn)
                .with_context(|| format!("`{arn}` is not in what was written"))?;
            let owner = snapshot.identity(identity).owner;
            let owner = owner
                .team
                .or(owner.text)
                .map(|owner| snapshot.strings.get(owner).to_owned());
            by_owner
                .entry(owner.unwrap_or_default())
                .or_default()
                .insert(arn, decision);
        }
        let folder = out.join("reviews");
        fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        for (number, (owner, decisions)) in by_owner.into_iter().enumerate() {
            let Some(review) = answers::review_whole(&analysis, &owner) else {
                continue;
            };
            let name = format!("review-{}-{}.csv", number + 1, date(snapshot.as_of.0));
            fs::write(folder.join(name), self.filled_in(&review_sheet(&review), &decisions)?)?;
        }
        Ok(())
    }

    fn filled_in(&self, sheet: &[u8], decisions: &BTreeMap<String, &'static str>) -> Result<Vec<u8>> {
        let mut reader = csv::Reader::from_reader(sheet);
        let mut writer = csv::Writer::from_writer(Vec::new());
        let columns = reader.headers()?.clone();
        writer.write_record(&columns)?;
        for row in reader.records() {
            let row = row?;
            let decision = row.get(0).and_then(|identity| decisions.get(identity));
            let decided_on = date(self.decided_at);
            writer.write_record(row.iter().zip(&columns).map(|(cell, column)| match (column, decision) {
                ("decision", Some(decision)) => *decision,
                ("decided_on", Some(_)) => decided_on.as_str(),
                ("decided_by", Some(_)) => "head of platform",
                _ => cell,
            }))?;
        }
        Ok(writer.into_inner()?)
    }
}
