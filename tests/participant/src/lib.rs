//! A second, independent implementation of thoughts, on bare vodozemac: Olm and Megolm come from there, all else is written
//! here after the specification, with no SDK and none of our crates. It makes and opens the vectors of key bundles in
//! `federation-spec/vectors`, and takes part in the stories of `tests/thoughts` as an author or as a friend. It is a test
//! and no client for use: it remembers nothing once it ends.

mod attachment;
mod bundle;
mod cross_signing;
mod device;
mod error;
mod json;
mod megolm;
mod olm;
mod people;
mod requests;
mod sharing;
mod sync;
mod timeline;
mod vectors;

pub use attachment::{EncryptedFile, open_attachment, seal_attachment};
pub use bundle::{Bundle, RoomKey, Withheld};
pub use device::Device;
pub use error::{Error, Result};
pub use vectors::{make_vectors, open_vectors};
