//! Locations.

use async_graphql::{ID, SimpleObject};
use holdfast_views::LocationView;
use serde::Deserialize;

use super::read;
use super::scalars::Long;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};

/// A warehouse, a store or another place that ships orders.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Location {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The location's id, as in REST.
    location: ID,
    /// A name for people.
    name: Option<String>,
    /// Degrees north, -90 to 90.
    latitude: f64,
    /// Degrees east, -180 to 180.
    longitude: f64,
    /// The address, on one line.
    address: Option<String>,
    /// Orders that it can ship per day; null for no limit.
    daily_capacity: Option<Long>,
    /// The time zone, by IANA name.
    timezone: Option<String>,
    /// Orders reserved before this time of day, `HH:MM` in the location's time zone, can ship the same day.
    cut_off: Option<String>,
    /// The merchant's preference: a lower rank is sourced first.
    rank: Long,
    /// Whether the location is paused: nothing is sourced from it.
    paused: bool,
}

impl Location {
    /// A location under its global id or, given another object's, under one as of the same position.
    pub(in crate::graphql) fn new(scope: &GlobalId, view: &LocationView) -> Result<Self, Problem> {
        let id =
            GlobalId::new(Kind::Location, scope.merchant(), &view.location).with_position(scope.position());
        Ok(Self { id: id.encode(), ..read(view)? })
    }
}
