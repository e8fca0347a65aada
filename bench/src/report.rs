//! All that was measured, for people and for machines.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_terminal::output::{self, Printer, decimal, number};
use serde::Serialize;

use super::bar::Held;
use super::case::{Case, Speed, System, Work};
use super::measure::Measured;
use super::numbers::{Swing, times};

/// What everything is a multiple of.
const BASELINE: &str = "naive-hot";

/// A case and what became of it.
pub struct Entry {
    /// The case.
    pub case: Case,
    /// What was measured, by round.
    pub rounds: Vec<Option<Measured>>,
    /// Why it could not be measured in one of them, after which it was left alone.
    pub error: Option<String>,
}

/// Under what circumstances it was measured.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Circumstances {
    /// This program's version.
    pub version: &'static str,
    /// How many cores there are for the load, the server and the database together.
    pub cores: Option<usize>,
    /// What the PostgreSQL says that it is.
    pub postgres: Option<String>,
    /// Whether embedded stores lay in memory, where durability costs nothing.
    pub in_memory: bool,
    /// How long each case was measured, in seconds.
    pub seconds: u64,
    /// How often.
    pub rounds: u32,
}

/// All that was measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    #[serde(flatten)]
    circumstances: Circumstances,
    cases: Vec<Row>,
}

/// One case.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its name.
    pub name: String,
    what: String,
    store: &'static str,
    /// Over how many connections.
    pub connections: u32,
    unit: &'static str,
    /// What was done a second.
    pub per_second: Option<Swing>,
    p50_ms: Option<f64>,
    /// What 99 of 100 requests did not exceed: the median of the rounds, as are the others.
    pub p99_ms: Option<f64>,
    p999_ms: Option<f64>,
    /// What the servers held at most when the load ended.
    resident_mib: Option<u64>,
    times_naive_hot: Option<f64>,
    bars: Vec<Held>,
    failures: u64,
    error: Option<String>,
    rounds: Vec<Measured>,
    /// What was measured.
    #[serde(skip)]
    pub system: System,
    /// Whether it is a point of the chart.
    #[serde(skip)]
    pub is_point: bool,
    /// Whether its rate says something: that of an open loop was given.
    #[serde(skip)]
    given_rate: bool,
}

impl Report {
    /// Sums up.
    pub fn of(circumstances: Circumstances, entries: &[Entry]) -> Self {
        let cases = entries.iter().map(|entry| Row::of(entry, entries)).collect();
        Self { circumstances, cases }
    }

    /// Its rows.
    pub fn rows(&self) -> &[Row] {
        &self.cases
    }

    /// What went wrong: cases that could not be measured, and those with answers that were no grants.
    pub fn wrong(&self) -> Vec<String> {
        let mut cases_by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for row in &self.cases {
            let failed = || (row.failures > 0).then(|| row.told_failures());
            if let Some(reason) = row.error.clone().or_else(failed) {
                cases_by_reason.entry(reason).or_default().push(&row.name);
            }
        }
        cases_by_reason.iter().map(|(reason, cases)| format!("{}: {reason}", cases.join(", "))).collect()
    }

    /// Prints it.
    pub fn show(&self, printer: &mut Printer) {
        let headings = [
            "case",
            "store",
            "conn.",
            "a second",
            "min to max",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "MiB",
            "x naive",
            "held against",
        ];
        let mut table = output::table(&headings);
        for row in &self.cases {
            table.add_row(row.cells());
        }
        output::align_right(&mut table, &[2, 3, 4, 5, 6, 7, 8, 9]);
        printer.line("");
        printer.table(&table);
        printer.line(
            "Orders a second, of `append` events; medians of the rounds. `MiB` is what the servers held at the end. \
             `x naive` is the multiple of naive-hot in the same round.",
        );
        self.show_rebuilds(printer);
    }
}

impl Report {
    /// What was measured of rebuilds, a row each.
    fn show_rebuilds(&self, printer: &mut Printer) {
        let mut table = output::table(&["case", "read model", "beside it", "events", "seconds", "events/s"]);
        let mut felt = Vec::new();
        for (case, round) in
            self.cases.iter().flat_map(|row| row.rounds.iter().map(move |round| (row, round)))
        {
            let Some(rebuilds) = &round.rebuilds else { continue };
            for (beside, all) in [("nothing", &rebuilds.alone), ("orders, others", &rebuilds.under_load)] {
                for built in all {
                    table.add_row([
                        case.name.clone(),
                        built.read_model.clone(),
                        beside.to_owned(),
                        number(built.events),
                        decimal(built.seconds),
                        decimal(built.per_second),
                    ]);
                }
            }
            let told = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), decimal);
            let (before, meanwhile) = (&rebuilds.before, &rebuilds.meanwhile);
            felt.push(format!(
                "{}: p99 of commands {} ms before and {} ms while all were built (longest {} and {}), of queries {} and {} ms \
                 (longest {} and {}).",
                case.name,
                told(before.commands_p99_ms),
                told(meanwhile.commands_p99_ms),
                told(before.commands_longest_ms),
                told(meanwhile.commands_longest_ms),
                told(before.queries_p99_ms),
                told(meanwhile.queries_p99_ms),
                told(before.queries_longest_ms),
                told(meanwhile.queries_longest_ms),
            ));
        }
        if !felt.is_empty() {
            output::align_right(&mut table, &[3, 4, 5]);
            printer.table(&table);
            for line in &felt {
                printer.line(line);
            }
        }
    }
}

impl Row {
    fn of(entry: &Entry, all: &[Entry]) -> Self {
        let case = &entry.case;
        let rounds: Vec<Measured> = entry.rounds.iter().flatten().cloned().collect();
        let median = |of: fn(&Measured) -> Option<f64>| {
            Swing::of(rounds.iter().filter_map(of)).map(|swing| swing.median)
        };
        let p99_ms = median(|measured| measured.p99_ms);
        let ready_ms = median(|measured| measured.ready_ms);
        let rate = median(|measured| Some(measured.per_second));
        let times_of = |name: &str| times(&rates(entry), &rates(all.iter().find(|e| e.case.name == name)?));
        let given_rate = matches!(case.work, Work::Http { speed, .. } if speed != Speed::Closed);
        let comparable = case.unit() == "orders" && !given_rate;
        Self {
            name: case.name.clone(),
            what: case.what(),
            store: case.system.store(),
            connections: case.connections,
            unit: case.unit(),
            per_second: Swing::of(rounds.iter().map(|measured| measured.per_second)),
            p50_ms: median(|measured| measured.p50_ms),
            p99_ms,
            p999_ms: median(|measured| measured.p999_ms),
            resident_mib: rounds.iter().filter_map(|round| round.resident_kib).max().map(|kib| kib / 1_024),
            times_naive_hot: if comparable { times_of(BASELINE) } else { None },
            bars: case.bars.iter().map(|bar| bar.hold(p99_ms, ready_ms, rate, times_of)).collect(),
            failures: rounds.iter().map(Measured::failed).sum(),
            error: entry.error.clone(),
            rounds,
            system: case.system,
            is_point: case.is_point(),
            given_rate,
        }
    }

    fn cells(&self) -> Vec<String> {
        let told = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), decimal);
        let whole = |value: f64| decimal(value).split('.').next().unwrap_or_default().to_owned();
        let (rate, swing) = match self.per_second {
            Some(swing) if self.given_rate => (format!("at {}", whole(swing.median)), String::new()),
            Some(swing) if self.rounds.len() == 1 => (whole(swing.median), String::new()),
            Some(swing) => (whole(swing.median), format!("{} to {}", whole(swing.min), whole(swing.max))),
            None => ("-".to_owned(), String::new()),
        };
        let mut held: Vec<String> = self.bars.iter().map(ToString::to_string).collect();
        if self.failures > 0 {
            held.push(self.told_failures());
        }
        if self.error.is_some() {
            held = vec!["NOT MEASURED".to_owned()];
        }
        vec![
            self.name.clone(),
            self.store.to_owned(),
            number(u64::from(self.connections)),
            rate,
            swing,
            told(self.p50_ms),
            told(self.p99_ms),
            told(self.p999_ms),
            self.resident_mib.map_or_else(|| "-".to_owned(), number),
            told(self.times_naive_hot),
            held.join("\n"),
        ]
    }

    fn told_failures(&self) -> String {
        let kinds: BTreeSet<&str> =
            self.rounds.iter().flat_map(|round| round.failures.keys()).map(String::as_str).collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        format!("{} FAILED: {}", number(self.failures), kinds.join(", "))
    }
}

/// What was done a second, by round.
fn rates(entry: &Entry) -> Vec<Option<f64>> {
    entry.rounds.iter().map(|round| round.as_ref().map(|measured| measured.per_second)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::case::{Wanted, all};
    use super::*;

    fn entry(name: &str, rates: &[f64], p99_ms: f64) -> Entry {
        let case = all(&Wanted::default()).into_iter().find(|case| case.name == name).unwrap();
        let measured = |(round, rate): (u32, &f64)| {
            Some(Measured {
                round,
                per_second: *rate,
                p50_ms: Some(p99_ms / 2.0),
                p99_ms: Some(p99_ms),
                p999_ms: Some(p99_ms * 2.0),
                offered_per_second: None,
                reads_per_second: None,
                reads_p99_ms: None,
                granted: 5,
                failures: BTreeMap::new(),
                behind_events: None,
                resident_kib: Some(9_000),
                resident_half_kib: None,
                ready_ms: None,
                resident_again_kib: None,
                filled_per_second: None,
                rebuilds: None,
            })
        };
        Entry { case, rounds: (1..).zip(rates).map(measured).collect(), error: None }
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
        Report::of(circumstances, entries)
    }

    #[test]
    fn a_row_compares_with_the_baseline_of_the_same_run() {
        let report = report(&[
            entry("naive-hot", &[500.0, 1_000.0], 200.0),
            entry("postgres-hot", &[11_000.0, 19_000.0], 9.0),
        ]);
        let row = &report.rows()[1];
        assert_eq!(row.per_second, Some(Swing { median: 15_000.0, min: 11_000.0, max: 19_000.0 }));
        assert_eq!(row.times_naive_hot, Some(20.5));
        let held: Vec<String> = row.bars.iter().map(ToString::to_string).collect();
        assert_eq!(
            held,
            [
                "at least 20 x naive-hot: 20.5, met",
                "at least 6 x procedure-hot: not known",
                "p99 at most 10 ms: 9, met"
            ]
        );
        assert_eq!(&row.cells()[3..10], ["15,000", "11,000 to 19,000", "4.5", "9.0", "18.0", "8", "20.5"]);
        assert!(report.wrong().is_empty());
    }

    #[test]
    fn without_a_baseline_nothing_is_claimed() {
        let report = report(&[entry("sqlite-hot", &[9_000.0], 8.0)]);
        let row = &report.rows()[0];
        assert_eq!(row.times_naive_hot, None);
        assert_eq!(row.bars[0].met, None);
    }

    #[test]
    fn failures_and_cases_that_were_not_measured_are_told() {
        let mut failing = entry("sqlite-hot", &[9_000.0], 8.0);
        let round = failing.rounds[0].as_mut().unwrap();
        round.failures.insert("status 503".to_owned(), 7);
        let mut unmeasured = entry("postgres-hot", &[], 0.0);
        unmeasured.error = Some("the server does not start".to_owned());
        let report = report(&[failing, unmeasured]);
        assert_eq!(
            report.wrong(),
            ["sqlite-hot: 7 FAILED: status 503", "postgres-hot: the server does not start"]
        );
        assert_eq!(report.rows()[1].cells().last().unwrap(), "NOT MEASURED");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["cases"][0]["rounds"][0]["failures"]["status 503"], 7);
        assert_eq!(json["cases"][1]["perSecond"], serde_json::Value::Null);
    }
}
