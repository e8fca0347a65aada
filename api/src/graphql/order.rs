//! An order.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use holdfast_domain::order as domain;
use holdfast_domain::values::{MerchantId, OrderId};
use serde_json::Value;

use super::asked::Asked;
use super::enums::{
    CancellationStatus, DeliveryMethod, DeliveryStatus, FulfillmentStatus, HoldReason, OnShortage,
    OrderStatus, PaymentStatus, PaymentTerms, PersonalDataState, Priority, ReservationStatus, ReserveAt,
    ReturnStatus,
};
use super::error::Problem;
use super::event::Event;
use super::fulfillment::FulfillmentOrder;
use super::limits::PAST;
use super::query::optional;
use super::scalars::{DateTime, Decimal, Long, id, text};
use super::timeline::{OrderStep, timeline};

/// An order.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(super) struct Order {
    #[graphql(skip)]
    key: OrderId,
    /// Whose it is, where that may not be the request's merchant.
    #[graphql(skip)]
    merchant: Option<MerchantId>,
    /// Its id.
    order_id: ID,
    /// Where it stands, in one word.
    status: OrderStatus,
    /// Where it stands, axis by axis.
    status_axes: StatusAxes,
    /// How many events it has.
    version: Long,
    /// The journal's position of the command that last changed it.
    position: Long,
    /// Where it came from.
    channel: String,
    /// Its name there.
    channel_ref: Option<String>,
    /// The customer's name there.
    customer_ref: Option<String>,
    /// Its lines.
    lines: Vec<OrderLine>,
    /// The currency of every amount.
    currency: Option<String>,
    /// What is charged beside the lines.
    charges: Vec<Charge>,
    /// To whom and where it goes.
    ship_to: Option<ShipTo>,
    /// What became of its personal data.
    personal_data: PersonalDataState,
    /// How and when it is to be delivered.
    delivery: Option<DeliveryIntent>,
    /// What locations were asked about its address or delivery, and have not all answered.
    amendment: Option<PendingAmendment>,
    /// What becomes of it when not everything is there.
    on_shortage: OnShortage,
    /// Whether several locations may fill it.
    allow_split: bool,
    /// How urgent it is.
    priority: Priority,
    /// Whether it must be paid before it leaves.
    payment: PaymentTerms,
    /// When units are reserved for it.
    reserve_at: ReserveAt,
    /// How long what is reserved holds while the order is neither paid nor taken on, as an ISO 8601 duration.
    reserve_for: Option<String>,
    /// Until when what is held for it holds; for good where not given.
    reserved_until: Option<DateTime>,
    /// When the customer ordered.
    placed_at: Option<DateTime>,
    /// When it was taken.
    created_at: DateTime,
    /// Its names elsewhere: an object of texts.
    external_refs: Option<Value>,
    /// The sender's own data: an object of texts.
    attributes: Option<Value>,
    /// Who fills it.
    fulfillment_orders: Vec<FulfillmentOrder>,
    /// What comes back, or came.
    returns: Vec<OrderReturn>,
    /// Why it waits.
    holds: Vec<Hold>,
    /// Reports that contradicted what was believed.
    discrepancies: Vec<Discrepancy>,
    /// The commands on the order that would be accepted now and contradict nothing.
    supported_actions: Vec<String>,
    /// Whether the read model could not fold something that happened since: this is how it was before.
    stale: bool,
}

#[ComplexObject]
impl Order {
    /// Everything that ever happened to it, in order.
    #[graphql(complexity = "10 + child_complexity")]
    async fn history(&self, context: &Context<'_>) -> Result<Vec<Event>> {
        let asked = Asked::of(context)?;
        let merchant = asked.merchant_of(self.merchant.as_ref())?;
        let history = asked.reading().order_history(merchant.as_str(), self.key, None).await;
        let events = history.map_err(Problem::from)?;
        Ok(events.iter().map(Event::try_from).collect::<Result<_, Problem>>()?)
    }

    /// The same, with where it stood after each, and what was not as before; up to now whatever it was asked as of.
    #[graphql(complexity = "PAST + 10 * child_complexity")]
    async fn timeline(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A position of the journal or a time by RFC 3339: only what was known then.")]
        as_of: Option<String>,
    ) -> Result<Vec<OrderStep>> {
        let asked = Asked::of(context)?;
        let merchant = asked.merchant_of(self.merchant.as_ref())?;
        let moment = optional("asOf", as_of)?;
        let history = asked.reading().order_history(merchant.as_str(), self.key, moment).await;
        let events = history.map_err(Problem::from)?;
        let compare = context.look_ahead().field("differences").exists();
        Ok(timeline(&events, compare)?)
    }
}

impl Order {
    /// An order of a merchant that may not be the request's.
    pub(super) fn of(merchant: &MerchantId, view: &domain::OrderView) -> Self {
        let mut order = Self { merchant: Some(merchant.clone()), ..Self::from(view) };
        for part in &mut order.fulfillment_orders {
            part.merchant = Some(merchant.clone());
        }
        order
    }
}

impl From<&domain::OrderView> for Order {
    fn from(view: &domain::OrderView) -> Self {
        Self {
            key: view.order_id,
            merchant: None,
            order_id: id(&view.order_id),
            status: view.status.into(),
            status_axes: (&view.status_axes).into(),
            version: view.version.into(),
            position: view.position.into(),
            channel: view.channel.to_string(),
            channel_ref: text(view.channel_ref.as_ref()),
            customer_ref: text(view.customer_ref.as_ref()),
            lines: view.lines.iter().map(OrderLine::from).collect(),
            currency: text(view.currency.as_ref()),
            charges: view.charges.iter().flatten().map(Charge::from).collect(),
            ship_to: view.ship_to.as_ref().map(ShipTo::from),
            personal_data: view.personal_data.into(),
            delivery: view.delivery.as_ref().map(DeliveryIntent::from),
            amendment: view.amendment.as_ref().map(PendingAmendment::from),
            on_shortage: view.on_shortage.into(),
            allow_split: view.allow_split,
            priority: view.priority.into(),
            payment: view.payment.into(),
            reserve_at: view.reserve_at.into(),
            reserve_for: view.reserve_for.map(|period| period.to_string()),
            reserved_until: view.reserved_until.map(DateTime),
            placed_at: view.placed_at.map(DateTime),
            created_at: DateTime(view.created_at),
            external_refs: json(view.external_refs.as_ref()),
            attributes: json(view.attributes.as_ref()),
            fulfillment_orders: view.fulfillment_orders.iter().map(FulfillmentOrder::from).collect(),
            returns: view.returns.iter().map(OrderReturn::from).collect(),
            holds: view.holds.iter().map(Hold::from).collect(),
            discrepancies: view.discrepancies.iter().map(Discrepancy::from).collect(),
            supported_actions: view.supported_actions.clone(),
            stale: view.stale.unwrap_or(false),
        }
    }
}

/// A map of texts, which serialises always.
fn json<T: serde::Serialize>(value: Option<&T>) -> Option<Value> {
    value.and_then(|value| serde_json::to_value(value).ok())
}

/// Where an order stands, axis by axis.
#[derive(Debug, SimpleObject)]
pub(super) struct StatusAxes {
    /// What is held for it.
    reservation: ReservationStatus,
    /// How far the warehouses are.
    fulfillment: FulfillmentStatus,
    /// How far the carriers are.
    delivery: DeliveryStatus,
    /// How far the money is.
    payment: PaymentStatus,
    /// What came back.
    #[graphql(name = "return")]
    returned: ReturnStatus,
    /// What was cancelled.
    cancellation: CancellationStatus,
    /// Why it waits.
    holds: Vec<HoldReason>,
}

impl From<&domain::StatusAxes> for StatusAxes {
    fn from(axes: &domain::StatusAxes) -> Self {
        Self {
            reservation: axes.reservation.into(),
            fulfillment: axes.fulfillment.into(),
            delivery: axes.delivery.into(),
            payment: axes.payment.into(),
            returned: axes.returned.into(),
            cancellation: axes.cancellation.into(),
            holds: axes.holds.iter().map(|&reason| reason.into()).collect(),
        }
    }
}

/// A line. `quantity = pending + backordered + reserved + shipped + cancelled`, pending being what no decision was made about.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderLine {
    /// Its number, from 1.
    line: u32,
    /// The sender's name for it.
    line_ref: Option<String>,
    /// What.
    sku: String,
    /// How many.
    quantity: Long,
    /// Price of one.
    unit: Option<Decimal>,
    /// Price of the line.
    total: Option<Decimal>,
    /// Tax of the line.
    tax: Option<Decimal>,
    /// Discount on the line.
    discount: Option<Decimal>,
    /// The sender's own data: an object of texts.
    attributes: Option<Value>,
    /// Held, picked and packed ones included.
    reserved: Long,
    /// Waiting for supply.
    backordered: Long,
    /// Picked; packed and shipped ones included.
    picked: Long,
    /// Packed; shipped ones included.
    packed: Long,
    /// Shipped; delivered ones included.
    shipped: Long,
    /// Handed over.
    delivered: Long,
    /// Not to be delivered.
    cancelled: Long,
    /// Came back.
    returned: Long,
    /// When the last of those that wait is expected, where that is known.
    promised_at: Option<DateTime>,
}

impl From<&domain::LineView> for OrderLine {
    fn from(view: &domain::LineView) -> Self {
        let ordered = &view.ordered;
        Self {
            line: ordered.line.number(),
            line_ref: text(ordered.line_ref.as_ref()),
            sku: ordered.sku.to_string(),
            quantity: ordered.quantity.into(),
            unit: ordered.unit.map(Decimal),
            total: ordered.total.map(Decimal),
            tax: ordered.tax.map(Decimal),
            discount: ordered.discount.map(Decimal),
            attributes: json(ordered.attributes.as_ref()),
            reserved: view.reserved.into(),
            backordered: view.backordered.into(),
            picked: view.picked.into(),
            packed: view.packed.into(),
            shipped: view.shipped.into(),
            delivered: view.delivered.into(),
            cancelled: view.cancelled.into(),
            returned: view.returned.into(),
            promised_at: view.promised_at.map(DateTime),
        }
    }
}

/// What is charged beside the lines.
#[derive(Debug, SimpleObject)]
pub(super) struct Charge {
    /// What for, such as `shipping`.
    code: String,
    /// How much.
    amount: Decimal,
    /// Tax on it.
    tax: Option<Decimal>,
}

impl From<&domain::Charge> for Charge {
    fn from(charge: &domain::Charge) -> Self {
        Self { code: charge.code.to_string(), amount: charge.amount.into(), tax: charge.tax.map(Decimal) }
    }
}

/// To whom and where an order goes. Everything but city, region, postal code and country is personal data: it is
/// told by `order(id)` without `asOf` only, until it is erased; elsewhere it is null.
#[derive(Default, SimpleObject)]
pub(super) struct ShipTo {
    /// The city.
    city: Option<String>,
    /// State or province.
    region: Option<String>,
    /// Postal code.
    postal_code: Option<String>,
    /// Country by ISO 3166 alpha-2.
    country: Option<String>,
    /// Who. Personal.
    name: Option<String>,
    /// At which company. Personal.
    company: Option<String>,
    /// Street, house number and so on. Personal.
    street: Option<Vec<String>>,
    /// Degrees north. Personal.
    latitude: Option<f64>,
    /// Degrees east. Personal.
    longitude: Option<f64>,
    /// A telephone number. Personal.
    phone: Option<String>,
    /// A mail address. Personal.
    email: Option<String>,
    /// What the driver should know. Personal.
    instructions: Option<String>,
}

impl std::fmt::Debug for ShipTo {
    /// Nothing of it may reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShipTo(..)")
    }
}

impl From<&domain::ShipToView> for ShipTo {
    fn from(view: &domain::ShipToView) -> Self {
        let mut ship_to = Self::default();
        if let Some(place) = &view.destination {
            ship_to.city = text(place.city.as_ref());
            ship_to.region = text(place.region.as_ref());
            ship_to.postal_code = text(place.postal_code.as_ref());
            ship_to.country = text(place.country.as_ref());
        }
        if let Some(personal) = &view.personal {
            ship_to.name = text(personal.name.as_ref());
            ship_to.company = text(personal.company.as_ref());
            ship_to.street =
                personal.street.as_ref().map(|lines| lines.iter().map(ToString::to_string).collect());
            ship_to.latitude = personal.latitude;
            ship_to.longitude = personal.longitude;
            ship_to.phone = text(personal.phone.as_ref());
            ship_to.email = text(personal.email.as_ref());
            ship_to.instructions = text(personal.instructions.as_ref());
        }
        ship_to
    }
}

/// Where an order is to go, or how it is to be delivered, if the locations agree that work on it.
#[derive(Debug, SimpleObject)]
pub(super) struct PendingAmendment {
    /// Its id within the order, which answers may name.
    amendment_id: String,
    /// To whom and where; where it was to go before where not given.
    ship_to: Option<ShipTo>,
    /// How and when; as before where not given.
    delivery: Option<DeliveryIntent>,
}

impl From<&domain::AmendmentView> for PendingAmendment {
    fn from(view: &domain::AmendmentView) -> Self {
        Self {
            amendment_id: view.amendment_id.to_string(),
            ship_to: view.ship_to.as_ref().map(ShipTo::from),
            delivery: view.delivery.as_ref().map(DeliveryIntent::from),
        }
    }
}

/// How and when goods are to reach the customer.
#[derive(Debug, SimpleObject)]
pub(super) struct DeliveryIntent {
    /// How.
    method: DeliveryMethod,
    /// At which location, for pickup and local delivery.
    location: Option<ID>,
    /// The service that was sold.
    service_level: Option<String>,
    /// Not to leave before.
    ship_not_before: Option<DateTime>,
    /// To leave by.
    ship_by: Option<DateTime>,
    /// To arrive by.
    deliver_by: Option<DateTime>,
}

impl From<&domain::DeliveryIntent> for DeliveryIntent {
    fn from(intent: &domain::DeliveryIntent) -> Self {
        Self {
            method: intent.method.into(),
            location: intent.location.as_ref().map(id),
            service_level: text(intent.service_level.as_ref()),
            ship_not_before: intent.ship_not_before.map(DateTime),
            ship_by: intent.ship_by.map(DateTime),
            deliver_by: intent.deliver_by.map(DateTime),
        }
    }
}

/// Why an order waits.
#[derive(Debug, SimpleObject)]
pub(super) struct Hold {
    /// The hold's id.
    hold_id: ID,
    /// The only part of the order that waits; all of it where not given.
    fulfillment_order_id: Option<ID>,
    /// Why.
    reason: HoldReason,
    /// For people.
    note: Option<String>,
    /// Until when; until somebody releases it where not given.
    until: Option<DateTime>,
}

impl From<&domain::HoldView> for Hold {
    fn from(hold: &domain::HoldView) -> Self {
        Self {
            hold_id: id(&hold.hold_id),
            fulfillment_order_id: hold.fulfillment_order_id.as_ref().map(id),
            reason: hold.reason.into(),
            note: hold.note.as_ref().map(ToString::to_string),
            until: hold.until.map(DateTime),
        }
    }
}

/// What is to come back together.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderReturn {
    /// Its id.
    return_id: ID,
    /// Why.
    reason: String,
    /// What of each line.
    lines: Vec<OrderReturnLine>,
}

/// A return's part of a line.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderReturnLine {
    /// Which line.
    line: u32,
    /// Units announced.
    requested: Long,
    /// Units that came.
    received: Long,
    /// Of those, thrown away.
    scrapped: Long,
}

impl From<&domain::ReturnView> for OrderReturn {
    fn from(back: &domain::ReturnView) -> Self {
        let line = |part: &domain::ReturnLineView| OrderReturnLine {
            line: part.line.number(),
            requested: part.requested.into(),
            received: part.received.into(),
            scrapped: part.scrapped.into(),
        };
        Self {
            return_id: id(&back.return_id),
            reason: back.reason.to_string(),
            lines: back.lines.iter().map(line).collect(),
        }
    }
}

/// A report that contradicted what was believed.
#[derive(Debug, SimpleObject)]
pub(super) struct Discrepancy {
    /// A stable code.
    code: String,
    /// For people.
    detail: String,
}

impl From<&domain::Discrepancy> for Discrepancy {
    fn from(discrepancy: &domain::Discrepancy) -> Self {
        Self { code: discrepancy.code.to_string(), detail: discrepancy.detail.to_string() }
    }
}
