//! Arguments that the domain's parsers check.

use std::fmt::Display;
use std::str::FromStr;

use super::context::RequestContext;
use super::error::Problem;
use super::types::scalars::Long;
use crate::queries::AsOf;

/// Parses an argument.
pub(super) fn value<T: FromStr<Err: Display>>(argument: &'static str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::invalid(argument, error))
}

/// Parses an argument that may be absent.
pub(super) fn optional<T: FromStr<Err: Display>>(
    argument: &'static str,
    text: Option<String>,
) -> Result<Option<T>, Problem> {
    text.map(|text| value(argument, &text)).transpose()
}

/// Parses `asOf`. Returns an error if the journal has no such position.
pub(super) async fn past_state(
    request: &RequestContext,
    as_of: Option<String>,
) -> Result<Option<AsOf>, Problem> {
    let as_of = optional("asOf", as_of)?;
    request.queries().check_as_of(request.merchant()?.as_str(), as_of).await?;
    Ok(as_of)
}

/// Waits, at most 5 seconds, until the read model includes `minPosition`.
pub(super) async fn wait_for(request: &RequestContext, min_position: Option<Long>) -> Result<(), Problem> {
    match min_position {
        Some(position) => Ok(request.queries().wait_for(request.merchant()?.as_str(), position.0).await?),
        None => Ok(()),
    }
}

/// Checks `minPosition` of an answer from the journal: the journal includes every position that exists.
pub(super) async fn must_exist(request: &RequestContext, min_position: Option<Long>) -> Result<(), Problem> {
    match min_position {
        Some(position) => {
            let merchant = request.merchant()?;
            Ok(request.queries().check_position(merchant.as_str(), "minPosition", position.0).await?)
        }
        None => Ok(()),
    }
}
