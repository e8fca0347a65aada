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

/// The order has or had personal data, and no goods are still to leave unless `force` is set.
pub(super) fn can_erase(order: &Order, force: bool) -> Result<(), OrderRefusal> {
    match order.personal_data {
        PersonalDataState::None => Err(OrderRefusal::NoPersonalData),
        PersonalDataState::Sealed if !force && !order.is_complete() => Err(OrderRefusal::PersonalDataNeeded),
        _ => Ok(()),
    }
}

pub(super) fn erase(order: &Order, command: &ErasePersonalData) -> Decision {
    exists(order, command.order_id)?;
    can_erase(order, command.force == Some(true))?;
    if order.personal_data == PersonalDataState::Erased {
        return Ok(Vec::new());
    }
    Ok(vec![PersonalDataErased { reason: command.reason.clone() }.into()])
}
