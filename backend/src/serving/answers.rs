//! Answers as bytes, made once for each address and version, plain and compressed.

use std::collections::HashMap;
use std::io::Write;
use std::sync::RwLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// The most bytes of cached answers; the cache starts anew beyond it. Pages ask for a few hundred addresses of 20 kB.
const MAX_CACHED_BYTES: usize = 64 << 20;
/// Answers below this size are sent as they are: a packet holds them.
const MIN_COMPRESSED_BYTES: usize = 1_024;

/// One answer, ready to be sent.
#[derive(Clone)]
pub struct Packed {
    pub plain: Bytes,
    pub gzip: Option<Bytes>,
}

/// The answers of one reading of the estate, by path and query. It goes with the reading, so nothing in it is stale.
#[derive(Default)]
pub struct AnswerCache(RwLock<Cached>);

#[derive(Default)]
struct Cached {
    answers: HashMap<String, Packed>,
    n_bytes: usize,
}

impl Packed {
    pub fn new(plain: Vec<u8>) -> Packed {
        let gzip = (plain.len() >= MIN_COMPRESSED_BYTES).then(|| {
            let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::default());
            // Writing to memory does not fail.
            let _ = encoder.write_all(&plain);
            Bytes::from(encoder.finish().unwrap_or_default())
        });
        Packed {
            plain: Bytes::from(plain),
            gzip,
        }
    }

    fn n_bytes(&self) -> usize {
        self.plain.len() + self.gzip.as_ref().map_or(0, Bytes::len)
    }
}

impl AnswerCache {
    pub fn get(&self, address: &str) -> Option<Packed> {
        // A lock is poisoned only when a writer panicked, and writers only insert.
        let cached = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        cached.answers.get(address).cloned()
    }

    pub fn insert(&self, address: String, answer: Packed) {
        let mut cached = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if cached.n_bytes + answer.n_bytes() > MAX_CACHED_BYTES {
            *cached = Cached::default();
        }
        if answer.n_bytes() <= MAX_CACHED_BYTES {
            cached.n_bytes += answer.n_bytes();
            cached.answers.insert(address, answer);
        }
    }
}
