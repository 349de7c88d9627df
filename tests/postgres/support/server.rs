//! A running `keiyaku` with its log in a file.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use super::{client::Client, eventually};

/// One process of the real binary; killed when it goes out of scope.
pub struct Server {
    child: Child,
    log: PathBuf,
}

/// How a process ended.
pub struct Ended {
    pub code: Option<i32>,
    pub log: String,
}

impl Server {
    /// Starts `command`; what it writes goes to the file `log`.
    pub fn spawn(command: &mut Command, log: PathBuf) -> Server {
        let file = File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        Server { child: command.spawn().unwrap(), log }
    }

    /// Where it listens; waits until it does.
    pub fn address(&self) -> SocketAddr {
        eventually("the server listens", || {
            let log = self.log();
            let (_, rest) = log.split_once("listening on http://")?;
            rest.split_once('"')?.0.parse().ok()
        })
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until no job waits or runs.
    pub fn drained(&self) {
        let client = Client::new(self.address(), "");
        eventually("every job ends", || {
            let jobs: Value = client.get("/health").body["jobs"].clone();
            (jobs["pending"] == 0 && jobs["processing"] == 0).then_some(())
        });
    }

    /// Waits for the end.
    pub fn ended(mut self) -> Ended {
        let status = eventually("the process ends", || self.child.try_wait().unwrap());
        Ended { code: status.code(), log: self.log() }
    }

    /// SIGTERM, and the wait for the end.
    pub fn stop(self) -> Ended {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        self.ended()
    }
}

impl Ended {
    /// Asserts that it did all it had to, and that nothing on the way was worth an error or a warning.
    pub fn assert_untroubled(&self) {
        assert_eq!(self.code, Some(0), "{}", self.log);
        let troubled = |line: &&str| line.contains(r#""level":"ERROR""#) || line.contains(r#""level":"WARN""#);
        let troubles: Vec<&str> = self.log.lines().filter(troubled).collect();
        assert!(troubles.is_empty(), "{troubles:#?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            lines[lines.len().saturating_sub(20)..].iter().for_each(|line| eprintln!("{line}"));
        }
    }
}
