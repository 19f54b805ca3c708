//! Patterns over AWS resources, one at a time and together.
//!
//! A pattern that begins with `arn:` is compared part by part: in the first five parts `*` and `?` do not reach over a
//! colon, in the sixth they do. Parts that are missing at the end stand for any.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>

use hashbrown::HashSet;
use smallvec::SmallVec;

use crate::model::pattern::covers_in_case;

/// How many states are looked at to find a resource that patterns leave over. Policies that people write need tens;
/// 64 patterns of ten stars each that overlap need more, and are then taken to leave something over.
const MAX_STATES: usize = 4_096;

/// Parts of an ARN: `arn`, partition, service, region, account, resource.
const N_PARTS: usize = 6;

/// Whether a pattern without variables covers a resource.
pub fn covers(pattern: &str, resource: &str) -> bool {
    if !pattern.starts_with("arn:") {
        return covers_in_case(pattern, resource);
    }
    if !resource.starts_with("arn:") {
        return false;
    }
    let mut wanted = pattern.splitn(N_PARTS, ':');
    let mut parts = resource.splitn(N_PARTS, ':');
    (0..N_PARTS).all(|_| match (wanted.next(), parts.next()) {
        (Some(wanted), Some(part)) => covers_in_case(wanted, part),
        // Fewer parts than an ARN has: the rest is any.
        (None, _) => true,
        (Some(wanted), None) => wanted.bytes().all(|byte| byte == b'*'),
    })
}

/// What a pattern is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    One(char),
    AnyOne(Reach),
    AnyRun(Reach),
}

/// Whether a wildcard reaches over a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    InPart,
    Anywhere,
}

impl Reach {
    fn takes(self, c: char) -> bool {
        self == Reach::Anywhere || c != ':'
    }
}

/// A pattern taken apart, with its variables filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    tokens: Vec<Token>,
}

/// How a pattern is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// As one text.
    Whole,
    /// Part by part, when it is one of ARNs.
    ByPart,
}

impl Glob {
    /// A pattern with what its `${…}` stand for; one that stands for `None` is taken for any text.
    pub fn new(pattern: &str, compared: Compared, mut variable: impl FnMut(&str) -> Option<String>) -> Self {
        let mut tokens = Vec::with_capacity(pattern.len());
        let is_arn = compared == Compared::ByPart && pattern.starts_with("arn:");
        let mut n_colons = 0;
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            let reach = match is_arn && n_colons < N_PARTS - 1 {
                true => Reach::InPart,
                false => Reach::Anywhere,
            };
            if let Some((name, after)) = rest.strip_prefix("${").and_then(|text| text.split_once('}')) {
                match variable(name) {
                    Some(value) => tokens.extend(value.chars().map(Token::One)),
                    None => tokens.push(Token::AnyRun(reach)),
                }
                rest = after;
                continue;
            }
            tokens.push(match first {
                '*' => Token::AnyRun(reach),
                '?' => Token::AnyOne(reach),
                other => Token::One(other),
            });
            n_colons += usize::from(first == ':');
            rest = &rest[first.len_utf8()..];
        }
        if is_arn {
            for missing in n_colons + 1..N_PARTS {
                let reach = match missing == N_PARTS - 1 {
                    true => Reach::Anywhere,
                    false => Reach::InPart,
                };
                tokens.extend([Token::One(':'), Token::AnyRun(reach)]);
            }
        }
        Self { tokens }
    }

    /// A pattern of resources without variables.
    pub fn plain(pattern: &str) -> Self {
        Self::new(pattern, Compared::ByPart, |_| None)
    }

    fn is_everything(&self) -> bool {
        self.tokens == [Token::AnyRun(Reach::Anywhere)]
    }

    /// Both begin with text, and these beginnings differ: they have no text in common.
    fn begins_otherwise(&self, other: &Glob) -> bool {
        let mut pairs = self.tokens.iter().zip(&other.tokens);
        let first = pairs.find(|(a, b)| a != b || !matches!(a, Token::One(_)));
        matches!(first, Some((Token::One(_), Token::One(_))))
    }

    pub fn covers(&self, text: &str) -> bool {
        let mut states = States::default();
        states.start(&self.tokens);
        for c in text.chars() {
            states = states.after(&self.tokens, c);
        }
        states.is_end(&self.tokens)
    }
}

/// Which resources are meant: those that one of the globs covers, or those that none does.
#[derive(Clone, Debug)]
pub struct Among {
    pub globs: Vec<Glob>,
    pub is_excluded: bool,
}

impl Among {
    /// The others.
    pub fn inverted(self) -> Self {
        Self {
            is_excluded: !self.is_excluded,
            ..self
        }
    }

    /// Texts by patterns without variables, whose case does not matter: actions of AWS, operations of Azure.
    pub fn of_actions<'t>(patterns: impl IntoIterator<Item = &'t str>, is_excluded: bool) -> Self {
        let glob = |pattern: &str| Glob::new(&pattern.to_ascii_lowercase(), Compared::Whole, |_| None);
        Self {
            globs: patterns.into_iter().map(glob).collect(),
            is_excluded,
        }
    }
}

/// Whether some resource is among all of these. `true` also where more states than [`MAX_STATES`] would have to be
/// looked at.
///
/// The globs run side by side over all texts at once, as a set of states each; a text that leaves every one of them as
/// it must be is such a resource.
pub fn leaves_some(among: &[Among]) -> bool {
    // Most policies say `*` and deny nothing, or deny something quite different.
    let wanted: Vec<&Among> = (among.iter())
        .filter(|among| !among.is_excluded && !among.globs.iter().any(Glob::is_everything))
        .collect();
    let all_differ = |a: &Among, b: &Among| {
        let mut pairs = a.globs.iter().flat_map(|a| b.globs.iter().map(move |b| (a, b)));
        pairs.all(|(a, b)| a.begins_otherwise(b))
    };
    let excluded = among.iter().filter(|among| among.is_excluded);
    let excluded = excluded.filter(|excluded| !wanted.iter().any(|wanted| all_differ(wanted, excluded)));
    let excluded: Vec<&Among> = excluded.filter(|among| !among.globs.is_empty()).collect();
    match (wanted.as_slice(), excluded.as_slice()) {
        ([], []) => return true,
        ([only], []) => return !only.globs.is_empty(),
        ([a, b], _) if all_differ(a, b) => return false,
        (_, _) => {}
    }
    let among = [wanted, excluded].concat();
    let mut letters: Vec<char> = (among
        .iter()
        .flat_map(|among| &among.globs)
        .flat_map(|glob| &glob.tokens))
    .filter_map(|token| match token {
        Token::One(c) => Some(*c),
        Token::AnyOne(_) | Token::AnyRun(_) => None,
    })
    .chain([':', '\u{1}'])
    .collect();
    letters.sort_unstable();
    letters.dedup();
    let start: Vec<Vec<States>> = among
        .iter()
        .map(|among| {
            let states = among.globs.iter().map(|glob| {
                let mut states = States::default();
                states.start(&glob.tokens);
                states
            });
            states.collect()
        })
        .collect();
    let mut seen = HashSet::new();
    seen.insert(start.clone());
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        let is_found = among.iter().zip(&at).all(|(among, states)| {
            let is_any = among
                .globs
                .iter()
                .zip(states)
                .any(|(glob, states)| states.is_end(&glob.tokens));
            is_any != among.is_excluded
        });
        if is_found || seen.len() > MAX_STATES {
            return true;
        }
        for &letter in &letters {
            let next: Vec<Vec<States>> = (among.iter().zip(&at))
                .map(|(among, states)| {
                    let states = among.globs.iter().zip(states);
                    states
                        .map(|(glob, states)| states.after(&glob.tokens, letter))
                        .collect()
                })
                .collect();
            let is_dead = among.iter().zip(&next).any(|(among, states)| match among.is_excluded {
                false => states.iter().all(States::is_dead),
                true => among
                    .globs
                    .iter()
                    .zip(states)
                    .any(|(glob, states)| states.takes_all(&glob.tokens)),
            });
            if !is_dead && seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    false
}

/// Where one glob can stand after some text: a set of indices into its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct States(SmallVec<[u64; 3]>);

impl States {
    fn start(&mut self, tokens: &[Token]) {
        self.add(0, tokens);
    }

    /// A run may also be empty, so what stands behind it can follow at once.
    fn add(&mut self, mut at: usize, tokens: &[Token]) {
        loop {
            if self.0.len() <= at / 64 {
                self.0.resize(at / 64 + 1, 0);
            }
            self.0[at / 64] |= 1 << (at % 64);
            match tokens.get(at) {
                Some(Token::AnyRun(_)) => at += 1,
                Some(Token::One(_) | Token::AnyOne(_)) | None => return,
            }
        }
    }

    fn after(&self, tokens: &[Token], c: char) -> States {
        let mut next = States::default();
        for (word, &bits) in self.0.iter().enumerate() {
            let mut bits = bits;
            while bits != 0 {
                let at = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                match tokens.get(at) {
                    Some(Token::One(wanted)) if *wanted == c => next.add(at + 1, tokens),
                    Some(Token::AnyOne(reach)) if reach.takes(c) => next.add(at + 1, tokens),
                    Some(Token::AnyRun(reach)) if reach.takes(c) => next.add(at, tokens),
                    Some(Token::One(_) | Token::AnyOne(_) | Token::AnyRun(_)) | None => {}
                }
            }
        }
        next
    }

    fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    fn is_end(&self, tokens: &[Token]) -> bool {
        self.has(tokens.len())
    }

    fn is_dead(&self) -> bool {
        self.0.is_empty()
    }

    /// Whatever follows, the glob covers it.
    fn takes_all(&self, tokens: &[Token]) -> bool {
        tokens.last() == Some(&Token::AnyRun(Reach::Anywhere)) && self.has(tokens.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_arn_is_compared_part_by_part() {
        for (pattern, resource, expected) in [
            ("*", "arn:aws:s3:::a", true),
            ("arn:aws:s3:::a", "arn:aws:s3:::a", true),
            ("arn:aws:s3:::a/*", "arn:aws:s3:::a/b/c:d", true),
            ("arn:aws:s3:::A", "arn:aws:s3:::a", false),
            ("arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x", true),
            // The star stands for the account, and for no more parts.
            ("arn:aws:iam:*:role/x", "arn:aws:iam::1:role/x", false),
            ("arn:aws:s?s:::a", "arn:aws:s3:::a", false),
            (
                "arn:aws:logs:*:1:log-group:*",
                "arn:aws:logs:eu-west-1:1:log-group:a:log-stream:b",
                true,
            ),
            // Parts that are missing stand for any.
            ("arn:aws:sqs", "arn:aws:sqs:eu-west-1:1:queue", true),
            ("arn:aws:sqs:*", "arn:aws:sqs:eu-west-1:1:queue", true),
            ("arn:aws:sqs", "arn:aws:sns:eu-west-1:1:topic", false),
            ("arn:aws:sqs:::a", "*", false),
        ] {
            assert_eq!(covers(pattern, resource), expected, "{pattern} {resource}");
            assert_eq!(Glob::plain(pattern).covers(resource), expected, "{pattern} {resource}");
        }
    }

    #[test]
    fn a_variable_is_text_and_not_a_pattern() {
        let glob = Glob::new("arn:aws:s3:::home/${aws:username}/*", Compared::ByPart, |name| {
            assert_eq!(name, "aws:username");
            Some("a*".to_owned())
        });
        assert!(glob.covers("arn:aws:s3:::home/a*/x"));
        assert!(!glob.covers("arn:aws:s3:::home/ab/x"));
        assert!(Glob::plain("arn:aws:s3:::${x}").covers("arn:aws:s3:::anything"));
    }

    #[test]
    fn what_is_left_is_found() {
        let check = |all_of: &[&str], none_of: &[&str]| {
            let one = |pattern: &&str, is_excluded| Among {
                globs: vec![Glob::plain(pattern)],
                is_excluded,
            };
            let among = all_of.iter().map(|pattern| one(pattern, false));
            let among: Vec<_> = among.chain(none_of.iter().map(|pattern| one(pattern, true))).collect();
            leaves_some(&among)
        };
        assert!(check(&["*"], &["arn:aws:s3:::secret", "arn:aws:s3:::secret/*"]));
        assert!(!check(&["arn:aws:s3:::secret/*"], &["arn:aws:s3:::secret*"]));
        assert!(!check(&["arn:aws:iam::1:role/*"], &["*"]));
        // Two halves make a whole.
        assert!(!check(&["arn:aws:s3:::a?"], &["arn:aws:s3:::a?*", "arn:aws:s3:::b"]));
        assert!(check(&["arn:aws:iam::1:*", "arn:*:iam::*:role/*"], &[]));
        assert!(!check(&["arn:aws:iam::1:role/*", "arn:aws:iam::1:user/*"], &[]));
    }

    proptest! {
        #[test]
        fn both_ways_of_comparing_agree(
            pattern in prop_oneof!["arn:[a:*?]{0,9}", "[ar:*?]{0,6}"],
            resource in prop_oneof!["arn:[a]?:[a]?:[a]?:[a]?:[a:]{0,3}", "[ar:]{0,4}"],
        ) {
            // What is no ARN is compared whole, and no request has a resource with too few parts.
            prop_assume!(!resource.starts_with("arn:") || resource.split(':').count() >= N_PARTS);
            prop_assert_eq!(covers(&pattern, &resource), Glob::plain(&pattern).covers(&resource));
        }

        #[test]
        fn what_is_left_is_what_trying_finds(
            all_of in prop::collection::vec("[ab*?]{0,4}", 1..3),
            none_of in prop::collection::vec("[ab*?]{0,4}", 0..3),
        ) {
            let mut texts = vec![String::new()];
            for at in 0.. {
                let Some(text) = texts.get(at).cloned() else { break };
                if text.len() < 6 {
                    texts.extend(["a", "b", "c"].map(|letter| format!("{text}{letter}")));
                }
            }
            let is_left = |text: &String| {
                all_of.iter().all(|pattern| covers(pattern, text)) && !none_of.iter().any(|pattern| covers(pattern, text))
            };
            let among = |patterns: &[String], is_excluded| -> Vec<Among> {
                let among = |pattern: &String| Among { globs: vec![Glob::plain(pattern)], is_excluded };
                patterns.iter().map(among).collect()
            };
            let among = [among(&all_of, false), among(&none_of, true)].concat();
            prop_assert_eq!(leaves_some(&among), texts.iter().any(is_left));
        }
    }
}
