//! JSON with comments and trailing commas, as editors and agents let people write their settings.

/// The same without what plain JSON has not; `None` where there is nothing of it.
pub fn plain(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '/', '}', ']']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let n = match from.as_bytes() {
            [b'"', ..] => {
                let n = end_of_text(from);
                out.push_str(&from[..n]);
                n
            }
            [b'/', b'/', ..] => from.find(['\n', '\r']).unwrap_or(from.len()),
            [b'/', b'*', ..] => from.find("*/").map_or(from.len(), |end| end + 2),
            _ => {
                if from.starts_with(['}', ']']) && out.trim_end().ends_with(',') {
                    out.truncate(out.trim_end().len() - 1);
                }
                out.push_str(&from[..1]);
                1
            }
        };
        rest = &from[n..];
    }
    out.push_str(rest);
    (out.len() != text.len()).then_some(out)
}

/// Where the text that begins here ends, behind its quote.
fn end_of_text(from: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in from.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    from.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_left_out() {
        for (text, expected) in [
            ("{\"a\": 1}", None),
            ("{\"a\": \"http://x, ]\\\"//\"}", None),
            ("// c\n{\"a\": [1, 2,\n], /* d */ }", Some("\n{\"a\": [1, 2]}")),
            ("{\"a\": 1 // é\n}", Some("{\"a\": 1 \n}")),
            ("{\"a\": \"b", None),
            ("{ /* open", Some("{ ")),
        ] {
            assert_eq!(plain(text).as_deref(), expected, "{text}");
        }
    }
}
