//! Waiting for the read models for as long as they make progress.

use holdfast_domain::values::MerchantId;
use holdfast_projections::ViewError;

use crate::app::App;

/// Waits until the read models include all that a merchant's journal holds now, and gives that position.
pub async fn catch_up(app: &App, merchant: &MerchantId) -> Result<u64, ViewError> {
    let merchant = merchant.as_str();
    let position = app.journal.head(merchant).await?.position;
    loop {
        let before = reached(app, merchant);
        match app.reading.wait_for_all(merchant, position).await {
            // A long import is folded in more time than one question may wait: only standing still is a failure.
            Err(ViewError::Behind { .. }) if reached(app, merchant) > before => {}
            done => return done.map(|()| position),
        }
    }
}

/// The positions of all read models of a merchant together.
fn reached(app: &App, merchant: &str) -> u64 {
    let states = app.reading.progress().states();
    states.iter().filter(|(_, whose, _)| whose == merchant).map(|(_, _, state)| state.position).sum()
}
