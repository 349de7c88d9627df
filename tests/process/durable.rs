//! No 201 leaves before the disk has the commit that it speaks of: the system calls of a server, traced by `trace.c`.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use crate::database::sqlite_only;
use crate::support::http::Connection;
use crate::support::load::Load;
use crate::support::process::Process;
use crate::support::{Scene, assert_success, preload};

/// A line of the trace. Users are named by the number in their e-mail.
#[derive(Debug)]
enum Event {
    /// A page is in the WAL.
    Frame { ends_transaction: bool, users: Vec<String> },
    /// A file or a folder has reached the disk.
    Synced(String),
    /// A 201 is about to leave.
    Answered(Vec<String>),
}

impl Event {
    fn read(line: &str) -> Event {
        let mut words = line.split(' ').map(str::to_owned);
        match words.next().as_deref() {
            Some("frame") => {
                Event::Frame { ends_transaction: words.next().as_deref() == Some("1"), users: words.collect() }
            }
            Some("sync") => Event::Synced(words.collect()),
            Some("answer") => Event::Answered(words.collect()),
            _ => panic!("not a line of the trace: {line:?}"),
        }
    }

    fn is_sync_of(&self, path: &Path) -> bool {
        matches!(self, Event::Synced(synced) if Path::new(synced) == path)
    }
}

/// A server under trace.
fn start(scene: &Scene, environment: [(&str, &str); 2]) -> Process {
    let library = preload::compile("trace", scene.folder());
    let (library, trace) = (library.to_str().unwrap(), scene.path("trace"));
    let mut environment = environment.to_vec();
    environment.extend([("LD_PRELOAD", library), ("TRACE_FILE", trace.to_str().unwrap())]);
    scene.start(&environment)
}

fn events(scene: &Scene) -> Vec<Event> {
    fs::read_to_string(scene.path("trace")).unwrap().lines().map(Event::read).collect()
}

/// How many users were answered, and which of them before the whole transaction that stores them was on the disk.
fn answers<'a>(events: &'a [Event], wal: &Path) -> (usize, Vec<&'a str>) {
    let (mut answered, mut too_early) = (0, Vec::new());
    let (mut seen, mut durable) = (HashSet::new(), HashSet::new());
    let (mut written, mut committed) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Frame { ends_transaction, users } => {
                // Later writes of the same page say nothing new of the users in it.
                written.extend(users.iter().filter(|user| seen.insert(user.as_str())));
                if *ends_transaction {
                    committed.append(&mut written);
                }
            }
            Event::Synced(_) if event.is_sync_of(wal) => durable.extend(committed.drain(..)),
            Event::Synced(_) => {}
            Event::Answered(users) => {
                assert_eq!(users.len(), 1, "a 201 tells of one user");
                answered += 1;
                too_early.extend(users.iter().filter(|user| !durable.contains(user)).map(String::as_str));
            }
        }
    }
    (answered, too_early)
}

fn wal(scene: &Scene) -> std::path::PathBuf {
    // The trace has the paths that the kernel knows.
    scene.folder().canonicalize().unwrap().join("users.db-wal")
}

#[test]
fn one_after_another_the_wal_is_synced_between_the_write_and_the_201() {
    sqlite_only!("the files that the process syncs itself");
    let scene = Scene::new();
    let server = start(&scene, [("WORKER_COUNT", "0"), ("DURABILITY", "full")]);
    let mut connection = Connection::open(server.address()).unwrap();
    for user in 0..30 {
        assert_eq!(connection.sign_up(&format!("durable-{user}@example.com")).unwrap().status, 201);
    }
    assert_success(server.stop().status);

    let (events, wal) = (events(&scene), wal(&scene));
    assert_eq!(answers(&events, &wal), (30, Vec::new()));
    // Nothing but these requests writes here, so that the last write before an answer is the answer's own.
    for (at, _) in events.iter().enumerate().filter(|(_, event)| matches!(event, Event::Answered(_))) {
        let write = events[..at].iter().rposition(|event| matches!(event, Event::Frame { .. }));
        let sync = events[..at].iter().rposition(|event| event.is_sync_of(&wal));
        assert!(write.is_some() && write < sync, "write {write:?}, sync {sync:?}, 201 {at}");
    }
}

#[test]
fn a_new_database_is_in_its_folder_on_the_disk_before_the_first_201() {
    sqlite_only!("the files that the process syncs itself");
    let scene = Scene::new();
    let server = start(&scene, [("WORKER_COUNT", "0"), ("DURABILITY", "full")]);
    assert_eq!(Connection::open(server.address()).unwrap().sign_up("durable-1@example.com").unwrap().status, 201);
    assert_success(server.stop().status);

    let (events, folder) = (events(&scene), scene.folder().canonicalize().unwrap());
    let answer = events.iter().position(|event| matches!(event, Event::Answered(_))).unwrap();
    // The entries of the file and of its WAL: without them, what is in the files is out of reach.
    assert!(events[..answer].iter().any(|event| event.is_sync_of(&folder)), "{events:#?}");
}

#[test]
fn over_64_connections_no_201_leaves_before_its_own_commit_is_synced() {
    sqlite_only!("the files that the process syncs itself");
    let scene = Scene::new();
    let server = start(&scene, [("WORKER_COUNT", "3"), ("DURABILITY", "full")]);
    let load = Load::start(server.address(), 64, "durable");
    load.acknowledged(500);
    let sent = load.finish();
    assert_success(server.stop().status);

    assert_eq!(answers(&events(&scene), &wal(&scene)), (sent.created.len(), Vec::new()));
}

#[test]
fn with_normal_durability_201s_leave_without_a_sync_and_the_trace_shows_it() {
    sqlite_only!("the files that the process syncs itself");
    let scene = Scene::new();
    let server = start(&scene, [("WORKER_COUNT", "0"), ("DURABILITY", "normal")]);
    let load = Load::start(server.address(), 4, "durable");
    load.acknowledged(100);
    let sent = load.finish();
    assert_success(server.stop().status);

    let events = events(&scene);
    let (answered, too_early) = answers(&events, &wal(&scene));
    assert_eq!(answered, sent.created.len());
    // A checkpoint syncs the WAL now and then, which makes some of them durable by luck.
    assert!(too_early.len() > answered / 2, "{} of {answered} without a sync", too_early.len());
}
