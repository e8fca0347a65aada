//! An order replayed event by event: its status after each event, and the fields that each event changed.

use cqrs_es::Aggregate as _;
use holdfast_commands::decode;
use holdfast_domain::order::{Order, OrderEvent, OrderStatus};
use holdfast_domain::stream::DomainEvent;
use holdfast_journal::{Event, JournalError};
use holdfast_views::OrderView;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::EventEnvelope;
use super::difference::{Difference, differences};
use crate::error::ApiError;

/// Every event changes these fields, so they are not reported.
const IGNORED: [&str; 2] = ["/version", "/position"];

/// The most lines (each in the order, its fulfillment orders, shipments and returns) that are compared for one history, over
/// all its events.
const MAX_COMPARED: usize = 200_000;

/// An event of an order, and the order's status after it. It contains no personal data.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderHistoryItem {
    #[serde(flatten)]
    /// The event.
    pub event: EventEnvelope,
    /// The status after the event. Clients of other routes only see the status after the last event of a command.
    pub status: OrderStatus,
    /// The fields of `GET /v1/orders/{orderId}` that the event changed. Absent unless requested.
    pub differences: Option<Vec<Difference>>,
}

/// The status after an event, and the fields that the event changed, if requested.
pub(crate) type Step = (OrderStatus, Option<Vec<Difference>>);

/// A step for each event of an order.
pub(crate) fn steps(events: &[Event], with_differences: bool) -> Result<Vec<Step>, ApiError> {
    let (mut replay, mut compared) = (OrderReplay::default(), 0);
    let mut steps = Vec::with_capacity(events.len());
    for event in events {
        replay.apply(event)?;
        let differences = if with_differences {
            compared += replay.size();
            if compared > MAX_COMPARED {
                return Err(ApiError::TooMuchToCompare);
            }
            Some(replay.differences(event)?)
        } else {
            None
        };
        steps.push((replay.status(), differences));
    }
    Ok(steps)
}

/// An order during a replay.
#[derive(Debug)]
pub struct OrderReplay {
    order: Order,
    /// The JSON of the order at the last comparison.
    state: Value,
}

impl Default for OrderReplay {
    fn default() -> Self {
        Self { order: Order::default(), state: Value::Object(Map::new()) }
    }
}

impl OrderReplay {
    /// Applies an event, and returns its payload.
    pub fn apply(&mut self, event: &Event) -> Result<OrderEvent, JournalError> {
        let DomainEvent::Order(payload) = decode(event)? else {
            return Err(JournalError::corrupt_at(event.position, "not an event of an order"));
        };
        self.order.apply(payload.clone());
        Ok(payload)
    }

    /// The current status.
    pub fn status(&self) -> OrderStatus {
        self.order.status()
    }

    /// The number of lines to compare.
    pub fn size(&self) -> usize {
        let lines = self.order.lines().len() * (1 + self.order.fulfillment_orders.len());
        let packages = self.order.shipments.iter().flat_map(|shipment| &shipment.packages);
        let packed: usize = packages.map(|package| 1 + package.shipped.lines.len()).sum();
        let returned: usize = self.order.returns.iter().map(|returned| 1 + returned.lines.len()).sum();
        1 + lines + self.order.shipments.len() + packed + returned
    }

    /// The fields that have changed since the last call. `event` is the last event that was applied.
    pub fn differences(&mut self, event: &Event) -> Result<Vec<Difference>, JournalError> {
        let view = OrderView::of(&self.order, event.version, event.position);
        let view = serde_json::to_value(&view);
        let state = view.map_err(|error| JournalError::corrupt_at(event.position, error))?;
        let mut found = differences(&self.state, &state);
        found.retain(|difference| !IGNORED.contains(&difference.pointer.as_str()));
        self.state = state;
        Ok(found)
    }

    /// The JSON of the order at the last comparison.
    pub fn state(&self) -> &Value {
        &self.state
    }
}
