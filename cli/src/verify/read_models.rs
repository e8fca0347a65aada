//! Comparison of the read models with a second computation from the journal.

use std::sync::Arc;

use holdfast_api::database::Database;
use holdfast_journal::Journal;
use holdfast_projections::Verification;
use holdfast_terminal::output::{self, Printer, Progress, number};

use super::result::{Comparison, MerchantResult, ReadModel, ReadModelResult, is_failure};
use crate::error::CliError;

/// Compares the read models of merchants without findings in their journal. An error is stored as the reason why they were
/// not compared, so that the findings in the journals are still reported.
pub async fn compare(database: &Database, journal: &Arc<dyn Journal>, results: &mut [MerchantResult]) {
    if let Err(error) = try_to_compare(database, journal, results).await {
        let is_failure = match &error {
            CliError::View(error) => is_failure(error),
            _ => true,
        };
        for result in results {
            result.comparison = Comparison::Skipped { not_compared: error.to_string(), is_failure };
        }
    }
}

async fn try_to_compare(
    database: &Database,
    journal: &Arc<dyn Journal>,
    results: &mut [MerchantResult],
) -> Result<(), CliError> {
    let views = database.views_to_read().await?;
    let directory = tempfile::tempdir().map_err(CliError::system("cannot create a temporary directory"))?;
    let verification = Verification::in_directory(directory.path(), journal, &views).await?;
    for result in results {
        result.comparison = if result.findings.is_empty() {
            let mut progress = Progress::new("verifying", result.events * Verification::READ_MODEL_COUNT);
            let results = verification.verify(&result.merchant, |events| progress.set(events)).await;
            progress.finish();
            Comparison::ReadModels { read_models: results.into_iter().map(ReadModel::from).collect() }
        } else {
            Comparison::skipped("the journal has findings")
        };
    }
    verification.close().await;
    views.close().await;
    Ok(())
}

pub fn print(results: &[MerchantResult], printer: &mut Printer) {
    let mut table = output::table(&["read model", "merchant", "position", "rows", "different"]);
    for merchant_result in results {
        for ReadModel { projection, result } in merchant_result.comparison.read_models() {
            if let ReadModelResult::Rows { position, rows, different, .. } = result {
                let names = [(*projection).to_owned(), merchant_result.merchant.clone()];
                let numbers = [*position, *rows, *different].map(number);
                table.add_row(names.into_iter().chain(numbers));
            }
        }
    }
    output::align_right(&mut table, &[2, 3, 4]);
    if !table.is_empty() {
        printer.table(&table);
    }
    for merchant_result in results {
        let merchant = &merchant_result.merchant;
        if let Comparison::Skipped { not_compared, .. } = &merchant_result.comparison {
            printer.line(format!("merchant {merchant}: read models not compared: {not_compared}"));
        }
        for ReadModel { projection, result } in merchant_result.comparison.read_models() {
            match result {
                ReadModelResult::Rows { differences, .. } => {
                    for difference in differences {
                        printer.line(format!("merchant {merchant}, {projection}: {difference}"));
                    }
                }
                ReadModelResult::NotCompared { not_compared, .. } => {
                    printer.line(format!("merchant {merchant}, {projection}: not compared: {not_compared}"));
                }
            }
        }
    }
}
