//! Into a backup and out of it.

use store::{backup, testing::Database};

use super::*;

/// From one database and folder into others.
async fn moves(from: Database, to: Database) {
    let target = from.target.clone();
    let world = World::open(from);
    let files = [noise(1_000, 0), noise(40_000, 0), noise(1_000_000, 0), Vec::new()];
    let mut ids = Vec::new();
    for bytes in &files {
        ids.push(world.upload(bytes).await.unwrap());
    }
    let mut text = Vec::new();
    backup::write(&target, &[], &world.folder, &mut text).unwrap();
    backup::verify(text.as_slice()).unwrap();

    let (restored, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    backup::restore(&to.target, &Folder::open(restored.path()).unwrap(), 0, text.as_slice()).unwrap();
    let world = World { root: restored, ..World::open(to) };
    let folder = Folder::open(world.root.path()).unwrap();
    let media = Media { storage: Arc::new(folder), ..world.media };
    for (id, bytes) in ids.iter().zip(&files) {
        let file = media.download(id, Duration::ZERO).await.unwrap();
        assert!(read(file, 0, u64::MAX).await == *bytes);
    }

    // A content that is not what its hash says is not kept.
    let changed = String::from_utf8(text).unwrap().replacen("\",\"AB8+", "\",\"BB8+", 1);
    let folder = Folder::open(other.path()).unwrap();
    assert!(backup::restore(&Database::sqlite().target, &folder, 0, changed.as_bytes()).is_err());
}

#[tokio::test]
async fn contents_move_with_their_rows() {
    moves(Database::sqlite(), Database::sqlite()).await;
    if let (Some(one), Some(two)) = (Database::postgres(), Database::postgres()) {
        moves(Database::sqlite(), one).await;
        moves(two, Database::sqlite()).await;
    }
}
