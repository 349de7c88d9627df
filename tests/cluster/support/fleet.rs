//! The processes of the service: each has a place, in which it is started again when it was killed.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::Value;

use super::cluster::free_port;
use super::eventually;
use super::http::Connection;
use super::network::Namespace;
use super::process::{Ended, Process};
use super::{LIMIT, Scene};

const SECRET: &str = "a secret of the tests, long enough for HS256";

/// What a process is, and where.
#[derive(Clone)]
pub struct Place<'a> {
    arguments: &'static [&'static str],
    /// Where it listens, if it does.
    address: Option<SocketAddr>,
    namespace: Option<&'a Namespace>,
}

impl<'a> Place<'a> {
    /// A server that leaves the jobs to others.
    pub fn server() -> Place<'a> {
        Place::listening(&["serve", "--no-worker"])
    }

    /// A server that works on jobs, too.
    pub fn working_server() -> Place<'a> {
        Place::listening(&["serve"])
    }

    fn listening(arguments: &'static [&'static str]) -> Place<'a> {
        let address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), free_port());
        Place { arguments, address: Some(address), namespace: None }
    }

    pub fn worker() -> Place<'a> {
        Place { arguments: &["worker"], address: None, namespace: None }
    }

    /// The same in a network of its own, where clients reach it at `address`.
    pub fn inside(self, namespace: &'a Namespace, address: IpAddr) -> Place<'a> {
        let address = self.address.map(|old| SocketAddr::new(address, old.port()));
        Place { address, namespace: Some(namespace), ..self }
    }

    fn command(&self, scene: &Scene, environment: &[(&str, &str)]) -> Command {
        let given = std::env::var_os("KEIYAKU_BIN").map(|path| std::path::absolute(path).unwrap());
        let binary = given.unwrap_or_else(|| env!("CARGO_BIN_EXE_keiyaku").into());
        let mut command = match self.namespace {
            Some(namespace) => namespace.command(binary),
            None => Command::new(binary),
        };
        command.args(self.arguments).current_dir(scene.folder()).env_clear().env("DATABASE_URL", scene.url());
        command.envs([("LOG_FORMAT", "json"), ("LOG_LEVEL", "warn"), ("RATE_LIMIT_RPS", "0"), ("JWT_SECRET", SECRET)]);
        if let Some(address) = self.address {
            command.env("HOST", address.ip().to_string()).env("PORT", address.port().to_string());
        }
        command.envs(environment.iter().copied());
        command
    }
}

/// All of them, and everything they have written.
pub struct Fleet<'a> {
    scene: &'a Scene,
    environment: &'a [(&'a str, &'a str)],
    running: Vec<(Place<'a>, Process)>,
    lines: Vec<String>,
    pub kills: usize,
}

impl<'a> Fleet<'a> {
    /// Every server listens when this returns.
    pub fn start(scene: &'a Scene, environment: &'a [(&'a str, &'a str)], places: Vec<Place<'a>>) -> Fleet<'a> {
        let spawn = |place: Place<'a>| {
            let process = Process::spawn(&mut place.command(scene, environment));
            (place, process)
        };
        let running = places.into_iter().map(spawn).collect();
        let fleet = Fleet { scene, environment, running, lines: Vec::new(), kills: 0 };
        fleet.listens();
        fleet
    }

    /// Where the servers are.
    pub fn servers(&self) -> Vec<SocketAddr> {
        self.running.iter().filter_map(|(place, _)| place.address).collect()
    }

    /// Waits until every server listens.
    pub fn listens(&self) {
        for server in self.servers() {
            eventually("a server listens", || TcpStream::connect(server).ok());
        }
    }

    /// Kills one of them, whichever, and starts it again.
    pub fn strike(&mut self, random: &mut StdRng) {
        let struck = random.random_range(0..self.running.len());
        // A server cannot listen while the one before it does.
        let (place, process) = self.running.swap_remove(struck);
        let killed = process.kill();
        let process = Process::spawn(&mut place.command(self.scene, self.environment));
        self.running.push((place, process));
        assert_eq!(killed.status.signal(), Some(9), "it had ended by itself: {:?} {:?}", killed.log, killed.errors);
        self.kills += 1;
        self.keep(killed);
    }

    fn keep(&mut self, ended: Ended) {
        self.lines.extend(ended.log.into_iter().chain(ended.errors));
    }

    /// Stops them all, in order; returns every line that any has written.
    pub fn end(mut self) -> Vec<String> {
        for (_, process) in std::mem::take(&mut self.running) {
            let ended = process.stop();
            assert!(ended.status.success(), "{}: {:?} {:?}", ended.status, ended.log, ended.errors);
            self.keep(ended);
        }
        let panics: Vec<_> = self.lines.iter().filter(|line| line.contains("panicked")).collect();
        assert!(panics.is_empty(), "{panics:#?}");
        self.lines
    }
}

/// What the processes had to say, by how often.
pub fn print_log(lines: &[String]) {
    let mut counts = BTreeMap::<String, usize>::new();
    for line in lines {
        let said: Value = serde_json::from_str(line).unwrap_or_default();
        *counts.entry(format!("{} {}", said["level"], said["message"])).or_default() += 1;
    }
    counts.into_iter().for_each(|(said, count)| println!("logged {count} times: {said}"));
}

/// The status of `/readyz`; none if nobody answers.
pub fn readiness(server: SocketAddr) -> Option<u16> {
    let answer = Connection::open(server).ok()?.get("/readyz", None);
    answer.ok().map(|answer| answer.status)
}

/// Waits until a server is ready.
pub fn ready(server: SocketAddr) {
    eventually(&format!("{server} is ready within {LIMIT:?}"), || (readiness(server) == Some(200)).then_some(()));
}
