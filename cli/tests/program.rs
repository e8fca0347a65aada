//! The program as it is built: it starts, and tells what it is. Being here it is built with the tests, once.

use std::process::Command;

#[test]
fn the_program_tells_its_version_and_what_it_can_do() {
    let holdfast =
        |argument: &str| Command::new(env!("CARGO_BIN_EXE_holdfast")).arg(argument).output().unwrap();
    let version = String::from_utf8(holdfast("--version").stdout).unwrap();
    assert_eq!(version.trim(), concat!("holdfast ", env!("CARGO_PKG_VERSION")));
    let help = String::from_utf8(holdfast("--help").stdout).unwrap();
    for subcommand in ["serve", "demo", "import", "audit", "export", "verify"] {
        assert!(help.contains(&format!("\n  {subcommand} ")), "{subcommand}: {help}");
    }
}
