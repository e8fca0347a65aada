//! The payload of every mutation.

use async_graphql::{ComplexObject, Context, SimpleObject};
use holdfast_commands::{Answer, Refused};
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_journal::OutcomeKind;
use holdfast_views::{AvailabilityView, CartReservationView, LocationView, PolicyView};
use serde::Deserialize;
use serde_json::Value;

use crate::error::ApiError;
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::graphql::limits::READ_COST;
use crate::graphql::types::availability::Availability;
use crate::graphql::types::cart_reservation::CartReservation;
use crate::graphql::types::location::Location;
use crate::graphql::types::order::Order;
use crate::graphql::types::policy::Policy;
use crate::graphql::types::scalars::Long;
use crate::queries::AsOf;

/// The answer to a command.
#[derive(Debug, Default, SimpleObject)]
#[graphql(complex)]
pub(super) struct CommandPayload {
    #[graphql(skip)]
    order: Option<AnsweredOrder>,
    /// The reasons for the rejection. Empty if the command was accepted.
    user_errors: Vec<UserError>,
    /// True if the idempotency key was used before: this is the earlier answer.
    replayed: bool,
    /// The journal position that the answer includes. Null if the command was not decided.
    position: Option<Long>,
    /// The body of the REST response, without personal data: an order, a cart reservation, availability, a location or a policy.
    result: Option<Value>,
    /// The availability of the SKU after a command on stock, otherwise null.
    availability: Option<Availability>,
    /// The reservation after a command on a cart reservation, otherwise null.
    cart_reservation: Option<CartReservation>,
    /// The location after a command on a location, otherwise null.
    location: Option<Location>,
    /// The merchant's policy after a command on the policy, otherwise null.
    policy: Option<Policy>,
}

/// A reason for rejecting a command.
#[derive(Debug, SimpleObject)]
pub(super) struct UserError {
    /// A stable error code, the same as in REST.
    code: String,
    /// An explanation in English.
    message: String,
    /// The invalid field: a JSON pointer (RFC 6901) into `input`. Null if the error is not about a field.
    pointer: Option<String>,
    /// Data that depends on the code, such as `shortages`. Null if the code has none.
    details: Option<Value>,
    /// Whether the same command may succeed later.
    retryable: bool,
}

/// The order that a command changed.
#[derive(Debug)]
struct AnsweredOrder {
    merchant: MerchantId,
    id: OrderId,
    position: u64,
    replayed: bool,
}

#[ComplexObject]
impl CommandPayload {
    /// The order after a command on an order, otherwise null. If the order has changed since, a replayed answer has the
    /// order as of `position`, with an id of its own and without personal data.
    #[graphql(complexity = "READ_COST + child_complexity")]
    async fn order(&self, context: &Context<'_>) -> Result<Option<Order>, Problem> {
        let Some(AnsweredOrder { merchant, id, position, replayed }) = &self.order else { return Ok(None) };
        let queries = RequestContext::of(context)?.queries();
        let Some((view, is_latest)) = queries.order_after(merchant.as_str(), *id, *position).await? else {
            return Ok(None);
        };
        if is_latest || !replayed {
            return Order::current(merchant, &view).map(Some);
        }
        let view = queries.order_as_of(merchant.as_str(), *id, AsOf::Position(*position)).await?;
        let root = GlobalId::new(Kind::Order, merchant, id).with_position(Some(*position));
        view.map(|view| Order::new(&root, &view)).transpose()
    }
}

impl CommandPayload {
    pub(super) fn rejected(error: &ApiError) -> Self {
        Self { user_errors: vec![error.into()], ..Self::default() }
    }

    /// The payload of an answer, which may be a rejection.
    pub(super) fn new(merchant: &MerchantId, answer: &Answer, replayed: bool) -> Result<Self, ApiError> {
        let position = answer.position;
        let payload = match answer.kind {
            OutcomeKind::Refused => {
                let reason: Refused =
                    serde_json::from_slice(&answer.body).map_err(|error| ApiError::internal(&error))?;
                Self::rejected(&ApiError::Refused(reason))
            }
            OutcomeKind::Created | OutcomeKind::Done => {
                let result: Value =
                    serde_json::from_slice(&answer.body).map_err(|error| ApiError::internal(&error))?;
                Self::accepted(merchant, position, replayed, result).map_err(|problem| problem.0)?
            }
        };
        Ok(Self { replayed, position: Some(position.into()), ..payload })
    }

    /// The payload of a dry run: no order can be read.
    pub(super) fn without_order(self) -> Self {
        Self { order: None, ..self }
    }

    /// The result has the fields of exactly one of the five views.
    fn accepted(
        merchant: &MerchantId,
        position: u64,
        replayed: bool,
        result: Value,
    ) -> Result<Self, Problem> {
        let scope =
            |kind, key: &str| GlobalId::new(kind, merchant, key).with_position(replayed.then_some(position));
        let cart = CartReservationView::deserialize(&result).ok();
        let id = result["orderId"].as_str().filter(|_| cart.is_none()).and_then(|id| id.parse().ok());
        let order = id.map(|id| AnsweredOrder { merchant: merchant.clone(), id, position, replayed });
        let availability = AvailabilityView::deserialize(&result)
            .ok()
            .map(|view| Availability::new(&scope(Kind::Availability, view.sku.as_str()), &view));
        let location = LocationView::deserialize(&result).ok();
        let policy = PolicyView::deserialize(&result).ok();
        Ok(Self {
            availability: availability.transpose()?,
            location: location.map(|view| Location::new(&scope(Kind::Location, ""), &view)).transpose()?,
            policy: policy.map(|view| Policy::new(&scope(Kind::Policy, ""), &view)).transpose()?,
            cart_reservation: cart.as_ref().map(CartReservation::new).transpose()?,
            order,
            result: Some(result),
            ..Self::default()
        })
    }
}

impl From<&ApiError> for UserError {
    fn from(error: &ApiError) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            pointer: error.pointer().map(str::to_owned),
            details: Some(error.details()).filter(|details| !details.is_empty()).map(Value::Object),
            retryable: error.is_retryable(),
        }
    }
}
