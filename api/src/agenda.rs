//! What there is to do without anybody asking, as the read models tell it.

use std::collections::HashMap;

use async_trait::async_trait;
use holdfast_commands::{Agenda, Due};
use holdfast_domain::order::AttendOrder;
use holdfast_domain::stock::FillBackorders;
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{MerchantId, Timestamp};
use holdfast_projections::{Availability, DueOrder, FillableSku, Orders, Progress, ViewStore};

/// Stock items and orders that came to nothing are remembered up to this many.
const MOST_REMEMBERED: usize = 10_000;
/// What comes to nothing again and again is tried once in this time, in microseconds.
const LONGEST: i64 = 60_000_000;
/// The first time in which it is not tried again.
const SHORTEST: i64 = 250_000;

/// The agenda of all merchants.
pub(crate) struct ReadModelAgenda {
    availability: Availability,
    orders: Orders,
    progress: Progress,
    /// Where the round of stock items goes on.
    after: (String, String),
    /// Where the round of orders goes on.
    after_order: Option<DueOrder>,
    /// What was told of a stock item or an order.
    told: HashMap<(String, StreamId), Told>,
}

/// When a stock item or an order was told to be due.
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
        let (availability, orders) = (Availability::new(views), Orders::new(views));
        Self {
            availability,
            orders,
            progress,
            after: Default::default(),
            after_order: None,
            told: HashMap::new(),
        }
    }

    /// Whether it is worth trying: something has happened to it since, or for long nothing was tried.
    fn is_worthwhile(&mut self, key: (String, StreamId), position: u64, now: Timestamp) -> bool {
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

impl ReadModelAgenda {
    /// Stock items whose queues can be served.
    async fn queues(&mut self, now: Timestamp, most: usize) -> Result<Vec<Due>, String> {
        let Some(generation) = self.progress.generation(Availability::NAME) else { return Ok(Vec::new()) };
        let (merchant, sku) = &self.after;
        let found = self.availability.fillable(generation, (merchant, sku), most).await;
        let found = found.map_err(|error| error.to_string())?;
        self.after = match found.last() {
            Some(last) if found.len() == most => (last.merchant.clone(), last.sku.to_string()),
            _ => Default::default(),
        };
        let mut due = Vec::new();
        for FillableSku { merchant, sku, position, supply_position } in found {
            let stream = StreamId::Stock(sku.clone());
            if let Ok(id) = MerchantId::new(&merchant)
                && self.is_worthwhile((merchant, stream), position, now)
            {
                let command = FillBackorders { sku, occurred_at: None, not_after: None }.into();
                due.push(Due { merchant: id, command, because_of: supply_position });
            }
        }
        Ok(due)
    }

    /// Orders whose time has come, in rounds, so that one that nothing can be done for keeps no other waiting.
    async fn orders(&mut self, now: Timestamp, most: usize) -> Result<Vec<Due>, String> {
        let Some(generation) = self.progress.generation(Orders::NAME) else { return Ok(Vec::new()) };
        let found = self.orders.due(generation, now, self.after_order.as_ref(), most).await;
        let found = found.map_err(|error| error.to_string())?;
        self.after_order = found.last().filter(|_| found.len() == most).cloned();
        let mut due = Vec::new();
        for DueOrder { merchant, order_id, position, .. } in found {
            if let Ok(id) = MerchantId::new(&merchant)
                && self.is_worthwhile((merchant, StreamId::Order(order_id)), position, now)
            {
                let command = AttendOrder { order_id, occurred_at: None, not_after: None }.into();
                // Only time has passed since: the order's last command left it so that this would be due.
                due.push(Due { merchant: id, command, because_of: position });
            }
        }
        Ok(due)
    }
}

#[async_trait]
impl Agenda for ReadModelAgenda {
    async fn due(&mut self, now: Timestamp, most: usize) -> Result<Vec<Due>, String> {
        let mut due = self.orders(now, most / 2).await?;
        due.extend(self.queues(now, most.saturating_sub(due.len())).await?);
        Ok(due)
    }
}
