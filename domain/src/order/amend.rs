//! Changing what was ordered.

use std::collections::BTreeSet;

use crate::order::amendment_request::{may_be_redirected, request, reschedule};
use crate::order::cancel::cancel_units;
use crate::order::commands::{AmendOrder, Change, NewLine, NewQuantity};
use crate::order::contents::{AmendedLine, OrderedLine};
use crate::order::create::check_ship_to;
use crate::order::decision::{Decision, exists};
use crate::order::events::{OrderAmended, OrderEvent};
use crate::order::fulfillment_order::pick_pack::line_named;
use crate::order::personal::ShipTo;
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentOrder, MOST_LINES, Order};
use crate::order::totals::LineTotals;
use crate::text;
use crate::values::{LineNumber, Quantity, Timestamp, Units};

pub(in crate::order) fn amend(order: &Order, command: &AmendOrder, at: Timestamp) -> Decision {
    exists(order, command.order_id)?;
    can_amend(order)?;
    let changes = command.changes.as_deref().unwrap_or_default();
    if changes.is_empty() && command.ship_to.is_none() && command.delivery.is_none() {
        return Err(OrderRefusal::ChangesMissing);
    }
    if changes.len() > MOST_LINES {
        return Err(OrderRefusal::TooMany { most: MOST_LINES, pointer: "/changes" });
    }
    if let Some(ship_to) = &command.ship_to {
        check_ship_to(ship_to)?;
    }
    may_be_redirected(order, command)?;
    let Amendment { grown, added, fewer } = amendment(order, changes)?;
    let mut events: Vec<OrderEvent> = Vec::new();
    // Locations that work by what they were told before are asked where it is to go.
    let requested = request(order, command);
    let ship_to = command.ship_to.as_ref().filter(|_| requested.is_none());
    let delivery = command.delivery.as_ref().filter(|_| requested.is_none());
    if !(grown.is_empty() && added.is_empty()) || ship_to.is_some() || delivery.is_some() {
        let personal = ship_to.and_then(ShipTo::personal);
        let amended = OrderAmended {
            grown,
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
    if !fewer.is_empty() {
        events.extend(cancel_units(order, &fewer, &text!("the order was amended"))?);
    }
    if let Some(delivery) = delivery {
        events.extend(reschedule(order, delivery, at));
    }
    events.extend(requested.map(OrderEvent::from));
    Ok(events)
}

/// Whether some amendment of the order would be accepted.
///
/// An order is complete when everything that it still asks for has left. It is not reopened: a customer who wants more
/// places another order, and what has been delivered comes back as a return.
pub(in crate::order) fn can_amend(order: &Order) -> Result<(), OrderRefusal> {
    if order.is_cancelled() {
        return Err(OrderRefusal::OrderCancelled);
    }
    if order.is_shipped() { Err(OrderRefusal::OrderShipped) } else { Ok(()) }
}

/// What an amendment comes to.
#[derive(Debug, Default)]
struct Amendment {
    /// Lines of which more are ordered.
    grown: Vec<AmendedLine>,
    /// Lines that are new.
    added: Vec<OrderedLine>,
    /// Units of lines that are no longer wanted.
    fewer: Vec<(LineNumber, Units)>,
}

/// The changes one by one; each line is named at most once.
fn amendment(order: &Order, changes: &[Change]) -> Result<Amendment, OrderRefusal> {
    let mut amendment = Amendment::default();
    let mut seen = BTreeSet::new();
    let totals = order.line_totals();
    for (index, change) in changes.iter().enumerate() {
        let (number, name) = match change {
            Change::Add(line) => {
                let new = added(order, &amendment.added, line, index)?;
                amendment.added.push(new);
                continue;
            }
            Change::SetQuantity(NewQuantity { line, line_ref, .. }) => (*line, line_ref.as_ref()),
            Change::Remove(named) => (named.line, named.line_ref.as_ref()),
        };
        let line = line_named(order, number, name).ok_or(OrderRefusal::UnknownChangedLine(index))?;
        if !seen.insert(line) {
            return Err(OrderRefusal::LineChangedTwice(index));
        }
        let totals = totals.get(line.index()).copied().unwrap_or_default();
        let ordered = order.lines().get(line.index()).ok_or(OrderRefusal::UnknownChangedLine(index))?;
        match change {
            Change::SetQuantity(new) => set_quantity(order, ordered, &totals, new, index, &mut amendment)?,
            _ => fewer(order, line, &totals, Units::ZERO, &mut amendment)?,
        }
    }
    Ok(amendment)
}

fn added(
    order: &Order,
    before: &[OrderedLine],
    line: &NewLine,
    index: usize,
) -> Result<OrderedLine, OrderRefusal> {
    let number = order.lines().len() + before.len();
    if number >= MOST_LINES {
        return Err(OrderRefusal::LineCount(number + 1));
    }
    let has_name = |known: &OrderedLine| known.line_ref.is_some() && known.line_ref == line.line_ref;
    if order.lines().iter().chain(before).any(has_name) {
        return Err(OrderRefusal::ChangedReferenceTwice(index));
    }
    if !order.has_currency() && line.has_amounts() {
        return Err(OrderRefusal::CurrencyMissing);
    }
    Ok(line.numbered(LineNumber::at(number)))
}

/// Units of a line that are wanted, as far as nobody was asked to leave them.
fn wanted(order: &Order, line: LineNumber, totals: &LineTotals) -> Units {
    let of_line = |part: &FulfillmentOrder| {
        let leaves = part.asked.as_ref().is_some_and(|asked| asked.move_to.is_none());
        part.line(line).filter(|_| leaves).map_or(Units::ZERO, |own| part.asked_of(own))
    };
    let asked: Units = order.fulfillment_orders.iter().map(of_line).sum();
    totals.ordered.saturating_sub(totals.cancelled + asked)
}

fn set_quantity(
    order: &Order,
    ordered: &OrderedLine,
    totals: &LineTotals,
    new: &NewQuantity,
    index: usize,
    amendment: &mut Amendment,
) -> Result<(), OrderRefusal> {
    let wanted = wanted(order, ordered.line, totals);
    let target = new.quantity.units();
    if target <= wanted {
        return fewer(order, ordered.line, totals, target, amendment);
    }
    let all = totals.ordered + target.saturating_sub(wanted);
    let number = i64::try_from(all.number()).unwrap_or(i64::MAX);
    let quantity = Quantity::new(number).map_err(|_| OrderRefusal::LineTooLarge(index))?;
    let pairs = [(ordered.total, new.total), (ordered.tax, new.tax), (ordered.discount, new.discount)];
    if pairs.iter().any(|(known, given)| known.is_some() && given.is_none()) {
        return Err(OrderRefusal::AmountsMissing(index));
    }
    let given = [new.unit, new.total, new.tax, new.discount].iter().any(Option::is_some);
    if given && !order.has_currency() {
        return Err(OrderRefusal::CurrencyMissing);
    }
    amendment.grown.push(AmendedLine {
        line: ordered.line,
        quantity,
        unit: new.unit.or(ordered.unit),
        total: new.total,
        tax: new.tax,
        discount: new.discount,
        priced: (target < all).then_some(target),
    });
    Ok(())
}

fn fewer(
    order: &Order,
    line: LineNumber,
    totals: &LineTotals,
    target: Units,
    amendment: &mut Amendment,
) -> Result<(), OrderRefusal> {
    if target < totals.shipped {
        let shipped = totals.shipped;
        return Err(OrderRefusal::QuantityBelowShipped { line, requested: target, shipped });
    }
    let less = wanted(order, line, totals).saturating_sub(target);
    if !less.is_zero() {
        amendment.fewer.push((line, less));
    }
    Ok(())
}
