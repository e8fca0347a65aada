//! The program `holdfast-bench`: how fast Holdfast is, compared with a baseline on the same machine in the same minutes.
//!
//! This crate contains SQL of its own: the baseline that Holdfast is compared with is SQL.

mod append;
mod arguments;
mod bar;
mod baseline;
mod case;
mod chart;
mod child;
mod cold;
mod error;
mod load;
mod measure;
mod numbers;
mod outside;
mod place;
mod procedure;
mod progress;
mod rebuild;
mod report;
mod run;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;
use holdfast_terminal::output::{self, Printer};

use self::arguments::{Child, Program};
use self::error::BenchError;

/// The allocator of the `holdfast` program: ADR 15.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let program = Program::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let mut printer = Printer::stdout();
    let done = runtime
        .map_err(BenchError::Thread)
        .and_then(|runtime| runtime.block_on(dispatch(program, &mut printer)));
    match done {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            output::print_error(&failure.to_string());
            ExitCode::from(failure.status())
        }
    }
}

async fn dispatch(program: Program, printer: &mut Printer) -> Result<u8, BenchError> {
    match program.child {
        None => Box::pin(run::run(&program.arguments, printer)).await,
        Some(Child::Serve(store)) => serve::run(store).await.map(|()| 0),
        Some(Child::Baseline(store)) => baseline::run(store).await.map(|()| 0),
    }
}
