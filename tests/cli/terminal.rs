//! What differs on a terminal. `script` of util-linux gives a command one.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::{Scene, mail_job, put_in};

/// What a terminal of so many columns shows, for somebody who types `answer`.
fn on_a_terminal(scene: &Scene, columns: u32, arguments: &str, answer: &str, environment: &[(&str, &str)]) -> String {
    let (code, shown) = ended_on_a_terminal(scene, columns, arguments, answer, environment);
    assert_eq!(code, Some(0), "{shown}");
    shown
}

/// The same with the exit code.
fn ended_on_a_terminal(
    scene: &Scene,
    columns: u32,
    arguments: &str,
    answer: &str,
    environment: &[(&str, &str)],
) -> (Option<i32>, String) {
    let keiyaku = scene.command(&[]);
    let line = format!("stty rows 24 cols {columns} -echo && {} {arguments}", keiyaku.get_program().display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.current_dir(scene.folder()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    let own = keiyaku.get_envs().filter_map(|(name, value)| Some((name, value?)));
    script.envs(own).env("TERM", "xterm").envs(environment.iter().copied());
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n"))
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
    for answer in ["n\n", "\n"] {
        let (code, refused) = ended_on_a_terminal(&scene, 80, cancel, answer, &[]);
        assert!(
            refused.ends_with("2 jobs are to be cancelled. Go on? [y/N] keiyaku: nothing was changed\n"),
            "{refused:?}"
        );
        assert_eq!(code, Some(1));
    }
    assert_eq!(scene.open().count("job_queue WHERE status = 'pending'"), 3);
    let agreed = on_a_terminal(&scene, 80, cancel, "y\n", &[]);
    assert!(agreed.contains("2 jobs are cancelled\n"), "{agreed}");
    assert_eq!(scene.open().count("job_queue WHERE status = 'pending'"), 1);
}

#[test]
fn nobody_is_asked_about_no_jobs() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    for (command, said) in [("retry", "0 jobs are put back to waiting\n"), ("cancel", "0 jobs are cancelled\n")] {
        assert_eq!(on_a_terminal(&scene, 80, &format!("jobs {command} --all-matching"), "", &[]), said);
    }
    let none = on_a_terminal(&scene, 80, "jobs cancel --all-matching --json", "", &[]);
    assert_eq!(none, "{\"changed\":0,\"skipped\":0,\"more\":false}\n");
}

#[test]
fn an_import_shows_how_far_it_is_and_leaves_nothing_of_that_behind() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    let users: String = (0..5_000).map(|user| format!("{{\"email\":\"{user}@example.com\",\"age\":1}}\n")).collect();
    fs::write(scene.path("users.jsonl"), format!("rubbish\n{users}")).unwrap();
    let of_file = "users import users.jsonl";
    let of_input = "users import - < users.jsonl";
    for (arguments, form, taken_in) in [(of_file, "KiB, ", 5_000), (of_input, "KiB read", 0)] {
        let (code, shown) = ended_on_a_terminal(&scene, 100, arguments, "", &[]);
        assert_eq!(code, Some(1), "one line is refused: {shown:?}");
        let drawn: Vec<&str> = shown.split(['\r', '\n']).filter(|line| line.contains(form)).collect();
        assert!(!drawn.is_empty(), "{form}: {shown:?}");
        // The line that is refused begins a line of its own, and what comes last is the sum alone.
        let cleared = "\u{1b}[2K";
        assert!(shown.contains(&format!("{cleared}line 1: ")), "{shown:?}");
        let last = shown.trim_end().rsplit(cleared).next().unwrap();
        let sum =
            format!("{taken_in} users are taken in, {} were there already, 1 lines are refused", 5_000 - taken_in);
        assert_eq!(last, sum, "{shown:?}");
    }
}
