//! A file system of its own, small enough to be filled.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Scene;

/// A mounted tmpfs; unmounted when it goes out of scope.
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// None, with the reason printed, where mounting is not allowed.
    pub fn mount(scene: &Scene, size: &str) -> Option<Disk> {
        let folder = scene.path("disk");
        fs::create_dir(&folder).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "keiyaku-test"])
            .arg(&folder)
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Disk { folder }),
            Ok(output) => skip(&String::from_utf8_lossy(&output.stderr)),
            Err(error) => skip(&error.to_string()),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes all the space that is left.
    pub fn fill(&self) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.folder.join("filler")).unwrap();
        let error = loop {
            if let Err(error) = file.write_all(&[0; 4096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    /// Gives it back.
    pub fn free(&self) {
        fs::remove_file(self.folder.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        unmount(&self.folder);
    }
}

fn skip(reason: &str) -> Option<Disk> {
    println!("skipped, no small disk can be mounted here: {}", reason.trim());
    None
}

/// At once, even if a process still has a file open.
fn unmount(folder: &Path) {
    let _ = Command::new("umount").arg("-l").arg(folder).status();
}
