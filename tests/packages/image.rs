//! The container image: built from the binary as `make image` does, and run by Podman on a root file system that is read-only.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, thread};

use tempfile::TempDir;

use crate::support::{binary, done, eventually, mail, may_run, repository, run, sign_up, text};

/// The user of the image, by number as in `Containerfile`.
const USER: u32 = 65532;

/// A container that runs no longer than its test.
struct Container<'a> {
    images: &'a TempDir,
    name: &'static str,
}

/// Podman on images and containers in a folder of its own. It must not depend on how this machine lays out its cgroups, or on
/// limits that it may not raise; the container is as closed as one without these options.
fn podman(images: &TempDir, arguments: &[&str]) -> Command {
    let under = |name: &str| images.path().join(name);
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", "mount -t cgroup2 none /sys/fs/cgroup && exec podman \"$@\"", "podman"]);
    command.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]);
    command.arg("--root").arg(under("root")).arg("--runroot").arg(under("run")).arg("--tmpdir").arg(under("tmp"));
    command.args(arguments).env("BUILDAH_FORMAT", "docker");
    command
}

fn build(images: &TempDir) {
    let context = images.path().join("context");
    fs::create_dir(&context).unwrap();
    done(Command::new(repository("packaging/image.sh")).arg(binary()).arg(context.join("image")));
    let file = repository("Containerfile");
    let arguments = ["build", "--quiet", "--target", "packed", "--tag", "keiyaku", "--file", file.to_str().unwrap()];
    done(podman(images, &arguments).arg(&context));
}

impl Container<'_> {
    /// What all containers of the tests are run with.
    fn run<'a>(images: &'a TempDir, name: &'static str, more: &[&str]) -> Container<'a> {
        let closed = ["--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--network", "none"];
        let here = [
            "--runtime",
            "crun",
            "--cgroups",
            "disabled",
            "--ulimit",
            "nofile=4096:4096",
            "--ulimit",
            "nproc=4096:4096",
        ];
        let mut arguments = vec!["run", "--detach", "--name", name, "--volume", "data:/data"];
        // Without systemd nobody would ask again and again; the test asks.
        arguments.extend(["--health-interval", "disable"]);
        arguments.extend(closed.iter().chain(&here).chain(more));
        arguments.push("keiyaku");
        done(&mut podman(images, &arguments));
        Container { images, name }
    }

    fn podman(&self, arguments: &[&str]) -> Output {
        run(podman(self.images, arguments).arg(self.name))
    }

    fn state(&self, of: &str) -> String {
        text(&self.podman(&["inspect", "--format", &format!("{{{{.State.{of}}}}}")]).stdout)
    }

    fn ready(&self) {
        eventually("the health check passes", || self.podman(&["healthcheck", "run"]).status.success().then_some(()));
    }

    fn pid(&self) -> u32 {
        self.state("Pid").parse().unwrap()
    }

    /// SIGTERM, and its exit code.
    fn stop(&self) -> String {
        self.podman(&["stop", "--time", "60"]);
        self.state("ExitCode")
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let output = self.podman(&["logs"]);
            eprintln!("{}: {}{}", self.name, text(&output.stdout), text(&output.stderr));
        }
        self.podman(&["rm", "--force", "--time", "0"]);
    }
}

#[test]
fn it_serves_without_rights_on_a_read_only_root_and_keeps_its_data_in_the_volume() {
    if !may_run() {
        return;
    }
    let images = tempfile::tempdir().unwrap();
    build(&images);

    let first = Container::run(&images, "first", &[]);
    first.ready();
    let volume = done(&mut podman(&images, &["volume", "inspect", "--format", "{{.Mountpoint}}", "data"]));
    let volume = Path::new(&volume);
    assert_eq!(sign_up(first.pid(), "taro@example.com"), 201);
    eventually("the welcome mail is written", || (mail(&volume.join("outbox")).len() == 1).then_some(()));
    assert_eq!(fs::metadata(volume.join("users.db")).unwrap().uid(), USER);
    let status = fs::read_to_string(format!("/proc/{}/status", first.pid())).unwrap();
    assert!(status.contains(&format!("Uid:\t{USER}\t{USER}\t{USER}\t{USER}\n")), "{status}");
    assert_eq!(first.stop(), "0");

    let second = Container::run(&images, "second", &[]);
    second.ready();
    assert_eq!(sign_up(second.pid(), "taro@example.com"), 409);
    assert_eq!(second.stop(), "0");

    let elsewhere = Container::run(&images, "elsewhere", &["--env", "DATABASE_URL=/users.db"]);
    elsewhere.podman(&["wait"]);
    let said = text(&elsewhere.podman(&["logs"]).stderr);
    assert_eq!(elsewhere.state("ExitCode"), "1", "{said}");
    assert!(said.contains("/users.db"), "{said}");
}

#[test]
fn what_is_packed_is_the_binary_with_its_libraries_their_licences_and_an_empty_folder_for_data() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    done(Command::new(repository("packaging/image.sh")).arg(binary()).arg(&image));
    let found = text(done(Command::new("find").arg(&image).args(["-type", "f", "-printf", "%P\n"])).as_bytes());
    let mut names: Vec<PathBuf> = found.lines().map(PathBuf::from).collect();
    names.retain(|path| !path.to_string_lossy().contains(".so") && !path.starts_with("root/usr/share/common-licenses"));
    names.sort();
    let mut expected = vec![
        "root/etc/group",
        "root/etc/nsswitch.conf",
        "root/etc/passwd",
        "root/usr/bin/keiyaku",
        "root/usr/share/doc/keiyaku/LICENSE-APACHE",
        "root/usr/share/doc/keiyaku/LICENSE-MIT",
        "root/usr/share/doc/keiyaku/THIRD-PARTY-NOTICES",
    ];
    // Only Debian tells whose its libraries are.
    if Path::new("/etc/debian_version").exists() {
        expected.extend(["root/usr/share/doc/libc6/copyright", "root/usr/share/doc/libgcc-s1/copyright"]);
        assert!(image.join("root/usr/share/common-licenses/LGPL-2.1").exists());
    }
    assert_eq!(names, expected.into_iter().map(PathBuf::from).collect::<Vec<_>>());
    assert_eq!(fs::metadata(image.join("own/data")).unwrap().mode() & 0o777, 0o700);
}
