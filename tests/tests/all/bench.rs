//! The bench comes to its end, and what it measured was granted.

use std::process::Command;

use serde_json::Value;

use crate::server::program;

#[test]
fn a_short_bench_measures_counts_and_draws() {
    let directory = tempfile::tempdir().unwrap();
    let (chart, out) = (directory.path().join("chart.svg"), directory.path().join("out.json"));
    let stores = directory.path().join("stores");
    let cases = "sqlite-hot,sqlite-bulk,sqlite-mixed,sqlite-visible,sqlite-append";
    let output = Command::new(program())
        .args(["bench", "--only", cases, "--seconds", "1", "--rounds", "1", "--json", "--sqlite"])
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
    let measured = report["cases"].as_array().unwrap();
    assert_eq!(measured.len(), 5);
    for case in measured {
        assert!(case["perSecond"]["median"].as_f64().unwrap() > 0.0, "{case}");
        assert!(case["p99Ms"].as_f64().unwrap() > 0.0, "{case}");
        assert_eq!(case["failures"], 0, "{case}");
    }
    assert!(measured[2]["rounds"][0]["readsPerSecond"].as_f64().unwrap() > 0.0, "{}", measured[2]);
    let written: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(written, report);
    assert!(std::fs::read_to_string(&chart).unwrap().contains("Holdfast, SQLite"));
    assert_eq!(std::fs::read_dir(&stores).unwrap().count(), 0, "every store was removed");
}

#[test]
fn arguments_that_mean_nothing_are_refused() {
    for wrong in [["--only", "tepid"], ["--only", "naive"], ["--database", "mysql://me:secret@host/x"]] {
        let output = Command::new(program())
            .arg("bench")
            .args(wrong)
            .env_remove("HOLDFAST_TEST_POSTGRES")
            .output()
            .expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
