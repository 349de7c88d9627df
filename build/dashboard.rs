//! Puts the built dashboard into the binary: a list of its files, which `src/http/pages.rs` includes. Without a build of
//! it the list is empty.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Writes the list to `list`, and tells cargo to do so again when there is another build of the dashboard.
pub fn embed(root: &Path, list: &Path) -> io::Result<()> {
    let built = root.join("dashboard/dist");
    // Cargo would run this at every build if it were told to watch what is not there.
    fs::create_dir_all(&built)?;
    println!("cargo::rerun-if-changed={}", built.display());
    let built = built.canonicalize()?;
    let mut files = Vec::new();
    collect(&built, &mut files)?;
    files.sort();
    let mut text = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&built).unwrap_or(&file).to_string_lossy().into_owned();
        // Writing to a string does not fail.
        let _ = writeln!(text, "    ({name:?}, include_bytes!({:?})),", file.to_string_lossy());
    }
    text.push_str("]\n");
    // Written anew, it would be compiled anew.
    if fs::read_to_string(list).is_ok_and(|before| before == text) { Ok(()) } else { fs::write(list, text) }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // What is hidden tells about the build; it is no page.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true => collect(&entry.path(), files)?,
            false => files.push(entry.path()),
        }
    }
    Ok(())
}
