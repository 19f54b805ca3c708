//! Who answers for an identity and what it is for: what its exports say, and what the company's registry adds.

use super::Estate;
use super::company::{DOMAINS, Domain, Environment};
use super::draw::Draw;
use super::json::Json;
use super::people::Staff;
use super::timeline::Timeline;

/// What an export says about who answers for an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    Team(&'static str),
    /// The number of a person who works here at the last snapshot.
    Person(u64),
    /// The number of a person who has left by the last snapshot.
    Departed(u64),
    /// Text that names nobody.
    Placeholder(&'static str),
    /// Two fields that name different teams.
    Conflict(&'static str, &'static str),
    Silent,
}

/// What people write where an owner is asked for and they know none. All but the last two are no answer at all.
const PLACEHOLDERS: [&str; 7] = ["TBD", "tbd", "unknown", "", "?", "ask Sven", "ex-employee"];

impl Ownership {
    /// What the identity's export says at snapshot `index` of `timeline`.
    ///
    /// Tagging improves over the snapshots; who is named stays the same once named.
    pub fn draw(draw: &mut Draw, staff: &Staff, domain: &'static Domain, timeline: &Timeline, index: usize) -> Self {
        let level = draw.unit();
        let style = draw.unit();
        let valid = 0.30 * (0.70 + 0.30 * timeline.progress(index));
        let team = Self::Team(domain.team);
        match level {
            _ if level < valid && style < 0.6 => team,
            _ if level < valid => staff
                .somebody(draw, |person| person.left_at.is_none() && person.team == domain.team)
                .map_or(team, Self::Person),
            0.30..0.37 => staff
                .somebody(draw, |person| person.left_at.is_some())
                .map_or(Self::Placeholder("ex-employee"), Self::Departed),
            0.37..0.42 => Self::Placeholder(draw.pick(&PLACEHOLDERS)),
            0.42..0.45 => {
                let others = DOMAINS.iter().filter(|other| other.team != domain.team);
                let other = draw.below(DOMAINS.len() as u64 - 1) as usize;
                others
                    .map(|other| other.team)
                    .nth(other)
                    .map_or(team, |other| Self::Conflict(domain.team, other))
            }
            _ => Self::Silent,
        }
    }

    /// The one owner text, for formats that have a single field for it.
    pub fn text(&self, staff: &Staff) -> Option<String> {
        match self {
            Self::Team(team) | Self::Conflict(team, _) => Some((*team).to_owned()),
            Self::Person(number) | Self::Departed(number) => Some(staff.person(*number).email),
            Self::Placeholder(text) => Some((*text).to_owned()),
            Self::Silent => None,
        }
    }

    /// The statements that [`Ownership::text`] makes.
    pub fn claim(&self) -> Vec<Claim> {
        self.claims().into_iter().take(1).collect()
    }

    /// The statements that both fields make together.
    pub fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Team(team) => vec![Claim::Team(team)],
            Self::Person(number) | Self::Departed(number) => vec![Claim::Person(*number)],
            Self::Placeholder(text @ ("ask Sven" | "ex-employee")) => vec![Claim::Text(text)],
            Self::Placeholder(_) | Self::Silent => Vec::new(),
            Self::Conflict(first, second) => vec![Claim::Team(first), Claim::Team(second)],
        }
    }

    /// The tags an infrastructure team would have written, in the mixed spelling of real estates.
    pub fn tags(&self, draw: &mut Draw, staff: &Staff) -> Vec<(&'static str, Json)> {
        match self {
            Self::Team(team) => vec![(draw.pick(&["owner", "Owner", "team"]), (*team).into())],
            Self::Person(number) | Self::Departed(number) => {
                vec![(draw.pick(&["owner", "Owner"]), staff.person(*number).email.into())]
            }
            Self::Placeholder(text) => vec![("owner", (*text).into())],
            // IAM holds keys that differ in case alone for one, so the two fields have different names.
            Self::Conflict(first, second) => vec![("owner", (*first).into()), ("Team", (*second).into())],
            Self::Silent => Vec::new(),
        }
    }
}

/// One statement on who answers for an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    Team(&'static str),
    /// A person, by number.
    Person(u64),
    /// A text that is an answer, but names nobody whom the roster knows.
    Text(&'static str),
}

impl Claim {
    fn team(self, staff: &Staff) -> Option<&'static str> {
        match self {
            Self::Team(team) => Some(team),
            Self::Person(number) => Some(staff.team_of(number)),
            Self::Text(_) => None,
        }
    }

    /// Whether two statements can both be right: a person and their team do not contradict each other.
    fn agrees_with(self, other: Self, staff: &Staff) -> bool {
        self == other || self.team(staff).is_some() && self.team(staff) == other.team(staff)
    }

    fn state(self, staff: &Staff, as_of: i64) -> OwnerState {
        match self {
            Self::Team(_) => OwnerState::Active,
            Self::Person(number) if staff.person(number).has_left(as_of) => OwnerState::Left,
            Self::Person(_) => OwnerState::Active,
            Self::Text(_) => OwnerState::Unresolved,
        }
    }
}

/// Whether somebody answers for an identity; the best of what is said counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerState {
    /// A team, or a person who works here.
    Active,
    /// Something is written that names nobody.
    Unresolved,
    /// Everybody who is named has left.
    Left,
    Absent,
}

/// What the exports that list an identity say of it.
#[derive(Default)]
pub struct Said {
    pub claims: Vec<Claim>,
    pub has_purpose: bool,
    /// What a tag, label or column says.
    pub environment: Option<Environment>,
}

/// What is known of an identity's governance, exports and registry together.
#[derive(Debug, Clone)]
pub struct Governance {
    pub owner: OwnerState,
    /// Whether two statements on the owner contradict each other.
    pub owners_differ: bool,
    pub has_purpose: bool,
    pub environment: Option<Environment>,
    /// The day of the last review that the registry knows, also when that lies after the snapshot.
    pub reviewed_at: Option<i64>,
    /// The day on which it is to retire, by the registry.
    pub retires_at: Option<i64>,
}

impl Estate {
    /// Puts together what exports say and what the registry adds for an identity that goes by `names`.
    pub fn governance(
        &self,
        names: &[&str],
        said: Said,
        source_environment: Option<Environment>,
        as_of: i64,
    ) -> Governance {
        let rows: Vec<_> = self.registry.rows_of(names).collect();
        let mut claims = said.claims;
        claims.extend(rows.iter().filter_map(|row| row.claim).take(1));
        let states = claims.iter().map(|claim| claim.state(&self.staff, as_of));
        Governance {
            owner: states.min().unwrap_or(OwnerState::Absent),
            owners_differ: claims.iter().any(|claim| !claim.agrees_with(claims[0], &self.staff)),
            has_purpose: said.has_purpose || rows.iter().any(|row| row.purpose.is_some()),
            environment: rows
                .iter()
                .find_map(|row| row.environment)
                .or(said.environment)
                .or(source_environment),
            reviewed_at: rows.iter().filter_map(|row| row.reviewed_at).max(),
            retires_at: rows.iter().find_map(|row| row.retires_at),
        }
    }
}
