//! One run of an export.

use clap::ValueEnum as _;
use holdfast_commands::{Clock as _, SystemClock};
use holdfast_domain::values::{Day, MerchantId};
use holdfast_journal::Journal;
use holdfast_projections::{ReadSnapshot, ViewStore};
use holdfast_terminal::output::Progress;
use holdfast_views::AvailabilityView;

use crate::directory::{Directory, date_of};
use crate::journal::EventsExport;
use crate::limits::{Limits, Range};
use crate::output::{Output, TableOutput};
use crate::read_models::{self, OrdersPass, Outputs};
use crate::tables::{self, ExportedOrder, Kind};
use crate::{ExportError, Exported, Options, TableName};

/// Events read from the journal per page.
const EVENTS_PER_PAGE: usize = 5_000;
/// Orders, SKUs or metrics read from a read model per page.
const ROWS_PER_PAGE: usize = 500;

/// Exports one journal and its read models into one directory.
pub struct Exporter<'a> {
    journal: &'a dyn Journal,
    directory: Directory,
    merchants: Vec<MerchantId>,
    only: Vec<TableName>,
    range: Range,
    limits: Limits,
    today: Day,
}

impl<'a> Exporter<'a> {
    /// Opens the directory of an earlier export, or creates it.
    pub async fn new(journal: &'a dyn Journal, options: &Options) -> Result<Self, ExportError> {
        let limits = Limits {
            events_per_file: options.events_per_file,
            events_per_page: EVENTS_PER_PAGE,
            rows_per_page: ROWS_PER_PAGE,
        };
        Self::with_limits(journal, options, limits).await
    }

    pub(crate) async fn with_limits(
        journal: &'a dyn Journal,
        options: &Options,
        limits: Limits,
    ) -> Result<Self, ExportError> {
        options.check()?;
        Ok(Self {
            journal,
            merchants: merchants(journal, options).await?,
            directory: Directory::open(&options.to, options.format)?,
            only: options.only.clone(),
            range: Range { from: options.from, until: options.until },
            limits,
            today: date_of(SystemClock.now().microseconds())?,
        })
    }

    /// Exports the new events of every selected merchant, if events are selected.
    pub async fn events(&self) -> Result<Vec<Exported>, ExportError> {
        let mut exported = Vec::new();
        if self.selects(TableName::Events) {
            for merchant in &self.merchants {
                exported.push(self.events_of(merchant).await?);
            }
        }
        Ok(exported)
    }

    /// True if a table of a read model is selected, so that [`Self::read_models`] has something to export.
    pub fn includes_read_models(&self) -> bool {
        TableName::value_variants().iter().any(|table| *table != TableName::Events && self.selects(*table))
    }

    /// Exports the selected read models of every selected merchant.
    pub async fn read_models(&self, views: &ViewStore) -> Result<Vec<Exported>, ExportError> {
        let mut exported = Vec::new();
        for merchant in &self.merchants {
            exported.extend(self.read_models_of(views, merchant).await?);
        }
        Ok(exported)
    }

    fn selects(&self, table: TableName) -> bool {
        self.only.is_empty() || self.only.contains(&table)
    }

    async fn events_of(&self, merchant: &MerchantId) -> Result<Exported, ExportError> {
        let directory = self.directory.table_directory(tables::EVENTS.name, merchant);
        let export = EventsExport::open(self.journal, directory, self.range, self.limits).await?;
        let mut progress = Progress::new("events", export.remaining());
        let exported = export.run(|events| progress.set(events)).await?;
        progress.finish();
        Ok(exported)
    }

    async fn read_models_of(
        &self,
        views: &ViewStore,
        merchant: &MerchantId,
    ) -> Result<Vec<Exported>, ExportError> {
        let (mut orders, mut stock) = (self.orders(merchant)?, self.stock(merchant)?);
        let mut metrics = Outputs::new();
        self.open(TableName::Metrics, &tables::METRICS, merchant, &mut metrics)?;
        let head = self.journal.head(merchant.as_str()).await?.position;
        let mut snapshot = ReadSnapshot::open(views, merchant.as_str(), head).await?;
        if !orders.is_empty() {
            let as_of = read_models::as_of(self.journal, merchant, snapshot.orders_position()?).await?;
            read_models::check(self.journal, merchant, self.directory.root(), &orders, &as_of).await?;
            let mut progress = Progress::new("orders", as_of.position);
            let (snapshot, outputs, limits) = (&mut snapshot, &mut orders, self.limits);
            let pass = OrdersPass { snapshot, merchant, outputs, as_of, limits };
            pass.run(|position| progress.set(position)).await?;
            progress.finish();
        }
        if !stock.is_empty() {
            let as_of = read_models::as_of(self.journal, merchant, snapshot.stock_position()?).await?;
            read_models::check(self.journal, merchant, self.directory.root(), &stock, &as_of).await?;
            let mut progress = Progress::new("stock", snapshot.sku_count().await?);
            let report = |skus| progress.set(skus);
            read_models::stock(&mut snapshot, &mut stock, (self.today, &as_of), self.limits, report).await?;
            progress.finish();
        }
        if !metrics.is_empty() {
            let as_of = read_models::as_of(self.journal, merchant, snapshot.metrics_position()?).await?;
            read_models::check(self.journal, merchant, self.directory.root(), &metrics, &as_of).await?;
            let mut progress = Progress::new("metrics", snapshot.metric_cell_count().await?);
            let report = |rows| progress.set(rows);
            read_models::metrics(&mut snapshot, &mut metrics, &as_of, self.limits, report).await?;
            progress.finish();
        }
        let orders = orders.into_iter().map(Output::exported);
        let others = stock.into_iter().map(Output::exported);
        let exported = orders.chain(others).chain(metrics.into_iter().map(Output::exported));
        Ok(exported.map(|exported| exported.with_head(head)).collect())
    }

    /// The selected tables of orders.
    fn orders(&self, merchant: &MerchantId) -> Result<Outputs<ExportedOrder>, ExportError> {
        let mut outputs = Outputs::new();
        self.open(TableName::Orders, &tables::ORDERS, merchant, &mut outputs)?;
        self.open(TableName::OrderLines, &tables::ORDER_LINES, merchant, &mut outputs)?;
        self.open(TableName::FulfillmentOrders, &tables::FULFILLMENT_ORDERS, merchant, &mut outputs)?;
        self.open(TableName::Packages, &tables::PACKAGES, merchant, &mut outputs)?;
        Ok(outputs)
    }

    /// The selected tables of SKUs.
    fn stock(&self, merchant: &MerchantId) -> Result<Outputs<AvailabilityView>, ExportError> {
        let mut outputs = Outputs::new();
        self.open(TableName::Availability, &tables::AVAILABILITY, merchant, &mut outputs)?;
        self.open(TableName::Skus, &tables::SKUS, merchant, &mut outputs)?;
        self.open(TableName::Supplies, &tables::SUPPLIES, merchant, &mut outputs)?;
        Ok(outputs)
    }

    fn open<S: 'static, T: 'static>(
        &self,
        name: TableName,
        kind: &'static Kind<S, T>,
        merchant: &MerchantId,
        outputs: &mut Outputs<S>,
    ) -> Result<(), ExportError> {
        if self.selects(name) {
            let directory = self.directory.table_directory(kind.table.name, merchant);
            outputs.push(Box::new(TableOutput::open(kind, directory)?));
        }
        Ok(())
    }
}

/// The selected merchants.
async fn merchants(journal: &dyn Journal, options: &Options) -> Result<Vec<MerchantId>, ExportError> {
    let heads = journal.heads().await?;
    let known = heads.into_iter().filter(|(_, head)| head.position > 0).map(|(merchant, _)| merchant);
    let known = known.map(|name| MerchantId::new(&name).map_err(|_| ExportError::InvalidMerchant(name)));
    let mut known = known.collect::<Result<Vec<_>, _>>()?;
    if let Some(merchant) = &options.merchant {
        known.retain(|known| known == merchant);
        if known.is_empty() {
            return Err(ExportError::UnknownMerchant(merchant.clone()));
        }
    }
    let is_range = options.from > 1 || options.until.is_some();
    if is_range && known.len() > 1 {
        return Err(ExportError::RangeWithoutMerchant);
    }
    Ok(known)
}
