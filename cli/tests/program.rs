//! The built program starts and describes itself. This test makes `cargo test` build the program.

use std::process::Command;

#[test]
fn the_program_prints_its_version_and_its_subcommands() {
    let holdfast =
        |argument: &str| Command::new(env!("CARGO_BIN_EXE_holdfast")).arg(argument).output().unwrap();
    let version = String::from_utf8(holdfast("--version").stdout).unwrap();
    assert_eq!(version.trim(), concat!("holdfast ", env!("CARGO_PKG_VERSION")));
    let help = String::from_utf8(holdfast("--help").stdout).unwrap();
    for subcommand in ["serve", "demo", "import", "audit", "export", "verify", "projections", "upgrade"] {
        assert!(help.contains(&format!("\n  {subcommand} ")), "{subcommand}: {help}");
    }
}
