//! What an order costs, and what is paid of it.

use super::choices::PaymentTerms;
use super::contents::OrderedLine;
use super::state::{Order, Payment};
use super::totals::LineTotals;
use crate::policy::WorkAt;
use crate::values::{Amount, Currency};

impl Order {
    /// The price of the units that are not cancelled, and the charges, without taxes that are not part of the prices. `None` if
    /// a line has no price.
    pub fn amount_due(&self) -> Option<Amount> {
        let created = self.created.as_ref()?;
        let digits = self.digits()?;
        let totals = self.line_totals();
        let due = |(line, totals): (&OrderedLine, &LineTotals)| {
            let is_cancelled = totals.ordered <= totals.cancelled;
            if is_cancelled { Some(Amount::ZERO) } else { self.line_due(line.line) }
        };
        let lines = created.lines.iter().zip(&totals).map(due);
        let charges = created.charges.iter().flatten().map(|charge| Some(charge.amount.rounded(digits)));
        lines.chain(charges).try_fold(Amount::ZERO, |sum, amount| sum.plus(amount?))
    }

    /// The digits after the decimal point of its currency. `None` if it has no amounts.
    pub fn digits(&self) -> Option<u32> {
        self.created.as_ref()?.currency.as_ref().map(Currency::digits)
    }

    /// The sum of the confirmed payments that have an amount. `None` if none has one.
    pub fn amount_paid(&self) -> Option<Amount> {
        Amount::total(self.payments.iter().filter_map(|payment| payment.amount).map(Some))
    }

    /// Whether the customer owes nothing, now or from the start.
    pub fn is_paid(&self) -> bool {
        let terms = self.created.as_ref().map(|created| created.payment);
        terms == Some(PaymentTerms::NotRequired) || self.is_covered_by(self.payments.iter())
    }

    /// The amount still owed. `None` if the amount due is unknown or nothing is owed.
    pub(super) fn amount_owed(&self) -> Option<Amount> {
        let owed = self.amount_due()?.minus(self.amount_paid().unwrap_or(Amount::ZERO))?;
        (owed > Amount::ZERO).then_some(owed)
    }

    /// Whether locations may work on the order: it is paid, or authorized if its `workAt` is `authorization`.
    pub fn payments_allow_work(&self) -> bool {
        let work_at = self.created.as_ref().map(|created| created.work_at);
        let is_authorized = || self.is_covered_by(self.payments.iter().chain(&self.authorizations));
        self.is_paid() || (work_at == Some(WorkAt::Authorization) && is_authorized())
    }

    /// The authorizations that an order needs, and that end at a time.
    pub(super) fn ending_authorizations(&self) -> impl Iterator<Item = &Payment> {
        let is_needed = || !self.is_paid() && !self.is_complete();
        self.authorizations.iter().filter(move |payment| payment.until.is_some() && is_needed())
    }

    fn is_covered_by<'a>(&self, payments: impl Iterator<Item = &'a Payment> + Clone) -> bool {
        let is_whole = |payment: &Payment| payment.is_complete || payment.amount.is_none();
        if payments.clone().any(is_whole) {
            return true;
        }
        let sum = Amount::total(payments.map(|payment| payment.amount));
        sum.is_some_and(|sum| self.amount_due().is_none_or(|due| sum >= due))
    }
}
