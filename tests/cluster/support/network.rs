//! Two networks with one link between them that can be cut, and a way for clients into each that cannot.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::process::Command;

use super::is_long;

/// A network of its own: what is started in it sees nothing else.
pub struct Namespace(String);

/// Removed when it goes out of scope.
pub struct Network {
    /// Where the database is.
    pub near: Namespace,
    /// Whose way to the database can be cut.
    pub far: Namespace,
    number: u8,
    /// Our ends of the clients' ways.
    ours: [String; 2],
}

/// Which end of the link goes down. The database's: what the far processes send goes nowhere, without a word. Theirs: the
/// system tells them that there is no way.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Near,
    Far,
}

impl Namespace {
    /// A command that runs inside.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0]).arg(program);
        command
    }
}

impl Network {
    /// None, with what is missing printed, where the system lets no network be made; the long form insists on one.
    pub fn make() -> Option<Network> {
        let number: u16 = rand::random();
        let name = |part: &str| format!("kei{number:04x}{part}");
        let network = Network {
            near: Namespace(name("near")),
            far: Namespace(name("far")),
            number: number.to_be_bytes()[1],
            ours: [name("n"), name("f")],
        };
        let Err(reason) = network.build() else { return Some(network) };
        let needed = "to cut a network, this test must be run as root, with CAP_NET_ADMIN and CAP_SYS_ADMIN, and needs `ip` \
                      (Debian's iproute2), network namespaces and veth in the kernel";
        assert!(!is_long(), "{needed}: {reason}");
        println!("skipped: {needed}: {reason}");
        None
    }

    /// The database's address, as the near and the far processes know it.
    pub fn database(&self) -> String {
        self.address(1)
    }

    /// Whom the database lets in.
    pub fn mask(&self) -> String {
        format!("{}/30", self.address(0))
    }

    /// Where clients reach what listens in the near network.
    pub fn near_address(&self) -> IpAddr {
        self.address(6).parse().unwrap()
    }

    /// Where clients reach what listens in the far network.
    pub fn far_address(&self) -> IpAddr {
        self.address(10).parse().unwrap()
    }

    pub fn cut(&self, end: End) {
        self.set_link(end, "down");
    }

    pub fn mend(&self, end: End) {
        self.set_link(end, "up");
    }

    fn set_link(&self, end: End, state: &str) {
        let Namespace(name) = match end {
            End::Near => &self.near,
            End::Far => &self.far,
        };
        ip(&format!("-netns {name} link set trunk {state}")).unwrap();
    }

    /// Of the networks that are kept for measuring networks (RFC 2544).
    fn address(&self, host: u8) -> String {
        format!("198.18.{}.{host}", self.number)
    }

    fn build(&self) -> Result<(), String> {
        let (Namespace(near), Namespace(far)) = (&self.near, &self.far);
        for name in [near, far] {
            ip(&format!("netns add {name}"))?;
            ip(&format!("-netns {name} link set lo up"))?;
        }
        ip(&format!("link add name trunk netns {near} type veth peer name trunk netns {far}"))?;
        for (name, host) in [(near, 1), (far, 2)] {
            ip(&format!("-netns {name} address add {}/30 dev trunk", self.address(host)))?;
            ip(&format!("-netns {name} link set trunk up"))?;
        }
        for ((name, host), ours) in [(near, 6), (far, 10)].into_iter().zip(&self.ours) {
            ip(&format!("link add {ours} type veth peer name clients netns {name}"))?;
            ip(&format!("-netns {name} address add {}/30 dev clients", self.address(host)))?;
            ip(&format!("-netns {name} link set clients up"))?;
            ip(&format!("address add {}/30 dev {ours}", self.address(host - 1)))?;
            ip(&format!("link set {ours} up"))?;
        }
        Ok(())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // What was never made cannot be removed.
        for ours in &self.ours {
            let _ = ip(&format!("link delete {ours}"));
        }
        for Namespace(name) in [&self.near, &self.far] {
            let _ = ip(&format!("netns delete {name}"));
        }
    }
}

fn ip(arguments: &str) -> Result<(), String> {
    let output = Command::new("ip").args(arguments.split(' ')).output().map_err(|error| format!("ip: {error}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("ip {arguments}: {}", errors.trim())) }
}
