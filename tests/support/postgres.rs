//! The PostgreSQL server of this run, started by the first test that needs it and gone when the test binary has ended, and
//! the databases in it.

#![allow(dead_code, reason = "each target uses what it needs")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// With characters that a URL must not hold as they are.
pub const PASSWORD: &str = "p@ss/w:rd?";
/// The same as a URL holds it.
pub const PASSWORD_IN_URL: &str = "p%40ss%2Fw%3Ard%3F";

static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// A database with the tables of this binary, which others are copies of: to migrate each would take longer.
static TEMPLATE: LazyLock<Postgres> = LazyLock::new(|| {
    let template = Postgres::empty();
    keiyaku::db::migrate(&template.url().parse().unwrap()).unwrap();
    template
});

/// One database, which goes with this value, whoever may be using it.
pub struct Postgres {
    name: String,
}

impl Postgres {
    pub fn empty() -> Postgres {
        Postgres::like("template0")
    }

    /// With all tables, and nothing in them.
    pub fn migrated() -> Postgres {
        let database = Postgres::like(&TEMPLATE.name);
        // That no other has, as if it had been migrated.
        database.connect().batch_execute("UPDATE secrets SET follow_key = gen_random_uuid()").unwrap();
        database
    }

    /// Another one with the same in it, made while nobody uses this one.
    pub fn copy(&self) -> Postgres {
        Postgres::like(&self.name)
    }

    fn like(template: &str) -> Postgres {
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let name = format!("test{}", DATABASES.fetch_add(1, Ordering::SeqCst));
        admin().batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).unwrap();
        Postgres { name }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// As a user's `DATABASE_URL` would be.
    pub fn url(&self) -> String {
        CLUSTER.url(&self.name)
    }

    /// Puts all that it holds into this folder, which may be another disk. Only for root, as its server is somebody else.
    pub fn move_to(&self, folder: &Path) {
        fs::set_permissions(folder.parent().unwrap(), Permissions::from_mode(0o711)).unwrap();
        give(folder);
        let (name, folder) = (&self.name, folder.display());
        admin().batch_execute(&format!("CREATE TABLESPACE of_{name} LOCATION '{folder}'")).unwrap();
        admin().batch_execute(&format!("ALTER DATABASE {name} SET TABLESPACE of_{name}")).unwrap();
    }

    /// Ends every connection, and lets nobody in until [`Postgres::admit`].
    pub fn turn_away(&self) {
        let mut admin = admin();
        admin.batch_execute(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name)).unwrap();
        let others = format!("FROM pg_stat_activity WHERE datname = '{}'", self.name);
        while number(&mut admin, &format!("SELECT count(pg_terminate_backend(pid, 5000)) AS value {others}")) > 0 {}
    }

    pub fn admit(&self) {
        admin().batch_execute(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name)).unwrap();
    }

    /// A connection that none of the service's code stands between.
    pub fn connect(&self) -> PgConnection {
        PgConnection::establish(&CLUSTER.admin_url(&self.name)).unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // All of them go with the server, so this only spares the disk.
        let _ = admin().batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// The server's own folder.
pub fn folder() -> &'static str {
    &CLUSTER.folder
}

/// Makes a file or a folder the server's own, which is somebody else's if the tests are root's.
pub fn give(path: &Path) {
    let like_its_own = format!("--reference={}", folder());
    assert!(Command::new("chown").arg(like_its_own).arg(path).status().unwrap().success());
}

/// A connection to the server's own database.
pub fn admin() -> PgConnection {
    PgConnection::establish(&CLUSTER.admin_url("postgres")).unwrap()
}

#[derive(QueryableByName)]
pub struct Number {
    #[diesel(sql_type = BigInt)]
    pub value: i64,
}

#[derive(QueryableByName)]
pub struct Word {
    #[diesel(sql_type = Text)]
    pub value: String,
}

/// The one number that `select` gives as `value`.
pub fn number(conn: &mut PgConnection, select: &str) -> i64 {
    diesel::sql_query(select).get_result::<Number>(conn).unwrap().value
}

/// The texts that `select` gives as `value`.
pub fn texts(conn: &mut PgConnection, select: &str) -> Vec<String> {
    let words: Vec<Word> = diesel::sql_query(select).load(conn).unwrap();
    words.into_iter().map(|word| word.value).collect()
}

struct Cluster {
    /// Where the socket is.
    folder: String,
    port: u16,
    /// Stops the server when our end of its standard input is closed, which the system does for any way to end.
    _guardian: Child,
}

impl Cluster {
    /// Over TCP, with a password.
    fn url(&self, database: &str) -> String {
        format!("postgres://keiyaku:{PASSWORD_IN_URL}@127.0.0.1:{}/{database}", self.port)
    }

    /// The way in for the tests themselves, as the superuser over the socket.
    fn admin_url(&self, database: &str) -> String {
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
