//! Units that come back from customers.

use super::Decision;
use super::command::StockCommand;
use super::events::StockReturned;
use super::item::StockItem;

pub(super) fn take_back(item: &StockItem, command: &StockCommand) -> Decision {
    let StockCommand::ReturnInventory { order_id, return_id, location, quantity, condition, at } = command
    else {
        return Ok(Vec::new());
    };
    item.require_room(location, *condition, *quantity)?;
    let sku = item.require_known()?.clone();
    let (order_id, return_id, location) = (*order_id, *return_id, location.clone());
    let (quantity, condition, at) = (*quantity, *condition, *at);
    Ok(vec![StockReturned { sku, order_id, return_id, location, quantity, condition, at }.into()])
}

pub(super) fn taken_back(item: &mut StockItem, returned: &StockReturned) {
    let StockReturned { location, quantity, condition, at, .. } = returned;
    item.level_mut(location).add(*quantity, *condition, *at);
}
