//! Stock: received, counted, corrected, and its own rules.

use holdfast_domain::stock::{AdjustStock, CountStock, ReceiveStock, SetStockPolicy};

use super::caller::{Answered, Call};

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
