//! The part of an order that one location fills.

pub(super) mod assignment;
pub(super) mod cancellation_request;
pub(super) mod pick_pack;
pub(super) mod short_pick;
pub(super) mod status;
pub(super) mod undo;

use serde::{Deserialize, Serialize};

use super::contents::{FulfillmentOrderLines, LineUnits, PromisedDates, total};
use crate::values::{FulfillmentOrderId, LineNumber, LocationId, Reference, Timestamp, Units};

/// The part of an order that one location fills.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct FulfillmentOrder {
    pub id: FulfillmentOrderId,
    pub location: LocationId,
    /// Whether the location has accepted it explicitly.
    pub accepted: bool,
    /// Its name in the warehouse's own system.
    pub wms_ref: Option<Reference>,
    /// The request that the location has not answered yet. It has no effect on units that have shipped.
    pub cancellation_request: Option<CancellationRequest>,
    /// When it can leave and arrive, as promised when it was reserved.
    pub promise: Option<PromisedDates>,
    /// Since when it is ready for pickup.
    pub ready_since: Option<Timestamp>,
    pub lines: Vec<FulfillmentLine>,
}

/// A request to a location that has acknowledged a fulfillment order: to release units of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancellationRequest {
    /// The units to release.
    pub lines: Vec<LineUnits>,
    /// The location that the units move to. Absent: they are cancelled.
    pub move_to: Option<LocationId>,
    /// Whether the units move there although the location is paused or has rejected the order.
    #[serde(default)]
    pub forced: bool,
}

/// The part of an order line that one location fills. `released <= quantity`, and
/// `shipped <= packed <= picked <= quantity - released`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct FulfillmentLine {
    pub line: LineNumber,
    /// Units assigned to the location.
    pub quantity: Units,
    /// Of those, units that are no longer assigned.
    pub released: Units,
    /// Picked units, packed and shipped ones included.
    pub picked: Units,
    /// Packed units, shipped ones included.
    pub packed: Units,
    pub shipped: Units,
}

impl FulfillmentLine {
    /// Assigned units, shipped or not.
    pub fn net_quantity(&self) -> Units {
        self.quantity.saturating_sub(self.released)
    }

    /// Assigned units that have not shipped.
    pub fn outstanding(&self) -> Units {
        self.net_quantity().saturating_sub(self.shipped)
    }

    /// Assigned units that are not picked.
    pub(super) fn unpicked(&self) -> Units {
        self.net_quantity().saturating_sub(self.picked)
    }

    /// Assigned units that are not packed.
    pub(super) fn unpacked(&self) -> Units {
        self.net_quantity().saturating_sub(self.packed)
    }
}

impl FulfillmentOrder {
    /// Its part of an order line.
    pub fn line(&self, line: LineNumber) -> Option<&FulfillmentLine> {
        self.lines.iter().find(|own| own.line == line)
    }

    /// Whether its location has acknowledged it: accepted it, or picked units of it. From then on the location must agree
    /// before units are cancelled or moved.
    pub fn is_acknowledged(&self) -> bool {
        self.accepted || !self.total(|line| line.picked).is_zero()
    }

    /// Whether it is acknowledged and has units that have not shipped.
    pub fn is_in_progress(&self) -> bool {
        self.is_acknowledged() && self.is_open()
    }

    /// Units of a line that its location was requested to release and still can.
    pub fn requested_release(&self, line: &FulfillmentLine) -> Units {
        let requested = self.effective_request().map(|request| total(&request.lines, line.line));
        requested.unwrap_or(Units::ZERO).min(line.outstanding())
    }

    /// The request that its location can answer. A fulfillment order does not move while units of it have shipped.
    pub(super) fn effective_request(&self) -> Option<&CancellationRequest> {
        self.cancellation_request.as_ref().filter(|request| request.move_to.is_none() || !self.has_shipped())
    }

    /// Whether its location was requested to release units that are cancelled then.
    pub(super) fn cancels_on_release(&self) -> bool {
        self.effective_request().is_some_and(|request| request.move_to.is_none())
    }

    /// Whether its location has not answered a request to release units.
    pub fn has_pending_cancellation(&self) -> bool {
        self.lines.iter().any(|line| !self.requested_release(line).is_zero())
    }

    /// The location that its requested units move to.
    pub fn move_target(&self) -> Option<&LocationId> {
        self.effective_request()?.move_to.as_ref()
    }

    /// Whether it supplies units of the order, shipped ones included.
    pub fn supplies(&self) -> bool {
        !self.total(FulfillmentLine::net_quantity).is_zero()
    }

    /// Whether units of it have shipped.
    pub fn has_shipped(&self) -> bool {
        !self.total(|line| line.shipped).is_zero()
    }

    /// Whether units of it have not shipped.
    pub fn is_open(&self) -> bool {
        !self.total(FulfillmentLine::outstanding).is_zero()
    }

    /// A sum over its lines.
    pub fn total(&self, units: impl Fn(&FulfillmentLine) -> Units) -> Units {
        self.lines.iter().map(units).sum()
    }

    /// The units that a function selects, line by line, without lines of which it selects none.
    pub(super) fn all_units(&self, mut units: impl FnMut(&FulfillmentLine) -> Units) -> Vec<LineUnits> {
        let of_line = |line: &FulfillmentLine| LineUnits::new(line.line, units(line));
        self.lines.iter().map(of_line).filter(|units| !units.quantity.is_zero()).collect()
    }

    /// Units of its lines, with its id and location.
    pub(super) fn lines_of(&self, lines: Vec<LineUnits>) -> FulfillmentOrderLines {
        let (fulfillment_order_id, location) = (self.id, self.location.clone());
        FulfillmentOrderLines { fulfillment_order_id, location, lines, promise: None }
    }

    /// Its units that have not shipped.
    pub(crate) fn outstanding_lines(&self) -> FulfillmentOrderLines {
        self.lines_of(self.all_units(FulfillmentLine::outstanding))
    }
}
