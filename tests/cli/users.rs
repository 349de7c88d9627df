//! `keiyaku users import|export`.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::{
    LIMIT, Scene, assert_refused, binary, eventually, eventually_within, is_long, json, keiyaku, ran,
};

/// So many sign-ups, one a line.
fn lines(users: usize) -> String {
    (0..users).map(|user| format!("{{\"email\":\"user{user}@example.com\",\"age\":{}}}\n", user % 100)).collect()
}

fn imported(users: usize, already_there: usize, refused: usize) -> Value {
    json!({ "imported": users, "already_there": already_there, "refused": refused })
}

/// A folder with a database and this file.
fn scene_with(name: &str, text: &str) -> Scene {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    fs::write(scene.path(name), text).unwrap();
    scene
}

#[test]
fn users_are_taken_in_with_all_that_a_sign_up_makes_but_the_mail() {
    let user = r#"{"email":"Ta\u0072o@example.com","age":2.5e1,"name":"Taro","hobby":["go"],"location":"Kyoto","score":95,"n":1.50}"#;
    let scene = scene_with(
        "users.jsonl",
        &format!("{user}\n\n{{\"email\":\"hana@example.com\",\"age\":7,\"is_active\":false}}"),
    );
    let flexible = [("VALIDATION_MODE", "flexible")];
    let run = ran(scene.command(&["users", "import", "users.jsonl"]).envs(flexible));
    assert_eq!(run.out, "2 users are taken in, 0 were there already, 0 lines are refused\n", "{run:?}");
    let mut database = scene.open();
    let rows =
        database.texts("SELECT email || age || name || additional_data AS value FROM users WHERE id = 1 AND is_active");
    assert_eq!(rows, [r#"Taro@example.com25Taro{"hobby":["go"],"location":"Kyoto","score":95,"n":1.50}"#]);
    let profiles = database.texts(
        "SELECT interests || coalesce(region, '') || coalesce(rank, '') AS value FROM user_profiles ORDER BY user_id",
    );
    assert_eq!(profiles, [r#"["go"]Kyotoplatinum"#, "[]"]);
    assert_eq!(database.number("SELECT CAST(sum(signups) AS BIGINT) AS value FROM signup_counts"), 2);
    assert_eq!(database.count("job_queue"), 0);

    // With jobs, they are as if they had signed up.
    let (welcome, hers) = (scene.path("more.jsonl"), r#"{"email":"jiro@example.com","age":1}"#);
    fs::write(welcome, hers).unwrap();
    let _server = scene.start::<&str>(&[]);
    scene.run(&["users", "import", "more.jsonl", "--welcome"]);
    eventually("the welcome mail is written", || (scene.mails().len() == 1).then_some(()));
    assert_eq!(scene.open().count("user_profiles"), 3);
}

#[test]
fn every_line_that_does_not_fit_is_told_and_the_others_are_taken_in() {
    let text = "{\"email\":\"a@example.com\",\"age\":1}\n{\"email\":\"nobody\",\"age\":-1,\"more\":1}\nrubbish\n\n[]\n{\"email\":\"b@example.com\",\"age\":2}\n{\"email\":\"A@EXAMPLE.com\",\"age\":3}\n";
    let scene = scene_with("users.jsonl", text);
    let checked = json!({ "would_import": 2, "already_there": 1, "refused": 3 });
    for (arguments, expected, users) in [("--dry-run", checked, 0), ("", imported(2, 1, 3), 2)] {
        let run = keiyaku(&scene, &format!("users import users.jsonl --json {arguments}"));
        assert_eq!((run.code, serde_json::from_str::<Value>(&run.out).unwrap()), (Some(1), expected));
        let said: Vec<&str> = run.said.lines().collect();
        assert_eq!(said.len(), 3, "{run:?}");
        assert!(
            said[0].starts_with("line 2: ")
                && said[0].contains("/age: must be at least 0")
                && said[0].contains("/more: is not allowed"),
            "{said:?}"
        );
        assert!(
            said[1].starts_with("line 3: The body is not well-formed JSON: ") && said[1].contains("column 1"),
            "{said:?}"
        );
        assert_eq!(said[2], "line 5: must be an object");
        assert_eq!(scene.open().count("users"), users);
    }
    let strict = ran(scene.command(&["users", "import", "users.jsonl"]).env("BODY_LIMIT", "1024"));
    assert!(strict.said.contains("line 2: "), "{strict:?}");
    fs::write(scene.path("long.jsonl"), format!("{{\"email\":\"{}\"}}\n{}", "x".repeat(3000), lines(1))).unwrap();
    let long = ran(scene.command(&["users", "import", "long.jsonl"]).env("BODY_LIMIT", "1024"));
    assert_eq!(long.said, "line 1: The request body is too large: The body is larger than 1024 bytes.\n");
    assert_eq!(long.out, "1 users are taken in, 0 were there already, 1 lines are refused\n");
}

#[test]
fn a_dry_run_says_what_the_import_would() {
    let scene = scene_with("users.jsonl", &lines(10));
    scene.run(&["users", "import", "users.jsonl"]);
    // Five of them are there; and the last is one before it in capitals.
    let more = format!(
        "{}{{\"email\":\"MORE@example.com\",\"age\":1}}\n{{\"email\":\"more@example.com\",\"age\":1}}\n",
        lines(5)
    );
    fs::write(scene.path("more.jsonl"), more).unwrap();
    assert_eq!(
        keiyaku(&scene, "users import more.jsonl --dry-run").out,
        "1 users would be taken in, 6 are there already, 0 lines would be refused; nobody was taken in\n"
    );
    assert_eq!(json(&scene, "users import more.jsonl --json"), imported(1, 6, 0));
}

#[test]
fn what_is_exported_can_be_imported_in_both_formats() {
    let text = "{\"email\":\"a@example.com\",\"age\":1,\"name\":\"A, \\\"the\\\" first\",\"bio\":\"two\\nlines\",\"is_active\":false,\"x\":[1.50,12345678901234567890.123,null],\"y\":1e10}\n{\"email\":\"b@example.com\",\"age\":2,\"is_active\":true}\n";
    let flexible = [("VALIDATION_MODE", "flexible")];
    let first = scene_with("users.jsonl", text);
    assert_eq!(ran(first.command(&["users", "import", "users.jsonl"]).envs(flexible)).code, Some(0));
    assert_eq!(keiyaku(&first, "users export").out, text);
    for format in ["jsonl", "csv"] {
        let out = keiyaku(&first, &format!("users export --format {format}")).out;
        let second = scene_with(&format!("users.{format}"), &out);
        let run = ran(second.command(&["users", "import", &format!("users.{format}")]).envs(flexible));
        assert_eq!(run.out, "2 users are taken in, 0 were there already, 0 lines are refused\n", "{run:?} {out}");
        // Every number in its own words.
        assert_eq!(keiyaku(&second, "users export").out, text, "{format}");
    }
}

#[test]
fn what_looks_like_a_command_to_a_terminal_is_exported_as_it_is_and_told_without_it() {
    let text = "{\"email\":\"a@example.com\",\"age\":1,\"name\":\"a\\u001b]b\u{7f}\",\"is_active\":true}\n{\"email\":\"b@example.com\",\"age\":2,\"is_active\":true}\n";
    let first = scene_with("users.jsonl", text);
    keiyaku(&first, "users import users.jsonl");
    assert_eq!(keiyaku(&first, "users export").out, text);
    let csv = keiyaku(&first, "users export --format csv").out;
    assert!(csv.contains("a@example.com,1,a\u{1b}]b\u{7f},"), "{csv:?}");
    let second = scene_with("users.csv", &csv);
    keiyaku(&second, "users import users.csv");
    assert_eq!(keiyaku(&second, "users export").out, text);
    let refused = scene_with("users.jsonl", "{\"email\":\"c@example.com\",\"age\":3,\"\\u001b[2J\":1}\n");
    let run = keiyaku(&refused, "users import users.jsonl");
    assert!(run.said.contains("line 1: / [2J"), "{run:?}");
}

#[test]
fn rows_of_csv_are_told_by_their_line() {
    let text = "age,email,name\n1,a@example.com,\n2,nobody,\"two\nlines\"\n3\nx,c@example.com,C\n";
    let scene = scene_with("users.csv", text);
    let run = keiyaku(&scene, "users import users.csv");
    assert_eq!(
        (run.code, run.out.as_str()),
        (Some(1), "1 users are taken in, 0 were there already, 3 lines are refused\n")
    );
    let said: Vec<&str> = run.said.lines().collect();
    assert!(said[0] == "line 3: /email: Email address format is invalid", "{said:?}");
    assert_eq!(said[1..], ["line 5: has 1 fields, and the first line has 3", "line 6: /age: must be an integer"]);
}

#[test]
fn a_row_of_csv_beyond_the_limit_is_refused_and_fills_no_memory() {
    let scene = scene_with("unused", "");
    let mut command = scene.command(&["users", "import", "-", "--format", "csv"]);
    command.env("BODY_LIMIT", "1024").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all("\u{feff}email,age,name\na@example.com,1,\"".as_bytes()).unwrap();
    let piece = "x\n".repeat(512 * 1024);
    (0..96).for_each(|_| input.write_all(piece.as_bytes()).unwrap());
    // It has read all of it but what a pipe holds.
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")).unwrap();
    assert!(peak.parse::<u64>().unwrap() < 90 * 1024, "{peak} KiB");
    input.write_all(b"\"\nb@example.com,2,\xff\nc@example.com,3,C\nd@example.com,4,\"D").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let line = 2 + 96 * 512 * 1024;
    let expected = format!(
        "line 2: has more than 1024 bytes; is a quote missing that ends a field?\nline {}: is not valid UTF-8\n",
        line + 1
    );
    assert_eq!(said, expected);
    let sum = "2 users are taken in, 0 were there already, 2 lines are refused\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), sum);
}

/// So many sign-ups whose addresses are in no order.
fn many(users: usize) -> String {
    let mut state = 7_u64;
    let line = |user| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let age = user % 100;
        format!("{{\"email\":\"{:x}.{user}@example.com\",\"age\":{age},\"name\":\"User {user}\"}}\n", state >> 24)
    };
    (0..users).map(line).collect()
}

#[test]
fn an_import_that_was_killed_is_finished_by_the_next_without_a_duplicate() {
    let users = if is_long() { 1_000_000 } else { 100_000 };
    let scene = scene_with("users.jsonl", &many(users));
    let mut import = scene.command(&["users", "import", "users.jsonl"]).stdout(Stdio::null()).spawn().unwrap();
    eventually("some are there", || (scene.open().count("users") > 0).then_some(()));
    import.kill().unwrap();
    import.wait().unwrap();
    let there = usize::try_from(scene.open().count("users")).unwrap();
    assert!(there > 0 && there < users, "killed halfway: {there}");
    let rest = json(&scene, "users import users.jsonl --json");
    assert_eq!(rest, imported(users - there, there, 0));
    let mut database = scene.open();
    let all = i64::try_from(users).unwrap();
    assert_eq!([database.count("users"), database.count("user_profiles")], [all; 2]);
    assert_eq!(database.number("SELECT CAST(sum(signups) AS BIGINT) AS value FROM signup_counts"), all);
    database.assert_sound();
}

#[test]
fn many_users_take_little_memory_and_a_release_build_little_time() {
    let users = if is_long() { 1_000_000 } else { 100_000 };
    let scene = scene_with("users.jsonl", &many(users));
    let started = Instant::now();
    let mut import = scene.command(&["users", "import", "users.jsonl"]).stdout(Stdio::null()).spawn().unwrap();
    let (status, mut most) = (format!("/proc/{}/status", import.id()), 0);
    // A build without optimisations, beside other tests, may take its time.
    let ended = eventually_within(20 * LIMIT, "the import ends", || {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak =
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        most = peak.unwrap_or_default().max(most);
        import.try_wait().unwrap()
    });
    let rate = users as f64 / started.elapsed().as_secs_f64();
    println!("{rate:.0} users a second, at most {most} KiB");
    assert!(ended.success() && most > 0 && most < 200 * 1024, "{ended}, {most} KiB");
    assert!(binary().is_none() || rate >= 50_000.0, "{rate:.0} users a second");
}

#[test]
fn standard_input_is_read_as_it_comes() {
    let scene = scene_with("unused", "");
    let mut child = scene
        .command(&["users", "import", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines(2500).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), imported(2500, 0, 0));
    assert_refused(
        &keiyaku(&scene, "users import gone.jsonl"),
        1,
        "cannot read gone.jsonl: No such file or directory (os error 2)",
    );
    assert_eq!(keiyaku(&scene, "users import .").code, Some(1));
}
