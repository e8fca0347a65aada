//! Sends the contents of a package again that did not arrive.

use super::TrackedPackage;
use super::changes::each_package;
use super::delivery::only_package;
use crate::command::commands;
use crate::order::contents::LineUnits;
use crate::order::decision::{Decision, find_shipment};
use crate::order::events::PackageResent;
use crate::order::refusals::OrderRefusal;
use crate::order::state::{Order, PersonalDataState};
use crate::order::update::each_line;
use crate::values::{Reference, ShipmentId, Text};

commands! {
    /// Sends the contents of a package again that was lost, refused or sent back, or that is stuck. Its units are sourced
    /// again for the order, without charge.
    ResendPackage {
        shipment_id: ShipmentId,
        /// Default: the only package of the shipment.
        package_id: Option<Reference>,
        reason: Text<500>,
    }
}

/// The package has not arrived, and was not sent again yet.
fn can_resend(order: &Order, package: &TrackedPackage) -> Result<(), OrderRefusal> {
    let has_failed = package.has_failed() || package.is_stuck;
    if package.is_resent || package.delivered_at.is_some() || !has_failed {
        return Err(OrderRefusal::PackageNotLost(package.shipped.package_id.clone()));
    }
    if order.personal_data == PersonalDataState::Erased {
        Err(OrderRefusal::PersonalDataErased)
    } else {
        Ok(())
    }
}

pub(in crate::order) fn resend(order: &Order, command: &ResendPackage) -> Decision {
    let id = command.shipment_id;
    let shipment = find_shipment(order, id)?;
    let package = only_package(shipment, command.package_id.as_ref())?;
    can_resend(order, package)?;
    let contents = &package.shipped.lines;
    if !order.are_returnable(contents) {
        return Err(OrderRefusal::ShipmentReturned(id));
    }
    let resent = PackageResent {
        shipment_id: id,
        package_id: package.shipped.package_id.clone(),
        fulfillment_order_id: shipment.fulfillment_order_id,
        lines: contents.iter().map(|units| LineUnits::new(units.line, units.quantity)).collect(),
        reason: command.reason.clone(),
    };
    Ok(vec![resent.into()])
}

/// The units of the package no longer count as shipped: they are pending again. Stock is unchanged: the units have left, and count
/// towards the channel's quota. Those that replace them count too when they are reserved.
pub(in crate::order) fn resent(order: &mut Order, resent: &PackageResent) {
    each_line(order, resent.fulfillment_order_id, &resent.lines, |line, units| {
        line.shipped -= units;
        line.packed -= units;
        line.picked -= units;
        line.released += units;
    });
    each_package(order, resent.shipment_id, std::slice::from_ref(&resent.package_id), |package| {
        package.is_resent = true;
        package.is_stuck = false;
    });
}
