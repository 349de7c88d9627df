//! What the tests of both SDKs do with a package before they use it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::checksum;

/// Copies what git has of a folder: what package managers make there is left.
pub fn copy(source: &Path, target: &Path) {
    for file in checksum::files(source).unwrap() {
        let copied = target.join(file.strip_prefix(source).unwrap());
        fs::create_dir_all(copied.parent().unwrap()).unwrap();
        fs::copy(file, copied).unwrap();
    }
}

/// Writes the examples of a page in one language into a folder, each as a file, whose name begins with `name`.
pub fn write_snippets(page: &Path, (fence, ending): (&str, &str), folder: &Path, name: &str) {
    let text = fs::read_to_string(page).unwrap();
    let opening = format!("```{fence}\n");
    let snippets = text.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap());
    for (index, snippet) in snippets.enumerate() {
        fs::write(folder.join(format!("{name}{index}.{ending}")), snippet).unwrap();
    }
}

/// Runs a program to its end; the error is what it has written.
pub fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?} does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}:\n{text}{}", String::from_utf8_lossy(&output.stderr))),
    }
}
