//! An event of the journal.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use holdfast_commands::Metadata;
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::asked::Asked;
use super::error::Problem;
use super::order::Order;
use super::scalars::{DateTime, Long, id};

/// Something that happened. It never changes.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(super) struct Event {
    /// Its place in the merchant's journal, from 1.
    position: Long,
    /// The position of the last event of the same command. State is told as of these only.
    command_end: Long,
    /// Its id.
    event_id: ID,
    /// What it happened to, such as `order-{orderId}`.
    stream: String,
    /// Its place in the stream, from 1.
    version: Long,
    /// What happened, such as `OrderCreated`. Types may be added.
    #[graphql(name = "type")]
    kind: String,
    /// The version that `data` is written in.
    type_version: u32,
    /// When it was decided.
    at: DateTime,
    /// The particulars, without personal data.
    data: Value,
    /// Who, why, through what.
    metadata: EventMetadata,
}

#[ComplexObject]
impl Event {
    /// The order that it happened to, as the read model has it now; null for what happened to something else.
    async fn order(&self, context: &Context<'_>) -> Result<Option<Order>> {
        let Ok(StreamId::Order(key)) = self.stream.parse() else {
            return Ok(None);
        };
        let asked = Asked::of(context)?;
        let row = asked.order(asked.merchant_of(None)?, key).await?;
        Ok(row.and_then(|row| row.view()).as_ref().map(Order::from))
    }
}

impl TryFrom<&holdfast_journal::Event> for Event {
    type Error = Problem;

    fn try_from(event: &holdfast_journal::Event) -> Result<Self, Problem> {
        let unreadable = |error: serde_json::Error| {
            Problem::internal(&format!("position {} cannot be read: {error}", event.position))
        };
        let metadata = Metadata::of(event)?;
        Ok(Self {
            position: event.position.into(),
            command_end: event.command_end.into(),
            event_id: id(&Uuid::from_bytes(event.event_id)),
            stream: event.stream_name.to_string(),
            version: event.version.into(),
            kind: event.kind.to_string(),
            type_version: event.type_version,
            at: DateTime(Timestamp::from_microseconds(event.recorded_at)),
            data: serde_json::from_slice(&event.payload).map_err(unreadable)?,
            metadata: metadata.into(),
        })
    }
}

/// Who, why, through what: the same for every event of a command.
#[derive(Debug, SimpleObject)]
pub(super) struct EventMetadata {
    /// The command's name.
    command: String,
    /// The credential that the command came by.
    principal: String,
    /// Who the caller said acted.
    actor: Option<String>,
    /// The sender's name for the command.
    key: Option<String>,
    /// What belongs together, by the caller's word.
    correlation_id: Option<String>,
    /// What it followed from.
    causation_id: Option<String>,
    /// When it happened, where the caller said so.
    occurred_at: Option<DateTime>,
}

impl From<Metadata> for EventMetadata {
    fn from(metadata: Metadata) -> Self {
        Self {
            command: metadata.command,
            principal: metadata.principal,
            actor: metadata.actor,
            key: metadata.key,
            correlation_id: metadata.correlation_id,
            causation_id: metadata.causation_id,
            occurred_at: metadata.occurred_at.map(DateTime),
        }
    }
}
