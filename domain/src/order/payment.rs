//! What is heard of an order's money. These are reports of facts: each is recorded even when it comes too late or
//! contradicts another, and then as a discrepancy too.

use crate::order::choices::PaymentTerms;
use crate::order::commands::{AuthorizePayment, ConfirmPayment, FailPayment, VoidPayment};
use crate::order::decision::{Decision, discrepancy, exists, firm};
use crate::order::events::{
    OrderCreated, OrderEvent, PaymentAuthorized, PaymentConfirmed, PaymentFailed, PaymentVoided,
    ReservationExtended,
};
use crate::order::state::{Order, PaymentNews};

pub(in crate::order) fn confirm(order: &Order, command: &ConfirmPayment) -> Decision {
    exists(order, command.order_id)?;
    if order.payments.contains(&command.payment_ref) {
        return Ok(Vec::new());
    }
    if order.voided_payments.contains(&command.payment_ref) {
        let detail = "a payment was confirmed that was taken back: it does not count";
        return Ok(discrepancy("payment_confirmed_after_void", detail).into_iter().collect());
    }
    let confirmed = PaymentConfirmed { payment_ref: command.payment_ref.clone(), amount: command.amount };
    let mut events = vec![confirmed.into()];
    events.extend(firm(order));
    if order.is_cancelled() {
        events.extend(discrepancy("payment_after_cancellation", "paid after the order was cancelled"));
    }
    Ok(events)
}

pub(in crate::order) fn authorize(order: &Order, command: &AuthorizePayment) -> Decision {
    exists(order, command.order_id)?;
    let authorized = PaymentAuthorized {
        payment_ref: command.payment_ref.clone(),
        amount: command.amount,
        authorized_until: command.authorized_until,
    };
    let mut events = vec![authorized.into()];
    // A payment that is promised for longer than the reservation holds is waited for.
    let until = command.authorized_until.filter(|until| order.expires_at.is_some_and(|known| known < *until));
    events.extend(until.map(|_| ReservationExtended { until }.into()));
    if order.is_cancelled() {
        let detail = "a payment was promised after the order was cancelled";
        events.extend(discrepancy("payment_after_cancellation", detail));
    }
    Ok(events)
}

pub(in crate::order) fn fail(order: &Order, command: &FailPayment) -> Decision {
    exists(order, command.order_id)?;
    let failed = PaymentFailed { payment_ref: command.payment_ref.clone(), reason: command.reason.clone() };
    let mut events = vec![failed.into()];
    if !order.payments.is_empty() {
        let detail = "a payment failed of an order that is paid: it still counts as paid";
        events.extend(discrepancy("payment_failed_after_confirmation", detail));
    }
    Ok(events)
}

pub(in crate::order) fn void(order: &Order, command: &VoidPayment) -> Decision {
    exists(order, command.order_id)?;
    if order.payments.is_empty() && order.payment == PaymentNews::Voided {
        return Ok(Vec::new());
    }
    let mut events: Vec<OrderEvent> = vec![PaymentVoided { reason: command.reason.clone() }.into()];
    if has_left_for_money(order) {
        events.extend(discrepancy(
            "payment_voided_after_shipping",
            "goods have left that are not paid any more",
        ));
    }
    Ok(events)
}

fn has_left_for_money(order: &Order) -> bool {
    let must_be_paid = |created: &OrderCreated| created.payment == PaymentTerms::Required;
    order.created.as_deref().is_some_and(must_be_paid) && !order.shipments.is_empty()
}

/// Whether payments may be taken back and nothing has left for them.
pub(in crate::order) fn may_be_voided(order: &Order) -> bool {
    let is_voided = order.payments.is_empty() && order.payment == PaymentNews::Voided;
    is_voided || !has_left_for_money(order)
}
