//! `keiyaku jobs watch`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::{Scene, eventually, mail_job, put_in};

/// A watch that has begun.
fn watching(scene: &Scene, arguments: &[&str]) -> Child {
    let mut command = scene.command(&[&["jobs", "watch"], arguments].concat());
    let mut watch = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(watch.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "following the jobs as they change; Ctrl-C ends it\n");
    watch
}

fn interrupted(mut watch: Child) {
    let kill = format!("kill -INT {}", watch.id());
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    assert_eq!(watch.wait().unwrap().code(), Some(0));
    let mut said = String::new();
    watch.stderr.unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
}

#[test]
fn changes_of_another_process_are_told_as_they_come() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    let mut watch = watching(&scene, &["--json", "--queue", "mail"]);
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    put_in(&scene, &server, &[mail_job("other", 1), mail_job("mail", 2)]);
    let job = next();
    assert_eq!((&job["id"], &job["status"]), (&2.into(), &"pending".into()));
    scene.run(&["jobs", "cancel", "1", "2"]);
    let job = next();
    assert_eq!((&job["id"], &job["status"]), (&2.into(), &"cancelled".into()));
    interrupted(watch);
}

#[test]
fn for_people_it_is_a_table_that_grows_and_a_reader_that_goes_ends_it() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    put_in(&scene, &server, &[mail_job("mail", 1)]);
    let mut watch = watching(&scene, &["--job", "1"]);
    scene.run(&["jobs", "cancel", "1"]);
    let mut out = BufReader::new(watch.stdout.take().unwrap());
    let (mut head, mut row) = (String::new(), String::new());
    out.read_line(&mut head).unwrap();
    out.read_line(&mut row).unwrap();
    assert!(
        head.starts_with("ID  TYPE ") && row.starts_with(" 1  send_welcome_email  mail   cancelled "),
        "{head}{row}"
    );
    drop(out);
    scene.run(&["jobs", "retry", "1"]);
    assert_eq!(watch.wait().unwrap().code(), Some(0));
}

#[test]
fn a_job_that_is_not_there_is_not_waited_for() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    let mut watch = scene.command(&["jobs", "watch", "--job", "7"]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ended = eventually("it ends by itself", || watch.try_wait().unwrap());
    let mut said = String::new();
    watch.stderr.unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((ended.code(), said.as_str()), (Some(1), "keiyaku: Job not found\n"));
}
