//! A running `keiyaku`, its log, and the ways to end it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::eventually;

/// Lines of the log that are shown when a test fails.
const SHOWN: usize = 20;

/// One process of the real binary; killed when it goes out of scope.
pub struct Process {
    child: Child,
    output: Lines,
    errors: Lines,
}

/// How a process ended.
pub struct Ended {
    pub status: ExitStatus,
    /// Everything it wrote to standard error.
    pub errors: Vec<String>,
    /// Its log.
    pub log: Vec<String>,
    /// From the call that waited for the end.
    pub took: Duration,
}

impl Process {
    pub fn spawn(command: &mut Command) -> Process {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = Lines::read(child.stdout.take().unwrap());
        let errors = Lines::read(child.stderr.take().unwrap());
        Process { child, output, errors }
    }

    /// Where it listens; waits until it does.
    pub fn address(&self) -> SocketAddr {
        let message = self.logged("listening on http://");
        message.strip_prefix("listening on http://").unwrap().parse().unwrap()
    }

    /// The first message of the log that begins like this; waits for it.
    pub fn logged(&self, beginning: &str) -> String {
        eventually(&format!("the log says {beginning:?}"), || self.messages().find(|text| text.starts_with(beginning)))
    }

    fn messages(&self) -> impl Iterator<Item = String> {
        let message = |line: String| serde_json::from_str::<Value>(&line).ok()?["message"].as_str().map(str::to_owned);
        self.output.so_far().into_iter().filter_map(message)
    }

    /// SIGKILL: no destructor runs, nothing is flushed.
    pub fn kill(mut self) -> Ended {
        self.child.kill().unwrap();
        self.ended()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processor time it has used.
    pub fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name in parentheses is the second field; user and system time are the 14th and the 15th, in ticks of 10 ms.
        let fields = stat.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
        Duration::from_millis(10 * fields.map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>())
    }

    /// SIGTERM; returns when it has been sent.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Lets it stand still until [`Process::thaw`], like a machine that is suspended; returns when every thread does.
    pub fn freeze(&self) {
        self.signal("STOP");
        let threads = format!("/proc/{}/task", self.child.id());
        eventually("every thread stands still", || {
            let mut stats = fs::read_dir(&threads).unwrap().map(|thread| thread.unwrap().path().join("stat"));
            stats.all(|stat| fs::read_to_string(stat).is_ok_and(|text| text.contains(") T "))).then_some(())
        });
    }

    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for the end.
    pub fn ended(mut self) -> Ended {
        let started = Instant::now();
        let status = eventually("the process ends", || self.child.try_wait().unwrap());
        Ended { status, took: started.elapsed(), errors: self.errors.all(), log: self.output.all() }
    }

    /// SIGTERM, and the wait for the end.
    pub fn stop(self) -> Ended {
        self.terminate();
        self.ended()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.output.all();
            eprintln!("the end of the log of process {}:", self.child.id());
            log[log.len().saturating_sub(SHOWN)..]
                .iter()
                .chain(&self.errors.all())
                .for_each(|line| eprintln!("{line}"));
        }
    }
}

/// What a process writes, read as it comes so that the process never waits for us.
struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Lines {
    fn read(pipe: impl Read + Send + 'static) -> Lines {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let reader = {
            let lines = Arc::clone(&lines);
            thread::spawn(move || {
                BufReader::new(pipe).lines().for_each(|line| lines.lock().unwrap().push(line.unwrap()))
            })
        };
        Lines { lines, reader: Some(reader) }
    }

    fn so_far(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// The lines of a process that has ended.
    fn all(&mut self) -> Vec<String> {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.so_far()
    }
}
