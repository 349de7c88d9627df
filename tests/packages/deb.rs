//! The Debian package, from its installation to its purge, under systemd.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::machine::Machine;
use crate::support::{binary, done, eventually, mail, may_run, repository, run, sign_up, text};

const UNITS: [&str; 2] = ["keiyaku.service", "keiyaku-worker.service"];
const SECRET: &str = "a secret of the tests, long enough for HS256";

/// The package of this binary, as quickly as it can be made.
fn package(folder: &TempDir, revision: &str) -> PathBuf {
    assert!(repository(".tools/cargo-deb/bin/cargo-deb").exists(), "cargo-deb is needed: run  make test-tools");
    let package = folder.path().join(format!("keiyaku_{revision}.deb"));
    let mut script = Command::new(repository("packaging/deb.sh"));
    done(
        script
            .arg(binary())
            .args(["--fast", "--compress-type", "gz", "--compress-system", "--deb-revision", revision, "--output"])
            .arg(&package),
    );
    package
}

#[test]
fn a_machine_installs_runs_upgrades_and_removes_it_and_the_data_stay() {
    if !may_run() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let first = package(&folder, "1");
    lintian_is_content(&first);
    let machine = Machine::start();

    machine.install(&first);
    the_server_runs_and_the_worker_waits_to_be_asked(&machine);
    files_are_for_the_service_alone(&machine);
    systemd_is_content(&machine);
    the_kernel_holds_the_server(&machine);

    fs::write(machine.path("/etc/keiyaku/keiyaku.env"), format!("JWT_SECRET=\"{SECRET}\"\nRATE_LIMIT_RPS=0\n"))
        .unwrap();
    machine.done("systemctl restart keiyaku && systemctl start keiyaku-worker");
    an_upgrade_restarts_both_and_keeps_what_is_there(&machine, &package(&folder, "2"));
    nothing_is_written_elsewhere(&machine);
    a_wrong_configuration_is_not_tried_again(&machine);
    a_removal_keeps_the_configuration_and_a_purge_the_data(&machine);
}

fn lintian_is_content(package: &Path) {
    let output = run(Command::new("lintian").args(["--allow-root", "--fail-on", "error,warning"]).arg(package));
    let (said, reasons) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && said.is_empty(), "{said}{reasons}");
}

fn the_server_runs_and_the_worker_waits_to_be_asked(machine: &Machine) {
    assert_eq!(machine.done("systemctl is-enabled keiyaku; systemctl is-active keiyaku"), "enabled\nactive");
    let worker = machine.run("systemctl is-enabled keiyaku-worker; systemctl is-active keiyaku-worker");
    assert_eq!(text(&worker.stdout), "disabled\ninactive");
    // Active means that it listens: systemd was told.
    assert_eq!(sign_up(machine.pid(), "taro@example.com"), 201);
    eventually("the welcome mail is written", || {
        (mail(&machine.path("/var/lib/keiyaku/outbox")).len() == 1).then_some(())
    });
}

fn files_are_for_the_service_alone(machine: &Machine) {
    for (file, expected) in [
        ("/etc/keiyaku/keiyaku.env", "640 root keiyaku"),
        ("/var/lib/keiyaku", "700 keiyaku keiyaku"),
        ("/var/lib/keiyaku/users.db", "600 keiyaku keiyaku"),
        ("/var/lib/keiyaku/outbox", "700 keiyaku keiyaku"),
    ] {
        assert_eq!(machine.done(&format!("stat --format '%a %U %G' {file}")), expected, "{file}");
    }
    for page in [
        "man/man1/keiyaku.1.gz",
        "man/man1/keiyaku-worker.1.gz",
        "bash-completion/completions/keiyaku",
        "doc/keiyaku/copyright",
        "doc/keiyaku/THIRD-PARTY-NOTICES",
    ] {
        assert!(machine.path("/usr/share").join(page).exists(), "{page}");
    }
    let pages = machine.path("/usr/share/doc/keiyaku");
    let readme = fs::read_to_string(pages.join("README.md")).unwrap();
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(['#', ')']).next());
    // The texts of licences are in `copyright`; a package with files of them besides is refused by lintian.
    for link in links.filter(|link| !link.is_empty() && !link.contains(':') && !link.starts_with("LICENSE")) {
        assert!(pages.join(link).exists(), "README.md of the package has a link to {link}");
    }
}

fn systemd_is_content(machine: &Machine) {
    for unit in UNITS {
        let verified = machine.run(&format!("systemd-analyze verify --man=no {unit}"));
        assert!(verified.status.success() && verified.stderr.is_empty(), "{unit}: {}", text(&verified.stderr));
        // Of ten points of exposure; what is left is the network, which the service is there for.
        let security =
            format!("systemd-analyze security --no-pager --offline=yes --threshold=13 /usr/lib/systemd/system/{unit}");
        let exposure = machine.done(&security);
        println!("{unit}: {}", exposure.lines().last().unwrap());
    }
}

/// What the unit asks for is what the process has.
fn the_kernel_holds_the_server(machine: &Machine) {
    let pid = machine.property("keiyaku", "MainPID");
    let status = machine.done(&format!("cat /proc/{pid}/status"));
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
        line.unwrap_or_else(|| panic!("{name} in {status}")).to_owned()
    };
    assert_eq!((of("NoNewPrivs"), of("Seccomp"), of("Umask")), ("1".into(), "2".into(), "0077".into()));
    for set in ["CapBnd", "CapEff", "CapPrm", "CapAmb"] {
        assert_eq!(of(set), "0000000000000000", "{set}");
    }
    let user = machine.done("id --user keiyaku");
    assert!(user != "0" && of("Uid").split('\t').all(|id| id == user), "{}", of("Uid"));
}

fn an_upgrade_restarts_both_and_keeps_what_is_there(machine: &Machine, package: &Path) {
    let before = UNITS.map(|unit| machine.property(unit, "MainPID"));
    let edited = fs::read_to_string(machine.path("/etc/keiyaku/keiyaku.env")).unwrap();
    machine.install(package);
    let after = UNITS.map(|unit| machine.property(unit, "MainPID"));
    assert!(before.iter().zip(&after).all(|(before, after)| before != after && after != "0"), "{before:?} {after:?}");
    let version = machine.done("dpkg-query --show --showformat '${Version}' keiyaku");
    assert!(version.ends_with("-2"), "{version}");
    assert_eq!(fs::read_to_string(machine.path("/etc/keiyaku/keiyaku.env")).unwrap(), edited);
    assert_eq!(machine.done("stat --format '%a %U %G' /etc/keiyaku/keiyaku.env"), "640 root keiyaku");
    // An address that is taken: the database is that of before.
    assert_eq!(sign_up(machine.pid(), "taro@example.com"), 409);
    // Both were told to stop, and nothing had to be killed.
    let journal = machine.journal();
    assert!(!journal.contains("SIGKILL") && !journal.contains("Failed with result"), "{journal}");

    // As the README shows it: a command of the operator as the service, on its database.
    let listed = machine.done(
        "systemd-run --quiet --pipe --wait --uid=keiyaku --property=EnvironmentFile=/etc/keiyaku/keiyaku.env \
         --working-directory=/var/lib/keiyaku keiyaku jobs list --status completed --json",
    );
    assert!(listed.contains("send_welcome_email"), "{listed}");
}

/// Even where its user may write, the service may not.
fn nothing_is_written_elsewhere(machine: &Machine) {
    machine.done("mkdir --mode 777 /srv/open && su --shell /bin/sh keiyaku --command 'touch /srv/open/by-hand'");
    machine.done("mkdir /run/systemd/system/keiyaku.service.d");
    let drop_in = "[Service]\nEnvironment=NONE=\nEnvironmentFile=/etc/keiyaku/elsewhere.env\n";
    fs::write(machine.path("/run/systemd/system/keiyaku.service.d/elsewhere.conf"), drop_in).unwrap();
    fs::write(machine.path("/etc/keiyaku/elsewhere.env"), "DATABASE_URL=/srv/open/users.db\n").unwrap();
    machine.done("systemctl daemon-reload");
    machine.run("systemctl restart --no-block keiyaku");
    eventually("the start fails", || (machine.property("keiyaku", "ExecMainStatus") == "1").then_some(()));
    assert!(!machine.path("/srv/open/users.db").exists());
    assert!(machine.path("/srv/open/by-hand").exists());

    // It goes on trying, and is back when what was wrong is right.
    fs::write(machine.path("/etc/keiyaku/elsewhere.env"), "").unwrap();
    eventually("the service is back", || (machine.property("keiyaku", "ActiveState") == "active").then_some(()));
    assert_eq!(sign_up(machine.pid(), "taro@example.com"), 409);
}

fn a_wrong_configuration_is_not_tried_again(machine: &Machine) {
    fs::write(machine.path("/etc/keiyaku/elsewhere.env"), "WORKER_COUNT=many\n").unwrap();
    assert!(!machine.run("systemctl restart keiyaku").status.success());
    let state = ["ActiveState", "ExecMainStatus", "NRestarts"].map(|name| machine.property("keiyaku", name));
    assert_eq!(state, ["failed", "2", "0"]);
    fs::remove_file(machine.path("/run/systemd/system/keiyaku.service.d/elsewhere.conf")).unwrap();
    fs::remove_file(machine.path("/etc/keiyaku/elsewhere.env")).unwrap();
    machine.done("systemctl daemon-reload && systemctl restart keiyaku");
}

fn a_removal_keeps_the_configuration_and_a_purge_the_data(machine: &Machine) {
    machine.done("dpkg --remove keiyaku");
    for unit in UNITS {
        assert_ne!(machine.property(unit, "ActiveState"), "active", "{unit}");
        assert_eq!(machine.property(unit, "MainPID"), "0", "{unit}");
    }
    assert!(machine.journal().contains("stopped"), "the server ended by itself: {}", machine.journal());
    assert!(machine.path("/etc/keiyaku/keiyaku.env").exists() && !machine.path("/usr/bin/keiyaku").exists());

    let said = text(&machine.run("dpkg --purge keiyaku").stderr);
    assert!(said.contains("the database and mail in /var/lib/keiyaku are kept"), "{said}");
    assert!(!machine.path("/etc/keiyaku").exists());
    assert!(machine.path("/var/lib/keiyaku/users.db").exists());
}
