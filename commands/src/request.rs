//! A command with all that came with it.

use std::sync::Arc;

use holdfast_domain::values::{IdempotencyKey, MerchantId, OrderId, Timestamp};
use holdfast_journal::{Event, JournalError, OutcomeKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::command::AnyCommand;
use crate::privacy::Vault;

/// The credential that a command came by. Process managers are senders of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sender(pub Arc<str>);

/// Whose command it is, by what credential it came, and that sender's name for it.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The merchant that it is about.
    pub merchant: &'a MerchantId,
    /// The credential.
    pub sender: &'a Sender,
    /// The sender's name for it.
    pub key: Option<&'a IdempotencyKey>,
}

/// Who, why, through what: stored with every event of a command.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The command's name.
    pub command: String,
    /// The credential that the command came by.
    pub principal: String,
    /// Who the caller says acted.
    pub actor: Option<String>,
    /// The sender's name for the command.
    pub key: Option<String>,
    /// What belongs together, by the caller's word.
    pub correlation_id: Option<String>,
    /// What it followed from: an event's id or, by the caller's word, anything else.
    pub causation_id: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// When it happened, where the caller says so.
    pub occurred_at: Option<Timestamp>,
}

impl Metadata {
    /// The metadata of a stored event.
    pub fn of(event: &Event) -> Result<Self, JournalError> {
        serde_json::from_slice(&event.metadata)
            .map_err(|error| JournalError::corrupt_at(event.position, format_args!("metadata: {error}")))
    }
}

/// What deciding a command needs beside the command itself.
#[derive(Debug, Clone)]
pub struct CommandContext {
    /// The id of the order that it would create, where the sender gives none.
    pub order_id: OrderId,
    /// A keyed digest of the command in its canonical form.
    pub fingerprint: [u8; 32],
    /// The version that the order must still have.
    pub if_match: Option<u64>,
    /// The JSON of its [`Metadata`], stored with every event.
    pub metadata: Arc<[u8]>,
}

/// A command with all that came with it.
#[derive(Debug)]
pub struct Request {
    /// What is asked.
    pub command: AnyCommand,
    /// Who asks, and that sender's name for it.
    pub identity: Option<OutcomeKey>,
    /// What deciding it needs beside the command itself.
    pub context: CommandContext,
    /// Whether only to tell what would happen.
    pub dry_run: bool,
    /// About how many bytes it takes.
    pub bytes: usize,
}

impl Request {
    /// A request by a sender, at the moment that it came in.
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
                order_id: order_id(merchant, sender, key, received_at),
                fingerprint,
                if_match: None,
                metadata,
            },
            command,
            dry_run: false,
        })
    }

    /// The same, for an order that must still have a version.
    #[must_use]
    pub fn if_match(mut self, version: Option<u64>) -> Self {
        self.context.if_match = version;
        self
    }
}

impl Request {
    /// The same, only to be told what would happen: nothing is written, and the key is not used.
    #[must_use]
    pub fn dry_run(mut self, is_so: bool) -> Self {
        self.dry_run = is_so;
        if is_so {
            self.identity = None;
        }
        self
    }

    /// The order that it is about, where that is known before it is decided.
    pub(crate) fn about(&self) -> Option<OrderId> {
        match &self.command {
            AnyCommand::CreateOrder(order) => Some(order.order_id.unwrap_or(self.context.order_id)),
            command => command.policy().order_id,
        }
    }
}

/// An order's id made from the command: a UUID of version 7 (RFC 9562) whose random part is a digest of the
/// command's identity.
fn order_id(merchant: &MerchantId, sender: &Sender, key: Option<&IdempotencyKey>, at: Timestamp) -> OrderId {
    let mut digest = Sha256::new();
    for part in [merchant.as_str(), &sender.0, key.map_or("", IdempotencyKey::as_str)] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let digest = digest.finalize();
    let mut random = [0u8; 10];
    random.copy_from_slice(&digest[..10]);
    let milliseconds = u64::try_from(at.microseconds() / 1_000).unwrap_or(0);
    OrderId::new(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
}
