//! The journal as a feed of CloudEvents 1.0.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use holdfast_commands::Metadata;
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{MerchantId, OrderId, Timestamp};
use holdfast_journal::Event;
use holdfast_projections::{Causation, CommandLink};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::caller::{Answered, ForMerchant, written_as_here};
use super::endpoint::Parameter;
use super::feed;
use super::listing::{Items, Reached, at_position};
use super::parameters::{self, Parameters, invalid};
use super::problem::Problem;
use crate::app::App;
use crate::history::data;

/// An event as a CloudEvent, whose names of attributes are lower-case. Personal data is never part of it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CloudEvent {
    /// The version of CloudEvents.
    specversion: &'static str,
    /// The event's id.
    id: Uuid,
    /// Whose it is: `/merchants/{merchant}`.
    source: String,
    /// What happened.
    #[serde(rename = "type")]
    kind: String,
    /// What it happened to: the name of the stream.
    subject: String,
    /// When it was decided.
    time: Timestamp,
    /// What the data is written in.
    datacontenttype: &'static str,
    /// The schema of the data, with its version.
    dataschema: String,
    /// The position as text that sorts as the position does.
    sequence: String,
    /// Its place in the merchant's journal.
    position: u64,
    /// The name of its stream.
    stream: String,
    /// Its place in the stream.
    version: u64,
    /// The position of the last event of the same command.
    commandend: u64,
    /// The command that it came from.
    command: String,
    /// The credential that the command came by.
    principal: String,
    /// Who the caller says acted.
    actor: Option<String>,
    /// The sender's name for the command.
    idempotencykey: Option<String>,
    /// What belongs together, by the caller's word.
    correlationid: Option<String>,
    /// What it followed from.
    causationid: Option<String>,
    /// W3C trace context.
    traceparent: Option<String>,
    /// When it happened, where the caller says so.
    occurredat: Option<Timestamp>,
    /// What is told of it.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    data: Box<RawValue>,
}

/// Which events; all that are given must hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    /// Of one of these types; of any where none is given.
    types: Vec<String>,
    /// Of this stream.
    stream: Option<String>,
    /// Of commands that came with this correlation id.
    correlation: Option<String>,
    /// Of commands that followed from this.
    causation: Option<String>,
}

impl Filter {
    fn of(given: &Parameters) -> Result<Self, Problem> {
        let types = given.all("type")?;
        let order: Option<OrderId> = given.optional("order")?;
        let of_order = order.map(|id| StreamId::Order(id).to_string());
        let stream = given.text("stream")?.map(str::to_owned);
        match (of_order, stream) {
            (Some(_), Some(_)) => Err(invalid("order", "cannot be given beside stream")),
            (of_order, stream) => {
                let correlation = given.id("correlationId")?;
                let causation = given.id("causationId")?.map(written_as_here);
                Ok(Self { types, stream: of_order.or(stream), correlation, causation })
            }
        }
    }

    /// What the index can be asked with.
    fn link(&self) -> Option<CommandLink<'_>> {
        let correlation = self.correlation.as_deref().map(CommandLink::Correlation);
        correlation.or_else(|| self.causation.as_deref().map(CommandLink::Causation))
    }

    /// Whether an event is one of them.
    pub(super) fn takes(&self, event: &Event) -> bool {
        (self.types.is_empty() || self.types.iter().any(|kind| **kind == *event.kind))
            && self.stream.as_ref().is_none_or(|stream| **stream == *event.stream_name)
            && (self.link().is_none() || Metadata::of(event).is_ok_and(|came_with| self.belongs(&came_with)))
    }

    fn belongs(&self, came_with: &Metadata) -> bool {
        let is_so = |wanted: &Option<String>, id: &Option<String>| wanted.is_none() || wanted == id;
        is_so(&self.correlation, &came_with.correlation_id) && is_so(&self.causation, &came_with.causation_id)
    }
}

impl CloudEvent {
    /// As JSON on one line.
    pub(super) fn json(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(|error| {
            tracing::error!(%error, "an event cannot be told");
            Problem::internal()
        })
    }

    pub(super) fn of(merchant: &MerchantId, event: &Event) -> Result<Self, Problem> {
        let metadata = Metadata::of(event)?;
        Ok(Self {
            specversion: "1.0",
            id: Uuid::from_bytes(event.event_id),
            source: format!("/merchants/{merchant}"),
            kind: event.kind.to_string(),
            subject: event.stream_name.to_string(),
            time: Timestamp::from_microseconds(event.recorded_at),
            datacontenttype: "application/json",
            dataschema: format!("/schemas/{}/{}", event.kind, event.type_version),
            // As many digits as the largest position has.
            sequence: format!("{:020}", event.position),
            position: event.position,
            stream: event.stream_name.to_string(),
            version: event.version,
            commandend: event.command_end,
            command: metadata.command,
            principal: metadata.principal,
            actor: metadata.actor,
            idempotencykey: metadata.key,
            correlationid: metadata.correlation_id,
            causationid: metadata.causation_id,
            traceparent: metadata.traceparent,
            occurredat: metadata.occurred_at,
            data: data(event)?,
        })
    }
}

/// What events can be asked for with.
pub(super) const PARAMETERS: &[Parameter] = &[
    parameters::MIN_POSITION,
    Parameter::of::<u64>("after", "Events after this position; from the first where not given."),
    Parameter::of::<u16>(
        "limit",
        "About how many events are looked at, or told where an id is given: 1 to 1000, 100 where not given. A command's events \
         are never parted.",
    ),
    Parameter::of::<String>("type", "Only events of this type; may be given several times."),
    Parameter::of::<String>("stream", "Only events of this stream, such as `network`."),
    Parameter::of::<OrderId>("order", "Only events of this order's stream."),
    Parameter::of::<String>(
        "correlationId",
        "Only events of commands that came with this Correlation-Id, and of what was done by itself because of them.",
    ),
    Parameter::of::<String>(
        "causationId",
        "Only events of commands that followed from this, above all from the event of this id.",
    ),
];

/// Whether the caller wants the feed to stay open.
fn stays_open(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|accepts| accepts.split(',')).any(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

/// Where a reader was that comes again.
fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(last) = headers.get("last-event-id") else { return Ok(None) };
    let number = last.to_str().ok().and_then(|text| text.parse().ok());
    let invalid = || Problem::bad("invalid_header", "Last-Event-ID must be the id of an event of this feed");
    number.map(Some).ok_or_else(invalid)
}

/// Events in order. `nextCursor` is the `after` to go on with, also at the end. With `Accept: text/event-stream` the
/// feed stays open.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    headers: HeaderMap,
    given: Parameters,
) -> Answered {
    let filter = Filter::of(&given)?;
    given.must_be_there(&app, &merchant).await?;
    let after = given.number("after")?;
    if stays_open(&headers) {
        let after = last_event_id(&headers)?.or(after).unwrap_or(0);
        app.reading.must_be_there(merchant.as_str(), after).await?;
        return feed::open(&app, merchant, filter, after);
    }
    let after = after.unwrap_or(0);
    app.reading.must_be_there(merchant.as_str(), after).await?;
    let limit = given.limit()?;
    let (events, position) = match filter.link() {
        Some(link) => {
            let linked = app.reading.linked_events(merchant.as_str(), link, after, limit).await?;
            (linked.events, linked.position)
        }
        None => {
            let events = app.reading.events(merchant.as_str(), after, limit).await?;
            let position = events.last().map_or(after, |last| last.position);
            (events, position)
        }
    };
    let taken = events.iter().filter(|event| filter.takes(event));
    let items: Vec<CloudEvent> =
        taken.map(|event| CloudEvent::of(&merchant, event)).collect::<Result<_, _>>()?;
    let next = Some(position.to_string());
    let page = match filter.link() {
        Some(_) => Reached::of(&app, Causation::NAME, &merchant).page(items, next),
        None => Json(Items::of(items, next)),
    };
    Ok(at_position(page.into_response(), position))
}

/// Checked here, because a wrong name would be found out about by strangers' programs only.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_attributes_are_as_cloudevents_wants_them() {
        let schema = schemars::schema_for!(CloudEvent);
        let names: Vec<&String> =
            schema.pointer("/properties").unwrap().as_object().unwrap().keys().collect();
        for name in names {
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{name}");
        }
    }
}
