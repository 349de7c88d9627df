//! The tours of README.md and docs/tours.md, taken on a copy of the repository with the real cargo, compiler and generator.
//!
//! The snippets come from the pages themselves, so they cannot say anything but what works; the Japanese ones say the same, and
//! links between pages lead somewhere.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod copy;
mod deprecation;
mod field;
mod first;
mod links;
mod page;
#[path = "../support/postgres.rs"]
mod postgres;
mod rolling;
mod server;
mod table;
mod taken;
mod translation;

use copy::Copy;

#[test]
fn without_java_an_unchanged_contract_builds_and_a_changed_one_names_the_one_command_which_then_works() {
    let copy = Copy::fresh();
    let generated = copy.snapshot("generated");
    let bare = copy.path_of_only(&["ar", "as", "c++", "cargo", "cc", "clang", "gcc", "g++", "ld", "rustc"]);

    copy.cargo_build_with_path(&bare).assert_succeeded();
    assert!(!copy.has(".tools"), "nothing was to be generated, so not even the lock is made");
    assert_eq!(copy.snapshot("generated"), generated);

    first::operation(&copy);
    copy.cargo_build_with_path(&bare)
        .assert_failed()
        .assert_says("generated/ must be made anew, because this changed: openapi/openapi.yaml")
        .assert_says("is not installed")
        .assert_says("make generate")
        // The compiler has nothing to add.
        .assert_says_not("error[E");
    assert_eq!(copy.snapshot("generated"), generated);

    copy.install_generator();
    copy.make_generate()
        .assert_succeeded()
        .assert_says("`App: Greetings`")
        .assert_says("generated/ is up to date; the errors are in code that uses it");
    assert!(copy.has("generated/server/apis/greetings.rs"));
}
