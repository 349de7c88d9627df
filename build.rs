//! Keeps `generated/` true to the contract (see `build/generate.rs`) and embeds the dashboard (see `build/dashboard.rs`).

use std::env;
use std::path::{Path, PathBuf};

#[path = "build/checksum.rs"]
mod checksum;
#[path = "build/dashboard.rs"]
mod dashboard;
#[path = "build/document.rs"]
mod document;
#[path = "build/gate.rs"]
mod gate;
#[path = "build/generate.rs"]
mod generate;
#[path = "build/hints.rs"]
mod hints;
#[path = "build/lower.rs"]
mod lower;
#[path = "build/overlay.rs"]
mod overlay;
#[path = "build/python.rs"]
mod python;
#[path = "build/rust_type.rs"]
mod rust_type;
#[path = "build/sdk.rs"]
mod sdk;
#[path = "build/typescript.rs"]
mod typescript;

/// Names the generator's executable in place of the one that `make tools` installs.
const GENERATOR: &str = "OPENAPI_GENERATOR";

fn main() {
    // Cargo starts build scripts in the folder of their package.
    let root = Path::new(".");
    let result = generate::bring_up_to_date(root, env::var_os(GENERATOR).map(PathBuf::from));
    watch(root);
    for line in result.err().iter().flat_map(|problems| problems.lines()) {
        println!("cargo::error={line}");
    }
    let list = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("dashboard.rs");
    if let Err(error) = dashboard::embed(root, &list) {
        println!("cargo::error=the dashboard cannot be embedded: {error}");
    }
}

/// Tells cargo what to run this again and compile anew for: a new migration among it, which the macro that embeds them does not
/// tell. The generated files are named one by one: a folder's date is that of the last file put into it, which may be this
/// build's.
fn watch(root: &Path) {
    println!("cargo::rerun-if-env-changed={GENERATOR}");
    let sources = ["build.rs", "build", "migrations", "openapi", "rustfmt.toml"].map(|place| root.join(place));
    let generated = checksum::files(&root.join("generated")).unwrap_or_default();
    for watched in sources.iter().chain(&generated).filter(|watched| watched.exists()) {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
}
