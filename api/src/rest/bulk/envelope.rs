//! One command of a bulk request: an object with its key, name and merchant in addition to its own fields.

use std::borrow::Cow;
use std::fmt;

use holdfast_commands::{AnyCommand, COMMANDS};
use holdfast_domain::Command;
use holdfast_domain::policy::RegisterMerchant;
use holdfast_domain::values::IdempotencyKey;
use serde::de::{DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::error::ApiError;
use crate::json::tolerance::tolerant;
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

/// The fields that are read first: the command's name decides how the others are read.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    command: Cow<'a, str>,
    #[serde(borrow)]
    merchant: Option<Cow<'a, str>>,
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
    // `RegisterMerchant` has a field of its own called `merchant`.
    let has_merchant = head.command == RegisterMerchant::NAME;
    let merchant = head.merchant.filter(|_| !has_merchant).map(Cow::into_owned);
    let mut reader = serde_json::Deserializer::from_slice(json);
    let mut track = serde_path_to_error::Track::new();
    let object = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let is_public = COMMANDS.iter().any(|command| command.name == head.command);
    match AnyCommand::read(&head.command, CommandFields { object, has_merchant }).filter(|_| is_public) {
        Some(Ok(command)) => Ok(Envelope { key, merchant, command }),
        Some(Err(error)) => Err(json::error(&track.path(), &error)),
        None => Err(ApiError::UnknownCommand(head.command.into_owned()).at("/command")),
    }
}

/// The fields of a command, without those of the envelope.
struct CommandFields<D> {
    object: D,
    has_merchant: bool,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for CommandFields<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.object.deserialize_map(WithoutEnvelope { inner: visitor, has_merchant: self.has_merchant })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A visitor or map access that skips the fields of the envelope.
struct WithoutEnvelope<T> {
    inner: T,
    has_merchant: bool,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for WithoutEnvelope<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(WithoutEnvelope { inner: map, has_merchant: self.has_merchant })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutEnvelope<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        loop {
            let Some(Name(name)) = self.inner.next_key()? else { return Ok(None) };
            let is_command_field = match &*name {
                "key" | "command" => false,
                "merchant" => self.has_merchant,
                _ => true,
            };
            if is_command_field {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            self.inner.next_value::<IgnoredAny>()?;
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}
