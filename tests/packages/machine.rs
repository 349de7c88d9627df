//! [`Machine`]: a Debian with systemd, in namespaces of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::{done, eventually, repository, run, text};

/// A machine that has booted. It is gone when it goes out of scope.
pub struct Machine {
    starter: Child,
    pid: u32,
    folder: TempDir,
}

impl Machine {
    pub fn start() -> Machine {
        let tree = repository(".tools/debian/tree");
        assert!(repository(".tools/debian/installed").exists(), "a Debian is needed: run  make test-tools");
        let folder = tempfile::tempdir().unwrap();
        let starter = Command::new("unshare")
            .args(["--mount", "sh"])
            .arg(repository("tests/packages/machine.sh"))
            .args([tree.as_path(), folder.path()])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let pid = eventually("the machine starts", || fs::read_to_string(folder.path().join("pid")).ok());
        let machine = Machine { starter, pid: pid.trim().parse().unwrap(), folder };
        // A machine of which a part has failed is one that runs, too.
        eventually("the machine has booted", || {
            let state = text(&machine.run("systemctl is-system-running").stdout);
            ["running", "degraded"].contains(&state.as_str()).then_some(())
        });
        machine
    }

    /// A process in its network.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// One of its files, as a path here.
    pub fn path(&self, path: &str) -> PathBuf {
        Path::new(&format!("/proc/{}/root", self.pid)).join(path.trim_start_matches('/'))
    }

    /// Runs a line of the shell on it, as root.
    pub fn run(&self, line: &str) -> Output {
        run(&mut self.command(line))
    }

    /// The same of one that has to succeed; what it printed.
    pub fn done(&self, line: &str) -> String {
        done(&mut self.command(line))
    }

    /// Installs a package, or upgrades to it.
    pub fn install(&self, package: &Path) {
        fs::copy(package, self.path("/root/keiyaku.deb")).unwrap();
        self.done("dpkg --install /root/keiyaku.deb");
    }

    /// A property of one of its units.
    pub fn property(&self, unit: &str, name: &str) -> String {
        self.done(&format!("systemctl show --property {name} --value {unit}"))
    }

    /// What its services have said.
    pub fn journal(&self) -> String {
        text(&self.run("journalctl --no-pager --output cat --unit 'keiyaku*'").stdout)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.pid.to_string(), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]);
        command.args(["--root", "--wd", "--", "/bin/sh", "-c", line]).env_clear();
        command.envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("DEBIAN_FRONTEND", "noninteractive")]);
        command
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let console = fs::read_to_string(self.folder.path().join("console")).unwrap_or_default();
            eprintln!("the machine's console:\n{console}\nits services:\n{}", self.journal());
        }
        drop(self.starter.stdin.take());
        let _ = self.starter.wait();
    }
}
