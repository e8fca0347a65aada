//! The report of a run, as tables and as JSON.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_terminal::output::{self, Printer, decimal, number};
use serde::Serialize;

use crate::case::{Case, Speed, System, Work};
use crate::measurement::Measurement;
use crate::spread::{Spread, ratio};
use crate::target::{Target, TargetResult};

/// The case that all others are compared with.
const REFERENCE: &str = "baseline-hot";

/// A case and its measurements.
pub struct Entry {
    pub case: Case,
    /// By round; `None` if the case was not measured.
    pub rounds: Vec<Option<Measurement>>,
    /// Why a measurement failed. Later rounds leave the case out.
    pub error: Option<String>,
}

/// The circumstances of a run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Circumstances {
    /// The version of this program.
    pub version: &'static str,
    /// Number of cores for the load, the server and the database together.
    pub cores: Option<usize>,
    /// The version of PostgreSQL.
    pub postgres: Option<String>,
    /// True if embedded stores are in memory, where durability costs nothing.
    pub in_memory: bool,
    /// Duration of each measurement.
    pub seconds: u64,
    pub rounds: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    #[serde(flatten)]
    circumstances: Circumstances,
    pub cases: Vec<Row>,
}

/// The results of a case. Percentiles are medians over the rounds.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub name: String,
    content: String,
    store: &'static str,
    pub connections: u32,
    unit: &'static str,
    pub per_second: Option<Spread>,
    p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    p999_ms: Option<f64>,
    /// Maximum memory of the servers at the end of the load.
    resident_mib: Option<u64>,
    times_baseline_hot: Option<f64>,
    targets: Vec<TargetResult>,
    failures: u64,
    error: Option<String>,
    rounds: Vec<Measurement>,
    #[serde(skip)]
    pub system: System,
    #[serde(skip)]
    pub is_chart_point: bool,
    /// True for an open loop: its rate is an input.
    #[serde(skip)]
    has_fixed_rate: bool,
}

impl Report {
    pub fn new(circumstances: Circumstances, entries: &[Entry]) -> Self {
        let cases = entries.iter().map(|entry| Row::new(entry, entries)).collect();
        Self { circumstances, cases }
    }

    /// The cases that were not measured, and those with failures, grouped by reason.
    pub fn problems(&self) -> Vec<String> {
        let mut cases_by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for row in &self.cases {
            let failures = || (row.failures > 0).then(|| row.describe_failures());
            if let Some(reason) = row.error.clone().or_else(failures) {
                cases_by_reason.entry(reason).or_default().push(&row.name);
            }
        }
        cases_by_reason.iter().map(|(reason, cases)| format!("{}: {reason}", cases.join(", "))).collect()
    }

    /// Prints the tables.
    pub fn print(&self, printer: &mut Printer) {
        let mut table = output::table(&[
            "case",
            "store",
            "conn.",
            "per second",
            "min to max",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "MiB",
            "x baseline",
            "targets",
        ]);
        for row in &self.cases {
            table.add_row(row.cells());
        }
        output::align_right(&mut table, &[2, 3, 4, 5, 6, 7, 8, 9]);
        printer.line("");
        printer.table(&table);
        printer.line(
            "Orders per second, for `append` events per second; medians of the rounds. `MiB` is the memory of the servers \
             at the end. `x baseline` is the multiple of baseline-hot in the same round.",
        );
        self.print_rebuilds(printer);
        self.print_carts(printer);
    }

    fn print_carts(&self, printer: &mut Printer) {
        let rounds = self.cases.iter().flat_map(|row| row.rounds.iter().map(move |round| (&row.name, round)));
        for (case, carts) in rounds.filter_map(|(case, round)| Some((case, round.carts.as_ref()?))) {
            printer.line(format!(
                "{case}: an order costs {} us with carts and {} us without ({} x); {} carts/s opened, {} conversions/s.",
                decimal(carts.with_carts_us),
                decimal(carts.without_carts_us),
                decimal(carts.cost_ratio),
                decimal(carts.opened_per_second),
                decimal(carts.conversions_per_second),
            ));
        }
    }

    fn print_rebuilds(&self, printer: &mut Printer) {
        let mut table = output::table(&["case", "read model", "other load", "events", "seconds", "events/s"]);
        let mut impacts = Vec::new();
        let rounds = self.cases.iter().flat_map(|row| row.rounds.iter().map(move |round| (&row.name, round)));
        for (case, rebuilds) in rounds.filter_map(|(case, round)| Some((case, round.rebuilds.as_ref()?))) {
            let groups = [("none", &rebuilds.alone), ("orders, other rebuilds", &rebuilds.under_load)];
            for (load, rebuilt) in
                groups.iter().flat_map(|(load, group)| group.iter().map(move |one| (load, one)))
            {
                table.add_row([
                    case.clone(),
                    rebuilt.read_model.clone(),
                    (*load).to_owned(),
                    number(rebuilt.events),
                    decimal(rebuilt.seconds),
                    decimal(rebuilt.per_second),
                ]);
            }
            let (before, during) = (&rebuilds.before, &rebuilds.during);
            impacts.push(format!(
                "{case}: p99 of commands {} ms before and {} ms during the rebuild of all (maximum {} and {}), of queries \
                 {} and {} ms (maximum {} and {}).",
                optional(before.commands_p99_ms),
                optional(during.commands_p99_ms),
                optional(before.commands_max_ms),
                optional(during.commands_max_ms),
                optional(before.queries_p99_ms),
                optional(during.queries_p99_ms),
                optional(before.queries_max_ms),
                optional(during.queries_max_ms),
            ));
        }
        if !impacts.is_empty() {
            output::align_right(&mut table, &[3, 4, 5]);
            printer.table(&table);
            for impact in impacts {
                printer.line(impact);
            }
        }
    }
}

impl Row {
    fn new(entry: &Entry, all: &[Entry]) -> Self {
        let case = &entry.case;
        let rounds: Vec<Measurement> = entry.rounds.iter().flatten().cloned().collect();
        let median = |value: fn(&Measurement) -> Option<f64>| {
            Spread::of(rounds.iter().filter_map(value)).map(|spread| spread.median)
        };
        let per_second = Spread::of(rounds.iter().map(|round| round.per_second));
        let p99_ms = median(|round| round.p99_ms);
        let times =
            |name: &str| ratio(&rates(entry), &rates(all.iter().find(|other| other.case.name == name)?));
        let result = |target: &Target| {
            target.result(match target {
                Target::Ratio(_, case) => times(case),
                Target::P99(_) => p99_ms,
                Target::Ready(_) => median(|round| round.ready_ms),
                Target::CartCost(_) => median(|round| round.carts.as_ref().map(|carts| carts.cost_ratio)),
                Target::Rate(_) => per_second.map(|rate| rate.median),
            })
        };
        let has_fixed_rate = matches!(case.work, Work::Http { speed, .. } if speed != Speed::Closed);
        let is_comparable = case.unit() == "orders" && !has_fixed_rate;
        Self {
            name: case.name.clone(),
            content: case.content(),
            store: case.system.store(),
            connections: case.connections,
            unit: case.unit(),
            per_second,
            p50_ms: median(|round| round.p50_ms),
            p99_ms,
            p999_ms: median(|round| round.p999_ms),
            resident_mib: rounds.iter().filter_map(|round| round.resident_kib).max().map(|kib| kib / 1_024),
            times_baseline_hot: times(REFERENCE).filter(|_| is_comparable),
            targets: case.targets.iter().map(result).collect(),
            failures: rounds.iter().map(Measurement::failed).sum(),
            error: entry.error.clone(),
            system: case.system,
            is_chart_point: case.is_chart_point(),
            has_fixed_rate,
            rounds,
        }
    }

    fn cells(&self) -> Vec<String> {
        let whole = |value: f64| decimal(value).split('.').next().unwrap_or_default().to_owned();
        let (rate, range) = match self.per_second {
            Some(rate) if self.has_fixed_rate => (format!("at {}", whole(rate.median)), String::new()),
            Some(rate) if self.rounds.len() == 1 => (whole(rate.median), String::new()),
            Some(rate) => (whole(rate.median), format!("{} to {}", whole(rate.min), whole(rate.max))),
            None => ("-".to_owned(), String::new()),
        };
        let mut targets: Vec<String> = self.targets.iter().map(ToString::to_string).collect();
        if self.failures > 0 {
            targets.push(self.describe_failures());
        }
        if self.error.is_some() {
            targets = vec!["NOT MEASURED".to_owned()];
        }
        vec![
            self.name.clone(),
            self.store.to_owned(),
            number(u64::from(self.connections)),
            rate,
            range,
            optional(self.p50_ms),
            optional(self.p99_ms),
            optional(self.p999_ms),
            self.resident_mib.map_or_else(|| "-".to_owned(), number),
            optional(self.times_baseline_hot),
            targets.join("\n"),
        ]
    }

    fn describe_failures(&self) -> String {
        let kinds: BTreeSet<&str> =
            self.rounds.iter().flat_map(|round| round.failures.keys()).map(String::as_str).collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        format!("{} FAILED: {}", number(self.failures), kinds.join(", "))
    }
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), decimal)
}

/// The rates by round.
fn rates(entry: &Entry) -> Vec<Option<f64>> {
    entry.rounds.iter().map(|round| round.as_ref().map(|round| round.per_second)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{OptionalCases, all};

    fn entry(name: &str, rates: &[f64], p99_ms: f64) -> Entry {
        let case = all(OptionalCases::default()).into_iter().find(|case| case.name == name).unwrap();
        let measurement = |(round, rate): (u32, &f64)| {
            Some(Measurement {
                round,
                per_second: *rate,
                p50_ms: Some(p99_ms / 2.0),
                p99_ms: Some(p99_ms),
                p999_ms: Some(p99_ms * 2.0),
                accepted: 5,
                resident_kib: Some(9_000),
                ..Measurement::default()
            })
        };
        Entry { case, rounds: (1..).zip(rates).map(measurement).collect(), error: None }
    }

    fn report(entries: &[Entry]) -> Report {
        let circumstances = Circumstances {
            version: "0",
            cores: Some(2),
            postgres: None,
            in_memory: false,
            seconds: 5,
            rounds: 2,
        };
        Report::new(circumstances, entries)
    }

    #[test]
    fn a_row_is_compared_with_the_baseline_of_the_same_run() {
        let report = report(&[
            entry("baseline-hot", &[500.0, 1_000.0], 200.0),
            entry("postgres-hot", &[11_000.0, 19_000.0], 9.0),
        ]);
        let row = &report.cases[1];
        assert_eq!(row.per_second, Some(Spread { median: 15_000.0, min: 11_000.0, max: 19_000.0 }));
        assert_eq!(row.times_baseline_hot, Some(20.5));
        let targets: Vec<String> = row.targets.iter().map(ToString::to_string).collect();
        assert_eq!(
            targets,
            [
                "at least 20 x baseline-hot: 20.5, met",
                "at least 6 x procedure-hot: unknown",
                "p99 at most 10 ms: 9, met"
            ]
        );
        assert_eq!(&row.cells()[3..10], ["15,000", "11,000 to 19,000", "4.5", "9.0", "18.0", "8", "20.5"]);
        assert!(report.problems().is_empty());
    }

    #[test]
    fn without_a_baseline_ratios_are_unknown() {
        let report = report(&[entry("sqlite-hot", &[9_000.0], 8.0)]);
        let row = &report.cases[0];
        assert_eq!(row.times_baseline_hot, None);
        assert_eq!(row.targets[0].met, None);
    }

    #[test]
    fn failures_and_unmeasured_cases_are_reported() {
        let mut failing = entry("sqlite-hot", &[9_000.0], 8.0);
        let round = failing.rounds[0].as_mut().unwrap();
        round.failures.insert("status 503".to_owned(), 7);
        let mut unmeasured = entry("postgres-hot", &[], 0.0);
        unmeasured.error = Some("the server does not start".to_owned());
        let report = report(&[failing, unmeasured]);
        assert_eq!(
            report.problems(),
            ["sqlite-hot: 7 FAILED: status 503", "postgres-hot: the server does not start"]
        );
        assert_eq!(report.cases[1].cells().last().unwrap(), "NOT MEASURED");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["cases"][0]["rounds"][0]["failures"]["status 503"], 7);
        assert_eq!(json["cases"][1]["perSecond"], serde_json::Value::Null);
    }
}
