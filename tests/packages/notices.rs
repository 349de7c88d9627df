//! `packaging/notices.py`: the licences of what is in the binary, and what must not be in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{done, repository, run, text};

fn notices(file: &Path, options: &[&Path]) -> Output {
    run(Command::new(repository("packaging/notices.py")).arg(file).args(options))
}

#[test]
fn every_package_of_the_binary_is_named_with_texts_that_stand_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notices");
    let output = notices(&file, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let written = fs::read_to_string(file).unwrap();
    let (above, below) = ["=", "-"].map(|line| format!("\n{}\n", line.repeat(100))).into();
    let mut parts = written.split(&above);
    let list: Vec<_> = parts.next().unwrap().lines().collect();
    let texts: Vec<_> = parts.collect();

    let named = |name: &str| list.iter().any(|line| line.starts_with(&format!("{name} ")) && line.ends_with(']'));
    for package in ["axum", "libsqlite3-sys", "libmimalloc-sys", "pq-src", "ring", "serde_derive", "governor"] {
        assert!(named(package), "{package}");
    }
    assert!(named("Rust's standard library"));
    for package in ["keiyaku", "proptest", "serde-saphyr", "cc", "typescript", "vite"] {
        assert!(!named(package), "{package} is not in the binary");
    }
    if repository("dashboard/dist/index.html").exists() {
        assert!(["preact", "preact-iso", "swagger-ui-dist", "uplot"].into_iter().all(named));
        assert!(written.contains("SmartBear Software"), "the NOTICE of Swagger UI");
    }
    assert!(written.contains("The Regents of the University of California"), "libpq's terms");

    let used: BTreeSet<usize> = list
        .iter()
        .flat_map(|line| line.split('[').skip(1))
        .map(|number| number.split_once(']').unwrap().0.parse().unwrap())
        .collect();
    assert_eq!(used, (1..=texts.len()).collect());
    let words = |text: &&str| text.split_once(&below).unwrap().1.split_whitespace().collect::<String>();
    let different: BTreeSet<_> = texts.iter().map(words).collect();
    assert_eq!(different.len(), texts.len());
}

/// What the script writes of a program with one dependency, or why it does not.
fn of_a_dependency(licence: &str, terms: Option<&str>) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let under = |name: &str| folder.path().join(name);
    fs::create_dir_all(under("dependency/src")).unwrap();
    fs::write(under("dependency/src/lib.rs"), "").unwrap();
    let author = "authors = [\"Hanako <hanako@example.com>\"]";
    let dependency = format!("[package]\nname = \"dependency\"\nversion = \"1.2.3\"\n{author}\n{licence}\n");
    fs::write(under("dependency/Cargo.toml"), dependency).unwrap();
    if let Some(terms) = terms {
        fs::write(under("dependency/LICENCE.txt"), terms).unwrap();
    }
    fs::create_dir(under("src")).unwrap();
    fs::write(under("src/main.rs"), "fn main() {}").unwrap();
    let manifest = under("Cargo.toml");
    fs::write(&manifest, "[package]\nname = \"program\"\n[dependencies]\ndependency.path = \"dependency\"\n").unwrap();
    done(Command::new("cargo").args(["generate-lockfile", "--offline", "--manifest-path"]).arg(&manifest));
    let output = notices(&under("notices"), &[Path::new("--manifest-path"), &manifest]);
    match output.status.success() {
        true => Ok(fs::read_to_string(under("notices")).unwrap()),
        false => Err(text(&output.stderr)),
    }
}

#[test]
fn a_package_is_refused_by_name_if_its_licence_is_not_allowed_or_its_terms_are_not_there() {
    let here = Some("The terms of the dependency.");
    for (licence, terms, expected) in [
        ("license = \"GPL-3.0-only\"", here, "is under GPL-3.0-only, which packaging/notices.py"),
        (
            "license = \"MIT AND (GPL-3.0-only OR LGPL-2.1-only)\"",
            here,
            "is under MIT AND (GPL-3.0-only OR LGPL-2.1-only)",
        ),
        ("license = \"MIT OR\"", here, "is under MIT OR,"),
        ("license-file = \"LICENCE.txt\"", here, "is under no licence that it names"),
        (
            "license = \"BSD-3-Clause\"",
            None,
            "has no text of its licence, BSD-3-Clause: put one into packaging/licences/dep",
        ),
    ] {
        let refused = of_a_dependency(licence, terms).unwrap_err();
        // Before, cargo may have said that it waits for another.
        let said = refused.lines().last().unwrap();
        assert!(said.starts_with("notices: dependency 1.2.3 ") && said.contains(expected), "{licence}: {refused}");
    }
    for (licence, terms, expected) in [
        ("license = \"MIT AND (GPL-3.0-only OR BSD-3-Clause)\"", here, "\nThe terms of the dependency.\n"),
        ("license = \"Apache-2.0/MIT\"", here, "\nThe terms of the dependency.\n"),
        ("license = \"MIT\"", None, "\nCopyright (c) Hanako\n"),
        ("license = \"GPL-3.0-only OR Apache-2.0\"", None, "END OF TERMS AND CONDITIONS"),
    ] {
        let written = of_a_dependency(licence, terms).unwrap();
        assert!(written.contains("\ndependency 1.2.3: ") && written.contains(expected), "{licence}: {written}");
    }
}
