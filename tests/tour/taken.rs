//! All tours, taken one after another on one copy: as they come to one build, so do their tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::copy::{Copy, Run};
use crate::server::Server;
use crate::{deprecation, field, first, table};

static TAKEN: LazyLock<Taken> = LazyLock::new(Taken::take);

/// What is left of the copy.
pub struct Taken {
    /// What the compiler said when there were the contract and the columns, and no other code yet.
    pub lacking: Run,
    /// The tests of `tests/http` that a tour adds, and that its operations have to pass.
    pub tests: Run,
    kept: PathBuf,
}

impl Taken {
    pub fn get() -> &'static Taken {
        &TAKEN
    }

    fn take() -> Taken {
        let copy = Copy::fresh();
        copy.install_generator();
        for contract in [first::operation, first::job_type, field::contract, table::contract, deprecation::contract] {
            contract(&copy);
        }
        field::column(&copy);
        let contract = copy.read("openapi/openapi.yaml");
        copy.insert("openapi/openapi.yaml", "paths:", first::NICKNAME);
        let lacking = copy.cargo_build().assert_failed();
        copy.write("openapi/openapi.yaml", &contract);
        for code in [first::handler, first::job, field::handler, table::code] {
            code(&copy);
        }
        // And those that any operation has to pass.
        let tests = copy.cargo_test("http", &["notes::", "contract::", "security::"]).assert_succeeded();
        copy.cargo_build().assert_succeeded().assert_says_not("warning");
        let kept = copy.keep(&[
            "target/debug/keiyaku",
            "generated/sdk/typescript/src/models.ts",
            "generated/sdk/typescript/src/users-api.ts",
            "generated/sdk/python/src/keiyaku/models.py",
            "generated/sdk/python/src/keiyaku/_async/users_api.py",
        ]);
        Taken { lacking, tests, kept }
    }

    /// The server that the tours come to.
    pub fn binary(&self) -> PathBuf {
        self.kept.join("keiyaku")
    }

    /// A file of the SDKs.
    pub fn sdk(&self, name: &str) -> String {
        fs::read_to_string(self.kept.join(name)).unwrap()
    }

    /// The service in a folder of its own.
    pub fn start(&self) -> (Server, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        (self.start_in(folder.path()), folder)
    }

    /// The same where a service may have been before.
    pub fn start_in(&self, folder: &Path) -> Server {
        Server::start(&self.binary(), folder, "users.db")
    }
}

/// The service as it is without the tours.
pub fn before() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_keiyaku"))
}
