//! What there is to do without anybody asking, as the read models tell it.

use async_trait::async_trait;
use holdfast_commands::{Agenda, Due};
use holdfast_domain::stock::FillBackorders;
use holdfast_domain::values::{MerchantId, Sku, Timestamp};
use holdfast_projections::{Availability, Progress, ViewStore};

/// The agenda of all merchants.
pub(crate) struct ReadModelAgenda {
    availability: Availability,
    progress: Progress,
}

impl ReadModelAgenda {
    /// Read off a store of read models.
    pub(crate) fn new(views: &ViewStore, progress: Progress) -> Self {
        Self { availability: Availability::new(views), progress }
    }
}

#[async_trait]
impl Agenda for ReadModelAgenda {
    async fn due(&self, _: Timestamp, after: Option<&Due>, most: usize) -> Result<Vec<Due>, String> {
        let generation = self.progress.generation(Availability::NAME);
        let after = after.map_or(("", ""), |last| (last.merchant.as_str(), last.place.as_str()));
        let fillable = self.availability.fillable(generation, after, most).await;
        let due = |(merchant, sku): (String, Sku)| {
            let merchant = MerchantId::new(&merchant).ok()?;
            let place = sku.to_string();
            let command = FillBackorders { sku, occurred_at: None, not_after: None }.into();
            Some(Due { merchant, place, command })
        };
        fillable.map(|all| all.into_iter().filter_map(due).collect()).map_err(|error| error.to_string())
    }
}
