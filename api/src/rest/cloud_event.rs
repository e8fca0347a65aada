//! Events as CloudEvents 1.0, and the filter of the event list and feed.

use holdfast_commands::Metadata;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{MerchantId, OrderId, Timestamp};
use holdfast_journal::{Event, JournalError};
use holdfast_projections::CommandLink;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::error::ApiError;
use crate::headers::{canonical_event_id, external_id};
use crate::history::EventEnvelope;

/// An event as a CloudEvent, whose attribute names are lower case. It contains no personal data.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CloudEvent {
    /// The version of CloudEvents.
    specversion: &'static str,
    /// The id of the event.
    id: Uuid,
    /// `/merchants/{merchant}`.
    source: String,
    /// The type of the event, such as `OrderCreated`.
    #[serde(rename = "type")]
    kind: String,
    /// The name of the stream, such as `order-{orderId}`.
    subject: String,
    /// When the command was decided.
    time: Timestamp,
    /// The media type of `data`.
    datacontenttype: &'static str,
    /// The schema of `data`: `/schemas/{type}/{version}`.
    dataschema: String,
    /// The position as text that sorts in the order of the positions.
    sequence: String,
    /// The position in the merchant's journal, from 1.
    position: u64,
    /// The name of the stream.
    stream: String,
    /// The position in the stream, from 1.
    version: u64,
    /// The position of the last event of the same command.
    commandend: u64,
    /// The name of the command.
    command: String,
    /// The credential of the command's sender.
    principal: String,
    /// The `Actor` header of the command.
    actor: Option<String>,
    /// The idempotency key of the command.
    idempotencykey: Option<String>,
    /// The `Correlation-Id` header of the command.
    correlationid: Option<String>,
    /// The cause of the command: the id of an event, or the `Causation-Id` header.
    causationid: Option<String>,
    /// The W3C trace context of the command.
    traceparent: Option<String>,
    /// The `occurredAt` of the command.
    occurredat: Option<Timestamp>,
    /// The payload.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    data: Box<RawValue>,
}

impl CloudEvent {
    /// The event of a merchant as a CloudEvent.
    pub(super) fn of(merchant: &MerchantId, event: &Event) -> Result<Self, JournalError> {
        let event = EventEnvelope::of(event)?;
        let Metadata {
            command,
            principal,
            actor,
            key,
            correlation_id,
            causation_id,
            traceparent,
            occurred_at,
        } = event.metadata;
        Ok(Self {
            specversion: "1.0",
            id: event.event_id,
            source: format!("/merchants/{merchant}"),
            subject: event.stream.clone(),
            time: event.at,
            datacontenttype: "application/json",
            dataschema: format!("/schemas/{}/{}", event.kind, event.type_version),
            kind: event.kind,
            // The largest position has 20 digits.
            sequence: format!("{:020}", event.position),
            position: event.position,
            stream: event.stream,
            version: event.version,
            commandend: event.command_end,
            command,
            principal,
            actor,
            idempotencykey: key,
            correlationid: correlation_id,
            causationid: causation_id,
            traceparent,
            occurredat: occurred_at,
            data: event.data,
        })
    }
}

/// Which events. An event must match all parameters that are given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventParams {
    /// Only events of this type. May be given several times.
    #[serde(default, rename = "type")]
    #[schemars(with = "Option<String>")]
    types: Vec<String>,
    /// Only events of this stream, such as `network`.
    stream: Option<String>,
    /// Only events of this order. Not together with `stream`.
    order: Option<OrderId>,
    /// Only events of commands with this Correlation-Id, and of the background commands that they caused.
    correlation_id: Option<ExternalId>,
    /// Only events of commands with this cause: usually the id of an event.
    causation_id: Option<ExternalId>,
}

/// An id that a client chose.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline)]
struct ExternalId(String);

impl TryFrom<String> for ExternalId {
    type Error = &'static str;
    fn try_from(id: String) -> Result<Self, Self::Error> {
        external_id(&id).map(Self)
    }
}

/// Which events the list or feed contains.
#[derive(Debug)]
pub(super) struct EventFilter {
    types: Vec<String>,
    stream: Option<String>,
    correlation_id: Option<String>,
    causation_id: Option<String>,
}

impl TryFrom<EventParams> for EventFilter {
    type Error = ApiError;

    fn try_from(params: EventParams) -> Result<Self, ApiError> {
        let EventParams { types, stream, order, correlation_id, causation_id } = params;
        if order.is_some() && stream.is_some() {
            return Err(ApiError::parameter("order", "cannot be combined with stream"));
        }
        DomainEvent::check_types(&types).map_err(|unknown| ApiError::parameter("type", &unknown))?;
        let parse = |name: String| {
            name.parse::<StreamId>().map_err(|unknown| ApiError::parameter("stream", &unknown))
        };
        let stream =
            order.map(StreamId::Order).map_or_else(|| stream.map(parse).transpose(), |id| Ok(Some(id)))?;
        let stream = stream.map(|stream| stream.to_string());
        let correlation_id = correlation_id.map(|ExternalId(id)| id);
        Ok(Self {
            types,
            stream,
            correlation_id,
            causation_id: causation_id.map(|ExternalId(id)| canonical_event_id(id)),
        })
    }
}

impl EventFilter {
    /// The id by which the causation index finds the commands.
    pub(super) fn link(&self) -> Option<CommandLink<'_>> {
        let correlation = self.correlation_id.as_deref().map(CommandLink::Correlation);
        correlation.or_else(|| self.causation_id.as_deref().map(CommandLink::Causation))
    }

    /// Whether an event matches.
    pub(super) fn matches(&self, event: &Event) -> bool {
        (self.types.is_empty() || self.types.iter().any(|kind| **kind == *event.kind))
            && self.stream.as_ref().is_none_or(|stream| **stream == *event.stream_name)
            && (self.link().is_none()
                || Metadata::of(event).is_ok_and(|metadata| self.matches_ids(&metadata)))
    }

    fn matches_ids(&self, metadata: &Metadata) -> bool {
        let matches = |wanted: &Option<String>, id: &Option<String>| wanted.is_none() || wanted == id;
        matches(&self.correlation_id, &metadata.correlation_id)
            && matches(&self.causation_id, &metadata.causation_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_names_have_lower_case_letters_and_digits_only() {
        let schema = schemars::schema_for!(CloudEvent);
        let names: Vec<&String> =
            schema.pointer("/properties").unwrap().as_object().unwrap().keys().collect();
        for name in names {
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{name}");
        }
    }
}
