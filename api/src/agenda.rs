//! What there is to do without anybody asking, as the read models tell it.

use std::collections::HashMap;

use async_trait::async_trait;
use holdfast_commands::{Agenda, Due};
use holdfast_domain::stock::FillBackorders;
use holdfast_domain::values::{MerchantId, Sku, Timestamp};
use holdfast_projections::{Availability, Progress, ViewStore};

/// Stock items that came to nothing are remembered up to this many.
const MOST_REMEMBERED: usize = 10_000;
/// What comes to nothing again and again is tried once in this time, in microseconds.
const LONGEST: i64 = 60_000_000;
/// The first time in which it is not tried again.
const SHORTEST: i64 = 250_000;

/// The agenda of all merchants.
pub(crate) struct ReadModelAgenda {
    availability: Availability,
    progress: Progress,
    /// Where the round goes on.
    after: (String, String),
    /// What was told of a stock item.
    told: HashMap<(String, Sku), Told>,
}

/// When a stock item was told to be due.
struct Told {
    /// The position of its last event then.
    position: u64,
    /// How long it is not told again as long as that is its last event.
    pause: i64,
    /// Until when.
    until: Timestamp,
}

impl ReadModelAgenda {
    /// Read off a store of read models.
    pub(crate) fn new(views: &ViewStore, progress: Progress) -> Self {
        let availability = Availability::new(views);
        Self { availability, progress, after: Default::default(), told: HashMap::new() }
    }

    /// Whether it is worth trying: something has happened to the item since, or for long nothing was tried.
    fn is_worthwhile(&mut self, key: (String, Sku), position: u64, now: Timestamp) -> bool {
        if self.told.len() >= MOST_REMEMBERED {
            self.told.clear();
        }
        let pause = match self.told.get(&key) {
            Some(told) if told.position == position && now < told.until => return false,
            Some(told) if told.position == position => (told.pause * 2).min(LONGEST),
            _ => SHORTEST,
        };
        let until = Timestamp::from_microseconds(now.microseconds().saturating_add(pause));
        self.told.insert(key, Told { position, pause, until });
        true
    }
}

#[async_trait]
impl Agenda for ReadModelAgenda {
    async fn due(&mut self, now: Timestamp, most: usize) -> Result<Vec<Due>, String> {
        let generation = self.progress.generation(Availability::NAME);
        let (merchant, sku) = &self.after;
        let found = self.availability.fillable(generation, (merchant, sku), most).await;
        let found = found.map_err(|error| error.to_string())?;
        self.after = match found.last() {
            Some((merchant, sku, _)) if found.len() == most => (merchant.clone(), sku.to_string()),
            _ => Default::default(),
        };
        let mut due = Vec::new();
        for (merchant, sku, position) in found {
            if let Ok(id) = MerchantId::new(&merchant)
                && self.is_worthwhile((merchant, sku.clone()), position, now)
            {
                let command = FillBackorders { sku, occurred_at: None, not_after: None }.into();
                due.push(Due { merchant: id, command });
            }
        }
        Ok(due)
    }
}
