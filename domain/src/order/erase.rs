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
    }
}

/// The order has, or had, personal data.
pub(super) fn can_erase(order: &Order) -> Result<(), OrderRefusal> {
    if order.personal_data == PersonalDataState::None { Err(OrderRefusal::NoPersonalData) } else { Ok(()) }
}

pub(super) fn erase(order: &Order, command: &ErasePersonalData) -> Decision {
    exists(order, command.order_id)?;
    can_erase(order)?;
    if order.personal_data == PersonalDataState::Erased {
        return Ok(Vec::new());
    }
    Ok(vec![PersonalDataErased { reason: command.reason.clone() }.into()])
}
