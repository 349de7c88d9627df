//! What every test stands on.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

/// What any condition may take, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Signs somebody up with the service at home, and prints the status of the answer.
const SIGN_UP: &str = "import http.client, json, sys
connection = http.client.HTTPConnection('127.0.0.1', 8080, timeout=30)
body = json.dumps({'email': sys.argv[1], 'age': 25})
connection.request('POST', '/users', body, {'content-type': 'application/json'})
print(connection.getresponse().status)";

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

/// Signs somebody up with the service in the network of a process: the status.
pub fn sign_up(pid: u32, email: &str) -> u16 {
    let mut python = Command::new("nsenter");
    python.args(["--target", &pid.to_string(), "--net", "python3", "-c", SIGN_UP, email]);
    done(&mut python).parse().unwrap()
}

/// The mail in a folder.
pub fn mail(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "eml")).collect()
}
