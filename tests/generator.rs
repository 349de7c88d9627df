//! How `generated/` comes from `openapi/`: the overlays, the gate, the Rust types, and when the generator runs.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

// The build script's own files: a test of a copy would not be a test of them.
#[allow(dead_code, reason = "tests use a part of what the build script uses")]
#[path = "../build/checksum.rs"]
mod checksum;
#[allow(dead_code, reason = "tests use a part of what the build script uses")]
#[path = "../build/document.rs"]
mod document;
#[path = "../build/gate.rs"]
mod gate;
#[path = "../build/generate.rs"]
mod generate;
#[path = "../build/hints.rs"]
mod hints;
#[path = "../build/lower.rs"]
mod lower;
#[path = "../build/overlay.rs"]
mod overlay;
#[path = "../build/python.rs"]
mod python;
#[path = "../build/rust_type.rs"]
mod rust_type;
#[path = "../build/sdk.rs"]
mod sdk;
#[path = "../build/typescript.rs"]
mod typescript;

#[path = "generator/gates.rs"]
mod gates;
#[path = "generator/overlays.rs"]
mod overlays;
#[path = "generator/regression.rs"]
mod regression;
#[path = "generator/runs.rs"]
mod runs;
#[path = "generator/types.rs"]
mod types;
