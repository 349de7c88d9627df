//! What the generator promises, over HTTP: `openapi/generator/tests/regression.yaml` has every construct, its generated
//! server is compiled into this test, and clients talk to it.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

// The names under which generated code finds what it needs, as in the service itself.
#[allow(dead_code, reason = "tests use a part of what is generated")]
#[path = "../../openapi/generator/tests/generated/lib.rs"]
mod api;
mod contract;
mod json {
    pub use keiyaku::json::*;
}
mod problem {
    pub use keiyaku::problem::*;
}

mod bodies;
mod bounds;
mod parameters;
mod responses;
mod server;
