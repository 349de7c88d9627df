//! A PostgreSQL server of one test, which can be killed, and a standby of it, which can take over.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::cluster::{PASSWORD, PASSWORD_IN_URL, as_an_ordinary_user, free_port, programs};
use super::database::Database;
use super::eventually;
use super::network::Namespace;

/// Lines of the server's log that are shown when a test fails.
const SHOWN: usize = 40;

/// Stopped and removed when it goes out of scope.
pub struct Postgres {
    /// Where everything is, the socket too.
    folder: String,
    address: String,
    port: u16,
    /// Stops the server when our end of its standard input is closed, which the system does for any way to end.
    guardian: Child,
}

impl Postgres {
    /// A server that listens on this machine alone.
    pub fn start() -> Postgres {
        Postgres::spawn(as_an_ordinary_user(), "127.0.0.1", "127.0.0.1/32", "")
    }

    /// A server in a network of its own.
    pub fn start_in(namespace: &Namespace, address: &str, network: &str) -> Postgres {
        let ordinary = as_an_ordinary_user();
        let mut command = namespace.command(ordinary.get_program());
        command.args(ordinary.get_args());
        Postgres::spawn(command, address, network, "")
    }

    /// A standby; from when this returns, no commit is acknowledged before the standby has it.
    pub fn with_standby(&self) -> Postgres {
        let primary = format!("host={} port={} user=keiyaku", self.folder, self.port);
        let standby = Postgres::spawn(as_an_ordinary_user(), "127.0.0.1", "127.0.0.1/32", &primary);
        // The name of a standby is that of its cluster.
        let mut admin = self.connect();
        admin.batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'keiyaku'").unwrap();
        admin.batch_execute("SELECT pg_reload_conf()").unwrap();
        let mut database = self.open();
        eventually("the standby is synchronous", || {
            (database.count("pg_stat_replication WHERE sync_state = 'sync'") == 1).then_some(())
        });
        standby
    }

    fn spawn(mut command: Command, address: &str, network: &str, primary: &str) -> Postgres {
        let port = free_port();
        command.args(["sh", "-c", include_str!("postgres.sh"), "postgres.sh"]).arg(programs());
        command.args([&port.to_string(), PASSWORD, address, network, primary]);
        let mut guardian = command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut folder = String::new();
        BufReader::new(guardian.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        assert!(!folder.is_empty(), "PostgreSQL did not start; its own words are above");
        Postgres { folder: folder.trim().to_owned(), address: address.to_owned(), port, guardian }
    }

    /// As a user's `DATABASE_URL` would be: over TCP, with a password.
    pub fn url(&self) -> String {
        format!("postgres://keiyaku:{PASSWORD_IN_URL}@{}/postgres", self.host())
    }

    /// The same for whichever of the two takes writes.
    pub fn url_with(&self, other: &Postgres) -> String {
        format!("postgres://keiyaku:{PASSWORD_IN_URL}@{},{}/postgres", self.host(), other.host())
    }

    fn host(&self) -> String {
        format!("{}:{}", self.address, self.port)
    }

    /// The way in for the tests themselves, as the superuser over the socket, which no cut network is in the way of.
    fn connect(&self) -> PgConnection {
        let url = format!("postgres://keiyaku@{}:{}/postgres", self.folder.replace('/', "%2F"), self.port);
        PgConnection::establish(&url).unwrap()
    }

    pub fn open(&self) -> Database {
        Database::new(self.connect())
    }

    /// SIGKILL to every process of the server.
    pub fn kill(&self) {
        let pid_file = format!("{}/data/postmaster.pid", self.folder);
        let text = fs::read_to_string(&pid_file).unwrap();
        let postmaster = text.lines().next().unwrap();
        // So that it starts nothing any more, while it is found out what it has started.
        signal("STOP", &[postmaster]);
        let children = children(postmaster);
        let all: Vec<&str> = children.iter().map(String::as_str).chain([postmaster]).collect();
        signal("KILL", &all);
        eventually("every process of the server is gone", || all.iter().all(|id| is_gone(id)).then_some(()));
        // What the server itself would have removed; the number might be another process's before long.
        let memory = text.lines().nth(6).and_then(|line| line.split_whitespace().nth(1)).unwrap();
        assert!(Command::new("ipcrm").args(["-m", memory]).status().unwrap().success());
        fs::remove_file(pid_file).unwrap();
    }

    /// Makes a standby the primary; returns when it takes writes.
    pub fn promote(&self) {
        self.connect().batch_execute("SELECT pg_promote(true, 60)").unwrap();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if thread::panicking() {
            let log = fs::read_to_string(format!("{}/server.log", self.folder)).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the end of the log of PostgreSQL:");
            lines[lines.len().saturating_sub(SHOWN)..].iter().for_each(|line| eprintln!("{line}"));
        }
        drop(self.guardian.stdin.take());
        let _ = self.guardian.wait();
    }
}

fn signal(name: &str, processes: &[&str]) {
    let kill = format!("kill -{name} {}", processes.join(" "));
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// What `/proc/…/stat` has behind the name: the state, the parent, and so on. None of a process that is gone.
fn stat(process: &str) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(text.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

fn children(parent: &str) -> Vec<String> {
    let names = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let processes = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    processes.filter(|process| stat(process).is_some_and(|stat| stat[1] == parent)).collect()
}

/// Or nothing is left of it but its number, until somebody asks how it ended.
fn is_gone(process: &str) -> bool {
    stat(process).is_none_or(|stat| stat[0] == "Z")
}
