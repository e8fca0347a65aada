//! What is heard of an order's money. These are reports of facts: each is recorded even when it comes too late or
//! contradicts another, and then as a discrepancy too.

use super::{Decision, discrepancy, exists};
use crate::order::choices::PaymentTerms;
use crate::order::commands::{AuthorizePayment, ConfirmPayment, FailPayment, VoidPayment};
use crate::order::events::{OrderEvent, PaymentAuthorized, PaymentConfirmed, PaymentFailed, PaymentVoided};
use crate::order::state::{Order, PaymentNews};

pub(super) fn confirm(order: &Order, command: &ConfirmPayment) -> Decision {
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
    if order.is_cancelled() {
        events.extend(discrepancy("payment_after_cancellation", "paid after the order was cancelled"));
    }
    Ok(events)
}

pub(super) fn authorize(order: &Order, command: &AuthorizePayment) -> Decision {
    exists(order, command.order_id)?;
    let authorized = PaymentAuthorized {
        payment_ref: command.payment_ref.clone(),
        amount: command.amount,
        authorized_until: command.authorized_until,
    };
    let mut events = vec![authorized.into()];
    if order.is_cancelled() {
        let detail = "a payment was promised after the order was cancelled";
        events.extend(discrepancy("payment_after_cancellation", detail));
    }
    Ok(events)
}

pub(super) fn fail(order: &Order, command: &FailPayment) -> Decision {
    exists(order, command.order_id)?;
    let failed = PaymentFailed { payment_ref: command.payment_ref.clone(), reason: command.reason.clone() };
    let mut events = vec![failed.into()];
    if !order.payments.is_empty() {
        let detail = "a payment failed of an order that is paid: it still counts as paid";
        events.extend(discrepancy("payment_failed_after_confirmation", detail));
    }
    Ok(events)
}

pub(super) fn void(order: &Order, command: &VoidPayment) -> Decision {
    exists(order, command.order_id)?;
    if order.payments.is_empty() && order.payment == PaymentNews::Voided {
        return Ok(Vec::new());
    }
    let mut events: Vec<OrderEvent> = vec![PaymentVoided { reason: command.reason.clone() }.into()];
    let must_be_paid =
        order.created.as_ref().is_some_and(|created| created.payment == PaymentTerms::Required);
    if must_be_paid && !order.shipments.is_empty() {
        events.extend(discrepancy(
            "payment_voided_after_shipping",
            "goods have left that are not paid any more",
        ));
    }
    Ok(events)
}
