//! Comparing two generations, row by row.

use std::collections::HashMap;

use tokio::sync::watch;

use crate::error::ViewError;
use crate::runtime::projection::Projection;
use crate::store::{Row, Scope, Statement, Table, TableColumn, Value, ViewConnection};

/// Rows compared at once.
const PAGE: usize = 1_000;
/// How many differences are told.
const TOLD: usize = 10;
/// Keys looked for by one statement: with three values each far below SQLite's limit.
const KEYS: usize = 500;
/// What is said of a row that should be there.
const NOT_SERVED: &str = "is not in the one that serves";

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Rows that were looked at.
    pub(crate) rows: u64,
    /// Rows that are not the same, or only in one of the two.
    pub(crate) different: u64,
    /// Some of them, in words.
    pub(crate) told: Vec<String>,
}

impl Comparison {
    /// Nothing could be compared.
    pub(crate) fn impossible(why: &str) -> Self {
        Self { rows: 0, different: 1, told: vec![why.to_owned()] }
    }

    /// What is wrong; nothing where all is the same.
    pub(crate) fn problem(&self) -> Option<String> {
        let (different, rows) = (self.different, self.rows);
        (different > 0).then(|| format!("{different} of {rows} rows differ: {}", self.told.join("; ")))
    }

    /// Compares the values of a row that serves with those of the other.
    fn look_at(
        &mut self,
        table: &Table,
        key: &[Option<Value>],
        values: &[Option<Value>],
        theirs: Option<&Vec<Option<Value>>>,
    ) {
        match theirs {
            None => self.differs(table, key, "is only in the one that serves"),
            Some(theirs) if theirs == values => {}
            Some(theirs) => {
                let columns = table.values.iter().zip(values.iter().zip(theirs));
                let changed: Vec<&str> =
                    columns.filter(|(_, (one, other))| one != other).map(|((name, _), _)| *name).collect();
                self.differs(table, key, &format!("differs in {}", changed.join(", ")));
            }
        }
    }

    fn differs(&mut self, table: &Table, key: &[Option<Value>], how: &str) {
        self.different += 1;
        if self.told.len() < TOLD {
            let key: Vec<String> = key.iter().flatten().map(Value::to_string).collect();
            self.told.push(format!("{} {} {how}", table.name, key.join(" ")));
        }
    }
}

/// The values of a row's key, and the others.
type Content = (Vec<Option<Value>>, Vec<Option<Value>>);

/// Compares two generations of a merchant's rows. The connection is a snapshot in which both have come equally far.
pub(crate) async fn compare<P: Projection>(
    snapshot: &mut ViewConnection,
    merchant: &str,
    (one, other): (i64, i64),
    into: &mut Comparison,
    stop: &watch::Receiver<bool>,
) -> Result<(), ViewError> {
    for table in P::TABLES {
        compare_table(snapshot, merchant, table, (one, other), into, stop).await?;
    }
    Ok(())
}

async fn compare_table(
    snapshot: &mut ViewConnection,
    merchant: &str,
    table: &Table,
    (one, other): (i64, i64),
    into: &mut Comparison,
    stop: &watch::Receiver<bool>,
) -> Result<(), ViewError> {
    let mut after: Option<Vec<Value>> = None;
    while !*stop.borrow() {
        let here = Scope { merchant, generation: one };
        let page = rows(snapshot, here, table, after.as_deref(), None).await?;
        let is_last = page.len() < PAGE;
        let last = last_key(&page);
        // Of the other generation, all between the same keys, however many.
        let there = Scope { merchant, generation: other };
        let upto = last.as_deref().filter(|_| !is_last);
        let mut others: HashMap<Vec<Option<Value>>, Vec<Option<Value>>> =
            between(snapshot, there, table, after.as_deref(), upto).await?.into_iter().collect();
        for (key, values) in page {
            into.rows += 1;
            into.look_at(table, &key, &values, others.remove(&key).as_ref());
        }
        for key in others.into_keys() {
            into.rows += 1;
            into.differs(table, &key, NOT_SERVED);
        }
        match last.filter(|_| !is_last) {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    Ok(())
}

/// Compares a merchant's rows of two stores, each of which has its own order of texts. Both have come equally far, and
/// stand still.
pub(crate) async fn compare_stores<P: Projection>(
    (serving, here): (&mut ViewConnection, Scope<'_>),
    (again, there): (&mut ViewConnection, Scope<'_>),
    into: &mut Comparison,
) -> Result<(), ViewError> {
    for table in P::TABLES {
        let found = against(serving, here, again, there, table, into).await?;
        // Whatever is in both was found: the others are looked for only where there are others.
        if count(again, there, table).await? > found {
            missing(serving, here, again, there, table, into).await?;
        }
    }
    Ok(())
}

/// Compares each row of one store with that of the other, and gives how many are in both.
async fn against(
    serving: &mut ViewConnection,
    here: Scope<'_>,
    again: &mut ViewConnection,
    there: Scope<'_>,
    table: &Table,
    into: &mut Comparison,
) -> Result<u64, ViewError> {
    let mut in_both = 0;
    let mut after: Option<Vec<Value>> = None;
    loop {
        let page = rows(serving, here, table, after.as_deref(), None).await?;
        let others = with_keys_of(again, there, table, &page).await?;
        let is_last = page.len() < PAGE;
        after = last_key(&page);
        for (key, values) in page {
            into.rows += 1;
            let theirs = others.get(&key);
            in_both += u64::from(theirs.is_some());
            into.look_at(table, &key, &values, theirs);
        }
        if is_last {
            return Ok(in_both);
        }
    }
}

/// Looks for rows that are not in the store that serves.
async fn missing(
    serving: &mut ViewConnection,
    here: Scope<'_>,
    again: &mut ViewConnection,
    there: Scope<'_>,
    table: &Table,
    into: &mut Comparison,
) -> Result<(), ViewError> {
    let mut after: Option<Vec<Value>> = None;
    loop {
        let page = rows(again, there, table, after.as_deref(), None).await?;
        let known = with_keys_of(serving, here, table, &page).await?;
        let is_last = page.len() < PAGE;
        after = last_key(&page);
        for (key, _) in page.iter().filter(|(key, _)| !known.contains_key(key)) {
            into.rows += 1;
            into.differs(table, key, NOT_SERVED);
        }
        if is_last {
            return Ok(());
        }
    }
}

async fn count(connection: &mut ViewConnection, scope: Scope<'_>, table: &Table) -> Result<u64, ViewError> {
    let mut question = Statement::new("SELECT count(*) FROM ");
    question.push(table.name).push(" WHERE merchant = ").push_bind(scope.merchant);
    question.push(" AND generation = ").push_bind(scope.generation);
    connection.fetch(question).await?.first().map_or(Ok(0), |row| row.unsigned(0))
}

/// The rows with the keys of a page.
async fn with_keys_of(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    table: &Table,
    page: &[Content],
) -> Result<HashMap<Vec<Option<Value>>, Vec<Option<Value>>>, ViewError> {
    let mut found = HashMap::with_capacity(page.len());
    for some in page.chunks(KEYS) {
        let mut question = select(table, scope);
        question.push(" AND (").push_columns(table.key).push(") IN (VALUES ");
        for (place, (key, _)) in some.iter().enumerate() {
            question.push(if place == 0 { "(" } else { ", (" });
            push_values(&mut question, key.iter().flatten());
            question.push(")");
        }
        question.push(")");
        for row in connection.fetch(question).await? {
            let (key, values) = content(&row, table)?;
            found.insert(key, values);
        }
    }
    Ok(found)
}

/// All rows between two keys, page by page.
async fn between(
    snapshot: &mut ViewConnection,
    scope: Scope<'_>,
    table: &Table,
    after: Option<&[Value]>,
    upto: Option<&[Value]>,
) -> Result<Vec<Content>, ViewError> {
    let mut found: Vec<Content> = Vec::new();
    let mut after: Option<Vec<Value>> = after.map(<[Value]>::to_vec);
    loop {
        let page = rows(snapshot, scope, table, after.as_deref(), upto).await?;
        let is_last = page.len() < PAGE;
        after = last_key(&page);
        found.extend(page);
        if is_last {
            return Ok(found);
        }
    }
}

/// Rows behind a key and not behind another, in the order of their keys, as many as a page has.
async fn rows(
    snapshot: &mut ViewConnection,
    scope: Scope<'_>,
    table: &Table,
    after: Option<&[Value]>,
    upto: Option<&[Value]>,
) -> Result<Vec<Content>, ViewError> {
    let mut question = select(table, scope);
    for (bound, is_beyond) in [(after, " > ("), (upto, " <= (")] {
        if let Some(bound) = bound {
            question.push(" AND (").push_columns(table.key).push(")").push(is_beyond);
            push_values(&mut question, bound);
            question.push(")");
        }
    }
    question.push(" ORDER BY ").push_columns(table.key).push(" LIMIT ").push_bind(PAGE as u64);
    snapshot.fetch(question).await?.iter().map(|row| content(row, table)).collect()
}

/// Begins to ask for a merchant's rows of a table.
fn select(table: &Table, scope: Scope<'_>) -> Statement {
    let mut question = Statement::new("SELECT ");
    question
        .push_columns(table.key.iter().chain(table.values))
        .push(" FROM ")
        .push(table.name)
        .push(" WHERE merchant = ")
        .push_bind(scope.merchant);
    question.push(" AND generation = ").push_bind(scope.generation);
    question
}

/// Goes on with values, with commas between.
fn push_values<'v>(question: &mut Statement, values: impl IntoIterator<Item = &'v Value>) {
    for (place, value) in values.into_iter().enumerate() {
        question.push(if place == 0 { "" } else { ", " }).push_bind(value.clone());
    }
}

/// The key of the last row of a page.
fn last_key(page: &[Content]) -> Option<Vec<Value>> {
    page.last().map(|(key, _)| key.iter().flatten().cloned().collect())
}

fn content(row: &Row, table: &Table) -> Result<Content, ViewError> {
    let of = |first: usize, columns: &[TableColumn]| {
        let value = |(place, (_, kind)): (usize, &TableColumn)| row.value(first + place, *kind);
        columns.iter().enumerate().map(value).collect::<Result<Vec<_>, _>>()
    };
    Ok((of(0, table.key)?, of(table.key.len(), table.values)?))
}
