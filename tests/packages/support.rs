//! What every test stands on.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

/// What any condition may take, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Sends a request to the service at home, and prints status and body.
const ASK: &str = "import http.client, sys
connection = http.client.HTTPConnection('127.0.0.1', 8080, timeout=30)
connection.request(sys.argv[1], sys.argv[2], sys.argv[3] or None, {'content-type': 'application/json'})
answer = connection.getresponse()
print(answer.status, answer.read().decode())";

/// Machines and containers take root. Says so, where the tests are run by somebody else.
pub fn may_run() -> bool {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is_root {
        eprintln!("not run: a package is tried on a machine of its own, and that takes root");
    }
    is_root
}

/// The binary that is packaged.
pub fn binary() -> PathBuf {
    let named = env::var_os("KEIYAKU_BIN").map(|path| std::path::absolute(path).unwrap());
    named.unwrap_or_else(|| env!("CARGO_BIN_EXE_keiyaku").into())
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Waits until `condition` gives something.
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < LIMIT, "{what}: not after {LIMIT:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Runs a command to its end. `make test-tools` installs what is not there.
pub fn run(command: &mut Command) -> Output {
    let program = command.get_program().to_owned();
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{} is needed: run  make test-tools  ({error})", program.display()))
}

/// The same of a command that has to succeed; what it printed.
pub fn done(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What a program printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// Sends a request to the service in the network of a process: its status and body, or why there is none.
pub fn ask(pid: u32, method: &str, path: &str, body: &str) -> Result<(u16, String), String> {
    let mut python = Command::new("nsenter");
    python.args(["--target", &pid.to_string(), "--net", "python3", "-c", ASK, method, path, body]);
    let output = run(&mut python);
    let said = text(&output.stdout);
    match said.split_once(' ') {
        Some((status, body)) if output.status.success() => Ok((status.parse().unwrap(), body.to_owned())),
        _ => Err(text(&output.stderr)),
    }
}

/// Signs somebody up with the service in the network of a process.
pub fn sign_up(pid: u32, email: &str) -> u16 {
    let answer = ask(pid, "POST", "/users", &format!(r#"{{"email":"{email}","age":25}}"#));
    answer.unwrap_or_else(|error| panic!("no answer: {error}")).0
}

/// The mail in a folder.
pub fn mail(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "eml")).collect()
}
