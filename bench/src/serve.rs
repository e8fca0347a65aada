//! The Holdfast server process, configured like `holdfast serve`.

use std::io;
use std::sync::Arc;

use holdfast_api::app::{App, Options};
use holdfast_api::nodes;
use holdfast_api::server::{Callers, Server};
use holdfast_terminal::output;

use crate::arguments::ServedStore;
use crate::error::BenchError;

/// Serves until the process gets a signal to stop.
pub async fn run(store: ServedStore) -> Result<(), BenchError> {
    let stop = holdfast_terminal::stop_signal().map_err(BenchError::Signals)?;
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(io::stderr)
        .init();
    let server = Server::bind(store.listen, Callers::All).await?;
    let address = server.address();
    let membership = nodes::membership("bench", format!("http://{address}"));
    let options = Options { master_key_file: store.master_key_file, membership, ..Options::default() };
    let app = Arc::new(App::start(&store.database.parse()?, options).await?);
    output::print_note(&format!("holdfast serves at http://{address}"));
    server.run(Arc::clone(&app), stop).await?;
    app.shutdown().await;
    Ok(())
}
