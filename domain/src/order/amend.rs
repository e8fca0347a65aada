//! Amends an order: its lines, its address, its delivery and its terms.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amendment_request::{can_redirect, request};
use super::cancel::cancel_units;
use super::contents::{AmendedLine, BundleLine, DeliveryIntent, OrderedLine, sent_indexes};
use super::create::{NewLine, check_ship_to};
use super::decision::{Decision, exists};
use super::events::{OrderAmended, OrderEvent};
use super::fulfillment_order::FulfillmentOrder;
use super::hold::reschedule;
use super::lines::{resolve_line, unknown_line};
use super::personal::ShipTo;
use super::refusals::OrderRefusal;
use super::state::{MAX_LINES, Order};
use super::terms::{NewTerms, can_change_terms, change_terms};
use super::totals::LineTotals;
use crate::command::commands;
use crate::policy::OnShortage;
use crate::values::{
    Amount, Attributes, LineNumber, Literal, OrderId, Period, Priority, Quantity, Reference, Timestamp,
    Units, Update,
};

/// The reason of cancellations that follow from an amendment.
const ORDER_AMENDED: Literal = Literal::new("order_amended");

/// A change of the order's lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Change {
    /// Adds a line.
    Add(NewLine),
    /// Sets the number of units of a line to deliver, shipped ones included.
    SetQuantity(NewQuantity),
    /// Cancels all units of a line.
    Remove(NamedLine),
}

impl Change {
    /// The line that it adds.
    pub const fn added(&self) -> Option<&NewLine> {
        match self {
            Self::Add(line) => Some(line),
            Self::SetQuantity(_) | Self::Remove(_) => None,
        }
    }

    /// The bundle of the line that it adds.
    pub fn bundle(&self) -> Option<&BundleLine> {
        self.added().and_then(|line| line.bundle.as_ref())
    }
}

/// The new quantity of a line. Identify the line by `line` or by `lineRef`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewQuantity {
    /// The line's number, from 1.
    pub line: Option<LineNumber>,
    /// The sender's name for the line.
    pub line_ref: Option<Reference>,
    /// The number of units to deliver, shipped ones included.
    pub quantity: Quantity,
    /// Price of one unit. Default: the line's price.
    pub unit: Option<Amount>,
    /// Price of the line. Required if the line has a total and the change raises its quantity or gives another amount.
    pub total: Option<Amount>,
    /// Tax of the line. Required if the line has a tax and the change raises its quantity or gives another amount.
    pub tax: Option<Amount>,
    /// Discount on the line. Required if the line has a discount and the change raises its quantity or gives another
    /// amount.
    pub discount: Option<Amount>,
}

/// A line. Identify it by `line` or by `lineRef`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedLine {
    /// The line's number, from 1.
    pub line: Option<LineNumber>,
    /// The sender's name for the line.
    pub line_ref: Option<Reference>,
}

commands! {
    /// Changes an order that has units left to ship: lines and quantities, the address, the delivery, its terms. Added units are
    /// reserved like those of a new order, or the whole amendment is refused; removed units are cancelled. An order that has
    /// shipped completely is not reopened (`order_shipped`).
    AmendOrder {
        order_id: OrderId,
        /// Changes of lines; at most 2,000, and one for each line.
        changes: Option<Vec<Change>>,
        /// The complete new recipient and address. Locations that have acknowledged a fulfillment order must agree.
        ship_to: Option<ShipTo> = sealed,
        /// The complete new delivery. Locations that have acknowledged a fulfillment order must agree.
        delivery: Option<DeliveryIntent>,
        /// Moves the order in the backorder queues.
        priority: Option<Priority>,
        /// Whether several locations may fill the order. `false` requires that one location can fill it.
        allow_split: Option<bool>,
        /// What to do with units that are missing and not backordered yet, and with units that are missing later.
        on_shortage: Option<OnShortage>,
        /// How long reservations last, from now on: an ISO 8601 duration of 1 second to 366 days. `null`: they do not expire.
        reserve_for: Update<Period>,
        /// The sender's own data: all of them. `null`: none.
        attributes: Update<Attributes>,
    }
}

/// A field that an amendment can change: its name, and whether a command has it.
type AmendableField = (&'static str, fn(&AmendOrder) -> bool);

/// Every field that an amendment can change.
const AMENDABLE: [AmendableField; 8] = [
    ("changes", |command| command.changes.as_ref().is_some_and(|changes| !changes.is_empty())),
    ("shipTo", |command| command.ship_to.is_some()),
    ("delivery", |command| command.delivery.is_some()),
    ("priority", |command| command.priority.is_some()),
    ("allowSplit", |command| command.allow_split.is_some()),
    ("onShortage", |command| command.on_shortage.is_some()),
    ("reserveFor", |command| !command.reserve_for.is_keep()),
    ("attributes", |command| !command.attributes.is_keep()),
];

/// The amendment changes something.
fn has_changes(command: &AmendOrder) -> Result<(), OrderRefusal> {
    if AMENDABLE.iter().any(|(_, is_given)| is_given(command)) {
        return Ok(());
    }
    let fields = AMENDABLE.map(|(name, _)| name).join(", ");
    Err(OrderRefusal::ChangesMissing { fields })
}

impl AmendOrder {
    fn terms(&self) -> NewTerms<'_> {
        NewTerms {
            priority: self.priority,
            allow_split: self.allow_split,
            on_shortage: self.on_shortage,
            reserve_for: &self.reserve_for,
            attributes: &self.attributes,
        }
    }
}

/// The order is not complete. An order is complete when everything that is not cancelled has shipped or is fulfilled: it is not
/// reopened.
pub(super) fn can_amend(order: &Order) -> Result<(), OrderRefusal> {
    if order.is_cancelled() {
        return Err(OrderRefusal::OrderCancelled);
    }
    if order.is_fulfilled() { Err(OrderRefusal::OrderShipped) } else { Ok(()) }
}

pub(super) fn amend(order: &Order, command: &AmendOrder, at: Timestamp) -> Decision {
    exists(order, command.order_id)?;
    can_amend(order)?;
    has_changes(command)?;
    let changes = command.changes.as_deref().unwrap_or_default();
    let terms = command.terms();
    if changes.len() > MAX_LINES {
        return Err(OrderRefusal::TooMany { most: MAX_LINES, pointer: "/changes" });
    }
    if let Some(ship_to) = &command.ship_to {
        check_ship_to(ship_to)?;
    }
    can_change_terms(order, &terms)?;
    can_redirect(order, command.ship_to.as_ref(), command.delivery.as_ref())?;
    let LineChanges { changed, added, cancelled } = line_changes(order, changes)?;
    let mut events = change_terms(order, &terms, at);
    let requested = request(order, command.ship_to.as_ref(), command.delivery.as_ref());
    let ship_to = command.ship_to.as_ref().filter(|_| requested.is_none());
    let delivery = command.delivery.as_ref().filter(|_| requested.is_none());
    if !(changed.is_empty() && added.is_empty()) || ship_to.is_some() || delivery.is_some() {
        let personal = ship_to.and_then(ShipTo::personal);
        let amended = OrderAmended {
            grown: changed,
            added,
            has_new_address: ship_to.is_some(),
            destination: ship_to.and_then(ShipTo::destination),
            has_personal_data: personal.is_some(),
            personal,
            delivery: delivery.cloned(),
            was_requested: false,
        };
        events.push(amended.into());
    }
    if !cancelled.is_empty() {
        // The units are cancelled at the price that the amendment gives.
        events.extend(cancel_units(&order.after(&events), &cancelled, &ORDER_AMENDED.into())?);
    }
    if let Some(delivery) = delivery {
        events.extend(reschedule(order, delivery, at));
    }
    events.extend(requested.map(OrderEvent::from));
    Ok(events)
}

/// The effect of changes on lines.
#[derive(Debug, Default)]
struct LineChanges {
    /// Existing lines with more units, or another price.
    changed: Vec<AmendedLine>,
    /// New lines.
    added: Vec<OrderedLine>,
    /// Units to cancel, by line.
    cancelled: Vec<(LineNumber, Units)>,
}

fn line_changes(order: &Order, changes: &[Change]) -> Result<LineChanges, OrderRefusal> {
    let mut result = LineChanges::default();
    let mut seen = BTreeSet::new();
    let totals = order.line_totals();
    for (index, change) in sent_indexes(changes.iter().map(Change::bundle)).zip(changes) {
        let (number, name) = match change {
            Change::Add(line) => {
                let added = added(order, &result.added, line, index)?;
                result.added.push(added);
                continue;
            }
            Change::SetQuantity(NewQuantity { line, line_ref, .. }) => (*line, line_ref.as_ref()),
            Change::Remove(named) => (named.line, named.line_ref.as_ref()),
        };
        let unknown = || unknown_line(format!("/changes/{index}"));
        let line = resolve_line(order, number, name).ok_or_else(unknown)?;
        if !seen.insert(line) {
            return Err(OrderRefusal::LineChangedTwice(index));
        }
        let totals = totals.get(line.index()).copied().unwrap_or_default();
        let ordered = order.lines().get(line.index()).ok_or_else(unknown)?;
        match change {
            Change::SetQuantity(new) => set_quantity(order, ordered, &totals, new, index, &mut result)?,
            _ => reduce(order, line, &totals, Units::ZERO, &mut result)?,
        }
    }
    Ok(result)
}

fn added(
    order: &Order,
    before: &[OrderedLine],
    line: &NewLine,
    index: usize,
) -> Result<OrderedLine, OrderRefusal> {
    let number = order.lines().len() + before.len();
    if number >= MAX_LINES {
        return Err(OrderRefusal::LineCount(number + 1));
    }
    let name = line.sender_reference();
    let has_name = |other: &OrderedLine| name.is_some() && other.sender_reference() == name;
    if order.lines().iter().chain(before).any(has_name) {
        return Err(OrderRefusal::LineReferenceTwice { pointer: format!("/changes/{index}/lineRef") });
    }
    if !order.has_currency() && line.has_amounts() {
        return Err(OrderRefusal::CurrencyMissing);
    }
    Ok(line.numbered(LineNumber::at(number)))
}

/// Units of a line to deliver: neither cancelled, nor requested to be.
fn to_deliver(order: &Order, line: LineNumber, totals: &LineTotals) -> Units {
    let cancels = |one: &&FulfillmentOrder| one.cancels_on_release();
    let requested = |one: &FulfillmentOrder| Some(one.requested_release(one.line(line)?));
    let requested: Units = order.fulfillment_orders.iter().filter(cancels).filter_map(requested).sum();
    totals.ordered.saturating_sub(totals.cancelled + requested)
}

fn set_quantity(
    order: &Order,
    ordered: &OrderedLine,
    totals: &LineTotals,
    new: &NewQuantity,
    index: usize,
    result: &mut LineChanges,
) -> Result<(), OrderRefusal> {
    let to_deliver = to_deliver(order, ordered.line, totals);
    let target = new.quantity.units();
    let grows = target > to_deliver;
    if !grows {
        reduce(order, ordered.line, totals, target, result)?;
    } else if to_deliver < totals.ordered.saturating_sub(totals.cancelled) {
        return Err(OrderRefusal::LineCancellationPending(ordered.line));
    }
    let has_amounts = [new.unit, new.total, new.tax, new.discount].iter().any(Option::is_some);
    if has_amounts && !order.has_currency() {
        return Err(OrderRefusal::CurrencyMissing);
    }
    let pairs = [(ordered.total, new.total), (ordered.tax, new.tax), (ordered.discount, new.discount)];
    if (grows || has_amounts) && pairs.iter().any(|(known, given)| known.is_some() && given.is_none()) {
        return Err(OrderRefusal::AmountsMissing(index));
    }
    let all = totals.ordered + target.saturating_sub(to_deliver);
    let number = i64::try_from(all.number()).unwrap_or(i64::MAX);
    let quantity = Quantity::new(number).map_err(|_| OrderRefusal::LineTooLarge(index))?;
    let changed = AmendedLine {
        line: ordered.line,
        quantity,
        unit: new.unit.or(ordered.unit),
        total: new.total,
        tax: new.tax,
        discount: new.discount,
        priced: (target < all).then_some(target),
    };
    if grows || (has_amounts && !has_price(ordered, &changed)) {
        result.changed.push(changed);
    }
    Ok(())
}

/// Whether a line has the amounts of an amendment already.
fn has_price(line: &OrderedLine, new: &AmendedLine) -> bool {
    let known = (line.unit, line.total, line.tax, line.discount, line.priced);
    known == (new.unit, new.total, new.tax, new.discount, new.priced)
}

fn reduce(
    order: &Order,
    line: LineNumber,
    totals: &LineTotals,
    target: Units,
    result: &mut LineChanges,
) -> Result<(), OrderRefusal> {
    if target < totals.done() {
        let shipped = totals.done();
        return Err(OrderRefusal::QuantityBelowShipped { line, requested: target, shipped });
    }
    let cancelled = to_deliver(order, line, totals).saturating_sub(target);
    if !cancelled.is_zero() {
        result.cancelled.push((line, cancelled));
    }
    Ok(())
}
