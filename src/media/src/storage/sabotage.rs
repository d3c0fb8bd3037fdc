//! A storage that breaks its promise, so that the kill test can prove that it would notice. Exists only with the feature
//! `sabotage`, and even then only the variable `PEERBRAIN_SABOTAGE` makes it break any: `no-file-sync` keeps files whose
//! bytes were not synced, `no-folder-sync` keeps them under names that were not.

fn by(how: &str) -> bool {
    std::env::var_os("PEERBRAIN_SABOTAGE").is_some_and(|chosen| chosen == how)
}

/// Whether a file is kept without having been synced.
pub(super) fn forgets_files() -> bool {
    by("no-file-sync")
}

/// Whether a folder is not synced after a file came into it.
pub(super) fn forgets_folders() -> bool {
    by("no-folder-sync")
}
