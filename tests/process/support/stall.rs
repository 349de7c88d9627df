//! Jobs that take as long as a test wants: the welcome mail's file cannot be opened, as on a mail folder that hangs.

use std::fs;
use std::path::PathBuf;

use super::{Scene, eventually, preload};

/// Holds every mail up while it is there.
pub struct Stall {
    library: PathBuf,
    gate: PathBuf,
}

impl Stall {
    pub fn new(scene: &Scene) -> Stall {
        let gate = scene.path("stall");
        fs::write(&gate, "").unwrap();
        Stall { library: preload::compile("stall", scene.folder()), gate }
    }

    /// What puts a server under it.
    pub fn environment(&self) -> [(&'static str, &str); 2] {
        [("LD_PRELOAD", self.library.to_str().unwrap()), ("STALL_WHILE", self.gate.to_str().unwrap())]
    }

    /// Waits until so many mails are held up.
    pub fn holds(&self, mails: u64) {
        eventually(&format!("{mails} mails are held up"), || {
            (fs::metadata(&self.gate).unwrap().len() >= mails).then_some(())
        });
    }

    /// Lets them go on.
    pub fn end(self) {
        fs::remove_file(self.gate).unwrap();
    }
}
