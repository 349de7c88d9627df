//! Small C libraries that are preloaded into a server, to see its system calls or to hold them up.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles `tests/process/{name}.c` into `folder`; the path goes into `LD_PRELOAD`.
pub fn compile(name: &str, folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process").join(name).with_extension("c");
    let library = folder.join(name).with_extension("so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&library).arg(source);
    let status = compiler.arg("-ldl").status().unwrap();
    assert!(status.success(), "{compiler:?}: {status}");
    library
}
