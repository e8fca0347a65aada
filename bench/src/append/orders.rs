//! The journal records of orders: those of one order that Holdfast executed, repeated with other ids.

use std::sync::Arc;

use holdfast_api::app::App;
use holdfast_commands::client::{CommandClient, Outcome};
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_journal::{Batch, CommandRecord, Event, Head, NewEvent, OutcomeKey, OutcomeKind};
use holdfast_load_model::{OrderLife, Step, simple, sku};
use uuid::Uuid;

use crate::error::BenchError;
use crate::http_client::UNITS;

/// The events of an order: three of its own and one of the stock.
const EVENTS_PER_ORDER: usize = 4;
const ORDERS_PER_BATCH: usize = 250;
pub const EVENTS_PER_BATCH: usize = ORDERS_PER_BATCH * EVENTS_PER_ORDER;

const MERCHANT: &str = "default";

/// Generates one order after the other, all of the same SKU.
pub struct Orders {
    merchant: Arc<str>,
    /// The types, versions and payloads of the recorded order's events.
    events: Vec<NewEvent>,
    metadata: Arc<[u8]>,
    answer: Vec<u8>,
    /// The id of the recorded order.
    recorded_id: String,
    stock_stream: Arc<str>,
    sender: Arc<str>,
    generated: u64,
    /// The head after the last sealed batch.
    head: Head,
}

/// The values of the rows of a batch, for the bare loop.
pub struct Rows {
    pub merchant: Arc<str>,
    /// The head before the batch.
    pub expected: Head,
    /// The head after the batch.
    pub next: Head,
    pub id: [u8; 16],
    pub events: Vec<Event>,
    pub outcomes: Vec<OutcomeRow>,
}

pub struct OutcomeRow {
    pub key: OutcomeKey,
    pub fingerprint: [u8; 32],
    pub first_position: u64,
    pub last_position: u64,
    pub answer: Vec<u8>,
}

impl Rows {
    /// As many bytes as the digests of the outcomes have.
    pub fn digests(&self) -> Vec<u8> {
        vec![0; self.outcomes.len() * 33]
    }
}

impl Orders {
    /// Executes one order in a temporary store and keeps its records.
    pub async fn record() -> Result<Self, BenchError> {
        let parent = std::env::temp_dir();
        let directory =
            tempfile::tempdir().map_err(|source| BenchError::Directory { directory: parent, source })?;
        let app = App::open(directory.path()).await?;
        let client = CommandClient::new(&app.commands, &MerchantId::new(MERCHANT)?, "local");
        let sku = sku(0)?;
        execute(&client, simple::location()?).await?;
        execute(&client, simple::receipt(sku.clone(), UNITS.into())?).await?;
        let before = app.journal.head(MERCHANT).await?.position;
        let recorded_id = OrderId::new(Uuid::now_v7());
        let order = OrderLife::new(0).delivered(simple::order(sku)?, recorded_id)?.swap_remove(0);
        let answer = execute(&client, order).await?;
        let events = app.journal.read(MERCHANT, before, EVENTS_PER_ORDER).await?;
        app.shutdown().await;
        let stock_event = events.last().ok_or(BenchError::NotAccepted("CreateOrder"))?;
        Ok(Self {
            merchant: MERCHANT.into(),
            metadata: Arc::clone(&stock_event.metadata),
            stock_stream: Arc::clone(&stock_event.stream_name),
            events: events.into_iter().map(template).collect(),
            answer,
            recorded_id: recorded_id.to_string(),
            sender: "local".into(),
            generated: 0,
            head: Head::default(),
        })
    }

    /// The records of the next batch.
    pub fn records(&mut self) -> Vec<CommandRecord> {
        (0..ORDERS_PER_BATCH).map(|_| self.next_record()).collect()
    }

    /// Seals records, in the order in which they were generated.
    pub fn seal(&mut self, records: Vec<CommandRecord>) -> Batch {
        let id = Uuid::now_v7().into_bytes();
        let batch = Batch::seal(Arc::clone(&self.merchant), id, self.head, records);
        self.head = *batch.next();
        batch
    }

    /// The rows of records, in the order in which they were generated.
    pub fn rows(&mut self, records: Vec<CommandRecord>) -> Rows {
        let mut last_position = self.head.position;
        let mut outcomes = Vec::with_capacity(records.len());
        for record in &records {
            let first_position = last_position + 1;
            last_position += record.events.len() as u64;
            if let Some((key, fingerprint, _, answer)) = &record.outcome {
                let (key, fingerprint, answer) = (key.clone(), *fingerprint, answer.clone());
                outcomes.push(OutcomeRow { key, fingerprint, first_position, last_position, answer });
            }
        }
        let expected = self.head;
        let batch = self.seal(records);
        let id = batch.identity().map(|(_, id)| id).unwrap_or_default();
        let events = batch.events().to_vec();
        Rows { merchant: Arc::clone(&self.merchant), expected, next: *batch.next(), id, events, outcomes }
    }

    fn next_record(&mut self) -> CommandRecord {
        let id = OrderId::new(Uuid::now_v7()).to_string();
        let with_id = |recorded: &[u8]| replace(recorded, self.recorded_id.as_bytes(), id.as_bytes());
        let position = self.generated * EVENTS_PER_ORDER as u64;
        let order_stream: Arc<str> = format!("order-{id}").into();
        self.generated += 1;
        let events = (1..).zip(&self.events).map(|(number, event)| {
            let is_stock = number == EVENTS_PER_ORDER as u64;
            // The stock's stream begins with the last event of the first order.
            let stream = if is_stock { number } else { position + 1 };
            let stream_name = if is_stock { &self.stock_stream } else { &order_stream };
            NewEvent {
                stream_name: Arc::clone(stream_name),
                stream,
                version: if is_stock { self.generated } else { number },
                payload: with_id(&event.payload),
                ..event.clone()
            }
        });
        let key = format!("bench-{}", self.generated).into();
        let key = OutcomeKey { sender: Arc::clone(&self.sender), key };
        CommandRecord {
            events: events.collect(),
            metadata: Some(Arc::clone(&self.metadata)),
            at: jiff::Timestamp::now().as_microsecond(),
            outcome: Some((key, [7; 32], OutcomeKind::Created, with_id(&self.answer))),
            ..CommandRecord::default()
        }
    }
}

async fn execute(client: &CommandClient, step: Step) -> Result<Vec<u8>, BenchError> {
    let name = step.command.name();
    match client.send(&step.key, step.command).await? {
        Outcome::Accepted { answer, .. } => Ok(answer.body.clone()),
        Outcome::Rejected(_) | Outcome::KeyReused => Err(BenchError::NotAccepted(name)),
    }
}

/// A recorded event without its place in the journal.
fn template(event: Event) -> NewEvent {
    NewEvent {
        stream_name: event.stream_name,
        stream: 0,
        version: 0,
        // Four short names per run.
        kind: Box::leak(event.kind),
        type_version: event.type_version,
        payload: event.payload,
        sealed: event.sealed,
    }
}

/// Replaces every occurrence of a text by another one of the same length.
fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    let occurrences: Vec<usize> = memchr::memmem::find_iter(&text, old).collect();
    for start in occurrences {
        text[start..start + old.len()].copy_from_slice(new);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_record_has_the_events_of_an_order_with_its_own_id() {
        let mut orders = Orders::record().await.unwrap();
        let (first, second) = (orders.next_record(), orders.next_record());
        let kinds: Vec<&str> = first.events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, ["OrderCreated", "OrderSourced", "InventoryReserved", "StockReserved"]);
        let id = first.events[0].stream_name.strip_prefix("order-").unwrap();
        for part in [0, 2, 3].map(|index| &first.events[index].payload).iter().chain([&&first
            .outcome
            .as_ref()
            .unwrap()
            .3])
        {
            let text = String::from_utf8_lossy(part);
            assert!(text.contains(id), "{text}");
            assert!(!text.contains(&orders.recorded_id), "{text}");
        }
        assert_eq!(second.events.iter().map(|event| event.stream).collect::<Vec<_>>(), [5, 5, 5, 4]);
        assert_eq!(second.events.iter().map(|event| event.version).collect::<Vec<_>>(), [1, 2, 3, 2]);
    }
}
