//! Bounds on what other servers say of the keys of their users. What is beyond them is left out.

use peerbrain_core::limits::DEVICES_PER_USER;

/// Devices of a user.
pub(super) const DEVICES: usize = DEVICES_PER_USER;
/// Bytes of the keys of all devices of a user.
pub(super) const DEVICES_BYTES: usize = crate::keys::bounds::DEVICES_BYTES;
/// Bytes of what a device is called; longer names are left out.
pub(super) const NAME_BYTES: usize = 255;
/// Changes to which one change may refer.
pub(super) const PREVIOUS: usize = 20;
/// Lists that one transaction keeps; more would hold up everybody else.
pub(super) const LISTS_PER_WRITE: usize = 50;
/// Lists that are read at once for an answer: what there is no room for is let go between.
pub(super) const LISTS_PER_READ: usize = 50;
