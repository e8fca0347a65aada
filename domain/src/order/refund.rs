//! Reports about money that was paid back.

use super::choices::DiscrepancyCode;
use super::decision::{Decision, discrepancy, exists};
use super::events::PaymentRefunded;
use super::payment::check_amount;
use super::state::{Order, Refund};
use crate::command::commands;
use crate::values::{Amount, OrderId, Reference, Text};

commands! {
    /// Reports that money was paid back to the customer. The order still counts as paid: to stop its delivery, cancel the
    /// units too.
    RefundPayment {
        order_id: OrderId,
        /// Identifies the refund: repeated reports change nothing.
        refund_ref: Reference,
        /// The payment that was paid back, where that is known.
        payment_ref: Option<Reference>,
        /// In the order's currency, more than 0.
        amount: Amount,
        /// Why it was paid back.
        reason: Option<Text<500>>,
    }
}

/// Confirmed payments are left that were not paid back.
pub(super) fn can_refund(order: &Order) -> Result<(), DiscrepancyCode> {
    match unrefunded(order) {
        Some(left) if left <= Amount::ZERO => Err(DiscrepancyCode::RefundedMoreThanPaid),
        _ => Ok(()),
    }
}

/// The sum of the payments less that of the refunds. `None` if a payment has no amount.
fn unrefunded(order: &Order) -> Option<Amount> {
    let mut payments = order.payments.iter().map(|payment| payment.amount);
    let paid = payments.try_fold(Amount::ZERO, |sum, amount| sum.plus(amount?))?;
    if !order.has_refunds() {
        return Some(paid);
    }
    // More than can be added up is more than was paid.
    Some(order.amount_refunded().and_then(|refunded| paid.minus(refunded)).unwrap_or(Amount::ZERO))
}

impl Order {
    /// The sum of its refunds since its payments were voided. `None` if it has none, or if the sum is out of range.
    pub fn amount_refunded(&self) -> Option<Amount> {
        let refunds = self.refunds.iter().filter(|refund| !refund.is_void);
        Amount::total(refunds.map(|refund| Some(refund.amount)))
    }

    /// Whether a part of what was paid was paid back.
    pub(super) fn has_refunds(&self) -> bool {
        self.refunds.iter().any(|refund| !refund.is_void)
    }

    /// Whether all that was paid was paid back.
    pub(super) fn is_refunded(&self) -> bool {
        self.has_refunds()
            && !self.payments.is_empty()
            && unrefunded(self).is_some_and(|left| left <= Amount::ZERO)
    }
}

pub(super) fn refund(order: &Order, command: &RefundPayment) -> Decision {
    exists(order, command.order_id)?;
    check_amount(Some(command.amount))?;
    let known = order.refunds.iter().find(|refund| refund.reference == command.refund_ref);
    if let Some(known) = known {
        let differs = known.amount != command.amount;
        return Ok(differs
            .then(|| discrepancy(DiscrepancyCode::RefundReportedDifferently))
            .into_iter()
            .collect());
    }
    let exceeds = unrefunded(order).is_some_and(|left| command.amount > left);
    let refunded = PaymentRefunded {
        refund_ref: command.refund_ref.clone(),
        payment_ref: command.payment_ref.clone(),
        amount: command.amount,
        reason: command.reason.clone(),
    };
    let excess = exceeds.then(|| discrepancy(DiscrepancyCode::RefundedMoreThanPaid));
    Ok(std::iter::once(refunded.into()).chain(excess).collect())
}

pub(super) fn refunded(order: &mut Order, refunded: &PaymentRefunded) {
    let (reference, amount) = (refunded.refund_ref.clone(), refunded.amount);
    order.refunds.push(Refund { reference, amount, is_void: false });
}
