//! Stock: received, counted, corrected.

use holdfast_domain::stock::{AdjustStock, CountStock, ReceiveStock};

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
