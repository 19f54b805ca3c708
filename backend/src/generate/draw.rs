//! Draws: every random choice of the generator, each from its own named stream.
//!
//! A stream is named by what it decides and about whom (`"aws-role"`, account 3, role 17), so a fact about one
//! identity never depends on how many others were written before it, and no state is kept between files.
//! Logarithms and powers come from `libm`, because the platform's own may differ in the last bit.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Seconds in a day.
pub const DAY: i64 = 86_400;

/// One stream of random numbers, reproducible from its name.
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream that decides `what` about the thing numbered (`scope`, `ordinal`).
    pub fn new(seed: u64, what: &str, scope: u64, ordinal: u64) -> Self {
        let mut key = [0_u8; 32];
        let parts = [seed, fnv1a(what.as_bytes()), scope, ordinal];
        for (slot, part) in key.chunks_exact_mut(8).zip(parts) {
            slot.copy_from_slice(&part.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform over all 64-bit numbers.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with probability `share`.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Uniform in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.word()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low).max(0) as u64 + 1) as i64
    }

    /// Uniform number of seconds between two numbers of days.
    pub fn days(&mut self, low: i64, high: i64) -> i64 {
        self.between(low * DAY, high * DAY)
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -libm::log(1.0 - self.unit()) * mean
    }

    /// Pareto with minimum 1 and exponent `alpha`, cut at `cap`.
    pub fn pareto(&mut self, alpha: f64, cap: u64) -> u64 {
        (libm::pow(1.0 - self.unit(), -1.0 / alpha) as u64).clamp(1, cap)
    }

    /// A rank in `0..n` with Zipf weights of exponent about 1: low ranks are drawn far more often.
    pub fn rank(&mut self, n: u64) -> u64 {
        let drawn = libm::pow((n + 1) as f64, self.unit()) as u64;
        drawn.saturating_sub(1).min(n.saturating_sub(1))
    }

    /// One of `options`, all equally likely.
    pub fn pick<'a, T: ?Sized>(&mut self, options: &[&'a T]) -> &'a T {
        options[self.below(options.len() as u64) as usize]
    }

    /// One of the values, by weight.
    pub fn weighted<T: Copy>(&mut self, options: &[(u32, T)]) -> T {
        let total: u32 = options.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(u64::from(total)) as u32;
        for (weight, value) in options {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        options[options.len() - 1].1
    }

    /// `n` random bytes.
    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// `n` characters, each one of `alphabet`.
    pub fn text(&mut self, alphabet: &[u8], n: usize) -> String {
        (0..n)
            .map(|_| char::from(alphabet[self.below(alphabet.len() as u64) as usize]))
            .collect()
    }

    /// `n` lower-case hexadecimal digits.
    pub fn hex(&mut self, n: usize) -> String {
        self.text(b"0123456789abcdef", n)
    }

    /// `n` decimal digits, the first not zero.
    pub fn digits(&mut self, n: usize) -> String {
        let first = self.text(b"123456789", 1);
        first + &self.text(b"0123456789", n - 1)
    }

    /// A version 4 GUID.
    pub fn guid(&mut self) -> String {
        let bits = (u128::from(self.word()) << 64) | u128::from(self.word());
        let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    /// An AWS unique id: the prefix of its kind and 17 characters of base 32.
    pub fn aws_id(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", self.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17))
    }
}

/// FNV-1a: names a stream; small, stable for ever, and no secret depends on it.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
