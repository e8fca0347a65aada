//! Whether an order can be taken.

use std::collections::BTreeSet;

use crate::order::choices::PaymentTerms;
use crate::order::commands::{CreateOrder, NewLine};
use crate::order::contents::OrderedLine;
use crate::order::decision::Decision;
use crate::order::events::OrderCreated;
use crate::order::hold::scheduled;
use crate::order::order_command::CreationTerms;
use crate::order::personal::ShipTo;
use crate::order::refusals::OrderRefusal;
use crate::order::state::{MOST_LINES, Order};
use crate::values::{LineNumber, Priority, Timestamp};

const MOST_CHARGES: usize = 50;
const MOST_STREET_LINES: usize = 5;

pub(in crate::order) fn create(
    order: &Order,
    command: &CreateOrder,
    terms: &CreationTerms,
    at: Timestamp,
) -> Decision {
    if let Some(existing) = &order.created {
        // The same order sent again, under another key, changes nothing.
        let is_same = existing.content == terms.content;
        return if is_same { Ok(Vec::new()) } else { Err(OrderRefusal::OrderExists(existing.order_id)) };
    }
    check_lines(&command.lines)?;
    check_money(command)?;
    if let Some(ship_to) = &command.ship_to {
        check_ship_to(ship_to)?;
    }
    let personal = command.ship_to.as_ref().and_then(ShipTo::personal);
    let payment = command.payment.unwrap_or(PaymentTerms::Required);
    let reserve_for = terms.reserve_for.filter(|_| payment == PaymentTerms::Required);
    let created = OrderCreated {
        order_id: terms.order_id,
        channel: command.channel.clone(),
        channel_ref: command.channel_ref.clone(),
        customer_ref: command.customer_ref.clone(),
        lines: numbered(&command.lines),
        currency: command.currency.clone(),
        charges: command.charges.clone(),
        destination: command.ship_to.as_ref().and_then(ShipTo::destination),
        has_personal_data: personal.is_some(),
        personal,
        delivery: command.delivery.clone(),
        on_shortage: command.on_shortage.unwrap_or(terms.on_shortage),
        allow_split: command.allow_split.unwrap_or(terms.allow_split),
        priority: command.priority.unwrap_or(Priority::Standard),
        payment,
        reserve_at: terms.reserve_at,
        reserve_for: command.reserve_for.or(reserve_for),
        placed_at: command.placed_at,
        external_refs: command.external_refs.clone(),
        attributes: command.attributes.clone(),
        content: terms.content.clone(),
        at,
    };
    let hold = command.delivery.as_ref().and_then(|delivery| scheduled(0, delivery, at));
    Ok(std::iter::once(created.into()).chain(hold).collect())
}

fn numbered(lines: &[NewLine]) -> Vec<OrderedLine> {
    lines.iter().enumerate().map(|(index, line)| line.numbered(LineNumber::at(index))).collect()
}

fn check_lines(lines: &[NewLine]) -> Result<(), OrderRefusal> {
    if lines.is_empty() || lines.len() > MOST_LINES {
        return Err(OrderRefusal::LineCount(lines.len()));
    }
    let mut seen = BTreeSet::new();
    for (index, line) in lines.iter().enumerate() {
        if line.line_ref.as_ref().is_some_and(|name| !seen.insert(name)) {
            return Err(OrderRefusal::LineReferenceTwice(LineNumber::at(index)));
        }
    }
    Ok(())
}

fn check_money(command: &CreateOrder) -> Result<(), OrderRefusal> {
    let charges = command.charges.as_deref().unwrap_or_default();
    if charges.len() > MOST_CHARGES {
        return Err(OrderRefusal::TooMany { most: MOST_CHARGES, pointer: "/charges" });
    }
    if command.currency.is_none() && (!charges.is_empty() || command.lines.iter().any(NewLine::has_amounts)) {
        return Err(OrderRefusal::CurrencyMissing);
    }
    Ok(())
}

pub(in crate::order) fn check_ship_to(ship_to: &ShipTo) -> Result<(), OrderRefusal> {
    if ship_to.street.as_ref().is_some_and(|street| street.len() > MOST_STREET_LINES) {
        return Err(OrderRefusal::TooMany { most: MOST_STREET_LINES, pointer: "/shipTo/street" });
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
