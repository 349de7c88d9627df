//! The `keiyaku` binary: reads the command line and runs one command.

use std::process::ExitCode;

/// A request is many small allocations; measured with `make bench`, this allocator is worth its place.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    keiyaku::cli::main()
}
