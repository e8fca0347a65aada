//! Requests: a command with its sender, its idempotency key and its metadata.

use std::sync::Arc;

use holdfast_domain::values::{IdempotencyKey, MerchantId, OrderId, Timestamp};
use holdfast_journal::{Event, JournalError, OutcomeKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::command::AnyCommand;
use crate::privacy::Vault;
use crate::raw_json;

/// The credential that sent a command. The process manager is a sender of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sender(pub Arc<str>);

/// The merchant, the sender and the idempotency key of a command.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The merchant whose data the command changes.
    pub merchant: &'a MerchantId,
    /// The credential that sends it.
    pub sender: &'a Sender,
    /// The sender's idempotency key for it.
    pub key: Option<&'a IdempotencyKey>,
}

/// The origin of a command; stored with each of its events.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The name of the command.
    pub command: String,
    /// The credential that sent the command.
    pub principal: String,
    /// The acting person or program, as stated by the caller.
    pub actor: Option<String>,
    /// The sender's idempotency key.
    pub key: Option<String>,
    /// Groups commands that belong together, as stated by the caller.
    pub correlation_id: Option<String>,
    /// The cause of the command: the id of an event, or any text that the caller states.
    pub causation_id: Option<String>,
    /// The W3C trace context of the command.
    pub traceparent: Option<String>,
    /// The time of the occurrence, if the caller states it.
    pub occurred_at: Option<Timestamp>,
}

impl Metadata {
    /// The metadata of a stored event.
    pub fn of(event: &Event) -> Result<Self, JournalError> {
        serde_json::from_slice(&event.metadata)
            .map_err(|error| JournalError::corrupt_at(event.position, format_args!("metadata: {error}")))
    }
}

/// The inputs of a decision besides the command itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommandContext {
    /// The id of a new order if the sender states none. New ids of other kinds derive from it as well.
    pub order_id: OrderId,
    /// A keyed digest of the command in its canonical form.
    pub fingerprint: [u8; 32],
    /// The order must have one of these versions; any version if absent.
    pub if_match: Option<Vec<u64>>,
    /// The JSON of the [`Metadata`].
    #[serde(with = "raw_json")]
    pub metadata: Arc<[u8]>,
}

/// A command that is ready to be submitted.
#[derive(Debug)]
pub struct Request {
    /// The command.
    pub command: AnyCommand,
    /// The sender and its idempotency key; `None` for a command without a key.
    pub identity: Option<OutcomeKey>,
    /// The inputs of the decision besides the command itself.
    pub context: CommandContext,
    /// Whether the command is only decided, and not written.
    pub dry_run: bool,
    /// Its approximate size.
    pub bytes: usize,
}

impl Request {
    /// A request that was received at `received_at`.
    pub(crate) fn new(
        vault: &Vault,
        received_at: Timestamp,
        Caller { merchant, sender, key }: Caller<'_>,
        command: AnyCommand,
        mut metadata: Metadata,
    ) -> Result<Self, serde_json::Error> {
        let canonical = command.canonical()?;
        let fingerprint = vault.fingerprint(command.name(), &canonical);
        command.name().clone_into(&mut metadata.command);
        metadata.principal = sender.0.to_string();
        metadata.key = key.map(ToString::to_string);
        metadata.occurred_at = command.occurred_at();
        let metadata: Arc<[u8]> = serde_json::to_vec(&metadata)?.into();
        Ok(Self {
            identity: key.map(|key| OutcomeKey { sender: Arc::clone(&sender.0), key: key.as_str().into() }),
            bytes: canonical.len() + metadata.len() + 256,
            context: CommandContext {
                order_id: derived_order_id(merchant, sender, key, received_at),
                fingerprint,
                if_match: None,
                metadata,
            },
            command,
            dry_run: false,
        })
    }

    /// Requires the order to have one of these versions; `None` accepts any version.
    #[must_use]
    pub fn if_match(mut self, versions: Option<Vec<u64>>) -> Self {
        self.context.if_match = versions;
        self
    }

    /// Decides the command without writing anything and without using its key, if `dry_run` is set.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        if dry_run {
            self.identity = None;
        }
        self
    }

    /// The orders that the command creates or changes, if its fields identify them.
    pub(crate) fn order_ids(&self) -> impl Iterator<Item = OrderId> {
        let id = |(index, command): (usize, &AnyCommand)| {
            command.order_id(member_order_id(self.context.order_id, index))
        };
        self.command.members().iter().enumerate().filter_map(id)
    }
}

impl CommandContext {
    /// The context of a command of a group: it has an order id, a fingerprint and metadata of its own.
    pub(crate) fn of_member(
        &self,
        index: usize,
        command: &AnyCommand,
        vault: &Vault,
    ) -> Result<Self, serde_json::Error> {
        let group: Metadata = serde_json::from_slice(&self.metadata)?;
        let metadata =
            Metadata { command: command.name().to_owned(), occurred_at: command.occurred_at(), ..group };
        Ok(Self {
            order_id: member_order_id(self.order_id, index),
            fingerprint: vault.fingerprint(command.name(), &command.canonical()?),
            if_match: None,
            metadata: serde_json::to_vec(&metadata)?.into(),
        })
    }
}

/// The order id of a command of a group: that of the group for the first, and one that derives from it for the others.
fn member_order_id(first: OrderId, index: usize) -> OrderId {
    if index == 0 {
        return first;
    }
    let bytes = first.uuid().into_bytes();
    let digest = Sha256::new().chain_update(bytes).chain_update((index as u64).to_be_bytes());
    let mut milliseconds = [0u8; 8];
    milliseconds[2..].copy_from_slice(&bytes[..6]);
    id_of(u64::from_be_bytes(milliseconds), digest)
}

/// A UUID of version 7 (RFC 9562) with a time in milliseconds since 1970, whose random part is a digest.
fn id_of(milliseconds: u64, digest: Sha256) -> OrderId {
    let mut random = [0u8; 10];
    random.copy_from_slice(&digest.finalize()[..10]);
    OrderId::new(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
}

/// An order id derived from merchant, sender and key of the command.
fn derived_order_id(
    merchant: &MerchantId,
    sender: &Sender,
    key: Option<&IdempotencyKey>,
    at: Timestamp,
) -> OrderId {
    let mut digest = Sha256::new();
    for part in [merchant.as_str(), &sender.0, key.map_or("", IdempotencyKey::as_str)] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    id_of(u64::try_from(at.microseconds() / 1_000).unwrap_or(0), digest)
}
