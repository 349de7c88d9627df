//! [`Part`]: a file that is made beside the one it becomes, so that nobody ever finds half of it.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Failure;

/// Only the owner reads and writes it: it holds everybody's data.
const MODE: u32 = 0o600;

/// A file in the making. It is removed unless it is put in place; what a killed process has left is used again.
pub(super) struct Part {
    path: PathBuf,
    target: PathBuf,
    /// Holds the lock by which others see that it is being made. It stays open for as long as SQLite has the file open: closing
    /// it would take SQLite's locks away.
    pub(super) file: File,
}

impl Part {
    /// An empty file for `target`.
    pub(super) fn begin(target: &Path) -> Result<Part, Failure> {
        let path = beside(target, ".part");
        let failed = |error: io::Error| Failure::new(format!("cannot write to {}: {error}", path.display()));
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).mode(MODE).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(format!("another process is writing {}: wait for it", path.display())));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_permissions(Permissions::from_mode(MODE)).and_then(|()| file.set_len(0)).map_err(failed)?;
        Ok(Part { path: path.clone(), target: target.to_owned(), file })
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

/// Where a file lies.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether two paths lead to one file that is there.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}
