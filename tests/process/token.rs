//! `keiyaku token`.

use crate::support::Scene;

#[test]
fn a_scope_that_the_contract_does_not_know_is_refused_with_those_that_it_knows() {
    let scene = Scene::new();
    for scope in ["users:raed", "users:read admin", "USERS:READ", ""] {
        let output = scene.command(&["token", "--scope", scope]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let known = "must be one or more of jobs:follow, jobs:read, jobs:write, users:read, users:self, users:write";
        assert_eq!(said, format!("keiyaku: --scope {scope:?}: {known}\n"));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    }
}

#[test]
fn scopes_come_one_by_one_or_together() {
    let scene = Scene::new();
    for scopes in [&["--scope", "users:read", "--scope", "jobs:write"][..], &["--scope", "users:self  jobs:read"]] {
        let token = scene.run(&[&["token"], scopes].concat());
        assert_eq!(token.split('.').count(), 3, "{token}");
    }
}
