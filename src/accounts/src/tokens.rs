//! The secrets that clients carry. What is stored is their SHA-256.

use peerbrain_core::{
    Random,
    random::{TOKEN_CHARS, token},
};
use ring::digest;

/// SHA-256 of a token.
pub(crate) type TokenHash = [u8; digest::SHA256_OUTPUT_LEN];

/// A fresh secret and its hash.
#[derive(Clone)]
pub(crate) struct Secret {
    /// What the client is given, once.
    pub text: String,
    /// What is stored.
    pub hash: TokenHash,
}

/// What a token is for; its first letters say so, so that one found in a wrong place is recognised.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Access,
    Refresh,
    Login,
    OpenId,
}

/// Makes a secret.
pub(crate) fn fresh(random: &dyn Random, purpose: Purpose) -> Secret {
    let prefix = match purpose {
        Purpose::Access => "pba_",
        Purpose::Refresh => "pbr_",
        Purpose::Login => "pbl_",
        Purpose::OpenId => "pbo_",
    };
    let text = format!("{prefix}{}", token(random, TOKEN_CHARS));
    Secret { hash: hash(&text), text }
}

/// The hash under which a token is stored.
pub(crate) fn hash(token: &str) -> TokenHash {
    let mut hash = [0; digest::SHA256_OUTPUT_LEN];
    for (to, from) in hash.iter_mut().zip(digest::digest(&digest::SHA256, token.as_bytes()).as_ref()) {
        *to = *from;
    }
    hash
}
