//! The example of several nodes, `docker-compose.yml`, as far as it can be checked without running it.

use std::path::Path;
use std::process::{Command, Output};

use holdfast_tests::report_skipped;

#[test]
fn the_example_of_several_nodes_can_be_read_and_brings_no_password() {
    let (Some(with), Some(without)) = (read_example(Some("secret")), read_example(None)) else {
        return report_skipped("docker compose");
    };
    assert!(with.status.success(), "{with:?}");
    assert!(
        !without.status.success() && String::from_utf8_lossy(&without.stderr).contains("set it"),
        "{without:?}"
    );
}

/// What compose says of the example; none where there is no compose, neither as Docker's plugin nor by itself.
fn read_example(password: Option<&str>) -> Option<Output> {
    let programs: [&[&str]; 2] = [&["docker", "compose"], &["docker-compose"]];
    let program = programs.into_iter().find(|program| {
        let version = Command::new(program[0]).args(&program[1..]).arg("version").output();
        version.is_ok_and(|output| output.status.success())
    })?;
    // In place of an `.env` that somebody who uses the example has.
    let settings = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace");
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg("--env-file").arg(settings.path());
    command.arg("--file").arg(root.join("docker-compose.yml")).args(["config", "--quiet"]);
    command.env_remove("POSTGRES_PASSWORD").envs(password.map(|password| ("POSTGRES_PASSWORD", password)));
    Some(command.output().expect("compose runs"))
}
