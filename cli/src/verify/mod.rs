//! `holdfast verify`: verifies that every merchant's journal is unchanged and that the read models match it.

mod checkpoint;
mod error;
mod read_models;
mod report;
mod result;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use holdfast_commands::{Clock as _, SystemClock, refusals_kept_since};
use holdfast_domain::values::MerchantId;
use holdfast_journal::{Journal, JournalError};
use holdfast_terminal::output::{self, Printer, Progress};

use self::checkpoint::{Checkpoint, CheckpointArguments, JournalEnd};
use self::report::{CHANGED, UNREADABLE};
use self::result::{Finding, MerchantResult};
use crate::Store;
use crate::error::CliError;

pub use self::error::CheckpointError;

const EXAMPLES: &str = "\
Examples:
  holdfast verify --database sqlite:./shop
  holdfast verify --database sqlite:./shop --merchant default --json
  holdfast verify --journal-only                                       without the read models
  holdfast verify --checkpoint today.json --signing-key auditor.key    sign the ends of the journals
  holdfast verify --against today.json                                 later: prove that they are unchanged

The command only reads: a server may use the store at the same time. Events that are committed after
the start may not be included.
The journal is verified by its hashes: positions and versions have no gaps, and every event, batch
and stored answer is unchanged. Then the read models are computed a second time, in a temporary
directory that is removed, and every row is compared with the active build. That takes several times
as long as verifying the journal, and as much disk space as the read models.
Exit status: 0 if everything is intact, 1 if something was changed, 2 if the store cannot be read.";

const SECONDS_PER_DAY: u64 = 86_400;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    /// Only this merchant. Default: all merchants.
    #[arg(long, value_name = "MERCHANT", env = "HOLDFAST_MERCHANT")]
    merchant: Option<MerchantId>,
    /// Days for which refusals are stored, 0 to 36500; older refusals may be missing. Outcomes of accepted commands are stored
    /// permanently.
    #[arg(long, value_name = "DAYS", env = "HOLDFAST_REFUSALS_KEPT", default_value_t = 90,
          value_parser = clap::value_parser!(u64).range(0..=36_500))]
    refusals_kept: u64,
    #[command(flatten)]
    checkpoint: CheckpointArguments,
    /// Do not verify the read models, which can be rebuilt at any time: `holdfast projections rebuild`.
    #[arg(long)]
    journal_only: bool,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// Verifies the store, prints the results and returns the exit status.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> u8 {
    let result = until_stopped(verify(arguments)).await.and_then(|results| {
        let status = report::print(&results, arguments.json, printer)?;
        write_checkpoint(&results, arguments, printer)?;
        Ok(status)
    });
    match result {
        Ok(status) => status,
        Err(error) => {
            output::print_error(&error.to_string());
            // A store that cannot be decoded was changed; that is a finding.
            let is_changed = matches!(
                error,
                CliError::Journal(JournalError::Corrupt(_))
                    | CliError::Checkpoint(CheckpointError::Signature(_) | CheckpointError::NotClean)
            );
            match error {
                _ if is_changed => CHANGED,
                CliError::Interrupted => error.status(),
                _ => UNREADABLE,
            }
        }
    }
}

/// Drops the work if a signal stops the program, which also removes its temporary files.
async fn until_stopped<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let stop = crate::stop_signal()?;
    tokio::select! {
        result = work => result,
        () = stop => Err(CliError::Interrupted),
    }
}

async fn verify(arguments: &Arguments) -> Result<Vec<MerchantResult>, CliError> {
    let database = arguments.store.database()?;
    let journal = database.journal_to_read().await?;
    let mut results = verify_journals(arguments, &journal).await?;
    if !arguments.journal_only {
        read_models::compare(&database, &journal, &mut results).await;
    }
    Ok(results)
}

/// Verifies the journals of the selected merchants.
async fn verify_journals(
    arguments: &Arguments,
    journal: &Arc<dyn Journal>,
) -> Result<Vec<MerchantResult>, CliError> {
    let mut merchants = journal.merchants().await?;
    if let Some(merchant) = &arguments.merchant {
        merchants.retain(|name| name == merchant.as_str());
        if merchants.is_empty() {
            return Err(CliError::UnknownMerchant(merchant.clone()));
        }
    }
    let against = match &arguments.checkpoint.against {
        Some(file) => Some(Checkpoint::read(file, arguments.checkpoint.public_key.as_deref())?),
        None => None,
    };
    if let (Some(against), None) = (&against, &arguments.merchant) {
        // A merchant whose journal was removed completely would not be noticed otherwise.
        let removed = against.merchants().filter(|name| !merchants.iter().any(|known| known == name));
        merchants.extend(removed.map(str::to_owned).collect::<Vec<_>>());
    }
    let retention = Duration::from_secs(arguments.refusals_kept * SECONDS_PER_DAY);
    let kept_since = refusals_kept_since(&SystemClock, retention);
    let mut results = Vec::with_capacity(merchants.len());
    for merchant in merchants {
        // An unreadable head is reported as a finding by the verification.
        let head = journal.head(&merchant).await.ok();
        let events = head.map_or(0, |head| head.position);
        let mut result = verify_journal(&**journal, merchant, events, kept_since).await?;
        if let Some(against) = &against {
            let differences = against.differences(&**journal, &result.merchant).await?;
            result.findings.extend(differences.into_iter().map(Finding::from));
        }
        result.end = head.map(|head| JournalEnd::new(&result.merchant, &head));
        results.push(result);
    }
    Ok(results)
}

async fn verify_journal(
    journal: &dyn Journal,
    merchant: String,
    events: u64,
    refusals_kept_since: i64,
) -> Result<MerchantResult, CliError> {
    let mut progress = Progress::new("verifying", events);
    let report_progress = |position| progress.set(position);
    let mut verification =
        holdfast_journal::verify(journal, &merchant, refusals_kept_since, report_progress).await?;
    progress.finish();
    verification.findings.extend(holdfast_commands::verify_claims(journal, &merchant).await?);
    Ok(MerchantResult::new(merchant, verification))
}

/// Writes a signed checkpoint, if requested and if there are no findings.
fn write_checkpoint(
    results: &[MerchantResult],
    arguments: &Arguments,
    printer: &mut Printer,
) -> Result<(), CliError> {
    let CheckpointArguments { checkpoint: Some(file), signing_key: Some(key), .. } = &arguments.checkpoint
    else {
        return Ok(());
    };
    if results.iter().any(|result| !result.findings.is_empty() || result.end.is_none()) {
        return Err(CheckpointError::NotClean.into());
    }
    let ends = results.iter().filter_map(|result| result.end.clone()).collect();
    let public_key = Checkpoint::new(ends, SystemClock.now()).write(file, key)?;
    if !arguments.json {
        printer.line(format!("Signed checkpoint {}; public key {public_key}.", file.display()));
    }
    Ok(())
}

/// Verifies the journal of one merchant, including all rejections. Returns the number of events; prints the findings and
/// returns `None` if there are any.
pub async fn verified_events(journal: &dyn Journal, merchant: &MerchantId) -> Result<Option<u64>, CliError> {
    let head = journal.head(merchant.as_str()).await?;
    let result = verify_journal(journal, merchant.to_string(), head.position, i64::MIN).await?;
    for finding in &result.findings {
        output::print_error(&format!("position {}: {}", finding.position, finding.problem));
    }
    Ok(result.findings.is_empty().then_some(result.events))
}
