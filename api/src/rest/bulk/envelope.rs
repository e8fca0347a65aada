//! One command of a bulk request: an object with its key, name and merchant in addition to its own fields. Or a group: an
//! object with its key, its merchant and its commands, which have a name but no key and no merchant of their own.

use std::borrow::Cow;
use std::fmt;

use holdfast_commands::{AnyCommand, COMMANDS, CommandGroup};
use holdfast_domain::Command;
use holdfast_domain::policy::RegisterMerchant;
use holdfast_domain::values::IdempotencyKey;
use serde::de::{DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::ApiError;
use crate::json::tolerance::tolerant;
use crate::rest::body::MAX_COMMAND_BYTES;
use crate::{headers, json};

/// A command with its key and merchant.
pub(super) struct Envelope {
    pub(super) key: IdempotencyKey,
    pub(super) merchant: Option<String>,
    pub(super) command: AnyCommand,
}

/// An element of the request, and its key if that could be read.
pub(super) struct Item {
    pub(super) key: Option<String>,
    pub(super) read: Result<Envelope, ApiError>,
}

impl Item {
    /// The number of commands.
    pub(super) fn commands(&self) -> usize {
        match &self.read {
            Ok(Envelope { command: AnyCommand::Group(group), .. }) => group.commands().len(),
            _ => 1,
        }
    }
}

/// The fields that are read first: the command's name decides how the others are read.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    command: Option<Cow<'a, str>>,
    #[serde(borrow)]
    merchant: Option<Cow<'a, str>>,
    /// Only a group has it.
    #[serde(borrow)]
    commands: Option<&'a RawValue>,
}

/// Commands that are executed together or not at all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "key and merchant are read with the head; here they are known fields")]
struct Group<'a> {
    key: Option<IgnoredAny>,
    merchant: Option<IgnoredAny>,
    atomic: bool,
    #[serde(borrow)]
    commands: Vec<&'a RawValue>,
}

/// The name of a command of a group.
#[derive(Deserialize)]
struct MemberHead<'a> {
    #[serde(borrow)]
    command: Cow<'a, str>,
}

/// The name of a field.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads one command.
pub(super) fn read(json: &[u8]) -> Item {
    let item = read_strictly(json);
    if item.read.is_err()
        && let Some(json) = tolerant(json)
    {
        return read_strictly(&json);
    }
    item
}

fn read_strictly(json: &[u8]) -> Item {
    match json::parse::<Head<'_>>(json) {
        Ok(head) => Item { key: head.key.as_deref().map(str::to_owned), read: read_fields(json, head) },
        Err(error) => Item { key: None, read: Err(error) },
    }
}

fn read_fields(json: &[u8], head: Head<'_>) -> Result<Envelope, ApiError> {
    let key = head.key.ok_or_else(|| ApiError::KeyRequired.at("/key"))?;
    let key = headers::idempotency_key(&key).map_err(|error| error.at("/key"))?;
    let mut merchant = head.merchant.map(Cow::into_owned);
    let command = match (head.command, head.commands) {
        (None, Some(_)) => read_group(json)?,
        (None, None) => {
            return Err(ApiError::MissingField("missing field `command`".to_owned()).at("/command"));
        }
        (Some(name), _) if name == RegisterMerchant::NAME => {
            // This command has a field of its own called `merchant`.
            merchant = None;
            read_command(json, &name, &["key", "command"])?
        }
        (Some(name), _) => read_command(json, &name, &["key", "command", "merchant"])?,
    };
    Ok(Envelope { key, merchant, command })
}

fn read_group(json: &[u8]) -> Result<AnyCommand, ApiError> {
    if json.len() > MAX_COMMAND_BYTES {
        return Err(ApiError::BodyTooLarge(MAX_COMMAND_BYTES).at("/commands"));
    }
    let group: Group<'_> = json::parse(json)?;
    if !group.atomic {
        let reason = "must be true; send commands that may succeed alone without a group";
        return Err(ApiError::InvalidValue(reason.to_owned()).at("/atomic"));
    }
    let member = |(index, member): (usize, &&RawValue)| {
        let json = member.get().as_bytes();
        let read = json::parse::<MemberHead<'_>>(json)
            .and_then(|head| read_command(json, &head.command, &["command"]));
        read.map_err(|error| error.within(&format!("/commands/{index}")))
    };
    let commands = group.commands.iter().enumerate().map(member).collect::<Result<_, _>>()?;
    let group = CommandGroup::new(commands);
    let group = group.map_err(|error| ApiError::InvalidValue(error.to_string()).at("/commands"))?;
    Ok(AnyCommand::Group(Box::new(group)))
}

/// Reads a command by its name. `envelope` names the fields that are not the command's.
fn read_command(json: &[u8], name: &str, envelope: &[&str]) -> Result<AnyCommand, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let mut track = serde_path_to_error::Track::new();
    let object = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let is_public = COMMANDS.iter().any(|command| command.name == name);
    match AnyCommand::read(name, CommandFields { object, envelope }).filter(|_| is_public) {
        Some(Ok(command)) => Ok(command),
        Some(Err(error)) => Err(json::error(&track.path(), &error)),
        None => Err(ApiError::UnknownCommand(name.to_owned()).at("/command")),
    }
}

/// The fields of a command, without those of the envelope.
struct CommandFields<'a, D> {
    object: D,
    envelope: &'a [&'a str],
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for CommandFields<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.object.deserialize_map(WithoutEnvelope { inner: visitor, envelope: self.envelope })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A visitor or map access that skips the fields of the envelope.
struct WithoutEnvelope<'a, T> {
    inner: T,
    envelope: &'a [&'a str],
}

impl<'de, V: Visitor<'de>> Visitor<'de> for WithoutEnvelope<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(WithoutEnvelope { inner: map, envelope: self.envelope })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutEnvelope<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        loop {
            let Some(Name(name)) = self.inner.next_key()? else { return Ok(None) };
            if !self.envelope.contains(&&*name) {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            self.inner.next_value::<IgnoredAny>()?;
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}
