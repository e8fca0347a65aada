//! One import: sends the commands of each file, and counts the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use holdfast_api::app::App;
use holdfast_commands::AnyCommand;
use holdfast_commands::client::CommandClient;
use holdfast_domain::network::LocationDetails;
use holdfast_domain::policy::OnShortage;
use holdfast_domain::values::{ChannelName, LocationId, MerchantId, Sku, Timestamp};
use holdfast_projections::AvailabilityFilter;

use super::columns::Shop;
use super::csv_file::CsvFile;
use super::error::RowError;
use super::orders::{self, OrderOptions};
use super::plan::{self, Plan, StockOptions};
use super::rejects::{self, RejectedRow};
use super::report::{self, Counts, FileReport, Report};
use super::send::{ImportOutcome, send};
use super::{Arguments, Files, ImportError};
use crate::error::CliError;

/// SKUs per query of the availability read model.
const SKUS_PER_QUERY: usize = 500;

/// Imports the files in the order locations, stock, orders: each depends on the ones before. Returns the report and all
/// rejected rows.
pub async fn import(
    app: &App,
    arguments: &Arguments,
    files: &Files,
    rejects_file: &Path,
) -> Result<(Report, Vec<RejectedRow>), CliError> {
    let started_at = Instant::now();
    let merchant = &arguments.merchant;
    if !app.queries.knows_merchant(merchant.as_str()).await? {
        return Err(CliError::UnknownMerchant(merchant.clone()));
    }
    let before = app.journal.head(merchant.as_str()).await?.position;
    let client = CommandClient::new(&app.commands, merchant, "import");
    let run = format!("import:{}", client.now().microseconds());
    let mut importer = Importer {
        app,
        merchant,
        client,
        run,
        arguments,
        rejects_file,
        is_only_input: files.all().count() == 1,
        planned: Planned::default(),
        reports: Vec::new(),
        rejects: Vec::new(),
    };
    importer.import_all(files).await?;
    let Importer { reports, rejects, .. } = importer;
    report::check(&reports, rejects.len() as u64)?;
    let position = app.journal.head(merchant.as_str()).await?.position;
    let report = Report {
        dry_run: arguments.dry_run,
        files: reports,
        rejected_by_code: report::by_code(&rejects),
        events_written: position - before,
        position,
        seconds: (started_at.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0,
    };
    Ok((report, rejects))
}

#[derive(Default)]
struct Planned {
    locations: BTreeMap<LocationId, (f64, f64)>,
    skus: BTreeSet<Sku>,
}

impl Planned {
    fn add(&mut self, command: &AnyCommand) {
        match command {
            AnyCommand::RegisterLocation(command) => {
                let place = command.latitude.zip(command.longitude).unwrap_or_default();
                self.locations.insert(command.location.clone(), place);
            }
            AnyCommand::CountStock(command) => {
                self.skus.insert(command.sku.clone());
            }
            _ => {}
        }
    }
}

struct Importer<'a> {
    app: &'a App,
    merchant: &'a MerchantId,
    client: CommandClient,
    /// The beginning of the idempotency keys of commands that are repeated in every run.
    run: String,
    arguments: &'a Arguments,
    rejects_file: &'a Path,
    is_only_input: bool,
    /// What a dry run would have written.
    planned: Planned,
    reports: Vec<FileReport>,
    rejects: Vec<RejectedRow>,
}

impl Importer<'_> {
    /// Checks what the files and the options must say together, before anything is written.
    fn check(&self, files: &Files) -> Result<(), ImportError> {
        let missing =
            |file: &CsvFile, column| ImportError::MissingDefault { file: file.name.clone(), column };
        if let Some(file) = &files.stock {
            if self.arguments.location.is_none() && !file.header.has("location") {
                return Err(missing(file, "location"));
            }
            let counted_at = self.counted_at(file);
            if counted_at > self.client.now() {
                return Err(ImportError::CountedInFuture { counted_at });
            }
        }
        match &files.orders {
            Some(file) if self.channel(file)?.is_none() && !file.header.has("channel") => {
                Err(missing(file, "channel"))
            }
            _ => Ok(()),
        }
    }

    /// When the stock of a file was counted.
    fn counted_at(&self, file: &CsvFile) -> Timestamp {
        self.arguments.counted_at.unwrap_or(file.modified_at)
    }

    /// The channel of orders that name none.
    fn channel(&self, file: &CsvFile) -> Result<Option<ChannelName>, ImportError> {
        let shop = file.header.shop.map(|shop| match shop {
            Shop::Shopify => "shopify",
            Shop::WooCommerce => "woocommerce",
        });
        let shop = shop.map(ChannelName::new).transpose()?;
        Ok(self.arguments.channel.clone().or(shop))
    }

    async fn import_all(&mut self, files: &Files) -> Result<(), CliError> {
        self.check(files)?;
        if let Some(file) = &files.locations {
            let plan = plan::locations(file, &self.known_locations().await?, &self.run);
            self.import_file("locations", file, plan).await?;
        }
        if let Some(file) = &files.stock {
            let plan = plan::stock(file, &self.stock_options(file).await?);
            self.import_file("stock", file, plan).await?;
        }
        if let Some(file) = &files.orders {
            let plan = orders::orders(file, &self.order_options(file).await?);
            self.import_file("orders", file, plan).await?;
        }
        Ok(())
    }

    async fn stock_options(&self, file: &CsvFile) -> Result<StockOptions, CliError> {
        Ok(StockOptions {
            location: self.arguments.location.clone(),
            counted_at: self.counted_at(file),
            known_locations: self.known_locations().await?.into_keys().collect(),
        })
    }

    async fn order_options(&self, file: &CsvFile) -> Result<OrderOptions, CliError> {
        Ok(OrderOptions {
            channel: self.channel(file)?,
            currency: self.arguments.currency.clone(),
            on_shortage: self.arguments.on_shortage.map(OnShortage::from),
            known_skus: self.known_skus(orders::skus(file)).await?,
            run: self.run.clone(),
        })
    }

    /// The locations that exist in the store, with latitude and longitude.
    async fn known_locations(&self) -> Result<BTreeMap<LocationId, (f64, f64)>, CliError> {
        self.app.wait_for_projections(self.merchant).await?;
        let locations = self.app.queries.locations(self.merchant.as_str()).await?;
        let place = |details: &LocationDetails| (details.latitude, details.longitude);
        let stored = locations.into_iter().map(|view| (view.location, place(&view.details)));
        Ok(stored.chain(self.planned.locations.clone()).collect())
    }

    /// Those of the SKUs that exist in the store.
    async fn known_skus(&self, skus: BTreeSet<Sku>) -> Result<BTreeSet<Sku>, CliError> {
        self.app.wait_for_projections(self.merchant).await?;
        let skus: Vec<Sku> = skus.into_iter().collect();
        let filter = AvailabilityFilter::default();
        let mut known = self.planned.skus.clone();
        for some in skus.chunks(SKUS_PER_QUERY) {
            let found = self.app.queries.availability(self.merchant.as_str(), some, &filter).await?;
            known.extend(found.into_iter().map(|view| view.sku));
        }
        Ok(known)
    }

    /// Sends the commands of a file, counts what became of its rows, and writes its rejects file.
    async fn import_file(
        &mut self,
        content: &'static str,
        file: &CsvFile,
        plan: Plan,
    ) -> Result<(), CliError> {
        let outcomes = if self.arguments.dry_run {
            plan.commands.iter().for_each(|planned| self.planned.add(&planned.command));
            vec![ImportOutcome::Imported; plan.commands.len()]
        } else {
            send(&self.client, &plan.commands, content).await?
        };
        let mut rows =
            Counts { read: file.rows.len() as u64, already_there: plan.unchanged_rows, ..Counts::default() };
        let orders = plan.commands.len() as u64 + plan.invalid_orders;
        let mut things = Counts { read: orders, rejected: plan.invalid_orders, ..Counts::default() };
        let mut rejects = Vec::with_capacity(plan.invalid_rows.len());
        for invalid in plan.invalid_rows {
            rejects.extend(rejected_row(file, invalid.row, &invalid.error));
        }
        for (command, outcome) in plan.commands.iter().zip(outcomes) {
            let row_count = command.rows.len() as u64;
            match outcome {
                ImportOutcome::Imported => {
                    things.imported += 1;
                    rows.imported += row_count;
                }
                ImportOutcome::AlreadyThere => {
                    things.already_there += 1;
                    rows.already_there += row_count;
                }
                ImportOutcome::Rejected(error) => {
                    things.rejected += 1;
                    rejects.extend(command.rows.iter().filter_map(|row| rejected_row(file, *row, &error)));
                }
            }
        }
        rows.rejected = rejects.len() as u64;
        if content != "orders" {
            // One row per location or stock level: an invalid row counts as read and rejected.
            things = rows;
        }
        rejects.sort_by_key(|reject: &RejectedRow| reject.line);
        let path = rejects::rejects_path(self.rejects_file, content, self.is_only_input);
        rejects::write(&path, file, &rejects)?;
        self.reports.push(FileReport {
            content,
            file: file.name.clone(),
            rows,
            things,
            ignored_columns: file.header.ignored.clone(),
            rejects_file: (!rejects.is_empty()).then_some(path),
        });
        self.rejects.append(&mut rejects);
        Ok(())
    }
}

fn rejected_row(file: &CsvFile, row: usize, error: &RowError) -> Option<RejectedRow> {
    let row = file.rows.get(row)?;
    let record = row.record.clone();
    Some(RejectedRow { file: file.name.clone(), line: row.line, error: error.clone(), record })
}
