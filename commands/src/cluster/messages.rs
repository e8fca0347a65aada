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

impl PeerOutcome {
    /// The size of the answer.
    pub(super) fn answer_bytes(&self) -> usize {
        match self {
            Self::Command(Reply::Answered { answer, .. })
            | Self::Lookup(Ok(CommandState::Answered(answer))) => answer.body.len(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_journal::OutcomeKind;

    use super::*;
    use crate::answer::Answer;
    use crate::privacy::MasterKey;

    fn answer(kind: OutcomeKind) -> Answer {
        Answer { kind, position: u64::MAX, body: br#"{"quantity":1.50,"name":"\u00e9"}"#.to_vec() }
    }

    #[test]
    fn every_outcome_arrives_unchanged() {
        let kinds = [OutcomeKind::Created, OutcomeKind::Done, OutcomeKind::Refused];
        let answered = kinds.map(|kind| Reply::Answered { answer: answer(kind), replayed: false });
        let other = [
            Reply::Answered { answer: answer(OutcomeKind::Done), replayed: true },
            Reply::KeyReused,
            Reply::NotExecuted(NotExecuted::FormatTooOld),
            Reply::OutcomeUnknown,
            Reply::Failed,
        ];
        let lookups = [
            Ok(CommandState::NotFound),
            Ok(CommandState::InFlight),
            Ok(CommandState::Answered(answer(OutcomeKind::Created))),
            Err(NotExecuted::StoreUnavailable),
        ];
        let commands = answered.into_iter().chain(other).map(PeerOutcome::Command);
        let outcomes: Vec<_> = commands.chain(lookups.map(PeerOutcome::Lookup)).collect();

        let vault = Vault::new(&MasterKey::new([1; 32]));
        let seal = || Seal::new(&vault, FROM_SERVER, b"challenge");
        let replies = |id, outcome| PeerReplies { replies: vec![PeerReply { id, outcome }] };
        let (mut sender, mut receiver) = (seal(), seal());
        for (id, outcome) in (0..).zip(outcomes) {
            let expected = format!("{outcome:?}");
            let sealed = sender.seal(&replies(id, outcome)).unwrap();
            let received: PeerReplies = receiver.open(&sealed).unwrap();
            assert_eq!(received.replies[0].id, id);
            assert_eq!(format!("{:?}", received.replies[0].outcome), expected);
        }
    }

    #[test]
    fn a_repeated_or_foreign_message_is_rejected() {
        let vault = Vault::new(&MasterKey::new([1; 32]));
        let sealed = Seal::new(&vault, FROM_CLIENT, b"one").seal(&"message").unwrap();
        let mut receiver = Seal::new(&vault, FROM_CLIENT, b"one");
        assert_eq!(receiver.open::<String>(&sealed).unwrap(), "message");
        assert!(receiver.open::<String>(&sealed).is_err(), "repeated");
        assert!(Seal::new(&vault, FROM_CLIENT, b"two").open::<String>(&sealed).is_err(), "another link");
        assert!(Seal::new(&vault, FROM_SERVER, b"one").open::<String>(&sealed).is_err(), "another direction");
    }
}
