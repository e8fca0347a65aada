//! Locations.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::promising::working_days::Weekday;
use holdfast_views::LocationView;
use serde::Deserialize;

use super::choice::Choice;
use super::read;
use super::scalars::Long;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Location {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    location: ID,
    name: Option<String>,
    latitude: f64,
    longitude: f64,
    address: Option<String>,
    daily_capacity: Option<Long>,
    timezone: Option<String>,
    cut_off: Option<String>,
    working_days: Option<Vec<Choice<Weekday>>>,
    #[serde(default)]
    closures: Vec<Closure>,
    rank: Long,
    paused: bool,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Closure {
    from: String,
    to: Option<String>,
    name: Option<String>,
}

impl Location {
    /// A location. Its global id has the merchant and position of `scope`.
    pub(in crate::graphql) fn new(scope: &GlobalId, view: &LocationView) -> Result<Self, Problem> {
        let id =
            GlobalId::new(Kind::Location, scope.merchant(), &view.location).with_position(scope.position());
        Ok(Self { id: id.encode(), ..read(view)? })
    }
}
