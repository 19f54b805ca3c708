//! Patterns with `*` (any run of characters) and `?` (one character), as access policies and registries write them.

/// Whether `pattern` covers the whole of `text`, without regard to ASCII case. Takes time in proportion to the
/// product of the two lengths at worst, and no stack.
pub fn covers(pattern: &str, text: &str) -> bool {
    covers_by(pattern, text, |a, b| a.eq_ignore_ascii_case(&b))
}

/// Whether `pattern` covers the whole of `text`, in the same case.
pub fn covers_in_case(pattern: &str, text: &str) -> bool {
    covers_by(pattern, text, |a, b| a == b)
}

fn covers_by(pattern: &str, text: &str, is_same: impl Fn(u8, u8) -> bool) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on when the run that the last `*` took must be one character longer.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, t));
            }
            Some(b'?') => {
                p += 1;
                t += n_bytes_of_character(text[t]);
            }
            Some(byte) if is_same(*byte, text[t]) => {
                p += 1;
                t += 1;
            }
            Some(_) | None => match retry {
                Some((after_star, taken)) => {
                    p = after_star;
                    t = taken + 1;
                    retry = Some((after_star, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

fn n_bytes_of_character(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_text() {
        for (pattern, text, holds) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("sts:AssumeRole", "STS:assumerole", true),
            ("sts:Assume*", "sts:AssumeRoleWithSAML", true),
            ("sts:Assume*", "sts:TagSession", false),
            ("*:*", "sts:AssumeRole", true),
            ("a?c", "abc", true),
            ("a?c", "aüc", true),
            ("a?c", "ac", false),
            ("*a*b*c", "xaxbxaxbxc", true),
            ("*a*b*c", "xaxbxaxbx", false),
        ] {
            assert_eq!(covers(pattern, text), holds, "{pattern} {text}");
        }
    }

    /// The definition, word for word.
    fn covers_by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|n| covers_by_definition(rest, &text[n..])),
            (['?', rest @ ..], [_, after @ ..]) => covers_by_definition(rest, after),
            ([p, rest @ ..], [t, after @ ..]) => p.eq_ignore_ascii_case(t) && covers_by_definition(rest, after),
            ([], [_, ..]) | ([_, ..], []) => false,
        }
    }

    proptest! {
        #[test]
        fn it_does_what_the_definition_says(pattern in "[aBü*?]{0,8}", text in "[Abü]{0,8}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(covers(&pattern, &text), covers_by_definition(&p, &t));
            // Its letters and the text's are never of one case.
            let p: Vec<char> = pattern.replace(['a', 'B'], "x").chars().collect();
            prop_assert_eq!(covers_in_case(&pattern, &text), covers_by_definition(&p, &t));
        }
    }
}
