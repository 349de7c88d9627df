//! A copy of the repository, to change and to build.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

pub const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

/// A folder in the one that cargo builds in: it is ignored by git, stays there from run to run, and so does what was
/// compiled of it.
const PLACE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/tour");

/// What `cargo build` is told in addition, so that the dependencies are those that `cargo test` compiled, in its own build
/// folder (which it no longer locks by the time tests run).
///
/// `--examples`, of which there are none: only with a target of that kind does cargo choose the features of dependencies
/// as it does for tests. And a profile that differs, for the package alone: cargo names what it compiles by, among other
/// things, the package's place in its workspace, where the copy is like the original, and the profile. By the same names
/// the two would overwrite each other.
const ADDED: [&str; 6] =
    ["--lib", "--bins", "--examples", "--offline", "--config", "profile.dev.package.keiyaku.strip=true"];

/// The copy. There is one, so a test has it to itself for as long as it holds this.
pub struct Copy {
    root: PathBuf,
    _lock: File,
}

/// What a command did.
pub struct Run {
    command: String,
    succeeded: bool,
    /// Standard output, then standard error.
    output: String,
}

impl Copy {
    /// The working tree: what git has or would take, as it lies there. Files that are the same already are not written,
    /// so that nothing is compiled for them.
    pub fn fresh() -> Copy {
        fs::create_dir_all(PLACE).unwrap();
        let lock = File::create(Path::new(PLACE).join("lock")).unwrap();
        lock.lock().unwrap();
        let copy = Copy { root: Path::new(PLACE).join("keiyaku"), _lock: lock };
        let files = working_tree();
        copy.files("").iter().filter(|file| !files.contains(*file)).for_each(|file| {
            fs::remove_file(copy.root.join(file)).unwrap();
            // A folder that is empty now would be a migration without SQL.
            let mut folders = file.ancestors().skip(1).map(|folder| copy.root.join(folder));
            while folders.next().is_some_and(|folder| fs::remove_dir(folder).is_ok()) {}
        });
        for file in files {
            let (source, target) = (Path::new(REPOSITORY).join(&file), copy.root.join(&file));
            if fs::read(&target).ok() != Some(fs::read(&source).unwrap()) {
                fs::create_dir_all(target.parent().unwrap()).unwrap();
                fs::copy(source, target).unwrap();
            }
        }
        if copy.has(".tools") {
            fs::remove_dir_all(copy.root.join(".tools")).unwrap();
        }
        copy
    }

    /// Has the generator where `make tools` puts it. It is the repository's: `make test` has installed it there.
    pub fn install_generator(&self) {
        let installed = Path::new(REPOSITORY).join(".tools/openapi-generator");
        assert!(installed.exists(), "this test needs the generator: run  make tools");
        fs::create_dir_all(self.root.join(".tools")).unwrap();
        symlink(installed, self.root.join(".tools/openapi-generator")).unwrap();
    }

    pub fn cargo_build(&self) -> Run {
        self.cargo_build_with_path(&env::var_os("PATH").unwrap())
    }

    pub fn cargo_build_with_path(&self, path: &OsStr) -> Run {
        self.run(Command::new(env!("CARGO")).arg("build").args(ADDED).env("PATH", path))
    }

    /// Builds the tests of a target, too, and runs those of these names.
    pub fn cargo_test(&self, target: &str, names: &[&str]) -> Run {
        let cargo = || Command::new(env!("CARGO"));
        self.run(cargo().arg("build").args(ADDED).args(["--test", target])).assert_succeeded();
        let (chosen, profile) = (["--test", target], &ADDED[3..]);
        self.run(cargo().arg("test").args(chosen).args(profile).arg("--").args(names))
    }

    /// `make generate`, whose `cargo check` is a `cargo build` here: otherwise the dependencies would have to be compiled
    /// once more, for checking.
    pub fn make_generate(&self) -> Run {
        let folder = emptied("cargo");
        let check = "[ \"$*\" = check ] || { echo \"this stands in for cargo check, not for cargo $*\" >&2; exit 1; }";
        let script = format!("#!/bin/sh\n{check}\nexec '{}' build {}\n", env!("CARGO"), ADDED.join(" "));
        fs::write(folder.join("cargo"), script).unwrap();
        fs::set_permissions(folder.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        let path = env::var_os("PATH").unwrap();
        let path = env::join_paths([folder].into_iter().chain(env::split_paths(&path))).unwrap();
        self.run(Command::new("make").arg("generate").env("PATH", path))
    }

    fn run(&self, command: &mut Command) -> Run {
        let build_folder = Path::new(PLACE).ancestors().nth(2).unwrap();
        command
            .current_dir(&self.root)
            .env("CARGO_BUILD_BUILD_DIR", build_folder)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env("CARGO_TERM_COLOR", "never");
        // What a person's shell doesn't have, or what would lead to Java or to another generator.
        for name in ["JAVA_HOME", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "OPENAPI_GENERATOR"] {
            command.env_remove(name);
        }
        // What cargo tells tests of their package: a dependency whose build script looks at it would be compiled anew, here and
        // again for the original.
        let of_package = |name: &OsString| {
            ["CARGO_MANIFEST_", "CARGO_PKG_", "OUT_DIR"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix))
        };
        for (name, _) in env::vars_os().filter(|(name, _)| of_package(name)) {
            command.env_remove(name);
        }
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Run {
            command: format!("{:?} {:?}", command.get_program(), command.get_args().collect::<Vec<_>>()),
            succeeded: output.status.success(),
            output: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        }
    }

    pub fn has(&self, place: &str) -> bool {
        self.root.join(place).exists()
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Puts `text` after the first line that is `line`.
    pub fn insert(&self, file: &str, line: &str, text: &str) {
        let (old, line) = (self.read(file), format!("\n{line}\n"));
        let (before, after) = old.split_once(&line).unwrap_or_else(|| panic!("{file} has no line {line:?}"));
        self.write(file, &[before, &line, text, after].concat());
    }

    /// The same for the first such line behind one that is `section`.
    pub fn insert_in(&self, file: &str, section: &str, line: &str, text: &str) {
        let (old, section, line) = (self.read(file), format!("\n{section}\n"), format!("\n{line}\n"));
        let found = old.find(&section).and_then(|start| Some(start + old[start..].find(&line)? + line.len()));
        let end = found.unwrap_or_else(|| panic!("{file} has no line {line:?} behind {section:?}"));
        self.write(file, &[&old[..end], text, &old[end..]].concat());
    }

    /// Takes files out of the copy, to be there when another test has it. Returns their folder.
    pub fn keep(self, files: &[&str]) -> PathBuf {
        let folder = emptied("kept");
        for file in files {
            let target = folder.join(Path::new(file).file_name().unwrap());
            fs::copy(self.root.join(file), target).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
        folder
    }

    /// Every file of a folder with its content and the time when it was written.
    pub fn snapshot(&self, folder: &str) -> BTreeMap<PathBuf, (String, SystemTime)> {
        let files = self.files(folder).into_iter().map(|file| {
            let path = self.root.join(&file);
            let content = fs::read_to_string(&path).unwrap();
            (file, (content, fs::metadata(&path).unwrap().modified().unwrap()))
        });
        files.collect()
    }

    /// A `PATH` with these programs and no others, as far as this machine has them.
    pub fn path_of_only(&self, programs: &[&str]) -> OsString {
        let folder = emptied("path");
        let path = env::var_os("PATH").unwrap();
        let found = |program| env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
        for (program, file) in programs.iter().filter_map(|program| Some((program, found(program)?))) {
            symlink(file, folder.join(program)).unwrap();
        }
        folder.into_os_string()
    }

    /// The files below a folder, by their paths from the root; without what builds made.
    fn files(&self, folder: &str) -> BTreeSet<PathBuf> {
        let mut files = BTreeSet::new();
        let mut folders = vec![self.root.join(folder)];
        while let Some(folder) = folders.pop().filter(|folder| folder.exists()) {
            for entry in folder.read_dir().unwrap().map(Result::unwrap) {
                let (path, kind) = (entry.path(), entry.file_type().unwrap());
                let name = path.strip_prefix(&self.root).unwrap();
                if kind.is_dir() && name != "target" && name != ".tools" {
                    folders.push(path);
                } else if !kind.is_dir() {
                    files.insert(name.to_owned());
                }
            }
        }
        files
    }
}

impl Run {
    pub fn assert_succeeded(self) -> Run {
        assert!(self.succeeded, "this should have succeeded: {self}");
        self
    }

    pub fn assert_failed(self) -> Run {
        assert!(!self.succeeded, "this should have failed: {self}");
        self
    }

    pub fn assert_says(self, text: &str) -> Run {
        self.must_say(text);
        self
    }

    pub fn must_say(&self, text: &str) {
        assert!(self.output.contains(text), "this should say {text:?}: {self}");
    }

    pub fn assert_says_not(self, text: &str) -> Run {
        assert!(!self.output.contains(text), "this should not say {text:?}: {self}");
        self
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}", self.command, self.output)
    }
}

/// The files of the repository that git has or would take, without those that were deleted.
pub fn working_tree() -> BTreeSet<PathBuf> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").args(arguments).current_dir(REPOSITORY).output().unwrap();
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    let files = names.split_terminator('\0').map(PathBuf::from);
    files.filter(|file| Path::new(REPOSITORY).join(file).is_file()).collect()
}

/// An empty folder beside the copy.
fn emptied(name: &str) -> PathBuf {
    let folder = Path::new(PLACE).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir(&folder).unwrap();
    folder
}
