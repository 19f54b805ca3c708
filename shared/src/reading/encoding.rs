//! Bytes to text, whatever wrote them.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of a file: UTF-8 with or without a byte order mark, UTF-16 (Windows PowerShell's `>`), UTF-32, or Windows-1252.
///
/// Valid UTF-8 is borrowed. In a file that is UTF-8 otherwise, single bytes that are not are Windows-1252: somebody pasted
/// them. Bytes that no encoding explains are replaced, never refused. Without what DOS and unfinished writes leave at the
/// end: Ctrl-Z and NULs.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    const PADDING: [char; 2] = ['\0', '\x1A'];
    match decode_all(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(PADDING)),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_end_matches(PADDING).len());
            Cow::Owned(text)
        }
    }
}

fn decode_all(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE\0\0") {
        return Cow::Owned(utf_32(rest, u32::from_le_bytes));
    }
    if let Some(rest) = bytes.strip_prefix(b"\0\0\xFE\xFF") {
        return Cow::Owned(utf_32(rest, u32::from_be_bytes));
    }
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
            Err(_) if is_mostly_utf_8(bytes) => Cow::Owned(mended(bytes)),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        },
    }
}

fn utf_32(bytes: &[u8], of_bytes: fn([u8; 4]) -> u32) -> String {
    let (characters, rest) = bytes.as_chunks::<4>();
    let characters = characters.iter().map(|bytes| char::from_u32(of_bytes(*bytes)));
    let cut = (!rest.is_empty()).then_some(None);
    (characters.chain(cut))
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Whether more characters beyond ASCII are UTF-8 than bytes are not: by chance two or more bytes hardly ever are.
fn is_mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut n_characters, mut n_invalid) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        n_characters += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        n_invalid += chunk.invalid().len();
    }
    n_characters > n_invalid
}

/// UTF-8 whose invalid bytes are Windows-1252, but for what is left of a character at the end.
fn mended(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        text.push_str(chunk.valid());
        match chunks.peek() {
            Some(_) => text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0),
            None => text.push_str(&String::from_utf8_lossy(chunk.invalid())),
        }
    }
    text
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
    fn a_pasted_byte_spoils_no_other_name() {
        let bytes = ["Jürgen, Zoë, ".as_bytes(), b"Ren\xE9, Ana"].concat();
        assert_eq!(decode(&bytes), "Jürgen, Zoë, René, Ana");
    }

    #[test]
    fn utf_32_is_not_taken_for_utf_16() {
        let units = |text: &str, bytes: fn(u32) -> [u8; 4]| -> Vec<u8> {
            text.chars().flat_map(|character| bytes(u32::from(character))).collect()
        };
        assert_eq!(decode(&units("\u{FEFF}user\n", u32::to_le_bytes)), "user\n");
        assert_eq!(decode(&units("\u{FEFF}user\n", u32::to_be_bytes)), "user\n");
        assert_eq!(decode(&units("\u{FEFF}user", u32::to_le_bytes)[..18]), "use\u{FFFD}");
    }

    #[test]
    fn what_is_padded_ends_where_its_text_does() {
        assert_eq!(decode(b"a: 1\n\x1A"), "a: 1\n");
        assert_eq!(decode(b"\xFF\xFEa\0\n\0\0\0"), "a\n");
    }

    #[test]
    fn a_cut_character_is_a_truncation() {
        let bytes = "Jü".as_bytes();
        assert_eq!(decode(&bytes[..2]), "J\u{FFFD}");
    }
}
