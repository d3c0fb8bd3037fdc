//! End-to-end encryption, one file per part of it.

/// What the tests of this folder need beside the usual.
mod prelude {
    pub use super::super::prelude::*;
    pub use crate::backup::{ALGORITHM, at, key, ranked, room, session};
    pub use crate::keys::{CrossSigning, SIGNED};
    pub use crate::signing::curve_key;
    pub use crate::sync::listed;
}

use crate::run::Test;

mod backup_bad;
mod backup_deletion;
mod backup_keys;
mod backup_merge;
mod backup_version_changes;
mod backup_versions;
mod backup_wrong_version;
mod bad_keys;
mod bad_one_time_keys;
mod cross_signing;
mod cross_signing_bad;
mod dehydrated;
mod dehydrated_messages;
mod device_deletion;
mod device_keys;
mod device_list_changes;
mod device_lists;
mod device_lists_left;
mod encrypted_rooms;
mod fallback_keys;
mod keys_changes;
mod one_time_key_claims;
mod one_time_keys;
mod signatures;
mod signatures_refused;
mod to_device;
mod to_device_bounds;

/// The tests of all parts.
pub fn tests() -> Vec<Test> {
    [
        device_keys::tests(),
        bad_keys::tests(),
        one_time_keys::tests(),
        one_time_key_claims::tests(),
        bad_one_time_keys::tests(),
        fallback_keys::tests(),
        cross_signing::tests(),
        cross_signing_bad::tests(),
        signatures::tests(),
        signatures_refused::tests(),
        device_lists::tests(),
        device_lists_left::tests(),
        device_list_changes::tests(),
        keys_changes::tests(),
        device_deletion::tests(),
        to_device::tests(),
        to_device_bounds::tests(),
        backup_versions::tests(),
        backup_version_changes::tests(),
        backup_keys::tests(),
        backup_deletion::tests(),
        backup_merge::tests(),
        backup_wrong_version::tests(),
        backup_bad::tests(),
        dehydrated::tests(),
        dehydrated_messages::tests(),
        encrypted_rooms::tests(),
    ]
    .concat()
}
