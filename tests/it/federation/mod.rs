//! Several servers in one test: real TLS between them, certificates of an authority that the test makes, addresses by
//! overrides. Nothing leaves the machine.

// The harness.
pub mod authority;
pub mod encounter;
pub mod story;
pub mod world;

// The tests.
mod floods;
mod hoards;
mod inviting;
mod joining;
mod keys;
mod knocking;
mod leaving;
mod looking_up;
mod media;
mod messages_to_devices;
mod modes;
mod operating;
mod restricted;
mod rotating;
mod signs_of_life;
