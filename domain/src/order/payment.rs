//! Reports about payments. Each is recorded, also when it contradicts the known state: then with a discrepancy.

use super::choices::{DiscrepancyCode, PaymentTerms};
use super::contents::LineUnits;
use super::decision::{Decision, confirm_reservation, discrepancy, exists};
use super::events::{
    OrderEvent, PaymentAuthorized, PaymentConfirmed, PaymentFailed, PaymentVoided, ReservationExpired,
    ReservationExtended,
};
use super::fulfillment_order::FulfillmentOrder;
use super::refusals::OrderRefusal;
use super::state::{LastPaymentEvent, Order, Payment};
use crate::command::commands;
use crate::values::{Amount, LineNumber, OrderId, Reference, Text, Timestamp};

commands! {
    /// Reports that an order is paid, or a part of it. It is paid when its payments add up to what it costs.
    ConfirmPayment {
        order_id: OrderId,
        /// Identifies the payment: repeated reports change nothing. Each partial capture needs its own reference.
        payment_ref: Reference,
        /// In the order's currency, more than 0. Default: the amount still owed.
        amount: Option<Amount>,
        /// Whether the customer owes nothing more, however much the order costs. Default: false.
        complete: Option<bool>,
    }
    /// Reports that a payment is authorized.
    AuthorizePayment {
        order_id: OrderId,
        /// Identifies the payment.
        payment_ref: Reference,
        /// In the order's currency, more than 0. Default: the amount still owed.
        amount: Option<Amount>,
        /// When the authorization ends. Reservations last at least until then. Default: no end.
        authorized_until: Option<Timestamp>,
    }
    /// Reports that a payment failed.
    FailPayment {
        order_id: OrderId,
        /// Identifies the payment. Default: all authorizations of the order.
        payment_ref: Option<Reference>,
        reason: Text<500>,
    }
    /// Reports that all payments were voided: the order is not paid any more. Its backordered units leave the backorder
    /// queues until it is paid again.
    VoidPayment {
        order_id: OrderId,
        reason: Text<500>,
    }
}

/// A payment is expected: the order is not cancelled.
pub(super) fn can_pay(order: &Order) -> Result<(), DiscrepancyCode> {
    if order.is_cancelled() { Err(DiscrepancyCode::PaymentAfterCancellation) } else { Ok(()) }
}

/// Confirmed payments do not already cover the order.
pub(super) fn can_fail(order: &Order) -> Result<(), DiscrepancyCode> {
    let is_covered = !order.payments.is_empty() && order.is_paid();
    if is_covered { Err(DiscrepancyCode::PaymentFailedAfterConfirmation) } else { Ok(()) }
}

/// The payments are void already, or nothing has left or is fulfilled that had to be paid.
pub(super) fn can_void(order: &Order) -> Result<(), DiscrepancyCode> {
    let has_left = !order.shipments.is_empty() || order.has_fulfilled_lines();
    if must_be_paid(order) && has_left && !has_nothing_to_void(order) {
        Err(DiscrepancyCode::PaymentVoidedAfterShipping)
    } else {
        Ok(())
    }
}

fn must_be_paid(order: &Order) -> bool {
    order.created.as_ref().is_some_and(|created| created.payment == PaymentTerms::Required)
}

/// Whether no payment was confirmed, authorized or failed since the payments were voided.
fn has_nothing_to_void(order: &Order) -> bool {
    order.is_void && order.payment == LastPaymentEvent::Voided
}

pub(super) fn confirm(order: &Order, command: &ConfirmPayment) -> Decision {
    exists(order, command.order_id)?;
    check_amount(command.amount)?;
    if let Some(known) = order.payments.iter().find(|payment| payment.reference == command.payment_ref) {
        let differs = command.amount.is_some_and(|amount| known.amount != Some(amount))
            || (command.complete == Some(true) && !known.is_complete);
        return Ok(differs
            .then(|| discrepancy(DiscrepancyCode::PaymentReportedDifferently))
            .into_iter()
            .collect());
    }
    if order.voided_payments.contains(&command.payment_ref) {
        return Ok(vec![discrepancy(DiscrepancyCode::PaymentConfirmedAfterVoid)]);
    }
    let (payment_ref, amount) = (command.payment_ref.clone(), command.amount.or_else(|| order.amount_owed()));
    let complete = command.complete == Some(true);
    let contradiction = can_pay(order).err().map(discrepancy);
    let confirmed = PaymentConfirmed { payment_ref, amount, complete };
    Ok(std::iter::once(confirmed.into()).chain(confirm_reservation(order)).chain(contradiction).collect())
}

pub(super) fn check_amount(amount: Option<Amount>) -> Result<(), OrderRefusal> {
    match amount {
        Some(amount) if amount <= Amount::ZERO => Err(OrderRefusal::AmountNotPositive(amount)),
        _ => Ok(()),
    }
}

pub(super) fn authorize(order: &Order, command: &AuthorizePayment) -> Decision {
    exists(order, command.order_id)?;
    check_amount(command.amount)?;
    let authorized = PaymentAuthorized {
        payment_ref: command.payment_ref.clone(),
        amount: command.amount.or_else(|| order.amount_owed()),
        authorized_until: command.authorized_until,
    };
    let until = command.authorized_until.filter(|until| order.expires_at.is_some_and(|ends| ends < *until));
    let extended = until.map(|_| ReservationExtended { until }.into());
    let contradiction = can_pay(order).err().map(discrepancy);
    Ok(std::iter::once(authorized.into()).chain(extended).chain(contradiction).collect())
}

pub(super) fn fail(order: &Order, command: &FailPayment) -> Decision {
    exists(order, command.order_id)?;
    let failed = PaymentFailed { payment_ref: command.payment_ref.clone(), reason: command.reason.clone() };
    Ok(std::iter::once(failed.into()).chain(can_fail(order).err().map(discrepancy)).collect())
}

/// The reservations of an order whose payments are void end like those of a new order, unless a location works on it.
pub(super) fn void(order: &Order, command: &VoidPayment, at: Timestamp) -> Decision {
    exists(order, command.order_id)?;
    if has_nothing_to_void(order) {
        return Ok(Vec::new());
    }
    let voided = PaymentVoided { reason: command.reason.clone() };
    let contradiction = can_void(order).err().map(discrepancy);
    let limited = limit_again(order, at);
    Ok(std::iter::once(voided.into()).chain(end_waiting(order)).chain(limited).chain(contradiction).collect())
}

/// The end of reservations that a payment had made permanent.
fn limit_again(order: &Order, at: Timestamp) -> Option<OrderEvent> {
    let created = order.created.as_ref().filter(|_| must_be_paid(order))?;
    let reserve_for = created.reserve_for.filter(|_| !order.is_in_progress())?;
    let is_permanent =
        order.expires_at.is_none() && order.fulfillment_orders.iter().any(FulfillmentOrder::is_open);
    is_permanent.then(|| ReservationExtended { until: Some(reserve_for.after(at)) }.into())
}

/// An order without a valid payment is given no units: it does not wait for supply, and is sourced when it is paid again.
fn end_waiting(order: &Order) -> Option<OrderEvent> {
    let waited = backordered_units(order);
    let ends = must_be_paid(order) && !waited.is_empty();
    ends.then(|| ReservationExpired { fulfillment_orders: Vec::new(), waited }.into())
}

/// Units of every line that wait for supply.
pub(super) fn backordered_units(order: &Order) -> Vec<LineUnits> {
    let waiting = order.backordered.iter().enumerate().filter(|(_, units)| !units.is_zero());
    waiting.map(|(index, units)| LineUnits::new(LineNumber::at(index), *units)).collect()
}

/// A confirmed payment takes its amount from the authorization of the same name.
pub(super) fn confirmed(order: &mut Order, confirmed: &PaymentConfirmed) {
    let PaymentConfirmed { payment_ref, amount, complete } = confirmed;
    let is_same = |payment: &Payment| payment.reference == *payment_ref;
    if let Some(index) = order.authorizations.iter().position(is_same) {
        let authorized = order.authorizations.remove(index);
        let left = authorized.amount.zip(*amount).and_then(|(all, part)| all.minus(part));
        if let Some(left) = left.filter(|left| *left > Amount::ZERO && !complete) {
            order.authorizations.push(Payment { amount: Some(left), ..authorized });
        }
    }
    let reference = payment_ref.clone();
    order.payments.push(Payment { reference, amount: *amount, is_complete: *complete, until: None });
    order.is_void = false;
}

/// An authorization that is reported after its payment was confirmed or voided adds nothing.
pub(super) fn authorized(order: &mut Order, authorized: &PaymentAuthorized) {
    let PaymentAuthorized { payment_ref, amount, authorized_until } = authorized.clone();
    order.payment = LastPaymentEvent::Authorized;
    let is_known = order.payments.iter().any(|payment| payment.reference == payment_ref)
        || order.voided_payments.contains(&payment_ref);
    if is_known {
        return;
    }
    order.authorizations.retain(|payment| payment.reference != payment_ref);
    let (reference, until) = (payment_ref, authorized_until);
    order.authorizations.push(Payment { reference, amount, is_complete: false, until });
}

/// A failure without a reference ends every authorization.
pub(super) fn failed(order: &mut Order, failed: &PaymentFailed) {
    let named = failed.payment_ref.as_ref();
    order.authorizations.retain(|payment| named.is_some_and(|named| payment.reference != *named));
    order.payment =
        if order.authorizations.is_empty() { LastPaymentEvent::Failed } else { LastPaymentEvent::Authorized };
}

pub(super) fn voided(order: &mut Order) {
    order.is_void = true;
    let payments =
        order.payments.drain(..).chain(order.authorizations.drain(..)).map(|payment| payment.reference);
    order.voided_payments.extend(payments);
    order.refunds.iter_mut().for_each(|refund| refund.is_void = true);
    order.payment = LastPaymentEvent::Voided;
}
