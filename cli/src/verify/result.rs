//! The results of a verification.

use holdfast_journal::Verification;
use holdfast_projections::{VerificationReport, VerificationResult, ViewError};
use serde::Serialize;

use super::checkpoint::JournalEnd;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MerchantResult {
    pub merchant: String,
    pub events: u64,
    pub batches: u64,
    pub outcomes: u64,
    pub findings: Vec<Finding>,
    #[serde(flatten)]
    pub comparison: Comparison,
    /// End of the journal at the start of the verification; `None` if it cannot be read.
    #[serde(skip)]
    pub end: Option<JournalEnd>,
}

#[derive(Debug, Serialize)]
pub struct Finding {
    pub position: u64,
    pub problem: String,
}

impl From<holdfast_journal::Finding> for Finding {
    fn from(finding: holdfast_journal::Finding) -> Self {
        Self { position: finding.position, problem: finding.problem }
    }
}

impl MerchantResult {
    pub fn new(merchant: String, verification: Verification) -> Self {
        Self {
            merchant,
            events: verification.events,
            batches: verification.batches,
            outcomes: verification.outcomes,
            findings: verification.findings.into_iter().map(Finding::from).collect(),
            comparison: Comparison::skipped("only the journal was verified"),
            end: None,
        }
    }
}

/// The result for the read models of a merchant.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Comparison {
    /// The read models were compared, except those that say why not.
    #[serde(rename_all = "camelCase")]
    ReadModels { read_models: Vec<ReadModel> },
    /// No read model was compared.
    #[serde(rename_all = "camelCase")]
    Skipped {
        not_compared: String,
        /// True if the reason is a failure.
        #[serde(skip)]
        is_failure: bool,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadModel {
    pub projection: &'static str,
    #[serde(flatten)]
    pub result: ReadModelResult,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum ReadModelResult {
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

    pub fn read_models(&self) -> &[ReadModel] {
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
pub fn is_failure(error: &ViewError) -> bool {
    !matches!(
        error,
        ViewError::NotInitialized
            | ViewError::Building(_)
            | ViewError::SchemaTooOld { .. }
            | ViewError::SchemaTooNew { .. }
    )
}
