//! The `holdfast` program.

use std::process::ExitCode;

use clap::Parser as _;
use holdfast::cli::{self, Arguments};

fn main() -> ExitCode {
    cli::run(Arguments::parse())
}
