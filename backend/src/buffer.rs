//! The contents of a file in memory.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Deref;

use memmap2::MmapMut;

/// From this many bytes on a file is read into large pages.
const LARGE_BYTES: usize = 4 << 20;

/// What [`read`] read.
///
/// Memory is handed out page by page when it is first written to, which for a large file takes as long as copying it. In
/// pages of 2 MB, which Linux gives to those who ask, there are 512 times fewer.
pub struct Buffer {
    memory: Memory,
    n_bytes: usize,
}

enum Memory {
    Heap(Vec<u8>),
    Mapped(MmapMut),
}

/// Reads a file to its end, or `max_bytes` and one more of it.
///
/// # Errors
/// When it cannot be read, or there is not that much memory.
pub fn read(file: &mut File, max_bytes: u64) -> io::Result<Buffer> {
    let expected = file.metadata().map_or(0, |metadata| metadata.len()).min(max_bytes) as usize;
    if expected < LARGE_BYTES {
        return read_on(file, Vec::new(), expected, max_bytes);
    }
    // One more than is expected tells whether it grew since.
    let mut memory = MmapMut::map_anon(expected + 1)?;
    #[cfg(target_os = "linux")]
    // A kernel without them gives small ones.
    let _ = memory.advise(memmap2::Advice::HugePage);
    let mut n_bytes = 0;
    while n_bytes < memory.len() {
        match file.read(&mut memory[n_bytes..]) {
            Ok(0) => break,
            Ok(n) => n_bytes += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    match n_bytes > expected {
        true => read_on(file, memory.to_vec(), 0, max_bytes),
        false => Ok(Buffer {
            memory: Memory::Mapped(memory),
            n_bytes,
        }),
    }
}

fn read_on(file: &mut File, mut bytes: Vec<u8>, more: usize, max_bytes: u64) -> io::Result<Buffer> {
    bytes.try_reserve_exact(more)?;
    let left = (max_bytes + 1).saturating_sub(bytes.len() as u64);
    file.take(left).read_to_end(&mut bytes)?;
    Ok(Buffer {
        n_bytes: bytes.len(),
        memory: Memory::Heap(bytes),
    })
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let memory: &[u8] = match &self.memory {
            Memory::Heap(bytes) => bytes,
            Memory::Mapped(bytes) => bytes,
        };
        &memory[..self.n_bytes]
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    #[test]
    fn a_file_of_any_size_is_read_whole_and_no_further_than_asked() {
        let n = LARGE_BYTES;
        for n_bytes in [0, 1, n - 1, n, n + 1, 2 * n + 3] {
            let bytes: Vec<u8> = (0..n_bytes).map(|at| (at % 251) as u8).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            for (max_bytes, expected) in [(3 * n, n_bytes), (n, n_bytes.min(n + 1)), (10, n_bytes.min(11))] {
                file.rewind().unwrap();
                let read = read(&mut file, max_bytes as u64).unwrap();
                assert!(*read == bytes[..expected], "{n_bytes} bytes, at most {max_bytes}");
            }
        }
    }
}
