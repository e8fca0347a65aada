//! Builds of a projection: which there are, which of them serves, and how one takes another's place.
//!
//! A generation is one build of a projection's rows by one version of its fold. One of them serves; nodes that run an
//! older version of the fold go on answering from the one of theirs that is kept. What becomes of which is written in
//! one table, so that every node, and one that comes back after a crash, knows the same.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::ViewError;
use crate::store::{Row, Statement, ViewConnection, ViewStore};

/// How long a node that answers from a generation may say nothing before it counts as gone. It says so far more often.
pub(crate) const GONE: Duration = Duration::from_secs(60);

/// What a generation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationState {
    /// It is not complete yet, and takes the place of the one that serves when it is.
    Building,
    /// It is built to be compared with the one that serves, and thrown away.
    Checking,
    /// It is complete, and is not what the one that serves is: somebody has to look.
    Differs,
    /// Questions are answered from it.
    Serving,
    /// It was in its place before, and is folded on: for nodes that run its version, and to go back to.
    Standby,
    /// It is being deleted.
    Dropping,
}

const NAMES: [(GenerationState, &str); 6] = [
    (GenerationState::Building, "building"),
    (GenerationState::Checking, "checking"),
    (GenerationState::Differs, "differs"),
    (GenerationState::Serving, "serving"),
    (GenerationState::Standby, "standby"),
    (GenerationState::Dropping, "dropping"),
];

impl GenerationState {
    /// Its name, as it is stored and shown.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    fn of(name: &str) -> Result<Self, ViewError> {
        let known = NAMES.iter().find(|(_, known)| *known == name).map(|(state, _)| *state);
        known.ok_or_else(|| ViewError::row("generation", format!("there is no state {name}")))
    }

    /// Whether it is complete and kept up with the journal.
    pub(crate) fn is_followed(self) -> bool {
        matches!(self, Self::Serving | Self::Standby)
    }

    /// Whether it is on the way to be complete.
    pub(crate) fn is_built(self) -> bool {
        matches!(self, Self::Building | Self::Checking)
    }
}

/// One build of a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Which projection.
    pub projection: String,
    /// Its number among the projection's.
    pub number: i64,
    /// The version of the fold and the rows.
    pub version: i64,
    /// What it is for.
    pub state: GenerationState,
    /// Whether it serves only if nothing differs from the one that does.
    pub compared: bool,
    /// Why it does not serve.
    pub problem: Option<String>,
    /// How many rows were compared, once they were.
    pub compared_rows: Option<i64>,
    /// When it was begun, in microseconds since 1970.
    pub started_at: i64,
    /// Since when it is in its state.
    pub state_at: i64,
    /// When a node that answers from it said so last.
    pub seen_at: i64,
}

impl Generation {
    /// Whether a node answers from it, as far as is known. One that has just been kept may be what a node has waited for,
    /// which has not said so yet.
    pub(crate) fn is_in_use(&self) -> bool {
        let gone = i64::try_from(GONE.as_micros()).unwrap_or(i64::MAX);
        let is_fresh = |moment: i64| now().saturating_sub(moment) < gone;
        match self.state {
            GenerationState::Serving => true,
            GenerationState::Standby => is_fresh(self.seen_at.max(self.state_at)),
            _ => is_fresh(self.seen_at),
        }
    }
}

/// The node's clock: good enough for what takes a minute.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

const ALL: &str = "SELECT projection, generation, version, state, compared, problem, compared_rows, started_at, state_at, seen_at
     FROM generation";

fn generation(row: &Row) -> Result<Generation, ViewError> {
    Ok(Generation {
        projection: row.text(0)?.to_owned(),
        number: row.integer(1)?,
        version: row.integer(2)?,
        state: GenerationState::of(row.text(3)?)?,
        compared: row.integer(4)? != 0,
        problem: row.optional_text(5)?.map(str::to_owned),
        compared_rows: row.optional_integer(6)?,
        started_at: row.integer(7)?,
        state_at: row.integer(8)?,
        seen_at: row.integer(9)?,
    })
}

/// Every generation of a projection, the oldest first.
pub(crate) async fn all(
    connection: &mut ViewConnection,
    projection: &str,
) -> Result<Vec<Generation>, ViewError> {
    let mut question = Statement::new(ALL);
    question.push(" WHERE projection = ").push_bind(projection).push(" ORDER BY generation");
    connection.fetch(question).await?.iter().map(generation).collect()
}

/// The one that serves, where there is one.
pub(crate) fn serving(all: &[Generation]) -> Option<&Generation> {
    all.iter().find(|generation| generation.state == GenerationState::Serving)
}

/// The one that a node of a version answers from, where there is one that is complete: the one that serves, or the
/// latest of its own version.
pub(crate) fn answers(all: &[Generation], version: i64) -> Option<&Generation> {
    let own = |generation: &&Generation| generation.version == version;
    serving(all).filter(own).or_else(|| last_kept(all, version))
}

/// Of the generations of a version that are kept, the one that served last.
pub(crate) fn last_kept(all: &[Generation], version: i64) -> Option<&Generation> {
    let kept = all.iter().filter(|known| known.version == version && known.state == GenerationState::Standby);
    kept.max_by_key(|known| (known.state_at, known.number))
}

/// Keeps a generation that is being deleted from being touched by others until the transaction ends; false where it is not
/// there any more.
pub(crate) async fn hold_dropping(
    connection: &mut ViewConnection,
    projection: &'static str,
    number: i64,
) -> Result<bool, ViewError> {
    let hold = Statement::new(
        "UPDATE generation SET state = state WHERE projection = $1 AND generation = $2 AND state = 'dropping'",
    );
    Ok(connection.execute(hold.bind(projection).bind(number)).await? == 1)
}

/// Sees to it that there is a generation of a version: one that serves where there is none at all, and otherwise one
/// that is built beside the one that does. Nodes that start at once agree on one.
pub(crate) async fn ensure(
    store: &ViewStore,
    projection: &'static str,
    version: i64,
) -> Result<(), ViewError> {
    loop {
        let mut transaction = store.begin().await?;
        let there = all(&mut transaction, projection).await?;
        let alive = there.iter().filter(|known| known.version == version);
        if alive.clone().any(|known| known.state.is_followed() || known.state == GenerationState::Building) {
            return Ok(());
        }
        let state =
            if serving(&there).is_some() { GenerationState::Building } else { GenerationState::Serving };
        if insert(&mut transaction, projection, version, state, false, &there).await?.is_some() {
            transaction.commit().await?;
            return Ok(());
        }
    }
}

/// A new generation; nothing where another node was faster.
pub(crate) async fn insert(
    connection: &mut ViewConnection,
    projection: &'static str,
    version: i64,
    state: GenerationState,
    compared: bool,
    there: &[Generation],
) -> Result<Option<i64>, ViewError> {
    let gone = Statement::new("SELECT number FROM generation_gone WHERE projection = $1").bind(projection);
    let gone = connection.fetch(gone).await?.first().map(|row| row.integer(0)).transpose()?;
    let number = there.last().map_or(0, |latest| latest.number).max(gone.unwrap_or(0)) + 1;
    let insert = Statement::new(
        "INSERT INTO generation (projection, generation, version, state, compared, started_at, state_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING",
    );
    let insert = insert.bind(projection).bind(number).bind(version).bind(state.name());
    let insert = insert.bind(i64::from(compared)).bind(now());
    Ok((connection.execute(insert).await? == 1).then_some(number))
}

/// Puts a generation in another state, where it is still in the one that it was in. Gives whether it was.
pub(crate) async fn change(
    connection: &mut ViewConnection,
    generation: &Generation,
    state: GenerationState,
    problem: Option<&str>,
) -> Result<bool, ViewError> {
    let mut change = Statement::new("UPDATE generation SET state = ");
    change.push_bind(state.name()).push(", state_at = ").push_bind(now());
    match problem {
        Some(problem) => change.push(", problem = ").push_bind(problem),
        None => change.push(", problem = NULL"),
    };
    change.push(" WHERE projection = ").push_bind(generation.projection.as_str());
    change.push(" AND generation = ").push_bind(generation.number);
    change.push(" AND state = ").push_bind(generation.state.name());
    // A node that has begun to answer from it since has said so.
    change.push(" AND seen_at = ").push_bind(generation.seen_at);
    Ok(connection.execute(change).await? == 1)
}

/// Notes how many rows of a generation were compared.
pub(crate) async fn note_compared(
    connection: &mut ViewConnection,
    generation: &Generation,
    rows: u64,
) -> Result<(), ViewError> {
    let note =
        Statement::new("UPDATE generation SET compared_rows = $1 WHERE projection = $2 AND generation = $3");
    let note = note.bind(rows).bind(generation.projection.as_str()).bind(generation.number);
    connection.execute(note).await.map(drop)
}

/// Keeps everybody else from changing what a projection's generations are until the transaction ends.
pub(crate) async fn lock(connection: &mut ViewConnection, projection: &'static str) -> Result<(), ViewError> {
    let lock = Statement::new("UPDATE generation SET state = state WHERE projection = $1").bind(projection);
    connection.execute(lock).await.map(drop)
}

/// A node that answers from a generation says so.
pub(crate) async fn see(
    connection: &mut ViewConnection,
    projection: &'static str,
    number: i64,
) -> Result<(), ViewError> {
    let see = Statement::new("UPDATE generation SET seen_at = $1 WHERE projection = $2 AND generation = $3");
    connection.execute(see.bind(now()).bind(projection).bind(number)).await.map(drop)
}

/// Forgets a generation of which no row is left.
pub(crate) async fn forget(
    connection: &mut ViewConnection,
    projection: &'static str,
    number: i64,
) -> Result<(), ViewError> {
    let note = Statement::new(
        "INSERT INTO generation_gone (projection, number) VALUES ($1, $2)
         ON CONFLICT (projection) DO UPDATE SET number = excluded.number
         WHERE generation_gone.number < excluded.number",
    );
    connection.execute(note.bind(projection).bind(number)).await?;
    let forget = Statement::new("DELETE FROM generation WHERE projection = $1 AND generation = $2");
    connection.execute(forget.bind(projection).bind(number)).await.map(drop)
}
