//! What nodes say to each other: JSON, sealed under a key that only nodes with the same master key have.
//!
//! The node that is called begins with a challenge. Every message after that is bound to the challenge, its direction
//! and its number, so that none can be left out, repeated, or taken from another link.

use std::sync::Arc;

use holdfast_domain::values::OrderId;
use holdfast_journal::{OutcomeKey, OutcomeKind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::answer::{Answer, CommandState, NotExecuted, Reply};
use crate::command::AnyCommand;
use crate::privacy::{Vault, VaultError, from_hex, to_hex};
use crate::request::{CommandContext, Request};

/// Why a message is not one.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error(transparent)]
    Sealed(#[from] VaultError),
    #[error("the message cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the message says {0}")]
    Nonsense(&'static str),
}

/// One direction of a link.
pub(super) struct Seal {
    vault: Vault,
    /// Direction, challenge, and the number of the next message.
    about: Vec<u8>,
    next: u64,
}

/// From the node that called.
pub(super) const ASKING: u8 = 1;
/// From the node that was called.
pub(super) const TELLING: u8 = 2;

impl Seal {
    pub(super) fn new(vault: &Vault, direction: u8, challenge: &[u8]) -> Self {
        let about = [&[direction], challenge].concat();
        Self { vault: vault.clone(), about, next: 0 }
    }

    fn about_next(&mut self) -> Vec<u8> {
        let about = [&self.about[..], &self.next.to_be_bytes()].concat();
        self.next += 1;
        about
    }

    pub(super) fn seal(&mut self, message: &impl Serialize) -> Result<Vec<u8>, WireError> {
        let clear = serde_json::to_vec(message)?;
        let about = self.about_next();
        Ok(self.vault.seal_message(&clear, &about)?)
    }

    pub(super) fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, WireError> {
        let about = self.about_next();
        Ok(self.vault.open_message(sealed, &about)?)
    }
}

/// Commands of one merchant to be carried out, in order, and keys to be looked up.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked<'a> {
    pub(super) merchant: String,
    #[serde(borrow)]
    pub(super) commands: Vec<AskedCommand<'a>>,
    pub(super) lookups: Vec<AskedLookup>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AskedCommand<'a> {
    pub(super) id: u64,
    name: String,
    #[serde(borrow)]
    fields: std::borrow::Cow<'a, RawValue>,
    sender: Option<String>,
    key: Option<String>,
    fingerprint: String,
    order_id: OrderId,
    if_match: Option<u64>,
    #[serde(default)]
    dry_run: bool,
    #[serde(borrow)]
    metadata: std::borrow::Cow<'a, RawValue>,
    bytes: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AskedLookup {
    pub(super) id: u64,
    sender: String,
    key: String,
}

fn raw(json: Vec<u8>) -> Result<Box<RawValue>, WireError> {
    let text = String::from_utf8(json).map_err(|_| WireError::Nonsense("something that is not text"))?;
    Ok(RawValue::from_string(text)?)
}

impl AskedCommand<'_> {
    pub(super) fn of(id: u64, request: &Request) -> Result<Self, WireError> {
        let identity = request.identity.as_ref();
        Ok(Self {
            id,
            name: request.command.name().to_owned(),
            fields: std::borrow::Cow::Owned(raw(request.command.canonical()?)?),
            sender: identity.map(|key| key.sender.to_string()),
            key: identity.map(|key| key.key.to_string()),
            fingerprint: to_hex(&request.context.fingerprint),
            order_id: request.context.order_id,
            if_match: request.context.if_match,
            dry_run: request.dry_run,
            metadata: std::borrow::Cow::Owned(raw(request.context.metadata.to_vec())?),
            bytes: request.bytes,
        })
    }

    pub(super) fn request(&self) -> Result<Request, WireError> {
        let mut fields = serde_json::Deserializer::from_str(self.fields.get());
        let command = AnyCommand::read(&self.name, &mut fields)
            .ok_or(WireError::Nonsense("a command that this program does not know"))??;
        let identity = self.sender.as_deref().zip(self.key.as_deref());
        Ok(Request {
            command,
            identity: identity.map(|(sender, key)| OutcomeKey { sender: sender.into(), key: key.into() }),
            context: CommandContext {
                order_id: self.order_id,
                fingerprint: from_hex(&self.fingerprint).ok_or(WireError::Nonsense("no fingerprint"))?,
                if_match: self.if_match,
                metadata: Arc::from(self.metadata.get().as_bytes()),
            },
            dry_run: self.dry_run,
            bytes: self.bytes,
        })
    }
}

impl AskedLookup {
    pub(super) fn of(id: u64, key: &OutcomeKey) -> Self {
        Self { id, sender: key.sender.to_string(), key: key.key.to_string() }
    }

    pub(super) fn key(&self) -> OutcomeKey {
        OutcomeKey { sender: self.sender.as_str().into(), key: self.key.as_str().into() }
    }
}

/// What became of commands and lookups.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told<'a> {
    #[serde(borrow)]
    pub(super) replies: Vec<ToldReply<'a>>,
}

/// A reply to a command, or a key's state, by the id of what was asked.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ToldReply<'a> {
    pub(super) id: u64,
    what: What,
    kind: Option<u8>,
    position: Option<u64>,
    #[serde(borrow)]
    body: Option<std::borrow::Cow<'a, RawValue>>,
    not_executed: Option<NotExecuted>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum What {
    Answered,
    Replayed,
    KeyReused,
    NotExecuted,
    OutcomeUnknown,
    Failed,
    NotFound,
    InFlight,
}

impl ToldReply<'_> {
    fn plain(id: u64, what: What) -> Self {
        Self { id, what, kind: None, position: None, body: None, not_executed: None }
    }

    fn not_executed(id: u64, why: NotExecuted) -> Self {
        Self { not_executed: Some(why), ..Self::plain(id, What::NotExecuted) }
    }

    fn answered(id: u64, what: What, answer: Answer) -> Result<Self, WireError> {
        let body = Some(std::borrow::Cow::Owned(raw(answer.body)?));
        let (kind, position) = (Some(answer.kind as u8), Some(answer.position));
        Ok(Self { kind, position, body, ..Self::plain(id, what) })
    }

    pub(super) fn of_reply(id: u64, reply: Reply) -> Result<Self, WireError> {
        match reply {
            Reply::Answered { answer, replayed: false } => Self::answered(id, What::Answered, answer),
            Reply::Answered { answer, replayed: true } => Self::answered(id, What::Replayed, answer),
            Reply::KeyReused => Ok(Self::plain(id, What::KeyReused)),
            Reply::NotExecuted(why) => Ok(Self::not_executed(id, why)),
            Reply::OutcomeUnknown => Ok(Self::plain(id, What::OutcomeUnknown)),
            Reply::Failed => Ok(Self::plain(id, What::Failed)),
        }
    }

    pub(super) fn of_state(id: u64, state: Result<CommandState, NotExecuted>) -> Result<Self, WireError> {
        match state {
            Ok(CommandState::Answered(answer)) => Self::answered(id, What::Replayed, answer),
            Ok(CommandState::NotFound) => Ok(Self::plain(id, What::NotFound)),
            Ok(CommandState::InFlight) => Ok(Self::plain(id, What::InFlight)),
            Err(why) => Ok(Self::not_executed(id, why)),
        }
    }

    fn answer(&self) -> Result<Answer, WireError> {
        let (Some(kind), Some(position), Some(body)) =
            (self.kind.and_then(OutcomeKind::of), self.position, &self.body)
        else {
            return Err(WireError::Nonsense("an answer that is not whole"));
        };
        Ok(Answer { kind, position, body: body.get().as_bytes().to_vec() })
    }

    pub(super) fn reply(&self) -> Result<Reply, WireError> {
        Ok(match (self.what, self.not_executed) {
            (What::Answered, _) => Reply::Answered { answer: self.answer()?, replayed: false },
            (What::Replayed, _) => Reply::Answered { answer: self.answer()?, replayed: true },
            (What::KeyReused, _) => Reply::KeyReused,
            (What::NotExecuted, Some(why)) => Reply::NotExecuted(why),
            (What::OutcomeUnknown, _) => Reply::OutcomeUnknown,
            (What::Failed, _) => Reply::Failed,
            _ => return Err(WireError::Nonsense("something else than what became of a command")),
        })
    }

    pub(super) fn state(&self) -> Result<Result<CommandState, NotExecuted>, WireError> {
        Ok(match (self.what, self.not_executed) {
            (What::Replayed, _) => Ok(CommandState::Answered(self.answer()?)),
            (What::NotFound, _) => Ok(CommandState::NotFound),
            (What::InFlight, _) => Ok(CommandState::InFlight),
            (What::NotExecuted, Some(why)) => Err(why),
            _ => return Err(WireError::Nonsense("something else than the state of a key")),
        })
    }
}
