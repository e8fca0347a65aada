//! The program `holdfast-bench`: throughput and latency of Holdfast, compared with a baseline in the same run.
//!
//! This crate contains SQL of its own: that of the baseline.

mod append;
mod arguments;
mod baseline;
mod carts;
mod case;
mod chart;
mod child;
mod cold_start;
mod environment;
mod error;
mod http_client;
mod load;
mod measure;
mod measurement;
mod procedure;
mod rebuild;
mod report;
mod run;
mod serve;
mod spread;
mod target;

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
    let result = runtime
        .map_err(BenchError::Thread)
        .and_then(|runtime| runtime.block_on(dispatch(program, &mut Printer::stdout())));
    match result {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            output::print_error(&error.to_string());
            ExitCode::from(error.status())
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
