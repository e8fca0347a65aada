//! Whether the read models are what the journal says.

use std::sync::Arc;

use holdfast_journal::Journal;
use holdfast_projections::{Proof, Refold, ViewError};
use serde::Serialize;

use super::Verified;
use crate::cli::CliError;
use crate::cli::output::{self, Printer, Progress, number};
use crate::database::Database;

/// What is known of a merchant's read models.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Compared {
    /// Each was compared with a second fold of the journal.
    #[serde(rename_all = "camelCase")]
    Rows {
        /// What was found of each.
        read_models: Vec<ReadModel>,
    },
    /// They were not compared.
    #[serde(rename_all = "camelCase")]
    Not {
        /// Why.
        not_compared: String,
    },
}

/// What was found of a read model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadModel {
    projection: &'static str,
    position: u64,
    rows: u64,
    different: u64,
    differences: Vec<String>,
}

impl From<Proof> for ReadModel {
    fn from(proof: Proof) -> Self {
        let Proof { projection, position, rows, different, differences } = proof;
        Self { projection, position, rows, different, differences }
    }
}

impl Compared {
    /// They were not looked at.
    pub fn not(why: &(impl ToString + ?Sized)) -> Self {
        Self::Not { not_compared: why.to_string() }
    }

    fn read_models(&self) -> &[ReadModel] {
        match self {
            Self::Rows { read_models } => read_models,
            Self::Not { .. } => &[],
        }
    }

    /// Whether nothing was found that is not what the journal says.
    pub fn is_clean(&self) -> bool {
        self.read_models().iter().all(|one| one.different == 0)
    }
}

/// Compares the read models of merchants whose journal is what was written.
pub async fn compare(
    database: &Database,
    journal: &Arc<dyn Journal>,
    all: &mut [Verified],
) -> Result<(), CliError> {
    let views = match database.views_to_read().await {
        Ok(views) => views,
        Err(error) => {
            let why = not_there(error)?;
            for verified in all {
                verified.compared = Compared::not(&why);
            }
            return Ok(());
        }
    };
    let directory = tempfile::tempdir().map_err(CliError::system("a temporary directory cannot be made"))?;
    let refold = Refold::into_directory(directory.path(), journal, &views).await?;
    for verified in all {
        verified.compared = if verified.findings.is_empty() {
            let mut progress = Progress::new("folding", verified.events * Refold::READ_MODELS);
            let proofs = refold.prove(&verified.merchant, |events| progress.set(events)).await;
            progress.finish();
            match proofs {
                Ok(proofs) => {
                    Compared::Rows { read_models: proofs.into_iter().map(ReadModel::from).collect() }
                }
                Err(error) => Compared::not(&not_there(error)?),
            }
        } else {
            Compared::not("the journal that they are folded from is not what was written")
        };
    }
    refold.close().await;
    views.close().await;
    Ok(())
}

/// Why there is nothing to be compared; anything else is an obstacle.
fn not_there(error: ViewError) -> Result<ViewError, ViewError> {
    match error {
        ViewError::Missing
        | ViewError::Building(_)
        | ViewError::SchemaTooOld { .. }
        | ViewError::SchemaTooNew { .. } => Ok(error),
        other => Err(other),
    }
}

/// Prints what was found.
pub fn show(all: &[Verified], printer: &mut Printer) {
    let mut table = output::table(&["read model", "merchant", "position", "rows", "different"]);
    for one in all {
        for found in one.compared.read_models() {
            let names = [found.projection.to_owned(), one.merchant.clone()];
            let numbers = [found.position, found.rows, found.different].map(number);
            table.add_row(names.into_iter().chain(numbers));
        }
    }
    output::right(&mut table, &[2, 3, 4]);
    if !table.is_empty() {
        printer.table(&table);
    }
    for one in all {
        let merchant = &one.merchant;
        if let Compared::Not { not_compared } = &one.compared {
            printer.line(format!("merchant {merchant}: read models were not compared: {not_compared}"));
        }
        for found in one.compared.read_models() {
            for difference in &found.differences {
                printer.line(format!("merchant {merchant}, {}: {difference}", found.projection));
            }
        }
    }
}
