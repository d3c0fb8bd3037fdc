//! A local folder: `content/ab/cd…` by hash, and `incoming` for what is being received.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{ContentHash, Source, Staged, Storage, Stored};

/// A folder of this machine.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The storage in the folder `root`, which is made if it is not there. Blocks.
    pub fn open(root: &Path) -> io::Result<Self> {
        let folder = Self { root: root.to_owned() };
        let holders = holders(root);
        fs::create_dir_all(folder.incoming())?;
        for first in 0..=u8::MAX {
            fs::create_dir_all(folder.contents().join(format!("{first:02x}")))?;
        }
        sync_folder(&folder.contents())?;
        sync_folder(root)?;
        holders.into_iter().try_for_each(sync_folder)?;
        Ok(folder)
    }

    /// Where files lie while they are received. It is in the same file system as the contents.
    pub fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    fn contents(&self) -> PathBuf {
        self.root.join("content")
    }

    fn place(&self, hash: &ContentHash) -> (PathBuf, PathBuf) {
        let name = hash.to_string();
        let (first, rest) = name.split_at(2);
        let folder = self.contents().join(first);
        let file = folder.join(rest);
        (folder, file)
    }

    /// Removes what was being received when a server died. Only for whoever knows that none runs. Blocks.
    pub fn remove_unfinished(&self) -> io::Result<()> {
        for file in fs::read_dir(self.incoming())? {
            fs::remove_file(file?.path())?;
        }
        Ok(())
    }
}

impl Storage for Folder {
    fn keep(&self, staged: Staged) -> io::Result<()> {
        let (folder, place) = self.place(staged.hash());
        // What is there under its name was synced before it got that name.
        if fs::metadata(&place).is_ok_and(|there| there.len() == staged.size()) {
            File::options().write(true).open(&place)?.set_modified(SystemTime::now())?;
        } else {
            staged.sync()?;
            fs::rename(staged.path(), &place)?;
        }
        #[cfg(feature = "sabotage")]
        if super::sabotage::forgets_folders() {
            return Ok(());
        }
        sync_folder(&folder)
    }

    fn open(&self, hash: &ContentHash) -> io::Result<Box<dyn Source>> {
        Ok(Box::new(File::open(self.place(hash).1)?))
    }

    fn remove(&self, hash: &ContentHash) -> io::Result<()> {
        match fs::remove_file(self.place(hash).1) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn list(&self, visit: &mut dyn FnMut(Stored)) -> io::Result<()> {
        for folder in fs::read_dir(self.contents())? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder.path())? {
                let file = file?;
                let name = [folder.file_name(), file.file_name()].map(|name| name.to_string_lossy().into_owned());
                let Some(hash) = ContentHash::parse(&name.concat()) else { continue };
                // It may have been removed since.
                let Ok(kept_at) = file.metadata().and_then(|data| data.modified()) else { continue };
                visit(Stored { hash, kept_at });
            }
        }
        Ok(())
    }
}

/// The folders that hold the name of `root` and those of the folders above it that are yet to be made. A power cut takes a
/// name that its holder was not synced with, and all that is below.
fn holders(root: &Path) -> Vec<&Path> {
    let mut holders = Vec::new();
    for above in root.ancestors().skip(1) {
        let holder = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        holders.push(holder);
        if holder.exists() {
            break;
        }
    }
    holders
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_new_name_has_its_holder() {
        let there = tempfile::tempdir().unwrap();
        let (one, two) = (there.path().join("one"), there.path().join("one/two"));
        let root = two.join("media");
        assert_eq!(holders(&root), [two.as_path(), one.as_path(), there.path()]);
        Folder::open(&root).unwrap();
        assert_eq!(holders(&root), [two.as_path()]);
        assert_eq!(holders(Path::new("not-there/media")), [Path::new("not-there"), Path::new(".")]);
        assert_eq!(holders(Path::new("media")), [Path::new(".")]);
    }
}
