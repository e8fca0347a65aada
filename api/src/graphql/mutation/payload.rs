//! What is answered to a command.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use holdfast_commands::{Answer, Refused};
use holdfast_commands::{LocationView, PolicyView};
use holdfast_domain::stock::AvailabilityView;
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_journal::OutcomeKind;
use serde::Deserialize;
use serde_json::Value;

use crate::graphql::asked::Asked;
use crate::graphql::error::Problem;
use crate::graphql::merchant::{Availability, Location, Policy};
use crate::graphql::order::Order;
use crate::graphql::scalars::Long;
use crate::reading::AsOf;
use crate::rest::problem::Problem as Refusal;

/// What became of a command.
#[derive(Debug, Default, SimpleObject)]
#[graphql(complex)]
pub(super) struct CommandPayload {
    #[graphql(skip)]
    order: Option<AnsweredOrder>,
    /// Why it was not carried out; empty where it was.
    user_errors: Vec<UserError>,
    /// Whether it had been answered before: this is the answer of then.
    replayed: bool,
    /// The position of the journal that the answer includes; null where nothing was decided.
    position: Option<Long>,
    /// What REST would answer: the order, stock item, location or rules, without personal data.
    result: Option<Value>,
    /// What can be promised of the SKU, after a command on stock.
    availability: Option<Availability>,
    /// The location, after a command on one.
    location: Option<Location>,
    /// The merchant's rules, after a command on them.
    policy: Option<Policy>,
}

/// Something that the caller can mend, or that must be.
#[derive(Debug, SimpleObject)]
pub(super) struct UserError {
    /// The stable code, the same as by REST.
    code: String,
    /// For people.
    message: String,
    /// What it is about: a JSON pointer (RFC 6901) into `input`.
    pointer: Option<String>,
    /// What the code has to tell beside, such as `shortages`.
    details: Option<Value>,
    /// Whether the same command may succeed later.
    retryable: bool,
}

/// An order at the moment of the answer.
#[derive(Debug)]
struct AnsweredOrder {
    merchant: MerchantId,
    id: OrderId,
    position: u64,
}

#[ComplexObject]
impl CommandPayload {
    /// The order as it was then, after a command on one. Without personal data.
    #[graphql(complexity = "10 + child_complexity")]
    async fn order(&self, context: &Context<'_>) -> Result<Option<Order>> {
        let Some(AnsweredOrder { merchant, id, position }) = &self.order else { return Ok(None) };
        let reading = Asked::of(context)?.reading();
        let view = reading.order_as_of(merchant.as_str(), *id, AsOf::Position(*position)).await;
        Ok(view.map_err(Problem::from)?.map(|view| Order::of(merchant, &view)))
    }
}

impl CommandPayload {
    /// Nothing was decided, because of something that the caller can mend.
    pub(super) fn refused(problem: Refusal) -> Self {
        Self { user_errors: vec![problem.into()], ..Self::default() }
    }

    /// What was decided.
    pub(super) fn of(merchant: &MerchantId, answer: &Answer, replayed: bool) -> Result<Self, Refusal> {
        let decided = match answer.kind {
            OutcomeKind::Refused => {
                let refused: Refused =
                    serde_json::from_slice(&answer.body).map_err(|_| Refusal::internal())?;
                Self::refused(refused.into())
            }
            OutcomeKind::Created | OutcomeKind::Done => {
                let result: Value = serde_json::from_slice(&answer.body).map_err(|_| Refusal::internal())?;
                Self::granted(merchant, answer.position, result)
            }
        };
        Ok(Self { replayed, position: Some(answer.position.into()), ..decided })
    }

    /// Whether it was carried out.
    pub(super) fn is_granted(&self) -> bool {
        self.user_errors.is_empty()
    }

    /// The same of what only would happen: there is no such order to be read.
    pub(super) fn that_did_not_happen(self) -> Self {
        Self { order: None, ..self }
    }

    /// What is told tells which of the four it is: no two of them have the same fields.
    fn granted(merchant: &MerchantId, position: u64, result: Value) -> Self {
        let id = result["orderId"].as_str().and_then(|id| id.parse().ok());
        let order = id.map(|id| AnsweredOrder { merchant: merchant.clone(), id, position });
        Self {
            availability: AvailabilityView::deserialize(&result).ok().as_ref().map(Availability::from),
            location: LocationView::deserialize(&result).ok().as_ref().map(Location::from),
            policy: PolicyView::deserialize(&result).ok().as_ref().map(Policy::from),
            order,
            result: Some(result),
            ..Self::default()
        }
    }
}

impl From<Refusal> for UserError {
    fn from(problem: Refusal) -> Self {
        Self {
            retryable: problem.is_retryable(),
            code: problem.code.into_owned(),
            message: problem.detail,
            pointer: problem.pointer,
            details: (!problem.more.is_empty()).then_some(Value::Object(problem.more)),
        }
    }
}
