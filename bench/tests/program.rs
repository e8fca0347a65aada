//! Short runs of the benchmark: every case is measured and every order accepted.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Stdio};

use holdfast_tests::postgres::Schema;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_holdfast-bench");

#[test]
fn a_short_run_measures_and_writes_report_and_chart() {
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
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("There is no PostgreSQL"), "{stderr}");

    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let measured = measured(&report, 5);
    assert!(measured[2]["rounds"][0]["readsPerSecond"].as_f64().unwrap() > 0.0, "{}", measured[2]);
    let written: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(written, report);
    assert!(std::fs::read_to_string(&chart).unwrap().contains("Holdfast, SQLite"));
    assert_eq!(std::fs::read_dir(&stores).unwrap().count(), 0, "every store was removed");
}

#[test]
fn holdfast_on_postgres_is_compared_with_the_baseline() {
    let Some(schema) = Schema::fresh() else { return };
    let cases = "baseline-hot,procedure-spread,postgres-hot,postgres-append";
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
    assert_eq!(measured[0]["timesBaselineHot"], 1.0);
    assert!(measured[1]["targets"][0]["value"].as_f64().unwrap() > 0.0, "{}", measured[1]);
    let remaining = format!("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'bench\\_{process}\\_%'");
    assert_eq!(schema.sql(&remaining).trim(), "0", "every schema was removed");
}

/// The cases of a report, after a check that each was measured without failures.
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
fn invalid_arguments_are_rejected() {
    for arguments in [["--only", "tepid"], ["--only", "baseline"], ["--database", "mysql://me:secret@host/x"]]
    {
        let output = Command::new(PROGRAM)
            .args(arguments)
            .env_remove("HOLDFAST_TEST_POSTGRES")
            .output()
            .expect("the program runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("secret"), "{stderr}");
    }
}
