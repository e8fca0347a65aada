//! One command of a bulk request: its key, name and merchant, and its fields beside them in the same object.

use std::borrow::Cow;
use std::fmt;

use holdfast_commands::{AnyCommand, COMMANDS};
use holdfast_domain::values::IdempotencyKey;
use serde::de::{DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::rest::body;
use crate::rest::problem::Problem;

/// A command and what stands beside its fields.
pub(super) struct Envelope {
    pub(super) key: IdempotencyKey,
    pub(super) merchant: Option<String>,
    pub(super) command: AnyCommand,
}

/// What was read, and the key as it was given, where that much could be read.
pub(super) struct Item {
    pub(super) key: Option<String>,
    pub(super) read: Result<Envelope, Problem>,
}

/// What is read first: which command it is decides how the other fields are read.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    command: Cow<'a, str>,
    #[serde(borrow)]
    merchant: Option<Cow<'a, str>>,
}

/// A field's name.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads one command.
pub(super) fn read(json: &[u8]) -> Item {
    let head = match body::parse::<Head<'_>>(json) {
        Ok(head) => head,
        Err(problem) => return Item { key: None, read: Err(problem) },
    };
    let key = head.key.as_deref().map(str::to_owned);
    Item { read: with_head(json, head), key }
}

fn with_head(json: &[u8], head: Head<'_>) -> Result<Envelope, Problem> {
    let Some(key) = head.key else {
        return Err(Problem::bad("idempotency_key_required", "the command has no key").at("/key"));
    };
    let key = IdempotencyKey::new(&key)
        .map_err(|why| Problem::bad("idempotency_key_invalid", why.to_string()).at("/key"))?;
    let own_merchant = super::names_merchant_itself(&head.command);
    let merchant = head.merchant.filter(|_| !own_merchant).map(Cow::into_owned);
    let mut reader = serde_json::Deserializer::from_slice(json);
    let mut track = serde_path_to_error::Track::new();
    let fields = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let fields = CommandFields { object: fields, own_merchant };
    let may_be_given = COMMANDS.iter().any(|command| command.name == head.command);
    match AnyCommand::read(&head.command, fields).filter(|_| may_be_given) {
        Some(Ok(command)) => Ok(Envelope { key, merchant, command }),
        Some(Err(error)) => Err(body::wrong(&track.path(), &error)),
        None => {
            let detail = format!("there is no command {}", head.command);
            Err(Problem::bad("unknown_command", detail).at("/command"))
        }
    }
}

/// An object without the fields that are not the command's own.
struct CommandFields<D> {
    object: D,
    own_merchant: bool,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for CommandFields<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.object.deserialize_map(WithoutEnvelope { inner: visitor, own_merchant: self.own_merchant })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A visitor or the access to a map, without the fields that are not the command's own.
struct WithoutEnvelope<T> {
    inner: T,
    own_merchant: bool,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for WithoutEnvelope<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(WithoutEnvelope { inner: map, own_merchant: self.own_merchant })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutEnvelope<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        loop {
            let Some(Name(name)) = self.inner.next_key()? else { return Ok(None) };
            let is_own = match &*name {
                "key" | "command" => false,
                "merchant" => self.own_merchant,
                _ => true,
            };
            if is_own {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            self.inner.next_value::<IgnoredAny>()?;
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}
