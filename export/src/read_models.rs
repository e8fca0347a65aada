//! Read models: orders by the date of their creation, availability as it is today, what was measured by the date of the hour.

use std::sync::Arc;

use holdfast_domain::stock::AvailabilityView;
use holdfast_domain::values::{Day, MerchantId, Sku, Timestamp};
use holdfast_journal::Journal;
use holdfast_projections::{MetricCell, MetricCursor, ReadSnapshot, SnapshotPosition};

use super::ExportError;
use super::directory::date_of;
use super::exporter::Limits;
use super::journal::hash_at;
use super::manifest::{AsOf, RowsFile};
use super::output::{Changed, Output, unchanged};
use super::tables::Ordered;

/// Tables that are made of the same things.
pub type Outputs<S> = Vec<Box<dyn Output<S>>>;

/// The moment of a read model, as it is noted: it must be one of this journal.
pub async fn as_of(
    journal: &dyn Journal,
    merchant: &MerchantId,
    reached: &SnapshotPosition,
) -> Result<AsOf, ExportError> {
    let SnapshotPosition { generation, position, hash, parked } = reached;
    let event = match position {
        0 => None,
        position => journal.read(merchant.as_str(), position - 1, 1).await?.into_iter().next(),
    };
    if *position > 0 && event.as_ref().is_none_or(|event| event.hash.0[..] != hash[..]) {
        return Err(ExportError::ForeignReadModels { merchant: merchant.to_string() });
    }
    Ok(AsOf {
        position: *position,
        hash: event.as_ref().map(|event| event.hash.to_string()).unwrap_or_default(),
        recorded_at: Timestamp::from_microseconds(event.map_or(0, |event| event.recorded_at)),
        generation: *generation,
        parked: *parked,
    })
}

/// Makes certain that what was exported before is of this journal, and not of a later moment.
pub async fn fits<S>(
    journal: &dyn Journal,
    merchant: &MerchantId,
    directory: &std::path::Path,
    outputs: &Outputs<S>,
    as_of: &AsOf,
) -> Result<(), ExportError> {
    let known = outputs.iter().flat_map(|output| output.files()).map(|file| &file.as_of);
    let Some(latest) = known.max_by_key(|known| known.position) else { return Ok(()) };
    if latest.position > as_of.position {
        return Err(ExportError::ReadModelsBehind {
            merchant: merchant.to_string(),
            directory: directory.to_owned(),
            reached: as_of.position,
            exported: latest.position,
        });
    }
    let there = hash_at(journal, merchant.as_str(), latest.position).await?;
    let is_of_it = latest.position == 0 || there.is_some_and(|hash| hash.to_string() == latest.hash);
    if is_of_it {
        return Ok(());
    }
    Err(ExportError::OtherJournal { directory: directory.to_owned(), position: latest.position })
}

/// A pass over a merchant's orders.
pub struct OrdersPass<'a> {
    pub moment: &'a mut ReadSnapshot,
    pub merchant: &'a MerchantId,
    pub outputs: &'a mut Outputs<Ordered>,
    pub as_of: AsOf,
    pub limits: Limits,
}

impl OrdersPass<'_> {
    /// Writes the orders of every date of which something has changed, and tells how far it is.
    pub async fn run(mut self, mut told: impl FnMut(u64)) -> Result<(), ExportError> {
        let changed = self.changed().await?;
        let mut day: Option<Day> = None;
        let mut after = 0;
        loop {
            let page = self.moment.orders(after, self.limits.orders).await?;
            if page.is_empty() {
                break;
            }
            for row in &page {
                let Some(order) = Ordered::of(row) else {
                    after = row.first_position;
                    continue;
                };
                let date = date_of(order.view.created_at.microseconds())?;
                if day != Some(date) {
                    self.finish(after)?;
                    if day.is_some_and(|before| date < before) {
                        let (merchant, position) = (self.merchant.to_string(), order.first_position);
                        return Err(ExportError::DatesGoBack { merchant, position });
                    }
                    day = Some(date);
                    if let Some(last) = self.begin(date, order.first_position, &changed)? {
                        // None of its orders has changed: the next date's are behind them.
                        after = last;
                        break;
                    }
                }
                after = order.first_position;
                let order = Arc::new(order);
                for output in self.outputs.iter_mut() {
                    output.add(&order)?;
                }
            }
            told(after);
        }
        self.finish(after)?;
        for output in self.outputs.iter_mut() {
            output.confirm(&self.as_of)?;
            output.complete(self.as_of.position)?;
        }
        Ok(())
    }

    /// Begins a date where something of it has changed; else gives where its last order is.
    fn begin(&mut self, date: Day, first: u64, changed: &Changed) -> Result<Option<u64>, ExportError> {
        let mut last = None;
        for output in self.outputs.iter_mut() {
            let known = unchanged(&**output, date, &self.as_of, changed);
            match known.and_then(|known| known.last_order).filter(|last| *last >= first) {
                Some(known) => last = last.max(Some(known)),
                None => output.begin(date)?,
            }
        }
        let is_begun = self.outputs.iter().any(|output| output.is_open());
        Ok(last.filter(|_| !is_begun))
    }

    fn finish(&mut self, last_order: u64) -> Result<(), ExportError> {
        let mut outputs = self.outputs.iter_mut();
        outputs.try_for_each(|output| output.finish(&self.as_of, Some(last_order)))
    }

    /// The dates of the orders that have changed since the first of the files that may still be right.
    async fn changed(&mut self) -> Result<Changed, ExportError> {
        let known = self.outputs.iter().flat_map(|output| output.files()).map(|file| &file.as_of);
        let oldest = known.filter(|known| known.may_be(&self.as_of)).min_by_key(|known| known.position);
        let mut changed = Changed::new();
        let Some(oldest) = oldest.filter(|oldest| oldest.position < self.as_of.position) else {
            return Ok(changed);
        };
        // What was recorded in the same microsecond may come behind it.
        let mut after = (oldest.recorded_at.microseconds() - 1, i64::MAX.cast_unsigned());
        loop {
            let page = self.moment.changed_orders(after, self.limits.orders).await?;
            let Some(last) = page.last() else { return Ok(changed) };
            after = (last.changed_at, last.first_position);
            for order in page.iter().filter_map(Ordered::of) {
                let latest = changed.entry(date_of(order.view.created_at.microseconds())?).or_default();
                *latest = (*latest).max(order.view.position);
            }
        }
    }
}

/// Writes what can be promised of every SKU as today's, unless that was done at the same moment, and tells how many SKUs
/// were looked at.
pub async fn stock(
    moment: &mut ReadSnapshot,
    outputs: &mut Outputs<AvailabilityView>,
    (today, as_of): (Day, &AsOf),
    limits: Limits,
    mut told: impl FnMut(u64),
) -> Result<(), ExportError> {
    for output in outputs.iter_mut() {
        let known = output.known(today).map(|known| &known.as_of);
        if known.is_none_or(|known| known != as_of || known.parked > 0) {
            output.begin(today)?;
        }
    }
    let mut after: Option<Sku> = None;
    let mut looked_at = 0;
    while outputs.iter().any(|output| output.is_open()) {
        let page = moment.stock(after.as_ref(), limits.orders).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.sku.clone());
        looked_at += page.len() as u64;
        for item in page {
            let item = Arc::new(item);
            outputs.iter_mut().try_for_each(|output| output.add(&item))?;
        }
        told(looked_at);
    }
    for output in outputs.iter_mut() {
        output.finish(as_of, None)?;
        output.complete(as_of.position)?;
    }
    Ok(())
}

/// Writes what was measured of every date on which something may have been since it was exported, and tells how many rows
/// were looked at.
pub async fn metrics(
    moment: &mut ReadSnapshot,
    outputs: &mut Outputs<MetricCell>,
    as_of: &AsOf,
    limits: Limits,
    mut told: impl FnMut(u64),
) -> Result<(), ExportError> {
    let mut day: Option<Day> = None;
    let mut after = MetricCursor::From(Timestamp::from_microseconds(0));
    let mut looked_at = 0;
    'pages: loop {
        let page = moment.metrics(&after, limits.orders).await?;
        if page.is_empty() {
            break;
        }
        for cell in page {
            let date = date_of(cell.begins_at.microseconds())?;
            if day != Some(date) {
                outputs.iter_mut().try_for_each(|output| output.finish(as_of, None))?;
                day = Some(date);
                for output in outputs.iter_mut() {
                    if !is_over(output.known(date), as_of)? {
                        output.begin(date)?;
                    }
                }
                if !outputs.iter().any(|output| output.is_open()) {
                    after = MetricCursor::From(next_day(cell.begins_at));
                    continue 'pages;
                }
            }
            after = MetricCursor::After(cell.clone());
            let cell = Arc::new(cell);
            outputs.iter_mut().try_for_each(|output| output.add(&cell))?;
            looked_at += 1;
        }
        told(looked_at);
    }
    for output in outputs.iter_mut() {
        output.finish(as_of, None)?;
        output.confirm(as_of)?;
        output.complete(as_of.position)?;
    }
    Ok(())
}

/// Whether a date was exported when it was over: nothing is ever recorded at an earlier time than what was before.
fn is_over(known: Option<&RowsFile>, as_of: &AsOf) -> Result<bool, ExportError> {
    let Some(known) = known.filter(|known| known.as_of.may_be(as_of)) else { return Ok(false) };
    let same = known.as_of.position == as_of.position;
    Ok(same || date_of(known.as_of.recorded_at.microseconds())? > known.date)
}

/// When the day after that of a moment begins, in UTC.
fn next_day(moment: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000_000;
    let moment = moment.microseconds();
    Timestamp::from_microseconds(moment - moment.rem_euclid(DAY) + DAY)
}
