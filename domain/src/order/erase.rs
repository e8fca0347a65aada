//! Erases an order's personal data.

use super::decision::{Decision, exists};
use super::events::PersonalDataErased;
use super::refusals::OrderRefusal;
use super::state::{Order, PersonalDataState};
use crate::command::commands;
use crate::values::{OrderId, Text};

commands! {
    /// Destroys the key to an order's personal data.
    ErasePersonalData {
        order_id: OrderId,
        /// Free text, stored unencrypted.
        reason: Text<500>,
        /// Whether the data is erased although goods have not left yet and their address is needed. Default: false.
        force: Option<bool>,
    }
}

/// The order has, or had, personal data, and they are not needed any more: no goods are still to leave.
pub(super) fn can_erase(order: &Order) -> Result<(), OrderRefusal> {
    let is_complete = order.is_shipped() || order.is_cancelled();
    match order.personal_data {
        PersonalDataState::None => Err(OrderRefusal::NoPersonalData),
        PersonalDataState::Erased => Ok(()),
        _ if is_complete => Ok(()),
        PersonalDataState::Sealed => Err(OrderRefusal::PersonalDataNeeded),
    }
}

pub(super) fn erase(order: &Order, command: &ErasePersonalData) -> Decision {
    exists(order, command.order_id)?;
    match can_erase(order) {
        Err(OrderRefusal::PersonalDataNeeded) if command.force == Some(true) => {}
        other => other?,
    }
    if order.personal_data == PersonalDataState::Erased {
        return Ok(Vec::new());
    }
    Ok(vec![PersonalDataErased { reason: command.reason.clone() }.into()])
}
