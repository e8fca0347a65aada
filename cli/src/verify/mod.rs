//! `holdfast verify`: prove that every merchant's journal is what was written, and the read models what it says.

mod checkpoint;
mod read_models;

use std::sync::Arc;
use std::time::Duration;

use holdfast_commands::{Clock as _, SystemClock, refusals_kept_since};
use holdfast_domain::values::MerchantId;
use holdfast_journal::{Finding, Journal, JournalError, Verification};
use serde::Serialize;

use self::checkpoint::{Checkpoint, Ended, Flags};
use self::read_models::Compared;
use super::{CliError, Store};
use holdfast_terminal::output::{self, Printer, Progress};

pub use self::checkpoint::CheckpointError;

const EXAMPLES: &str = "\
Examples:
  holdfast verify --database sqlite:./shop
  holdfast verify --database sqlite:./shop --merchant default --json
  holdfast verify --journal-only                                       without the read models
  holdfast verify --checkpoint today.json --signing-key auditor.key    sign where the journals end
  holdfast verify --against today.json                                 prove later that they begin so

The store is only read: a server may run over it meanwhile. What is committed after the start
may be left out.
The journal is proven by its hashes: positions and versions without a gap, every event, batch and
stored answer as it was written. Then it is folded a second time, into a temporary directory that
is removed, and every row of the read models is compared with the row that serves; that takes
several times as long as the journal alone, and as much room as the read models.
Exit status: 0 when everything is as it was written, 1 when something is not, 2 when the store
cannot be read.";

/// A day in seconds.
const DAY: u64 = 86_400;
const ALTERED: u8 = 1;
const UNREADABLE: u8 = 2;

/// What `verify` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    store: Store,
    /// Only this merchant; every merchant of the store where not given.
    #[arg(long, value_name = "MERCHANT", env = "HOLDFAST_MERCHANT")]
    merchant: Option<MerchantId>,
    /// For how many days refusals are kept, 0 to 36500: older ones may be missing. Grants are kept for ever.
    #[arg(long, value_name = "DAYS", env = "HOLDFAST_REFUSALS_KEPT", default_value_t = 90,
          value_parser = clap::value_parser!(u64).range(0..=36_500))]
    refusals_kept: u64,
    #[command(flatten)]
    checkpoint: Flags,
    /// Leave the read models out, which can be folded anew at any time: `holdfast projections rebuild`.
    #[arg(long)]
    journal_only: bool,
    /// Write one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// One merchant's verification.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified {
    merchant: String,
    events: u64,
    batches: u64,
    outcomes: u64,
    findings: Vec<Found>,
    #[serde(flatten)]
    compared: Compared,
    /// Where the journal ended when it began to be verified; nothing where that cannot be read.
    #[serde(skip)]
    ended: Option<Ended>,
}

#[derive(Debug, Serialize)]
struct Found {
    position: u64,
    what: String,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    clean: bool,
    merchants: &'a [Verified],
}

impl Verified {
    fn of(merchant: String, verification: Verification) -> Self {
        let found = |Finding { position, problem }| Found { position, what: problem };
        Self {
            merchant,
            events: verification.events,
            batches: verification.batches,
            outcomes: verification.outcomes,
            findings: verification.findings.into_iter().map(found).collect(),
            compared: Compared::not("only the journal was asked for"),
            ended: None,
        }
    }
}

/// Verifies and gives the exit status.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> u8 {
    let done = until_stopped(verified(arguments)).await.and_then(|all| {
        let status = report(&all, arguments.json, printer)?;
        keep_checkpoint(&all, arguments, printer)?;
        Ok(status)
    });
    match done {
        Ok(status) => status,
        Err(failure) => {
            output::complain(&failure.to_string());
            // What cannot be read because it was not written so is a finding, not an obstacle.
            let altered = matches!(
                failure,
                CliError::Journal(JournalError::Corrupt(_))
                    | CliError::Checkpoint(CheckpointError::Signature(_) | CheckpointError::NotClean)
            );
            match failure {
                _ if altered => ALTERED,
                CliError::Interrupted => failure.status(),
                _ => UNREADABLE,
            }
        }
    }
}

/// What is done, unless the program is told to stop before: what it has made to work in goes with it.
async fn until_stopped<T>(doing: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let stop = crate::stop_signal()?;
    tokio::select! {
        done = doing => done,
        () = stop => Err(CliError::Interrupted),
    }
}

async fn verified(arguments: &Arguments) -> Result<Vec<Verified>, CliError> {
    let database = arguments.store.database()?;
    let journal = database.journal_to_read().await?;
    let mut all = journals(arguments, &journal).await?;
    if !arguments.journal_only {
        read_models::compare(&database, &journal, &mut all).await;
    }
    Ok(all)
}

/// Verifies the journals of those merchants that are asked for.
async fn journals(arguments: &Arguments, journal: &Arc<dyn Journal>) -> Result<Vec<Verified>, CliError> {
    let mut merchants = journal.merchants().await?;
    if let Some(merchant) = &arguments.merchant {
        merchants.retain(|name| name == merchant.as_str());
        if merchants.is_empty() {
            return Err(CliError::UnknownMerchant(merchant.clone()));
        }
    }
    let against = match &arguments.checkpoint.against {
        Some(file) => Some(Checkpoint::kept(file, arguments.checkpoint.public_key.as_deref())?),
        None => None,
    };
    if let (Some(against), None) = (&against, &arguments.merchant) {
        // One that is gone has nothing left that could be verified.
        let gone = against.merchants().filter(|name| !merchants.iter().any(|known| known == name));
        merchants.extend(gone.map(str::to_owned).collect::<Vec<_>>());
    }
    let kept = Duration::from_secs(arguments.refusals_kept * DAY);
    let kept_since = refusals_kept_since(&SystemClock, kept);
    let mut all = Vec::with_capacity(merchants.len());
    for merchant in merchants {
        // A head that cannot be read is a finding, not an obstacle.
        let head = journal.head(&merchant).await.ok();
        let events = head.map_or(0, |head| head.position);
        let mut verified = one(&**journal, merchant, events, kept_since).await?;
        if let Some(against) = &against {
            let differs = against.differs(&**journal, &verified.merchant).await?.into_iter();
            verified
                .findings
                .extend(differs.map(|Finding { position, problem }| Found { position, what: problem }));
        }
        verified.ended = head.map(|head| Ended::at(&verified.merchant, &head));
        all.push(verified);
    }
    Ok(all)
}

async fn one(
    journal: &dyn Journal,
    merchant: String,
    events: u64,
    refusals_kept_since: i64,
) -> Result<Verified, CliError> {
    let mut progress = Progress::new("verifying", events);
    let told = |position| progress.set(position);
    let mut verification = holdfast_journal::verify(journal, &merchant, refusals_kept_since, told).await?;
    progress.finish();
    verification.findings.extend(holdfast_commands::verify_claims(journal, &merchant).await?);
    Ok(Verified::of(merchant, verification))
}

/// Signs where the journals ended, where that is asked for and nothing was found.
fn keep_checkpoint(all: &[Verified], arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let Flags { checkpoint: Some(file), signing_key: Some(key), .. } = &arguments.checkpoint else {
        return Ok(());
    };
    if all.iter().any(|verified| !verified.findings.is_empty() || verified.ended.is_none()) {
        return Err(CheckpointError::NotClean.into());
    }
    let ended = all.iter().filter_map(|verified| verified.ended.clone()).collect();
    let public_key = Checkpoint::new(ended, SystemClock.now()).keep(file, key)?;
    if !arguments.json {
        printer.line(format!("{} is signed; the public key is {public_key}.", file.display()));
    }
    Ok(())
}

/// Verifies one merchant's journal, all refusals included, and gives its number of events; nothing where something
/// is wrong, which is then said.
pub async fn prove(journal: &dyn Journal, merchant: &MerchantId) -> Result<Option<u64>, CliError> {
    let head = journal.head(merchant.as_str()).await?;
    let verified = one(journal, merchant.to_string(), head.position, i64::MIN).await?;
    for found in &verified.findings {
        output::complain(&format!("position {}: {}", found.position, found.what));
    }
    Ok(verified.findings.is_empty().then_some(verified.events))
}

fn report(all: &[Verified], json: bool, printer: &mut Printer) -> Result<u8, CliError> {
    let is_as_written = all.iter().all(|verified| verified.findings.is_empty());
    let are_as_told = all.iter().all(|verified| verified.compared.is_clean());
    let has_obstacle = all.iter().any(|verified| verified.compared.has_obstacle());
    let clean = is_as_written && are_as_told && !has_obstacle;
    let status = match (is_as_written && are_as_told, has_obstacle) {
        (false, _) => ALTERED,
        (true, true) => UNREADABLE,
        (true, false) => 0,
    };
    if json {
        printer.json(&Report { clean, merchants: all })?;
        return Ok(status);
    }
    let mut table = output::table(&["merchant", "events", "batches", "outcomes", "findings"]);
    for one in all {
        let numbers = [one.events, one.batches, one.outcomes, one.findings.len() as u64];
        table.add_row(std::iter::once(one.merchant.clone()).chain(numbers.map(output::number)));
    }
    output::right(&mut table, &[1, 2, 3, 4]);
    printer.table(&table);
    for one in all {
        for found in &one.findings {
            printer.line(format!("merchant {}, position {}: {}", one.merchant, found.position, found.what));
        }
    }
    read_models::show(all, printer);
    let is_whole = all.iter().all(|verified| verified.compared.is_whole());
    printer.line(if clean && is_whole {
        "Everything is as it was written."
    } else if is_as_written && are_as_told {
        "The journal is as it was written; not every read model was compared."
    } else if is_as_written {
        "The journal is as it was written, the read models are not what it says: see holdfast projections rebuild."
    } else {
        "The journal is not what was written: stop writing to it, and compare it with a backup."
    });
    Ok(status)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser as _;
    use holdfast_domain::network::RegisterLocation;

    use super::*;
    use holdfast_api::app::App;
    use holdfast_commands::client::Desk;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    async fn status(directory: &Path, more: &[&str]) -> u8 {
        let database = format!("sqlite:{}", directory.display());
        let line = [&["verify", "--database", &database], more].concat();
        let mut printer = Printer::to(Box::new(std::io::sink()));
        run(&Line::parse_from(line).arguments, &mut printer).await
    }

    async fn a_store(directory: &Path) {
        let app = App::open(directory).await.unwrap();
        let desk = Desk::new(&app.commands, &MerchantId::new("default").unwrap(), "test");
        for name in ["L1", "L2"] {
            let fields = serde_json::json!({ "location": name, "latitude": 1.0, "longitude": 2.0 });
            let command: RegisterLocation = serde_json::from_value(fields).unwrap();
            desk.send(name, command).await.unwrap();
        }
        assert!(app.shutdown().await);
    }

    fn change_an_event(directory: &Path) {
        let connection = rusqlite::Connection::open(directory.join("journal.db")).unwrap();
        let change = "UPDATE event SET payload = replace(payload, 'L2', 'L3') WHERE position = 2";
        assert_eq!(connection.execute(change, []).unwrap(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_store_as_it_was_written_gives_status_0() {
        let directory = tempfile::tempdir().unwrap();
        a_store(directory.path()).await;
        assert_eq!(status(directory.path(), &[]).await, 0);
        assert_eq!(status(directory.path(), &["--merchant", "default", "--json"]).await, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_changed_event_gives_status_1() {
        let directory = tempfile::tempdir().unwrap();
        a_store(directory.path()).await;
        change_an_event(directory.path());
        assert_eq!(status(directory.path(), &["--json"]).await, ALTERED);
    }

    fn change_views(directory: &Path, change: &str) {
        let connection = rusqlite::Connection::open(directory.join("views.db")).unwrap();
        assert_eq!(connection.execute(change, []).unwrap(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_changed_row_of_a_read_model_gives_status_1_unless_only_the_journal_is_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        a_store(directory.path()).await;
        let insert =
            "INSERT INTO paused_location (merchant, generation, location) VALUES ('default', 1, 'L1')";
        change_views(directory.path(), insert);
        assert_eq!(status(directory.path(), &["--json"]).await, ALTERED);
        assert_eq!(status(directory.path(), &["--journal-only"]).await, 0);
        change_views(directory.path(), "DELETE FROM paused_location");
        assert_eq!(status(directory.path(), &[]).await, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn read_models_that_are_not_there_are_no_obstacle() {
        let directory = tempfile::tempdir().unwrap();
        a_store(directory.path()).await;
        change_views(directory.path(), "UPDATE generation SET version = 1 WHERE projection = 'availability'");
        assert_eq!(status(directory.path(), &[]).await, 0, "a server of this version builds another");
        let insert =
            "INSERT INTO command_link (merchant, generation, last_position, first_position, correlation_id)
                      VALUES ('default', 1, 1, 1, 'x')";
        change_views(directory.path(), insert);
        assert_eq!(status(directory.path(), &[]).await, ALTERED, "the others are compared all the same");
        std::fs::remove_file(directory.path().join("views.db")).unwrap();
        assert_eq!(status(directory.path(), &[]).await, 0);
        assert!(!directory.path().join("views.db").exists(), "none were made");
        std::fs::write(directory.path().join("views.db"), "no database".repeat(1_000)).unwrap();
        assert_eq!(status(directory.path(), &[]).await, UNREADABLE);
        change_an_event(directory.path());
        assert_eq!(
            status(directory.path(), &[]).await,
            ALTERED,
            "what was found of the journal is not lost by it"
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_merchant_whose_head_was_removed_is_not_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        a_store(directory.path()).await;
        let connection = rusqlite::Connection::open(directory.path().join("journal.db")).unwrap();
        assert_eq!(connection.execute("DELETE FROM journal_head", []).unwrap(), 1);
        drop(connection);
        assert_eq!(status(directory.path(), &[]).await, ALTERED);
        assert_eq!(status(directory.path(), &["--merchant", "default"]).await, ALTERED);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_checkpoint_proves_later_that_the_journal_still_begins_so() {
        let directory = tempfile::tempdir().unwrap();
        a_store(directory.path()).await;
        let file = |name: &str| directory.path().join(name).display().to_string();
        let (kept, key) = (file("kept.json"), file("auditor.key"));
        let sign = ["--checkpoint", &kept, "--signing-key", &key];
        assert_eq!(status(directory.path(), &sign).await, 0);
        let written: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&kept).unwrap()).unwrap();
        assert_eq!(written["checkpoint"]["merchants"][0]["position"], 2);
        let public_key = written["publicKey"].as_str().unwrap().to_owned();
        let against = ["--against", &kept, "--public-key", &public_key];
        assert_eq!(status(directory.path(), &against).await, 0);

        // It goes on, and begins as it did.
        let app = App::open(directory.path()).await.unwrap();
        let desk = Desk::new(&app.commands, &MerchantId::new("default").unwrap(), "test");
        let fields = serde_json::json!({ "location": "L3", "latitude": 1.0, "longitude": 2.0 });
        let command: RegisterLocation = serde_json::from_value(fields).unwrap();
        desk.send("L3", command).await.unwrap();
        assert!(app.shutdown().await);
        assert_eq!(status(directory.path(), &against).await, 0);

        // Another history, which is in order by itself.
        let other = tempfile::tempdir().unwrap();
        a_store(other.path()).await;
        assert_eq!(status(other.path(), &against).await, ALTERED);
        let nothing = tempfile::tempdir().unwrap();
        App::open(nothing.path()).await.unwrap().shutdown().await;
        assert_eq!(status(nothing.path(), &against).await, ALTERED, "it ends before the checkpoint");

        // What was signed was changed, or somebody else has signed it.
        let text = std::fs::read_to_string(&kept).unwrap();
        std::fs::write(&kept, text.replace("\"position\": 2", "\"position\": 1")).unwrap();
        assert_eq!(status(directory.path(), &against).await, ALTERED);
        let (theirs, their_key) = (file("theirs.json"), file("their.key"));
        let sign = ["--checkpoint", &theirs, "--signing-key", &their_key];
        assert_eq!(status(directory.path(), &sign).await, 0);
        assert_eq!(status(directory.path(), &["--against", &theirs]).await, 0);
        let named = ["--against", &theirs, "--public-key", &public_key];
        assert_eq!(status(directory.path(), &named).await, ALTERED);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_changed_is_not_signed() {
        let directory = tempfile::tempdir().unwrap();
        a_store(directory.path()).await;
        change_an_event(directory.path());
        let (kept, key) = (directory.path().join("kept.json"), directory.path().join("auditor.key"));
        let names = [kept.display().to_string(), key.display().to_string()];
        let sign = ["--checkpoint", &names[0], "--signing-key", &names[1]];
        assert_eq!(status(directory.path(), &sign).await, ALTERED);
        assert!(!kept.exists() && !key.exists());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_store_or_no_such_merchant_gives_status_2() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(status(&directory.path().join("nowhere"), &[]).await, UNREADABLE);
        a_store(directory.path()).await;
        assert_eq!(status(directory.path(), &["--merchant", "nobody"]).await, UNREADABLE);
    }
}
