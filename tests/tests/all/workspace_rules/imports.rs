//! No import cycles: a reader can read every file after the files that it imports.
//!
//! A file depends on the file that defines a name in one of its `use` lines. Re-exports (`pub use`) are followed
//! and are no dependency of their own. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{assert_none, crates, extension, files_of_the_repository, read, root, shown};

/// The folder in which import cycles are allowed, because GraphQL types refer to each other.
const GRAPHQL_TYPES: &str = "api/src/graphql/";

type Module = Vec<String>;

/// A name that a file imports, as written: `crate::order::Order`.
struct Import {
    path: Vec<String>,
    name: String,
    is_reexport: bool,
}

/// The production modules of a crate: where each is, and what it imports.
type Crate = BTreeMap<Module, (String, Vec<Import>)>;

#[test]
fn no_import_cycles_within_a_crate() {
    let found: BTreeSet<Vec<String>> =
        crates().iter().flat_map(|name| import_cycles(&modules(name))).collect();
    let found = found.iter().filter(|cycle| !cycle.iter().all(|file| file.starts_with(GRAPHQL_TYPES)));
    let offences: Vec<String> = found.map(|cycle| cycle.join(" ")).collect();
    assert_none("import cycles", &offences);
}

/// The modules of the crate in a folder, without those that are compiled for tests only.
fn modules(folder: &str) -> Crate {
    let source = root().join(folder).join("src");
    let (mut modules, mut tests) = (Crate::new(), Vec::new());
    for file in files_of_the_repository().iter().filter(|file| extension(file) == "rs") {
        let Ok(relative) = file.strip_prefix(&source) else { continue };
        let module = module_of(relative);
        let (imports, test_modules) = imports(&read(file));
        tests.extend(test_modules.into_iter().map(|name| [&module[..], &[name]].concat()));
        modules.insert(module, (shown(file), imports));
    }
    modules.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
    modules
}

fn module_of(relative: &Path) -> Module {
    let mut module: Module =
        relative.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| ["mod", "lib"].contains(&last.as_str())) {
        module.pop();
    }
    module
}

/// The imports of a file, and the names of its test modules.
fn imports(text: &str) -> (Vec<Import>, Vec<String>) {
    let (mut imports, mut test_modules, mut for_tests) = (Vec::new(), Vec::new(), false);
    for (start, line) in text.match_indices('\n').map(|(end, _)| (end + 1, text[end + 1..].trim_start())) {
        let line = line.lines().next().unwrap_or_default();
        let (visibility, statement) = match line.split_once("use ") {
            Some((before, _)) if before.is_empty() || before.starts_with("pub") => (before, true),
            _ => ("", false),
        };
        if for_tests && line.starts_with("mod ") {
            let Some(name) = line[4..].strip_suffix(';') else { break };
            test_modules.push(name.to_owned());
        } else if statement && !for_tests {
            let tree = text[start..].split(';').next().unwrap_or_default();
            let tree = &tree[tree.find("use ").unwrap_or_default() + 4..];
            expand("", tree, !visibility.is_empty(), &mut imports);
        }
        for_tests = line.starts_with("#[cfg(test)]");
    }
    (imports, test_modules)
}

/// Every path of a tree such as `a::{b, c::{d, self}}`.
fn expand(prefix: &str, tree: &str, is_reexport: bool, imports: &mut Vec<Import>) {
    if let Some((head, rest)) = tree.split_once('{') {
        let mut depth = 0;
        let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
        let parts = inner.split(|character| {
            depth += i32::from(character == '{') - i32::from(character == '}');
            character == ',' && depth == 0
        });
        for part in parts.filter(|part| !part.trim().is_empty()) {
            expand(&format!("{prefix}{}", head.trim()), part, is_reexport, imports);
        }
        return;
    }
    let path = format!("{prefix}{}", tree.trim());
    let (path, alias) =
        path.split_once(" as ").map_or((path.as_str(), None), |(path, name)| (path, Some(name)));
    let path: Vec<String> = path.trim_end_matches("::self").split("::").map(str::to_owned).collect();
    let name = alias.map_or_else(|| path.last().cloned().unwrap_or_default(), str::to_owned);
    imports.push(Import { path, name, is_reexport });
}

/// The module whose file defines what a path leads to, seen from a module. None: another crate's.
fn resolve(modules: &Crate, from: &Module, path: &[String]) -> Option<Module> {
    let mut current = match path.first()?.as_str() {
        "crate" => Module::new(),
        "self" => from.clone(),
        "super" => from[..from.len().checked_sub(1)?].to_vec(),
        name => Some([&from[..], &[name.to_owned()]].concat()).filter(|child| modules.contains_key(child))?,
    };
    for segment in &path[1..] {
        let child = if segment == "super" {
            current[..current.len().checked_sub(1)?].to_vec()
        } else {
            [&current[..], std::slice::from_ref(segment)].concat()
        };
        if segment != "super" && !modules.contains_key(&child) {
            let (_, imports) = modules.get(&current)?;
            let import = imports.iter().find(|import| import.name == *segment);
            return import.map_or(Some(current.clone()), |import| resolve(modules, &current, &import.path));
        }
        current = child;
    }
    Some(current)
}

/// The files of each import cycle.
fn import_cycles(modules: &Crate) -> BTreeSet<Vec<String>> {
    let reached: BTreeMap<&Module, BTreeSet<Module>> = modules
        .keys()
        .map(|start| {
            let (mut reached, mut next) = (BTreeSet::new(), vec![start.clone()]);
            while let Some(module) = next.pop() {
                let imports = modules.get(&module).into_iter().flat_map(|(_, imports)| imports);
                let targets = imports.filter(|import| !import.is_reexport);
                let targets = targets.filter_map(|import| resolve(modules, &module, &import.path));
                next.extend(targets.filter(|target| *target != module && reached.insert(target.clone())));
            }
            (start, reached)
        })
        .collect();
    let cycle = |(module, others): (&&Module, &BTreeSet<Module>)| {
        let members = others.iter().filter(|other| reached[other].contains(*module));
        members.map(|member| modules[member].0.clone()).collect::<Vec<_>>()
    };
    reached.iter().map(cycle).filter(|cycle| cycle.len() > 1).collect()
}
