//! One import: sends the commands of each file, and counts the rows.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use holdfast_api::app::App;
use holdfast_commands::client::CommandClient;
use holdfast_domain::policy::OnShortage;
use holdfast_domain::values::{Currency, LocationId, MerchantId, Reference, Sku};
use holdfast_projections::AvailabilityFilter;

use super::csv_file::CsvFile;
use super::error::RowError;
use super::orders::{self, OrderOptions};
use super::plan::{self, Plan};
use super::rejects::{RejectedRow, Rejects};
use super::report::{self, Counts, FileReport, Report};
use super::send::{ImportOutcome, send};
use super::{Arguments, Files, ImportError};
use crate::error::CliError;

/// SKUs per query of the availability read model.
const SKUS_PER_QUERY: usize = 500;

/// Imports the files in the order locations, stock, orders: each depends on the ones before.
pub async fn import(
    app: &App,
    arguments: &Arguments,
    files: &Files,
    rejects_file: PathBuf,
) -> Result<(Report, Rejects), CliError> {
    let started_at = Instant::now();
    let merchant = &arguments.merchant;
    if !app.queries.knows_merchant(merchant.as_str()).await? {
        return Err(CliError::UnknownMerchant(merchant.clone()));
    }
    let before = app.journal.head(merchant.as_str()).await?.position;
    let mut importer = Importer {
        app,
        merchant,
        client: CommandClient::new(&app.commands, merchant, "import"),
        reports: Vec::new(),
        rejects: Rejects::default(),
    };
    importer.import_all(files, arguments.on_shortage.map(OnShortage::from)).await?;
    let Importer { reports, rejects, .. } = importer;
    report::check(&reports, &rejects)?;
    rejects.write(&rejects_file)?;
    let position = app.journal.head(merchant.as_str()).await?.position;
    let report = Report {
        files: reports,
        rejected_by_code: rejects.by_code(),
        rejects_file,
        events_written: position - before,
        position,
        seconds: (started_at.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0,
    };
    Ok((report, rejects))
}

struct Importer<'a> {
    app: &'a App,
    merchant: &'a MerchantId,
    client: CommandClient,
    reports: Vec<FileReport>,
    rejects: Rejects,
}

impl Importer<'_> {
    async fn import_all(&mut self, files: &Files, on_shortage: Option<OnShortage>) -> Result<(), CliError> {
        if let Some(file) = &files.locations {
            self.import_file("locations", file, plan::locations(file)).await?;
        }
        if let Some(file) = &files.stock {
            let reference = Reference::new("import").map_err(ImportError::from)?;
            let plan = plan::stock(file, &self.known_locations().await?, &reference);
            self.import_file("stock", file, plan).await?;
        }
        if let Some(file) = &files.orders {
            let currency = Currency::new("USD").map_err(ImportError::from)?;
            let known_skus = self.known_skus(orders::skus(file)).await?;
            let plan = orders::orders(file, &OrderOptions { currency, on_shortage, known_skus });
            self.import_file("orders", file, plan).await?;
        }
        Ok(())
    }

    async fn known_locations(&self) -> Result<BTreeSet<LocationId>, CliError> {
        let locations = self.app.queries.locations(self.merchant.as_str()).await?;
        Ok(locations.into_iter().map(|view| view.location).collect())
    }

    /// Those of the SKUs that exist in the store.
    async fn known_skus(&self, skus: BTreeSet<Sku>) -> Result<BTreeSet<Sku>, CliError> {
        self.app.wait_for_projections(self.merchant).await?;
        let skus: Vec<Sku> = skus.into_iter().collect();
        let filter = AvailabilityFilter::default();
        let mut known = BTreeSet::new();
        for some in skus.chunks(SKUS_PER_QUERY) {
            let found = self.app.queries.availability(self.merchant.as_str(), some, &filter).await?;
            known.extend(found.into_iter().map(|view| view.sku));
        }
        Ok(known)
    }

    /// Sends the commands of a file, and counts what became of its rows.
    async fn import_file(
        &mut self,
        content: &'static str,
        file: &CsvFile,
        plan: Plan,
    ) -> Result<(), CliError> {
        let outcomes = send(&self.client, &plan.commands, content).await?;
        let mut rows = Counts { read: file.rows.len() as u64, ..Counts::default() };
        let orders = plan.commands.len() as u64 + plan.orders_without_valid_row;
        let mut things =
            Counts { read: orders, rejected: plan.orders_without_valid_row, ..Counts::default() };
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
        self.reports.push(FileReport { content, file: file.name.clone(), rows, things });
        self.rejects.add(rejects);
        Ok(())
    }
}

fn rejected_row(file: &CsvFile, row: usize, error: &RowError) -> Option<RejectedRow> {
    let row = file.rows.get(row)?;
    let record = row.record.clone();
    Some(RejectedRow { file: file.name.clone(), line: row.line, error: error.clone(), record })
}
