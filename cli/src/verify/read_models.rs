//! Whether the read models are what the journal says.

use std::sync::Arc;

use holdfast_journal::Journal;
use holdfast_projections::{Verification, VerificationReport, VerificationResult, ViewError};
use serde::Serialize;

use super::Verified;
use crate::CliError;
use holdfast_api::database::Database;
use holdfast_terminal::output::{self, Printer, Progress, number};

/// What is known of a merchant's read models.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Compared {
    /// Each was compared with a second fold of the journal, unless it says otherwise.
    #[serde(rename_all = "camelCase")]
    ReadModels {
        /// What was found of each.
        read_models: Vec<ReadModel>,
    },
    /// None of them was compared.
    #[serde(rename_all = "camelCase")]
    Not {
        /// Why.
        not_compared: String,
        /// Whether they should have been.
        #[serde(skip)]
        is_obstacle: bool,
    },
}

/// What was found of a read model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadModel {
    projection: &'static str,
    #[serde(flatten)]
    found: Found,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
enum Found {
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
        is_obstacle: bool,
    },
}

impl From<VerificationResult> for ReadModel {
    fn from(VerificationResult { projection, result }: VerificationResult) -> Self {
        let found = match result {
            Ok(VerificationReport { position, rows, different, differences }) => {
                Found::Rows { position, rows, different, differences }
            }
            Err(error) => {
                Found::NotCompared { not_compared: error.to_string(), is_obstacle: is_obstacle(&error) }
            }
        };
        Self { projection, found }
    }
}

impl Compared {
    /// They were not looked at, and need not be.
    pub fn not(why: &str) -> Self {
        Self::Not { not_compared: why.to_owned(), is_obstacle: false }
    }

    fn read_models(&self) -> &[ReadModel] {
        match self {
            Self::ReadModels { read_models } => read_models,
            Self::Not { .. } => &[],
        }
    }

    /// Whether nothing was found that is not what the journal says.
    pub fn is_clean(&self) -> bool {
        self.read_models().iter().all(|one| !matches!(one.found, Found::Rows { different: 1.., .. }))
    }

    /// Whether something could not be compared that should have been.
    pub fn has_obstacle(&self) -> bool {
        let one_has = |one: &ReadModel| matches!(one.found, Found::NotCompared { is_obstacle: true, .. });
        matches!(self, Self::Not { is_obstacle: true, .. }) || self.read_models().iter().any(one_has)
    }

    /// Whether every read model was compared.
    pub fn is_whole(&self) -> bool {
        let is_compared = |one: &ReadModel| matches!(one.found, Found::Rows { .. });
        matches!(self, Self::ReadModels { read_models } if read_models.iter().all(is_compared))
    }
}

/// Whether it is something that should not be so. A read model that is not there yet is none.
fn is_obstacle(error: &ViewError) -> bool {
    !matches!(
        error,
        ViewError::NotInitialized
            | ViewError::Building(_)
            | ViewError::SchemaTooOld { .. }
            | ViewError::SchemaTooNew { .. }
    )
}

/// Compares the read models of merchants whose journal is what was written. What keeps them from being compared is told with
/// them: what was found of the journals is not lost by it.
pub async fn compare(database: &Database, journal: &Arc<dyn Journal>, all: &mut [Verified]) {
    if let Err(error) = try_to_compare(database, journal, all).await {
        let is_obstacle = match &error {
            CliError::View(error) => is_obstacle(error),
            _ => true,
        };
        for verified in all {
            verified.compared = Compared::Not { not_compared: error.to_string(), is_obstacle };
        }
    }
}

async fn try_to_compare(
    database: &Database,
    journal: &Arc<dyn Journal>,
    all: &mut [Verified],
) -> Result<(), CliError> {
    let views = database.views_to_read().await?;
    let directory = tempfile::tempdir().map_err(CliError::system("a temporary directory cannot be made"))?;
    let verification = Verification::in_directory(directory.path(), journal, &views).await?;
    for verified in all {
        verified.compared = if verified.findings.is_empty() {
            let mut progress = Progress::new("folding", verified.events * Verification::READ_MODEL_COUNT);
            let results = verification.verify(&verified.merchant, |events| progress.set(events)).await;
            progress.finish();
            Compared::ReadModels { read_models: results.into_iter().map(ReadModel::from).collect() }
        } else {
            Compared::not("the journal that they are folded from is not what was written")
        };
    }
    verification.close().await;
    views.close().await;
    Ok(())
}

/// Prints what was found.
pub fn show(all: &[Verified], printer: &mut Printer) {
    let mut table = output::table(&["read model", "merchant", "position", "rows", "different"]);
    for one in all {
        for ReadModel { projection, found } in one.compared.read_models() {
            if let Found::Rows { position, rows, different, .. } = found {
                let names = [(*projection).to_owned(), one.merchant.clone()];
                let numbers = [*position, *rows, *different].map(number);
                table.add_row(names.into_iter().chain(numbers));
            }
        }
    }
    output::right(&mut table, &[2, 3, 4]);
    if !table.is_empty() {
        printer.table(&table);
    }
    for one in all {
        let merchant = &one.merchant;
        if let Compared::Not { not_compared, .. } = &one.compared {
            printer.line(format!("merchant {merchant}: read models were not compared: {not_compared}"));
        }
        for ReadModel { projection, found } in one.compared.read_models() {
            match found {
                Found::Rows { differences, .. } => {
                    for difference in differences {
                        printer.line(format!("merchant {merchant}, {projection}: {difference}"));
                    }
                }
                Found::NotCompared { not_compared, .. } => {
                    printer.line(format!(
                        "merchant {merchant}, {projection}: it was not compared: {not_compared}"
                    ));
                }
            }
        }
    }
}
