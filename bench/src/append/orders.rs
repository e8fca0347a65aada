//! What orders leave in the journal, made without deciding anything: the same rows, as long as the real ones.

use std::sync::Arc;

use holdfast_journal::{Batch, CommandRecord, Event, Head, NewEvent, OutcomeKey, OutcomeKind};
use serde_json::{Value, json};
use uuid::Uuid;

use super::batch_id;

/// How many events an order leaves: three of its own, and one of the stock.
const EVENTS_AN_ORDER: usize = 4;

/// How many orders are in a batch.
const ORDERS_A_BATCH: usize = 250;

/// How many events are in a batch.
pub const EVENTS_A_BATCH: usize = ORDERS_A_BATCH * EVENTS_AN_ORDER;

/// What is ordered.
const SKU: &str = "SKU-00001";

/// Where it lies.
const LOCATION: &str = "DC-NEWARK";

/// What stands in an answer for the parts that are left out.
const ANSWER_FILLING: usize = 787;

/// Whose orders these are.
const MERCHANT: &str = "default";

/// One order after the other, all of the same SKU.
pub struct Orders {
    merchant: Arc<str>,
    stock_name: Arc<str>,
    sender: Arc<str>,
    /// What has been made so far ends here.
    position: u64,
    made: u64,
    /// What has been sealed so far ends here.
    head: Head,
}

/// A batch for the bare loop: the values of each row.
pub struct Rows {
    /// Whose.
    pub merchant: Arc<str>,
    /// The head that it leads from.
    pub expected: Head,
    /// The head that it leads to.
    pub next: Head,
    /// Its id.
    pub id: [u8; 16],
    /// Its events.
    pub events: Vec<Event>,
    /// What is answered.
    pub outcomes: Vec<Answered>,
}

/// What is answered to an order.
pub struct Answered {
    /// To whose key.
    pub key: OutcomeKey,
    /// The digest of what was asked.
    pub fingerprint: [u8; 32],
    /// The first of its events.
    pub first_position: u64,
    /// The last of its events.
    pub last_position: u64,
    /// The answer.
    pub answer: Vec<u8>,
}

impl Rows {
    /// The digests of its outcomes, without what they are digests of.
    pub fn digests(&self) -> Vec<u8> {
        vec![0; self.outcomes.len() * 33]
    }
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            merchant: MERCHANT.into(),
            stock_name: "stock-SKU-00001".into(),
            sender: "local".into(),
            position: 0,
            made: 0,
            head: Head::default(),
        }
    }
}

impl Orders {
    /// What the next batch of orders leaves.
    pub fn records(&mut self) -> Vec<CommandRecord> {
        (0..ORDERS_A_BATCH).map(|_| self.record()).collect()
    }

    /// Seals records, which must be in the order in which they were made.
    pub fn seal(&mut self, records: Vec<CommandRecord>) -> Batch {
        let batch = Batch::seal(Arc::clone(&self.merchant), batch_id(), self.head, records);
        self.head = *batch.next();
        batch
    }

    /// The rows of records, which must be in the order in which they were made.
    pub fn rows(&mut self, records: Vec<CommandRecord>) -> Rows {
        let mut last_position = self.head.position;
        let mut outcomes = Vec::with_capacity(records.len());
        for record in &records {
            let first_position = last_position + 1;
            last_position += record.events.len() as u64;
            if let Some((key, fingerprint, _, answer)) = &record.outcome {
                outcomes.push(Answered {
                    key: key.clone(),
                    fingerprint: *fingerprint,
                    first_position,
                    last_position,
                    answer: answer.clone(),
                });
            }
        }
        let expected = self.head;
        let batch = self.seal(records);
        let id = batch.identity().map(|(_, id)| id).unwrap_or_default();
        let events = batch.events().to_vec();
        Rows { merchant: Arc::clone(&self.merchant), expected, next: *batch.next(), id, events, outcomes }
    }

    fn record(&mut self) -> CommandRecord {
        let id = Uuid::now_v7();
        let own = self.position + 1;
        let name: Arc<str> = format!("order-{id}").into();
        // To the microsecond, as everywhere.
        let now = jiff::Timestamp::now().as_microsecond();
        let at = jiff::Timestamp::from_microsecond(now).unwrap_or_default();
        let event = |stream, stream_name: &Arc<str>, version, kind, payload: Value| NewEvent {
            stream_name: Arc::clone(stream_name),
            stream,
            version,
            kind,
            type_version: 1,
            payload: payload.to_string().into_bytes(),
            sealed: None,
        };
        let events = vec![
            event(own, &name, 1, "OrderCreated", created(id, at)),
            event(own, &name, 2, "OrderSourced", sourced()),
            event(own, &name, 3, "InventoryReserved", reserved(id)),
            // The stock's stream begins with the fourth event of all.
            event(4, &self.stock_name, self.made + 1, "StockReserved", taken(id)),
        ];
        self.position += EVENTS_AN_ORDER as u64;
        let key = format!("bench-{}", self.made);
        let metadata = format!(r#"{{"command":"CreateOrder","principal":"local","key":"{key}"}}"#);
        let key = OutcomeKey { sender: Arc::clone(&self.sender), key: key.into() };
        self.made += 1;
        let answer = answer(id, self.position, at);
        CommandRecord {
            events,
            metadata: Some(metadata.into_bytes().into()),
            at: now,
            outcome: Some((key, [7; 32], OutcomeKind::Created, answer.to_string().into_bytes())),
            ..CommandRecord::default()
        }
    }
}

fn created(id: Uuid, at: jiff::Timestamp) -> Value {
    json!({
        "orderId": id,
        "channel": "web",
        "lines": [{"line": 1, "sku": SKU, "quantity": 1}],
        "hasPersonalData": false,
        "onShortage": "reject",
        "allowSplit": true,
        "priority": "standard",
        "payment": "not_required",
        "reserveAt": "creation",
        "content": format!("{:064x}", id.as_u128()),
        "at": at.to_string(),
    })
}

fn sourced() -> Value {
    json!({
        "criteria": ["fewest_locations", "nearest", "rank"],
        "basis": "none",
        "chosen": [LOCATION],
        "candidates": [{"location": LOCATION, "rank": 0, "lacked": []}],
        "shortages": [],
    })
}

fn reserved(id: Uuid) -> Value {
    let lines = json!([{"line": 1, "quantity": 1}]);
    let part = json!({"fulfillmentOrderId": format!("{id}.f1"), "location": LOCATION, "lines": lines});
    json!({"fulfillmentOrders": [part]})
}

fn taken(id: Uuid) -> Value {
    json!({"sku": SKU, "orderId": id, "allocations": [{"location": LOCATION, "quantity": 1}]})
}

/// An order's body: its beginning, and as many bytes as the real one has.
fn answer(id: Uuid, position: u64, at: jiff::Timestamp) -> Value {
    json!({
        "orderId": id,
        "status": "reserved",
        "position": position,
        "createdAt": at.to_string(),
        "lines": "x".repeat(ANSWER_FILLING),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_long_as_those_of_an_order_that_was_really_taken() {
        let record = Orders::default().record();
        let lengths: Vec<usize> = record.events.iter().map(|event| event.payload.len()).collect();
        // A time is shorter where it ends with zeros.
        assert!((357..=364).contains(&lengths[0]), "{lengths:?}");
        assert_eq!(lengths[1..], [164, 145, 122]);
        let (.., answer) = record.outcome.unwrap();
        assert!((915..=930).contains(&answer.len()), "{}", answer.len());
    }
}
