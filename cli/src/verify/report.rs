//! The report of a verification.

use holdfast_terminal::output::{self, Printer};
use serde::Serialize;

use super::read_models;
use super::result::{Finding, MerchantResult};
use crate::error::CliError;

/// Exit status if something was changed.
pub const CHANGED: u8 = 1;
/// Exit status if the store cannot be read.
pub const UNREADABLE: u8 = 2;

#[derive(Debug, Serialize)]
struct Report<'a> {
    clean: bool,
    merchants: &'a [MerchantResult],
}

/// Prints the results and returns the exit status.
pub fn print(results: &[MerchantResult], json: bool, printer: &mut Printer) -> Result<u8, CliError> {
    let journal_intact = results.iter().all(|result| result.findings.is_empty());
    let read_models_match = results.iter().all(|result| result.comparison.is_clean());
    let has_failed = results.iter().any(|result| result.comparison.has_failed());
    let clean = journal_intact && read_models_match && !has_failed;
    let status = match (journal_intact && read_models_match, has_failed) {
        (false, _) => CHANGED,
        (true, true) => UNREADABLE,
        (true, false) => 0,
    };
    if json {
        printer.json(&Report { clean, merchants: results })?;
        return Ok(status);
    }
    let mut table = output::table(&["merchant", "events", "batches", "outcomes", "findings"]);
    for result in results {
        let numbers = [result.events, result.batches, result.outcomes, result.findings.len() as u64];
        table.add_row(std::iter::once(result.merchant.clone()).chain(numbers.map(output::number)));
    }
    output::align_right(&mut table, &[1, 2, 3, 4]);
    printer.table(&table);
    for result in results {
        for Finding { position, problem } in &result.findings {
            printer.line(format!("merchant {}, position {position}: {problem}", result.merchant));
        }
    }
    read_models::print(results, printer);
    let is_complete = results.iter().all(|result| result.comparison.is_complete());
    printer.line(if clean && is_complete {
        "Verified: the journal is unchanged, and the read models match it."
    } else if journal_intact && read_models_match {
        "Verified: the journal is unchanged. Not every read model was compared."
    } else if journal_intact {
        "The journal is unchanged, but read models do not match it: run holdfast projections rebuild."
    } else {
        "The journal was changed: stop writing to it, and compare it with a backup."
    });
    Ok(status)
}
