//! Comparing the rows of two generations.

use std::collections::HashMap;

use tokio::sync::watch;

use crate::error::Result;
use crate::runtime::projection::Projection;
use crate::store::{Row, Scope, Statement, Table, TableColumn, Tables, Value, ViewConnection};

/// The number of rows that are read at once.
const PAGE_SIZE: usize = 1_000;
/// How many differences are described; the others are only counted.
const MAX_DESCRIBED: usize = 10;
/// The number of keys that one statement looks up. With a few values each this is far below SQLite's limit.
const KEYS_PER_STATEMENT: usize = 500;

const MISSING: &str = "is missing in the serving generation";
const EXTRA: &str = "is only in the serving generation";

/// The result of a comparison.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// The number of rows that were compared.
    pub(crate) rows: u64,
    /// The number of rows that differ, or exist in only one of the two generations.
    pub(crate) different: u64,
    /// Descriptions of the first differences.
    pub(crate) differences: Vec<String>,
}

/// The values of a row; `None` for NULL.
type Values = Vec<Option<Value>>;
/// The key of a row, and its other values.
type KeyAndValues = (Values, Values);

impl Comparison {
    /// The result of a comparison that was not possible.
    pub(crate) fn failed(reason: &str) -> Self {
        Self { rows: 0, different: 1, differences: vec![reason.to_owned()] }
    }

    /// A description of all differences. `None` if there are none.
    pub(crate) fn problem(&self) -> Option<String> {
        let (different, rows) = (self.different, self.rows);
        let differences = || self.differences.join("; ");
        (different > 0).then(|| format!("{different} of {rows} rows differ: {}", differences()))
    }

    /// Compares a row of the serving generation with the same row of the other one.
    fn compare_row(&mut self, table: &Table, key: &Values, served: &Values, other: Option<&Values>) {
        self.rows += 1;
        match other {
            None => self.add_difference(table, key, EXTRA),
            Some(other) if other == served => {}
            Some(other) => {
                let columns = table.values.iter().zip(served.iter().zip(other));
                let changed: Vec<&str> = columns
                    .filter(|(_, (served, other))| served != other)
                    .map(|((name, _), _)| *name)
                    .collect();
                self.add_difference(table, key, &format!("differs in {}", changed.join(", ")));
            }
        }
    }

    /// Counts a row that the serving generation lacks.
    fn add_missing(&mut self, table: &Table, key: &Values) {
        self.rows += 1;
        self.add_difference(table, key, MISSING);
    }

    fn add_difference(&mut self, table: &Table, key: &Values, difference: &str) {
        self.different += 1;
        if self.differences.len() < MAX_DESCRIBED {
            let key: Vec<String> = key.iter().flatten().map(Value::to_string).collect();
            self.differences.push(format!("{} {} {difference}", table.name, key.join(" ")));
        }
    }
}

/// Compares a merchant's rows of the serving generation with those of another generation in the same store. Both must
/// have the same position in the snapshot.
pub(crate) async fn compare_generations<P: Projection>(
    snapshot: &mut ViewConnection,
    merchant: &str,
    (serving, other): (i64, i64),
    comparison: &mut Comparison,
    stop: &watch::Receiver<bool>,
) -> Result<()> {
    for table in P::TABLES {
        let mut served = Pages::all(table, Scope { merchant, generation: serving });
        while !*stop.borrow() {
            let after = served.after.clone();
            let Some(page) = served.next(snapshot).await? else { break };
            // All rows of the other generation in the same range of keys, however many there are.
            let to = served.after.clone().filter(|_| !served.is_done);
            let scope = Scope { merchant, generation: other };
            let mut others = Pages { table, scope, after, to, is_done: false }.collect(snapshot).await?;
            for (key, values) in page {
                comparison.compare_row(table, &key, &values, others.remove(&key).as_ref());
            }
            for key in others.into_keys() {
                comparison.add_missing(table, &key);
            }
        }
    }
    Ok(())
}

/// Compares a merchant's rows in two stores. The stores may sort texts differently, so rows are looked up by key. Both
/// sides must have the same position and must not change meanwhile.
pub(crate) async fn compare_stores<P: Projection>(
    serving: &mut Tables<'_>,
    other: &mut Tables<'_>,
    comparison: &mut Comparison,
) -> Result<()> {
    for table in P::TABLES {
        let in_both = compare_served(serving, other, table, comparison).await?;
        // Only if the other store has more rows are they looked up in the serving one.
        if count(other, table).await? > in_both {
            find_missing(serving, other, table, comparison).await?;
        }
    }
    Ok(())
}

/// Compares every row of the serving store with the other store. Returns the number of rows that are in both.
async fn compare_served(
    serving: &mut Tables<'_>,
    other: &mut Tables<'_>,
    table: &Table,
    comparison: &mut Comparison,
) -> Result<u64> {
    let mut in_both = 0;
    let mut pages = Pages::all(table, serving.scope);
    while let Some(page) = pages.next(serving.connection).await? {
        let others = look_up(other, table, &page).await?;
        in_both += others.len() as u64;
        for (key, values) in page {
            comparison.compare_row(table, &key, &values, others.get(&key));
        }
    }
    Ok(in_both)
}

/// Finds the rows of the other store that the serving store lacks.
async fn find_missing(
    serving: &mut Tables<'_>,
    other: &mut Tables<'_>,
    table: &Table,
    comparison: &mut Comparison,
) -> Result<()> {
    let mut pages = Pages::all(table, other.scope);
    while let Some(page) = pages.next(other.connection).await? {
        let served = look_up(serving, table, &page).await?;
        for (key, _) in page.iter().filter(|(key, _)| !served.contains_key(key)) {
            comparison.add_missing(table, key);
        }
    }
    Ok(())
}

async fn count(tables: &mut Tables<'_>, table: &Table) -> Result<u64> {
    let mut query = tables.statement("SELECT count(*) FROM ");
    query.push(table.name).push(" WHERE merchant = $1 AND generation = $2");
    tables.count(query).await
}

/// Reads the rows that have the keys of a page.
async fn look_up(
    tables: &mut Tables<'_>,
    table: &Table,
    page: &[KeyAndValues],
) -> Result<HashMap<Values, Values>> {
    let mut found = HashMap::with_capacity(page.len());
    for rows in page.chunks(KEYS_PER_STATEMENT) {
        let mut query = select(table, tables.scope);
        query.push(" AND (").push_columns(table.key).push(") IN (VALUES ");
        for (index, (key, _)) in rows.iter().enumerate() {
            query.push(if index == 0 { "(" } else { ", (" });
            query.push_bind_all(key.iter().flatten().cloned()).push(")");
        }
        query.push(")");
        for row in tables.fetch(query).await? {
            let (key, values) = key_and_values(&row, table)?;
            found.insert(key, values);
        }
    }
    Ok(found)
}

/// The rows of a scope in the order of their keys, page by page.
struct Pages<'a> {
    table: &'a Table,
    scope: Scope<'a>,
    /// The key before the next page. `None` at the start.
    after: Option<Vec<Value>>,
    /// The key of the last row. `None` for no limit.
    to: Option<Vec<Value>>,
    is_done: bool,
}

impl<'a> Pages<'a> {
    fn all(table: &'a Table, scope: Scope<'a>) -> Self {
        Self { table, scope, after: None, to: None, is_done: false }
    }

    /// The next page. `None` after the last one; the last one may be empty.
    async fn next(&mut self, connection: &mut ViewConnection) -> Result<Option<Vec<KeyAndValues>>> {
        if self.is_done {
            return Ok(None);
        }
        let mut query = select(self.table, self.scope);
        for (bound, comparison) in [(&self.after, " > ("), (&self.to, " <= (")] {
            if let Some(bound) = bound {
                query.push(" AND (").push_columns(self.table.key).push(")").push(comparison);
                query.push_bind_all(bound.iter().cloned()).push(")");
            }
        }
        query.push(" ORDER BY ").push_columns(self.table.key).push(" LIMIT ").push_bind(PAGE_SIZE as u64);
        let rows = connection.fetch(query).await?;
        let page: Vec<KeyAndValues> =
            rows.iter().map(|row| key_and_values(row, self.table)).collect::<Result<_, _>>()?;
        self.is_done = page.len() < PAGE_SIZE;
        self.after = page.last().map(|(key, _)| key.iter().flatten().cloned().collect());
        Ok(Some(page))
    }

    /// The rows of all pages.
    async fn collect(mut self, connection: &mut ViewConnection) -> Result<HashMap<Values, Values>> {
        let mut all = HashMap::new();
        while let Some(page) = self.next(connection).await? {
            all.extend(page);
        }
        Ok(all)
    }
}

/// Selects all columns of a scope's rows.
fn select(table: &Table, scope: Scope<'_>) -> Statement {
    let mut query = scope.statement("SELECT ");
    query.push_columns(table.key.iter().chain(table.values)).push(" FROM ").push(table.name);
    query.push(" WHERE merchant = $1 AND generation = $2");
    query
}

fn key_and_values(row: &Row, table: &Table) -> Result<KeyAndValues> {
    let values = |first: usize, columns: &[TableColumn]| {
        let value = |(index, (_, kind)): (usize, &TableColumn)| row.value(first + index, *kind);
        columns.iter().enumerate().map(value).collect::<Result<Values, _>>()
    };
    Ok((values(0, table.key)?, values(table.key.len(), table.values)?))
}
