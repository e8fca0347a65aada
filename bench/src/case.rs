//! What is measured: one row of the final table each.

use super::append::Way;
use super::bar::{Bar, at_least, p99_at_most, rate_at_least, ready_at_most};
use super::error::BenchError;
use super::load::requests::{Demand, Form};
use super::procedure;

/// Connections of a closed loop, where nothing else is said.
const USUAL: u32 = 64;

/// Connections of bulk requests.
const BULK: u32 = 8;

/// Connections of an open loop: so many requests can be under way before one that is due must wait.
const OPEN: u32 = 128;

/// Connections of the sweep, beside the usual number.
const SWEEP: [u32; 4] = [1, 4, 16, 256];

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// A transaction a command, on PostgreSQL.
    Naive,
    /// A stored procedure on PostgreSQL, without HTTP.
    Procedure,
    /// Holdfast on PostgreSQL.
    Postgres,
    /// Holdfast on embedded SQLite.
    Sqlite,
}

impl System {
    /// What names of cases begin with.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Procedure => "procedure",
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        }
    }

    /// What it is.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Naive => "a transaction a command, PostgreSQL",
            Self::Procedure => "stored procedure, PostgreSQL",
            Self::Postgres => "Holdfast, PostgreSQL",
            Self::Sqlite => "Holdfast, SQLite",
        }
    }

    /// Where its data lies.
    pub const fn store(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Naive | Self::Procedure | Self::Postgres => "PostgreSQL",
        }
    }

    /// The case that says what it can do on a hot SKU.
    const fn hot(self) -> &'static str {
        match self {
            Self::Naive => "naive-hot",
            Self::Procedure => "procedure-hot",
            Self::Postgres => "postgres-hot",
            Self::Sqlite => "sqlite-hot",
        }
    }
}

/// How fast requests follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// As fast as they are answered.
    Closed,
    /// At half of what the case of this name did in the same round.
    HalfOf(&'static str),
    /// The same, to see how long an order takes into the read model.
    VisibleAtHalfOf(&'static str),
    /// At a fixed rate.
    Fixed(f64),
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Work {
    /// Orders over HTTP.
    Http {
        /// For which SKUs.
        demand: Demand,
        /// In what requests.
        form: Form,
        /// How fast.
        speed: Speed,
    },
    /// So many orders at least, in bulk, and then the server is killed and started again.
    ColdStart(u32),
    /// So many events at least, and then every read model built anew.
    Rebuild(u32),
    /// Calls of the stored procedure.
    Calls(Demand),
    /// Batches of a thousand events, in process.
    Append(Way),
}

/// One row.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What is measured.
    pub system: System,
    /// Over how many connections.
    pub connections: u32,
    /// What is done.
    pub work: Work,
    /// By how many servers on one store.
    pub nodes: usize,
    /// What it is held against.
    pub bars: Vec<Bar>,
}

impl Case {
    fn new(system: System, name: &str, connections: u32, work: Work) -> Self {
        let name = format!("{}-{name}", system.name());
        Self { name, system, connections, work, nodes: 1, bars: Vec::new() }
    }

    fn by(self, nodes: usize) -> Self {
        Self { nodes, ..self }
    }

    fn held_against(mut self, bars: impl IntoIterator<Item = Bar>) -> Self {
        self.bars.extend(bars);
        self
    }

    /// Whether it is meant by a name or a word of names. `sweep` means the point with the usual connections too.
    pub fn answers_to(&self, wanted: &str) -> bool {
        self.name == wanted
            || self.name.split('-').any(|word| word == wanted)
            || (wanted == "sweep" && self.is_point())
    }

    /// Whether it is a point of the chart.
    pub fn is_point(&self) -> bool {
        self.nodes == 1
            && matches!(
                self.work,
                Work::Http { demand: Demand::Hot, form: Form::Single, speed: Speed::Closed }
            )
    }

    /// The case whose figure it needs.
    pub fn needs(&self) -> Option<&'static str> {
        match self.work {
            Work::Http { speed: Speed::HalfOf(name) | Speed::VisibleAtHalfOf(name), .. } => Some(name),
            _ => None,
        }
    }

    /// What is counted.
    pub fn unit(&self) -> &'static str {
        if matches!(self.work, Work::Append(_) | Work::Rebuild(_)) { "events" } else { "orders" }
    }

    /// What is done, in words.
    pub fn what(&self) -> String {
        match self.work {
            Work::Calls(demand) => format!("a stored procedure with guarded updates, {}", skus(demand)),
            Work::ColdStart(orders) => {
                format!("{orders} orders, 100 a request; then killed and started again")
            }
            Work::Rebuild(events) => {
                format!("{events} events of whole orders; then read models built anew, alone and under load")
            }
            Work::Append(Way::Bare) => "a bare loop of an append's SQL, 1,000 events a batch".to_owned(),
            Work::Append(Way::Sealed) => {
                "the journal's append, 1,000 events a batch, sealed before".to_owned()
            }
            Work::Append(Way::Sealing) => "the journal's append, and the sealing".to_owned(),
            Work::Http { demand, form, speed } => {
                let form = match form {
                    Form::Single => "one order a request",
                    Form::Bulk => "100 orders a request",
                    Form::Mixed => "one order a request, one request in ten a read",
                };
                let speed = match speed {
                    Speed::Closed => String::new(),
                    Speed::HalfOf(hot) => format!(", open loop at half the rate of {hot}"),
                    Speed::VisibleAtHalfOf(hot) => {
                        format!(", at half the rate of {hot}: from the answer until the read model has it")
                    }
                    Speed::Fixed(rate) => format!(", open loop at {rate} a second"),
                };
                let nodes = if self.nodes > 1 { format!(", by {} nodes", self.nodes) } else { String::new() };
                format!("{form}, {}{speed}{nodes}", skus(demand))
            }
        }
    }
}

fn skus(demand: Demand) -> &'static str {
    match demand {
        Demand::Hot => "one hot SKU",
        Demand::Spread => "10,000 SKUs evenly",
        Demand::Zipf => "10,000 SKUs by Zipf's law",
    }
}

/// What is only measured where it is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// An open loop at a rate.
    pub rate: Option<f64>,
    /// Cold starts over so many orders.
    pub orders: Option<u32>,
    /// Rebuilds over so many events.
    pub events: Option<u32>,
}

/// Every case, in the order of a round: what is compared is measured one after the other.
pub fn all(wanted: &Wanted) -> Vec<Case> {
    let mut cases = hot_and_spread();
    for system in [System::Postgres, System::Sqlite] {
        cases.extend(other_loads(system, wanted.rate));
        let cold = |orders| Case::new(system, "cold", BULK, Work::ColdStart(orders));
        cases.extend(wanted.orders.map(|orders| cold(orders).held_against([ready_at_most(2_000.0)])));
        let rebuild = |events| Case::new(system, "rebuild", BULK, Work::Rebuild(events));
        cases.extend(wanted.events.map(|events| rebuild(events).held_against([rate_at_least(300_000.0)])));
    }
    for connections in SWEEP {
        for system in [System::Naive, System::Postgres, System::Sqlite] {
            let work = http(Demand::Hot, Form::Single, Speed::Closed);
            cases.push(Case::new(system, &format!("sweep-{connections}"), connections, work));
        }
    }
    cases.extend([System::Postgres, System::Sqlite].into_iter().flat_map(appends));
    cases
}

const fn http(demand: Demand, form: Form, speed: Speed) -> Work {
    Work::Http { demand, form, speed }
}

fn hot_and_spread() -> Vec<Case> {
    let over_http =
        |system, name, demand| Case::new(system, name, USUAL, http(demand, Form::Single, Speed::Closed));
    let called =
        |name, demand| Case::new(System::Procedure, name, procedure::CONNECTIONS, Work::Calls(demand));
    let (hot, spread) = (Demand::Hot, Demand::Spread);
    vec![
        over_http(System::Naive, "hot", hot),
        over_http(System::Postgres, "hot", hot).held_against([
            at_least(20.0, "naive-hot"),
            at_least(6.0, "procedure-hot"),
            p99_at_most(10.0),
        ]),
        over_http(System::Postgres, "nodes", hot).by(2).held_against([at_least(0.8, "postgres-hot")]),
        over_http(System::Sqlite, "hot", hot).held_against([at_least(28.0, "naive-hot")]),
        called("hot", hot),
        over_http(System::Naive, "spread", spread),
        over_http(System::Postgres, "spread", spread)
            .held_against([at_least(8.0, "naive-spread"), at_least(1.5, "procedure-spread")]),
        over_http(System::Sqlite, "spread", spread),
        called("spread", spread),
    ]
}

fn other_loads(system: System, rate: Option<f64>) -> Vec<Case> {
    let hot = |form, speed| http(Demand::Hot, form, speed);
    let bulk_times = if system == System::Sqlite { 60.0 } else { 40.0 };
    let half = system.hot();
    let mut cases = vec![
        Case::new(system, "zipf", USUAL, http(Demand::Zipf, Form::Single, Speed::Closed)),
        Case::new(system, "bulk", BULK, hot(Form::Bulk, Speed::Closed))
            .held_against([at_least(bulk_times, "naive-hot")]),
        Case::new(system, "mixed", USUAL, hot(Form::Mixed, Speed::Closed)),
        Case::new(system, "open", OPEN, hot(Form::Single, Speed::HalfOf(half))),
        Case::new(system, "visible", OPEN, hot(Form::Single, Speed::VisibleAtHalfOf(half)))
            .held_against([p99_at_most(50.0)]),
    ];
    if let Some(rate) = rate {
        cases.push(Case::new(system, "rate", OPEN, hot(Form::Single, Speed::Fixed(rate))));
    }
    cases
}

fn appends(system: System) -> [Case; 3] {
    let bare = if system == System::Sqlite { "sqlite-append-bare" } else { "postgres-append-bare" };
    [
        Case::new(system, "append-bare", 1, Work::Append(Way::Bare)),
        Case::new(system, "append", 1, Work::Append(Way::Sealed)).held_against([at_least(0.75, bare)]),
        Case::new(system, "append-sealing", 1, Work::Append(Way::Sealing)),
    ]
}

/// The cases that are meant, with those that they need. Without a PostgreSQL, those on SQLite.
pub fn choose(cases: &[Case], only: &[String], postgres: bool) -> Result<Vec<Case>, BenchError> {
    let unknown = only.iter().find(|wanted| !cases.iter().any(|case| case.answers_to(wanted)));
    if let Some(unknown) = unknown {
        return Err(BenchError::UnknownCase(unknown.clone()));
    }
    let meant = |case: &Case| {
        (only.is_empty() || only.iter().any(|wanted| case.answers_to(wanted)))
            && (postgres || case.system == System::Sqlite)
    };
    let needed: Vec<&str> = cases.iter().filter(|case| meant(case)).filter_map(Case::needs).collect();
    let chosen: Vec<Case> =
        cases.iter().filter(|case| meant(case) || needed.contains(&&*case.name)).cloned().collect();
    if chosen.is_empty() { Err(BenchError::NothingToDo) } else { Ok(chosen) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(only: &[&str], postgres: bool) -> Vec<String> {
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        choose(&all(&Wanted::default()), &only, postgres).unwrap().into_iter().map(|case| case.name).collect()
    }

    #[test]
    fn names_are_unique_and_bars_and_needs_name_cases() {
        let cases = all(&Wanted { rate: Some(1_000.0), orders: Some(1_000), events: Some(1_000) });
        let names: BTreeSet<&str> = cases.iter().map(|case| &*case.name).collect();
        assert_eq!(names.len(), cases.len());
        for case in &cases {
            let others = case.needs().into_iter().chain(case.bars.iter().filter_map(Bar::other));
            for other in others {
                assert!(names.contains(other), "{} names {other}", case.name);
            }
        }
    }

    #[test]
    fn cases_are_chosen_by_name_or_by_word() {
        assert_eq!(names(&["sqlite-hot"], true), ["sqlite-hot"]);
        assert_eq!(names(&["spread"], false), ["sqlite-spread"]);
        assert_eq!(names(&["procedure"], true), ["procedure-hot", "procedure-spread"]);
        let sweep = names(&["sweep"], false);
        assert_eq!(
            sweep,
            ["sqlite-hot", "sqlite-sweep-1", "sqlite-sweep-4", "sqlite-sweep-16", "sqlite-sweep-256"]
        );
    }

    #[test]
    fn what_a_case_needs_is_measured_too() {
        assert_eq!(names(&["sqlite-visible"], true), ["sqlite-hot", "sqlite-visible"]);
    }

    #[test]
    fn what_is_not_there_is_refused_by_name() {
        let refused = |only: &str, postgres| {
            choose(&all(&Wanted::default()), &[only.to_owned()], postgres).unwrap_err()
        };
        assert!(matches!(refused("tepid", true), BenchError::UnknownCase(name) if name == "tepid"));
        assert!(matches!(refused("rate", true), BenchError::UnknownCase(_)));
        assert!(matches!(refused("naive", false), BenchError::NothingToDo));
    }
}
