//! The staff of the company: who works there, in which team, and who has left.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::Result;

use super::company::{DOMAIN, DOMAINS};
use super::draw::Draw;
use super::timeline::{Timeline, date};
use super::truth::People;

const FIRST_NAMES: [&str; 40] = [
    "Anna", "Bjørn", "Carla", "David", "Elif", "Fatima", "Georg", "Hanna", "Ivan", "Jürgen", "Katja", "Liam", "Marta",
    "Nils", "Olga", "Pedro", "Quentin", "Rosa", "Sven", "Tara", "Umberto", "Vera", "Wei", "Xenia", "Yusuf", "Zoë",
    "Aino", "Benoît", "Chiara", "Dmitri", "Eszter", "Freja", "Goran", "Ida", "Joana", "Klaus", "Leyla", "Mateo",
    "Noor", "Oskar",
];
const LAST_NAMES: [&str; 60] = [
    "Berg",
    "Müller",
    "Rossi",
    "Novak",
    "Larsen",
    "Dubois",
    "Kaya",
    "Silva",
    "Kowalski",
    "Ivanova",
    "Schmidt",
    "Haddad",
    "Eriksen",
    "Moreau",
    "Weber",
    "Lindqvist",
    "Santos",
    "Horvat",
    "Nagy",
    "Petrov",
    "Jansen",
    "Keller",
    "Costa",
    "Virtanen",
    "Marino",
    "Öztürk",
    "Hansen",
    "Fischer",
    "Popescu",
    "Nilsen",
    "Becker",
    "Ferrari",
    "Dahl",
    "Wagner",
    "Nguyen",
    "Krause",
    "Sørensen",
    "Bianchi",
    "Vogel",
    "Pereira",
    "Braun",
    "Conti",
    "Holm",
    "Lehmann",
    "Farkas",
    "Garcia",
    "Hoffmann",
    "Ionescu",
    "Jovanović",
    "Klein",
    "Lopez",
    "Maier",
    "Neumann",
    "Olsen",
    "Peters",
    "Richter",
    "Sato",
    "Tran",
    "Ullrich",
    "Zimmermann",
];

/// One employee, past or present.
pub struct Person {
    pub name: String,
    pub email: String,
    pub team: &'static str,
    /// The day the person left, when that is at or before the last snapshot.
    pub left_at: Option<i64>,
}

impl Person {
    /// Whether the person is gone at this instant.
    pub fn has_left(&self, at: i64) -> bool {
        self.left_at.is_some_and(|left_at| left_at <= at)
    }
}

/// The staff, as the last snapshot's roster knows it.
pub struct Staff {
    seed: u64,
    pub n_people: u64,
    last_as_of: i64,
}

impl Staff {
    pub fn new(seed: u64, n_people: u64, timeline: &Timeline) -> Self {
        Self {
            seed,
            n_people,
            last_as_of: timeline.last().as_of,
        }
    }

    /// The person with this number, always the same one.
    pub fn person(&self, number: u64) -> Person {
        let n_names = (FIRST_NAMES.len() * LAST_NAMES.len()) as u64;
        // 1,009 shares no factor with the number of names, so the first repeats come only after all are used.
        let mixed = (number * 1_009 + self.seed % n_names) % n_names;
        let first = FIRST_NAMES[(mixed % 40) as usize];
        let last = LAST_NAMES[(mixed / 40) as usize];
        let round = number / n_names;
        let suffix = if round == 0 {
            String::new()
        } else {
            format!("{}", round + 1)
        };
        let mut draw = Draw::new(self.seed, "person", 0, number);
        // The roster keeps days, so a person leaves at the start of one.
        let left_at = draw
            .chance(0.08)
            .then(|| self.last_as_of - draw.between(10, 700) * super::draw::DAY);
        Person {
            name: format!(
                "{first} {last}{}",
                if round == 0 {
                    String::new()
                } else {
                    format!(" {}", round + 1)
                }
            ),
            email: format!("{}.{}{suffix}@{DOMAIN}", ascii(first), ascii(last)),
            team: self.team_of(number),
            left_at,
        }
    }

    /// How many people have not left at this instant.
    pub fn n_active(&self, at: i64) -> u64 {
        (0..self.n_people)
            .filter(|number| !self.person(*number).has_left(at))
            .count() as u64
    }

    /// The team of the person with this number.
    pub fn team_of(&self, number: u64) -> &'static str {
        DOMAINS[(number % DOMAINS.len() as u64) as usize].team
    }

    /// The number of somebody, drawn among those who fit.
    pub fn somebody(&self, draw: &mut Draw, fits: impl Fn(&Person) -> bool) -> Option<u64> {
        (0..300)
            .map(|_| draw.below(self.n_people))
            .find(|number| fits(&self.person(*number)))
    }

    /// Writes `roster.csv`: everyone, with the day they left.
    pub fn write_roster(&self, folder: &Path) -> Result<People> {
        let mut csv = csv::Writer::from_writer(BufWriter::new(File::create(folder.join("roster.csv"))?));
        csv.write_record(["email", "name", "team", "status", "left_on"])?;
        let mut people = People::default();
        for number in 0..self.n_people {
            let person = self.person(number);
            let (status, left_on) = match person.left_at {
                Some(at) => ("left", date(at)),
                None => ("active", String::new()),
            };
            people.total += 1;
            match person.left_at {
                Some(_) => people.left += 1,
                None => people.active += 1,
            }
            csv.write_record([person.email.as_str(), &person.name, person.team, status, &left_on])?;
        }
        csv.flush()?;
        Ok(people)
    }
}

/// A name as its owner's mail address spells it.
fn ascii(name: &str) -> String {
    let mut out = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'ø' | 'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ë' => out.push('e'),
            'î' => out.push('i'),
            'ć' => out.push('c'),
            _ => out.push(letter),
        }
    }
    out
}
