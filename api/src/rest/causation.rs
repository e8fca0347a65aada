//! The commands that a command caused.

use std::sync::Arc;

use axum::extract::State;
use holdfast_domain::values::IdempotencyKey;
use holdfast_projections::Causation;
use schemars::JsonSchema;
use serde::Deserialize;

use super::extract::{Answer, Merchant};
use super::page::{Items, Reached};
use super::query::{MinPosition, Params};
use crate::app::App;
use crate::error::ApiError;
use crate::history::command::CommandItem;
use crate::submit::LOCAL;

/// Which command. Exactly one of the two must be given.
#[derive(Deserialize, JsonSchema)]
pub(super) struct CommandParams {
    /// The position of one of the command's events.
    position: Option<u64>,
    /// The command's idempotency key.
    key: Option<IdempotencyKey>,
}

/// A command and every command that it caused, directly or indirectly.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(command): Params<CommandParams>,
    Params(min): Params<MinPosition>,
) -> Answer {
    min.check(&app, &merchant).await?;
    let position = match command {
        CommandParams { position: Some(position), key: None } => position,
        CommandParams { position: None, key: Some(key) } => {
            let found = app.queries.position_of_key(merchant.as_str(), &LOCAL.0, &key).await?;
            match found.ok_or_else(|| ApiError::UnknownKey(key.to_string()))? {
                // The command has no events.
                0 => return Ok(Items::<CommandItem>::new(Vec::new(), None).respond()),
                position => position,
            }
        }
        _ => return Err(ApiError::parameter("position", "or key must be given, and not both")),
    };
    let chain = app.queries.consequences(merchant.as_str(), position).await?;
    let items = chain.iter().filter_map(|command| CommandItem::of(command).transpose());
    let items: Vec<CommandItem> = items.collect::<Result<_, _>>()?;
    let last = items.last().ok_or(ApiError::UnknownPosition(position))?.position;
    Ok(Reached::of(&app, Causation::NAME, &merchant).page(items, None).respond_at(last))
}
