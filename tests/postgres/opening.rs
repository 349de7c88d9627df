//! A start that cannot succeed says why in one line, which never holds the password.

use crate::postgres::{PASSWORD, PASSWORD_IN_URL, free_port};
use crate::support::Scene;

/// Runs `keiyaku serve` and `keiyaku migrate`, neither of which may begin; returns their exit code and their one line.
pub fn refused(scene: &Scene, url: &str) -> (i32, String) {
    let [served, migrated] = ["serve", "migrate"].map(|command| {
        let output = scene.command(&[command]).env("DATABASE_URL", url).output().unwrap();
        let all = [output.stdout, output.stderr.clone()].concat();
        let all = String::from_utf8(all).unwrap();
        for secret in [PASSWORD, PASSWORD_IN_URL, "p@ss", "w:rd"] {
            assert!(!all.contains(secret), "{all}");
        }
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    });
    assert_eq!(served, migrated);
    let (code, errors) = served;
    let line = errors.strip_prefix("keiyaku: ").unwrap().strip_suffix('\n').unwrap();
    assert!(!line.contains('\n'), "{line}");
    (code, line.to_owned())
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let scene = Scene::new();
    let port = free_port();
    let (code, line) = refused(&scene, &format!("postgres://keiyaku:{PASSWORD_IN_URL}@127.0.0.1:{port}/app"));
    assert_eq!(code, 1);
    let beginning = format!("cannot open the database postgres://127.0.0.1:{port}/app: ");
    assert!(line.starts_with(&beginning) && line.contains("Connection refused"), "{line}");
}

#[test]
fn a_wrong_password_and_a_missing_database_are_told_apart() {
    let scene = Scene::new();
    let (code, line) = refused(&scene, &scene.url().replace("rd%3F@", "rd%3Fp@"));
    assert!(code == 1 && line.contains("password authentication failed"), "{code} {line}");
    let (code, line) = refused(&scene, &format!("{}_missing", scene.url()));
    assert!(code == 1 && line.contains("does not exist"), "{code} {line}");
}

#[test]
fn an_address_that_would_be_misread_is_refused_without_a_word_of_it() {
    let scene = Scene::new();
    let misread = [
        format!("postgres://keiyaku:{PASSWORD}@127.0.0.1/app"),
        "postgres://keiyaku:p@ss@127.0.0.1/app".to_owned(),
        "postgres://keiyaku:w:rd/x@127.0.0.1/app".to_owned(),
        "postgres://keiyaku:p%zzw:rd@127.0.0.1/app".to_owned(),
        "postgres://keiyaku:w:rd".to_owned(),
        "postgres://127.0.0.1/app?password=p@ss".to_owned(),
    ];
    for url in misread {
        let (code, line) = refused(&scene, &url);
        assert_eq!(code, 2, "{url}: {line}");
        assert!(line.starts_with("DATABASE_URL=[not shown]: ") && line.contains("%40"), "{line}");
    }
}

#[test]
fn of_several_hosts_the_one_that_answers_is_used() {
    let scene = Scene::new();
    let (gone, here) = (format!("@127.0.0.1:{}", free_port()), scene.url().split_once('@').unwrap().1.to_owned());
    let url = scene.url().replace(&format!("@{here}"), &format!("{gone},{here}"));
    let server = scene.start(&[("DATABASE_URL", &url)]);
    assert_eq!(scene.client(&server).sign_up("taro@example.com").status, 201);
    server.drained();
    server.stop().assert_untroubled();
}

#[cfg(not(feature = "postgres-tls"))]
#[test]
fn an_address_that_asks_for_tls_is_refused_by_a_build_without_it() {
    let scene = Scene::new();
    for mode in ["require", "verify-ca", "verify-full"] {
        let (code, line) = refused(&scene, &format!("{}?sslmode={mode}", scene.url()));
        assert_eq!(code, 2);
        assert!(line.ends_with("build it with `--features postgres-tls`, or leave sslmode out"), "{line}");
    }
}
