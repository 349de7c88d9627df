//! Keeps `generated/` true to the contract: see `build/generate.rs`.

use std::path::Path;

#[path = "build/checksum.rs"]
mod checksum;
#[path = "build/document.rs"]
mod document;
#[path = "build/gate.rs"]
mod gate;
#[path = "build/generate.rs"]
mod generate;
#[path = "build/hints.rs"]
mod hints;
#[path = "build/overlay.rs"]
mod overlay;
#[path = "build/rust_type.rs"]
mod rust_type;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for watched in ["build.rs", "build", "openapi", "generated", "rustfmt.toml"] {
        if root.join(watched).exists() {
            println!("cargo::rerun-if-changed={watched}");
        }
    }
    println!("cargo::rerun-if-env-changed={}", generate::GENERATOR_VARIABLE);
    if let Err(problems) = generate::bring_up_to_date(root) {
        for line in problems.lines() {
            println!("cargo::error={line}");
        }
    }
}
