//! Comparison of the read models with a second computation from the journal.

use std::sync::Arc;

use holdfast_api::database::Database;
use holdfast_journal::Journal;
use holdfast_projections::{Verification, VerificationReport, VerificationResult, ViewError};
use holdfast_terminal::output::{self, Printer, Progress, number};
use serde::Serialize;

use super::MerchantResult;
use crate::error::CliError;

/// The result for the read models of a merchant.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Comparison {
    /// The read models were compared, except those that say why not.
    #[serde(rename_all = "camelCase")]
    ReadModels {
        /// The results, one per read model.
        read_models: Vec<ReadModel>,
    },
    /// No read model was compared.
    #[serde(rename_all = "camelCase")]
    Skipped {
        /// The reason.
        not_compared: String,
        /// True if the reason is a failure.
        #[serde(skip)]
        is_failure: bool,
    },
}

/// The result for one read model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadModel {
    projection: &'static str,
    #[serde(flatten)]
    result: ReadModelResult,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
enum ReadModelResult {
    Rows {
        position: u64,
        rows: u64,
        different: u64,
        differences: Vec<String>,
    },
    #[serde(rename_all = "camelCase")]
    NotCompared {
        not_compared: String,
        #[serde(skip)]
        is_failure: bool,
    },
}

impl From<VerificationResult> for ReadModel {
    fn from(VerificationResult { projection, result }: VerificationResult) -> Self {
        let result = match result {
            Ok(VerificationReport { position, rows, different, differences }) => {
                ReadModelResult::Rows { position, rows, different, differences }
            }
            Err(error) => ReadModelResult::NotCompared {
                not_compared: error.to_string(),
                is_failure: is_failure(&error),
            },
        };
        Self { projection, result }
    }
}

impl Comparison {
    /// The read models were not compared, which is not a failure.
    pub fn skipped(reason: &str) -> Self {
        Self::Skipped { not_compared: reason.to_owned(), is_failure: false }
    }

    fn read_models(&self) -> &[ReadModel] {
        match self {
            Self::ReadModels { read_models } => read_models,
            Self::Skipped { .. } => &[],
        }
    }

    /// True if no difference was found.
    pub fn is_clean(&self) -> bool {
        self.read_models()
            .iter()
            .all(|one| !matches!(one.result, ReadModelResult::Rows { different: 1.., .. }))
    }

    /// True if a comparison failed.
    pub fn has_failed(&self) -> bool {
        let failed =
            |one: &ReadModel| matches!(one.result, ReadModelResult::NotCompared { is_failure: true, .. });
        matches!(self, Self::Skipped { is_failure: true, .. }) || self.read_models().iter().any(failed)
    }

    /// True if every read model was compared.
    pub fn is_complete(&self) -> bool {
        let is_compared = |one: &ReadModel| matches!(one.result, ReadModelResult::Rows { .. });
        matches!(self, Self::ReadModels { read_models } if read_models.iter().all(is_compared))
    }
}

/// True if the error is a failure. A read model that does not exist yet is not a failure.
fn is_failure(error: &ViewError) -> bool {
    !matches!(
        error,
        ViewError::NotInitialized
            | ViewError::Building(_)
            | ViewError::SchemaTooOld { .. }
            | ViewError::SchemaTooNew { .. }
    )
}

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

/// Prints the results.
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
