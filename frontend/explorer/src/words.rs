//! Stable words as people read them.

use shared::api::graph::NodeView;

/// A stable word (`trust_source`) as text (`Trust source`).
pub fn sentence(word: &str) -> String {
    let spaced = word.replace('_', " ");
    let mut chars = spaced.chars();
    match chars.next() {
        Some(first) => std::iter::once(first.to_ascii_uppercase()).chain(chars).collect(),
        None => "None recorded".to_owned(),
    }
}

/// What a node is, in a few words: `Administrator · prod`.
pub fn line(node: &NodeView) -> String {
    let what = match node.tier.as_deref() {
        Some("administrator") => "Administrator".to_owned(),
        Some("escalates") => "Can become administrator".to_owned(),
        Some(_) | None => sentence(&node.kind),
    };
    match &node.environment {
        Some(_) if node.kind == "environment" => what,
        Some(environment) => format!("{what} · {environment}"),
        None => what,
    }
}

/// `12345` as `12,345`.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 node`, `2 nodes`.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}
