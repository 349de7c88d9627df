//! What every test stands on.

#[path = "../support/postgres.rs"]
mod cluster;
#[path = "../process/support/http.rs"]
#[allow(dead_code, reason = "the tests of `process` ask for more")]
pub mod http;
#[path = "../process/support/process.rs"]
#[allow(dead_code, reason = "the tests of `process` do more to processes")]
pub mod process;
#[path = "../process/support/waiting.rs"]
mod waiting;

pub mod clients;
pub mod database;
pub mod fleet;
pub mod network;
pub mod postgres;

use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

pub use waiting::{LIMIT, eventually, eventually_within};

/// True when the tests are to take more users and more time.
pub fn is_long() -> bool {
    std::env::var_os("KEIYAKU_LONG").is_some_and(|value| value != "0")
}

/// What chooses whom it strikes, and for how long.
pub fn random() -> StdRng {
    let seed = std::env::var("KEIYAKU_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("KEIYAKU_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// Where the processes of one test work, all on the same database.
pub struct Scene {
    folder: TempDir,
    url: String,
}

impl Scene {
    pub fn new(url: String) -> Scene {
        Scene { folder: tempfile::tempdir().unwrap(), url }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The messages in the outbox.
    pub fn mails(&self) -> Vec<PathBuf> {
        let Ok(outbox) = self.folder().join("outbox").read_dir() else { return Vec::new() };
        let files = outbox.map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "eml")).collect()
    }
}
