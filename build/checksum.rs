//! `generated/checksum`: what the generated files were made from, and what they were when they were made.
//!
//! One line per file, as `sha256sum` writes it, so that a person can check it too; the first line names the generator.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Where the checksum lies, from the root of the repository.
pub const FILE: &str = "generated/checksum";

/// What decides the output: the contract, its overlays, the templates with their configuration, how output is
/// formatted, and the code that shapes the generator's input. Other code of the build doesn't change what comes out.
const INPUTS: [&str; 18] = [
    "build/hints.rs",
    "build/lower",
    "build/lower.rs",
    "build/overlay.rs",
    "build/python.rs",
    "build/rust_type.rs",
    "build/sdk",
    "build/sdk.rs",
    "build/typescript.rs",
    "openapi/generator/python",
    "openapi/generator/python.yaml",
    "openapi/generator/rust-axum",
    "openapi/generator/rust-axum.yaml",
    "openapi/generator/typescript",
    "openapi/generator/typescript.yaml",
    "openapi/openapi.yaml",
    "openapi/overlays",
    "rustfmt.toml",
];

/// What comes out. A hand edit there shows up as a difference like any other.
pub const OUTPUTS: [&str; 3] = ["generated/openapi", "generated/sdk", "generated/server"];

/// The checksum of the repository as it is now.
pub fn current(root: &Path, generator: &str) -> io::Result<String> {
    let mut lines = format!("# {generator}\n");
    for place in INPUTS.iter().chain(&OUTPUTS) {
        for file in files(&root.join(place))? {
            let hash: String = Sha256::digest(fs::read(&file)?).iter().map(|byte| format!("{byte:02x}")).collect();
            let name = file.strip_prefix(root).unwrap_or(&file).display();
            lines.push_str(&format!("{hash}  {name}\n"));
        }
    }
    Ok(lines)
}

/// The checksum that was recorded when the generated files were made; empty if there is none.
pub fn recorded(root: &Path) -> io::Result<String> {
    match fs::read_to_string(root.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}

/// The files whose lines differ between two checksums, each once.
pub fn differences<'a>(recorded: &'a str, current: &'a str) -> Vec<&'a str> {
    let only_in = |text: &'a str, other: &'a str| text.lines().filter(move |line| !other.lines().any(|o| o == *line));
    let mut names: Vec<&str> = only_in(current, recorded)
        .chain(only_in(recorded, current))
        .map(|line| line.split_once("  ").map_or(line.trim_start_matches("# "), |(_, name)| name))
        .collect();
    // What people edit comes first, should the list be cut.
    names.sort_unstable_by_key(|name| (!name.starts_with("openapi/"), *name));
    names.dedup();
    names
}

/// What npm and Python make of a package in its folder; git ignores it, too.
const OF_PACKAGES: [&str; 4] = ["__pycache__", "dist", "node_modules", "package-lock.json"];

/// Every file below `place`, or `place` itself if it is a file, in the order of their names. Hidden files are an
/// editor's or a desktop's, not the project's, and what npm and Python install and build is not made here.
pub fn files(place: &Path) -> io::Result<Vec<PathBuf>> {
    if place.is_file() {
        return Ok(vec![place.to_owned()]);
    }
    if !place.exists() {
        return Ok(Vec::new());
    }
    let mut entries = fs::read_dir(place)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    let hidden = |name: &OsStr| name.as_encoded_bytes().starts_with(b".");
    entries.retain(|entry| {
        !entry.file_name().is_some_and(|name| hidden(name) || OF_PACKAGES.iter().any(|made| name == *made))
    });
    entries.sort();
    let nested = entries.iter().map(|entry| files(entry)).collect::<io::Result<Vec<_>>>()?;
    Ok(nested.into_iter().flatten().collect())
}
