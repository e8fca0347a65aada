//! `holdfast projections`: status of the read models; rebuild, verify, roll back.

use std::sync::Arc;
use std::time::Duration;

use holdfast_journal::Journal;
use holdfast_projections::{
    Generation, GenerationState, ProjectionManager, Projections, ViewError, ViewStore,
};
use holdfast_terminal::output::{self, Printer, Progress};
use serde::Serialize;
use uuid::Uuid;

use crate::Store;
use crate::error::CliError;

const EXAMPLES: &str = "\
Examples:
  holdfast projections list --database sqlite:./shop
  holdfast projections rebuild order_status --database sqlite:./shop
  holdfast projections rebuild --compare      all read models; activate each only if no row differs
  holdfast projections verify order_status availability

A server may use the store at the same time: it answers queries from the active build until the new one
is complete. The next server or command continues an interrupted rebuild.
Exit status: 0 for success, 1 if a build failed or differs.";

/// Interval between looks at the progress of a build.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How long a list waits for each read model to catch up.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(1);
/// Exit status if a build differs or failed.
const BUILD_FAILED: u8 = 1;

/// The action on the read models.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List the builds of each read model, with their positions per merchant.
    List(Common),
    /// Rebuild read models next to the active builds, then replace those.
    Rebuild {
        #[command(flatten)]
        common: Common,
        /// Names of the read models. Default: all.
        names: Vec<String>,
        /// Activate a build only if none of its rows differs from the active build.
        #[arg(long)]
        compare: bool,
    },
    /// Compute the read models a second time and compare every row with the active build.
    Verify {
        #[command(flatten)]
        common: Common,
        /// Names of the read models. Default: all.
        names: Vec<String>,
    },
    /// Return to the previous build.
    Rollback {
        #[command(flatten)]
        common: Common,
        /// Name of the read model.
        name: String,
    },
    /// Retry parked streams, whose events could not be applied.
    Retry {
        #[command(flatten)]
        common: Common,
        /// Names of the read models. Default: all.
        names: Vec<String>,
    },
    /// Delete an inactive build.
    Drop {
        #[command(flatten)]
        common: Common,
        /// Name of the read model.
        name: String,
        /// Number of the build, as `list` shows it.
        generation: i64,
    },
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Common {
    #[command(flatten)]
    store: Store,
    /// Print JSON, one object per line, instead of tables.
    #[arg(long)]
    json: bool,
}

/// An open store whose read models are kept up to date while the command runs.
struct OpenStore {
    journal: Arc<dyn Journal>,
    views: ViewStore,
    projections: Projections,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BuildResult {
    projection: &'static str,
    generation: i64,
    state: &'static str,
    compared_rows: Option<i64>,
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BuildStatus {
    projection: &'static str,
    merchant: String,
    generation: i64,
    state: &'static str,
    position: u64,
    head: u64,
    parked: u64,
    halted: Option<String>,
}

/// Runs an action and returns the exit status.
pub async fn run(action: Action, printer: &mut Printer) -> Result<u8, CliError> {
    let common = match &action {
        Action::List(common)
        | Action::Rebuild { common, .. }
        | Action::Verify { common, .. }
        | Action::Rollback { common, .. }
        | Action::Retry { common, .. }
        | Action::Drop { common, .. } => common,
    };
    let json = common.json;
    let open = OpenStore::open(&common.store).await?;
    let result = open.run(action, json, printer).await;
    open.close().await;
    result
}

impl OpenStore {
    async fn open(store: &Store) -> Result<Self, CliError> {
        let database = store.database()?;
        let journal = database.journal_to_read().await?;
        let views = database.views().await?;
        let node = format!("cli-{}", Uuid::now_v7());
        let projections = Projections::start(&journal, &views, &journal.commits(), &node).await?;
        Ok(Self { journal, views, projections })
    }

    async fn close(self) {
        self.projections.shutdown().await;
        self.views.close().await;
        self.journal.close().await;
    }

    async fn run(&self, action: Action, json: bool, printer: &mut Printer) -> Result<u8, CliError> {
        match action {
            Action::List(_) => self.list(json, printer).await.map(|()| 0),
            Action::Rebuild { names, compare, .. } => {
                let builds =
                    self.start_builds(&names, async |manager| manager.rebuild(compare).await).await?;
                self.wait_for_builds(builds, "rebuilding", json, printer).await
            }
            Action::Verify { names, .. } => {
                let builds = self.start_builds(&names, async |manager| manager.check().await).await?;
                self.wait_for_builds(builds, "verifying", json, printer).await
            }
            Action::Rollback { name, .. } => {
                let manager = self.manager(&name)?;
                let all = self.projections.progress().generations(manager.name());
                let active = all.iter().find(|known| known.state == GenerationState::Serving);
                let from = active.map_or(0, |active| active.number);
                let generation = manager.roll_back(from).await?;
                printer.line(format!("{name}: build {generation} is active again."));
                Ok(0)
            }
            Action::Retry { names, .. } => {
                for manager in self.managers(&names)? {
                    let retried = manager.retry().await?;
                    let (name, applied, parked) = (manager.name(), retried.folded, retried.parked);
                    printer.line(format!("{name}: {applied} streams applied, {parked} still parked."));
                }
                Ok(0)
            }
            Action::Drop { name, generation, .. } => {
                self.manager(&name)?.remove(generation).await?;
                printer.line(format!("{name}: build {generation} is being deleted."));
                Ok(0)
            }
        }
    }

    fn manager(&self, name: &str) -> Result<Arc<dyn ProjectionManager>, CliError> {
        let found = self.projections.managers().into_iter().find(|manager| manager.name() == name);
        found.ok_or_else(|| ViewError::InvalidGeneration(format!("read model {name} does not exist")).into())
    }

    fn managers(&self, names: &[String]) -> Result<Vec<Arc<dyn ProjectionManager>>, CliError> {
        if names.is_empty() {
            return Ok(self.projections.managers());
        }
        names.iter().map(|name| self.manager(name)).collect()
    }

    /// Starts a build of each read model; returns names and build numbers.
    async fn start_builds(
        &self,
        names: &[String],
        start: impl AsyncFn(&dyn ProjectionManager) -> Result<i64, ViewError>,
    ) -> Result<Vec<(&'static str, i64)>, CliError> {
        let mut builds = Vec::new();
        for manager in self.managers(names)? {
            builds.push((manager.name(), start(&*manager).await?));
        }
        Ok(builds)
    }

    /// Waits until the builds are complete, and prints their results.
    async fn wait_for_builds(
        &self,
        builds: Vec<(&'static str, i64)>,
        label: &'static str,
        json: bool,
        printer: &mut Printer,
    ) -> Result<u8, CliError> {
        let heads = self.journal.heads().await?;
        let events: u64 = heads.iter().map(|(_, head)| head.position).sum();
        let mut progress = Progress::new(label, events * builds.len() as u64);
        let mut status = 0;
        let mut pending = builds.clone();
        while !pending.is_empty() {
            let positions = builds.iter().flat_map(|(name, number)| {
                let states = self.projections.progress().generation_states(name);
                states
                    .into_iter()
                    .filter(move |(_, build)| build.generation == *number)
                    .map(|(_, build)| build.position)
            });
            progress.set(positions.sum::<u64>().min(events * builds.len() as u64));
            let mut unfinished = Vec::new();
            for (name, number) in pending {
                let all = self.projections.progress().generations(name);
                match all.into_iter().find(|known| known.number == number) {
                    Some(known) if !known.state.is_building() => {
                        status = status.max(u8::from(known.problem.is_some()) * BUILD_FAILED);
                        print_result(name, known, json, printer)?;
                    }
                    _ => unfinished.push((name, number)),
                }
            }
            pending = unfinished;
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        progress.finish();
        Ok(status)
    }

    async fn list(&self, json: bool, printer: &mut Printer) -> Result<(), CliError> {
        let headings =
            ["projection", "merchant", "build", "state", "position", "head", "behind", "parked", "problem"];
        let mut table = output::table(&headings);
        let progress = self.projections.progress();
        for (merchant, head) in self.journal.heads().await? {
            for manager in self.projections.managers() {
                // A read model that is far behind is listed with its current position.
                let _ = progress.wait_for(manager.name(), &merchant, head.position, CATCH_UP_TIMEOUT).await;
            }
            for name in self.projections.managers().iter().map(|manager| manager.name()) {
                for known in progress.generations(name) {
                    let builds = progress.generation_states(name);
                    let own = builds
                        .into_iter()
                        .find(|(owner, build)| *owner == merchant && build.generation == known.number);
                    let build = own.map(|(_, build)| build).unwrap_or_default();
                    let status = BuildStatus {
                        projection: name,
                        merchant: merchant.clone(),
                        generation: known.number,
                        state: known.state.name(),
                        position: build.position,
                        head: head.position,
                        parked: build.parked,
                        halted: build.halted.or(known.problem),
                    };
                    if json {
                        printer.json(&status)?;
                    } else {
                        table.add_row(cells(&status));
                    }
                }
            }
        }
        if !json {
            output::align_right(&mut table, &[2, 4, 5, 6, 7]);
            printer.table(&table);
        }
        Ok(())
    }
}

fn cells(status: &BuildStatus) -> Vec<String> {
    vec![
        status.projection.to_owned(),
        status.merchant.clone(),
        status.generation.to_string(),
        status.state.to_owned(),
        output::number(status.position),
        output::number(status.head),
        output::number(status.head.saturating_sub(status.position)),
        output::number(status.parked),
        status.halted.clone().unwrap_or_default(),
    ]
}

fn print_result(
    name: &'static str,
    known: Generation,
    json: bool,
    printer: &mut Printer,
) -> Result<(), CliError> {
    let Generation { number, state, compared_rows, problem, .. } = known;
    let result =
        BuildResult { projection: name, generation: number, state: state.name(), compared_rows, problem };
    if json {
        return Ok(printer.json(&result)?);
    }
    let rows = compared_rows.and_then(|rows| u64::try_from(rows).ok()).map(output::number);
    printer.line(match (&result.problem, rows, state) {
        (Some(problem), _, _) => format!("{name}: {problem}"),
        (None, Some(rows), GenerationState::Dropping) => {
            format!("{name}: all {rows} rows match the journal.")
        }
        (None, Some(rows), _) => format!("{name}: build {number} is active; none of {rows} rows differs."),
        (None, None, _) => format!("{name}: build {number} is active."),
    });
    Ok(())
}
