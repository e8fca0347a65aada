//! What is answered to a command.

use async_graphql::{ComplexObject, Context, SimpleObject};
use holdfast_commands::{Answer, LocationView, PolicyView, Refused};
use holdfast_domain::stock::AvailabilityView;
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_journal::OutcomeKind;
use serde::Deserialize;
use serde_json::Value;

use crate::error::ApiError;
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::types::availability::Availability;
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
    /// Why the command was rejected; empty if it was accepted.
    user_errors: Vec<UserError>,
    /// True if the same key was answered before: this is that answer.
    replayed: bool,
    /// The position of the journal that the answer includes; null if the command was not decided.
    position: Option<Long>,
    /// The body of the REST answer, without personal data: an order, availability, a location or a policy.
    result: Option<Value>,
    /// The availability of the SKU, after a command on stock.
    availability: Option<Availability>,
    /// The location, after a command on a location.
    location: Option<Location>,
    /// The merchant's policy, after a command on it.
    policy: Option<Policy>,
}

/// A reason to reject a command.
#[derive(Debug, SimpleObject)]
pub(super) struct UserError {
    /// A stable code, the same as in REST.
    code: String,
    /// An explanation for people.
    message: String,
    /// The field that is wrong: a JSON pointer (RFC 6901) into `input`.
    pointer: Option<String>,
    /// More data that belongs to the code, such as `shortages`.
    details: Option<Value>,
    /// Whether the same command may be accepted later.
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
    /// The order as the command left it, after a command on an order. If the order has changed since, a replayed answer
    /// has an id as of its position and, like an order read with `asOf`, no personal data.
    #[graphql(complexity = "10 + child_complexity")]
    async fn order(&self, context: &Context<'_>) -> Result<Option<Order>, Problem> {
        let Some(AnsweredOrder { merchant, id, position, replayed }) = &self.order else { return Ok(None) };
        let reading = RequestContext::of(context)?.reading();
        let Some((view, is_latest)) = reading.order_after(merchant.as_str(), *id, *position).await? else {
            return Ok(None);
        };
        if is_latest || !replayed {
            return Ok(Some(Order::current(merchant, view)));
        }
        let view = reading.order_as_of(merchant.as_str(), *id, AsOf::Position(*position)).await?;
        let root = GlobalId::new(Kind::Order, merchant, id).as_of(Some(*position));
        Ok(view.map(|view| Order::new(root, view)))
    }
}

impl CommandPayload {
    /// The command was rejected.
    pub(super) fn refused(problem: ApiError) -> Self {
        Self { user_errors: vec![problem.into()], ..Self::default() }
    }

    /// The command was decided.
    pub(super) fn of(merchant: &MerchantId, answer: &Answer, replayed: bool) -> Result<Self, ApiError> {
        let position = answer.position;
        let decided = match answer.kind {
            OutcomeKind::Refused => {
                let refused: Refused =
                    serde_json::from_slice(&answer.body).map_err(|_| ApiError::Internal)?;
                Self::refused(ApiError::Refused(refused))
            }
            OutcomeKind::Created | OutcomeKind::Done => {
                let result: Value = serde_json::from_slice(&answer.body).map_err(|_| ApiError::Internal)?;
                Self::accepted(merchant, position, replayed, result)
            }
        };
        Ok(Self { replayed, position: Some(position.into()), ..decided })
    }

    /// The answer to a dry run: there is no order to read.
    pub(super) fn of_dry_run(self) -> Self {
        Self { order: None, ..self }
    }

    /// The result has the fields of exactly one of the four views.
    fn accepted(merchant: &MerchantId, position: u64, replayed: bool, result: Value) -> Self {
        let scope = |kind, key: &str| GlobalId::new(kind, merchant, key).as_of(replayed.then_some(position));
        let id = result["orderId"].as_str().and_then(|id| id.parse().ok());
        let order = id.map(|id| AnsweredOrder { merchant: merchant.clone(), id, position, replayed });
        let availability = AvailabilityView::deserialize(&result).ok();
        let location = LocationView::deserialize(&result).ok();
        let policy = PolicyView::deserialize(&result).ok();
        Self {
            availability: availability
                .map(|view| Availability::new(&scope(Kind::Availability, view.sku.as_str()), view)),
            location: location.map(|view| Location::new(&scope(Kind::Location, ""), &view)),
            policy: policy.map(|view| Policy::new(&scope(Kind::Policy, ""), &view)),
            order,
            result: Some(result),
            ..Self::default()
        }
    }
}

impl From<ApiError> for UserError {
    fn from(problem: ApiError) -> Self {
        Self {
            retryable: problem.is_retryable(),
            code: problem.code().to_owned(),
            message: problem.to_string(),
            pointer: problem.pointer().map(str::to_owned),
            details: Some(problem.details()).filter(|details| !details.is_empty()).map(Value::Object),
        }
    }
}
