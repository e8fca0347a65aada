//! The `holdfast` program.

use std::process::ExitCode;

use clap::Parser as _;
use holdfast::Arguments;

/// Faster than the system's allocator: see ADR 15.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    holdfast::run(Arguments::parse())
}
