//! Export of read models: orders by the date of creation, stock by the date of the export, metrics by the date of the hour.

use std::sync::Arc;

use holdfast_domain::values::{Day, MerchantId, Sku, Timestamp};
use holdfast_journal::Journal;
use holdfast_projections::{MetricCell, MetricCursor, ReadSnapshot, SnapshotPosition};
use holdfast_views::AvailabilityView;

use super::ExportError;
use super::directory::date_of;
use super::journal::hash_at;
use super::limits::Limits;
use super::manifest::{AsOf, RowsFile};
use super::output::{Changed, Output, unchanged};
use super::tables::ExportedOrder;

/// The selected tables of items of one type.
pub type Outputs<S> = Vec<Box<dyn Output<S>>>;

/// The state of a read model for the manifest. Fails unless it belongs to this journal.
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

/// Checks that the exported files belong to this journal and are not newer than the read model.
pub async fn check<S>(
    journal: &dyn Journal,
    merchant: &MerchantId,
    directory: &std::path::Path,
    outputs: &Outputs<S>,
    as_of: &AsOf,
) -> Result<(), ExportError> {
    let exported = outputs.iter().flat_map(|output| output.files()).map(|file| &file.as_of);
    let Some(latest) = exported.max_by_key(|as_of| as_of.position) else { return Ok(()) };
    if latest.position > as_of.position {
        return Err(ExportError::ReadModelsBehind {
            merchant: merchant.to_string(),
            directory: directory.to_owned(),
            reached: as_of.position,
            exported: latest.position,
        });
    }
    let hash = hash_at(journal, merchant.as_str(), latest.position).await?;
    if latest.position == 0 || hash.is_some_and(|hash| hash.to_string() == latest.hash) {
        return Ok(());
    }
    Err(ExportError::OtherJournal { directory: directory.to_owned(), position: latest.position })
}

/// A pass over a merchant's orders.
pub struct OrdersPass<'a> {
    pub snapshot: &'a mut ReadSnapshot,
    pub merchant: &'a MerchantId,
    pub outputs: &'a mut Outputs<ExportedOrder>,
    pub as_of: AsOf,
    pub limits: Limits,
}

impl OrdersPass<'_> {
    /// Writes the orders of every date with changes. Calls `report` after each page with the position reached.
    pub async fn run(mut self, mut report: impl FnMut(u64)) -> Result<(), ExportError> {
        let changed = self.changed().await?;
        let mut day: Option<Day> = None;
        let mut after = 0;
        loop {
            let page = self.snapshot.orders(after, self.limits.rows_per_page).await?;
            if page.is_empty() {
                break;
            }
            for row in &page {
                let Some(order) = ExportedOrder::new(row) else {
                    after = row.first_position;
                    continue;
                };
                let date = date_of(order.view.created_at.microseconds())?;
                if day != Some(date) {
                    self.finish(after)?;
                    if day.is_some_and(|before| date < before) {
                        let (merchant, position) = (self.merchant.to_string(), order.first_position);
                        return Err(ExportError::UnsortedDates { merchant, position });
                    }
                    day = Some(date);
                    if let Some(last) = self.begin(date, order.first_position, &changed)? {
                        // The date is unchanged: continue with the orders of the next one.
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
            report(after);
        }
        self.finish(after)?;
        for output in self.outputs.iter_mut() {
            output.confirm(&self.as_of)?;
            output.complete(self.as_of.position)?;
        }
        Ok(())
    }

    /// Starts a date if it has changed. Otherwise returns the position of the date's last order.
    fn begin(&mut self, date: Day, first: u64, changed: &Changed) -> Result<Option<u64>, ExportError> {
        let mut last = None;
        for output in self.outputs.iter_mut() {
            let file = unchanged(&**output, date, &self.as_of, changed);
            match file.and_then(|file| file.last_order).filter(|last| *last >= first) {
                Some(last_order) => last = last.max(Some(last_order)),
                None => output.begin(date)?,
            }
        }
        let is_open = self.outputs.iter().any(|output| output.is_open());
        Ok(last.filter(|_| !is_open))
    }

    fn finish(&mut self, last_order: u64) -> Result<(), ExportError> {
        let mut outputs = self.outputs.iter_mut();
        outputs.try_for_each(|output| output.finish(&self.as_of, Some(last_order)))
    }

    /// The dates of the orders that have changed since the oldest file that may be unchanged.
    async fn changed(&mut self) -> Result<Changed, ExportError> {
        let exported = self.outputs.iter().flat_map(|output| output.files()).map(|file| &file.as_of);
        let comparable = exported.filter(|as_of| as_of.is_comparable(&self.as_of));
        let oldest = comparable.min_by_key(|as_of| as_of.position);
        let mut changed = Changed::new();
        let Some(oldest) = oldest.filter(|oldest| oldest.position < self.as_of.position) else {
            return Ok(changed);
        };
        // Includes other events that were recorded in the same microsecond.
        let mut after = (oldest.recorded_at.microseconds() - 1, i64::MAX.cast_unsigned());
        loop {
            let page = self.snapshot.changed_orders(after, self.limits.rows_per_page).await?;
            let Some(last) = page.last() else { return Ok(changed) };
            after = (last.changed_at, last.first_position);
            for order in page.iter().filter_map(ExportedOrder::new) {
                let latest = changed.entry(date_of(order.view.created_at.microseconds())?).or_default();
                *latest = (*latest).max(order.view.position);
            }
        }
    }
}

/// Writes the stock of every SKU as that of today, unless it was exported in the same state. Calls `report` with the number
/// of SKUs.
pub async fn stock(
    snapshot: &mut ReadSnapshot,
    outputs: &mut Outputs<AvailabilityView>,
    (today, as_of): (Day, &AsOf),
    limits: Limits,
    mut report: impl FnMut(u64),
) -> Result<(), ExportError> {
    for output in outputs.iter_mut() {
        let exported = output.file(today).map(|file| &file.as_of);
        if exported.is_none_or(|exported| exported != as_of || exported.parked > 0) {
            output.begin(today)?;
        }
    }
    let mut after: Option<Sku> = None;
    let mut count = 0;
    while outputs.iter().any(|output| output.is_open()) {
        let page = snapshot.stock(after.as_ref(), limits.rows_per_page).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.sku.clone());
        count += page.len() as u64;
        for item in page {
            let item = Arc::new(item);
            outputs.iter_mut().try_for_each(|output| output.add(&item))?;
        }
        report(count);
    }
    for output in outputs.iter_mut() {
        output.finish(as_of, None)?;
        output.complete(as_of.position)?;
    }
    Ok(())
}

/// Writes the metrics of every date that was not over at its last export. Calls `report` with the number of rows.
pub async fn metrics(
    snapshot: &mut ReadSnapshot,
    outputs: &mut Outputs<MetricCell>,
    as_of: &AsOf,
    limits: Limits,
    mut report: impl FnMut(u64),
) -> Result<(), ExportError> {
    let mut day: Option<Day> = None;
    let mut after = MetricCursor::From(Timestamp::from_microseconds(0));
    let mut count = 0;
    'pages: loop {
        let page = snapshot.metrics(&after, limits.rows_per_page).await?;
        if page.is_empty() {
            break;
        }
        for cell in page {
            let date = date_of(cell.begins_at.microseconds())?;
            if day != Some(date) {
                outputs.iter_mut().try_for_each(|output| output.finish(as_of, None))?;
                day = Some(date);
                for output in outputs.iter_mut() {
                    if !is_over(output.file(date), as_of)? {
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
            count += 1;
        }
        report(count);
    }
    for output in outputs.iter_mut() {
        output.finish(as_of, None)?;
        output.confirm(as_of)?;
        output.complete(as_of.position)?;
    }
    Ok(())
}

/// True if a date was exported after its end. Times of events never decrease, so that its rows cannot change.
fn is_over(file: Option<&RowsFile>, as_of: &AsOf) -> Result<bool, ExportError> {
    let Some(file) = file.filter(|file| file.as_of.is_comparable(as_of)) else { return Ok(false) };
    let same = file.as_of.position == as_of.position;
    Ok(same || date_of(file.as_of.recorded_at.microseconds())? > file.date)
}

/// The start of the next day, in UTC.
fn next_day(time: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000_000;
    let time = time.microseconds();
    Timestamp::from_microseconds(time - time.rem_euclid(DAY) + DAY)
}
