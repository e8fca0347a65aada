//! `holdfast projections`: how far the read models are, and building them anew.

use std::sync::Arc;
use std::time::Duration;

use holdfast_journal::Journal;
use holdfast_projections::{
    Generation, GenerationState, ProjectionManager, Projections, ViewError, ViewStore,
};
use serde::Serialize;
use uuid::Uuid;

use super::{CliError, Store};
use holdfast_terminal::output::{self, Printer, Progress};

const EXAMPLES: &str = "\
Examples:
  holdfast projections list --database sqlite:./shop
  holdfast projections rebuild order_status --database sqlite:./shop
  holdfast projections rebuild --compare      every read model; none serves if a row of it differs
  holdfast projections verify order_status availability

A server may run over the store meanwhile: questions are answered from the build that serves until the
new one is complete. A rebuild that is interrupted is gone on with by the next server or command.
Exit status: 0 when all is well, 1 when something failed or differs.";

/// How often to look how far a build is.
const LOOK: Duration = Duration::from_millis(100);
/// How long a list waits for what is folded in a moment.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// What a build that differs, or could not be completed, gives as exit status.
const DIFFERS: u8 = 1;

/// What is to be done about read models.
#[derive(Debug, clap::Subcommand)]
pub enum Subject {
    /// How far each read model is, merchant by merchant, and which builds of it there are.
    List(Common),
    /// Build read models anew beside those that serve, and put them in their place.
    Rebuild {
        #[command(flatten)]
        common: Common,
        /// Which; all of them where none is named.
        names: Vec<String>,
        /// Let a build serve only if no row of it differs from the one that serves.
        #[arg(long)]
        compare: bool,
    },
    /// Fold the journal a second time and compare every row with those that serve.
    Verify {
        #[command(flatten)]
        common: Common,
        /// Which; all of them where none is named.
        names: Vec<String>,
    },
    /// Put the build back that served before.
    Rollback {
        #[command(flatten)]
        common: Common,
        /// Of which read model.
        name: String,
    },
    /// Try to fold what could not be folded before.
    Retry {
        #[command(flatten)]
        common: Common,
        /// Which; all of them where none is named.
        names: Vec<String>,
    },
    /// Take a build away that nothing is answered from.
    Drop {
        #[command(flatten)]
        common: Common,
        /// Of which read model.
        name: String,
        /// Its number.
        generation: i64,
    },
}

/// What all of them are told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Common {
    #[command(flatten)]
    store: Store,
    /// Write JSON, an object a line, instead of tables.
    #[arg(long)]
    json: bool,
}

/// The read models of a store, kept up while the command works.
struct Open {
    journal: Arc<dyn Journal>,
    views: ViewStore,
    projections: Projections,
}

/// What became of a build.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Built {
    projection: &'static str,
    generation: i64,
    state: &'static str,
    compared_rows: Option<i64>,
    problem: Option<String>,
}

/// A read model of a merchant.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    projection: &'static str,
    merchant: String,
    generation: i64,
    state: &'static str,
    position: u64,
    head: u64,
    parked: u64,
    halted: Option<String>,
}

/// Does it and gives the exit status.
pub async fn run(subject: Subject, printer: &mut Printer) -> Result<u8, CliError> {
    let common = match &subject {
        Subject::List(common)
        | Subject::Rebuild { common, .. }
        | Subject::Verify { common, .. }
        | Subject::Rollback { common, .. }
        | Subject::Retry { common, .. }
        | Subject::Drop { common, .. } => common,
    };
    let json = common.json;
    let open = Open::over(&common.store).await?;
    let done = open.carry_out(subject, json, printer).await;
    open.close().await;
    done
}

impl Open {
    async fn over(store: &Store) -> Result<Self, CliError> {
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

    async fn carry_out(&self, subject: Subject, json: bool, printer: &mut Printer) -> Result<u8, CliError> {
        match subject {
            Subject::List(_) => self.list(json, printer).await.map(|()| 0),
            Subject::Rebuild { names, compare, .. } => {
                let begun = self.begin(&names, async |manager| manager.rebuild(compare).await).await?;
                self.wait(begun, "rebuilding", json, printer).await
            }
            Subject::Verify { names, .. } => {
                let begun = self.begin(&names, async |manager| manager.check().await).await?;
                self.wait(begun, "verifying", json, printer).await
            }
            Subject::Rollback { name, .. } => {
                let manager = self.manager(&name)?;
                let all = self.projections.progress().generations(manager.name());
                let serving = all.iter().find(|known| known.state == GenerationState::Serving);
                let from = serving.map_or(0, |serving| serving.number);
                let generation = manager.roll_back(from).await?;
                printer.line(format!("{name}: build {generation} serves again."));
                Ok(0)
            }
            Subject::Retry { names, .. } => {
                for manager in self.managers(&names)? {
                    let retried = manager.retry().await?;
                    let (name, folded, parked) = (manager.name(), retried.folded, retried.parked);
                    printer
                        .line(format!("{name}: {folded} streams are folded now, {parked} still cannot be."));
                }
                Ok(0)
            }
            Subject::Drop { name, generation, .. } => {
                self.manager(&name)?.remove(generation).await?;
                printer.line(format!("{name}: build {generation} is being taken away."));
                Ok(0)
            }
        }
    }

    fn manager(&self, name: &str) -> Result<Arc<dyn ProjectionManager>, CliError> {
        let found = self.projections.managers().into_iter().find(|manager| manager.name() == name);
        found.ok_or_else(|| ViewError::InvalidGeneration(format!("there is no read model {name}")).into())
    }

    fn managers(&self, names: &[String]) -> Result<Vec<Arc<dyn ProjectionManager>>, CliError> {
        if names.is_empty() {
            return Ok(self.projections.managers());
        }
        names.iter().map(|name| self.manager(name)).collect()
    }

    /// Begins a build of each, and gives their numbers.
    async fn begin(
        &self,
        names: &[String],
        begin: impl AsyncFn(&dyn ProjectionManager) -> Result<i64, ViewError>,
    ) -> Result<Vec<(&'static str, i64)>, CliError> {
        let mut begun = Vec::new();
        for manager in self.managers(names)? {
            begun.push((manager.name(), begin(&*manager).await?));
        }
        Ok(begun)
    }

    /// Waits until builds are complete, and tells what became of them.
    async fn wait(
        &self,
        begun: Vec<(&'static str, i64)>,
        what: &'static str,
        json: bool,
        printer: &mut Printer,
    ) -> Result<u8, CliError> {
        let heads = self.journal.heads().await?;
        let events: u64 = heads.iter().map(|(_, head)| head.position).sum();
        let mut progress = Progress::new(what, events * begun.len() as u64);
        let mut status = 0;
        let mut left = begun.clone();
        while !left.is_empty() {
            let reached = begun.iter().flat_map(|(name, number)| {
                let builds = self.projections.progress().generation_states(name);
                builds
                    .into_iter()
                    .filter(move |(_, build)| build.generation == *number)
                    .map(|(_, build)| build.position)
            });
            progress.set(reached.sum::<u64>().min(events * begun.len() as u64));
            let mut still = Vec::new();
            for (name, number) in left {
                let all = self.projections.progress().generations(name);
                match all.into_iter().find(|known| known.number == number) {
                    Some(known) if !is_built(&known) => {
                        status = status.max(u8::from(known.problem.is_some()) * DIFFERS);
                        told(name, known, json, printer)?;
                    }
                    _ => still.push((name, number)),
                }
            }
            left = still;
            tokio::time::sleep(LOOK).await;
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
                // What is far behind is listed as it is.
                let _ = progress.wait_for(manager.name(), &merchant, head.position, FIRST_LOOK).await;
            }
            for name in self.projections.managers().iter().map(|manager| manager.name()) {
                for known in progress.generations(name) {
                    let builds = progress.generation_states(name);
                    let own = builds
                        .into_iter()
                        .find(|(whose, build)| *whose == merchant && build.generation == known.number);
                    let build = own.map(|(_, build)| build).unwrap_or_default();
                    let line = Line {
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
                        printer.json(&line)?;
                    } else {
                        table.add_row(cells(&line));
                    }
                }
            }
        }
        if !json {
            output::right(&mut table, &[2, 4, 5, 6, 7]);
            printer.table(&table);
        }
        Ok(())
    }
}

fn is_built(known: &Generation) -> bool {
    matches!(known.state, GenerationState::Building | GenerationState::Checking)
}

fn cells(line: &Line) -> Vec<String> {
    vec![
        line.projection.to_owned(),
        line.merchant.clone(),
        line.generation.to_string(),
        line.state.to_owned(),
        output::number(line.position),
        output::number(line.head),
        output::number(line.head.saturating_sub(line.position)),
        output::number(line.parked),
        line.halted.clone().unwrap_or_default(),
    ]
}

fn told(name: &'static str, known: Generation, json: bool, printer: &mut Printer) -> Result<(), CliError> {
    let Generation { number, state, compared_rows, problem, .. } = known;
    let built = Built { projection: name, generation: number, state: state.name(), compared_rows, problem };
    if json {
        return Ok(printer.json(&built)?);
    }
    let rows = compared_rows.and_then(|rows| u64::try_from(rows).ok()).map(output::number);
    printer.line(match (&built.problem, rows, state) {
        (Some(problem), _, _) => format!("{name}: {problem}"),
        (None, Some(rows), GenerationState::Dropping) => {
            format!("{name}: all {rows} rows are what the journal says.")
        }
        (None, Some(rows), _) => format!("{name}: build {number} serves; none of {rows} rows differed."),
        (None, None, _) => format!("{name}: build {number} serves."),
    });
    Ok(())
}
