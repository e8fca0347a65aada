//! What followed from a command.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use holdfast_domain::values::IdempotencyKey;
use holdfast_projections::Causation;

use super::caller::{Answered, ForMerchant};
use super::endpoint::Parameter;
use super::listing::{Items, Reached, at_position};
use super::parameters::{self, Parameters};
use super::problem::Problem;
use super::sending::LOCAL;
use crate::app::App;
use crate::history::command::CommandItem;

/// What can be asked with.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter::of::<u64>("position", "The position of any event of the command; this or the key is needed."),
    Parameter::of::<IdempotencyKey>("key", "The idempotency key of the command."),
    parameters::MIN_POSITION,
];

/// A command, everything that followed from it by itself, and every command that says that it followed from one of these.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    given: Parameters,
) -> Answered {
    given.must_be_there(&app, &merchant).await?;
    let (position, key) = (given.number("position")?, given.optional::<IdempotencyKey>("key")?);
    let position = match (position, key) {
        (Some(position), None) => position,
        (None, Some(key)) => {
            let found = app.reading.position_of_key(merchant.as_str(), &LOCAL.0, &key).await?;
            match found {
                None => {
                    return Err(Problem::unknown("unknown_command", format!("no command has the key {key}")));
                }
                Some(0) => {
                    return Ok(Json(Items::<CommandItem>::of(Vec::new(), None)).into_response());
                }
                Some(position) => position,
            }
        }
        _ => return Err(parameters::invalid("position", "or key must be given, and not both")),
    };
    let all = app.reading.consequences(merchant.as_str(), position).await?;
    let told = all.iter().filter_map(|command| CommandItem::of(command).transpose());
    let items: Vec<CommandItem> = told.collect::<Result<_, _>>()?;
    let Some(last) = items.last().map(|last| last.position) else {
        return Err(Problem::unknown(
            "unknown_position",
            format!("there is no event at position {position}"),
        ));
    };
    let index = Reached::of(&app, Causation::NAME, &merchant);
    Ok(at_position(index.page(items, None).into_response(), last))
}
