//! Stock: received, counted, corrected, in another state; on its way and expected; and its own rules.

use holdfast_domain::stock::{
    AdjustStock, CancelSupply, ChangeStockCondition, CountStock, ExpectSupply, ReceiveStock, ReceiveTransfer,
    SetStockPolicy, ShipTransfer,
};

use super::caller::{Answered, Call, InPath};

/// Records goods that arrived.
pub(super) async fn receive(call: Call) -> Answered {
    call.send::<ReceiveStock>().await
}

/// Records a count.
pub(super) async fn count(call: Call) -> Answered {
    call.send::<CountStock>().await
}

/// Corrects on hand.
pub(super) async fn adjust(call: Call) -> Answered {
    call.send::<AdjustStock>().await
}

/// Sets a SKU's own rules.
pub(super) async fn set_policy(call: Call) -> Answered {
    call.send::<SetStockPolicy>().await
}

/// Records that goods are in another state.
pub(super) async fn change_condition(call: Call) -> Answered {
    call.send::<ChangeStockCondition>().await
}

/// Records goods that left for another location.
pub(super) async fn ship_transfer(call: Call) -> Answered {
    call.send::<ShipTransfer>().await
}

/// Records goods that arrived from another location.
pub(super) async fn receive_transfer(InPath(transfer): InPath, call: Call) -> Answered {
    call.about("transferId", transfer).send::<ReceiveTransfer>().await
}

/// Records that goods are expected.
pub(super) async fn expect_supply(call: Call) -> Answered {
    call.send::<ExpectSupply>().await
}

/// Records that goods which were expected will not come.
pub(super) async fn cancel_supply(InPath(supply): InPath, call: Call) -> Answered {
    call.about("supplyId", supply).send::<CancelSupply>().await
}
