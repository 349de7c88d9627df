//! A frontend developer's afternoon: an empty project of Vite and TypeScript, the packed SDK in it, and a page that signs a
//! visitor up, shows what is wrong beside each field, and follows the job with the token of the answer.
//!
//! The page is in tests/afternoon/page; here it gets what npm would give it, and the test in JavaScript is run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

#[allow(dead_code, reason = "the tests need only the list of files")]
#[path = "../build/checksum.rs"]
mod checksum;
#[allow(dead_code, reason = "the page has no README")]
#[path = "sdk/package.rs"]
mod package;

use package::{copy, run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const CHROMIUM: &str = "/usr/bin/chromium";

#[test]
fn a_page_made_with_the_packed_sdk_signs_a_visitor_up_and_shows_how_it_goes() {
    let (root, folder) = (Path::new(ROOT), Path::new(env!("CARGO_TARGET_TMPDIR")).join("afternoon"));
    let (compiler, browser) = (root.join(".tools/sdk/node_modules"), root.join(".tools/dashboard-test/node_modules"));
    let bundler = root.join("dashboard/node_modules");
    assert!(compiler.exists() && browser.exists() && Path::new(CHROMIUM).exists(), "run  make test-tools");
    assert!(bundler.exists(), "run  make dashboard , which installs Vite");
    // The first time there is none.
    let _ = fs::remove_dir_all(&folder);
    copy(&root.join("tests/afternoon"), &folder);
    symlink(browser, folder.join("node_modules")).unwrap();

    let package = folder.join("package");
    copy(&root.join("generated/sdk/typescript"), &package);
    run(Command::new(compiler.join(".bin/tsc")).arg("--project").arg(&package)).unwrap();
    run(Command::new("npm").args(["pack", "--ignore-scripts", "--silent"]).current_dir(&package)).unwrap();
    let packed = fs::read_dir(&package).unwrap().map(|entry| entry.unwrap().path());
    let packed = packed.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "tgz")).unwrap();

    let page = folder.join("page");
    let mut install = Command::new("npm");
    install.args(["install", "--offline", "--no-audit", "--no-fund", "--silent"]).arg(packed).current_dir(&page);
    run(&mut install).unwrap();
    // What the project has of its own besides: it comes from the network otherwise.
    fs::create_dir(page.join("node_modules/.bin")).unwrap();
    symlink(bundler.join("vite"), page.join("node_modules/vite")).unwrap();
    symlink(bundler.join(".bin/vite"), page.join("node_modules/.bin/vite")).unwrap();
    symlink(compiler.join(".bin/tsc"), page.join("node_modules/.bin/tsc")).unwrap();

    let mut test = Command::new("node");
    test.args(["--test", "afternoon.test.mjs"]).current_dir(&folder);
    run(test.env("KEIYAKU_BIN", env!("CARGO_BIN_EXE_keiyaku")).env("CHROMIUM", CHROMIUM)).unwrap();
}
