//! BER turned into DER, as far as PKCS#12 stores need it.
//!
//! BouncyCastle and NSS (Firefox, Thunderbird) write stores with indefinite lengths and octet strings in pieces;
//! `p12-keystore` reads DER alone.

/// The deepest that elements may lie in each other. Stores have about fifteen levels.
const MAX_DEPTH: u32 = 32;

const OBJECT_ID: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const OCTET_STRING_IN_PIECES: u8 = 0x24;
const SEQUENCE: u8 = 0x30;
const TAGGED_0: u8 = 0xA0;
const TAGGED_0_WHOLE: u8 = 0x80;

/// 1.2.840.113549.1.7.1: PKCS#7 data.
const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];

/// A PKCS#12 store in BER as one in DER, without its MAC: that was made of the bytes as they were. `None` when it is
/// broken. What is encrypted stays as it is.
pub fn store_to_der(bytes: &[u8]) -> Option<Vec<u8>> {
    let (store, _) = to_der(bytes, MAX_DEPTH)?;
    let parts = elements(elements(&store)?.first()?.contents)?;
    let [version, safe, ..] = parts.as_slice() else {
        return None;
    };
    Some(element(SEQUENCE, &[version.whole, safe.whole].concat()))
}

/// One element, and where its contents lie.
struct Element<'a> {
    tag: u8,
    whole: &'a [u8],
    contents: &'a [u8],
}

/// The first element of `bytes` in DER, and what stands after it.
fn to_der(bytes: &[u8], depth_left: u32) -> Option<(Vec<u8>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    // Tags of several bytes do not occur in stores.
    if tag & 0x1F == 0x1F {
        return None;
    }
    let (contents, after) = match rest.split_first()? {
        (0x80, rest) => (rest, None),
        _ => {
            let (n_bytes, rest) = length(rest)?;
            let (contents, after) = rest.split_at_checked(n_bytes)?;
            (contents, Some(after))
        }
    };
    if tag & 0x20 == 0 {
        return Some((element(tag, contents), after?));
    }
    let depth_left = depth_left.checked_sub(1)?;
    let (mut rest, mut inside) = (contents, Vec::new());
    while !rest.is_empty() {
        // Two zeros end an element of indefinite length.
        if let (None, Some(after)) = (after, rest.strip_prefix(&[0, 0])) {
            rest = after;
            return Some((whole(tag, &inside, depth_left)?, rest));
        }
        let (child, after) = to_der(rest, depth_left)?;
        inside.extend(child);
        rest = after;
    }
    Some((whole(tag, &inside, depth_left)?, after.unwrap_or_default()))
}

/// A constructed element of which everything inside is DER.
fn whole(tag: u8, inside: &[u8], depth_left: u32) -> Option<Vec<u8>> {
    let children = elements(inside)?;
    let pieces = |children: &[Element<'_>]| {
        children
            .iter()
            .flat_map(|piece| piece.contents)
            .copied()
            .collect::<Vec<_>>()
    };
    Some(match (tag, children.as_slice()) {
        (OCTET_STRING_IN_PIECES, pieces_of) => element(OCTET_STRING, &pieces(pieces_of)),
        // EncryptedContentInfo: what is encrypted is an octet string, under an implicit tag.
        (SEQUENCE, [kind, algorithm, encrypted])
            if (kind.tag, algorithm.tag, encrypted.tag) == (OBJECT_ID, SEQUENCE, TAGGED_0) =>
        {
            let encrypted = element(TAGGED_0_WHOLE, &pieces(&elements(encrypted.contents)?));
            element(SEQUENCE, &[kind.whole, algorithm.whole, &encrypted].concat())
        }
        // ContentInfo: data is an octet string, with BER in it once more.
        (SEQUENCE, [kind, content]) if (kind.tag, kind.contents, content.tag) == (OBJECT_ID, DATA, TAGGED_0) => {
            let data = elements(content.contents)?;
            let inner = data.first().and_then(|data| to_der(data.contents, depth_left));
            match inner {
                Some((inner, _)) => {
                    let content = element(TAGGED_0, &element(OCTET_STRING, &inner));
                    element(SEQUENCE, &[kind.whole, &content].concat())
                }
                None => element(SEQUENCE, inside),
            }
        }
        (tag, _) => element(tag, inside),
    })
}

/// The elements of a run of DER.
fn elements(mut rest: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while let Some((&tag, after_tag)) = rest.split_first() {
        let (n_bytes, after_length) = length(after_tag)?;
        let (contents, after) = after_length.split_at_checked(n_bytes)?;
        found.push(Element {
            tag,
            whole: &rest[..rest.len() - after.len()],
            contents,
        });
        rest = after;
    }
    Some(found)
}

/// A definite length, and what stands after it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    let n_bytes = digits.iter().fold(0, |n, digit| n << 8 | usize::from(*digit));
    Some((n_bytes, rest))
}

fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let n_bytes = contents.len().to_be_bytes();
    let digits = &n_bytes[n_bytes.iter().take_while(|digit| **digit == 0).count()..];
    let mut element = vec![tag];
    match contents.len() {
        0..0x80 => element.push(contents.len() as u8),
        _ => {
            element.push(0x80 | digits.len() as u8);
            element.extend_from_slice(digits);
        }
    }
    element.extend_from_slice(contents);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indefinite_lengths_and_pieces_become_definite_and_whole() {
        let check = |ber: &[u8]| to_der(ber, MAX_DEPTH).map(|(der, _)| der);
        let sequence = [0x30, 0x80, 2, 1, 3, 0x24, 0x80, 4, 1, 7, 4, 2, 8, 9, 0, 0, 0, 0];
        assert_eq!(check(&sequence), Some(vec![0x30, 8, 2, 1, 3, 4, 3, 7, 8, 9]));
        // Cut before its end: what is there counts.
        assert_eq!(check(&[0x30, 0x80]), Some(vec![0x30, 0]));
        assert_eq!(check(&[4, 3, 1]), None);
        assert_eq!(check(&[0x30, 0x80, 4, 0x80]), None);
        assert_eq!(check(&[0x30; 400]), None);
        let long = [&[4, 0x82, 1, 0][..], &[5; 256]].concat();
        assert_eq!(check(&long), Some(long.clone()));
        assert_eq!(check(&[&[4, 0x83, 0, 1, 0][..], &[5; 256]].concat()), Some(long));
    }
}
