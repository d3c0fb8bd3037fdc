//! Events (PDUs) as every server of a room must see them: built, hashed and signed, or checked on arrival; the
//! authorization rules, state resolution, redaction, and the form in which clients get them.
//!
//! Everything here is a pure function of its arguments. No database, network, clock or randomness: what is needed
//! of them comes in as values or closures. Room versions 6 to 12 ([`version`]).

pub mod auth;
mod builder;
pub mod canonical;
pub mod client_event;
mod countersign;
mod error;
mod format;
pub mod order;
mod pdu;
mod policy;
mod power_levels;
mod public_key;
pub mod push;
pub mod redact;
pub mod resolve;
mod signers;
mod signing_key;
mod unverified;
pub mod validate;
mod verified;
pub mod version;
pub mod visibility;

pub use self::{
    builder::EventBuilder,
    client_event::{ClientFormat, Unsigned},
    countersign::{Countersignatures, countersign},
    error::{Error, Result},
    format::MAX_PDU_BYTES,
    pdu::Pdu,
    power_levels::PowerLevels,
    public_key::PublicKey,
    signing_key::SigningKey,
    unverified::UnverifiedPdu,
    verified::{Provenance, VerifiedPdu},
};
