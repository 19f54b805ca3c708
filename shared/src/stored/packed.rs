//! Sections as one file that travels: each with its length, packed.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::Unreadable;

/// Packs sections one after another.
pub fn packed(sections: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    for section in sections {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to memory does not fail.
        let _ = encoder.write_all(&section);
        let bytes = encoder.finish().unwrap_or_default();
        file.extend((bytes.len() as u64).to_le_bytes());
        file.extend(bytes);
    }
    file
}

/// The sections of a file.
///
/// # Errors
/// When it is cut off or is something else.
pub fn unpacked(mut file: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
    let mut sections = Vec::new();
    while let Some((length, rest)) = file.split_first_chunk() {
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| Unreadable::Unfitting)?;
        let (bytes, rest) = rest.split_at_checked(length).ok_or(Unreadable::Missing)?;
        let mut section = Vec::new();
        let read = GzDecoder::new(bytes).read_to_end(&mut section);
        read.map_err(|_| Unreadable::Unfitting)?;
        sections.push(section);
        file = rest;
    }
    match file {
        [] => Ok(sections),
        _ => Err(Unreadable::Missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_survive_and_what_is_cut_off_is_refused() {
        let sections = [b"identities".to_vec(), Vec::new(), vec![7; 100_000]];
        let file = packed(sections.iter().cloned());
        assert_eq!(unpacked(&file).unwrap(), sections);
        assert!(file.len() < 1_000);
        for length in [1, 8, 12, file.len() - 1] {
            assert!(unpacked(&file[..length]).is_err(), "{length}");
        }
        assert!(unpacked(b"<!DOCTYPE html>").is_err());
    }
}
