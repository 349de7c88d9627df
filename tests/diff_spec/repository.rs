//! `make diff-spec` itself, in a repository of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{ROOT, Run, merge};

const MODES: [&str; 3] = ["default", "flexible", "strict"];

/// What `make diff-spec` reads, as it lies in the working tree, and one commit of it.
struct Repository(TempDir);

impl Repository {
    fn new() -> Repository {
        let repository = Repository(TempDir::new().unwrap());
        for part in
            ["Makefile", "tools.mk", "test-tools.mk", "dashboard.mk", "packages.mk", "build", "openapi", "generated"]
        {
            let copied = Command::new("cp").arg("-r").arg(Path::new(ROOT).join(part)).arg(repository.0.path()).status();
            assert!(copied.unwrap().success(), "{part}");
        }
        repository.git(&["init", "--quiet"]);
        repository.commit();
        repository
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        let author = ["-c", "user.name=Taro", "-c", "user.email=taro@example.com", "-c", "commit.gpgsign=false"];
        self.git(&[&author[..], &["commit", "--quiet", "--message", "A contract."]].concat());
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) {
        self.run(Command::new("git").args(arguments)).assert(0, &[]);
    }

    fn run(&self, command: &mut Command) -> Run {
        // A hook of git or an outer make would lead elsewhere.
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BASE"] {
            command.env_remove(name);
        }
        command.current_dir(self.0.path()).output().unwrap().into()
    }

    fn make(&self, base: &str) -> Run {
        self.run(Command::new("make").args(["--no-print-directory", "diff-spec", base]))
    }

    /// What make runs: make itself says 2 whatever its command says.
    fn diff(&self, base: &str) -> Run {
        self.run(Command::new("python3").args(["openapi/diff", base]))
    }

    /// Has the last commit differ from the working tree by `change`, which is put on top of the documents of these modes.
    fn before(self, modes: &[&str], change: &Value) -> Repository {
        for mode in modes {
            let file = self.0.path().join(format!("generated/openapi/{mode}.json"));
            let mut document: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            merge(&mut document, change);
            fs::write(file, document.to_string()).unwrap();
        }
        self.commit();
        self.git(&["checkout", "--quiet", "HEAD~1", "--", "generated"]);
        self
    }
}

#[test]
fn nothing_breaks_where_nothing_changed() {
    let repository = Repository::new();
    let run = repository.make("BASE=HEAD");
    run.assert(0, &["compared with HEAD", "Nothing breaks."]);
    assert!(!run.out.contains("What breaks nobody"), "{}", run.out);
    assert!(!repository.0.path().join("openapi/diff/__pycache__").exists(), "nothing is left behind");
}

#[test]
fn a_change_that_breaks_is_named_with_its_place_and_whom_it_breaks() {
    let new = json!({"paths": {"/gone": {"get": {"responses": {"204": {"description": "Gone."}}}}}});
    let repository = Repository::new().before(&MODES, &new);
    let says = ["/paths/~1gone/get\n    operation is gone\n    breaks clients that call GET /gone\n", "make it"];
    repository.diff("HEAD").assert(1, &says);
    repository.make("BASE=HEAD").assert(2, &["operation is gone", "Error 1"]);
    repository.diff("HEAD~1").assert(0, &["Nothing breaks."]);
}

#[test]
fn a_change_that_breaks_in_one_mode_says_in_which() {
    let looser = json!({"components": {"schemas": {"UserCreate": {"properties": {"age": {"maximum": 200}}}}}});
    let run = Repository::new().before(&["strict"], &looser).diff("HEAD");
    run.assert(1, &["breaks clients that send POST /users (in strict mode only)", "maximum is 150; it was 200"]);
}

#[test]
fn with_a_new_version_it_may_break() {
    let older = json!({"info": {"version": "0.0.1"}, "x-job-types": {"knit": {"payload": {"type": "object"}}}});
    let run = Repository::new().before(&MODES, &older).make("BASE=HEAD");
    run.assert(0, &["/x-job-types/knit", "breaks clients that put in jobs of the type knit", "it was 0.0.1"]);
}

#[test]
fn documents_that_are_not_made_anew_yet_are_not_compared() {
    let repository = Repository::new();
    for file in ["openapi/openapi.yaml", "openapi/overlays/strict.yaml", "generated/openapi/default.json"] {
        let file = repository.0.path().join(file);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{text}\n")).unwrap();
        repository.diff("HEAD").assert(2, &[file.file_name().unwrap().to_str().unwrap(), "make generate"]);
        fs::write(&file, text).unwrap();
    }
    let more = repository.0.path().join("openapi/overlays/more.yaml");
    fs::write(&more, "").unwrap();
    repository.diff("HEAD").assert(2, &["openapi/overlays/more.yaml", "make generate"]);
    fs::remove_file(more).unwrap();
    fs::remove_file(repository.0.path().join("generated/checksum")).unwrap();
    repository.diff("HEAD").assert(2, &["generated/checksum", "make generate"]);
}

#[test]
fn a_revision_that_is_missing_or_unknown_is_told() {
    let repository = Repository::new();
    for (base, says) in [
        ("BASE=", "usage: make diff-spec BASE="),
        ("BASE=--help", "usage: make diff-spec BASE="),
        ("BASE=nothing", "git knows no revision 'nothing'"),
        ("BASE=HEAD:openapi", "git knows no revision 'HEAD:openapi'"),
    ] {
        repository.make(base).assert(2, &["diff-spec: ", says, "Error 2"]);
    }
    repository.git(&["rm", "-r", "--quiet", "--cached", "generated"]);
    repository.git(&["-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "None."]);
    repository.diff("HEAD").assert(2, &["HEAD has no generated/openapi/default.json"]);
}
