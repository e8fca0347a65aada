//! The messages between nodes: JSON, encrypted under a key that only nodes with the same master key have.
//!
//! The called node sends a challenge first. The encryption of each later message covers the challenge, the direction and the
//! message's number, so that a message cannot be omitted, repeated, or copied from another link.

use std::sync::Arc;

use holdfast_domain::values::OrderId;
use holdfast_journal::{OutcomeKey, OutcomeKind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::answer::{Answer, CommandState, NotExecuted, Reply};
use crate::command::AnyCommand;
use crate::privacy::{Vault, VaultError, from_hex, to_hex};
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

fn raw(json: Vec<u8>) -> Result<Box<RawValue>, MessageError> {
    let text = String::from_utf8(json).map_err(|_| MessageError::Invalid("JSON is not UTF-8"))?;
    Ok(RawValue::from_string(text)?)
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
    fingerprint: String,
    order_id: OrderId,
    if_match: Option<u64>,
    dry_run: bool,
    metadata: Box<RawValue>,
    bytes: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PeerLookup {
    pub(super) id: u64,
    pub(super) key: PeerKey,
}

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
        Ok(Self {
            id,
            name: request.command.name().to_owned(),
            fields: raw(request.command.canonical()?)?,
            key: request.identity.clone().map(PeerKey::from),
            fingerprint: to_hex(&request.context.fingerprint),
            order_id: request.context.order_id,
            if_match: request.context.if_match,
            dry_run: request.dry_run,
            metadata: raw(request.context.metadata.to_vec())?,
            bytes: request.bytes,
        })
    }

    pub(super) fn into_request(self) -> Result<Request, MessageError> {
        let mut fields = serde_json::Deserializer::from_str(self.fields.get());
        let command = AnyCommand::read(&self.name, &mut fields)
            .ok_or(MessageError::Invalid("this program does not know the command"))??;
        let fingerprint = from_hex(&self.fingerprint);
        Ok(Request {
            command,
            identity: self.key.map(OutcomeKey::from),
            context: CommandContext {
                order_id: self.order_id,
                fingerprint: fingerprint.ok_or(MessageError::Invalid("malformed fingerprint"))?,
                if_match: self.if_match,
                metadata: Arc::from(self.metadata.get().as_bytes()),
            },
            dry_run: self.dry_run,
            bytes: self.bytes,
        })
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
    Answered(PeerAnswer),
    Replayed(PeerAnswer),
    KeyReused,
    NotExecuted(NotExecuted),
    OutcomeUnknown,
    Failed,
    NotFound,
    InFlight,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PeerAnswer {
    kind: u8,
    position: u64,
    body: Box<RawValue>,
}

impl TryFrom<Answer> for PeerAnswer {
    type Error = MessageError;

    fn try_from(Answer { kind, position, body }: Answer) -> Result<Self, MessageError> {
        Ok(Self { kind: kind as u8, position, body: raw(body)? })
    }
}

impl TryFrom<PeerAnswer> for Answer {
    type Error = MessageError;

    fn try_from(PeerAnswer { kind, position, body }: PeerAnswer) -> Result<Self, MessageError> {
        let kind = OutcomeKind::of(kind).ok_or(MessageError::Invalid("unknown kind of answer"))?;
        Ok(Self { kind, position, body: Box::<str>::from(body).into_string().into_bytes() })
    }
}

impl TryFrom<Reply> for PeerOutcome {
    type Error = MessageError;

    fn try_from(reply: Reply) -> Result<Self, MessageError> {
        Ok(match reply {
            Reply::Answered { answer, replayed: false } => Self::Answered(answer.try_into()?),
            Reply::Answered { answer, replayed: true } => Self::Replayed(answer.try_into()?),
            Reply::KeyReused => Self::KeyReused,
            Reply::NotExecuted(reason) => Self::NotExecuted(reason),
            Reply::OutcomeUnknown => Self::OutcomeUnknown,
            Reply::Failed => Self::Failed,
        })
    }
}

impl TryFrom<PeerOutcome> for Reply {
    type Error = MessageError;

    fn try_from(outcome: PeerOutcome) -> Result<Self, MessageError> {
        Ok(match outcome {
            PeerOutcome::Answered(answer) => Self::Answered { answer: answer.try_into()?, replayed: false },
            PeerOutcome::Replayed(answer) => Self::Answered { answer: answer.try_into()?, replayed: true },
            PeerOutcome::KeyReused => Self::KeyReused,
            PeerOutcome::NotExecuted(reason) => Self::NotExecuted(reason),
            PeerOutcome::OutcomeUnknown => Self::OutcomeUnknown,
            PeerOutcome::Failed => Self::Failed,
            PeerOutcome::NotFound | PeerOutcome::InFlight => {
                return Err(MessageError::Invalid("a command was answered with the state of a key"));
            }
        })
    }
}

impl PeerOutcome {
    pub(super) fn of_lookup(state: Result<CommandState, NotExecuted>) -> Result<Self, MessageError> {
        Ok(match state {
            Ok(CommandState::Answered(answer)) => Self::Replayed(answer.try_into()?),
            Ok(CommandState::NotFound) => Self::NotFound,
            Ok(CommandState::InFlight) => Self::InFlight,
            Err(reason) => Self::NotExecuted(reason),
        })
    }

    pub(super) fn into_lookup(self) -> Result<Result<CommandState, NotExecuted>, MessageError> {
        Ok(match self {
            Self::Replayed(answer) => Ok(CommandState::Answered(answer.try_into()?)),
            Self::NotFound => Ok(CommandState::NotFound),
            Self::InFlight => Ok(CommandState::InFlight),
            Self::NotExecuted(reason) => Err(reason),
            _ => return Err(MessageError::Invalid("a lookup was answered with the reply to a command")),
        })
    }
}
