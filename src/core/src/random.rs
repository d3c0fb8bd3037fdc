//! Randomness for tokens, identifiers and keys. Handed to constructors as `Arc<dyn Random>`.

use std::sync::atomic::{AtomicU64, Ordering};

use ring::digest;
use ring::rand::SecureRandom;

/// Letters and digits: they need no escape in JSON, URLs, file names or shells.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Characters of an access or refresh token: 190 bits.
pub const TOKEN_CHARS: usize = 32;
/// Characters of an identifier that only has to be unique (room id, device id, session): 107 bits.
pub const ID_CHARS: usize = 18;

/// A source of random bytes.
pub trait Random: Send + Sync {
    /// Fills the whole of `buffer`.
    fn fill(&self, buffer: &mut [u8]);
}

/// The generator of the operating system, through ring.
#[derive(Clone, Debug)]
pub struct SystemRandom {
    inner: ring::rand::SystemRandom,
}

impl SystemRandom {
    /// A handle to the generator of the operating system; it opens nothing.
    pub fn new() -> Self {
        Self { inner: ring::rand::SystemRandom::new() }
    }
}

impl Default for SystemRandom {
    fn default() -> Self {
        Self::new()
    }
}

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // getrandom(2) fails only where the kernel lacks it. To go on with guessable tokens would be worse than to stop.
        if self.inner.fill(buffer).is_err() {
            std::process::abort();
        }
    }
}

/// Bytes that follow from a seed, for tests: the same seed gives the same bytes. Never for a running server.
#[derive(Debug, Default)]
pub struct SeededRandom {
    seed: u64,
    block: AtomicU64,
}

impl SeededRandom {
    /// A generator that starts over with `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, block: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(digest::SHA256_OUTPUT_LEN) {
            let mut context = digest::Context::new(&digest::SHA256);
            context.update(&self.seed.to_le_bytes());
            context.update(&self.block.fetch_add(1, Ordering::SeqCst).to_le_bytes());
            for (to, from) in chunk.iter_mut().zip(context.finish().as_ref()) {
                *to = *from;
            }
        }
    }
}

/// `length` random characters of `[A-Za-z0-9]`, each equally likely.
pub fn token(random: &dyn Random, length: usize) -> String {
    letters(random, length, ALPHABET)
}

/// An opaque identifier of [`ID_CHARS`] letters and digits: the local part of a room id, a session, a filter.
pub fn opaque_id(random: &dyn Random) -> String {
    token(random, ID_CHARS)
}

/// A device id for a client that named none: ten capital letters (47 bits; they are unique per user only).
pub fn device_id(random: &dyn Random) -> String {
    let (capitals, _) = ALPHABET.split_at(26);
    letters(random, 10, capitals)
}

/// Random bytes of a fixed length, such as the seed of a key.
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// Draws characters of `alphabet` (at most 256), throwing away bytes that would favour its first ones.
fn letters(random: &dyn Random, length: usize, alphabet: &[u8]) -> String {
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut buffer = [0_u8; 64];
    while text.len() < length {
        random.fill(&mut buffer);
        let fitting = buffer.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        let drawn = fitting.filter_map(|byte| alphabet.get(byte % alphabet.len()));
        text.extend(drawn.take(length - text.len()).map(|letter| char::from(*letter)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_letters_and_digits_and_differ() {
        let random = SystemRandom::new();
        let first = token(&random, 200);
        assert_eq!(first.len(), 200);
        assert!(first.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(first, token(&random, 200));
        assert_eq!(token(&random, 0), "");
    }

    #[test]
    fn every_character_turns_up() {
        let text = token(&SeededRandom::new(1), 5_000);
        assert!(ALPHABET.iter().all(|letter| text.contains(char::from(*letter))));
        assert!(device_id(&SeededRandom::new(1)).chars().all(|c| c.is_ascii_uppercase()));
    }

    #[test]
    fn a_seed_repeats_itself_and_does_not_repeat_within() {
        let (one, two) = (SeededRandom::new(3), SeededRandom::new(3));
        let first: [u8; 40] = bytes(&one);
        assert_eq!(first, bytes::<40>(&two));
        assert_ne!(first, bytes::<40>(&one));
    }
}
