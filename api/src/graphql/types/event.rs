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

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
#[graphql(complex)]
pub(in crate::graphql) struct Event {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    position: Long,
    command_end: Long,
    event_id: ID,
    stream: String,
    version: Long,
    #[graphql(name = "type")]
    #[serde(rename = "type")]
    kind: String,
    type_version: u32,
    at: DateTime,
    data: Value,
    #[serde(flatten)]
    metadata: EventMetadata,
}

#[ComplexObject]
impl Event {
    /// The current order that the event belongs to. Null if the stream is not an order's stream.
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

/// The origin of a command; the same for all events of the command.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct EventMetadata {
    command: String,
    principal: String,
    actor: Option<String>,
    key: Option<String>,
    correlation_id: Option<String>,
    causation_id: Option<String>,
    occurred_at: Option<DateTime>,
}
