//! The PostgreSQL server of this run: started by the first test that needs it, gone when the test binary has ended.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

/// With characters that a URL must not hold as they are.
pub const PASSWORD: &str = "p@ss/w:rd?";
/// The same as a URL holds it.
pub const PASSWORD_IN_URL: &str = "p%40ss%2Fw%3Ard%3F";

static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

pub struct Cluster {
    /// Where the socket is.
    folder: String,
    port: u16,
    /// Stops the server when our end of its standard input is closed, which the system does for any way to end.
    _guardian: Child,
}

impl Cluster {
    pub fn get() -> &'static Cluster {
        &CLUSTER
    }

    /// As a user's `DATABASE_URL` would be: over TCP, with a password.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://keiyaku:{PASSWORD_IN_URL}@127.0.0.1:{}/{database}", self.port)
    }

    /// The way in for the tests themselves, as the superuser over the socket.
    pub fn admin_url(&self, database: &str) -> String {
        format!("postgres://keiyaku@{}:{}/{database}", self.folder.replace('/', "%2F"), self.port)
    }

    fn start() -> Cluster {
        let (programs, port) = (programs(), free_port());
        let mut command = as_an_ordinary_user();
        command.args(["sh", "-c", include_str!("server.sh"), "server.sh"]).arg(programs);
        command.args([&port.to_string(), PASSWORD]);
        let mut guardian = command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut folder = String::new();
        BufReader::new(guardian.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        assert!(!folder.is_empty(), "PostgreSQL did not start; its own words are above");
        Cluster { folder: folder.trim().to_owned(), port, _guardian: guardian }
    }
}

/// The folder of the newest server's programs.
pub fn programs() -> PathBuf {
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().map(|entry| entry.unwrap().path());
    let newest = installed.filter(|path| path.join("bin/initdb").exists()).max_by_key(version);
    let elsewhere = std::env::var_os("PATH").and_then(|paths| {
        std::env::split_paths(&paths).find(|path| path.join("initdb").exists() && path.join("pg_ctl").exists())
    });
    newest.map(|path| path.join("bin")).or(elsewhere).unwrap_or_else(|| {
        panic!("no PostgreSQL server here: run `make test-tools` as root, or install the package `postgresql`")
    })
}

/// PostgreSQL refuses to run as root, so that root has to become somebody else.
pub fn as_an_ordinary_user() -> Command {
    let me = fs::metadata("/proc/self").unwrap().uid();
    if me != 0 {
        return Command::new("env");
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let entry = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|entry| entry[0] == name)?;
        Some([format!("--reuid={}", entry[2]), format!("--regid={}", entry[3])])
    };
    let mut command = Command::new("setpriv");
    command.args(ids("postgres").or_else(|| ids("nobody")).unwrap()).arg("--clear-groups");
    command
}

/// Below the ports that the system gives to connections, so that none of these takes it.
pub fn free_port() -> u16 {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| rand::random_range(20_000..32_000)).find(free).unwrap()
}
