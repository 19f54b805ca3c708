//! What a file is about, where only its path tells: `repos/payments/secrets.json` is about `payments`.

/// The last part of a path, without its ending, that is more than `generic` words: the file's own name, else the
/// folder's around it. `None` when no part says anything.
///
/// Generic words are given in lower case; the parts are compared word by word, split at anything that is no letter or
/// digit.
pub fn subject_of<'p>(path: &'p str, generic: &[&str]) -> Option<&'p str> {
    let says_something = |part: &str| {
        part.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .any(|word| !generic.contains(&word.to_lowercase().as_str()))
    };
    path.rsplit('/')
        .enumerate()
        .map(|(depth, part)| match (depth, part.rsplit_once('.')) {
            (0, Some((stem, ending))) if ending.len() <= 6 => stem,
            _ => part,
        })
        .find(|part| says_something(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_part_that_says_something_is_the_subject() {
        let generic = ["actions", "secrets", "list"];
        for (path, subject) in [
            ("payments.json", Some("payments")),
            ("repos/payments/actions-secrets.json", Some("payments")),
            ("repos/payments_secrets.json", Some("payments_secrets")),
            ("secrets.json", None),
            ("", None),
            ("a.b/secrets", Some("a.b")),
        ] {
            assert_eq!(subject_of(path, &generic), subject, "{path}");
        }
    }
}
