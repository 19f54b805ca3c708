//! Files inside files: gzip, Zstandard, zip and tar, told by their first bytes and never by name.

use std::io::{self, Cursor, Read};

use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use crate::diagnostic::Diagnostic;

/// The most bytes that one file may hold once it is unpacked. Larger exports exist, but come in pages or parts.
pub const MAX_MEMBER_BYTES: u64 = 2 << 30;

/// How often larger than the archive its contents may be, above [`FREE_BYTES`]. JSON of one pattern reaches about 60.
pub const MAX_EXPANSION: u64 = 200;

/// Contents up to this size are unpacked whatever the ratio: a small, repetitive file is not an attack.
pub const FREE_BYTES: u64 = 64 << 20;

/// How many containers may stand inside one another: `.tar.gz` in a `.zip` is three.
pub const MAX_NESTING: usize = 4;

/// The most files that one archive may hold.
pub const MAX_MEMBERS: usize = 100_000;

/// A plain file, as it is or unpacked.
pub struct Member<'a> {
    /// The path of the file, then that inside the archive: `export.zip/users.json`.
    pub path: String,
    /// The bytes, or why this member (or what is left of its archive) cannot be unpacked.
    pub bytes: Result<&'a [u8], Diagnostic>,
}

/// Calls `each` for every plain file in `bytes`, which is the file itself when it is no container, and for everything
/// that cannot be unpacked. Paths inside an archive are names only and never lead out of it.
pub fn each_member(path: &str, bytes: &[u8], each: &mut dyn FnMut(Member<'_>)) {
    let mut unpacking = Unpacking {
        n_members: 0,
        budget: budget(bytes.len()),
        is_spent: false,
        each,
    };
    unpacking.open(path, bytes, 0);
}

fn budget(n_packed: usize) -> u64 {
    (n_packed as u64)
        .saturating_mul(MAX_EXPANSION)
        .clamp(FREE_BYTES, MAX_MEMBER_BYTES)
}

struct Unpacking<'e> {
    n_members: usize,
    /// Bytes that may still be unpacked.
    budget: u64,
    /// Something was beyond the budget: what follows is left.
    is_spent: bool,
    each: &'e mut dyn FnMut(Member<'_>),
}

impl Unpacking<'_> {
    fn open(&mut self, path: &str, bytes: &[u8], depth: usize) {
        let Some(packing) = Packing::of(bytes) else {
            (self.each)(Member {
                path: path.to_owned(),
                bytes: Ok(bytes),
            });
            return;
        };
        if depth == MAX_NESTING {
            self.refuse(
                path,
                format!("more than {MAX_NESTING} containers inside one another"),
                format!("at most {MAX_NESTING}"),
            );
            return;
        }
        match packing {
            Packing::Gzip => self.one(path, flate2::read::MultiGzDecoder::new(bytes), depth),
            Packing::Zstandard => {
                let frames = Frames {
                    frame: None,
                    rest: bytes,
                };
                self.one(path, frames, depth);
            }
            Packing::Zip => self.zip(path, bytes, depth),
            Packing::Tar => self.tar(path, bytes, depth),
        }
    }

    /// A container of one file without a name: it goes by the container's.
    fn one(&mut self, path: &str, reader: impl Read, depth: usize) {
        if let Some(bytes) = self.unpack(path, reader) {
            self.open(path, &bytes, depth + 1);
        }
    }

    fn zip(&mut self, path: &str, bytes: &[u8], depth: usize) {
        let mut archive = match zip::ZipArchive::new(Cursor::new(bytes)) {
            Ok(archive) => archive,
            Err(error) => return self.refuse(path, error.to_string(), "a whole zip archive"),
        };
        // Of members of one name the directory keeps the last.
        if let Some(n_members) = n_members(bytes).filter(|n| *n != archive.len()) {
            self.refuse(
                path,
                format!("{n_members} members, some of one name: {} were read", archive.len()),
                "members with names of their own",
            );
        }
        for index in 0..archive.len() {
            let inner = match archive.name_for_index(index) {
                Some(Ok(name)) => join(path, &name),
                Some(Err(_)) | None => format!("{path}/member {index}"),
            };
            match archive.by_index(index) {
                Ok(member) if member.is_dir() || is_hidden(&member.name().unwrap_or_default()) => {}
                Ok(member) => {
                    if !self.member(path, &inner, member, depth) {
                        return;
                    }
                }
                Err(error) => self.refuse(&inner, error.to_string(), "a readable member"),
            }
        }
    }

    fn tar(&mut self, path: &str, bytes: &[u8], depth: usize) {
        let mut archive = tar::Archive::new(bytes);
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.refuse(path, error.to_string(), "a whole tar archive"),
        };
        for entry in entries {
            match entry {
                Ok(entry)
                    if !entry.header().entry_type().is_file()
                        || is_hidden(&String::from_utf8_lossy(&entry.path_bytes())) => {}
                Ok(entry) => {
                    let inner = join(path, &String::from_utf8_lossy(&entry.path_bytes()));
                    if !self.member(path, &inner, entry, depth) {
                        return;
                    }
                }
                Err(error) => return self.refuse(path, error.to_string(), "a whole tar archive"),
            }
        }
    }

    /// Unpacks and opens one member; false when the archive must be left.
    fn member(&mut self, path: &str, inner: &str, reader: impl Read, depth: usize) -> bool {
        self.n_members += 1;
        if self.n_members > MAX_MEMBERS {
            self.refuse(
                path,
                format!("more than {MAX_MEMBERS} files"),
                format!("at most {MAX_MEMBERS}"),
            );
            return false;
        }
        if let Some(bytes) = self.unpack(inner, reader) {
            self.open(inner, &bytes, depth + 1);
        }
        !self.is_spent
    }

    fn unpack(&mut self, path: &str, reader: impl Read) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        match reader.take(self.budget + 1).read_to_end(&mut bytes) {
            Ok(n_bytes) if n_bytes as u64 > self.budget => {
                self.refuse(
                    path,
                    "contents beyond the limit for unpacking; the archive was left here",
                    format!("at most {MAX_EXPANSION} times the packed size and {MAX_MEMBER_BYTES} bytes"),
                );
                self.is_spent = true;
                None
            }
            Ok(n_bytes) => {
                self.budget -= n_bytes as u64;
                Some(bytes)
            }
            Err(error) => {
                self.refuse(path, reason(&error), "a whole archive");
                None
            }
        }
    }

    fn refuse(&mut self, path: &str, found: impl AsRef<str>, expected: impl Into<String>) {
        let problem = Diagnostic::error(
            "whole file",
            found,
            expected,
            "unpack it by hand, or export it again, and put the plain file in its place",
        );
        (self.each)(Member {
            path: path.to_owned(),
            bytes: Err(problem),
        });
    }
}

/// The frames of a Zstandard file one after the other, as `pzstd` and `cat` write them.
struct Frames<'a> {
    frame: Option<StreamingDecoder<&'a [u8], ruzstd::decoding::FrameDecoder>>,
    rest: &'a [u8],
}

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut frame) = self.frame.take() {
                let n_bytes = frame.read(buffer)?;
                if n_bytes > 0 || buffer.is_empty() {
                    self.frame = Some(frame);
                    return Ok(n_bytes);
                }
                self.rest = frame.into_inner();
            }
            if self.rest.is_empty() {
                return Ok(0);
            }
            match StreamingDecoder::new(self.rest) {
                Ok(frame) => self.frame = Some(frame),
                // A frame without contents: eight bytes of header, then what is to be skipped.
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    self.rest = self.rest.get(8 + length as usize..).unwrap_or_default();
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}

enum Packing {
    Gzip,
    Zstandard,
    Zip,
    Tar,
}

impl Packing {
    fn of(bytes: &[u8]) -> Option<Packing> {
        match bytes {
            [0x1F, 0x8B, ..] => Some(Packing::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Packing::Zstandard),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Packing::Zip),
            _ if bytes.get(257..262) == Some(b"ustar") => Some(Packing::Tar),
            _ => None,
        }
    }
}

/// How many members a zip archive says it has; `None` when there are too many for the field.
/// <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, 4.3.16
fn n_members(bytes: &[u8]) -> Option<usize> {
    let end = memchr::memmem::rfind(bytes, b"PK\x05\x06")?;
    let field = bytes.get(end + 10..end + 12)?;
    let n_members = u16::from_le_bytes([field[0], field[1]]);
    (n_members != u16::MAX).then_some(usize::from(n_members))
}

/// A name for a member that cannot climb: `..`, `.` and empty parts are dropped.
fn join(path: &str, member: &str) -> String {
    let parts = member
        .split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "." | ".."));
    std::iter::once(path).chain(parts).collect::<Vec<_>>().join("/")
}

/// Whether a file or folder is passed over for its name. A few exports begin with a dot as well: OpenSSH's folder of an
/// account, detect-secrets' baseline, a project's MCP servers.
pub fn has_hidden_name(name: &str) -> bool {
    name.starts_with('.') && !matches!(name, ".ssh" | ".secrets.baseline" | ".mcp.json")
}

/// A member that a system made for itself, as hidden files are in a folder: `.DS_Store`, `__MACOSX/._export.json`.
fn is_hidden(member: &str) -> bool {
    member
        .split(['/', '\\'])
        .any(|part| part == "__MACOSX" || has_hidden_name(part) && !matches!(part, "." | ".."))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the archive ends before its contents do".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Paths with contents.
    type Found = Vec<(String, Vec<u8>)>;
    /// Paths with what was found in place of contents.
    type Refused = Vec<(String, String)>;

    fn members(path: &str, bytes: &[u8]) -> (Found, Refused) {
        let (mut found, mut refused) = (Vec::new(), Vec::new());
        each_member(path, bytes, &mut |member| match member.bytes {
            Ok(bytes) => found.push((member.path, bytes.to_vec())),
            Err(problem) => refused.push((member.path, problem.found)),
        });
        (found, refused)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_plain_file_is_itself() {
        assert_eq!(
            members("a.json", b"{}"),
            (vec![("a.json".into(), b"{}".to_vec())], vec![])
        );
    }

    #[test]
    fn containers_open_inside_one_another() {
        let inner = gzip(b"[1]");
        let (found, problems) = members("x.zip", &zip_of(&[("../../etc/a.json.gz", &inner), ("b.txt", b"b")]));
        assert_eq!(problems, vec![]);
        assert_eq!(found[0], ("x.zip/etc/a.json.gz".into(), b"[1]".to_vec()));
        assert_eq!(found[1].0, "x.zip/b.txt");
    }

    #[test]
    fn a_member_that_another_hides_is_told() {
        let mut bytes = zip_of(&[("a.json", b"[1]"), ("b.json", b"[2]")]);
        let (_, problems) = members("x.zip", &bytes);
        assert_eq!(problems, vec![]);
        for name in memchr::memmem::find_iter(&bytes.clone(), b"b.json") {
            bytes[name] = b'a';
        }
        let (found, problems) = members("x.zip", &bytes);
        assert_eq!(found, vec![("x.zip/a.json".into(), b"[2]".to_vec())]);
        assert_eq!(problems[0].1, "2 members, some of one name: 1 were read");
    }

    #[test]
    fn what_a_system_hides_is_passed_over() {
        let (found, problems) = members(
            "x.zip",
            &zip_of(&[
                ("__MACOSX/._a.json", b"\0\x05"),
                ("web01/root/.ssh/authorized_keys", b"key"),
                ("a/.DS_Store", b"\0"),
                ("./a/b.json", b"{}"),
            ]),
        );
        assert_eq!(problems, vec![]);
        let expected = [
            ("x.zip/web01/root/.ssh/authorized_keys".to_owned(), b"key".to_vec()),
            ("x.zip/a/b.json".to_owned(), b"{}".to_vec()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_bomb_is_refused_with_a_sentence() {
        let bomb = gzip(&vec![b' '; FREE_BYTES as usize + 1]);
        let (found, problems) = members("bomb.gz", &bomb);
        assert!(found.is_empty());
        assert_eq!(problems[0].0, "bomb.gz");
        assert!(problems[0].1.starts_with("contents beyond the limit"), "{problems:?}");
    }

    #[test]
    fn bombs_in_one_archive_share_its_limit() {
        let bomb = gzip(&vec![b' '; FREE_BYTES as usize * 2 / 3]);
        let archive = zip_of(&[("a.gz", &bomb), ("b.gz", &bomb), ("c.gz", &bomb)]);
        let (found, problems) = members("x.zip", &archive);
        assert_eq!((found.len(), problems.len()), (1, 1));
        assert_eq!(problems[0].0, "x.zip/b.gz");
    }

    #[test]
    fn containers_nest_to_a_depth() {
        let four = (0..MAX_NESTING).fold(b"[]".to_vec(), |inner, _| gzip(&inner));
        assert_eq!(members("a", &four).0.len(), 1);
        let (found, problems) = members("a", &gzip(&four));
        assert_eq!((found.len(), problems.len()), (0, 1));
    }

    #[test]
    fn all_frames_of_a_zstandard_file_are_read() {
        // `printf "[1]" | zstd --no-check`, a frame to be skipped, and the same for `[2]`.
        let frame = |n: u8| [0x28, 0xB5, 0x2F, 0xFD, 0, 0x58, 0x19, 0, 0, b'[', n, b']'];
        let skipped = [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9];
        let file = [&skipped[..], &frame(b'1'), &skipped, &frame(b'2')].concat();
        assert_eq!(
            members("a.zst", &file),
            (vec![("a.zst".into(), b"[1][2]".to_vec())], vec![])
        );
        assert_eq!(members("a.zst", &file[..file.len() - 1]).1.len(), 1);
    }

    #[test]
    fn a_cut_archive_costs_itself() {
        let whole = gzip(b"some text that is long enough to be cut");
        let (found, problems) = members("cut.gz", &whole[..whole.len() - 9]);
        assert!(found.is_empty());
        assert_eq!(problems.len(), 1);
    }
}
