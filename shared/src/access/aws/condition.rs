//! Conditions of AWS policies: whether one holds, when only a part of what it looks at is known.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::net::IpAddr;

use super::request::{Request, Value};
use super::resource::Compared;
use crate::access::decision::{Dependency, Holds};
use crate::model::access_policy::AwsCondition;
use crate::model::pattern;
use crate::model::strings::Strings;
use crate::reading::moment::{DateOrder, Moment};

/// Whether all conditions of a statement hold; `needs` gets the keys on which that depends.
pub fn all_hold(
    conditions: &[AwsCondition],
    strings: &Strings,
    request: &Request<'_>,
    needs: &mut Vec<Dependency>,
) -> Holds {
    let mut all = Holds::Yes;
    let mut unknown = Vec::new();
    for condition in conditions {
        all = all.min(holds(condition, strings, request, &mut unknown));
        if all == Holds::No {
            return Holds::No;
        }
    }
    needs.append(&mut unknown);
    all
}

fn holds(condition: &AwsCondition, strings: &Strings, request: &Request<'_>, needs: &mut Vec<Dependency>) -> Holds {
    let operator_text = strings.get(condition.operator);
    let key = strings.get(condition.key);
    let Some(operator) = Operator::parse(operator_text) else {
        needs.push(Dependency::Condition(format!("{operator_text} {key}")));
        return Holds::Maybe;
    };
    let values = || condition.values.iter().map(|value| strings.get(*value));
    let found = match request.value(key) {
        Value::Unknown => {
            needs.push(Dependency::Condition(key.to_owned()));
            return Holds::Maybe;
        }
        Value::Absent => None,
        Value::Texts(texts) => Some(texts).filter(|texts| !texts.is_empty()),
    };
    if operator.test == Test::Null {
        let wants_absent = values().any(|value| value.eq_ignore_ascii_case("true"));
        return Holds::of(wants_absent == found.is_none());
    }
    let Some(found) = found else {
        return Holds::of(match operator.quantifier {
            _ if operator.if_exists => true,
            Quantifier::All => true,
            Quantifier::Any => false,
            Quantifier::None => operator.is_negated,
        });
    };
    let is_one_of = |found: &str, needs: &mut Vec<Dependency>| {
        let tests = values().map(|value| operator.test.holds(found, value, request, needs));
        tests.max().unwrap_or(Holds::No)
    };
    let mut each = Vec::with_capacity(found.len());
    for text in &found {
        each.push(is_one_of(text, needs));
    }
    match operator.quantifier {
        Quantifier::None if operator.is_negated => each.into_iter().max().unwrap_or(Holds::No).opposite(),
        Quantifier::None => each.into_iter().max().unwrap_or(Holds::No),
        Quantifier::All | Quantifier::Any => {
            let each = each
                .into_iter()
                .map(|holds| if operator.is_negated { holds.opposite() } else { holds });
            match operator.quantifier {
                Quantifier::All => each.min().unwrap_or(Holds::Yes),
                Quantifier::Any | Quantifier::None => each.max().unwrap_or(Holds::No),
            }
        }
    }
}

/// A condition operator, such as `ForAnyValue:StringNotLikeIfExists`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Operator {
    quantifier: Quantifier,
    test: Test,
    is_negated: bool,
    if_exists: bool,
}

/// How many of a key's values must pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    /// The key has one value.
    None,
    /// `ForAllValues`: also when there is none.
    All,
    /// `ForAnyValue`.
    Any,
}

/// What is asked of one value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Test {
    Text,
    TextInAnyCase,
    Pattern,
    Arn,
    Number(Compare),
    Date(Compare),
    Flag,
    Address,
    /// The key is absent.
    Null,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    /// `None` for a word that is no operator.
    fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let (quantifier, rest) = match lower.split_once(':') {
            None => (Quantifier::None, lower.as_str()),
            Some(("forallvalues", rest)) => (Quantifier::All, rest),
            Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
            Some(_) => return None,
        };
        let (word, if_exists) = match rest.strip_suffix("ifexists") {
            Some(word) => (word, true),
            None => (rest, false),
        };
        let (test, is_negated) = match word {
            "stringequals" => (Test::Text, false),
            "stringnotequals" => (Test::Text, true),
            "stringequalsignorecase" => (Test::TextInAnyCase, false),
            "stringnotequalsignorecase" => (Test::TextInAnyCase, true),
            "stringlike" => (Test::Pattern, false),
            "stringnotlike" => (Test::Pattern, true),
            "arnequals" | "arnlike" => (Test::Arn, false),
            "arnnotequals" | "arnnotlike" => (Test::Arn, true),
            "numericequals" => (Test::Number(Compare::Equal), false),
            "numericnotequals" => (Test::Number(Compare::Equal), true),
            "numericlessthan" => (Test::Number(Compare::Less), false),
            "numericlessthanequals" => (Test::Number(Compare::LessOrEqual), false),
            "numericgreaterthan" => (Test::Number(Compare::Greater), false),
            "numericgreaterthanequals" => (Test::Number(Compare::GreaterOrEqual), false),
            "dateequals" => (Test::Date(Compare::Equal), false),
            "datenotequals" => (Test::Date(Compare::Equal), true),
            "datelessthan" => (Test::Date(Compare::Less), false),
            "datelessthanequals" => (Test::Date(Compare::LessOrEqual), false),
            "dategreaterthan" => (Test::Date(Compare::Greater), false),
            "dategreaterthanequals" => (Test::Date(Compare::GreaterOrEqual), false),
            "bool" => (Test::Flag, false),
            "binaryequals" => (Test::Text, false),
            "ipaddress" => (Test::Address, false),
            "notipaddress" => (Test::Address, true),
            "null" => (Test::Null, false),
            _ => return None,
        };
        Some(Self {
            quantifier,
            test,
            is_negated,
            if_exists,
        })
    }
}

impl Test {
    /// Whether what the request has passes one value of the policy. What cannot be compared does not pass.
    fn holds(self, found: &str, wanted: &str, request: &Request<'_>, needs: &mut Vec<Dependency>) -> Holds {
        match self {
            Test::Pattern if !wanted.contains("${") => Holds::of(pattern::covers_in_case(wanted, found)),
            Test::Pattern | Test::Arn => {
                let compared = match self == Test::Arn {
                    true => Compared::ByPart,
                    false => Compared::Whole,
                };
                match request.glob(wanted, compared, needs) {
                    Some((glob, known)) => Holds::of(glob.covers(found)).min(known),
                    None => Holds::No,
                }
            }
            Test::Text | Test::TextInAnyCase | Test::Number(_) | Test::Date(_) | Test::Flag | Test::Address => {
                match request.filled(wanted, needs) {
                    Value::Unknown => Holds::Maybe,
                    Value::Absent => Holds::No,
                    Value::Texts(wanted) => Holds::of(wanted.iter().any(|wanted| self.passes(found, wanted))),
                }
            }
            Test::Null => Holds::No,
        }
    }

    fn passes(self, found: &str, wanted: &str) -> bool {
        match self {
            Test::Text => found == wanted,
            Test::TextInAnyCase | Test::Flag => found.eq_ignore_ascii_case(wanted),
            Test::Number(compare) => {
                let numbers = found.trim().parse::<f64>().ok().zip(wanted.trim().parse::<f64>().ok());
                compare.holds(numbers.and_then(|(found, wanted)| found.partial_cmp(&wanted)))
            }
            Test::Date(compare) => compare.holds(seconds(found).zip(seconds(wanted)).map(|(a, b)| a.cmp(&b))),
            Test::Address => is_inside(found, wanted),
            Test::Pattern | Test::Arn | Test::Null => false,
        }
    }
}

impl Compare {
    fn holds(self, order: Option<Ordering>) -> bool {
        order.is_some_and(|order| match self {
            Compare::Equal => order.is_eq(),
            Compare::Less => order.is_lt(),
            Compare::LessOrEqual => order.is_le(),
            Compare::Greater => order.is_gt(),
            Compare::GreaterOrEqual => order.is_ge(),
        })
    }
}

/// A date in ISO 8601, or seconds since 1970.
fn seconds(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(seconds);
    }
    match Moment::parse(text, DateOrder::MonthFirst) {
        Moment::At(at) => Some(at.0),
        Moment::Never | Moment::Absent | Moment::Unreadable(_) => None,
    }
}

/// Whether an address lies in a block (`203.0.113.0/24`) or is the one address named.
fn is_inside(address: &str, block: &str) -> bool {
    let (network, n_bits) = match block.split_once('/') {
        Some((network, n_bits)) => (network, n_bits.parse::<u32>().ok()),
        None => (block, Some(u32::MAX)),
    };
    let bits = |text: &str| match text.trim().parse::<IpAddr>().ok()? {
        IpAddr::V4(v4) => Some((32, u128::from(v4.to_bits()) << 96)),
        IpAddr::V6(v6) => Some((128, v6.to_bits())),
    };
    let (Some((width, address)), Some((other_width, network)), Some(n_bits)) = (bits(address), bits(network), n_bits)
    else {
        return false;
    };
    let n_bits = n_bits.min(width);
    let mask = if n_bits == 0 { 0 } else { u128::MAX << (128 - n_bits) };
    width == other_width && address & mask == network & mask
}
