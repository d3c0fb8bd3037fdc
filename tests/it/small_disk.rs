//! A small file system that a test can fill. The tests of the store have this file, too.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A file system in memory. It goes with this value or with the test process, whichever is first.
pub struct SmallDisk {
    folder: PathBuf,
    /// A shell that reads from us, and cleans up when it reads the end.
    keeper: Child,
}

impl SmallDisk {
    /// None where nothing can be mounted, which takes root; `skipped` is told why then. `PEERBRAIN_REQUIRE_SMALL_DISK=1`
    /// forbids that.
    pub fn mount(megabytes: u32, skipped: fn(&str)) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("peerbrain-disk-").tempdir().unwrap().keep();
        let script = "trap '' INT TERM HUP; cat >/dev/null; umount \"$1\" || umount -l \"$1\"; rmdir \"$1\"";
        let mut keep = Command::new("sh");
        keep.args(["-c", script, "keeper"]).arg(&folder).stdin(Stdio::piped());
        let keeper = keep.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let disk = Self { folder, keeper };
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=755"), "tmpfs"]).arg(&disk.folder);
        if mount.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            return Some(disk);
        }
        let required = std::env::var_os("PEERBRAIN_REQUIRE_SMALL_DISK").is_some_and(|value| value == "1");
        assert!(!required, "PEERBRAIN_REQUIRE_SMALL_DISK=1, but no file system can be mounted here");
        skipped("no file system can be mounted here for the tests of full disks");
        None
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Leaves no room.
    pub fn fill(&self) {
        let mut file = File::create(self.ballast()).unwrap();
        let error = loop {
            if let Err(error) = file.write_all(&[0; 4_096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    /// Gives the room back.
    pub fn free(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _it_cleaned_up = self.keeper.wait();
    }
}
