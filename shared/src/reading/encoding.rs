//! Bytes to text, whatever wrote them.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of a file: UTF-8 with or without a byte order mark, UTF-16 (Windows PowerShell's `>`), or Windows-1252.
///
/// Valid UTF-8 is borrowed. Bytes that no encoding explains are replaced, never refused.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return UTF_8.decode_without_bom_handling(rest).0;
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return UTF_16LE.decode_without_bom_handling(rest).0;
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return UTF_16BE.decode_without_bom_handling(rest).0;
    }
    match bytes {
        // ASCII in UTF-16 has a NUL in every second byte; the first two characters of any export are ASCII.
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => UTF_16LE.decode_without_bom_handling(bytes).0,
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => UTF_16BE.decode_without_bom_handling(bytes).0,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            // A broken multi-byte end of an otherwise valid file is a truncation, not another encoding.
            Err(error) if error.error_len().is_none() => String::from_utf8_lossy(bytes),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "{\"owner\": \"Jürgen\"}";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16_be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let cp1252 = text
            .replace('ü', "\u{1}")
            .bytes()
            .map(|b| if b == 1 { 0xFC } else { b })
            .collect::<Vec<_>>();
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            [b"\xFF\xFE", &utf16[..]].concat(),
            [b"\xFE\xFF", &utf16_be[..]].concat(),
            utf16,
            utf16_be,
            cp1252,
        ] {
            assert_eq!(decode(&bytes), text);
        }
    }

    #[test]
    fn a_cut_character_is_a_truncation() {
        let bytes = "Jü".as_bytes();
        assert_eq!(decode(&bytes[..2]), "J\u{FFFD}");
    }
}
