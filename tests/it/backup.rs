//! Written when `db backup` is there.
