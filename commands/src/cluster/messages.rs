//! The messages between nodes: JSON, encrypted under a key that only nodes with the same master key have.
//!
//! The called node sends a challenge first. The encryption of each later message covers the challenge, the direction and the
//! message's number, so that a message cannot be omitted, repeated, or copied from another link.

use std::sync::Arc;

use holdfast_journal::OutcomeKey;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::answer::{CommandState, NotExecuted, Reply};
use crate::command::AnyCommand;
use crate::privacy::{Vault, VaultError};
use crate::request::{CommandContext, Request};

/// A message that cannot be encoded or decoded.
#[derive(Debug, thiserror::Error)]
pub(super) enum MessageError {
    #[error(transparent)]
    Sealed(#[from] VaultError),
    #[error("invalid JSON in a message between nodes: {0}")]
    Json(#[from] serde_json::Error),
    #[error("invalid message between nodes: {0}")]
    Invalid(&'static str),
}

/// The direction of messages from the node that opened the link.
pub(super) const FROM_CLIENT: u8 = 1;
/// The direction of messages from the node that was called.
pub(super) const FROM_SERVER: u8 = 2;

/// Encrypts or decrypts the messages of one direction of a link.
pub(super) struct Seal {
    vault: Vault,
    /// The direction and the challenge.
    prefix: Vec<u8>,
    /// The number of the next message.
    next: u64,
}

impl Seal {
    pub(super) fn new(vault: &Vault, direction: u8, challenge: &[u8]) -> Self {
        Self { vault: vault.clone(), prefix: [&[direction], challenge].concat(), next: 0 }
    }

    fn next_context(&mut self) -> Vec<u8> {
        let context = [&self.prefix[..], &self.next.to_be_bytes()].concat();
        self.next += 1;
        context
    }

    pub(super) fn seal(&mut self, message: &impl Serialize) -> Result<Vec<u8>, MessageError> {
        let clear = serde_json::to_vec(message)?;
        let context = self.next_context();
        Ok(self.vault.seal_message(&clear, &context)?)
    }

    pub(super) fn open<M: for<'de> Deserialize<'de>>(&mut self, sealed: &[u8]) -> Result<M, MessageError> {
        let context = self.next_context();
        Ok(serde_json::from_slice(&self.vault.open_message(sealed, &context)?)?)
    }
}

/// Commands of one merchant to execute in order, and idempotency keys to look up.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PeerRequest {
    pub(super) merchant: String,
    pub(super) commands: Vec<PeerCommand>,
    pub(super) lookups: Vec<PeerLookup>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PeerCommand {
    pub(super) id: u64,
    name: String,
    fields: Box<RawValue>,
    key: Option<PeerKey>,
    context: CommandContext,
    dry_run: bool,
    bytes: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PeerLookup {
    pub(super) id: u64,
    pub(super) key: PeerKey,
}

/// An idempotency key with its sender.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PeerKey {
    sender: Arc<str>,
    key: Arc<str>,
}

impl From<OutcomeKey> for PeerKey {
    fn from(OutcomeKey { sender, key }: OutcomeKey) -> Self {
        Self { sender, key }
    }
}

impl From<PeerKey> for OutcomeKey {
    fn from(PeerKey { sender, key }: PeerKey) -> Self {
        Self { sender, key }
    }
}

impl PeerCommand {
    pub(super) fn new(id: u64, request: &Request) -> Result<Self, MessageError> {
        let Request { command, identity, context, dry_run, bytes } = request;
        let fields = String::from_utf8(command.canonical()?);
        let fields = fields.map_err(|_| MessageError::Invalid("JSON is not UTF-8"))?;
        Ok(Self {
            id,
            name: command.name().to_owned(),
            fields: RawValue::from_string(fields)?,
            key: identity.clone().map(PeerKey::from),
            context: context.clone(),
            dry_run: *dry_run,
            bytes: *bytes,
        })
    }

    pub(super) fn into_request(self) -> Result<Request, MessageError> {
        let Self { name, fields, key, context, dry_run, bytes, .. } = self;
        let mut fields = serde_json::Deserializer::from_str(fields.get());
        let command = AnyCommand::read(&name, &mut fields)
            .ok_or(MessageError::Invalid("this program does not know the command"))??;
        Ok(Request { command, identity: key.map(OutcomeKey::from), context, dry_run, bytes })
    }
}

/// The outcomes of commands and lookups.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PeerReplies {
    pub(super) replies: Vec<PeerReply>,
}

/// The outcome of the command or lookup with this id.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PeerReply {
    pub(super) id: u64,
    pub(super) outcome: PeerOutcome,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum PeerOutcome {
    Command(Reply),
    Lookup(Result<CommandState, NotExecuted>),
}
