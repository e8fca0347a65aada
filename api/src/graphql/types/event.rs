//! Events of the journal.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::MerchantId;
use serde::Deserialize;
use serde_json::Value;

use super::order::Order;
use super::read;
use super::scalars::{DateTime, Long};
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::history::EventEnvelope;

/// An event of the merchant's journal. Events never change.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
#[graphql(complex)]
pub(in crate::graphql) struct Event {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The event's position in the merchant's journal, from 1.
    position: Long,
    /// The position of the last event of the same command. State is only ever read as of such positions.
    command_end: Long,
    /// The event's UUID: what a later command may name as its `Causation-Id`.
    event_id: ID,
    /// The name of the event's stream, such as `order-{orderId}`.
    stream: String,
    /// The event's number in its stream, from 1.
    version: Long,
    /// The event's type, such as `OrderCreated`. Types may be added.
    #[graphql(name = "type")]
    #[serde(rename = "type")]
    kind: String,
    /// The version of the schema of `data`.
    type_version: u32,
    /// When the command was decided.
    at: DateTime,
    /// The event's data, without personal data.
    data: Value,
    /// What is recorded about the command.
    #[serde(flatten)]
    metadata: EventMetadata,
}

#[ComplexObject]
impl Event {
    /// The order that the event belongs to, as the read model has it now; null if the stream is not an order's.
    async fn order(&self, context: &Context<'_>) -> Result<Option<Order>, Problem> {
        let Ok(StreamId::Order(key)) = self.stream.parse() else {
            return Ok(None);
        };
        let id = GlobalId::decode(&self.id)?;
        let row = RequestContext::of(context)?.order(id.merchant(), key).await?;
        row.and_then(|row| row.view()).map(|view| Order::current(id.merchant(), &view)).transpose()
    }
}

impl Event {
    /// An event of a merchant's journal.
    pub(in crate::graphql) fn new(
        merchant: &MerchantId,
        event: &holdfast_journal::Event,
    ) -> Result<Self, Problem> {
        let id = GlobalId::new(Kind::Event, merchant, event.position).encode();
        Ok(Self { id, ..read(&EventEnvelope::of(event)?)? })
    }
}

/// What is recorded about a command: the same for all its events.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct EventMetadata {
    /// The command's name, such as `CreateOrder`.
    command: String,
    /// The credential that the command was sent with.
    principal: String,
    /// The acting person or program, as the caller said in the header `Actor`.
    actor: Option<String>,
    /// The command's idempotency key.
    key: Option<String>,
    /// The caller's `Correlation-Id`; commands caused by this one carry the same.
    correlation_id: Option<String>,
    /// What caused the command: the id of an event, or the caller's `Causation-Id`.
    causation_id: Option<String>,
    /// When it happened, if the caller said so.
    occurred_at: Option<DateTime>,
}
