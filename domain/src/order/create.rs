//! Creates an order.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::PaymentTerms;
use super::contents::{BundleLine, Charge, DeliveryIntent, OrderedLine, sent_indexes};
use super::decision::Decision;
use super::events::OrderCreated;
use super::hold::scheduled;
use super::personal::ShipTo;
use super::refusals::OrderRefusal;
use super::state::{MAX_LINES, Order};
use crate::command::commands;
use crate::policy::{OnShortage, ReserveAt, Rules};
use crate::values::{
    Amount, Attributes, CartReservationId, ChannelName, Currency, ExternalReferences, LineNumber, OrderId,
    Period, Priority, Quantity, Reference, Sku, Text, Timestamp,
};

const MAX_CHARGES: usize = 50;
const MAX_STREET_LINES: usize = 5;

/// A new line.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLine {
    /// The SKU.
    pub sku: Sku,
    /// The number of units.
    pub quantity: Quantity,
    /// False: the line needs no stock and no shipping, such as a gift card or a service; its SKU needs no stock records.
    /// Default: the SKU's policy, otherwise true.
    pub requires_stock: Option<bool>,
    /// The sender's name for the line. Unique within the order.
    pub line_ref: Option<Reference>,
    /// Price of one unit.
    pub unit: Option<Amount>,
    /// Price of the line.
    pub total: Option<Amount>,
    /// Tax of the line.
    pub tax: Option<Amount>,
    /// Discount on the line.
    pub discount: Option<Amount>,
    /// The sender's own data.
    pub attributes: Option<Attributes>,
    /// The bundle to which the units belong: not sent, but found by the SKU.
    #[serde(skip)]
    pub bundle: Option<BundleLine>,
}

impl NewLine {
    /// Units of a SKU, without a price.
    pub const fn new(sku: Sku, quantity: Quantity) -> Self {
        Self {
            sku,
            quantity,
            requires_stock: None,
            line_ref: None,
            unit: None,
            total: None,
            tax: None,
            discount: None,
            attributes: None,
            bundle: None,
        }
    }

    /// The sender's name for the line, or for the bundle whose first component it is.
    pub(super) fn sender_reference(&self) -> Option<&Reference> {
        let of_bundle = self.bundle.as_ref().filter(|bundle| bundle.is_first());
        self.line_ref.as_ref().or_else(|| of_bundle?.line_ref.as_ref())
    }

    /// The price of the line with the digits of the currency. `None` if it has none, or if it is out of range.
    pub(crate) fn price(&self, digits: u32) -> Option<Amount> {
        self.numbered(LineNumber::at(0)).price(digits)
    }

    /// Whether the line has amounts.
    pub(crate) fn has_amounts(&self) -> bool {
        [self.unit, self.total, self.tax, self.discount].iter().any(Option::is_some)
    }

    /// The line with its number in the order.
    pub(super) fn numbered(&self, line: LineNumber) -> OrderedLine {
        OrderedLine {
            line,
            line_ref: self.line_ref.clone(),
            sku: self.sku.clone(),
            quantity: self.quantity,
            requires_stock: self.requires_stock.unwrap_or(true),
            unit: self.unit,
            total: self.total,
            tax: self.tax,
            discount: self.discount,
            priced: None,
            bundle: self.bundle.clone(),
            attributes: self.attributes.clone(),
        }
    }
}

commands! {
    /// Orders goods.
    CreateOrder {
        /// Default: generated.
        order_id: Option<OrderId>,
        channel: ChannelName,
        /// The order's name in the channel. The same order under a known name is answered with the first one; another order is
        /// refused.
        channel_ref: Option<Reference>,
        /// The customer's name in the channel. Stored unencrypted: not for the name of a person.
        customer_ref: Option<Reference>,
        /// 1 to 2,000 lines.
        lines: Vec<NewLine>,
        /// The currency of every amount. Required with amounts.
        currency: Option<Currency>,
        /// Charges in addition to the lines; at most 50.
        charges: Option<Vec<Charge>>,
        ship_to: Option<ShipTo> = sealed,
        delivery: Option<DeliveryIntent>,
        /// What to do when units are missing. Default: the channel's policy.
        on_shortage: Option<OnShortage>,
        /// Whether several locations may fill the order. Default: the channel's policy.
        allow_split: Option<bool>,
        /// Default: `standard`.
        priority: Option<Priority>,
        /// Whether the order must be paid before goods leave. Default: `required`.
        payment: Option<PaymentTerms>,
        /// How long reservations last while the order is neither paid nor acknowledged by a location: an ISO 8601
        /// duration of 1 second to 366 days. Default: the channel's policy.
        reserve_for: Option<Period>,
        /// When the customer placed the order.
        placed_at: Option<Timestamp>,
        /// The order's names in other systems.
        external_refs: Option<ExternalReferences>,
        /// The sender's own data.
        attributes: Option<Attributes>,
        /// An open cart reservation: the order takes its units over, and is reserved at its creation even with
        /// `reserveAt: payment`.
        reservation: Option<CartReservationId>,
    }
}

impl CreateOrder {
    /// An order with nothing but a channel and lines.
    pub const fn new(channel: ChannelName, lines: Vec<NewLine>) -> Self {
        Self {
            order_id: None,
            channel,
            channel_ref: None,
            customer_ref: None,
            lines,
            currency: None,
            charges: None,
            ship_to: None,
            delivery: None,
            on_shortage: None,
            allow_split: None,
            priority: None,
            payment: None,
            reserve_for: None,
            placed_at: None,
            external_refs: None,
            attributes: None,
            reservation: None,
            occurred_at: None,
            not_after: None,
        }
    }
}

/// Values of a new order that are not fields of the command: its id, and the rules of its channel.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct CreationTerms {
    /// The id of the command, or a generated one.
    pub order_id: OrderId,
    /// They apply where the command does not say otherwise.
    pub rules: Rules,
    /// A keyed digest of the request.
    pub content: Text<64>,
}

/// The same order again, under another idempotency key, changes nothing. An order that needs no payment is reserved at its
/// creation, and its reservations do not expire unless the command says so.
pub(super) fn create(order: &Order, command: &CreateOrder, terms: &CreationTerms, at: Timestamp) -> Decision {
    if let Some(existing) = &order.created {
        let is_same = existing.content == terms.content;
        return if is_same { Ok(Vec::new()) } else { Err(OrderRefusal::OrderExists(existing.order_id)) };
    }
    check_lines(&command.lines)?;
    check_money(command)?;
    if let Some(ship_to) = &command.ship_to {
        check_ship_to(ship_to)?;
    }
    let number = |(index, line): (usize, &NewLine)| line.numbered(LineNumber::at(index));
    let personal = command.ship_to.as_ref().and_then(ShipTo::personal);
    let payment = command.payment.unwrap_or(PaymentTerms::Required);
    let rules = &terms.rules;
    let (reserve_at, reserve_for) = match payment {
        PaymentTerms::Required => (rules.reserve_at, rules.reserve_for),
        PaymentTerms::NotRequired => (ReserveAt::Creation, None),
    };
    let reserve_at = if command.reservation.is_some() { ReserveAt::Creation } else { reserve_at };
    let created = OrderCreated {
        order_id: terms.order_id,
        channel: command.channel.clone(),
        channel_ref: command.channel_ref.clone(),
        customer_ref: command.customer_ref.clone(),
        lines: command.lines.iter().enumerate().map(number).collect(),
        currency: command.currency.clone(),
        charges: command.charges.clone(),
        destination: command.ship_to.as_ref().and_then(ShipTo::destination),
        has_personal_data: personal.is_some(),
        personal,
        delivery: command.delivery.clone(),
        on_shortage: command.on_shortage.unwrap_or(rules.on_shortage),
        allow_split: command.allow_split.unwrap_or(rules.allow_split),
        priority: command.priority.unwrap_or(Priority::Standard),
        payment,
        reserve_at,
        work_at: rules.work_at,
        reserve_for: command.reserve_for.or(reserve_for),
        placed_at: command.placed_at,
        external_refs: command.external_refs.clone(),
        attributes: command.attributes.clone(),
        reservation: command.reservation,
        content: terms.content.clone(),
        at,
    };
    let hold = command.delivery.as_ref().and_then(|delivery| scheduled(0, delivery, at));
    Ok(std::iter::once(created.into()).chain(hold).collect())
}

fn check_lines(lines: &[NewLine]) -> Result<(), OrderRefusal> {
    if lines.is_empty() || lines.len() > MAX_LINES {
        return Err(OrderRefusal::LineCount(lines.len()));
    }
    let mut seen = BTreeSet::new();
    let indexes = sent_indexes(lines.iter().map(|line| line.bundle.as_ref()));
    for (index, line) in indexes.zip(lines) {
        if line.sender_reference().is_some_and(|name| !seen.insert(name)) {
            return Err(OrderRefusal::LineReferenceTwice { pointer: format!("/lines/{index}/lineRef") });
        }
    }
    Ok(())
}

fn check_money(command: &CreateOrder) -> Result<(), OrderRefusal> {
    let charges = command.charges.as_deref().unwrap_or_default();
    if charges.len() > MAX_CHARGES {
        return Err(OrderRefusal::TooMany { most: MAX_CHARGES, pointer: "/charges" });
    }
    if command.currency.is_none() && (!charges.is_empty() || command.lines.iter().any(NewLine::has_amounts)) {
        return Err(OrderRefusal::CurrencyMissing);
    }
    Ok(())
}

pub(super) fn check_ship_to(ship_to: &ShipTo) -> Result<(), OrderRefusal> {
    if ship_to.street.as_ref().is_some_and(|street| street.len() > MAX_STREET_LINES) {
        return Err(OrderRefusal::TooMany { most: MAX_STREET_LINES, pointer: "/shipTo/street" });
    }
    let country = |code: &str| code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase());
    if ship_to.country.as_ref().is_some_and(|code| !country(code.as_str())) {
        return Err(OrderRefusal::CountryMalformed);
    }
    match (ship_to.latitude, ship_to.longitude) {
        (None, None) => Ok(()),
        (Some(latitude), Some(longitude))
            if (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude) =>
        {
            Ok(())
        }
        _ => Err(OrderRefusal::CoordinatesOutOfRange),
    }
}
