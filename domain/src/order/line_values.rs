//! The value of units of a line. One rule: units that ship or that are cancelled have their share of the open part of the line's
//! price, and units that come back have the values with which they shipped. So the parts of a line add up to its price.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{LineUnits, OrderedLine, ReturnedUnits, total};
use super::events::{ShipmentCancelled, ShipmentCreated};
use super::shipment::{Shipment, TrackedPackage};
use super::state::Order;
use super::totals::LineTotals;
use crate::values::{Amount, LineNumber, Units};

/// The price of a line, divided among its units: first those that were charged, in the order of their packages, then the open
/// ones.
#[derive(Debug, Clone)]
pub(super) struct LineValue {
    /// The digits after the decimal point of the currency.
    digits: u32,
    /// The price of the units that are not cancelled.
    due: Amount,
    /// Units that the price is for, cancelled ones excluded.
    sold: Units,
    /// Charged units and their values, package by package.
    charged: Vec<(Units, Amount)>,
    /// Units that are neither charged nor cancelled.
    open: Units,
    /// The part of the price that is neither charged nor cancelled. `None`: no unit is open, or more than the price is charged.
    open_value: Option<Amount>,
}

impl LineValue {
    fn new(digits: u32, due: Amount, sold: Units, charged: Vec<(Units, Amount)>) -> Option<Self> {
        let values = sum(charged.iter().map(|(_, value)| *value))?;
        let open = sold.saturating_sub(charged.iter().map(|(units, _)| *units).sum());
        let rest = due.minus(values)?;
        // More than the price is charged if the line was amended since, or if a lost package is not sent again.
        let is_overcharged = (rest < Amount::ZERO) != (due < Amount::ZERO);
        let open_value = (!open.is_zero() && !is_overcharged).then_some(rest);
        Some(Self { digits, due, sold, charged, open, open_value })
    }

    /// The charged units.
    fn charged_units(&self) -> Units {
        self.charged.iter().map(|(units, _)| *units).sum()
    }

    /// The value of `units` units after the first `before`. The values of consecutive units add up.
    fn share(&self, before: Units, units: Units) -> Option<Amount> {
        let (mut before, mut left) = (before, units);
        let mut value = Amount::ZERO.share(0, 0, 1, self.digits)?;
        let open = (self.open, self.open_value.unwrap_or(Amount::ZERO));
        for &(count, whole) in self.charged.iter().chain([&open]) {
            let taken = left.min(count.saturating_sub(before));
            if !taken.is_zero() {
                value = value.plus(whole.share(
                    before.number(),
                    taken.number(),
                    count.number(),
                    self.digits,
                )?)?;
            }
            left -= taken;
            before -= count;
        }
        Some(value)
    }

    /// The value of the first `units` charged units.
    fn charged_value(&self, units: Units) -> Option<Amount> {
        self.share(Units::ZERO, units.min(self.charged_units()))
    }

    /// The value of `units` units after the first `before` if they are cancelled. Units beyond those that the price is for have
    /// the value 0.
    fn cancelled_value(&self, before: Units, units: Units) -> Option<Amount> {
        let units = units.min(self.sold.saturating_sub(before));
        match self.open_value {
            None if !units.is_zero() => {
                self.due.share(before.number(), units.number(), self.sold.number(), self.digits)
            }
            _ => self.share(before, units),
        }
    }
}

impl OrderedLine {
    /// The price of the line with the digits of the currency: its total, or its unit price less its discount. `None` if it has none.
    pub(super) fn price(&self, digits: u32) -> Option<Amount> {
        let whole =
            self.total.or_else(|| self.unit?.times_less(self.priced_units().number(), self.discount))?;
        whole.share(0, 1, 1, digits)
    }

    /// The units that the price is for.
    pub(super) fn priced_units(&self) -> Units {
        self.priced.unwrap_or(self.quantity.units())
    }
}

impl Order {
    /// The price of the units of a line that are not cancelled. `None` if the line has no price.
    pub(super) fn line_due(&self, line: LineNumber) -> Option<Amount> {
        let price = self.lines().get(line.index())?.price(self.digits()?)?;
        self.cancelled_values.get(line.index()).map_or(Some(price), |cancelled| price.minus(*cancelled))
    }

    /// Units that the price of a line is for, cancelled ones excluded.
    fn sold(&self, line: LineNumber) -> Units {
        let cancelled = self.cancelled.get(line.index()).copied().unwrap_or_default();
        self.lines().get(line.index()).map_or(Units::ZERO, |line| {
            line.priced_units().min(line.quantity.units().saturating_sub(cancelled))
        })
    }

    /// The value of every line, in order. `None` stands for a line without a price.
    pub(super) fn line_values(&self) -> Vec<Option<LineValue>> {
        let mut charged = vec![Vec::new(); self.lines().len()];
        for (units, count) in self.packages().flat_map(TrackedPackage::charged_lines) {
            if let (Some(segments), Some(value)) = (charged.get_mut(units.line.index()), units.value) {
                segments.push((count, value));
            }
        }
        for units in self.fulfilled.values() {
            if let (Some(segments), Some(value)) = (charged.get_mut(units.line.index()), units.value) {
                segments.push((units.quantity, value));
            }
        }
        let value = |(line, charged): (&OrderedLine, Vec<(Units, Amount)>)| {
            LineValue::new(self.digits()?, self.line_due(line.line)?, self.sold(line.line), charged)
        };
        self.lines().iter().zip(charged).map(value).collect()
    }

    /// Sets the values of units to be cancelled: they are the last of their line.
    pub(super) fn value_cancelled(&self, mut lines: Vec<LineUnits>) -> Vec<LineUnits> {
        let values = self.line_values();
        let first = |line: LineNumber, all: Units| {
            let cancelled = self.cancelled.get(line.index()).copied().unwrap_or_default();
            let ordered = self.lines().get(line.index()).map_or(Units::ZERO, |line| line.quantity.units());
            ordered.saturating_sub(cancelled + all)
        };
        let firsts: BTreeMap<LineNumber, Units> =
            lines.iter().map(|units| (units.line, first(units.line, total(&lines, units.line)))).collect();
        let mut counted = firsts;
        for units in &mut lines {
            let Some(before) = counted.get_mut(&units.line) else { continue };
            let value = values.get(units.line.index()).and_then(Option::as_ref);
            units.value = value.and_then(|value| value.cancelled_value(*before, units.quantity));
            *before += units.quantity;
        }
        lines
    }

    /// Sets the values of units that leave: their share of the open part of the price. Units that are sent again, and units
    /// beyond those that were sold, have the value 0.
    pub(super) fn value_shipped(&self, mut created: ShipmentCreated) -> ShipmentCreated {
        if self.digits().is_none() {
            return created;
        }
        let mut next = self.after(&[created.clone().into()]).into_owned();
        let Some(shipment) = next.shipments.pop() else { return created };
        let values = next.line_values();
        let mut counted: BTreeMap<LineNumber, Units> = BTreeMap::new();
        let counts = shipment.packages.iter().flat_map(|package| &package.charged);
        let lines = created.packages.iter_mut().flat_map(|package| &mut package.lines);
        for (units, count) in lines.zip(counts) {
            let Some(value) = values.get(units.line.index()).and_then(Option::as_ref) else { continue };
            let before = counted.entry(units.line).or_insert_with(|| value.charged_units());
            units.value = value.share(*before, *count);
            *before += *count;
        }
        created
    }

    /// Sets the values of units that are fulfilled without stock: their share of the open part of the price.
    pub(super) fn value_fulfilled(&self, lines: Vec<LineUnits>) -> Vec<LineUnits> {
        self.value_from_charged(lines, |charged, units| {
            let first = *charged;
            *charged += units;
            first
        })
    }

    /// Sets the values of fulfilled units that are open again: they are the last fulfilled ones of their line.
    pub(super) fn value_unfulfilled(&self, lines: Vec<LineUnits>) -> Vec<LineUnits> {
        self.value_from_charged(lines, |charged, units| {
            *charged -= units;
            *charged
        })
    }

    /// Sets the values of units. `first` moves the number of a line's charged units by the units of an entry, and returns the number
    /// of units before them.
    fn value_from_charged(
        &self,
        mut lines: Vec<LineUnits>,
        first: fn(&mut Units, Units) -> Units,
    ) -> Vec<LineUnits> {
        let values = self.line_values();
        let mut counted: BTreeMap<LineNumber, Units> = BTreeMap::new();
        for units in &mut lines {
            let Some(value) = values.get(units.line.index()).and_then(Option::as_ref) else { continue };
            let charged = counted.entry(units.line).or_insert_with(|| value.charged_units());
            units.value = value.share(first(charged, units.quantity), units.quantity);
        }
        lines
    }

    /// Sets the values of units that came back: those with which the first units shipped, as far as no value was returned yet.
    /// Units beyond those that have shipped have the value 0.
    pub(super) fn value_returned(&self, lines: &mut [ReturnedUnits]) {
        let (values, totals) = (self.line_values(), self.line_totals());
        let mut counted: BTreeMap<LineNumber, (Units, Amount)> = BTreeMap::new();
        for units in lines {
            let index = units.line.index();
            let (Some(Some(value)), Some(totals)) = (values.get(index), totals.get(index)) else { continue };
            let (returned, known) = counted
                .entry(units.line)
                .or_insert_with(|| (totals.returned, self.returned_value(units.line)));
            *returned += units.quantity;
            let whole = value.charged_value((*returned).min(totals.shipped));
            units.value = whole.and_then(|whole| rest_of(whole, *known, value.digits));
            *known = units.value.and_then(|value| known.plus(value)).unwrap_or(*known);
        }
    }

    /// The values of the units of a line that came back.
    fn returned_value(&self, line: LineNumber) -> Amount {
        let lines = self.returns.iter().flat_map(|one| &one.lines).filter(|own| own.line == line);
        sum(lines.filter_map(|own| own.value)).unwrap_or(Amount::ZERO)
    }

    /// Sets the values of a shipment that is cancelled: those with which it shipped, less what stays charged. `self` is the order
    /// without the shipment.
    pub(super) fn value_unshipped(&self, event: &mut ShipmentCancelled) {
        let (values, uncharged) = (self.line_values(), self.uncharged());
        let mut stays = BTreeMap::new();
        for units in &event.lines {
            let index = units.line.index();
            let value = values.get(index).and_then(Option::as_ref).zip(uncharged.get(index));
            let stay = value.and_then(|(value, uncharged)| self.stays_charged(units.line, value, *uncharged));
            stays.entry(units.line).or_insert(stay.unwrap_or(Amount::ZERO));
        }
        for units in &mut event.lines {
            let (Some(value), Some(left)) = (units.value, stays.get_mut(&units.line)) else { continue };
            let stay = nearer(value, *left);
            units.value = value.minus(stay);
            *left = left.minus(stay).unwrap_or(Amount::ZERO);
        }
    }

    /// The part of the values of a withdrawn shipment that stays charged: that of units which were shipped beyond those sold and
    /// take the place of its units, or what units that came back are worth beyond the other shipments.
    fn stays_charged(&self, line: LineNumber, value: &LineValue, uncharged: Units) -> Option<Amount> {
        let taken = value.share(value.charged_units(), uncharged)?;
        let charged = value.charged_value(value.charged_units())?;
        let returned = rest_of(self.returned_value(line), charged, value.digits)?;
        Some(if nearer(taken, returned) == taken { returned } else { taken })
    }

    /// Shipped units that the price is for and that no package is charged with, by line. None for lines without a price.
    fn uncharged(&self) -> Vec<Units> {
        let mut charged = vec![Units::ZERO; self.lines().len()];
        for (units, count) in self.packages().flat_map(TrackedPackage::charged_lines) {
            if let Some(sum) = charged.get_mut(units.line.index()) {
                *sum += count;
            }
        }
        let uncharged = |((line, totals), charged): ((&OrderedLine, LineTotals), Units)| {
            let has_price = self.line_due(line.line).is_some();
            let units = if has_price { self.sold(line.line).min(totals.shipped) } else { Units::ZERO };
            units.saturating_sub(charged)
        };
        self.lines().iter().zip(self.line_totals()).zip(charged).map(uncharged).collect()
    }
}

/// Counts the units that a shipment is charged with: shipped units that the price is for and that no package was charged with. The
/// order has its units as shipped already, and does not have its packages yet.
pub(super) fn charge(order: &Order, shipment: &mut Shipment) {
    let mut uncharged = order.uncharged();
    // Units of the shipment's later entries.
    let mut later = vec![Units::ZERO; uncharged.len()];
    for units in shipment.lines() {
        if let Some(later) = later.get_mut(units.line.index()) {
            *later += units.quantity;
        }
    }
    let totals = order.line_totals();
    for package in &mut shipment.packages {
        let count = |units: &LineUnits| {
            let index = units.line.index();
            let (Some(uncharged), Some(later), Some(totals)) =
                (uncharged.get_mut(index), later.get_mut(index), totals.get(index))
            else {
                return Units::ZERO;
            };
            *later -= units.quantity;
            let sold = order.sold(units.line);
            let of_later =
                sold.min(totals.shipped).saturating_sub(sold.min(totals.shipped.saturating_sub(*later)));
            let count = uncharged.saturating_sub(of_later);
            *uncharged -= count;
            count
        };
        package.charged = package.shipped.lines.iter().map(count).collect();
    }
}

/// Charges other packages with what stays charged after a shipment was withdrawn from the order.
pub(super) fn keep_charges(order: &mut Order, withdrawn: &Shipment, cancelled: &ShipmentCancelled) {
    let (recorded, uncharged) = (withdrawn.lines(), order.uncharged());
    let lines: BTreeSet<LineNumber> = recorded.iter().map(|units| units.line).collect();
    for line in lines {
        let value = |lines: &[LineUnits]| {
            sum(lines.iter().filter(|units| units.line == line).filter_map(|units| units.value))
        };
        let stays = value(&recorded).zip(value(&cancelled.lines)).and_then(|(all, back)| all.minus(back));
        let units = uncharged.get(line.index()).copied().unwrap_or_default();
        keep_charge(order, line, units, stays.unwrap_or(Amount::ZERO));
    }
}

/// Charges the packages that have more units of a line than they are charged with, the first package first; the first package with
/// such units has the rest of the value.
fn keep_charge(order: &mut Order, line: LineNumber, units: Units, value: Amount) {
    let digits = order.digits().unwrap_or_default();
    let (mut left, all) = (units, units.number());
    let mut rest = value;
    let packages = order.shipments.iter_mut().flat_map(|shipment| &mut shipment.packages);
    for package in packages.filter(|package| !package.is_resent) {
        for (own, count) in package.shipped.lines.iter_mut().zip(&mut package.charged) {
            let taken =
                if own.line == line { own.quantity.saturating_sub(*count).min(left) } else { Units::ZERO };
            if taken.is_zero() {
                continue;
            }
            let share = value.share(all - left.number(), taken.number(), all, digits).unwrap_or(Amount::ZERO);
            *count += taken;
            left -= taken;
            own.value = own.value.and_then(|known| known.plus(share));
            rest = rest.minus(share).unwrap_or(Amount::ZERO);
        }
    }
    let mut lines =
        order.shipments.iter_mut().flat_map(|shipment| &mut shipment.packages).flat_map(|package| {
            package.shipped.lines.iter_mut().zip(&package.charged).filter(|(_, count)| !count.is_zero())
        });
    if rest != Amount::ZERO
        && let Some((own, _)) = lines.find(|(own, _)| own.line == line)
    {
        own.value = own.value.and_then(|known| known.plus(rest));
    }
}

/// Cancelled units count with their values.
pub(super) fn cancel(order: &mut Order, lines: &[LineUnits]) {
    for units in lines {
        let index = units.line.index();
        if let Some(cancelled) = order.cancelled.get_mut(index) {
            *cancelled += units.quantity;
        }
        if let (Some(value), Some(sum)) = (units.value, order.cancelled_values.get_mut(index)) {
            *sum = sum.plus(value).unwrap_or(*sum);
        }
    }
}

/// Cancelled units are wanted again: their values no longer count as cancelled.
pub(super) fn uncancel(order: &mut Order, line: LineNumber, units: Units) {
    let before = order.sold(line);
    if let Some(cancelled) = order.cancelled.get_mut(line.index()) {
        *cancelled -= units;
    }
    let again = order.sold(line).saturating_sub(before);
    let priced = order.lines().get(line.index()).map_or(Units::ZERO, OrderedLine::priced_units);
    let of = priced.saturating_sub(before).number();
    let digits = order.digits().unwrap_or_default();
    if let Some(sum) = order.cancelled_values.get_mut(line.index()) {
        let value = sum.share(0, again.number(), of, digits);
        *sum = value.and_then(|value| sum.minus(value)).unwrap_or(*sum);
    }
}

/// The sum of amounts; zero if there is none. `None` if it is out of range.
fn sum(mut amounts: impl Iterator<Item = Amount>) -> Option<Amount> {
    amounts.try_fold(Amount::ZERO, Amount::plus)
}

/// The part of a whole that is not accounted for yet; zero if more is.
fn rest_of(whole: Amount, known: Amount, digits: u32) -> Option<Amount> {
    let rest = whole.minus(known)?;
    let is_more = (rest < Amount::ZERO) != (whole < Amount::ZERO);
    (if is_more { Amount::ZERO } else { rest }).share(0, 1, 1, digits)
}

/// Of two amounts with the same sign, the one that is nearer to zero.
fn nearer(one: Amount, other: Amount) -> Amount {
    if one.min(other) < Amount::ZERO { one.max(other) } else { one.min(other) }
}
