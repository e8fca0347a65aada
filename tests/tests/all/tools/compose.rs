//! `docker-compose.yml`, the example of several nodes, without running it.

use std::path::Path;
use std::process::{Command, Output};

use holdfast_tests::report_skipped;

#[test]
fn the_compose_file_is_valid_and_requires_a_password() {
    let (Some(with), Some(without)) = (read_example(Some("secret")), read_example(None)) else {
        return report_skipped("docker compose");
    };
    assert!(with.status.success(), "{with:?}");
    assert!(
        !without.status.success() && String::from_utf8_lossy(&without.stderr).contains("set it"),
        "{without:?}"
    );
}

/// The output of `compose config` for the example. `None` if compose is neither a Docker plugin nor a program.
fn read_example(password: Option<&str>) -> Option<Output> {
    let programs: [&[&str]; 2] = [&["docker", "compose"], &["docker-compose"]];
    let program = programs.into_iter().find(|program| {
        let version = Command::new(program[0]).args(&program[1..]).arg("version").output();
        version.is_ok_and(|output| output.status.success())
    })?;
    // Instead of the `.env` file of a user of the example.
    let settings = tempfile::NamedTempFile::new().expect("a temporary file can be created");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace");
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg("--env-file").arg(settings.path());
    command.arg("--file").arg(root.join("docker-compose.yml")).args(["config", "--quiet"]);
    command.env_remove("POSTGRES_PASSWORD").envs(password.map(|password| ("POSTGRES_PASSWORD", password)));
    Some(command.output().expect("compose starts"))
}
