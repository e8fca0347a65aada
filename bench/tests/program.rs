//! The bench comes to its end, and what it measured was granted.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Stdio};

use holdfast_tests::postgres::Schema;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_holdfast-bench");

#[test]
fn a_short_bench_measures_counts_and_draws() {
    let directory = tempfile::tempdir().unwrap();
    let (chart, out) = (directory.path().join("chart.svg"), directory.path().join("out.json"));
    let stores = directory.path().join("stores");
    let cases = "sqlite-hot,sqlite-bulk,sqlite-mixed,sqlite-visible,sqlite-append";
    let output = Command::new(PROGRAM)
        .args(["--only", cases, "--seconds", "1", "--rounds", "1", "--json", "--sqlite"])
        .arg(&stores)
        .arg("--chart")
        .arg(&chart)
        .arg("--out")
        .arg(&out)
        .env_remove("HOLDFAST_TEST_POSTGRES")
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("There is no PostgreSQL"), "{said}");

    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let measured = measured(&report, 5);
    assert!(measured[2]["rounds"][0]["readsPerSecond"].as_f64().unwrap() > 0.0, "{}", measured[2]);
    let written: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(written, report);
    assert!(std::fs::read_to_string(&chart).unwrap().contains("Holdfast, SQLite"));
    assert_eq!(std::fs::read_dir(&stores).unwrap().count(), 0, "every store was removed");
}

#[test]
fn holdfast_on_postgres_is_measured_beside_what_is_commonly_built() {
    let Some(schema) = Schema::fresh() else { return };
    let cases = "naive-hot,procedure-spread,postgres-hot,postgres-append";
    let bench = Command::new(PROGRAM)
        .args(["--only", cases, "--seconds", "1", "--rounds", "1", "--json"])
        .env("HOLDFAST_TEST_POSTGRES", schema.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let process = bench.id();
    let output = bench.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let measured = measured(&report, 4);
    assert_eq!(measured[0]["timesNaiveHot"], 1.0);
    assert!(measured[1]["bars"][0]["value"].as_f64().unwrap() > 0.0, "{}", measured[1]);
    let left = format!("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'bench\\_{process}\\_%'");
    assert_eq!(schema.sql(&left).trim(), "0", "every schema was removed");
}

/// The cases of a report, each measured and every order granted.
fn measured(report: &Value, count: usize) -> &[Value] {
    let cases = report["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), count, "{report}");
    for case in cases {
        assert!(case["perSecond"]["median"].as_f64().unwrap() > 0.0, "{case}");
        assert!(case["p99Ms"].as_f64().unwrap() > 0.0, "{case}");
        assert_eq!(case["failures"], 0, "{case}");
    }
    cases
}

#[test]
fn arguments_that_mean_nothing_are_refused() {
    for wrong in [["--only", "tepid"], ["--only", "naive"], ["--database", "mysql://me:secret@host/x"]] {
        let output = Command::new(PROGRAM)
            .args(wrong)
            .env_remove("HOLDFAST_TEST_POSTGRES")
            .output()
            .expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
