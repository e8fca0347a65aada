//! The workspace rules that a machine can check: dependencies between crates, import cycles, long files,
//! unfinished code, pages without an index. Each test collects every offence before it fails.
//!
//! `tests/run` checks the others with tools: licences (`cargo deny`), links (`lychee`), spelling (`typos`) and words
//! (`tests/words`).

mod imports;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crates of the workspace, each with the crates that it may depend on, its tests included.
const ALLOWED_DEPENDENCIES: [(&str, &[&str]); 13] = [
    ("holdfast-domain", &[]),
    ("holdfast-views", &["holdfast-domain"]),
    ("holdfast-postgres-support", &[]),
    ("holdfast-journal", &["holdfast-postgres-support"]),
    ("holdfast-commands", &["holdfast-domain", "holdfast-journal", "holdfast-views"]),
    (
        "holdfast-projections",
        &["holdfast-domain", "holdfast-journal", "holdfast-postgres-support", "holdfast-views"],
    ),
    ("holdfast-terminal", &[]),
    ("holdfast-load-model", &["holdfast-commands", "holdfast-domain"]),
    (
        "holdfast-api",
        &[
            "holdfast-commands",
            "holdfast-domain",
            "holdfast-journal",
            "holdfast-projections",
            "holdfast-views",
        ],
    ),
    (
        "holdfast-export",
        &[
            "holdfast-api",
            "holdfast-commands",
            "holdfast-domain",
            "holdfast-journal",
            "holdfast-projections",
            "holdfast-terminal",
            "holdfast-views",
        ],
    ),
    (
        "holdfast",
        &[
            "holdfast-api",
            "holdfast-commands",
            "holdfast-domain",
            "holdfast-export",
            "holdfast-journal",
            "holdfast-load-model",
            "holdfast-projections",
            "holdfast-terminal",
            "holdfast-views",
        ],
    ),
    (
        "holdfast-bench",
        &[
            "holdfast-api",
            "holdfast-commands",
            "holdfast-domain",
            "holdfast-journal",
            "holdfast-load-model",
            "holdfast-terminal",
        ],
    ),
    (
        "holdfast-tests",
        &[
            "holdfast-api",
            "holdfast-commands",
            "holdfast-domain",
            "holdfast-journal",
            "holdfast-projections",
            "holdfast-views",
        ],
    ),
];

/// Crates for tasks, SQL, sockets and random numbers: the domain uses none of them.
const IMPURE: [&str; 8] = ["axum", "fs4", "getrandom", "rand", "reqwest", "rusqlite", "sqlx", "tokio"];

/// The crates of the workspace that use HTTP.
const USERS_OF_HTTP: [&str; 3] = ["holdfast-api", "holdfast-bench", "holdfast-tests"];

/// Crates for HTTP.
const HTTP: [&str; 8] =
    ["async-graphql", "async-graphql-axum", "axum", "http", "hyper", "reqwest", "tower", "tower-http"];

/// The most lines that a source file has.
const MAX_LINES: usize = 500;

#[test]
fn crates_depend_only_on_the_crates_below_them() {
    let mut offences = Vec::new();
    for (package, kind, dependency) in workspace_dependencies() {
        match ALLOWED_DEPENDENCIES.iter().find(|(name, _)| *name == package) {
            None => offences.push(format!("{package} is not in ALLOWED_DEPENDENCIES")),
            Some((_, below)) => {
                let is_ours = ALLOWED_DEPENDENCIES.iter().any(|(name, _)| *name == dependency);
                // Every crate's tests may use the PostgreSQL fixture.
                let for_tests = kind == "dev" && dependency == "holdfast-tests";
                if is_ours && !for_tests && !below.contains(&dependency.as_str()) {
                    offences.push(format!("{package} must not depend on {dependency} ({kind})"));
                }
            }
        }
    }
    assert_none("dependencies that do not point down", &offences);
}

#[test]
fn the_domain_is_pure_and_http_is_used_at_the_edges_only() {
    let mut offences = Vec::new();
    for (package, kind, dependency) in workspace_dependencies() {
        let name = dependency.as_str();
        let impure = package == "holdfast-domain" && IMPURE.contains(&name);
        let http = !USERS_OF_HTTP.contains(&package.as_str()) && HTTP.contains(&name);
        if kind == "normal" && (impure || http) {
            offences.push(format!("{package} must not depend on {dependency}"));
        }
    }
    assert_none("dependencies on I/O or HTTP", &offences);
}

#[test]
fn no_source_file_is_longer_than_the_limit() {
    let mut offences = Vec::new();
    for path in files_of_the_repository() {
        if matches!(extension(&path), "rs" | "sql") {
            let lines = read(&path).lines().count();
            if lines > MAX_LINES {
                offences.push(format!("{}: {lines} lines", shown(&path)));
            }
        }
    }
    assert_none(&format!("files of more than {MAX_LINES} lines"), &offences);
}

#[test]
fn no_code_is_unfinished_and_no_test_is_ignored() {
    // In two parts, so that this file does not find itself.
    let needles = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[", "ignore")];
    let mut offences = Vec::new();
    for path in files_of_the_repository().iter().filter(|path| extension(path) == "rs") {
        for (number, line) in (1..).zip(read(path).lines()) {
            if needles.iter().any(|needle| line.contains(needle)) {
                offences.push(format!("{}:{number}: {}", shown(path), line.trim()));
            }
        }
    }
    assert_none("unfinished code and ignored tests", &offences);
}

#[test]
fn every_page_is_in_the_index_of_its_folder() {
    let mut offences = Vec::new();
    for (folder, index) in [("docs", "SUMMARY.md"), ("docs/adr", "README.md")] {
        let folder = root().join(folder);
        let index = folder.join(index);
        let links = read(&index);
        for page in files_of_the_repository().iter().filter(|page| extension(page) == "md" && **page != index)
        {
            let Ok(link) = page.strip_prefix(&folder) else { continue };
            if !page.ends_with("0000-template.md") && !links.contains(&format!("]({})", link.display())) {
                offences.push(format!("{} is not in {}", shown(page), shown(&index)));
            }
        }
    }
    assert_none("pages that no index lists", &offences);
}

// ---- the workspace, as cargo describes it ----

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--no-deps"])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// Package, kind (`normal`, `dev` or `build`) and name of every dependency of the workspace's crates.
fn workspace_dependencies() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for package in list(&metadata(), "packages") {
        for dependency in list(&package, "dependencies") {
            let kind = dependency["kind"].as_str().unwrap_or("normal").to_owned();
            found.push((text(&package, "name"), kind, text(&dependency, "name")));
        }
    }
    assert!(!found.is_empty(), "cargo metadata lists no dependency");
    found
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("no list {name}")).clone()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name}")).to_owned()
}

// ---- files ----

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}

/// The folders of the workspace's crates.
fn crates() -> BTreeSet<String> {
    let manifests = files_of_the_repository().into_iter().filter(|path| path.ends_with("Cargo.toml"));
    let folders = manifests.filter_map(|manifest| manifest.parent().map(shown));
    folders.filter(|folder| !folder.is_empty()).collect()
}

/// Every file that git tracks or would add; without git, every file outside hidden folders and `target`.
fn files_of_the_repository() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    let files = match listed {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout)
            .expect("file names are UTF-8")
            .split_terminator('\0')
            .map(|name| root().join(name))
            .filter(|path| path.is_file())
            .collect(),
        _ => walk(&root()),
    };
    assert!(!files.is_empty(), "the repository has no files");
    files
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() {
            files.push(path);
        } else if !name.starts_with('.') && name != "target" {
            files.extend(walk(&path));
        }
    }
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", shown(path)))
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn assert_none(what: &str, offences: &[String]) {
    let mut message = format!("{what}:");
    for offence in offences {
        let _ = write!(message, "\n  {offence}");
    }
    assert!(offences.is_empty(), "{message}");
}
