//! `RequestReturn`: record that goods are to come back.

use holdfast_domain::order::{OrderCommand, OrderEvent, OrderView, RequestReturn};
use holdfast_domain::values::ReturnId;
use holdfast_journal::OutcomeKind;
use schemars::JsonSchema;
use serde::Serialize;

use super::changing::{decide, order_to_change};
use super::{Grant, Handle, Stop, World};
use crate::world::grant;

/// The order, and the return that was announced.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnAnnounced {
    /// The return.
    return_id: ReturnId,
    /// The order.
    #[serde(flatten)]
    order: OrderView,
}

impl Handle for RequestReturn {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id;
        order_to_change(world, id)?;
        let (_, events) = decide(world, id, &OrderCommand::RequestReturn(self.clone()))?;
        let Some(OrderEvent::ReturnRequested(requested)) = events.first() else {
            return Err(Stop::Failed("announcing a return made none".to_owned()));
        };
        let order = world.order_view(id)?;
        grant(OutcomeKind::Created, &ReturnAnnounced { return_id: requested.return_id, order })
    }
}
