//! The cases: each is one row of the final table.

use crate::append::Mode;
use crate::error::BenchError;
use crate::load::requests::{Demand, Form};
use crate::procedure;
use crate::target::Target;

/// Connections of a closed loop, unless a case says otherwise.
const USUAL_CONNECTIONS: u32 = 64;
/// Connections for bulk requests.
const BULK_CONNECTIONS: u32 = 8;
/// Connections of an open loop: the maximum number of requests in flight.
const OPEN_CONNECTIONS: u32 = 128;
/// Connections of the sweep, in addition to the usual number.
const SWEEP_CONNECTIONS: [u32; 4] = [1, 4, 16, 256];

/// A measured system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// One transaction per command, on PostgreSQL.
    Baseline,
    /// A stored procedure on PostgreSQL, without HTTP.
    Procedure,
    /// Holdfast on PostgreSQL.
    Postgres,
    /// Holdfast on embedded SQLite.
    Sqlite,
}

impl System {
    /// The prefix of the names of its cases.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Procedure => "procedure",
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        }
    }

    /// The title in the chart.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Baseline => "one transaction per command, PostgreSQL",
            Self::Procedure => "stored procedure, PostgreSQL",
            Self::Postgres => "Holdfast, PostgreSQL",
            Self::Sqlite => "Holdfast, SQLite",
        }
    }

    pub const fn store(self) -> &'static str {
        if matches!(self, Self::Sqlite) { "SQLite" } else { "PostgreSQL" }
    }

    /// The case with one hot SKU over the usual connections.
    pub fn hot_case(self) -> String {
        format!("{}-hot", self.name())
    }
}

/// The rate of the requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// Each connection sends its next request when the last one was answered.
    Closed,
    /// Half the rate of the system's hot case in the same round.
    HalfOfHot,
    /// Half that rate, to measure the delay until an order appears in the read model.
    VisibleAtHalfOfHot,
    /// Requests per second.
    Fixed(f64),
}

/// The work of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Work {
    /// Orders over HTTP.
    Http { demand: Demand, form: Form, speed: Speed },
    /// At least this many orders in bulk; then the server is killed and started again.
    ColdStart(u32),
    /// At least this many events; then every read model is rebuilt.
    Rebuild(u32),
    /// This many open carts on one SKU; then orders there and elsewhere, and conversions of carts.
    Carts(u32),
    /// Calls of the stored procedure.
    Procedure(Demand),
    /// Batches of 1,000 events appended in process.
    Append(Mode),
}

#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub system: System,
    pub connections: u32,
    pub work: Work,
    /// Number of servers on one store.
    pub nodes: usize,
    pub targets: Vec<Target>,
}

impl Case {
    fn new(system: System, name: &str, connections: u32, work: Work) -> Self {
        let name = format!("{}-{name}", system.name());
        Self { name, system, connections, work, nodes: 1, targets: Vec::new() }
    }

    fn targets(self, targets: impl Into<Vec<Target>>) -> Self {
        Self { targets: targets.into(), ..self }
    }

    /// True if `selected` is the name of the case or a word of it. `sweep` includes the case with the usual connections.
    pub fn matches(&self, selected: &str) -> bool {
        self.name == selected
            || self.name.split('-').any(|word| word == selected)
            || (selected == "sweep" && self.is_chart_point())
    }

    pub fn is_chart_point(&self) -> bool {
        let point = Work::Http { demand: Demand::Hot, form: Form::Single, speed: Speed::Closed };
        self.nodes == 1 && self.work == point
    }

    /// The case whose rate determines the rate of this one.
    pub fn required_case(&self) -> Option<String> {
        let speed = match self.work {
            Work::Http { speed, .. } => speed,
            _ => Speed::Closed,
        };
        matches!(speed, Speed::HalfOfHot | Speed::VisibleAtHalfOfHot).then(|| self.system.hot_case())
    }

    /// The unit of the rate.
    pub fn unit(&self) -> &'static str {
        if matches!(self.work, Work::Append(_) | Work::Rebuild(_)) { "events" } else { "orders" }
    }

    /// A description of the work.
    pub fn content(&self) -> String {
        match self.work {
            Work::Procedure(demand) => format!("a stored procedure with guarded updates, {demand}"),
            Work::ColdStart(orders) => {
                format!("{orders} orders, 100 per request; then killed and started again")
            }
            Work::Rebuild(events) => {
                format!("{events} events of whole orders; then read models rebuilt, alone and under load")
            }
            Work::Carts(carts) => {
                format!(
                    "orders of a SKU with {carts} open carts and of one without, in turn; then 10,000 conversions at once with 5,000 units"
                )
            }
            Work::Append(Mode::Bare) => {
                "a bare loop of the SQL of an append, 1,000 events per batch".to_owned()
            }
            Work::Append(Mode::Sealed) => {
                "the journal's append, 1,000 events per batch, sealed before".to_owned()
            }
            Work::Append(Mode::Sealing) => "the journal's append, including the sealing".to_owned(),
            Work::Http { demand, form, speed } => {
                let hot = self.system.hot_case();
                let speed = match speed {
                    Speed::Closed => String::new(),
                    Speed::HalfOfHot => format!(", open loop at half the rate of {hot}"),
                    Speed::VisibleAtHalfOfHot => {
                        format!(", at half the rate of {hot}: from the answer until the read model has it")
                    }
                    Speed::Fixed(rate) => format!(", open loop at {rate} per second"),
                };
                let nodes = if self.nodes > 1 { format!(", {} nodes", self.nodes) } else { String::new() };
                format!("{form}, {demand}{speed}{nodes}")
            }
        }
    }
}

/// Cases that are measured only on request.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct OptionalCases {
    /// Also measure an open loop of this many orders per second, 1 to 1000000, on each store.
    #[arg(long, value_name = "ORDERS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: Option<u32>,
    /// Also measure a cold start on each store: how soon a killed server with at least this many orders, 1 to 100000000,
    /// is ready again, and how much memory it holds.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub orders: Option<u32>,
    /// Also measure rebuilds of the read models on each store, with a journal of at least this many events, 1 to
    /// 100000000, and their impact on commands and queries.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub events: Option<u32>,
    /// Also measure, on each store, orders of a SKU with this many open cart reservations, 1 to 1000000, and conversions of
    /// 10,000 carts with 5,000 units.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub carts: Option<u32>,
}

/// All cases in the order of a round: cases that are compared follow each other.
pub fn all(optional: OptionalCases) -> Vec<Case> {
    let mut cases = hot_and_spread();
    for system in [System::Postgres, System::Sqlite] {
        cases.extend(other_loads(system, optional.rate));
        cases.extend(optional.orders.map(|orders| {
            Case::new(system, "cold", BULK_CONNECTIONS, Work::ColdStart(orders))
                .targets([Target::Ready(2_000.0)])
        }));
        cases.extend(optional.events.map(|events| {
            Case::new(system, "rebuild", BULK_CONNECTIONS, Work::Rebuild(events))
                .targets([Target::Rate(300_000.0)])
        }));
        cases.extend(optional.carts.map(|carts| {
            Case::new(system, "carts", BULK_CONNECTIONS, Work::Carts(carts)).targets([Target::CartCost(1.3)])
        }));
    }
    for connections in SWEEP_CONNECTIONS {
        for system in [System::Baseline, System::Postgres, System::Sqlite] {
            let work = http(Demand::Hot, Form::Single, Speed::Closed);
            cases.push(Case::new(system, &format!("sweep-{connections}"), connections, work));
        }
    }
    cases.extend(appends(System::Postgres, "postgres-append-bare"));
    cases.extend(appends(System::Sqlite, "sqlite-append-bare"));
    cases
}

const fn http(demand: Demand, form: Form, speed: Speed) -> Work {
    Work::Http { demand, form, speed }
}

fn hot_and_spread() -> Vec<Case> {
    let over_http = |system, name, demand| {
        Case::new(system, name, USUAL_CONNECTIONS, http(demand, Form::Single, Speed::Closed))
    };
    let procedure =
        |name, demand| Case::new(System::Procedure, name, procedure::CONNECTIONS, Work::Procedure(demand));
    let (hot, spread) = (Demand::Hot, Demand::Spread);
    let nodes = over_http(System::Postgres, "nodes", hot).targets([Target::Ratio(0.8, "postgres-hot")]);
    vec![
        over_http(System::Baseline, "hot", hot),
        over_http(System::Postgres, "hot", hot).targets([
            Target::Ratio(20.0, "baseline-hot"),
            Target::Ratio(6.0, "procedure-hot"),
            Target::P99(10.0),
        ]),
        Case { nodes: 2, ..nodes },
        over_http(System::Sqlite, "hot", hot).targets([Target::Ratio(28.0, "baseline-hot")]),
        procedure("hot", hot),
        over_http(System::Baseline, "spread", spread),
        over_http(System::Postgres, "spread", spread)
            .targets([Target::Ratio(8.0, "baseline-spread"), Target::Ratio(1.5, "procedure-spread")]),
        over_http(System::Sqlite, "spread", spread),
        procedure("spread", spread),
    ]
}

fn other_loads(system: System, rate: Option<u32>) -> Vec<Case> {
    let hot = |form, speed| http(Demand::Hot, form, speed);
    let bulk_ratio = if system == System::Sqlite { 60.0 } else { 40.0 };
    let mut cases = vec![
        Case::new(system, "zipf", USUAL_CONNECTIONS, http(Demand::Zipf, Form::Single, Speed::Closed)),
        Case::new(system, "bulk", BULK_CONNECTIONS, hot(Form::Bulk, Speed::Closed))
            .targets([Target::Ratio(bulk_ratio, "baseline-hot")]),
        Case::new(system, "mixed", USUAL_CONNECTIONS, hot(Form::Mixed, Speed::Closed)),
        Case::new(system, "open", OPEN_CONNECTIONS, hot(Form::Single, Speed::HalfOfHot)),
        Case::new(system, "visible", OPEN_CONNECTIONS, hot(Form::Single, Speed::VisibleAtHalfOfHot))
            .targets([Target::P99(50.0)]),
    ];
    cases.extend(rate.map(|rate| {
        Case::new(system, "rate", OPEN_CONNECTIONS, hot(Form::Single, Speed::Fixed(f64::from(rate))))
    }));
    cases
}

fn appends(system: System, bare: &'static str) -> [Case; 3] {
    [
        Case::new(system, "append-bare", 1, Work::Append(Mode::Bare)),
        Case::new(system, "append", 1, Work::Append(Mode::Sealed)).targets([Target::Ratio(0.75, bare)]),
        Case::new(system, "append-sealing", 1, Work::Append(Mode::Sealing)),
    ]
}

/// The selected cases and those that they require. Without PostgreSQL, only cases on SQLite.
pub fn choose(cases: &[Case], only: &[String], postgres: bool) -> Result<Vec<Case>, BenchError> {
    if let Some(unknown) = only.iter().find(|name| !cases.iter().any(|case| case.matches(name))) {
        return Err(BenchError::UnknownCase(unknown.clone()));
    }
    let is_selected = |case: &Case| {
        (only.is_empty() || only.iter().any(|name| case.matches(name)))
            && (postgres || case.system == System::Sqlite)
    };
    let required: Vec<String> =
        cases.iter().filter(|case| is_selected(case)).filter_map(Case::required_case).collect();
    let chosen: Vec<Case> =
        cases.iter().filter(|case| is_selected(case) || required.contains(&case.name)).cloned().collect();
    if chosen.is_empty() { Err(BenchError::NothingToDo) } else { Ok(chosen) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(only: &[&str], postgres: bool) -> Vec<String> {
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        let all = all(OptionalCases::default());
        choose(&all, &only, postgres).unwrap().into_iter().map(|case| case.name).collect()
    }

    #[test]
    fn names_are_unique_and_referenced_cases_exist() {
        let cases = all(OptionalCases {
            rate: Some(1_000),
            orders: Some(1_000),
            events: Some(1_000),
            carts: Some(1_000),
        });
        let names: BTreeSet<String> = cases.iter().map(|case| case.name.clone()).collect();
        assert_eq!(names.len(), cases.len());
        for case in &cases {
            let compared = case.targets.iter().filter_map(|target| match target {
                Target::Ratio(_, other) => Some((*other).to_owned()),
                _ => None,
            });
            for other in compared.chain(case.required_case()) {
                assert!(names.contains(&other), "{} names {other}", case.name);
            }
        }
    }

    #[test]
    fn cases_are_selected_by_name_or_by_word() {
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
    fn a_required_case_is_measured_too() {
        assert_eq!(names(&["sqlite-visible"], true), ["sqlite-hot", "sqlite-visible"]);
    }

    #[test]
    fn unknown_cases_and_empty_selections_are_rejected() {
        let rejected = |only: &str, postgres| {
            choose(&all(OptionalCases::default()), &[only.to_owned()], postgres).unwrap_err()
        };
        assert!(matches!(rejected("tepid", true), BenchError::UnknownCase(name) if name == "tepid"));
        assert!(matches!(rejected("rate", true), BenchError::UnknownCase(_)));
        assert!(matches!(rejected("baseline", false), BenchError::NothingToDo));
    }
}
