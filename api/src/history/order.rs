//! An order taken through its events: where it stands after each, and what is not as it was before.

use cqrs_es::Aggregate as _;
use holdfast_commands::decode;
use holdfast_domain::order::{Order, OrderEvent, OrderStatus, OrderView};
use holdfast_domain::stream::DomainEvent;
use holdfast_journal::{Event, JournalError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::HistoryItem;
use super::difference::{Difference, differences};

/// What every event changes, and nobody needs to be told.
const ALWAYS: [&str; 2] = ["/version", "/position"];

/// An event of an order, and where the order stood after it. Personal data is never part of it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderHistoryItem {
    #[serde(flatten)]
    /// The event.
    pub event: HistoryItem,
    /// Where the order stood after it. What others can see is only the last of a command.
    pub status: OrderStatus,
    /// What of the order, as it is told by `GET /v1/orders/{orderId}`, was not as before; where that is asked for.
    pub differences: Option<Vec<Difference>>,
}

/// An order on its way through its events.
#[derive(Debug)]
pub struct OrderReplay {
    order: Order,
    state: Value,
}

impl Default for OrderReplay {
    fn default() -> Self {
        Self { order: Order::default(), state: Value::Object(Map::new()) }
    }
}

impl OrderReplay {
    /// Takes the order through an event, and gives what that says.
    pub fn pass(&mut self, event: &Event) -> Result<OrderEvent, JournalError> {
        let DomainEvent::Order(happened) = decode(event)? else {
            return Err(JournalError::corrupt_at(event.position, "not an order's event"));
        };
        self.order.apply(happened.clone());
        Ok(happened)
    }

    /// Where it stands.
    pub fn status(&self) -> OrderStatus {
        self.order.status()
    }

    /// How much there is to compare.
    pub fn size(&self) -> usize {
        let parts = self.order.lines().len() * (1 + self.order.fulfillment_orders.len());
        let parcels = self.order.shipments.iter().flat_map(|shipment| &shipment.parcels);
        let packed: usize = parcels.map(|parcel| 1 + parcel.package.lines.len()).sum();
        let returned: usize = self.order.returns.iter().map(|returned| 1 + returned.lines.len()).sum();
        1 + parts + self.order.shipments.len() + packed + returned
    }

    /// What is not as it was the last time, by the event that it was taken through last.
    pub fn differences(&mut self, event: &Event) -> Result<Vec<Difference>, JournalError> {
        let view = OrderView::of(&self.order, event.version, event.position);
        let view = serde_json::to_value(&view);
        let state = view.map_err(|error| JournalError::corrupt_at(event.position, error))?;
        let mut found = differences(&self.state, &state);
        found.retain(|difference| !ALWAYS.contains(&difference.pointer.as_str()));
        self.state = state;
        Ok(found)
    }

    /// The order as it was told the last time that it was compared.
    pub fn state(&self) -> &Value {
        &self.state
    }
}
