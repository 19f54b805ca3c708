//! PEM: the blocks of a text, whatever stands around them.
//!
//! Our own splitting instead of a crate's: `pem`, `rustls-pki-types` and `x509-parser` all stop at the first block that
//! is broken, and hand out private keys. Here a broken block costs itself, and a private key is never decoded.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::memmem;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Base64 as it is found: with or without padding, and with stray bits at the end.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One block of a PEM text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemBlock<'a> {
    /// What the BEGIN line names: `CERTIFICATE`, `X509 CRL`.
    pub label: &'a str,
    /// The line of BEGIN, from 1.
    pub line: u32,
    pub contents: PemContents,
}

/// What is inside a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PemContents {
    Der(Vec<u8>),
    /// A private key is there. It was not decoded.
    PrivateKey,
    /// Why the block cannot be read.
    Broken(String),
}

/// The blocks of a text in their order, broken ones too.
///
/// Text before, between and after blocks is passed over, headers inside a block as well. Lines may end in any way, be
/// indented, or be joined by a literal `\n`.
pub fn pem_blocks(text: &str) -> impl Iterator<Item = PemBlock<'_>> {
    let mut at = 0;
    let mut line = 1;
    let mut counted_to = 0;
    std::iter::from_fn(move || {
        let (label, begin, body_at) = next_begin(text, at)?;
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted_to..begin]).count() as u32;
        counted_to = begin;
        let rest = &text[body_at..];
        let next = memmem::find(rest.as_bytes(), BEGIN.as_bytes()).unwrap_or(rest.len());
        let (body, end_label) = match memmem::find(&rest.as_bytes()[..next], END.as_bytes()) {
            Some(end) => {
                let end_label = rest[end + END.len()..].split(DASHES).next();
                at = body_at + end + END.len();
                (&rest[..end], end_label)
            }
            None => {
                at = body_at + next;
                (&rest[..next], None)
            }
        };
        let contents = if label.contains("PRIVATE KEY") {
            PemContents::PrivateKey
        } else if end_label != Some(label) {
            PemContents::Broken(format!("no `{END}{label}{DASHES}` before the next block"))
        } else {
            decode(body).map_or_else(PemContents::Broken, PemContents::Der)
        };
        Some(PemBlock { label, line, contents })
    })
}

/// The label of the next BEGIN line at or after `from`, where the line begins, and where it ends.
fn next_begin(text: &str, from: usize) -> Option<(&str, usize, usize)> {
    let mut at = from;
    loop {
        let begin = at + memmem::find(&text.as_bytes()[at..], BEGIN.as_bytes())?;
        let label_at = begin + BEGIN.len();
        match text[label_at..].split_once(DASHES) {
            Some((label, _)) if !label.contains(['\n', '\r']) => {
                return Some((label, begin, label_at + label.len() + DASHES.len()));
            }
            // The file was cut within the line.
            _ if label_at < text.len() && text[label_at..].bytes().all(is_of_label) => {
                return Some((&text[label_at..], begin, text.len()));
            }
            _ => at = label_at,
        }
    }
}

fn is_of_label(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b' ' | b'-')
}

/// The bytes of a block's body. RFC 1421 headers (`Proc-Type: …`) are passed over.
pub(super) fn decode(body: &str) -> Result<Vec<u8>, String> {
    let mut packed = Vec::with_capacity(body.len());
    for line in body.lines().filter(|line| !line.contains(':')) {
        // A variable of an environment file holds its line ends as two characters.
        let mut rest = line;
        while let Some((part, after)) = rest.split_once('\\') {
            packed.extend(part.bytes().filter(|b| !b.is_ascii_whitespace()));
            rest = after.strip_prefix(['n', 'r']).unwrap_or(after);
        }
        packed.extend(rest.bytes().filter(|b| !b.is_ascii_whitespace()));
    }
    if packed.is_empty() {
        return Err("nothing between BEGIN and END".to_owned());
    }
    FORGIVING
        .decode(&packed)
        .map_err(|error| format!("not base64: {}", error.to_string().to_lowercase().trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<(&str, u32, PemContents)> {
        pem_blocks(text).map(|b| (b.label, b.line, b.contents)).collect()
    }

    fn der(bytes: &[u8]) -> PemContents {
        PemContents::Der(bytes.to_vec())
    }

    #[test]
    fn text_around_blocks_does_not_matter() {
        let text = "Certificate:\r\n    Data:\r\n  -----BEGIN A-----\r\n  AQID\r\n  BA==\r\n  -----END A-----\r\nbye\r\n-----BEGIN B-----\r\nX-Note: x\r\n\r\nAQ\r\n-----END B-----";
        assert_eq!(blocks(text), vec![("A", 3, der(&[1, 2, 3, 4])), ("B", 8, der(&[1]))]);
        assert_eq!(
            blocks(r#"KEY="-----BEGIN A-----\nAQID\nBA==\n-----END A-----\n""#),
            vec![("A", 1, der(&[1, 2, 3, 4]))]
        );
        assert_eq!(blocks("-----BEGIN \n-----BEGIN without an end"), vec![]);
    }

    #[test]
    fn a_broken_block_costs_itself() {
        let text = "-----BEGIN A-----\nAQID\n-----BEGIN B-----\nA?==\n-----END B-----\n-----BEGIN C-----\nAQ==\n-----END D-----\n-----BEGIN E-----\n-----END E-----\n-----BEGIN F-----\nAQ==\n-----END F-----\n-----BEGIN G-----\nAQ";
        let found = blocks(text);
        assert_eq!(found.len(), 6);
        let cut_in_its_first_line = blocks("-----BEGIN A-----\nAQ==\n-----END A-----\n-----BEGIN A--");
        assert!(matches!(cut_in_its_first_line[1].2, PemContents::Broken(_)));
        assert_eq!(found[4], ("F", 11, der(&[1])));
        for (_, _, contents) in [&found[0], &found[1], &found[2], &found[3], &found[5]] {
            assert!(matches!(contents, PemContents::Broken(_)), "{contents:?}");
        }
    }

    #[test]
    fn a_private_key_is_seen_but_not_kept() {
        let text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAQID\n-----END RSA PRIVATE KEY-----\n-----BEGIN A-----\nAQ==\n-----END A-----\n";
        assert_eq!(
            blocks(text),
            vec![("RSA PRIVATE KEY", 1, PemContents::PrivateKey), ("A", 6, der(&[1]))]
        );
    }
}
