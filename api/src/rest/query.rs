//! Query parameters: read into structs whose fields are also the parameters of the OpenAPI document.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use holdfast_domain::values::MerchantId;
use schemars::JsonSchema;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_path_to_error::Segment;

use crate::app::App;
use crate::cursor::List;
use crate::error::ApiError;
use crate::json::quoted;
use crate::queries::AsOf;

/// The parameters that a struct names. The route has rejected unknown names already.
pub(super) struct Params<Q>(pub(super) Q);

impl<Q: for<'de> Deserialize<'de>> FromRequestParts<Arc<App>> for Params<Q> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        Self::read(parts)
    }
}

impl<Q: for<'de> Deserialize<'de>> Params<Q> {
    /// Reads the parameters of a request.
    pub(super) fn read(parts: &Parts) -> Result<Self, ApiError> {
        let pairs = pairs(&parts.uri)?;
        let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &pairs {
            values.entry(name).or_default().push(value);
        }
        let values = values.into_iter().map(|(name, values)| (name, Values(values)));
        let read = serde_path_to_error::deserialize(MapDeserializer::new(values));
        read.map(Self).map_err(|error| {
            let reason = error.inner().to_string();
            match (error.path().iter().next(), quoted(&reason, "missing field `")) {
                (_, Some(name)) => ApiError::parameter(name, "must be given"),
                (Some(Segment::Map { key }), None) => ApiError::parameter(key, &reason),
                _ => ApiError::InvalidQuery,
            }
        })
    }
}

/// The names and values of a query string.
pub(super) fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, ApiError> {
    Query::try_from_uri(uri).map(|Query(pairs)| pairs).map_err(|_| ApiError::InvalidQuery)
}

/// The values of one parameter, in the order of the query string.
struct Values<'a>(Vec<&'a str>);

impl<'a> Values<'a> {
    fn single(self) -> Result<&'a str, Error> {
        match self.0.as_slice() {
            [value] => Ok(value),
            _ => Err(Error::custom("must be given once")),
        }
    }

    fn number(self) -> Result<u64, Error> {
        let text = self.single()?;
        let number = text.parse::<i64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        number.map(i64::unsigned_abs).ok_or_else(|| Error::custom("must be a whole number, not negative"))
    }
}

impl IntoDeserializer<'_, Error> for Values<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Values<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.single()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        SeqDeserializer::new(self.0.into_iter()).deserialize_seq(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = self.single()?.parse().map_err(|_| Error::custom("must be true or false"))?;
        visitor.visit_bool(value)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        IntoDeserializer::<Error>::into_deserializer(self.single()?).deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct map struct identifier
    }
}

/// Parameters of every command.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DryRun {
    /// Only report the outcome: nothing is written, and an idempotency key is neither required nor used.
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// The position that an answer must include.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MinPosition {
    /// Wait, at most 5 seconds, until the answer includes this position of the journal.
    pub(super) min_position: Option<u64>,
}

impl MinPosition {
    /// Waits until the read models of orders and availability include the position.
    pub(super) async fn wait(&self, app: &App, merchant: &MerchantId) -> Result<(), ApiError> {
        match self.min_position {
            Some(position) => Ok(app.queries.wait_for(merchant.as_str(), position).await?),
            None => Ok(()),
        }
    }

    /// Checks that the journal has the position. For answers from the journal itself, which need no wait.
    pub(super) async fn check(&self, app: &App, merchant: &MerchantId) -> Result<(), ApiError> {
        match self.min_position {
            Some(position) => app.queries.check_position(merchant.as_str(), "minPosition", position).await,
            None => Ok(()),
        }
    }
}

/// The past state that an answer describes.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AsOfParam {
    /// The state at a position of the journal or at a time (RFC 3339), from what was committed by then. Default: now.
    #[serde(default, deserialize_with = "as_of")]
    #[schemars(with = "Option<String>")]
    as_of: Option<AsOf>,
}

impl AsOfParam {
    /// The past state. Returns an error if the journal has no such position.
    pub(super) async fn check(self, app: &App, merchant: &MerchantId) -> Result<Option<AsOf>, ApiError> {
        app.queries.check_as_of(merchant.as_str(), self.as_of).await?;
        Ok(self.as_of)
    }
}

/// A plus sign that the client did not encode arrives as a space.
fn as_of<'de, D: Deserializer<'de>>(text: D) -> Result<Option<AsOf>, D::Error> {
    String::deserialize(text)?.replace(' ', "+").parse().map(Some).map_err(D::Error::custom)
}

/// A page of a list.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageParams {
    /// The `nextCursor` of the previous page.
    cursor: Option<String>,
    /// Items per page, 1 to 1000. Default: 100.
    limit: Option<Limit>,
}

/// A number of items.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(try_from = "u64")]
#[schemars(inline)]
pub(super) struct Limit(#[schemars(range(min = 1, max = 1000))] u64);

impl TryFrom<u64> for Limit {
    type Error = &'static str;
    fn try_from(limit: u64) -> Result<Self, Self::Error> {
        if (1..=1000).contains(&limit) { Ok(Self(limit)) } else { Err("must be 1 to 1000") }
    }
}

impl Limit {
    /// The number of items.
    pub(super) fn or_default(limit: Option<Self>) -> usize {
        limit.map_or(100, |Self(limit)| usize::try_from(limit).unwrap_or(usize::MAX))
    }
}

impl PageParams {
    /// Items per page.
    pub(super) fn limit(&self) -> usize {
        Limit::or_default(self.limit)
    }

    /// The place after which the page begins. `None` for the first page.
    pub(super) fn after(&self, list: List<'_>) -> Result<Option<String>, ApiError> {
        let place = |cursor: &String| list.place(cursor).ok_or(ApiError::InvalidCursor);
        self.cursor.as_ref().map(place).transpose()
    }
}
