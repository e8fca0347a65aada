//! Generations of a projection: which exist, which one serves, and how one replaces another.
//!
//! A generation is one build of a projection's rows with one version of its fold. One generation serves. Nodes with an
//! older version of the fold read their own standby generation. The states of all generations are in one table, so
//! that all nodes, and a node that restarts after a crash, agree on them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::{Result, ViewError};
use crate::store::{Row, Statement, ViewConnection, ViewStore};

/// How long after its last sign of use a generation still counts as used. Nodes report use far more often.
pub(crate) const USE_TIMEOUT: Duration = Duration::from_secs(60);

/// The purpose of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationState {
    /// Not complete. Replaces the serving generation when it is complete.
    Building,
    /// Not complete. Is compared with the serving generation when it is complete, and then deleted.
    Checking,
    /// Complete, but its rows differ from the serving generation's. An operator must decide.
    Differs,
    /// Complete and up to date. Queries read it.
    Serving,
    /// Complete and up to date. Nodes with its version of the fold read it, and an operator can roll back to it.
    Standby,
    /// Its rows are being deleted.
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
    /// The name of the state in the database and in the API.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    fn from_name(name: &str) -> Result<Self> {
        let known = NAMES.iter().find(|(_, known)| *known == name).map(|(state, _)| *state);
        known.ok_or_else(|| ViewError::row("generation", format!("unknown state {name}")))
    }

    /// Whether a generation in this state is complete and kept up to date with the journal.
    pub(crate) fn is_followed(self) -> bool {
        matches!(self, Self::Serving | Self::Standby)
    }

    /// Whether a generation in this state is being built.
    pub fn is_building(self) -> bool {
        matches!(self, Self::Building | Self::Checking)
    }
}

/// A generation of a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// The name of the projection.
    pub projection: String,
    /// The number of the generation within the projection, starting at 1. Numbers are never reused.
    pub number: i64,
    /// The version of the fold and of its rows.
    pub version: i64,
    /// The purpose of the generation.
    pub state: GenerationState,
    /// Whether it may replace the serving generation only if all rows are equal.
    pub must_match: bool,
    /// Why it does not serve. `None` if there is no problem.
    pub problem: Option<String>,
    /// The number of rows that were compared. `None` before a comparison.
    pub compared_rows: Option<i64>,
    /// When the build started, in microseconds since 1970.
    pub started_at: i64,
    /// When it entered its state, in microseconds since 1970.
    pub state_since: i64,
    /// When a node last reported that it reads it, in microseconds since 1970. 0 if no node ever did.
    pub last_used_at: i64,
}

impl Generation {
    /// Whether a node may still read it. A new standby generation counts as used: a node that has waited for it may
    /// not have reported yet.
    pub(crate) fn is_in_use(&self) -> bool {
        let timeout = i64::try_from(USE_TIMEOUT.as_micros()).unwrap_or(i64::MAX);
        let is_recent = |time: i64| now().saturating_sub(time) < timeout;
        match self.state {
            GenerationState::Serving => true,
            GenerationState::Standby => is_recent(self.last_used_at.max(self.state_since)),
            _ => is_recent(self.last_used_at),
        }
    }
}

/// The node's clock, in microseconds since 1970. Precise enough for timeouts of a minute.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

const SELECT: &str =
    "SELECT projection, generation, version, state, must_match, problem, compared_rows, started_at,
        state_since, last_used_at
     FROM generation";

fn generation(row: &Row) -> Result<Generation> {
    Ok(Generation {
        projection: row.text(0)?.to_owned(),
        number: row.integer(1)?,
        version: row.integer(2)?,
        state: GenerationState::from_name(row.text(3)?)?,
        must_match: row.boolean(4)?,
        problem: row.optional_text(5)?.map(str::to_owned),
        compared_rows: row.optional_integer(6)?,
        started_at: row.integer(7)?,
        state_since: row.integer(8)?,
        last_used_at: row.integer(9)?,
    })
}

/// Reads all generations of a projection, oldest first.
pub(crate) async fn read_all(connection: &mut ViewConnection, projection: &str) -> Result<Vec<Generation>> {
    let mut query = Statement::new(SELECT);
    query.push(" WHERE projection = ").push_bind(projection).push(" ORDER BY generation");
    connection.fetch(query).await?.iter().map(generation).collect()
}

/// The serving generation, if any.
pub(crate) fn serving(all: &[Generation]) -> Option<&Generation> {
    all.iter().find(|generation| generation.state == GenerationState::Serving)
}

/// The generation that nodes with this version of the fold read: the serving one if it has that version, otherwise the
/// latest standby generation of that version. `None` if none is complete.
pub(crate) fn readable(all: &[Generation], version: i64) -> Option<&Generation> {
    let has_version = |generation: &&Generation| generation.version == version;
    serving(all).filter(has_version).or_else(|| latest_standby(all, version))
}

/// The standby generation of a version that served last.
pub(crate) fn latest_standby(all: &[Generation], version: i64) -> Option<&Generation> {
    let is_standby =
        |known: &&Generation| known.version == version && known.state == GenerationState::Standby;
    all.iter().filter(is_standby).max_by_key(|known| (known.state_since, known.number))
}

/// Locks a generation in state `dropping` until the transaction ends. False if it does not exist any more.
pub(crate) async fn lock_dropping(
    connection: &mut ViewConnection,
    projection: &'static str,
    number: i64,
) -> Result<bool> {
    let lock = Statement::new(
        "UPDATE generation SET state = state WHERE projection = $1 AND generation = $2 AND state = 'dropping'",
    );
    Ok(connection.execute(lock.bind(projection).bind(number)).await? == 1)
}

/// Creates a generation of a version unless one exists: in state `serving` if no generation serves yet, otherwise in
/// state `building`. Nodes that start at the same time create only one.
pub(crate) async fn ensure(store: &ViewStore, projection: &'static str, version: i64) -> Result<()> {
    loop {
        let mut transaction = store.begin().await?;
        let all = read_all(&mut transaction, projection).await?;
        let mut own = all.iter().filter(|known| known.version == version);
        if own.any(|known| known.state.is_followed() || known.state == GenerationState::Building) {
            return Ok(());
        }
        let state =
            if serving(&all).is_some() { GenerationState::Building } else { GenerationState::Serving };
        if insert(&mut transaction, projection, version, state, false, &all).await?.is_some() {
            transaction.commit().await?;
            return Ok(());
        }
    }
}

/// Inserts a generation with the next free number, and returns the number. `None` if another node has inserted one
/// since `all` was read.
pub(crate) async fn insert(
    connection: &mut ViewConnection,
    projection: &'static str,
    version: i64,
    state: GenerationState,
    must_match: bool,
    all: &[Generation],
) -> Result<Option<i64>> {
    let deleted = Statement::new("SELECT highest_number FROM deleted_generation WHERE projection = $1");
    let deleted = connection.fetch(deleted.bind(projection)).await?;
    let deleted = deleted.first().map(|row| row.integer(0)).transpose()?.unwrap_or(0);
    let number = all.last().map_or(0, |latest| latest.number).max(deleted) + 1;
    let mut insert = Statement::new(
        "INSERT INTO generation (projection, generation, version, state, started_at, state_since, must_match)
         VALUES ($1, $2, $3, $4, $5, $5, ",
    );
    insert = insert.bind(projection).bind(number).bind(version).bind(state.name()).bind(now());
    insert.push(if must_match { "TRUE" } else { "FALSE" }).push(") ON CONFLICT DO NOTHING");
    Ok((connection.execute(insert).await? == 1).then_some(number))
}

/// Moves a generation to another state. False if it has left the given state, or a node has started to read it,
/// since it was read.
pub(crate) async fn change_state(
    connection: &mut ViewConnection,
    generation: &Generation,
    state: GenerationState,
    problem: Option<&str>,
) -> Result<bool> {
    let mut change = Statement::new("UPDATE generation SET state = ");
    change.push_bind(state.name()).push(", state_since = ").push_bind(now());
    match problem {
        Some(problem) => change.push(", problem = ").push_bind(problem),
        None => change.push(", problem = NULL"),
    };
    change.push(" WHERE projection = ").push_bind(generation.projection.as_str());
    change.push(" AND generation = ").push_bind(generation.number);
    change.push(" AND state = ").push_bind(generation.state.name());
    change.push(" AND last_used_at = ").push_bind(generation.last_used_at);
    Ok(connection.execute(change).await? == 1)
}

/// Stores how many rows of a generation were compared.
pub(crate) async fn set_compared_rows(
    connection: &mut ViewConnection,
    generation: &Generation,
    rows: u64,
) -> Result<()> {
    let update =
        Statement::new("UPDATE generation SET compared_rows = $1 WHERE projection = $2 AND generation = $3");
    let update = update.bind(rows).bind(generation.projection.as_str()).bind(generation.number);
    connection.execute(update).await.map(drop)
}

/// Locks all generations of a projection until the transaction ends.
pub(crate) async fn lock_all(connection: &mut ViewConnection, projection: &'static str) -> Result<()> {
    let lock = Statement::new("UPDATE generation SET state = state WHERE projection = $1").bind(projection);
    connection.execute(lock).await.map(drop)
}

/// Reports that this node reads a generation.
pub(crate) async fn report_use(
    connection: &mut ViewConnection,
    projection: &'static str,
    number: i64,
) -> Result<()> {
    let update =
        Statement::new("UPDATE generation SET last_used_at = $1 WHERE projection = $2 AND generation = $3");
    connection.execute(update.bind(now()).bind(projection).bind(number)).await.map(drop)
}

/// Deletes a generation that has no rows left, and stores its number so that it is not reused.
pub(crate) async fn delete(
    connection: &mut ViewConnection,
    projection: &'static str,
    number: i64,
) -> Result<()> {
    let store_number = Statement::new(
        "INSERT INTO deleted_generation (projection, highest_number) VALUES ($1, $2)
         ON CONFLICT (projection) DO UPDATE SET highest_number = excluded.highest_number
         WHERE deleted_generation.highest_number < excluded.highest_number",
    );
    connection.execute(store_number.bind(projection).bind(number)).await?;
    let delete = Statement::new("DELETE FROM generation WHERE projection = $1 AND generation = $2");
    connection.execute(delete.bind(projection).bind(number)).await.map(drop)
}
