//! Brings `generated/` up to date with the contract.
//!
//! When the checksum recorded there equals that of the files as they are, nothing runs, and a build needs no Java.
//! Otherwise the documents are bundled and checked, OpenAPI Generator runs into a temporary folder, and what changed is
//! put in place. The network is never touched: installing the generator is `make tools`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{checksum, document, gate, hints, sdk};

/// The generator's version, which `make tools` installs. Another one would write other code, so no other is used.
const VERSION: &str = include_str!("../openapi/generator/VERSION").trim_ascii();

/// How far back generated files are dated, see [`replace`].
const DATED_BACK: Duration = Duration::from_secs(60);

/// Regenerates what the contract, the templates or a hand edit made stale, with the given generator or else the one that
/// `make tools` installs. The error is for the person who builds.
pub fn bring_up_to_date(root: &Path, generator: Option<PathBuf>) -> Result<(), String> {
    if stale(root)?.is_empty() {
        return Ok(());
    }
    let _lock = lock(root).map_err(|error| format!("cannot lock .tools/generate.lock: {error}"))?;
    // Another cargo, such as an editor's, may have done it while this one waited.
    let stale = stale(root)?;
    if stale.is_empty() {
        return Ok(());
    }
    let documents = documents(root)?;
    let generator = generator.unwrap_or_else(|| root.join(".tools/openapi-generator/bin/openapi-generator-cli"));
    check_generator(root, &generator, &stale)?;
    let scratch = Scratch::new(root).map_err(|error| format!("cannot make a temporary folder in .tools: {error}"))?;
    write_documents(&documents, &scratch.0.join("out/openapi"))?;
    let [default, flexible, _] = documents.as_slice() else {
        return Err("there is not one document for each mode".to_owned());
    };
    // The server is made from the flexible document, so that no model drops what some mode accepts.
    server(root, &generator, flexible, &scratch.0)?;
    typescript(root, &generator, default, flexible, &scratch.0)?;
    python(root, &generator, default, flexible, &scratch.0)?;
    for folder in ["openapi", "server", "sdk"] {
        put_in_place(&scratch.0.join("out").join(folder), &root.join("generated").join(folder))
            .map_err(|error| format!("cannot write generated/{folder}: {error}"))?;
    }
    let fresh = current(root)?;
    replace(&root.join(checksum::FILE), fresh.as_bytes())
        .map_err(|error| format!("cannot write {}: {error}", checksum::FILE))
}

/// The files that are not what they were when `generated/` was last made.
fn stale(root: &Path) -> Result<Vec<String>, String> {
    let recorded = checksum::recorded(root).map_err(|error| format!("cannot read {}: {error}", checksum::FILE))?;
    Ok(checksum::differences(&recorded, &current(root)?).into_iter().map(str::to_owned).collect())
}

fn current(root: &Path) -> Result<String, String> {
    checksum::current(root, &format!("openapi-generator {VERSION}"))
        .map_err(|error| format!("cannot hash the contract and generated/: {error}"))
}

/// Waits until no other build generates. The lock is released when the file is closed, even by a crash.
fn lock(root: &Path) -> io::Result<File> {
    fs::create_dir_all(root.join(".tools"))?;
    let file = File::create(root.join(".tools/generate.lock"))?;
    file.lock()?;
    Ok(file)
}

/// Every mode's document, in the order of [`document::MODES`], each one checked.
fn documents(root: &Path) -> Result<Vec<serde_json::Value>, String> {
    let documents =
        document::MODES.map(|mode| document::of_mode(root, mode)).into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut findings: Vec<String> = documents.iter().flat_map(gate::findings).collect();
    findings.sort();
    findings.dedup();
    match findings.is_empty() {
        true => Ok(documents),
        false => Err(format!("the contract asks for what the generator cannot do right:\n{}", findings.join("\n"))),
    }
}

fn write_documents(documents: &[serde_json::Value], folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    for (mode, document) in document::MODES.iter().zip(documents) {
        write(&folder.join(format!("{mode}.json")), &document::to_json(document)?)?;
        write(&folder.join(format!("{mode}.yaml")), &document::to_yaml(document)?)?;
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
}

/// Fails unless the generator is there, runs, and is the version that this code was written for.
fn check_generator(root: &Path, generator: &Path, stale: &[String]) -> Result<(), String> {
    let reason = match Command::new(generator).arg("version").output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            if output.status.success() && said == VERSION {
                return Ok(());
            }
            let words = String::from_utf8_lossy(&output.stderr).to_lowercase();
            match words.contains("java") {
                true => "finds no Java to run on".to_owned(),
                false => format!("is not version {VERSION}: it says {said:?}"),
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => "is not installed".to_owned(),
        Err(error) => format!("does not start: {error}"),
    };
    Err(format!(
        "generated/ must be made anew, because this changed: {}\n\
         OpenAPI Generator ({}) {reason}.\n\
         This installs what is missing and generates:  make generate",
        summary(stale),
        generator.strip_prefix(root).unwrap_or(generator).display(),
    ))
}

/// The first few of many names.
fn summary(names: &[String]) -> String {
    match names {
        [first, second, third, rest @ ..] if rest.len() > 1 => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        names => names.join(", "),
    }
}

/// Makes the server of a document that has passed the gate, in `out/server` of the folder `scratch`.
pub fn server(root: &Path, generator: &Path, document: &serde_json::Value, scratch: &Path) -> Result<(), String> {
    let input = scratch.join("input.json");
    write(&input, &document::to_json(&hints::annotate(document))?)?;
    run_generator(root, generator, "rust-axum", "server", &input, scratch)?;
    format_rust(root, &scratch.join("out/server/lib.rs"))
}

/// Makes the TypeScript SDK of two documents that have passed the gate, in `out/sdk/typescript` of the folder `scratch`.
pub fn typescript(
    root: &Path,
    generator: &Path,
    default: &serde_json::Value,
    flexible: &serde_json::Value,
    scratch: &Path,
) -> Result<(), String> {
    let input = scratch.join("input.json");
    write(&input, &document::to_json(&sdk::typescript::annotate(default, flexible)?)?)?;
    run_generator(root, generator, "typescript", "sdk", &input, scratch)
}

/// Makes the Python SDK of two documents that have passed the gate, in `out/sdk/python` of the folder `scratch`.
pub fn python(
    root: &Path,
    generator: &Path,
    default: &serde_json::Value,
    flexible: &serde_json::Value,
    scratch: &Path,
) -> Result<(), String> {
    let input = scratch.join("input.json");
    write(&input, &document::to_json(&sdk::python::annotate(default, flexible)?)?)?;
    run_generator(root, generator, "python", "sdk", &input, scratch)?;
    sdk::python::twin::write(&scratch.join("out/sdk/python/src/keiyaku"))
        .map_err(|error| format!("cannot write the Python SDK without async: {error}"))
}

/// Runs the templates in the folder `templates`; what they put into the folder `kept` of the output stays.
fn run_generator(
    root: &Path,
    generator: &Path,
    templates: &str,
    kept: &str,
    input: &Path,
    scratch: &Path,
) -> Result<(), String> {
    let output = scratch.join("out");
    // Everything but our own templates' output is stock and unwanted.
    fs::create_dir_all(&output).map_err(|error| format!("cannot make {}: {error}", output.display()))?;
    write(&output.join(".openapi-generator-ignore"), &format!("*\n**/*\n!{kept}/**\n"))?;
    let folder = root.join("openapi/generator");
    let run = Command::new(generator)
        .arg("generate")
        .arg("--config")
        .arg(folder.join(format!("{templates}.yaml")))
        .arg("--template-dir")
        .arg(folder.join(templates))
        .arg("--input-spec")
        .arg(input)
        .arg("--output")
        .arg(&output)
        .output()
        .map_err(|error| format!("OpenAPI Generator does not start: {error}"))?;
    match run.status.success() {
        true => Ok(()),
        false => Err(format!(
            "OpenAPI Generator failed:\n{}{}",
            String::from_utf8_lossy(&run.stdout),
            String::from_utf8_lossy(&run.stderr)
        )),
    }
}

/// Formats a file and every module below it.
fn format_rust(root: &Path, file: &Path) -> Result<(), String> {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024"]).arg(file);
    if root.join("rustfmt.toml").exists() {
        rustfmt.arg("--config-path").arg(root.join("rustfmt.toml"));
    }
    let run = rustfmt.output().map_err(|error| {
        format!("rustfmt formats the generated code, and it does not start ({error}). This installs it:  rustup component add rustfmt")
    })?;
    match run.status.success() {
        true => Ok(()),
        false => Err(format!("rustfmt refuses the generated code:\n{}", String::from_utf8_lossy(&run.stderr))),
    }
}

/// Makes `target` hold exactly the files of `source`. Files that stay the same are not touched, so that nothing is
/// compiled again for them.
pub fn put_in_place(source: &Path, target: &Path) -> io::Result<()> {
    for old in checksum::files(target)? {
        if !source.join(old.strip_prefix(target).unwrap_or(&old)).exists() {
            fs::remove_file(old)?;
        }
    }
    for new in checksum::files(source)? {
        let place = target.join(new.strip_prefix(source).unwrap_or(&new));
        let text = fs::read(&new)?;
        if fs::read(&place).is_ok_and(|old| old == text) {
            continue;
        }
        replace(&place, &text)?;
    }
    Ok(())
}

/// Replaces a file in one step, for a compiler may be reading it.
///
/// Cargo takes a file that is newer than the start of the build script for an edit made since, and would compile
/// everything once more for what this build has just written; so the file is dated back.
fn replace(place: &Path, text: &[u8]) -> io::Result<()> {
    let beside = place.with_file_name(".new");
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&beside, text)?;
    let written = fs::metadata(&beside)?.modified()?;
    File::options().write(true).open(&beside)?.set_modified(written - DATED_BACK)?;
    fs::rename(beside, place)
}

/// A temporary folder, removed when it is dropped. The lock makes one enough.
struct Scratch(PathBuf);

impl Scratch {
    fn new(root: &Path) -> io::Result<Scratch> {
        let folder = root.join(".tools/generating");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind here is removed by the next build, so it is not worth failing this one.
        let _ = fs::remove_dir_all(&self.0);
    }
}
