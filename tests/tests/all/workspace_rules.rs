//! The house rules that a machine can check: what may depend on what, licences, long files, unfinished work,
//! dead links. Each test collects every offence before it fails, so that one run shows them all.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which crates of the workspace a crate may know, whatever for: its tests are part of it.
const FLOORS: [(&str, &[&str]); 11] = [
    ("holdfast-domain", &[]),
    ("holdfast-journal", &[]),
    ("holdfast-commands", &["holdfast-domain", "holdfast-journal"]),
    ("holdfast-projections", &["holdfast-domain", "holdfast-journal"]),
    ("holdfast-terminal", &[]),
    ("holdfast-load-model", &["holdfast-commands", "holdfast-domain"]),
    ("holdfast-api", &["holdfast-commands", "holdfast-domain", "holdfast-journal", "holdfast-projections"]),
    (
        "holdfast-export",
        &[
            "holdfast-api",
            "holdfast-commands",
            "holdfast-domain",
            "holdfast-journal",
            "holdfast-projections",
            "holdfast-terminal",
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
        ],
    ),
    (
        "holdfast-bench",
        &[
            "holdfast-api",
            "holdfast-commands",
            "holdfast-journal",
            "holdfast-load-model",
            "holdfast-terminal",
        ],
    ),
    (
        "holdfast-tests",
        &["holdfast-api", "holdfast-commands", "holdfast-domain", "holdfast-journal", "holdfast-projections"],
    ),
];

/// Crates that bring tasks, SQL, sockets or chance.
const OUTSIDE: [&str; 8] = ["axum", "fs4", "getrandom", "rand", "reqwest", "rusqlite", "sqlx", "tokio"];

/// Crates that bring HTTP.
const HTTP: [&str; 8] =
    ["async-graphql", "async-graphql-axum", "axum", "http", "hyper", "reqwest", "tower", "tower-http"];

/// Documents at the root whose links are followed, with everything under `docs`.
const DOCUMENTS: [&str; 5] = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "STYLE.md"];

const LONGEST_FILE: usize = 500;

#[test]
fn dependencies_point_down_only() {
    let mut offences = Vec::new();
    for (package, kind, dependency) in workspace_dependencies() {
        match FLOORS.iter().find(|(name, _)| *name == package) {
            None => offences.push(format!("{package} has no floor in the house: give it one in FLOORS")),
            Some((_, below)) => {
                let ours = FLOORS.iter().any(|(name, _)| *name == dependency);
                // What tests need of other programs, such as a database, is the same for every crate's tests.
                let for_tests = kind == "dev" && dependency == "holdfast-tests";
                if ours && !for_tests && !below.contains(&dependency.as_str()) {
                    offences.push(format!("{package} must not know {dependency} ({kind})"));
                }
            }
        }
    }
    assert_none("dependencies that do not point down", &offences);
}

#[test]
fn the_domain_is_pure_and_only_the_api_speaks_http() {
    let mut offences = Vec::new();
    for (package, kind, dependency) in workspace_dependencies() {
        let name = dependency.as_str();
        let impure = package == "holdfast-domain" && OUTSIDE.contains(&name);
        let http = !["holdfast-api", "holdfast-bench", "holdfast-tests"].contains(&package.as_str())
            && HTTP.contains(&name);
        if kind == "normal" && (impure || http) {
            offences.push(format!("{package} must do without {dependency}"));
        }
    }
    assert_none("crates that know too much", &offences);
}

#[test]
fn every_package_has_a_permitted_licence() {
    let allowed = allowed_licences();
    let mut offences = Vec::new();
    for package in list(&metadata(), "packages") {
        let name = format!("{} {}", text(&package, "name"), text(&package, "version"));
        match package["license"].as_str() {
            None => offences.push(format!("{name} names no licence")),
            Some(licence) if permitted(licence, &allowed) => {}
            Some(licence) => offences.push(format!("{name} is under {licence}")),
        }
    }
    assert_none("packages whose licence deny.toml does not allow", &offences);
}

#[test]
fn a_licence_expression_is_read_as_its_author_meant_it() {
    let allowed = ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].map(String::from).into();
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 / MIT", true),
        ("MIT AND GPL-3.0", false),
        ("MIT AND Zlib", true),
        ("GPL-3.0 OR MIT AND Zlib", true),
        ("(GPL-3.0 OR MIT) AND Zlib", true),
        ("(GPL-3.0 OR MIT) AND ISC", false),
        ("Zlib AND (ISC OR (MIT AND Zlib))", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0 WITH Other-exception OR GPL-3.0", false),
        ("Apache-2.0", false),
        ("", false),
        ("(MIT", false),
        ("MIT)", false),
        ("MIT Zlib", false),
    ] {
        assert_eq!(permitted(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn no_file_is_more_than_one_thought() {
    let mut offences = Vec::new();
    for path in files_of_the_repository() {
        if matches!(extension(&path), "rs" | "sql") {
            let lines = read(&path).lines().count();
            if lines > LONGEST_FILE {
                offences.push(format!("{}: {lines} lines", shown(&path)));
            }
        }
    }
    assert_none("files of more than 500 lines", &offences);
}

#[test]
fn nothing_is_left_unfinished_or_switched_off() {
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
    assert_none("unfinished code and tests that are switched off", &offences);
}

#[test]
fn every_relative_link_in_the_documents_leads_to_a_file() {
    let mut documents: BTreeSet<PathBuf> = DOCUMENTS.iter().map(|name| root().join(name)).collect();
    documents.extend(
        files_of_the_repository()
            .into_iter()
            .filter(|path| path.starts_with(root().join("docs")) && extension(path) == "md"),
    );
    let mut offences = Vec::new();
    for document in documents {
        if !document.is_file() {
            offences.push(format!("{}: is missing", shown(&document)));
            continue;
        }
        for (number, target) in links(&read(&document)) {
            if let Some(reason) = broken(&document, &target) {
                offences.push(format!("{}:{number}: {target}: {reason}", shown(&document)));
            }
        }
    }
    assert_none("dead links", &offences);
}

#[test]
fn links_are_found_where_a_reader_would_see_them() {
    let markdown = "See [a](one.md) and ![b](two.png \"title\").\n`[c](not.md)` [d](<three four.md>)\n\
                    ```\n[e](not.md)\n```\n[f]: five.md\n[g][f] [h](six_(7).md) [`i`](eight.md)\n";
    let found: Vec<_> =
        links(markdown).into_iter().map(|(line, target)| format!("{line} {target}")).collect();
    assert_eq!(
        found,
        ["1 one.md", "1 two.png", "2 three four.md", "6 five.md", "7 six_(7).md", "7 eight.md"]
    );
}

#[test]
fn every_page_is_in_the_index_of_its_folder() {
    let mut offences = Vec::new();
    for (folder, index) in [("docs", "SUMMARY.md"), ("docs/adr", "README.md")] {
        let folder = root().join(folder);
        let index = folder.join(index);
        let linked: BTreeSet<PathBuf> =
            links(&read(&index)).into_iter().map(|(_, target)| folder.join(target)).collect();
        let pages = files_of_the_repository().into_iter().filter(|path| {
            path.starts_with(&folder) && extension(path) == "md" && !path.ends_with("0000-template.md")
        });
        let unlinked = pages.filter(|path| *path != index && !linked.contains(path));
        offences.extend(unlinked.map(|path| format!("{} is not in {}", shown(&path), shown(&index))));
    }
    assert_none("pages that no index lists", &offences);
}

// ---- the workspace, as cargo sees it ----

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// Package, kind (`normal`, `dev` or `build`) and name of every dependency of the workspace's own crates.
fn workspace_dependencies() -> Vec<(String, String, String)> {
    let metadata = metadata();
    let members = list(&metadata, "workspace_members");
    let mut found = Vec::new();
    for package in list(&metadata, "packages").iter().filter(|package| members.contains(&package["id"])) {
        for dependency in list(package, "dependencies") {
            let kind = dependency["kind"].as_str().unwrap_or("normal").to_owned();
            found.push((text(package, "name"), kind, text(&dependency, "name")));
        }
    }
    assert!(!found.is_empty(), "cargo metadata shows no dependency at all");
    found
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("no list {name}")).clone()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name}")).to_owned()
}

// ---- licences ----

/// The list `allow` in the section `[licenses]` of deny.toml: one list, for cargo-deny and for this test.
fn allowed_licences() -> BTreeSet<String> {
    let settings = read(&root().join("deny.toml"));
    let section = settings.split_once("\n[licenses]\n").expect("a section [licenses]").1;
    let start = section.split_once("\nallow = [").expect("a list allow").1;
    let list = start.split_once(']').expect("the end of the list").0;
    list.lines()
        .filter_map(|line| Some(line.trim().strip_prefix('"')?.split_once('"')?.0.to_owned()))
        .collect()
}

/// Whether an SPDX expression leaves a choice of allowed licences only. `/` is an older spelling of `OR`.
fn permitted(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let verdict = any_of(&mut words, allowed);
    words.next().is_none() && verdict == Some(true)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

/// `a OR b`, where AND binds tighter. None: it cannot be read.
fn any_of(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> Option<bool> {
    let mut verdict = all_of(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        verdict |= all_of(words, allowed)?;
    }
    Some(verdict)
}

fn all_of(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> Option<bool> {
    let mut verdict = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        verdict &= one(words, allowed)?;
    }
    Some(verdict)
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> Option<bool> {
    if words.next_if_eq(&"(").is_some() {
        let verdict = any_of(words, allowed)?;
        return words.next_if_eq(&")").map(|_| verdict);
    }
    let mut licence = words.next_if(|word| !["AND", "OR", "WITH", ")"].contains(word))?.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next()?);
    }
    Some(allowed.contains(&licence))
}

// ---- files ----

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}

/// Every file that is tracked or about to be; without git, every file outside hidden folders and `target`.
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

// ---- links ----

/// Line number and target of every link in a Markdown text: `[..](target)` and `[..]: target`, not in code.
fn links(markdown: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in (1..).zip(markdown.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            found.extend(links_of_a_line(line).into_iter().map(|target| (number, target)));
        }
    }
    found
}

fn links_of_a_line(line: &str) -> Vec<String> {
    // Every second piece between backquotes is code; its text goes, its place stays.
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
    let definition = prose.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
    if let Some((_, target)) = definition {
        return vec![without_title(target)];
    }
    prose.split("](").skip(1).map(|rest| without_title(&rest[..closing(rest)])).collect()
}

/// Where the parenthesis that is already open closes.
fn closing(rest: &str) -> usize {
    let mut depth = 1;
    for (at, character) in rest.char_indices() {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn without_title(target: &str) -> String {
    let target = target.trim();
    let bracketed = target.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let plain = || target.split_whitespace().next().unwrap_or_default();
    bracketed.map_or_else(plain, |(inside, _)| inside).to_owned()
}

/// Why a link's target does not lead to a file of the repository, where it claims to.
fn broken(document: &Path, target: &str) -> Option<&'static str> {
    let elsewhere = ["https://", "http://", "mailto:", "#"];
    if elsewhere.iter().any(|start| target.starts_with(start)) {
        return None;
    }
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() {
        return Some("has no target");
    }
    if path.starts_with('/') {
        return Some("is not relative");
    }
    let Ok(found) = document.with_file_name(path).canonicalize() else {
        return Some("does not exist");
    };
    let inside = root().canonicalize().is_ok_and(|root| found.starts_with(root));
    (!inside).then_some("is outside the repository")
}

fn assert_none(what: &str, offences: &[String]) {
    let mut message = format!("{what}:");
    for offence in offences {
        let _ = write!(message, "\n  {offence}");
    }
    assert!(offences.is_empty(), "{message}");
}
