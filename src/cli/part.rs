//! [`Part`]: a file that is made beside the one it becomes, so that nobody ever finds half of it.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Failure;

/// Only the owner reads and writes it: it holds everybody's data.
const MODE: u32 = 0o600;
/// What the name of the file ends in that it becomes.
const SUFFIX: &str = ".keiyaku-part";

/// A file in the making. It is removed unless it is put in place; what a killed process has left is used again.
pub(super) struct Part {
    path: PathBuf,
    target: PathBuf,
    /// Holds the lock by which others see that it is being made. It stays open for as long as SQLite has the file open: closing
    /// it would take SQLite's locks away.
    pub(super) file: File,
}

impl Part {
    /// An empty file for `target`, which is made from `source`.
    pub(super) fn begin(target: &Path, source: &Path) -> Result<Part, Failure> {
        let shown = beside(target, SUFFIX);
        let failed = |error: io::Error| Failure::new(format!("cannot write to {}: {error}", shown.display()));
        // SQLite would take a name that begins with `file:` for a URI.
        let target = std::path::absolute(target).map_err(failed)?;
        let path = beside(&target, SUFFIX);
        if path.to_str().is_none() {
            return Err(Failure::usage(format!("{} is not UTF-8: choose another name", shown.display())));
        }
        if is_same(&path, source) {
            let said = "is what copies are made in: give it another name first";
            return Err(Failure::new(format!("{} {said}", shown.display())));
        }
        let file = open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(format!("another process is writing {}: wait for it", shown.display())));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_permissions(Permissions::from_mode(MODE)).and_then(|()| file.set_len(0)).map_err(failed)?;
        Ok(Part { path, target, file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in place when all of it is on the disk, and returns when that is on the disk, too.
    pub(super) fn put_in_place(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, &self.target)?;
        File::open(folder(&self.target))?.sync_all()
    }
}

/// Makes the file, or takes the one that a killed process has left: one that is a file by itself, not another's second name.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).mode(MODE);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let found = path.symlink_metadata()?;
    if !found.is_file() || found.nlink() != 1 {
        return Err(io::Error::other("it is there already, and no file of its own: remove it"));
    }
    let file = options.open(path)?;
    let opened = file.metadata()?;
    // Somebody may have put another thing there meanwhile.
    if (opened.dev(), opened.ino()) != (found.dev(), found.ino()) {
        return Err(io::Error::other("it is being replaced by another process"));
    }
    Ok(file)
}

impl Drop for Part {
    fn drop(&mut self) {
        // Put in place, it is not there any more.
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let _ = fs::remove_file(beside(&self.path, suffix));
        }
    }
}

/// The path with something behind its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The database whose log or index a file of this name would be.
pub(super) fn part_of(path: &Path) -> Option<PathBuf> {
    let name = path.to_str()?;
    ["-wal", "-shm", "-journal"].iter().find_map(|suffix| name.strip_suffix(suffix)).map(PathBuf::from)
}

/// Where a file lies.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether two paths lead to one file that is there.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}
