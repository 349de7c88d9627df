//! What differs on a terminal. `script` of util-linux gives a command one.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::{Scene, mail_job, put_in};

/// What a terminal of so many columns shows, for somebody who types `answer`.
fn on_a_terminal(scene: &Scene, columns: u32, arguments: &str, answer: &str, environment: &[(&str, &str)]) -> String {
    let keiyaku = scene.command(&[]);
    let line = format!("stty rows 24 cols {columns} -echo && {} {arguments}", keiyaku.get_program().display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.current_dir(scene.folder()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    script.env("TERM", "xterm").envs(environment.iter().copied());
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
}

#[test]
fn there_are_colours_unless_they_are_not_wanted_and_lines_fit() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    put_in(&scene, &server, &[mail_job("a-queue-with-quite-a-long-name", 1)]);
    scene.run(&["jobs", "cancel", "1"]);
    let wide = on_a_terminal(&scene, 200, "jobs list", "", &[]);
    assert!(
        wide.contains("\u{1b}[90mcancelled\u{1b}[0m") && wide.contains("a-queue-with-quite-a-long-name"),
        "{wide:?}"
    );
    let narrow = on_a_terminal(&scene, 80, "jobs list", "", &[("NO_COLOR", "1")]);
    assert!(!narrow.contains('\u{1b}') && narrow.contains('…'), "{narrow:?}");
    assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
}

#[test]
fn somebody_is_asked_before_many_jobs_are_changed() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    put_in(&scene, &server, &[mail_job("mail", 1), mail_job("mail", 2), mail_job("other", 3)]);
    let cancel = "jobs cancel --all-matching --queue mail";
    let refused = on_a_terminal(&scene, 80, cancel, "n\n", &[]);
    assert!(
        refused.contains("2 jobs are to be cancelled. Go on? [y/N] ") && !refused.contains("are cancelled"),
        "{refused}"
    );
    assert_eq!(scene.open().count("job_queue WHERE status = 'pending'"), 3);
    let agreed = on_a_terminal(&scene, 80, cancel, "y\n", &[]);
    assert!(agreed.contains("2 jobs are cancelled\n"), "{agreed}");
    assert_eq!(scene.open().count("job_queue WHERE status = 'pending'"), 1);
}
